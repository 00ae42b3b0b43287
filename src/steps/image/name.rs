//! What the images are called that are built for a codespace, and the labels by which `delete` finds them.

use std::collections::BTreeMap;

use crate::codespace::{CodespaceName, label};
use crate::steps::order::Order;

/// What an image is called that was built from a codespace's Dockerfile, before anything was added.
pub(super) fn base(order: &Order) -> String {
    base_of(&order.name)
}

/// What an image of a codespace is called that something is added to.
pub fn base_of(name: &CodespaceName) -> String {
    format!("{}:base", repository(name))
}

/// What the image is called that a codespace's container is made from.
pub(super) fn whole(order: &Order) -> String {
    format!("{}:latest", repository(&order.name))
}

/// Returns the part of a codespace's images' names before the tag.
pub fn repository(name: &CodespaceName) -> String {
    format!("localspace/{name}")
}

/// Returns the labels of a codespace's images.
pub(super) fn labels(order: &Order) -> BTreeMap<String, String> {
    [(label::CODESPACE, order.name.to_string()), (label::HOME, order.home.clone())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

//! What the images are called that are built for a codespace, and the labels by which `delete` finds them.

use std::collections::BTreeMap;

use crate::codespace::CodespaceName;
use crate::steps::choices::ImageUse;
use crate::steps::order::Order;

/// What an image is called that was built from a codespace's Dockerfile, before anything was added.
pub(super) fn base(order: &Order) -> String {
    base_of(&order.name)
}

/// What an image of a codespace is called that something is added to.
pub fn base_of(name: &CodespaceName) -> String {
    format!("{}:base", repository(name))
}

/// What the whole image is called.
pub(super) fn whole(order: &Order) -> String {
    match &order.image_use {
        ImageUse::Codespace => format!("{}:latest", repository(&order.name)),
        ImageUse::Alone { name, .. } => name.clone(),
    }
}

/// Returns the part of a codespace's images' names before the tag.
pub fn repository(name: &CodespaceName) -> String {
    format!("localspace/{name}")
}

/// Returns the labels of the images that are built.
pub(super) fn labels(order: &Order) -> BTreeMap<String, String> {
    match &order.image_use {
        ImageUse::Codespace => order.own_labels(),
        ImageUse::Alone { labels, .. } => labels.clone(),
    }
}

/// Returns the platform that the image is to be for; nothing for the engine's own.
pub(super) fn platform(order: &Order) -> Option<&str> {
    order.build_options.platform().or_else(|| order.run_args.platform())
}

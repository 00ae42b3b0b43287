//! An image that is on the engine, and what is known of it.

use crate::devcontainer::Entry;
use crate::engine::ImageDetails;
use crate::steps::compose::stack::Stack;

/// An image that is on the engine.
#[derive(Debug, Default)]
pub(in crate::steps) struct Image {
    /// What the engine says of it.
    pub(in crate::steps) details: ImageDetails,
    /// What its metadata says, the configuration's own part left out: raw, as it goes into the container's label.
    pub(in crate::steps) entries: Vec<Entry>,
    /// The Compose project that it is a service's of.
    pub(in crate::steps) stack: Option<Stack>,
    /// The lockfile of its Features, where it is not the repository's own.
    pub(in crate::steps) lock: Option<NewLockfile>,
}

/// A file of the repository that is new, or has another content than the repository's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::steps) struct NewLockfile {
    /// Its path in the repository.
    pub(in crate::steps) path: String,
    /// What is in it.
    pub(in crate::steps) text: String,
}

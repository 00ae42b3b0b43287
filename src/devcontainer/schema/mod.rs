//! What a configuration may say: every property with its kinds, its type, where it acts and what Codespaces makes of it, and the check of
//! a configuration against that.
//!
//! Source: the published devContainer.base.schema.json, and the older names that the reference still reads. Our own check and not a schema
//! engine's: "matches none of the alternatives" names nothing that a person could mend.

mod check;
mod feature;
mod shape;
mod table;
mod values;
#[cfg(test)]
mod verdicts;

pub(super) use check::{check, check_feature};
pub(super) use table::property;
pub(super) use values::HOOKS;

/// What a container is made from, as a set: a property belongs to some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinds {
    /// Whatever it is made from.
    All,
    /// An image or a Dockerfile.
    One,
    /// An image.
    Image,
    /// A Dockerfile.
    Dockerfile,
    /// Docker Compose.
    Compose,
}

impl Kinds {
    /// Returns the words for it, as they stand in the documentation.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::One => "image, Dockerfile",
            Self::Image => "image",
            Self::Dockerfile => "Dockerfile",
            Self::Compose => "Compose",
        }
    }
}

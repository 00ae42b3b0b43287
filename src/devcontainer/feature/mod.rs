//! Features: what their ids name, what they say of themselves, the order in which they are installed, and what goes into an image build.
//!
//! Pure: what has to be fetched is asked for, and the answer is handed in. Source of the rules: the dev container specification's pages on
//! Features, and `devcontainer-semantics.md` section 1.8 where the reference CLI differs.

mod id;
mod oci;
mod old_names;
mod source;

pub use id::{FeatureId, IdError, LocalFeature, Named, TarballFeature, without_version};
pub use oci::{OciReference, Version};
pub use source::Source;

//! Features: what their ids name, what they say of themselves, the order in which they are installed, and what goes into an image build.
//!
//! Pure: what has to be fetched is asked for, and the answer is handed in. Source of the rules: the dev container specification's pages on
//! Features, and `devcontainer-semantics.md` section 1.8 where the reference CLI differs.

mod collate;
mod declared;
mod document;
mod id;
mod id_error;
mod install;
mod lockfile;
mod metadata;
mod oci;
mod old_names;
mod options;
mod order;
mod requests;
mod source;

pub use declared::{Declared, OptionKind};
pub use document::features_configuration;
pub use id::{FeatureId, LocalFeature, Named, TarballFeature, without_version};
pub use id_error::IdError;
pub use install::{Build, GeneratedFile, Installation, label_only};
pub use lockfile::{Lockfile, Thawed};
pub use metadata::{Metadata, Requested};
pub use oci::{OciReference, Version};
pub use options::{OptionFault, Options};
pub use order::{Feature, Known, Ordered, Wanted, Worklist};
pub use requests::additional;
pub use source::Source;

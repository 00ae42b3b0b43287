//! Where a Feature was found.

use super::id::{FeatureId, LocalFeature, TarballFeature};
use super::oci::OciReference;

/// Where a Feature was found, with what tells that content apart from other content under the same id.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A folder of the repository.
    Local(LocalFeature),
    /// A tarball.
    Tarball {
        /// Where it is.
        feature: TarballFeature,
        /// The file's digest, `sha256:…`.
        digest: String,
    },
    /// A repository of a registry.
    Oci {
        /// Where it is.
        reference: OciReference,
        /// The manifest's digest, `sha256:…`.
        digest: String,
        /// The manifest, as it was served.
        manifest: serde_json::Value,
    },
}

impl Source {
    /// Returns the id that it was found under.
    pub fn id(&self) -> FeatureId {
        match self {
            Self::Local(local) => FeatureId::Local(local.clone()),
            Self::Tarball { feature, .. } => FeatureId::Tarball(feature.clone()),
            Self::Oci { reference, .. } => FeatureId::Oci(reference.clone()),
        }
    }

    /// Returns the digest that a lockfile pins; nothing for a folder of the repository.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Local(_) => None,
            Self::Tarball { digest, .. } | Self::Oci { digest, .. } => Some(digest),
        }
    }
}

//! A package of GitHub's: an image, or npm's. Its name, and what its settings say.

use std::fmt;
use std::path::PathBuf;

use super::Visibility;
use crate::codespace::RepositoryName;

/// GitHub's container registry.
pub const GHCR: &str = "ghcr.io";
/// GitHub's registry of npm's packages.
pub const NPM: &str = "npm.pkg.github.com";

/// Which of GitHub's registries a package is in: those whose permissions are granular, each package's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageKind {
    /// An image.
    Container,
    /// A package of npm's.
    Npm,
}

impl PackageKind {
    /// Returns the registry's host.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Container => GHCR,
            Self::Npm => NPM,
        }
    }

    /// Returns the word for it in the address of a package's settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Npm => "npm",
        }
    }
}

/// The name of a package, without tag, version and digest: `ghcr.io/OWNER/NAME` of an image, `npm.pkg.github.com/@OWNER/NAME` of npm's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageName {
    kind: PackageKind,
    owner: String,
    name: String,
}

impl PackageName {
    /// Reads either: whose it is is told by the host.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(NPM) {
            Some(path) => Self::of_npm(path.strip_prefix('/')?),
            None => Self::of_image(text),
        }
    }

    /// Reads `ghcr.io/OWNER/NAME`, with or without a tag or digest; names are kept in lower case, as the registry takes no other.
    pub fn of_image(image: &str) -> Option<Self> {
        let lower = image.to_ascii_lowercase();
        let path = lower.strip_prefix(GHCR)?.strip_prefix('/')?;
        let path = path.split_once('@').map_or(path, |(path, _digest)| path);
        let (owner, name) = path.split_once('/')?;
        let name = name.split_once(':').map_or(name, |(name, _tag)| name);
        let fits = is_part(owner) && name.split('/').all(is_part);
        fits.then(|| Self { kind: PackageKind::Container, owner: owner.to_owned(), name: name.to_owned() })
    }

    /// Reads `@OWNER/NAME`, with or without a version: GitHub takes no package without a scope, which is its owner.
    pub fn of_npm(text: &str) -> Option<Self> {
        /// The longest name, in characters (npm's own bound).
        const LONGEST: usize = 214;
        let lower = text.to_ascii_lowercase();
        let (owner, name) = lower.strip_prefix('@')?.split_once('/')?;
        let name = name.split_once('@').map_or(name, |(name, _version)| name);
        let fits = is_part(owner) && is_part(name) && text.len() <= LONGEST;
        fits.then(|| Self { kind: PackageKind::Npm, owner: owner.to_owned(), name: name.to_owned() })
    }

    /// Returns the registry that it is in.
    pub const fn kind(&self) -> PackageKind {
        self.kind
    }

    /// Returns the user or organization whose it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns its name at its owner.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Tells whether a text may be a part of a package's name.
fn is_part(part: &str) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric();
    part.as_bytes().first().is_some_and(is_plain)
        && part.as_bytes().last().is_some_and(is_plain)
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

impl fmt::Display for PackageName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.kind == PackageKind::Npm { "@" } else { "" };
        write!(out, "{}/{sign}{}/{}", self.kind.host(), self.owner, self.name)
    }
}

/// A package of GitHub's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Who may see it.
    pub visibility: Visibility,
    /// The repository that it is linked to, where it was published from.
    pub repository: Option<RepositoryName>,
    /// How it was published.
    pub published_by: PublishedBy,
    /// "Inherit access from repository", where that was set or unset by hand.
    pub inherit_access: Option<bool>,
    /// "Manage Codespaces access" in its settings.
    pub codespaces_access: Vec<RepositoryName>,
    /// A local image that is published under the name when the hub comes up.
    pub image: Option<String>,
    /// The same for a package of npm's: a file that `npm pack` has made.
    pub tarball: Option<PathBuf>,
}

impl Package {
    /// Tells whether who has access to its repository has access to it: where that was not chosen, as it was published (source document,
    /// "Inheriting access from the repository from which a package was published").
    pub fn inherits(&self) -> bool {
        self.inherit_access.unwrap_or(self.published_by == PublishedBy::Actions)
    }
}

/// How a package was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishedBy {
    /// By a workflow of its repository: it inherits access.
    Actions,
    /// With a personal access token: it does not.
    #[serde(rename = "pat")]
    PersonalAccessToken,
}

//! The simulated GitHub: who and what there is, as its file (`hub.yaml`, DESIGN section 6) tells.

mod error;
mod file;
mod package;
mod read;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use error::HubFileError;
pub use package::{GHCR, NPM, Package, PackageKind, PackageName, PublishedBy};
pub use read::{load, parse};
pub use write::write;

use super::registry::RegistryServer;
use super::secret::{SecretLevel, SecretName};
use crate::codespace::RepositoryName;
use crate::redact::Secret;

/// A simulated GitHub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hub {
    /// Its users, by login.
    pub users: BTreeMap<String, User>,
    /// Its organizations, by name.
    pub organizations: BTreeMap<String, Organization>,
    /// Its repositories.
    pub repositories: BTreeMap<RepositoryName, Repository>,
    /// The packages in its registries: images, and npm's.
    pub packages: BTreeMap<PackageName, Package>,
    /// The secrets of users, repositories and organizations.
    pub secrets: Vec<HubSecret>,
    /// Other registries, which the hub stands for too.
    pub registries: BTreeMap<RegistryServer, Accounts>,
}

impl Hub {
    /// Returns a repository by its name, in which case does not count on GitHub.
    pub fn repository(&self, name: &RepositoryName) -> Option<(&RepositoryName, &Repository)> {
        self.repositories.iter().find(|(known, _)| known.is(name))
    }

    /// Tells whether an owner is a user; who is not known is an organization.
    pub fn is_user(&self, owner: &str) -> bool {
        self.users.keys().any(|login| login.eq_ignore_ascii_case(owner))
    }

    /// Returns what a user may do in a repository beside what anybody may; nothing where that is nothing. A user who is named in it may do what is said
    /// there, another member of its organization may write, and its owner may do everything.
    pub fn access(&self, login: &str, name: &RepositoryName) -> Option<Access> {
        let is_login = |other: &String| other.eq_ignore_ascii_case(login);
        if is_login(&name.owner().to_owned()) {
            return Some(Access::Admin);
        }
        let named = self.repository(name).and_then(|(_, repository)| {
            repository.access.iter().find(|(user, _)| is_login(user)).map(|(_, access)| *access)
        });
        let organization = || self.organizations.iter().find(|(owner, _)| owner.eq_ignore_ascii_case(name.owner()));
        let is_member = || organization().is_some_and(|(_, found)| found.members.iter().any(is_login));
        named.or_else(|| is_member().then_some(Access::Write))
    }
}

/// A user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The personal access tokens (classic).
    pub tokens: Vec<Token>,
}

/// A personal access token (classic).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What its owner calls it.
    pub name: String,
    /// What it may do, such as `write:packages`.
    pub scopes: Vec<String>,
    /// The token.
    pub value: ValueSource,
}

/// An organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organization {
    /// The logins of its members.
    pub members: Vec<String>,
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Who may see it.
    pub visibility: Visibility,
    /// What users may do who are named; a member of its organization, and its owner, may write.
    pub access: BTreeMap<String, Access>,
}

/// Who may see a repository or a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Who was let in.
    Private,
    /// The organization.
    Internal,
    /// Anybody.
    Public,
}

impl Visibility {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Private, Self::Internal, Self::Public];

    /// Returns the word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What a user may do in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Look.
    Read,
    /// Change.
    Write,
    /// Everything.
    Admin,
}

/// A secret of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubSecret {
    /// Its name.
    pub name: SecretName,
    /// Whose it is, and who may see it.
    pub scope: SecretScope,
    /// Its value.
    pub value: ValueSource,
    /// Where it stands in the hub's file; absent where it is kept by `secret set`.
    pub place: Option<Place>,
}

/// Where something stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// Counted from 1.
    pub line: u64,
    /// Counted from 1, in characters.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Whose a secret is, and which repositories' codespaces may see it (codespaces-facts.md section 2, "Policies").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretScope {
    /// A user's, for the repositories that it is assigned to.
    User {
        /// The login.
        user: String,
        /// Those it is assigned to.
        repositories: Vec<RepositoryName>,
    },
    /// A repository's.
    Repository(RepositoryName),
    /// An organization's.
    Organization {
        /// Its name.
        organization: String,
        /// The access policy.
        policy: AccessPolicy,
    },
}

impl SecretScope {
    /// Returns whose it is, in words.
    pub fn owner(&self) -> String {
        match self {
            Self::User { user, .. } => format!("user {user}"),
            Self::Repository(name) => format!("repository {name}"),
            Self::Organization { organization, .. } => format!("organization {organization}"),
        }
    }

    /// Returns whose it is, by name alone.
    pub fn owner_name(&self) -> String {
        match self {
            Self::User { user, .. } => user.clone(),
            Self::Repository(name) => name.to_string(),
            Self::Organization { organization, .. } => organization.clone(),
        }
    }

    /// Tells whether two are of one owner: a name is there once at each, and case does not count.
    pub fn has_owner_of(&self, other: &Self) -> bool {
        self.owner().eq_ignore_ascii_case(&other.owner())
    }

    /// Returns its level.
    pub const fn level(&self) -> SecretLevel {
        match self {
            Self::User { .. } => SecretLevel::User,
            Self::Repository(_) => SecretLevel::Repository,
            Self::Organization { .. } => SecretLevel::Organization,
        }
    }
}

/// Which of an organization's repositories see a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessPolicy {
    /// All.
    All,
    /// Those that are not public.
    Private,
    /// These.
    Selected(Vec<RepositoryName>),
}

impl AccessPolicy {
    /// Returns the word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Private => "private",
            Self::Selected(_) => "selected",
        }
    }
}

/// Where a value is from.
#[derive(Clone, PartialEq, Eq)]
pub enum ValueSource {
    /// It stands there.
    Given(Secret<String>),
    /// A variable of this machine's environment.
    Env(String),
    /// What a command prints.
    Command(String),
    /// What a file holds.
    File(PathBuf),
}

impl fmt::Debug for ValueSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => out.write_str("Given(***)"),
            Self::Env(name) => write!(out, "Env({name})"),
            Self::Command(command) => write!(out, "Command({command:?})"),
            Self::File(path) => write!(out, "File({})", path.display()),
        }
    }
}

/// Who may log in to a registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Users with passwords.
    pub users: Vec<Account>,
    /// AWS access keys, of a registry of AWS's.
    pub access_keys: Vec<AccessKey>,
}

/// An AWS access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id and its secret.
    pub account: Account,
    /// How long a token is good that it is exchanged for.
    pub expires_after: Duration,
}

impl AccessKey {
    /// How long a token of AWS's is good, and the longest that one may be.
    pub const LONGEST: Duration = Duration::from_hours(12);
}

/// A name and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user, or the access key's id.
    pub name: String,
    /// The password, or the secret access key.
    pub secret: ValueSource,
}

#[cfg(test)]
mod tests;

//! What outlives the hub's container: packages that were pushed, access that was added while it ran, and the tokens that are in use, by their
//! digests. One file of the hub's volume, whole or not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::access::{Publication, Who};
use super::proof::{self, Key, Proof};
use super::{ServeError, failed};
use crate::codespace::RepositoryName;
use crate::github::hub::{Hub, Package, PackageName, PublishedBy, Visibility};
use crate::home::write_whole;
use crate::permissions::Permissions;

/// How many tokens are kept; the oldest ones go.
const MOST_LOGINS: usize = 4096;
/// How long it is known that a token has expired, in seconds.
const REMEMBERED: i64 = 7 * 24 * 3600;
/// The version of the file.
const VERSION: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    key: String,
    packages: BTreeMap<String, StoredPackage>,
    grants: BTreeMap<String, Vec<String>>,
    logins: Vec<Issued>,
}

/// A package that the hub's file does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredPackage {
    pub(super) visibility: Visibility,
    pub(super) published_by: PublishedBy,
    pub(super) repository: Option<String>,
}

/// A token that the hub has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issued {
    /// The token's digest.
    pub(super) proof: String,
    /// For which registry.
    pub(super) registry: String,
    /// Whose it is.
    pub(super) holder: Holder,
    /// Until when, in seconds since 1970.
    pub(super) until: i64,
}

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum Holder {
    Codespace {
        codespace: String,
        repository: String,
        user: String,
        #[serde(default)]
        permissions: Permissions,
    },
    Publisher {
        publication: Publication,
    },
    Account {
        name: String,
    },
}

impl Holder {
    /// Returns who shows the token.
    pub(super) fn who(&self) -> Option<Who> {
        Some(match self {
            Self::Codespace { codespace, repository, user, permissions } => Who::Codespace {
                codespace: codespace.clone(),
                repository: repository.parse().ok()?,
                user: user.clone(),
                permissions: permissions.clone(),
            },
            Self::Publisher { publication } => Who::Publisher(publication.clone()),
            Self::Account { name } => Who::Account { name: name.clone() },
        })
    }
}

/// What is stored, and where.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    file: File,
}

impl Store {
    /// Reads what is stored in a folder, or begins it.
    pub(super) fn open(folder: &Path) -> Result<Self, ServeError> {
        let path = folder.join("state.json");
        let file = match std::fs::read(&path) {
            Ok(bytes) => {
                let file: File = serde_json::from_slice(&bytes).map_err(failed("read", &path))?;
                if file.version != VERSION {
                    let reason = format!("it is of version {}, and this one knows {VERSION}", file.version);
                    return Err(failed("read", &path)(std::io::Error::other(reason)));
                }
                file
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = STANDARD.encode(proof::random().map_err(failed("make", &path))?);
                let (packages, grants, logins) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
                File { version: VERSION, key, packages, grants, logins }
            }
            Err(error) => return Err(failed("read", &path)(error)),
        };
        let store = Self { path, file };
        store.keep()?;
        Ok(store)
    }

    /// Returns what digests are made with.
    pub(super) fn key(&self) -> Result<Key, ServeError> {
        let bytes = STANDARD.decode(&self.file.key).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let broken = || failed("read", &self.path)(std::io::Error::other("its key is broken"));
        bytes.map(|bytes| Key::new(&bytes)).ok_or_else(broken)
    }

    /// Adds to what the hub's file says what it does not say.
    pub(super) fn merge(&self, hub: &mut Hub) {
        for (name, stored) in &self.file.packages {
            let Some(name) = PackageName::parse(name) else { continue };
            let package = Package {
                visibility: stored.visibility,
                repository: stored.repository.as_ref().and_then(|text| text.parse().ok()),
                published_by: stored.published_by,
                inherit_access: None,
                codespaces_access: Vec::new(),
                image: None,
                tarball: None,
            };
            hub.packages.entry(name).or_insert(package);
        }
        for (name, granted) in &self.file.grants {
            let package = PackageName::parse(name).and_then(|name| hub.packages.get_mut(&name));
            let Some(package) = package else { continue };
            let granted = granted.iter().filter_map(|text| text.parse::<RepositoryName>().ok());
            package.codespaces_access.extend(granted);
        }
    }

    /// Returns the tokens that were made.
    pub(super) fn logins(&self) -> &[Issued] {
        &self.file.logins
    }

    /// Takes note of a package that was pushed.
    pub(super) fn add_package(&mut self, name: &PackageName, package: StoredPackage) -> Result<(), ServeError> {
        self.file.packages.insert(name.to_string(), package);
        self.keep()
    }

    /// Adds a repository to a package's list of "Manage Codespaces access".
    pub(super) fn grant(&mut self, name: &PackageName, repository: &RepositoryName) -> Result<(), ServeError> {
        let granted = self.file.grants.entry(name.to_string()).or_default();
        let repository = repository.to_string();
        if !granted.contains(&repository) {
            granted.push(repository);
        }
        self.keep()
    }

    /// Takes note of a new token. One of the same codespace ends.
    pub(super) fn issue(&mut self, proof: Proof, issued: Issued, now: i64) -> Result<(), ServeError> {
        if let Holder::Codespace { codespace, .. } = &issued.holder {
            self.end(codespace, now);
        }
        self.file.logins.retain(|old| old.until > now - REMEMBERED);
        if self.file.logins.len() >= MOST_LOGINS {
            self.file.logins.remove(0);
        }
        self.file.logins.push(Issued { proof: proof.text(), ..issued });
        self.keep()
    }

    /// Ends a codespace's tokens.
    pub(super) fn revoke(&mut self, codespace: &str, now: i64) -> Result<(), ServeError> {
        self.end(codespace, now);
        self.keep()
    }

    fn end(&mut self, name: &str, now: i64) {
        for issued in &mut self.file.logins {
            if matches!(&issued.holder, Holder::Codespace { codespace, .. } if codespace == name) {
                issued.until = issued.until.min(now);
            }
        }
    }

    fn keep(&self) -> Result<(), ServeError> {
        let bytes = serde_json::to_vec(&self.file).map_err(failed("write", &self.path))?;
        write_whole(&self.path, &bytes).map_err(|error| failed("write", &self.path)(std::io::Error::other(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(codespace: &str, until: i64) -> Issued {
        let (codespace, user) = (codespace.to_owned(), "mona".to_owned());
        let permissions = "acme/app: packages read".parse().expect("permissions");
        let holder = Holder::Codespace { codespace, repository: "acme/api".to_owned(), user, permissions };
        Issued { proof: String::new(), registry: "ghcr.io".to_owned(), holder, until }
    }

    #[test]
    fn what_is_stored_is_there_again_and_a_codespace_has_one_token() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("opened");
        let key = store.key().expect("a key");
        let name = PackageName::of_image("ghcr.io/acme/new").expect("a name");
        let package = StoredPackage {
            visibility: Visibility::Private,
            published_by: PublishedBy::PersonalAccessToken,
            repository: Some("acme/api".to_owned()),
        };
        store.add_package(&name, package).expect("added");
        store.grant(&name, &"acme/app".parse().expect("a repository")).expect("granted");
        for (token, until) in [("one", 1000), ("two", 1100)] {
            store.issue(key.proof("ghcr.io", "", token), issued("c", until), 10).expect("issued");
        }
        let again = Store::open(folder.path()).expect("opened");
        assert_eq!(again.logins().iter().map(|one| one.until).collect::<Vec<_>>(), [10, 1100]);
        let who = again.logins().last().and_then(|issued| issued.holder.who());
        assert!(matches!(who, Some(Who::Codespace { permissions, .. }) if !permissions.is_empty()));
        let mut hub = Hub::default();
        again.merge(&mut hub);
        let package = hub.packages.get(&name).expect("there");
        assert!(!package.inherits() && package.codespaces_access.len() == 1);
        assert_eq!(again.key().expect("a key").proof("r", "", "x"), key.proof("r", "", "x"));
        let mut again = again;
        again.revoke("c", 20).expect("revoked");
        assert!(again.logins().iter().all(|one| one.until <= 20));
        let mode = std::os::unix::fs::MetadataExt::mode(&folder.path().join("state.json").metadata().expect("there"));
        assert_eq!(mode & 0o777, 0o600);
    }

    /// A state of a version that knew no permissions.
    #[test]
    fn a_token_without_permissions_has_none() {
        let text = r#"{"kind": "codespace", "codespace": "c", "repository": "acme/api", "user": "mona"}"#;
        let holder: Holder = serde_json::from_str(text).expect("a holder");
        assert!(matches!(holder.who(), Some(Who::Codespace { permissions, .. }) if permissions.is_empty()));
    }

    #[test]
    fn tokens_do_not_pile_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("opened");
        let key = store.key().expect("a key");
        store.issue(key.proof("r", "", "old"), issued("a", 5), 0).expect("issued");
        store.issue(key.proof("r", "", "new"), issued("b", REMEMBERED + 100), REMEMBERED + 10).expect("issued");
        assert_eq!(store.logins().len(), 1);
    }

    #[test]
    fn a_file_of_another_kind_is_no_state() {
        let folder = tempfile::tempdir().expect("a folder");
        for text in ["", "{}", "[]", "{\"version\":2,\"key\":\"\",\"packages\":{},\"grants\":{},\"logins\":[]}"] {
            std::fs::write(folder.path().join("state.json"), text).expect("written");
            assert!(Store::open(folder.path()).is_err(), "{text}");
        }
    }
}

//! The key that the secrets are encrypted with: from the environment, a file of the user's, or a file beside the secrets.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519::Identity;

use super::error::StoreError;
use crate::home::write_whole;
use crate::redact::Secret;

/// The variable that holds a key.
pub const KEY: &str = "LOCALSPACE_SECRETS_KEY";

/// The variable that names a file with a key.
pub const KEY_FILE: &str = "LOCALSPACE_SECRETS_KEY_FILE";

/// The largest file of a key that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// What says which key is meant. The first that is there counts.
#[derive(Debug, Clone, Default)]
pub struct KeySources {
    /// An age identity.
    pub given: Option<Secret<String>>,
    /// A file with one.
    pub file: Option<PathBuf>,
}

/// A key.
pub(super) struct Key {
    pub(super) identity: Identity,
    pub(super) from: From,
}

/// Where a key is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    Environment,
    File(PathBuf),
}

impl fmt::Display for From {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => out.write_str(KEY),
            Self::File(path) => write!(out, "{}", path.display()),
        }
    }
}

impl KeySources {
    /// Returns the key of the secrets in a folder.
    pub(super) fn key(&self, folder: &Path) -> Result<Key, StoreError> {
        let file = folder.join("secrets.age").display().to_string();
        self.known(folder)?.ok_or(StoreError::NoKey { file })
    }

    /// Returns the key that is known, or makes one, where there are no secrets yet. The caller holds the lock.
    pub(super) fn key_or_new(&self, folder: &Path) -> Result<Key, StoreError> {
        if let Some(key) = self.known(folder)? {
            return Ok(key);
        }
        let identity = Identity::generate();
        let path = own(folder);
        let text =
            Secret::new(format!("# public key: {}\n{}\n", identity.to_public(), identity.to_string().expose_secret()));
        write_whole(&path, text.expose().as_bytes())?;
        Ok(Key { identity, from: From::File(path) })
    }

    fn known(&self, folder: &Path) -> Result<Option<Key>, StoreError> {
        if let Some(given) = &self.given {
            return parse(given.expose(), From::Environment).map(Some);
        }
        if let Some(path) = &self.file {
            return of_file(path)?.map(Some).ok_or_else(|| StoreError::BadKey {
                from: format!("{} ({KEY_FILE})", path.display()),
                problem: "there is no such file".to_owned(),
            });
        }
        of_file(&own(folder))
    }
}

/// Returns the file of the key that was made here.
fn own(folder: &Path) -> PathBuf {
    folder.join("secrets.key")
}

fn of_file(path: &Path) -> Result<Option<Key>, StoreError> {
    let fail = |source| StoreError::Disk { operation: "read", path: path.display().to_string(), source };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(fail)?;
    let bytes = Secret::new(bytes);
    // What is no UTF-8 is no key.
    let text = std::str::from_utf8(bytes.expose()).unwrap_or("?");
    parse(text, From::File(path.to_owned())).map(Some)
}

/// Reads an identity as `age-keygen` writes it: comments, and one line.
fn parse(text: &str, from: From) -> Result<Key, StoreError> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = match (lines.next(), lines.next()) {
        (None, _) => Err("it is empty"),
        (Some(_), Some(_)) => Err("it has more than one line"),
        (Some(line), None) => line.parse().map_err(|problem: &'static str| problem),
    };
    match read {
        Ok(identity) => Ok(Key { identity, from }),
        Err(problem) => Err(StoreError::BadKey { from: from.to_string(), problem: problem.to_owned() }),
    }
}

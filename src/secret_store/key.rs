//! The key that the secrets are encrypted with: from the environment, a file of the user's, this machine's keyring, or a file beside the secrets.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use age::secrecy::ExposeSecret;
use age::x25519::Identity;

use super::error::StoreError;
use super::keyring::Keyring;
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
    /// The keyring, where it may be asked.
    pub keyring: Option<Arc<dyn Keyring>>,
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
    Keyring,
}

/// What is found of a key that nobody gave.
enum Found {
    Key(Key),
    Nothing,
    /// There may be one in a keyring that does not answer, and why that is.
    NoAnswer(String),
}

impl fmt::Display for From {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => out.write_str(KEY),
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Keyring => out.write_str("the keyring"),
        }
    }
}

impl KeySources {
    /// Returns the key of the secrets in a folder.
    pub(super) fn key(&self, folder: &Path) -> Result<Key, StoreError> {
        let keyring = match self.find(folder)? {
            Found::Key(key) => return Ok(key),
            Found::Nothing => None,
            Found::NoAnswer(why) => Some(why),
        };
        Err(StoreError::NoKey { file: folder.join("secrets.age").display().to_string(), keyring })
    }

    /// Returns the key that is known, or makes one, where there are no secrets yet. The caller holds the lock.
    pub(super) fn key_or_new(&self, folder: &Path) -> Result<Key, StoreError> {
        let keyring = match self.find(folder)? {
            Found::Key(key) => return Ok(key),
            Found::Nothing => self.keyring.as_ref(),
            Found::NoAnswer(_) => None,
        };
        let identity = Identity::generate();
        let secret = identity.to_string();
        let kept = keyring.map(|keyring| keyring.set(&Secret::new(secret.expose_secret().to_owned())));
        if kept.is_some_and(|kept| kept.is_ok()) {
            return Ok(Key { identity, from: From::Keyring });
        }
        let path = own(folder);
        let text = Secret::new(format!("# public key: {}\n{}\n", identity.to_public(), secret.expose_secret()));
        write_whole(&path, text.expose().as_bytes())?;
        Ok(Key { identity, from: From::File(path) })
    }

    fn find(&self, folder: &Path) -> Result<Found, StoreError> {
        if let Some(given) = &self.given {
            return parse(given.expose(), From::Environment).map(Found::Key);
        }
        if let Some(path) = &self.file {
            return of_file(path)?.map(Found::Key).ok_or_else(|| StoreError::BadKey {
                from: format!("{} ({KEY_FILE})", path.display()),
                problem: "there is no such file".to_owned(),
            });
        }
        // It was made where no keyring would take one: none is asked then, as one that is locked may wait for somebody.
        if let Some(key) = of_file(&own(folder))? {
            return Ok(Found::Key(key));
        }
        match self.keyring.as_ref().map(|keyring| keyring.get()) {
            None | Some(Ok(None)) => Ok(Found::Nothing),
            Some(Ok(Some(text))) => parse(text.expose(), From::Keyring).map(Found::Key),
            Some(Err(why)) => Ok(Found::NoAnswer(why)),
        }
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

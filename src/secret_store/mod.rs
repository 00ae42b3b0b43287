//! The secrets that `secret set` keeps on this machine: one file, encrypted at rest, for its owner's eyes only.
//!
//! The file is an age file, which the `age` program opens as well. It is read whole and written whole, by who holds its lock; what cannot be opened
//! is never written over.

mod document;
mod error;
mod key;
mod keyring;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

pub use document::KeptSecret;
pub use error::StoreError;
pub use key::{KEY, KEY_FILE, KeySources};
pub use keyring::{Keyring, SystemKeyring};

use crate::github::MAX_SECRETS;
use crate::github::SecretName;
use crate::github::hub::SecretScope;
use crate::home::{Home, make_folder};
use crate::redact::Secret;
use key::Key;

/// The largest file that is read, in bytes: some thousand secrets of the largest size.
const LARGEST: u64 = 256 * 1024 * 1024;

/// The file of secrets and what opens it.
#[derive(Debug)]
pub struct SecretStore {
    folder: PathBuf,
    keys: KeySources,
}

impl SecretStore {
    /// Returns the store in a folder.
    pub fn new(folder: PathBuf, keys: KeySources) -> Self {
        Self { folder, keys }
    }

    /// Returns where its lock is, which who changes it holds.
    pub fn home(&self) -> Home {
        Home::new(&self.folder)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("secrets.age")
    }

    /// Returns the secrets; none where none was ever set.
    pub fn load(&self) -> Result<Vec<KeptSecret>, StoreError> {
        match self.sealed()? {
            None => Ok(Vec::new()),
            Some(sealed) => self.open(&sealed, &self.keys.key(&self.folder)?),
        }
    }

    fn open(&self, sealed: &[u8], key: &Key) -> Result<Vec<KeptSecret>, StoreError> {
        let file = || self.file().display().to_string();
        let text = match age::decrypt(&key.identity, sealed) {
            Ok(text) => Secret::new(text),
            Err(age::DecryptError::NoMatchingKeys) => {
                return Err(StoreError::WrongKey { file: file(), from: key.from.to_string() });
            }
            Err(error) => return Err(StoreError::Damaged { file: file(), problem: error.to_string() }),
        };
        document::read(text.expose()).map_err(|problem| StoreError::Damaged { file: file(), problem })
    }

    /// Reads the encrypted file; nothing where there is none.
    fn sealed(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.file();
        let fail = |source| StoreError::Disk { operation: "read", path: path.display().to_string(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        let mut sealed = Vec::new();
        file.take(LARGEST).read_to_end(&mut sealed).map_err(fail)?;
        Ok(Some(sealed))
    }

    /// Changes the secrets: reads them, lets `change` change them, and writes them where it did. The caller holds the lock.
    pub fn change<T>(
        &self,
        change: impl FnOnce(&mut Vec<KeptSecret>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        make_folder(&self.folder)?;
        let (mut secrets, key) = match self.sealed()? {
            Some(sealed) => {
                let key = self.keys.key(&self.folder)?;
                (self.open(&sealed, &key)?, key)
            }
            None => (Vec::new(), self.keys.key_or_new(&self.folder)?),
        };
        let changed = change(&mut secrets)?;
        let text = Secret::new(document::write(&secrets));
        let sealed = age::encrypt(&key.identity.to_public(), text.expose())
            .map_err(|error| StoreError::Unsealable { problem: error.to_string() })?;
        self.replace(&sealed)?;
        Ok(changed)
    }

    /// Puts another file in the place of this one, whole or not at all. Who is killed here leaves its half to the next one, which writes over it.
    fn replace(&self, sealed: &[u8]) -> Result<(), StoreError> {
        let (path, new) = (self.file(), self.folder.join("secrets.age.new"));
        let fail = |operation| {
            let path = new.display().to_string();
            move |source| StoreError::Disk { operation, path, source }
        };
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(fail("write"))?;
        file.write_all(sealed).and_then(|()| file.sync_all()).map_err(fail("write"))?;
        std::fs::rename(&new, &path).map_err(fail("rename"))?;
        // The name is on the disk when its folder is.
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(fail("write"))
    }
}

/// Puts a secret among others: in the place of the one of its name at its owner, or beside them, up to GitHub's limit.
pub fn put(secrets: &mut Vec<KeptSecret>, new: KeptSecret) -> Result<(), StoreError> {
    let is_same = |one: &KeptSecret| one.name == new.name && one.scope.has_owner_of(&new.scope);
    if let Some(old) = secrets.iter_mut().find(|one| is_same(one)) {
        *old = new;
        return Ok(());
    }
    if secrets.iter().filter(|one| one.scope.has_owner_of(&new.scope)).count() >= MAX_SECRETS {
        return Err(StoreError::Full { owner: new.scope.owner() });
    }
    secrets.push(new);
    Ok(())
}

/// Takes a secret away; tells whether it was there.
pub fn take(secrets: &mut Vec<KeptSecret>, name: &SecretName, owner: &SecretScope) -> bool {
    let before = secrets.len();
    secrets.retain(|one| one.name != *name || !one.scope.has_owner_of(owner));
    secrets.len() < before
}

#[cfg(test)]
mod tests;

//! Where things are kept on this machine, and who may touch them now (DESIGN section 5).
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::codespace::CodespaceName;

/// The folder for what happened, one below it for each codespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    state: PathBuf,
}

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {path}: {source}")]
pub struct HomeError {
    operation: &'static str,
    path: String,
    source: std::io::Error,
}

impl HomeError {
    /// Returns what to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self.source.kind() {
            std::io::ErrorKind::StorageFull => {
                Some("free space on that disk, then run the same command again: it goes on".to_owned())
            }
            std::io::ErrorKind::PermissionDenied => {
                Some("make it writable, or set LOCALSPACE_HOME to a folder that is".to_owned())
            }
            _ => None,
        }
    }
}

/// A codespace, or a repository that a codespace is being made of, held by this process until this is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    with: With,
}

/// Whether a lock is this process's alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum With {
    Nobody,
    /// Others may have it at the same time who take it so, too.
    Others,
}

/// Whether a lock is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    None,
    Endless,
}

/// Whether a lock was had.
#[derive(Debug)]
pub enum Locked {
    /// It was.
    Yes(Lock),
    /// Another process has it: what it wrote about itself.
    No {
        /// For example `localspace up (process 4711)`.
        holder: String,
    },
}

impl Home {
    /// Returns the home whose state is under `state`.
    pub fn new(state: &Path) -> Self {
        // A relative path would mean another folder elsewhere.
        Self { state: std::path::absolute(state).unwrap_or_else(|_| state.to_owned()) }
    }

    /// Returns what tells this home from others on one engine.
    pub fn id(&self) -> String {
        self.state.display().to_string()
    }

    /// Returns the folder that the codespaces' folders are in.
    pub fn all_codespaces(&self) -> PathBuf {
        self.state.join("codespaces")
    }

    /// Returns the folder of a codespace.
    pub fn codespace(&self, name: &CodespaceName) -> PathBuf {
        self.all_codespaces().join(name.as_str())
    }

    /// Returns the folder of what is known of prebuilds beside themselves.
    pub fn prebuilds(&self) -> PathBuf {
        self.state.join("prebuilds")
    }

    /// Returns the folder of what runs of scenarios have, one below it for each run.
    pub fn tests(&self) -> PathBuf {
        self.state.join("tests")
    }

    /// Returns a codespace's journal.
    pub fn journal(&self, name: &CodespaceName) -> PathBuf {
        self.codespace(name).join("journal.jsonl")
    }

    /// Returns the file that keeps what a login shell of the codespace's user has in its environment.
    pub fn environment(&self, name: &CodespaceName) -> PathBuf {
        self.codespace(name).join("environment.json")
    }

    /// Makes a codespace's folder, for its owner's eyes only.
    pub fn make(&self, name: &CodespaceName) -> Result<(), HomeError> {
        make_folder(&self.codespace(name))
    }

    /// Makes the folder of a codespace that is there for its prebuild alone, and goes with the run that makes that.
    pub fn make_for_prebuild(&self, name: &CodespaceName) -> Result<(), HomeError> {
        self.make(name)?;
        write_whole(&self.for_prebuild(name), b"")
    }

    /// Tells whether a codespace is such a one.
    pub fn is_for_prebuild(&self, name: &CodespaceName) -> bool {
        self.for_prebuild(name).exists()
    }

    fn for_prebuild(&self, name: &CodespaceName) -> PathBuf {
        self.codespace(name).join("for-prebuild")
    }

    /// Returns the names of the codespaces that have a folder.
    pub fn codespaces(&self) -> Vec<CodespaceName> {
        let Ok(entries) = std::fs::read_dir(self.all_codespaces()) else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }

    /// Removes a codespace's folder; one that is not there is no error.
    pub fn remove(&self, name: &CodespaceName) -> Result<(), HomeError> {
        let folder = self.codespace(name);
        match std::fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(HomeError { operation: "remove", path: folder.display().to_string(), source })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Holds a codespace, or says who does. `holder` is what others are told.
    pub fn try_lock(&self, name: &CodespaceName, holder: &str) -> Result<Locked, HomeError> {
        self.lock_file(name.as_str(), holder, (With::Nobody, Patience::None))
    }

    /// Holds what `key` names: a codespace, or the making of one. Blocks the thread until whoever has it lets go.
    pub fn lock(&self, key: &str, holder: &str) -> Result<Locked, HomeError> {
        self.lock_file(key, holder, (With::Nobody, Patience::Endless))
    }

    /// Holds what `key` names together with others who only want it to stay: a prebuild that a codespace is made of. Blocks the thread until whoever
    /// has it alone lets go.
    pub fn share(&self, key: &str, holder: &str) -> Result<Locked, HomeError> {
        self.lock_file(key, holder, (With::Others, Patience::Endless))
    }

    /// The same, or says who has it alone.
    pub fn try_share(&self, key: &str, holder: &str) -> Result<Locked, HomeError> {
        self.lock_file(key, holder, (With::Others, Patience::None))
    }

    /// Returns the key of the making of a codespace of one repository, so that two `up` at once make one codespace.
    pub fn source_key(source: &str) -> String {
        format!("source-{}", Self::digest(source))
    }

    /// Returns a name for a file about something that has too long a name, or a strange one.
    pub fn digest(text: &str) -> String {
        Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Holds what `key` names, or says who does.
    pub fn try_lock_key(&self, key: &str, holder: &str) -> Result<Locked, HomeError> {
        self.lock_file(key, holder, (With::Nobody, Patience::None))
    }

    fn lock_file(&self, name: &str, holder: &str, (with, patience): (With, Patience)) -> Result<Locked, HomeError> {
        let folder = self.state.join("locks");
        make_folder(&folder)?;
        let path = folder.join(name);
        let fail = |operation| {
            let path = path.display().to_string();
            move |source| HomeError { operation, path, source }
        };
        loop {
            let mut options = OpenOptions::new();
            let mut file = options
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(fail("open"))?;
            let tried = match (with, patience) {
                (With::Nobody, Patience::Endless) => file.lock().map_err(TryLockError::Error),
                (With::Nobody, Patience::None) => file.try_lock(),
                (With::Others, Patience::Endless) => file.lock_shared().map_err(TryLockError::Error),
                (With::Others, Patience::None) => file.try_lock_shared(),
            };
            match tried {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    file.read_to_string(&mut text).map_err(fail("read"))?;
                    // Who has just locked it may not have written yet who it is.
                    let holder = if text.is_empty() { "another localspace process".to_owned() } else { text };
                    return Ok(Locked::No { holder });
                }
                Err(TryLockError::Error(source)) => return Err(fail("lock")(source)),
            }
            // Whoever held it before may have removed it: then it is nobody's any more, and a new one is to be made.
            let ours = file.metadata().map_err(fail("read"))?.ino();
            if path.metadata().is_ok_and(|there| there.ino() == ours) {
                match file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes())) {
                    // On a full disk a codespace can be stopped and deleted all the same; others are not told who does it.
                    Err(error) if error.kind() != std::io::ErrorKind::StorageFull => return Err(fail("write")(error)),
                    Ok(()) | Err(_) => return Ok(Locked::Yes(Lock { file, path, with })),
                }
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is still held, so that nobody can hold a file that is not there; by the last one of several.
        if self.with == With::Nobody || self.file.try_lock().is_ok() {
            let _gone_already = std::fs::remove_file(&self.path);
        }
        let _closing_unlocks = self.file.unlock();
    }
}

/// Writes a file whole or not at all, for its owner's eyes only: a temporary file, flushed to the disk and renamed.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), HomeError> {
    let fail = |operation| {
        let path = path.display().to_string();
        move |source| HomeError { operation, path, source }
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail("write"))?;
    file.write_all(content).map_err(fail("write"))?;
    file.as_file().sync_all().map_err(fail("write"))?;
    file.persist(path).map_err(|error| fail("write")(error.error))?;
    Ok(())
}

/// Makes a folder and those around it, for its owner's eyes only; one that is there is left as it is.
pub fn make_folder(path: &Path) -> Result<(), HomeError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| HomeError {
        operation: "make",
        path: path.display().to_string(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let home = Home::new(&folder.path().join("state"));
        (folder, home)
    }

    #[test]
    fn a_lock_is_had_once_and_says_who_has_it() {
        let (_folder, home) = home();
        let name = "a".parse().expect("a name");
        let first = home.try_lock(&name, "first").expect("locked");
        match home.try_lock(&name, "second").expect("asked") {
            Locked::No { holder } => assert_eq!(holder, "first"),
            Locked::Yes(_) => panic!("had twice"),
        }
        drop(first);
        assert!(matches!(home.try_lock(&name, "second").expect("locked"), Locked::Yes(_)));
        assert_eq!(std::fs::read_dir(home.state.join("locks")).expect("there").count(), 0);
    }

    #[test]
    fn a_file_is_replaced_whole_and_is_its_owners() {
        let (_folder, home) = home();
        let name = "a".parse().expect("a name");
        home.make(&name).expect("made");
        let path = home.environment(&name);
        write_whole(&path, b"long content").expect("written");
        write_whole(&path, b"short").expect("written");
        assert_eq!(std::fs::read(&path).expect("there"), b"short");
        assert_eq!(path.metadata().expect("there").mode() & 0o777, 0o600);
        assert_eq!(home.codespaces(), std::slice::from_ref(&name));
        home.remove(&name).expect("removed");
        home.remove(&name).expect("removed twice");
        assert!(home.codespaces().is_empty());
    }
}

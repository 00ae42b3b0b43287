//! The lockfile on the disk: beside the configuration, a file of the repository, written whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::Fault;
use crate::devcontainer::ConfigError;
use crate::devcontainer::feature::Lockfile;

/// The largest one that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// A lockfile that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LockfileError {
    /// It is none.
    #[error(transparent)]
    Text(#[from] ConfigError),
    /// What is in its place leads out of the repository, is no file, or is too large.
    #[error("{path} {reason}: it is left alone")]
    Other {
        /// Its path in the repository.
        path: String,
        /// Why it is none.
        reason: String,
    },
    /// The system would not.
    #[error("cannot {operation} {path}: {source}")]
    Disk {
        /// What was to be done.
        operation: &'static str,
        /// Its path in the repository.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl LockfileError {
    /// Returns whose fault it is.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Text(_) | Self::Other { .. } => Fault::Configuration,
            Self::Disk { .. } => Fault::Machine,
        }
    }

    /// Returns what to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Text(error) => error.hint.clone(),
            Self::Other { .. } => Some("put the file itself there, or remove it: it is made anew".to_owned()),
            Self::Disk { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free space on that disk".to_owned())
            }
            Self::Disk { .. } => None,
        }
    }
}

/// Reads the lockfile of the configuration at the path `config` in the repository that lies in `root`; nothing where there is none.
pub fn read(root: &Path, config: &str) -> Result<Option<Lockfile>, LockfileError> {
    let name = Lockfile::path(config);
    let disk = |source| LockfileError::Disk { operation: "read", path: name.clone(), source };
    let other = |reason: String| LockfileError::Other { path: name.clone(), reason };
    let Some(path) = real(root, &name)? else { return Ok(None) };
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text)).map_err(disk)?;
    if text.len() as u64 > LARGEST {
        return Err(other(format!("is larger than {LARGEST} bytes")));
    }
    let text = String::from_utf8(text).map_err(|_| other("is no UTF-8".to_owned()))?;
    Ok(Lockfile::read(&text, &name)?)
}

/// Writes the text of a lockfile in place of the one that is there, whole or not at all. Its permissions stay.
pub fn write(root: &Path, config: &str, text: &str) -> Result<(), LockfileError> {
    let name = Lockfile::path(config);
    let disk = |source| LockfileError::Disk { operation: "write", path: name.clone(), source };
    let (path, permissions) = match real(root, &name)? {
        Some(path) => (path.clone(), path.metadata().map_err(disk)?.permissions()),
        None => (root.join(&name), Permissions::from_mode(0o644)),
    };
    let folder = path.parent().unwrap_or(root);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(disk)?;
    file.write_all(text.as_bytes()).map_err(disk)?;
    file.as_file().set_permissions(permissions).map_err(disk)?;
    file.as_file().sync_all().map_err(disk)?;
    file.persist(&path).map_err(|error| disk(error.error))?;
    Ok(())
}

/// Returns where a file of the repository really is; nothing where there is none.
fn real(root: &Path, name: &str) -> Result<Option<PathBuf>, LockfileError> {
    let outside = || LockfileError::Other { path: name.to_owned(), reason: "is no file of the repository".to_owned() };
    let path = root.join(name);
    if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        // Its folder is the configuration's, which was read from there.
        return Ok(None);
    }
    let (root, real) = (root.canonicalize().map_err(|_| outside())?, path.canonicalize().map_err(|_| outside())?);
    if real.starts_with(&root) && real.is_file() { Ok(Some(real)) } else { Err(outside()) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    const CONFIG: &str = ".devcontainer/devcontainer.json";
    const EMPTY: &str = "{\n  \"features\": {}\n}\n";

    fn repository() -> (TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("repository");
        let file = root.join(".devcontainer/devcontainer-lock.json");
        std::fs::create_dir_all(root.join(".devcontainer")).expect("made");
        (folder, root, file)
    }

    fn problem<T: std::fmt::Debug>(result: Result<T, LockfileError>) -> String {
        result.expect_err("it fails").to_string()
    }

    #[test]
    fn it_is_made_and_replaced_with_its_permissions() {
        let (_folder, root, file) = repository();
        assert_eq!(read(&root, CONFIG).expect("looked"), None);
        write(&root, CONFIG, EMPTY).expect("written");
        assert!(read(&root, CONFIG).expect("read").is_some());
        assert_eq!(file.metadata().expect("there").permissions().mode() & 0o777, 0o644);
        std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("set");
        write(&root, CONFIG, " ").expect("written");
        assert_eq!(file.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&file).expect("there"), " ");
        assert_eq!(std::fs::read_dir(root.join(".devcontainer")).expect("there").count(), 1, "nothing else is left");
    }

    #[test]
    fn what_is_no_file_of_the_repository_is_left_alone() {
        let (folder, root, file) = repository();
        std::fs::write(folder.path().join("outside"), EMPTY).expect("written");
        for target in ["../../outside", "/etc/passwd", "gone", "devcontainer-lock.json", "."] {
            symlink(target, &file).expect("linked");
            let expected = ".devcontainer/devcontainer-lock.json is no file of the repository: it is left alone";
            assert_eq!(problem(read(&root, CONFIG)), expected, "{target}");
            assert_eq!(problem(write(&root, CONFIG, "x")), expected, "{target}");
            std::fs::remove_file(&file).expect("removed");
        }
        assert_eq!(std::fs::read_to_string(folder.path().join("outside")).expect("there"), EMPTY);
        // One that stays inside is read and written where it leads.
        symlink("real.json", &file).expect("linked");
        std::fs::write(root.join(".devcontainer/real.json"), "").expect("written");
        write(&root, CONFIG, EMPTY).expect("written");
        assert!(file.is_symlink());
        assert_eq!(std::fs::read_to_string(&file).expect("there"), EMPTY);
    }

    #[test]
    fn what_is_no_lockfile_is_told() {
        let (_folder, root, file) = repository();
        std::fs::write(&file, "{\n  nope").expect("written");
        assert!(problem(read(&root, CONFIG)).starts_with(".devcontainer/devcontainer-lock.json:2:"));
        std::fs::write(&file, b"\xff").expect("written");
        assert!(problem(read(&root, CONFIG)).contains("is no UTF-8"));
        File::create(&file).and_then(|file| file.set_len(LARGEST + 1)).expect("made");
        assert!(problem(read(&root, CONFIG)).contains("is larger than 4194304 bytes"));
    }
}

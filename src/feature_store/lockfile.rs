//! The lockfile on the disk: beside the configuration, written whole or not at all.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::devcontainer::feature::Lockfile;

/// A lockfile that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LockfileError {
    /// What is in its place leads out of the repository, or is no file.
    #[error("{path} is no file of the repository: it is not written")]
    Link {
        /// Its path in the repository.
        path: String,
    },
    /// The system would not.
    #[error("cannot write {path}: {source}")]
    Disk {
        /// Its path in the repository.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Writes the text of a lockfile in place of the one that is there, whole or not at all. Its permissions stay.
pub fn write(root: &Path, config: &str, text: &str) -> Result<(), LockfileError> {
    let name = Lockfile::path(config);
    let disk = |source| LockfileError::Disk { path: name.clone(), source };
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
    let outside = || LockfileError::Link { path: name.to_owned() };
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

    #[test]
    fn it_is_made_and_replaced_with_its_permissions() {
        let (_folder, root, file) = repository();
        write(&root, CONFIG, EMPTY).expect("written");
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
            let error = write(&root, CONFIG, "x").expect_err(target);
            assert!(matches!(error, LockfileError::Link { .. }), "{target}: {error}");
            std::fs::remove_file(&file).expect("removed");
        }
        assert_eq!(std::fs::read_to_string(folder.path().join("outside")).expect("there"), EMPTY);
        // One that stays inside is written where it leads.
        symlink("real.json", &file).expect("linked");
        std::fs::write(root.join(".devcontainer/real.json"), "").expect("written");
        write(&root, CONFIG, EMPTY).expect("written");
        assert!(file.is_symlink());
        assert_eq!(std::fs::read_to_string(&file).expect("there"), EMPTY);
    }
}

//! The folder that a clone is made in, and everything else that is needed for as long.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::RepositoryError;

/// How often a folder is emptied that something is still written into.
const TRIES: usize = 3;

/// A temporary folder that goes when it is dropped, with the folder around it where that was made for it and nothing else came in.
#[derive(Debug)]
pub(super) struct Folder {
    clone: PathBuf,
    // Fields are dropped in their order.
    own: TempDir,
    _around: Option<Around>,
}

#[derive(Debug)]
struct Around(PathBuf);

impl Drop for Around {
    fn drop(&mut self) {
        // One that has something in it stays.
        let _in_use = std::fs::remove_dir(&self.0);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A git that was killed may have put one more file where all had been removed.
        for _ in 0..TRIES {
            if std::fs::remove_dir_all(self.own.path()).is_ok() {
                break;
            }
        }
    }
}

impl Folder {
    /// Makes a folder in `under`, for its owner's eyes only.
    pub(super) fn make(under: &Path) -> Result<Self, RepositoryError> {
        let disk =
            |source| RepositoryError::Disk { operation: "make a folder in", path: under.display().to_string(), source };
        // git is not called from where we are.
        let under = &std::path::absolute(under).map_err(disk)?;
        let around = (!under.exists()).then(|| Around(under.to_owned()));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(under).map_err(disk)?;
        let own = tempfile::Builder::new().prefix("clone-").tempdir_in(under).map_err(disk)?;
        Ok(Self { clone: own.path().join("repository"), own, _around: around })
    }

    /// Returns where the clone is, or is to be made.
    pub(super) fn path(&self) -> &Path {
        &self.clone
    }

    /// Calls the clone's folder as the repository is called: what a command sees that runs in it.
    pub(super) fn rename(&mut self, name: &str) -> Result<(), RepositoryError> {
        let path = self.own.path().join("named").join(name);
        let disk = |source| RepositoryError::Disk { operation: "make", path: path.display().to_string(), source };
        std::fs::create_dir(self.own.path().join("named")).map_err(disk)?;
        std::fs::rename(&self.clone, &path).map_err(disk)?;
        self.clone = path;
        Ok(())
    }

    /// Writes settings for git by which it takes one repository as safe that belongs to another user, and no other.
    ///
    /// In a file, as `git clone` hands settings of its command line and environment to no process that reads the other repository.
    pub(super) fn settings(&self, safe: &Path) -> Result<PathBuf, RepositoryError> {
        let path = self.own.path().join("gitconfig");
        let mut content = b"[safe]\n\tdirectory = \"".to_vec();
        for byte in std::os::unix::ffi::OsStrExt::as_bytes(safe.as_os_str()) {
            match byte {
                b'\n' => content.extend_from_slice(b"\\n"),
                b'"' | b'\\' => content.extend_from_slice(&[b'\\', *byte]),
                other => content.push(*other),
            }
        }
        content.extend_from_slice(b"\"\n");
        std::fs::write(&path, content).map_err(|source| RepositoryError::Disk {
            operation: "write",
            path: path.display().to_string(),
            source,
        })?;
        Ok(path)
    }
}

//! The folder that a clone is made in, and everything else that is needed for as long.
//!
//! Its maker holds a lock on it, which goes with the process: what a killed one left behind is known by that nobody holds it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::RepositoryError;

/// What the folders' names begin with.
const PREFIX: &str = "clone-";

/// How often a folder is emptied that something is still written into, or made that is swept before it is held.
const TRIES: usize = 3;

/// A temporary folder that goes when it is dropped, with the folder around it where that was made for it and nothing else came in.
#[derive(Debug)]
pub(super) struct Folder {
    clone: PathBuf,
    // Fields are dropped in their order.
    own: TempDir,
    _held: File,
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
        let (own, held) = make_held(under).map_err(disk)?;
        Ok(Self { clone: own.path().join("repository"), own, _held: held, _around: around })
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

/// Makes a folder, and holds it. Whoever sweeps may be faster than that: then another one is made.
fn make_held(under: &Path) -> std::io::Result<(TempDir, File)> {
    for _ in 0..TRIES {
        let own = tempfile::Builder::new().prefix(PREFIX).tempdir_in(under)?;
        if let Some(held) = hold(own.path()) {
            return Ok((own, held));
        }
    }
    Err(std::io::Error::other("what is made there is removed by something else"))
}

/// Holds a folder; nothing where somebody does, or where it is no folder, or not there any more.
fn hold(path: &Path) -> Option<File> {
    let no_link = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::DIRECTORY;
    let flags = i32::try_from(no_link.bits()).ok()?;
    let held = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    held.try_lock().ok()?;
    let (opened, there) = (held.metadata().ok()?, path.symlink_metadata().ok()?);
    (opened.dev() == there.dev() && opened.ino() == there.ino()).then_some(held)
}

/// Removes the clones in the folders of `all` whose makers were killed, and what of those folders is empty then.
pub async fn sweep(all: PathBuf) {
    // What cannot be removed now can be later: it is in nobody's way.
    let _swept = tokio::task::spawn_blocking(move || {
        for around in std::fs::read_dir(all).into_iter().flatten().flatten() {
            sweep_one(&around.path());
        }
    })
    .await;
}

fn sweep_one(around: &Path) {
    let entries = std::fs::read_dir(around).into_iter().flatten().flatten();
    let clones: Vec<_> =
        entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())).collect();
    for clone in &clones {
        let Some(_held) = hold(&clone.path()) else { continue };
        let _removed = std::fs::remove_dir_all(clone.path());
    }
    if !clones.is_empty() {
        let _in_use = std::fs::remove_dir(around);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_killed_maker_left_is_swept_and_nothing_else() {
        let top = tempfile::tempdir().expect("a folder");
        let path = |name: &str| top.path().join(name);
        for folder in ["all/gone/clone-1/named/app", "all/used/clone-2", "outside", "all/used/other"] {
            std::fs::create_dir_all(path(folder)).expect("made");
        }
        std::fs::write(path("outside/kept"), "").expect("written");
        std::fs::write(path("all/used/clone-3"), "").expect("written");
        std::os::unix::fs::symlink("../../outside", path("all/used/clone-4")).expect("linked");
        let live = Folder::make(&path("all/live")).expect("made");
        std::fs::create_dir(live.path()).expect("made");
        sweep(path("all")).await;
        for (name, expected) in [
            ("all/gone", false),
            ("all/used/clone-2", false),
            ("all/used/other", true),
            ("all/used/clone-3", true),
            ("outside/kept", true),
        ] {
            assert_eq!(path(name).exists(), expected, "{name}");
        }
        assert!(live.path().exists());
        drop(live);
        assert!(!path("all/live").exists());
        sweep(path("none")).await;
    }
}

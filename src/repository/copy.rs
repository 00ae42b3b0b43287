//! The files of a working tree, committed or not.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::RepositoryError;
use super::git::git_bytes;

/// Copies the files that git does not ignore, or every file where git does not know the folder, over those in `to`.
pub(super) async fn copy_tree(from: &Path, to: &Path) -> Result<(), RepositoryError> {
    let listed = git_bytes(from, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).await;
    let (from, to) = (from.to_owned(), to.to_owned());
    let copied = tokio::task::spawn_blocking(move || match listed {
        Ok(names) => {
            let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            names.map(|name| Path::new(OsStr::from_bytes(name))).try_for_each(|name| copy_one(&from, &to, name))
        }
        Err(_) => copy_folder(&from, &to, Path::new("")),
    });
    match copied.await {
        Ok(result) => result,
        Err(panic) => Err(RepositoryError::Disk {
            operation: "copy",
            path: "the working tree".to_owned(),
            source: std::io::Error::other(panic),
        }),
    }
}

fn copy_folder(from: &Path, to: &Path, inside: &Path) -> Result<(), RepositoryError> {
    let disk =
        |source| RepositoryError::Disk { operation: "read", path: from.join(inside).display().to_string(), source };
    for entry in std::fs::read_dir(from.join(inside)).map_err(disk)? {
        let entry = entry.map_err(disk)?;
        let path = inside.join(entry.file_name());
        if entry.file_type().map_err(disk)?.is_dir() {
            copy_folder(from, to, &path)?;
        } else {
            copy_one(from, to, &path)?;
        }
    }
    Ok(())
}

/// Copies one file or symbolic link; one that is not there any more is removed from the copy.
fn copy_one(from: &Path, to: &Path, name: &Path) -> Result<(), RepositoryError> {
    let (source_path, target) = (from.join(name), to.join(name));
    let disk = |source| RepositoryError::Disk { operation: "copy", path: source_path.display().to_string(), source };
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(disk)?;
    }
    let Ok(kind) = source_path.symlink_metadata() else {
        return match std::fs::remove_file(&target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk(error)),
            Ok(()) | Err(_) => Ok(()),
        };
    };
    if kind.is_symlink() {
        let link = std::fs::read_link(&source_path).map_err(disk)?;
        if target.symlink_metadata().is_ok() {
            std::fs::remove_file(&target).map_err(disk)?;
        }
        std::os::unix::fs::symlink(link, &target).map_err(disk)
    } else if kind.is_file() {
        std::fs::copy(&source_path, &target).map(drop).map_err(disk)
    } else {
        // A submodule's folder, a socket, a pipe: nothing that a commit could hold.
        Ok(())
    }
}

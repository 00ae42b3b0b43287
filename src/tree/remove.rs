//! A file taken out of a tree, as git takes one out of a working tree.

use std::io::ErrorKind;
use std::path::{Component, Path};

use super::{TreeError, fail};

/// Removes what is in a folder, as far as that can be done.
pub fn clear(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let remove = if is_folder { std::fs::remove_dir_all } else { std::fs::remove_file };
        let _stays = remove(entry.path());
    }
}

/// Removes a file or a link by its path in a folder, and the folders around it that are empty then. One that is gone, or is a folder, or lies behind
/// a link, is left as it is.
pub fn remove(folder: &Path, path: &Path) -> Result<(), TreeError> {
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(());
    }
    let inside: Vec<&Path> = path.ancestors().skip(1).filter(|one| !one.as_os_str().is_empty()).collect();
    let is_folder = |one: &Path| folder.join(one).symlink_metadata().is_ok_and(|about| about.is_dir());
    if !inside.iter().rev().all(|one| is_folder(one)) || is_folder(path) {
        return Ok(());
    }
    let file = folder.join(path);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(fail("remove", &file)(error)),
        Ok(()) | Err(_) => {}
    }
    for one in inside {
        // One that still has something stays, with those around it.
        if std::fs::remove_dir(folder.join(one)).is_err() {
            break;
        }
    }
    Ok(())
}

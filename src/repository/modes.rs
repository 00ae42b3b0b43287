//! Who may read a clone's files, whatever umask its user has: GitHub clones with the usual one, so everybody may.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::RepositoryError;

/// What everybody may do with a file that its owner may read.
const READ: u32 = 0o444;

/// Lets everybody read what git has just made, where a strict umask forbade it.
pub(super) async fn open(clone: &Path) -> Result<(), RepositoryError> {
    // git has made this one with no mode of its own in mind.
    let head = clone.join(".git/HEAD").symlink_metadata();
    if head.is_ok_and(|head| head.mode() & READ == READ) {
        return Ok(());
    }
    let path = clone.to_owned();
    let opened = tokio::task::spawn_blocking(move || open_all(&path)).await;
    opened.unwrap_or_else(|panic| Err(std::io::Error::other(panic))).map_err(|source| RepositoryError::Disk {
        operation: "set the modes in",
        path: clone.display().to_string(),
        source,
    })
}

fn open_all(path: &Path) -> std::io::Result<()> {
    let about = path.symlink_metadata()?;
    if about.is_symlink() {
        return Ok(());
    }
    let owners = about.mode() & 0o500;
    fs::set_permissions(path, Permissions::from_mode(about.mode() & 0o777 | owners >> 3 | owners >> 6))?;
    if about.is_dir() {
        for entry in fs::read_dir(path)? {
            open_all(&entry?.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_strict_umask_shows_in_no_mode() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let outside = folder.path().join("outside");
        let clone = folder.path().join("clone");
        fs::create_dir_all(clone.join(".git")).expect("made");
        for (path, mode) in [(".git/HEAD", 0o600), ("plain", 0o600), ("script", 0o700), ("object", 0o400)] {
            fs::write(clone.join(path), "").expect("written");
            fs::set_permissions(clone.join(path), Permissions::from_mode(mode)).expect("set");
        }
        fs::write(&outside, "").expect("written");
        fs::set_permissions(&outside, Permissions::from_mode(0o600)).expect("set");
        std::os::unix::fs::symlink(&outside, clone.join("link")).expect("linked");
        fs::set_permissions(&clone, Permissions::from_mode(0o700)).expect("set");
        open(&clone).await.expect("opened");
        let mode = |path: &Path| path.metadata().expect("there").mode() & 0o777;
        for (path, expected) in
            [(".git/HEAD", 0o644), ("plain", 0o644), ("script", 0o755), ("object", 0o444), ("", 0o755)]
        {
            assert_eq!(mode(&clone.join(path)), expected, "{path}");
        }
        assert_eq!(mode(&outside), 0o600);
    }
}

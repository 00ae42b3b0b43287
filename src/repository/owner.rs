//! Whether a repository that belongs to another user is read.
//!
//! git refuses, as its settings could make git run something. Nothing of a repository runs by what is called here, and what a folder holds
//! is no more another user's than its `.git` is: so one whose `.git` has the folder's own owner is read. Anything else may have been put
//! around a person's folder by somebody else: there git decides.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::RepositoryError;
use super::git::Git;
use super::locate::Repository;

/// Refuses a repository that git refuses and whose owner is not the folder's.
pub(super) async fn check(repository: &Repository, folder: &Path) -> Result<(), RepositoryError> {
    let owner = |path: &Path| path.symlink_metadata().map(|about| about.uid());
    let dot_git = repository.top.as_ref().map_or_else(|| repository.git_dir.clone(), |top| top.join(".git"));
    let (Ok(git), Ok(files)) = (owner(&dot_git), owner(folder)) else { return Ok(()) };
    if git == files || git == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Git::users(folder).verb("rev-parse").arg("--git-dir").run().await.map(drop)
}

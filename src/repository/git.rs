//! The git command, as it is on this machine.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::RepositoryError;

/// Returns git in a folder, which asks nobody anything.
pub(super) fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .stdin(Stdio::null())
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .kill_on_drop(true);
    // A hook or an alias of git's own that calls us must not lead git into its repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command
}

/// Runs git and returns what it printed.
pub(super) async fn git(folder: &Path, words: &[&str]) -> Result<String, RepositoryError> {
    git_bytes(folder, words).await.map(|printed| String::from_utf8_lossy(&printed).into_owned())
}

/// Runs git and returns what it printed, as it is: file names need not be text.
pub(super) async fn git_bytes(folder: &Path, words: &[&str]) -> Result<Vec<u8>, RepositoryError> {
    let output = command(folder).args(words).output().await.map_err(RepositoryError::NoGit)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let operation = words.iter().find(|word| !word.starts_with('-') && !word.contains('=')).unwrap_or(&"");
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(RepositoryError::Git { operation: (*operation).to_owned(), message })
}

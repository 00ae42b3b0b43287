//! A folder inside a repository as a repository of its own, of one commit.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::git::Git;
use super::locate::Repository;
use super::{RepositoryError, Wanted, reference, working_tree};

const MESSAGE: &str = "As it is in the repository around it";

/// Makes a repository of what is committed of a folder. Its objects are taken over as they are, so that no attribute changes or drops a file.
pub(super) async fn committed(
    around: &Repository,
    prefix: &Path,
    wanted: &Wanted,
    clone: &Path,
) -> Result<(), RepositoryError> {
    let top = around.top.as_ref().unwrap_or(&around.git_dir).display().to_string();
    let asked = wanted.reference.as_deref().unwrap_or("HEAD");
    let Some(commit) = reference::commit(Git::reading(around), asked).await else {
        return Err(match wanted.reference {
            Some(_) => reference::missing(Git::reading(around), asked, &top).await,
            None => RepositoryError::NoCommit { path: top },
        });
    };
    let spec = [commit.as_bytes(), b":", prefix.as_os_str().as_bytes()].concat();
    let git = Git::reading(around).verb("rev-parse").args(["-q", "--verify"]);
    let Ok(tree) = git.arg(std::ffi::OsStr::from_bytes(&spec)).text().await else {
        return Err(RepositoryError::NotCommitted {
            path: prefix.display().to_string(),
            top,
            reference: asked.to_owned(),
        });
    };
    init(clone, tree.len()).await?;
    transfer(around, &tree, clone).await?;
    // The same folder of the same commit is the same commit, for whoever compares it with an earlier clone.
    let time = Git::reading(around).verb("show").args(["-s", "--format=%ct", &commit]).text().await?;
    let commit = Git::ours(clone).at(&time).verb("commit-tree").args(["-m", MESSAGE, &tree]).text().await?;
    Git::ours(clone).verb("reset").args(["-q", "--hard", &commit]).run().await.map(drop)
}

/// Makes a repository of a folder's files as they lie there.
pub(super) async fn uncommitted(
    around: &Repository,
    from: &Path,
    clone: &Path,
) -> Result<Vec<String>, RepositoryError> {
    let listed = working_tree::list(around, from).await?;
    init(clone, 40).await?;
    let notes = working_tree::take(from, clone, listed).await?;
    Git::ours(clone).verb("add").args(["-A", "-f"]).run().await?;
    let words = ["-q", "--allow-empty", "--no-verify", "--no-gpg-sign", "-m", MESSAGE];
    Git::ours(clone).verb("commit").args(words).run().await?;
    Ok(notes)
}

/// Makes an empty repository whose hashes are as long as those it is made for.
async fn init(clone: &Path, hash: usize) -> Result<(), RepositoryError> {
    let format = if hash > 40 { "--object-format=sha256" } else { "--object-format=sha1" };
    let words = ["-q", "--template=", "--initial-branch=main", format];
    Git::ours(Path::new("/")).verb("init").args(words).arg(clone).run().await.map(drop)
}

/// Sends a tree with everything in it from one repository to the other; nobody holds it whole.
async fn transfer(around: &Repository, tree: &str, clone: &Path) -> Result<(), RepositoryError> {
    let mut wish = tempfile::tempfile().map_err(disk)?;
    std::io::Write::write_all(&mut wish, tree.as_bytes()).map_err(disk)?;
    std::io::Seek::rewind(&mut wish).map_err(disk)?;
    let words = ["-q", "--revs", "--stdout", "--delta-base-offset"];
    let (mut sending, sends) = Git::reading(around).verb("pack-objects").args(words).stdin(wish).spawn()?;
    let Some(pack) = sending.stdout.take() else { return Err(disk(std::io::ErrorKind::BrokenPipe.into())) };
    let receiving = Git::ours(clone).verb("index-pack").arg("--stdin");
    let receiving = receiving.stdin(pack.into_owned_fd().map_err(disk)?).run();
    let (sent, received) = tokio::join!(sending.wait_with_output(), receiving);
    // What the sender says is the cause of what the receiver says.
    Git::judge(sends, sent.map_err(RepositoryError::NoGit)?)?;
    received.map(drop)
}

fn disk(source: std::io::Error) -> RepositoryError {
    RepositoryError::Disk { operation: "write", path: "a temporary file".to_owned(), source }
}

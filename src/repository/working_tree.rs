//! `--working-tree`: the files as they lie in a folder, committed or not, but for those that git ignores.

use std::ffi::OsStr;
use std::io::{Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::RepositoryError;
use super::copy::{Names, copy};
use super::git::Git;
use super::head::Head;
use super::locate::Repository;

/// How many names a note lists.
const NAMES: usize = 5;

/// What git knows of a folder's files.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Those to take.
    names: Vec<PathBuf>,
    /// Those that are not there as the checkout is sparse: nobody deleted them.
    sparse: Vec<PathBuf>,
    /// Folders that are repositories of their own, and no submodules.
    nested: Vec<PathBuf>,
}

/// Lists the files of a folder that git does not ignore. What is ignored is for the user's settings to say too.
pub(super) async fn list(repository: &Repository, folder: &Path) -> Result<Listed, RepositoryError> {
    let git = Git::users(folder).git_dir(repository);
    let git = match &repository.top {
        Some(top) => git.arg("--work-tree").arg(top),
        None => git,
    };
    let words = ["-z", "-t", "--cached", "--others", "--exclude-standard"];
    let printed = git.verb("ls-files").args(words).run().await?;
    let mut listed = Listed::default();
    for entry in printed.split(|byte| *byte == 0) {
        // A letter for what git knows of it, a space, the name.
        let (Some(tag), Some(name)) = (entry.first(), entry.get(2..)) else { continue };
        let path = PathBuf::from(OsStr::from_bytes(name));
        if name.ends_with(b"/") {
            listed.nested.push(path);
        } else if *tag == b'S' && folder.join(&path).symlink_metadata().is_err() {
            listed.sparse.push(path);
        } else {
            listed.names.push(path);
        }
    }
    // One in conflict is listed once for each side.
    listed.names.dedup();
    Ok(listed)
}

/// Puts the files into a clone that has none, and makes its index that of the commit, so that git shows there what is uncommitted here.
pub(super) async fn fill(from: &Path, clone: &Path, mut listed: Listed) -> Result<Vec<String>, RepositoryError> {
    let sparse = std::mem::take(&mut listed.sparse);
    let notes = take(from, clone, listed).await?;
    if Head::of(clone).await.commit.is_none() {
        return Ok(notes);
    }
    Git::ours(clone).verb("read-tree").arg("HEAD").run().await?;
    if !sparse.is_empty() {
        let names = lines(&sparse).map_err(|source| RepositoryError::Disk {
            operation: "write",
            path: "a temporary file".to_owned(),
            source,
        })?;
        Git::ours(clone).verb("checkout-index").args(["-q", "-z", "--stdin"]).stdin(names).run().await?;
    }
    Ok(notes)
}

/// Copies the files that git does not ignore into an empty folder. Where git ignores the folder itself, all of them.
pub(super) async fn take(from: &Path, to: &Path, listed: Listed) -> Result<Vec<String>, RepositoryError> {
    let nested = note(&listed.nested, "repositories of their own in the working tree are left out");
    let names = if listed.names.is_empty() { Names::All } else { Names::These(listed.names) };
    Ok(nested.into_iter().chain(take_all(from, to, names).await?).collect())
}

/// Copies files into an empty folder; returns what a person should know of them.
pub(super) async fn take_all(from: &Path, to: &Path, names: Names) -> Result<Option<String>, RepositoryError> {
    let neither = copy(from, to, names).await?;
    Ok(note(&neither, "sockets, pipes and devices in the working tree are left out, as no commit could hold them"))
}

fn note(names: &[PathBuf], what: &str) -> Option<String> {
    let shown: Vec<_> = names.iter().take(NAMES).map(|name| name.display().to_string()).collect();
    let more = names.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("{what}: {}{more}", shown.join(", ")))
}

/// Returns a file of names, each ended by a zero, to be read from its start.
fn lines(names: &[PathBuf]) -> std::io::Result<std::fs::File> {
    let mut file = tempfile::tempfile()?;
    for name in names {
        file.write_all(name.as_os_str().as_bytes())?;
        file.write_all(&[0])?;
    }
    file.rewind()?;
    Ok(file)
}

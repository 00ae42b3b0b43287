//! From one commit to a later one, for files that are elsewhere already: what of a clone they lack, and what they have too much.

use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::git::Git;
use super::{Checkout, Kind, RepositoryError, Source, reference};

/// How a commit stands to the one that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The clone does not have it.
    Unknown,
    /// It is in its history; these came after it, the newest first: hash and subject.
    Before(Vec<String>),
    /// It is not in its history.
    Beside,
}

/// What is to be done to files of an earlier commit, beside putting those there that are left in the clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advance {
    /// What goes, as paths in the repository.
    pub removed: Vec<PathBuf>,
    /// What comes, or is another by now.
    pub changed: Vec<PathBuf>,
}

/// How many commits are counted and named at most.
const MOST_COMMITS: &str = "1000";

/// What of git's own folder tells of commits. The rest is whoever works there's: settings, hooks, submodules.
const OF_COMMITS: [&str; 6] = ["objects", "refs", "packed-refs", "HEAD", "index", "shallow"];

impl Checkout {
    /// Returns how a commit stands to the one that is checked out.
    pub async fn standing(&self, commit: &str) -> Standing {
        standing(|| Git::ours(self.path()), commit, "HEAD").await
    }

    /// Returns the files that git tracks, as paths in the clone.
    pub async fn tracked(&self) -> Result<Vec<PathBuf>, RepositoryError> {
        let printed = Git::ours(self.path()).verb("ls-files").args(["-z"]).run().await?;
        let names = printed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| PathBuf::from(std::ffi::OsStr::from_bytes(name))).collect())
    }

    /// Takes over what an index of an earlier commit has staged, as git does when it goes from one commit to another; nothing of it where the newer
    /// commits changed the same.
    pub async fn take_index(&self, commit: &str, index: &[u8]) -> Result<(), RepositoryError> {
        let folder = self.path().join(".git");
        let (theirs, ours) = (folder.join("localspace-index"), folder.join("index"));
        let failed = |source| RepositoryError::Disk { operation: "write", path: theirs.display().to_string(), source };
        tokio::fs::write(&theirs, index).await.map_err(failed)?;
        let merged =
            Git::ours(self.path()).index(&theirs).verb("read-tree").args(["-i", "-m", commit, "HEAD"]).run().await;
        if merged.is_ok() {
            tokio::fs::rename(&theirs, &ours).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Leaves of the clone what files of an earlier commit lack: the files that have changed, and git's knowledge of the commits. Nothing is left
    /// where it is the same commit.
    pub async fn reduce(&mut self, commit: &str) -> Result<Advance, RepositoryError> {
        let advance = if self.commit.as_deref() == Some(commit) { None } else { Some(self.differences(commit).await?) };
        let (folder, kept) = (self.path().to_owned(), advance.clone());
        let reduced = tokio::task::spawn_blocking(move || {
            let kept = kept.map(|advance| advance.changed.into_iter().collect::<HashSet<_>>());
            reduce(&folder, Path::new(""), kept.as_ref())
        });
        let failed = |source| {
            let path = self.path().display().to_string();
            RepositoryError::Disk { operation: "reduce", path, source }
        };
        reduced.await.map_err(std::io::Error::other).and_then(|reduced| reduced).map_err(failed)?;
        Ok(advance.unwrap_or_default())
    }

    async fn differences(&self, commit: &str) -> Result<Advance, RepositoryError> {
        let words = ["-r", "-z", "--no-renames", "--name-status", commit, "HEAD"];
        let printed = Git::ours(self.path()).verb("diff-tree").args(words).run().await?;
        let mut parts = printed.split(|byte| *byte == 0);
        let mut advance = Advance::default();
        while let (Some(status), Some(path)) = (parts.next().filter(|status| !status.is_empty()), parts.next()) {
            let path = PathBuf::from(std::ffi::OsStr::from_bytes(path));
            if status == b"D" { &mut advance.removed } else { &mut advance.changed }.push(path);
        }
        Ok(advance)
    }
}

impl Source {
    /// Returns how a commit stands to the newest one of a branch, or of what is checked out. Nothing where the repository is not on this machine, or has
    /// no such branch.
    pub async fn standing(&self, branch: Option<&str>, commit: &str) -> Option<Standing> {
        let Kind::Local(repository) = &self.kind else { return None };
        let names = match branch {
            Some(name) => {
                reference::check(name).ok()?;
                let name = reference::as_branch(name);
                vec![format!("refs/heads/{name}"), format!("refs/remotes/origin/{name}"), name.to_owned()]
            }
            None => vec!["HEAD".to_owned()],
        };
        for name in names {
            if let Some(head) = reference::commit(Git::reading(repository), &name).await {
                return Some(standing(|| Git::reading(repository), commit, &head).await);
            }
        }
        None
    }
}

/// Returns how a commit stands to another one.
async fn standing(git: impl Fn() -> Git, commit: &str, head: &str) -> Standing {
    let is_hash = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash || git().verb("cat-file").args(["-e", &format!("{commit}^{{commit}}")]).run().await.is_err() {
        return Standing::Unknown;
    }
    if git().verb("merge-base").args(["--is-ancestor", commit, head]).run().await.is_err() {
        return Standing::Beside;
    }
    let words = ["--format=%h %s", "-n", MOST_COMMITS, &format!("{commit}..{head}")];
    let listed = git().verb("log").args(words).text().await.unwrap_or_default();
    Standing::Before(listed.lines().map(str::to_owned).collect())
}

/// Removes everything in a folder but the files that are kept, and what is left empty.
fn reduce(top: &Path, inside: &Path, kept: Option<&HashSet<PathBuf>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(top.join(inside))? {
        let entry = entry?;
        let name = inside.join(entry.file_name());
        let is_folder = entry.file_type()?.is_dir();
        if is_folder && name == Path::new(".git") {
            match kept {
                Some(_) => reduce_git(&entry.path())?,
                None => std::fs::remove_dir_all(entry.path())?,
            }
        } else if kept.is_some_and(|kept| kept.contains(&name)) {
        } else if is_folder {
            reduce(top, &name, kept)?;
            // One that still has something stays.
            let _has_something = std::fs::remove_dir(entry.path());
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn reduce_git(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if OF_COMMITS.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

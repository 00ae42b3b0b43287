//! The repository that a codespace is made of: where it is, which commit, and a clone of it on this machine.
//!
//! As on GitHub, what counts is what is committed (codespaces-facts.md section 1.1: a clone is made before any container exists);
//! `--working-tree` takes the files as they lie there instead. The only module that runs git.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

use crate::codespace::RepositoryName;

/// What the user asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// A folder, or anything that `git clone` takes.
    pub source: String,
    /// A branch, tag or commit; what is checked out where absent.
    pub reference: Option<String>,
    /// Committed files, or the files as they lie there.
    pub content: Content,
    /// `OWNER/NAME`, where it is not to be read from the remote.
    pub name: Option<RepositoryName>,
    /// Who owns a repository that has no remote.
    pub owner: String,
}

/// Which files of a repository are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What is committed.
    Committed,
    /// What lies in the folder, committed or not.
    WorkingTree,
}

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// An absolute path or a URL.
    pub location: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Something for `git clone`.
    Remote,
    /// The top folder of a repository.
    Local,
    /// A folder inside a repository, rehearsed as a repository of its own: its path there.
    Inside { top: PathBuf, prefix: String },
    /// A folder that git does not know.
    Plain,
}

/// A clone on this machine, which goes when it is dropped.
#[derive(Debug)]
pub struct Checkout {
    folder: TempDir,
    /// `OWNER/NAME`.
    pub name: RepositoryName,
    /// The branch, where the commit is the head of one.
    pub reference: Option<String>,
    /// The commit's full hash; absent where the folder is no repository.
    pub commit: Option<String>,
    /// Things a person should know.
    pub notes: Vec<String>,
}

impl Checkout {
    /// Returns the clone's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Why there is no clone.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// There is nothing at the path.
    #[error("{path} is no folder, and nothing that git can clone")]
    Missing {
        /// The path.
        path: String,
    },
    /// The folder is in no git repository.
    #[error("{path} is no git repository")]
    NotGit {
        /// The folder.
        path: String,
    },
    /// The repository has no commit yet.
    #[error("{path} has no commit yet")]
    NoCommit {
        /// The folder.
        path: String,
    },
    /// git did not do it.
    #[error("git {operation} failed: {message}")]
    Git {
        /// The subcommand.
        operation: String,
        /// What git said.
        message: String,
    },
    /// git cannot be run.
    #[error("git cannot be run")]
    NoGit(#[source] std::io::Error),
    /// This machine's disk.
    #[error("cannot {operation} {path}")]
    Disk {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl RepositoryError {
    /// Returns what to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some("give the folder of a repository, or its URL".to_owned()),
            Self::NotGit { .. } => Some(
                "a codespace is made from a repository: `git init` and commit, or take the files as they are with --working-tree"
                    .to_owned(),
            ),
            Self::NoCommit { .. } => {
                Some("commit first, as a codespace holds what is committed; or take the files as they are with --working-tree".to_owned())
            }
            Self::NoGit(_) => Some("install git".to_owned()),
            Self::Git { .. } | Self::Disk { .. } => None,
        }
    }
}

/// Finds out where a repository is, without cloning it: what tells whether there is a codespace of it already.
pub async fn locate(source: &str) -> Result<Source, RepositoryError> {
    let path = Path::new(source);
    if !path.exists() {
        let is_url = source.contains("://") || source.split_once(':').is_some_and(|(host, _)| host.contains('@'));
        return if is_url {
            Ok(Source { location: source.to_owned(), kind: Kind::Remote })
        } else {
            Err(RepositoryError::Missing { path: source.to_owned() })
        };
    }
    let folder = path.canonicalize().map_err(|source| RepositoryError::Disk {
        operation: "open",
        path: path.display().to_string(),
        source,
    })?;
    if !folder.is_dir() {
        return Err(RepositoryError::Missing { path: source.to_owned() });
    }
    let location = folder.display().to_string();
    let asked = git(&folder, &["rev-parse", "--show-toplevel", "--show-prefix"]).await;
    let kind = match asked {
        Err(RepositoryError::Git { .. }) => Kind::Plain,
        Err(error) => return Err(error),
        Ok(answer) => {
            let mut lines = answer.lines();
            let top = PathBuf::from(lines.next().unwrap_or_default());
            match lines.next().unwrap_or_default().trim_end_matches('/') {
                "" => Kind::Local,
                prefix => Kind::Inside { top, prefix: prefix.to_owned() },
            }
        }
    };
    Ok(Source { location, kind })
}

/// Clones a repository into a folder of its own.
pub async fn check_out(source: &Source, wanted: &Wanted) -> Result<Checkout, RepositoryError> {
    let folder = tempfile::Builder::new().prefix("localspace-").tempdir().map_err(|source| RepositoryError::Disk {
        operation: "make",
        path: "a temporary folder".to_owned(),
        source,
    })?;
    let mut notes = Vec::new();
    let path = Path::new(&source.location);
    match (&source.kind, wanted.content) {
        (Kind::Plain, Content::Committed) => {
            return Err(RepositoryError::NotGit { path: source.location.clone() });
        }
        (Kind::Plain, Content::WorkingTree) => copy_tree(path, folder.path()).await?,
        (Kind::Remote, _) => clone(&source.location, &[], folder.path()).await?,
        (Kind::Local, content) => {
            clone_local(source, folder.path(), wanted.reference.as_deref()).await?;
            if content == Content::WorkingTree {
                copy_tree(path, folder.path()).await?;
            }
        }
        (Kind::Inside { top, prefix }, content) => {
            notes
                .push(format!("{prefix} is a folder of {}: it is rehearsed as a repository of its own", top.display()));
            match content {
                Content::Committed => export(top, prefix, wanted.reference.as_deref(), folder.path()).await?,
                Content::WorkingTree => copy_tree(path, folder.path()).await?,
            }
            commit_all(folder.path()).await?;
        }
    }
    if let (Kind::Remote, Some(reference)) = (&source.kind, &wanted.reference) {
        git(folder.path(), &["checkout", "-q", reference, "--"]).await?;
    }
    describe(source, wanted, folder, notes).await
}

/// Clones a local repository: its own remote becomes the clone's, as it would be on GitHub.
async fn clone_local(source: &Source, folder: &Path, reference: Option<&str>) -> Result<(), RepositoryError> {
    let path = Path::new(&source.location);
    if git(path, &["rev-parse", "-q", "--verify", "HEAD"]).await.is_err() {
        return Err(RepositoryError::NoCommit { path: source.location.clone() });
    }
    clone(&source.location, &["--local", "--no-tags"], folder).await?;
    if let Some(reference) = reference {
        git(folder, &["checkout", "-q", reference, "--"]).await?;
    }
    if let Ok(url) = git(path, &["config", "--get", "remote.origin.url"]).await {
        git(folder, &["remote", "set-url", "origin", url.trim()]).await?;
    }
    Ok(())
}

async fn clone(url: &str, options: &[&str], folder: &Path) -> Result<(), RepositoryError> {
    let target = folder.display().to_string();
    let mut words = vec!["clone", "-q"];
    words.extend_from_slice(options);
    words.extend_from_slice(&["--", url, &target]);
    git(Path::new("."), &words).await.map(drop)
}

/// Unpacks what is committed under `prefix`.
async fn export(top: &Path, prefix: &str, reference: Option<&str>, folder: &Path) -> Result<(), RepositoryError> {
    let tree = format!("{}:{prefix}", reference.unwrap_or("HEAD"));
    let mut child = command(top)
        .args(["archive", "--format=tar", &tree])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(RepositoryError::NoGit)?;
    let mut tar = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        let read = tokio::io::AsyncReadExt::read_to_end(&mut stdout, &mut tar).await;
        read.map_err(|source| RepositoryError::Disk { operation: "read", path: tree.clone(), source })?;
    }
    let output = child.wait_with_output().await.map_err(RepositoryError::NoGit)?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(RepositoryError::Git { operation: "archive".to_owned(), message });
    }
    tar::Archive::new(tar.as_slice()).unpack(folder).map_err(|source| RepositoryError::Disk {
        operation: "unpack",
        path: folder.display().to_string(),
        source,
    })
}

/// Makes a repository of one commit out of a folder.
async fn commit_all(folder: &Path) -> Result<(), RepositoryError> {
    git(folder, &["init", "-q", "-b", "main"]).await?;
    git(folder, &["add", "-A", "-f"]).await?;
    let author = ["-c", "user.name=localspace", "-c", "user.email=localspace@localhost", "-c", "commit.gpgSign=false"];
    let mut words = author.to_vec();
    words.extend_from_slice(&["commit", "-q", "--allow-empty", "-m", "As committed in the repository around it"]);
    git(folder, &words).await.map(drop)
}

/// Copies the files that git does not ignore, or every file where git does not know the folder, over those in `to`.
async fn copy_tree(from: &Path, to: &Path) -> Result<(), RepositoryError> {
    let listed = git(from, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).await;
    let (from, to) = (from.to_owned(), to.to_owned());
    let copied = tokio::task::spawn_blocking(move || match listed {
        Ok(names) => {
            names.split('\0').filter(|name| !name.is_empty()).try_for_each(|name| copy_one(&from, &to, Path::new(name)))
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

async fn describe(
    source: &Source,
    wanted: &Wanted,
    folder: TempDir,
    notes: Vec<String>,
) -> Result<Checkout, RepositoryError> {
    let in_git = folder.path().join(".git").exists();
    let (commit, reference) = if in_git {
        let commit = git(folder.path(), &["rev-parse", "HEAD"]).await?.trim().to_owned();
        let branch = git(folder.path(), &["symbolic-ref", "-q", "--short", "HEAD"]).await.ok();
        (Some(commit), branch.map(|branch| branch.trim().to_owned()).or_else(|| wanted.reference.clone()))
    } else {
        (None, None)
    };
    let name = if let Some(name) = &wanted.name {
        name.clone()
    } else {
        let remote = match source.kind {
            Kind::Local | Kind::Remote => git(folder.path(), &["config", "--get", "remote.origin.url"]).await.ok(),
            Kind::Inside { .. } | Kind::Plain => None,
        };
        name_of(remote.as_deref().map(str::trim), &source.location, &wanted.owner)
    };
    Ok(Checkout { folder, name, reference, commit, notes })
}

/// Returns `OWNER/NAME` from a remote's URL; where that tells none, from the folder's name and `owner`.
fn name_of(remote: Option<&str>, location: &str, owner: &str) -> RepositoryName {
    let tail = |text: &str| {
        let text = text.trim_end_matches('/').trim_end_matches(".git");
        let mut parts = text.rsplit(['/', ':']);
        let (name, owner) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        format!("{owner}/{name}").parse().ok()
    };
    let from_remote = remote.filter(|remote| remote.contains("://") || remote.contains('@')).and_then(tail);
    let clean = |text: &str| -> String {
        let keep = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        text.chars().map(|character| if keep(character) { character } else { '-' }).collect()
    };
    let folder = location.trim_end_matches('/').rsplit('/').next().unwrap_or_default().trim_end_matches(".git");
    from_remote
        .or_else(|| format!("{}/{}", clean(owner), clean(folder)).parse().ok())
        .or_else(|| "local/repository".parse().ok())
        .unwrap_or_else(|| unreachable!("a constant that parses"))
}

fn command(folder: &Path) -> Command {
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

async fn git(folder: &Path, words: &[&str]) -> Result<String, RepositoryError> {
    let output = command(folder).args(words).output().await.map_err(RepositoryError::NoGit)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let operation = words.iter().find(|word| !word.starts_with('-') && !word.contains('=')).unwrap_or(&"");
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(RepositoryError::Git { operation: (*operation).to_owned(), message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_remotes_or_the_folders() {
        for (remote, location, expected) in [
            (Some("https://github.com/acme/app.git"), "/x", "acme/app"),
            (Some("git@github.com:acme/app.git"), "/x", "acme/app"),
            (Some("ssh://git@github.com/acme/app/"), "/x", "acme/app"),
            (Some("/somewhere/else"), "/home/me/app", "mona/app"),
            (None, "/home/me/my app", "mona/my-app"),
            (None, "/", "local/repository"),
        ] {
            assert_eq!(name_of(remote, location, "mona").to_string(), expected, "{remote:?} {location}");
        }
    }
}

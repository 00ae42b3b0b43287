//! A clone of a repository on this machine.

use std::path::Path;
use std::process::Stdio;

use super::copy::copy_tree;
use super::git::{command, git};
use super::name::name_of;
use super::{Checkout, Content, Kind, RepositoryError, Source, Wanted};

/// Clones a repository into a folder of its own.
pub async fn check_out(source: &Source, wanted: &Wanted) -> Result<Checkout, RepositoryError> {
    let folder = tempfile::Builder::new().prefix("localspace-").tempdir().map_err(|source| RepositoryError::Disk {
        operation: "make",
        path: "a temporary folder".to_owned(),
        source,
    })?;
    let (path, reference) = (Path::new(&source.location), wanted.reference.as_deref());
    let mut notes = Vec::new();
    let remote = match (&source.kind, wanted.content) {
        (Kind::Plain, Content::Committed) => return Err(RepositoryError::NotGit { path: source.location.clone() }),
        (Kind::Plain, Content::WorkingTree) => {
            copy_tree(path, folder.path()).await?;
            None
        }
        (Kind::Remote, _) => {
            clone(&source.location, folder.path(), reference).await?;
            Some(source.location.clone())
        }
        (Kind::Local, content) => {
            let remote = clone_local(path, folder.path(), reference).await?;
            if content == Content::WorkingTree {
                copy_tree(path, folder.path()).await?;
            }
            remote
        }
        (Kind::Inside { top, prefix }, content) => {
            let top_folder = top.display();
            notes.push(format!("{prefix} is a folder of {top_folder}: it is rehearsed as a repository of its own"));
            match content {
                Content::Committed => export(top, prefix, reference, folder.path()).await?,
                Content::WorkingTree => copy_tree(path, folder.path()).await?,
            }
            commit_all(folder.path()).await?;
            None
        }
    };
    let head = if source.kind == Kind::Plain { Head::default() } else { head(source, folder.path()).await? };
    let name = wanted.name.clone().unwrap_or_else(|| name_of(remote.as_deref(), &source.location, &wanted.owner));
    let reference = head.branch.or_else(|| wanted.reference.clone());
    Ok(Checkout { folder, name, reference, commit: head.commit, notes })
}

/// Clones a local repository: its own remote becomes the clone's, as it would be on GitHub. Returns the remote's URL.
async fn clone_local(source: &Path, folder: &Path, reference: Option<&str>) -> Result<Option<String>, RepositoryError> {
    let location = source.display().to_string();
    let asking = git(source, &["config", "--get", "remote.origin.url"]);
    let (cloned, remote) = tokio::join!(clone(&location, folder, reference), asking);
    cloned?;
    let Some(url) = remote.ok().map(|url| url.trim().to_owned()).filter(|url| !url.is_empty()) else { return Ok(None) };
    git(folder, &["config", "remote.origin.url", &url]).await?;
    Ok(Some(url))
}

async fn clone(url: &str, folder: &Path, reference: Option<&str>) -> Result<(), RepositoryError> {
    let target = folder.display().to_string();
    git(Path::new("."), &["clone", "-q", "--", url, &target]).await?;
    if let Some(reference) = reference {
        git(folder, &["checkout", "-q", reference, "--"]).await?;
    }
    Ok(())
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

/// What is checked out.
#[derive(Debug, Default)]
struct Head {
    commit: Option<String>,
    branch: Option<String>,
}

async fn head(source: &Source, folder: &Path) -> Result<Head, RepositoryError> {
    // Two lines: the commit, and the branch, or `HEAD` where it is on none.
    let told = git(folder, &["rev-parse", "HEAD", "--abbrev-ref", "HEAD"]).await;
    let told = told.map_err(|_| RepositoryError::NoCommit { path: source.location.clone() })?;
    let mut lines = told.lines().map(str::to_owned);
    Ok(Head { commit: lines.next(), branch: lines.next().filter(|branch| branch != "HEAD") })
}

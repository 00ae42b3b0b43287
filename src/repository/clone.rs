//! A clone by git: of a repository on this machine, or elsewhere.

use std::path::Path;

use super::address::{Login, split};
use super::folder::Folder;
use super::git::Git;
use super::head::Head;
use super::locate::Repository;
use super::reference;
use super::{Content, RepositoryError, Source, Wanted, working_tree};

/// What a clone came to, but its files.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Where the repository is fetched from and pushed to; no login is in it.
    pub(super) remote: Option<String>,
    /// Things a person should know.
    pub(super) notes: Vec<String>,
}

/// Clones a repository on this machine: its own remote becomes the clone's, as it would be on GitHub.
pub(super) async fn local(
    repository: &Repository,
    location: &str,
    wanted: &Wanted,
    folder: &Folder,
) -> Result<Made, RepositoryError> {
    let (clone, settings) = (folder.path(), folder.settings(&repository.git_dir)?);
    let asked = wanted.reference.as_deref().filter(|asked| !["HEAD", "@"].contains(asked));
    let whole = wanted.content == Content::Committed && asked.is_none();
    let from = repository.top.as_ref().unwrap_or(&repository.git_dir);
    let asking = Git::reading(repository).verb("config").args(["--get", "remote.origin.url"]).text();
    let listing = async {
        match (wanted.content, &repository.top) {
            (Content::WorkingTree, Some(top)) => working_tree::list(repository, top).await.map(Some),
            (Content::WorkingTree | Content::Committed, _) => Ok(None),
        }
    };
    let (cloned, remote, listed) = tokio::join!(clone_local(from, clone, &settings, whole), asking, listing);
    cloned?;
    let mut notes = Vec::new();
    if let Some(asked) = asked {
        let target = reference::find_local(asked, repository, clone, &settings).await?;
        let Some(target) = target else {
            return Err(reference::missing(Git::reading(repository), asked, location).await);
        };
        reference::check_out(clone, &target).await?;
    }
    if let Some(listed) = listed? {
        notes.extend(working_tree::fill(from, clone, listed).await?);
    }
    let Some(url) = remote.ok().filter(|url| !url.is_empty()) else { return Ok(Made { remote: None, notes }) };
    let (remote, _) = split(&url);
    Git::ours(clone).verb("config").args(["remote.origin.url", &remote]).run().await?;
    if remote != url {
        notes.push("the login in the URL of the repository's remote is left out of the codespace".to_owned());
    }
    Ok(Made { remote: Some(remote), notes })
}

async fn clone_local(from: &Path, to: &Path, settings: &Path, whole: bool) -> Result<(), RepositoryError> {
    // Objects that the repository borrows from another folder of this machine are not there in a container.
    let git = |more: &[&str]| {
        let git = Git::ours(Path::new("/")).settings(settings).verb("clone");
        let git = git.args(["-q", "--template=", "--dissociate"]).args(more);
        if whole { git } else { git.arg("--no-checkout") }.arg("--").arg(from).arg(to).run()
    };
    match git(&[]).await {
        // Objects behind symbolic links are sent, not copied.
        Err(RepositoryError::Git { message, .. }) if message.contains("--local") => {
            git(&["--no-local"]).await.map(drop)
        }
        cloned => cloned.map(drop),
    }
}

/// Clones a repository from elsewhere: with the user's settings over the network, with ours onto the disk.
pub(super) async fn remote(
    source: &Source,
    login: Option<&Login>,
    asked: Option<&str>,
    folder: &Folder,
) -> Result<Made, RepositoryError> {
    let (url, clone) = (source.location.as_str(), folder.path());
    let users = |at: &Path| match login {
        Some(login) => Git::users(at).login(login),
        None => Git::users(at),
    };
    let words = ["-q", "--template=", "--origin=origin", "--no-checkout", "--", url];
    users(Path::new("/")).verb("clone").args(words).arg(clone).run().await?;
    match asked.filter(|asked| !["HEAD", "@"].contains(asked)) {
        // Before the first commit there is nothing to check out.
        None if Head::of(clone).await.commit.is_none() => {}
        None => drop(Git::ours(clone).verb("reset").args(["-q", "--hard"]).run().await?),
        Some(asked) => {
            let target = reference::find_remote(asked, clone, users(clone)).await;
            let Some(target) = target else {
                return Err(reference::missing(Git::ours(clone), asked, url).await);
            };
            reference::check_out(clone, &target).await?;
        }
    }
    Ok(Made { remote: Some(url.to_owned()), notes: Vec::new() })
}

//! What is known of a repository on this machine that is not cloned: its files are taken where they lie.

use std::path::{Path, PathBuf};

use super::git::Git;
use super::locate::Repository;
use super::name::{name_of, on_github};
use super::{Kind, RepositoryError, Source, Wanted};
use crate::codespace::RepositoryName;

/// A working tree as it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingTree {
    /// `OWNER/NAME`.
    pub name: RepositoryName,
    /// The top folder of the repository, or the folder itself where git knows none.
    pub top: PathBuf,
    /// The branch, where one is checked out.
    pub reference: Option<String>,
    /// The commit's full hash.
    pub commit: Option<String>,
}

/// Looks at a working tree; what has none, as a URL, is an error.
pub async fn look(source: &Source, wanted: &Wanted) -> Result<WorkingTree, RepositoryError> {
    let none = || RepositoryError::NoWorkingTree { location: source.location.clone() };
    let (repository, top) = match &source.kind {
        Kind::Remote { .. } => return Err(none()),
        Kind::Local(repository) | Kind::Inside { around: repository, .. } => {
            (Some(repository), repository.top.clone().ok_or_else(none)?)
        }
        Kind::Plain(folder) => (None, folder.clone()),
    };
    let asked = |words: &'static [&'static str]| async move { answer(repository?, words).await };
    let (remote, reference, commit) = tokio::join!(
        asked(&["config", "--get", "remote.origin.url"]),
        asked(&["symbolic-ref", "-q", "--short", "HEAD"]),
        asked(&["rev-parse", "-q", "--verify", "HEAD"]),
    );
    let location = top.display().to_string();
    let name = wanted.name.clone().unwrap_or_else(|| name_of(remote.as_deref(), &location, &wanted.owner));
    Ok(WorkingTree { name, top, reference, commit })
}

/// Returns who owns a repository on GitHub; nothing where its remote is elsewhere, or it has none.
pub async fn owner_on_github(source: &Source) -> Option<String> {
    let remote = match &source.kind {
        Kind::Remote { .. } => source.location.clone(),
        Kind::Local(repository) | Kind::Inside { around: repository, .. } => {
            answer(repository, &["config", "--get", "remote.origin.url"]).await?
        }
        Kind::Plain(_) => return None,
    };
    on_github(&remote).map(|name| name.owner().to_owned())
}

impl Source {
    /// Returns the branch that is checked out in a repository on this machine.
    pub async fn branch(&self) -> Option<String> {
        let Kind::Local(repository) = &self.kind else { return None };
        answer(repository, &["symbolic-ref", "-q", "--short", "HEAD"]).await
    }
}

/// Returns what git says; nothing where it has nothing to say, or says it of nobody but the owner.
async fn answer(repository: &Repository, words: &'static [&'static str]) -> Option<String> {
    let (verb, words) = words.split_first()?;
    let text = Git::reading(repository).verb(verb).args(words).text().await.ok()?;
    (!text.is_empty()).then_some(text)
}

/// Returns the top folder of the repository that a folder is in, links as they are: the folder itself where there is none.
pub fn top_of(folder: &Path) -> &Path {
    folder.ancestors().find(|top| top.join(".git").exists()).unwrap_or(folder)
}

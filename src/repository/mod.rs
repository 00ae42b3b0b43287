//! The repository that a codespace is made of: where it is, which commit, and a clone of it on this machine.
//!
//! As on GitHub, what counts is what is committed (codespaces-facts.md section 1.1: a clone is made before any container exists);
//! `--working-tree` takes the files as they lie there instead. The only module that runs git.
//!
//! Nothing of the user's git takes part in how files are made: no hook, filter, attribute or setting of this machine or of the repository,
//! as none of them is there when GitHub clones. The user's settings are followed only where they alone know the way: to a server, and to
//! what is ignored.

mod address;
mod advance;
mod changes;
mod check_out;
mod clone;
mod copy;
mod error;
mod folder;
mod git;
mod head;
mod left_out;
mod locate;
mod look;
mod modes;
mod name;
mod owner;
mod push;
mod reference;
mod subfolder;
#[cfg(test)]
mod tests;
mod working_tree;

use std::path::{Path, PathBuf};

use address::Login;
pub use advance::{Advance, Standing};
pub use changes::Changes;
pub use check_out::check_out;
pub use error::RepositoryError;
use folder::Folder;
pub use folder::sweep;
pub use locate::{locate, named_git_dir, opened};
pub use look::{WorkingTree, look, owner_on_github, top_of};

use crate::codespace::RepositoryName;

/// What the user asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
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
    /// An absolute path or a URL; no login is in it.
    pub location: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Something for `git clone`, and the login that its URL had.
    Remote { login: Option<Login> },
    /// A repository on this machine.
    Local(locate::Repository),
    /// A folder inside a repository, rehearsed as a repository of its own: its path there.
    Inside { around: locate::Repository, prefix: PathBuf },
    /// A folder that git does not know.
    Plain(PathBuf),
}

impl Source {
    /// Tells whether a commit of a clone is a commit of the repository too: not so where a folder is rehearsed as one of its own.
    pub fn has_commits(&self) -> bool {
        matches!(self.kind, Kind::Remote { .. } | Kind::Local(_))
    }

    /// Tells whether its files lie in a folder of this machine, and need no clone to be looked at.
    pub fn has_files(&self) -> bool {
        match &self.kind {
            Kind::Remote { .. } => false,
            Kind::Local(repository) => repository.top.is_some(),
            Kind::Inside { .. } | Kind::Plain(_) => true,
        }
    }

    /// Returns the top folder of the repository that the folder is inside of.
    pub fn top_around(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Inside { around, .. } => around.top.as_deref(),
            Kind::Remote { .. } | Kind::Local(_) | Kind::Plain(_) => None,
        }
    }
}

/// A repository's files on this machine, mostly a clone. Dropping it removes its files: what is to be known of it beyond that is to be taken out first.
#[derive(Debug)]
pub struct Checkout {
    folder: Folder,
    /// `OWNER/NAME`.
    pub name: RepositoryName,
    /// The branch, where the commit is the head of one; else what was asked for.
    pub reference: Option<String>,
    /// The commit's full hash; absent where the folder is no repository, and before the first commit.
    pub commit: Option<String>,
    /// Things a person should know.
    pub notes: Vec<String>,
}

impl Checkout {
    /// Returns an empty folder in `under`, for files of a repository that are no clone of ours.
    pub fn empty(under: &Path, name: RepositoryName) -> Result<Self, RepositoryError> {
        let mut folder = Folder::make(under)?;
        std::fs::create_dir(folder.path()).map_err(|source| RepositoryError::Disk {
            operation: "make",
            path: folder.path().display().to_string(),
            source,
        })?;
        folder.rename(name.name())?;
        Ok(Self { folder, name, reference: None, commit: None, notes: Vec::new() })
    }

    /// Returns the clone's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes the clone's files, which may be many, where no task waits for it.
    pub async fn remove(self) {
        // A task that cannot be waited for ends by itself.
        let _removed = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

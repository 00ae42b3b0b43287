//! The repository that a codespace is made of: where it is, which commit, and a clone of it on this machine.
//!
//! As on GitHub, what counts is what is committed (codespaces-facts.md section 1.1: a clone is made before any container exists);
//! `--working-tree` takes the files as they lie there instead. The only module that runs git.

mod check_out;
mod copy;
mod error;
mod git;
mod name;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub use check_out::check_out;
pub use error::RepositoryError;
use git::git;

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

impl Source {
    /// Tells whether a commit of a clone is a commit of the repository too: not so where a folder is rehearsed as one of its own.
    pub fn has_commits(&self) -> bool {
        matches!(self.kind, Kind::Remote | Kind::Local)
    }
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

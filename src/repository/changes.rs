//! Which files differ between two commits.

use super::git::Git;
use super::head::Head;
use super::{Checkout, Kind, RepositoryError, Source, reference};

/// What lies between two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The full hash of the one.
    pub from: String,
    /// The files that are others in the other one, as paths in the repository.
    pub files: Vec<String>,
}

impl Checkout {
    /// Returns the branch that is checked out.
    pub async fn branch(&self) -> Option<String> {
        Head::of(self.path()).await.branch
    }

    /// Returns what lies between a commit of the repository, as anything that git takes for one, and the one that is checked out.
    pub async fn changes(&self, source: &Source, from: &str) -> Result<Changes, RepositoryError> {
        reference::check(from)?;
        // The repository itself may know names and commits that a clone of it lacks.
        let git = || match &source.kind {
            Kind::Local(repository) => Git::reading(repository),
            Kind::Remote { .. } | Kind::Inside { .. } | Kind::Plain(_) => Git::ours(self.path()),
        };
        for name in [from.to_owned(), format!("refs/remotes/origin/{from}")] {
            let Some(hash) = reference::commit(git(), &name).await else { continue };
            let to = self.commit.as_deref().unwrap_or("HEAD");
            let words = ["-r", "-z", "--no-renames", "--name-only", &hash, to];
            let printed = git().verb("diff-tree").args(words).run().await?;
            let names = printed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            let files = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
            return Ok(Changes { from: hash, files });
        }
        Err(reference::missing(git(), from, &source.location).await)
    }
}

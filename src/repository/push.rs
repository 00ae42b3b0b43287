//! A newer commit in a clone that stands for the repository itself: what `git push` brings there.

use std::collections::BTreeMap;
use std::path::Path;

use super::git::Git;
use super::{Checkout, Kind, RepositoryError, Source, reference};

impl Checkout {
    /// Makes a commit that changes files: what they hold, by path, and nothing for those that go. A path that leads out of the clone is an
    /// error.
    pub async fn push_files(
        &self,
        files: &BTreeMap<String, Option<String>>,
        message: &str,
    ) -> Result<(), RepositoryError> {
        for (path, content) in files {
            let file = self.path().join(path);
            let changed = self.inside(&file).and_then(|()| match content {
                Some(content) => std::fs::write(&file, content),
                None => std::fs::remove_file(&file),
            });
            changed.map_err(|source| RepositoryError::Disk {
                operation: "write",
                path: file.display().to_string(),
                source,
            })?;
        }
        let git = |verb| Git::ours(self.path()).verb(verb);
        git("add").args(["-A", "-f"]).run().await?;
        let words = ["-q", "--allow-empty", "--no-verify", "--no-gpg-sign", "-m", message];
        git("commit").args(words).run().await.map(drop)
    }

    /// Has the branch lead to a commit that the repository has.
    pub async fn push_reference(&self, source: &Source, asked: &str) -> Result<(), RepositoryError> {
        let Kind::Local(repository) = &source.kind else {
            // A folder that is rehearsed as a repository of its own has one commit.
            return Err(RepositoryError::NoCommit { path: source.location.clone() });
        };
        reference::check(asked)?;
        let Some(commit) = reference::commit(Git::reading(repository), asked).await else {
            return Err(reference::missing(Git::reading(repository), asked, &source.location).await);
        };
        let git = |verb| Git::ours(self.path()).verb(verb);
        git("fetch").args(["-q", "--no-tags"]).arg(&repository.git_dir).arg(&commit).run().await?;
        git("reset").args(["-q", "--hard", &commit]).run().await.map(drop)
    }

    /// Makes the folders of a file, none of which may be a link out of the clone.
    fn inside(&self, file: &Path) -> std::io::Result<()> {
        let folder = file.parent().unwrap_or(file);
        std::fs::create_dir_all(folder)?;
        let (folder, top) = (folder.canonicalize()?, self.path().canonicalize()?);
        let is_link = file.symlink_metadata().is_ok_and(|about| about.is_symlink());
        if is_link || !folder.starts_with(&top) || folder.starts_with(top.join(".git")) {
            return Err(std::io::Error::other("it leads out of the repository"));
        }
        Ok(())
    }
}

//! Why there is no clone of a repository, and what to do about it.

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

//! Why there is no clone of a repository, and what to do about it.

/// Why there is no clone. No login of a URL is in any text.
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
    /// The folder is not in the commit.
    #[error("{path} is not in the commit {reference} of {top}")]
    NotCommitted {
        /// The folder's path in the repository.
        path: String,
        /// The repository's top folder.
        top: String,
        /// The commit, as it was asked for.
        reference: String,
    },
    /// A text that can name no commit.
    #[error("`{reference}` is no branch, tag or commit")]
    BadReference {
        /// The text.
        reference: String,
    },
    /// There is no such commit.
    #[error("{location} has no branch, tag or commit `{reference}`")]
    NoReference {
        /// What was asked for.
        reference: String,
        /// Of which repository.
        location: String,
        /// Some of the branches and tags that it has, the likeliest first.
        names: Vec<String>,
    },
    /// A URL and a bare repository hold commits alone.
    #[error("{location} has no working tree")]
    NoWorkingTree {
        /// The repository.
        location: String,
    },
    /// The working tree is that of what is checked out.
    #[error("the files as they lie there are of no other commit: --working-tree and --ref exclude each other")]
    TwoWishes,
    /// git refuses a repository that belongs to another user.
    #[error("git does not take a repository that belongs to another user: {message}")]
    Foreign {
        /// What git said.
        message: String,
        /// The command that git names.
        way_out: String,
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

/// Returns the error for what git said as it failed.
pub(super) fn of_git(operation: &str, message: String) -> RepositoryError {
    let Some((said, rest)) = message.split_once('\n').filter(|(said, _)| said.contains("dubious ownership")) else {
        return RepositoryError::Git { operation: operation.to_owned(), message };
    };
    let way_out = rest.lines().map(str::trim).find(|line| line.starts_with("git config")).unwrap_or_default();
    RepositoryError::Foreign { message: said.to_owned(), way_out: way_out.to_owned() }
}

impl RepositoryError {
    /// Returns what to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing { .. } => "give the folder of a repository, or its URL".to_owned(),
            Self::NotGit { .. } => {
                "a codespace is made from a repository: `git init` and commit, or take the files as they are with --working-tree"
                    .to_owned()
            }
            Self::NoCommit { .. } | Self::NotCommitted { .. } => {
                "commit first, as a codespace holds what is committed; or take the files as they are with --working-tree"
                    .to_owned()
            }
            Self::BadReference { .. } => {
                "give --ref the name of a branch or tag, or a commit; none begins with `-`".to_owned()
            }
            Self::NoReference { names, .. } if names.is_empty() => "it has no branch and no tag".to_owned(),
            Self::NoReference { names, .. } => format!("it has {}", names.join(", ")),
            Self::NoWorkingTree { .. } => {
                "leave --working-tree out, or give the folder of a clone that has its files checked out".to_owned()
            }
            Self::TwoWishes => "leave one of them out".to_owned(),
            Self::Foreign { way_out, .. } if way_out.is_empty() => "run localspace as the user whose it is".to_owned(),
            Self::Foreign { way_out, .. } => {
                format!("if you trust it, `{way_out}`, or run localspace as the user whose it is")
            }
            Self::NoGit(_) => "install git".to_owned(),
            Self::Git { message, .. } => return hint_for(message).map(str::to_owned),
            Self::Disk { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "free space on that disk, then run the same command again".to_owned()
            }
            Self::Disk { .. } => return None,
        };
        Some(hint)
    }
}

/// Returns what to do about what git said of a server.
fn hint_for(message: &str) -> Option<&'static str> {
    let said = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if said(&[
        "could not read Username",
        "could not read Password",
        "Authentication failed",
        "(publickey",
        "epository not found",
    ]) {
        Some(
            "let git log in first, for example by `gh auth setup-git`; `git ls-remote` with the same URL shows whether it can",
        )
    } else if said(&["Could not resolve host", "Failed to connect", "Connection refused", "timed out"]) {
        Some("see whether the server can be reached: `git ls-remote` with the same URL has to work")
    } else {
        None
    }
}

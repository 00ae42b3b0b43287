//! Why a project cannot be used.

use crate::devcontainer::ConfigError;

/// A project that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The configuration, or a file of the project, says what cannot be.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// There is no `docker compose`.
    #[error("Docker Compose is not on this machine: {problem}")]
    NotInstalled {
        /// What was tried, and what it said.
        problem: String,
    },
    /// A file for compose could not be written.
    #[error("cannot write what docker compose is given: {0}")]
    Disk(#[from] std::io::Error),
}

impl ComposeError {
    /// Returns what to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Configuration(error) => error.hint.clone(),
            Self::NotInstalled { .. } => Some(
                "install the `docker` command and its compose plugin: docker-compose-plugin of Docker's packages, docker-compose of \
                 Debian 13; `docker compose version` shows it"
                    .to_owned(),
            ),
            Self::Disk(_) => None,
        }
    }
}

//! What is shown to a registry, and where it is from.

use std::fmt;

use crate::redact::Secret;

/// A login, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) origin: Origin,
    pub(super) credential: Credential,
}

/// What is shown to a registry, or to whoever makes tokens for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// A user and a password, or what stands for one.
    Password {
        /// Who.
        user: String,
        /// With what.
        password: Secret<String>,
    },
    /// A token that others are had for (OAuth 2.0, section 6).
    Refresh(Secret<String>),
}

/// Where a login is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The secrets of a registry: its id.
    Secrets(String),
    /// `DEVCONTAINERS_OCI_AUTH`.
    OciAuth,
    /// The user's Docker configuration.
    DockerConfig,
    /// A credential helper that it names.
    Helper(String),
    /// `GITHUB_TOKEN`.
    GithubToken,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secrets(id) => write!(out, "with the secrets {id}_CONTAINER_REGISTRY_USER and _PASSWORD"),
            Self::OciAuth => out.write_str("with the login in DEVCONTAINERS_OCI_AUTH"),
            Self::DockerConfig => out.write_str("with the login in the Docker configuration"),
            Self::Helper(name) => write!(out, "with the login that docker-credential-{name} has"),
            Self::GithubToken => out.write_str("with GITHUB_TOKEN"),
        }
    }
}

/// What was found for a registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) login: Option<Login>,
    /// What went wrong on the way, in words.
    pub(super) notes: Vec<String>,
}

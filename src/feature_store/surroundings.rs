//! What a store is told of the machine and the codespace that it works for.

use std::path::PathBuf;
use std::time::Duration;

use super::loopback::Loopback;
use crate::github::Registry;
use crate::redact::Secret;

/// What a store is told of its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The folder that keeps what was fetched.
    pub cache: PathBuf,
    /// The folder that is opened, for Features that are named in it.
    pub repository: PathBuf,
    /// The top of the repository that it is in, itself where it is all of it: Features lie in there.
    pub top: PathBuf,
    /// The codespace's own registries.
    pub registries: Vec<Registry>,
    /// `DEVCONTAINERS_OCI_AUTH`: `host|user|token`, separated by commas.
    pub oci_auth: Option<Secret<String>>,
    /// The folder of the user's Docker configuration.
    pub docker_config: PathBuf,
    /// `GITHUB_TOKEN`.
    pub github_token: Option<Secret<String>>,
    /// `GITHUB_HOST`: where it is another one, the token is not for ghcr.io.
    pub github_host: Option<String>,
    /// The simulated GitHub that the codespace is in: it stands for some registries, and is shown no login but the codespace's own.
    pub hub: Option<Loopback>,
    /// How servers are reached.
    pub network: Network,
    /// How long and how much.
    pub limits: Limits,
}

impl Surroundings {
    /// Tells whether a registry is the hub's.
    pub(super) fn is_hubs(&self, registry: &str) -> bool {
        self.hub.as_ref().is_some_and(|hub| hub.path(registry, "").is_some())
    }
}

/// How servers are reached.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// `SSL_CERT_FILE`: certificates of authorities, in place of the system's.
    pub certificates: Option<PathBuf>,
    /// `SSL_CERT_DIR`: a folder of them.
    pub certificate_folder: Option<PathBuf>,
    /// `HTTPS_PROXY`.
    pub proxy: Option<Secret<String>>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
}

/// How long is waited, and how much is taken.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until an answer begins, and between two parts of it.
    pub silence: Duration,
    /// Until a small answer has ended: a manifest, a token.
    pub small: Duration,
    /// Until a layer or a tarball is there.
    pub large: Duration,
    /// The largest manifest, in bytes.
    pub manifest: u64,
    /// The largest layer or tarball, in bytes.
    pub layer: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            small: Duration::from_mins(1),
            large: Duration::from_mins(15),
            // The OCI distribution specification asks registries to take manifests of 4 MiB at least, and they take no more.
            manifest: 4 << 20,
            layer: 256 << 20,
        }
    }
}

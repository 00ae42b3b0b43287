//! The process's environment, read once, and what every verb starts from.
#![allow(clippy::disallowed_methods, reason = "this is the place where the environment is read")]

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;

use super::error::CliError;
use super::interrupt::{Interrupts, PARENT, end_with};
use crate::codespace::CodespaceName;
use crate::ecr;
use crate::engine::endpoint::{Disk, Surroundings, find};
use crate::engine::{Endpoint, Engine};
use crate::feature_store::{self, FeatureStore, Network};
use crate::github::Registry;
use crate::home::{Home, Locked};
use crate::hub_container::STORAGE_IMAGE;
use crate::journal::Clock;
use crate::redact::Secret;
use crate::repository;
use crate::secret_store::{KEY, KEY_FILE, KeptSecret, KeySources, Keyring, SecretStore, SystemKeyring};
use crate::steps::RECOVERY_IMAGE;
use crate::ui::{Facts, Ui};

/// What every verb starts from.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) ui: Ui,
    pub(super) home: Home,
    pub(super) clock: Clock,
    pub(super) interrupts: Interrupts,
    around: Surroundings,
    /// The folder of what can be fetched again.
    cache: PathBuf,
    /// The folder of what the user has set.
    config: PathBuf,
    /// What opens the secrets that are kept there.
    keys: KeySources,
    /// The whole environment, for `${localEnv:…}`.
    pub(super) environment: BTreeMap<String, String>,
    /// Where AWS is reached, for registries of its.
    pub(super) ecr: ecr::Endpoint,
    /// Who runs it, where the user does not say.
    pub(super) actor: String,
    /// The image of recovery containers (`LOCALSPACE_RECOVERY_IMAGE`, where GitHub's cannot be had).
    pub(super) recovery_image: String,
    /// The image that has the storage of a hub (`LOCALSPACE_HUB_IMAGE`, where Docker's cannot be had).
    pub(super) hub_image: String,
}

impl Context {
    /// Wants a tokio runtime, for the signals that it listens to from here on.
    pub(super) fn of_process() -> Self {
        let get = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let strategy = etcetera::choose_base_strategy().ok();
        let user_home = strategy.as_ref().map_or_else(|| PathBuf::from("/"), |dirs| dirs.home_dir().to_owned());
        let state = path("LOCALSPACE_HOME").map(|home| home.join("state")).or_else(|| {
            let dirs = strategy.as_ref()?;
            Some(dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("localspace"))
        });
        let cache = path("LOCALSPACE_HOME")
            .map(|home| home.join("cache"))
            .or_else(|| Some(strategy.as_ref()?.cache_dir().join("localspace")));
        let config = path("LOCALSPACE_HOME")
            .map(|home| home.join("config"))
            .or_else(|| Some(strategy.as_ref()?.config_dir().join("localspace")));
        let around = Surroundings {
            docker_host: get("DOCKER_HOST"),
            docker_context: get("DOCKER_CONTEXT"),
            tls_verify: get("DOCKER_TLS_VERIFY").is_some(),
            cert_path: path("DOCKER_CERT_PATH"),
            docker_config: path("DOCKER_CONFIG").unwrap_or_else(|| user_home.join(".docker")),
            home: user_home,
            runtime_dir: path("XDG_RUNTIME_DIR"),
        };
        let interrupts = Interrupts::listen();
        get(PARENT).and_then(|parent| parent.parse().ok()).into_iter().for_each(end_with);
        // A value that is no UTF-8 cannot stand in a configuration.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        // The key to all secrets is for no configuration to ask for.
        let environment: BTreeMap<String, String> =
            env::vars_os().filter_map(text).filter(|(name, _)| ![KEY, PARENT].contains(&name.as_str())).collect();
        Self {
            ecr: ecr::Endpoint::of_environment(&environment),
            ui: Ui::new(&Facts::of_process(get)),
            home: Home::new(&state.unwrap_or_else(|| PathBuf::from("/var/lib/localspace/state"))),
            clock: Clock::system(),
            interrupts,
            around,
            cache: cache.unwrap_or_else(|| PathBuf::from("/var/cache/localspace")),
            config: config.unwrap_or_else(|| PathBuf::from("/etc/localspace")),
            keys: KeySources {
                given: get(KEY).map(Secret::new),
                file: path(KEY_FILE),
                // A home of its own has all that it needs in it, and touches no person's keyring.
                keyring: path("LOCALSPACE_HOME").is_none().then(|| Arc::new(SystemKeyring) as Arc<dyn Keyring>),
            },
            environment,
            recovery_image: get("LOCALSPACE_RECOVERY_IMAGE").unwrap_or_else(|| RECOVERY_IMAGE.to_owned()),
            hub_image: get("LOCALSPACE_HUB_IMAGE").unwrap_or_else(|| STORAGE_IMAGE.to_owned()),
            actor: get("GITHUB_USER").or_else(|| get("USER")).unwrap_or_else(|| "octocat".to_owned()),
        }
    }

    /// Returns what a verb starts from in another home, which says nothing and asks nobody.
    pub(super) fn in_home(&self, home: &Path) -> Self {
        let Self { clock, interrupts, around, environment, ecr, actor, recovery_image, hub_image, .. } = self;
        Self {
            ui: Ui::silent(),
            home: Home::new(&home.join("state")),
            cache: home.join("cache"),
            config: home.join("config"),
            keys: KeySources { keyring: None, ..self.keys.clone() },
            clock: clock.clone(),
            interrupts: interrupts.clone(),
            around: around.clone(),
            environment: environment.clone(),
            ecr: ecr.clone(),
            actor: actor.clone(),
            recovery_image: recovery_image.clone(),
            hub_image: hub_image.clone(),
        }
    }

    /// Tells whether some process holds a codespace or a prebuild, this one too.
    pub(super) fn is_held(&self, name: &CodespaceName) -> bool {
        !matches!(self.home.try_lock(name, "localspace"), Ok(Locked::Yes(_)))
    }

    /// Returns the folder that a clone for a codespace is made in, once what killed processes have left of theirs is gone.
    pub(super) async fn room_for_clone(&self, name: &CodespaceName) -> PathBuf {
        repository::sweep(self.home.all_codespaces()).await;
        self.home.codespace(name)
    }

    /// Returns the folder of what can be fetched again.
    pub(super) fn cache_folder(&self) -> &Path {
        &self.cache
    }

    /// Returns the folder that what is fetched of Features is kept in.
    pub(super) fn feature_cache(&self) -> PathBuf {
        self.cache.join("features")
    }

    /// Returns where Features are from, for a folder and the top of the repository that it is in; `registries` are the codespace's own.
    pub(super) fn feature_store(&self, folder: &Path, top: &Path, registries: Vec<Registry>) -> FeatureStore {
        let (repository, top) = (folder.to_owned(), top.to_owned());
        FeatureStore::new(feature_store::Surroundings { repository, top, registries, ..self.feature_surroundings() })
    }

    /// Returns how Features are got, whosever they are.
    pub(super) fn feature_surroundings(&self) -> feature_store::Surroundings {
        let text = |name: &str| self.environment.get(name).filter(|value| !value.is_empty()).cloned();
        // Programs differ in how they write these two.
        let either = |name: &str| text(name).or_else(|| text(&name.to_lowercase()));
        feature_store::Surroundings {
            cache: self.feature_cache(),
            oci_auth: text("DEVCONTAINERS_OCI_AUTH").map(Secret::new),
            docker_config: self.around.docker_config.clone(),
            github_token: text("GITHUB_TOKEN").map(Secret::new),
            github_host: text("GITHUB_HOST"),
            network: Network {
                certificates: text("SSL_CERT_FILE").map(PathBuf::from),
                certificate_folder: text("SSL_CERT_DIR").map(PathBuf::from),
                proxy: either("HTTPS_PROXY").map(Secret::new),
                no_proxy: either("NO_PROXY"),
            },
            ..feature_store::Surroundings::default()
        }
    }

    /// Returns the file that keeps what was answered when something asked for permissions.
    pub(super) fn answer_file(&self, key: &str) -> PathBuf {
        self.config.join("permissions").join(format!("{}.json", Home::digest(key)))
    }

    /// Returns the secrets that `secret set` keeps.
    pub(super) fn secret_store(&self) -> SecretStore {
        SecretStore::new(self.config.clone(), self.keys.clone())
    }

    /// Reads them. A keyring may have to be unlocked before, which an interrupt does not wait for.
    pub(super) async fn kept_secrets(&self) -> Result<Vec<KeptSecret>, CliError> {
        let store = self.secret_store();
        tokio::task::spawn_blocking(move || store.load()).await.map_err(std::io::Error::other)?.map_err(Into::into)
    }

    /// Returns which engine is meant.
    pub(super) fn endpoint(&self) -> Result<Endpoint, CliError> {
        Ok(find(&self.around, &Disk)?)
    }

    /// Returns a connection to the engine that is meant.
    pub(super) fn engine(&self) -> Result<Engine, CliError> {
        Ok(Engine::connect(self.endpoint()?)?)
    }
}

//! What is to be rehearsed: everything that is decided before anything is done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::codespace::{CodespaceName, RepositoryName, label};
use crate::devcontainer::{
    ContainerSource, DevContainer, ImageReference, LifecycleCommand, Mount, MountOptions, devcontainer_id,
};
use crate::engine::{ContainerId, LabelFilter};
use crate::feature_store::Surroundings;
use crate::github::{Authorization, Branch, Purpose};
use crate::home::Lock;
use crate::journal::CreationError;
use crate::lifecycle::StepFailure;
use crate::phase::Phase;
use crate::plan::{Attach, InitializeConsent, Occasion};
use crate::repository::Checkout;

use super::choices::{Cache, Dotfiles, ImageUse, LockfileUse, OnFailure, Workspaces};
use super::image::options::BuildOptions;
use super::run_args::RunArgs;
use super::snapshot::Prebuilt;
use super::uid::Ids;

/// The reference's id for the labels that Codespaces gives every container: a machine of its own makes it unique there
/// (devcontainer-semantics.md section 1.2). Here volumes are kept apart by the codespace's name.
const DEVCONTAINER_ID: &str = "0hcbhh2c7vldoj773drm1bjldnb89u0rt96sl9nju22d9ou8d14n";

/// A working tree of this machine that is mounted itself (`--bind`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The folder that is opened, as it was named.
    pub folder: PathBuf,
    /// Where the working tree is in the container.
    pub target: String,
    /// The mount of it; absent where the container is there, and where the configuration mounts nothing.
    pub mount: Option<Mount>,
    /// The numbers that the remote user is to have.
    pub ids: Option<Ids>,
}

impl Bind {
    /// Returns the mount of a repository's top folder: in `/workspaces`, under its own name.
    pub fn mount_of(top: &Path) -> Mount {
        let name = top.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Mount {
            kind: "bind".to_owned(),
            source: Some(top.display().to_string()),
            target: format!("/workspaces/{name}"),
            read_only: false,
            options: MountOptions::default(),
        }
    }
}

/// One run of one codespace.
#[derive(Debug)]
pub struct Order {
    /// The codespace.
    pub name: CodespaceName,
    /// Of which repository.
    pub repository: RepositoryName,
    /// For whom.
    pub actor: String,
    /// Where the repository is: an absolute path or a URL.
    pub source: String,
    /// Whose codespace it is on an engine that several homes share: where its state is kept.
    pub home: String,
    /// The configuration's path in the repository.
    pub config_path: String,
    /// The folder in the container that the repository is in.
    pub workspace_folder: String,
    /// Why.
    pub occasion: Occasion,
    /// What for.
    pub purpose: Purpose,
    /// The configuration that a new codespace is made from.
    pub config: Option<DevContainer>,
    /// The image that it names, where its container is made from one.
    pub image: Option<ImageReference>,
    /// Its `runArgs`.
    pub run_args: RunArgs,
    /// Its `build.options`.
    pub build_options: BuildOptions,
    /// The service of a Compose project that the container is which is there.
    pub service: Option<String>,
    /// How Features are got; which repository and logins, the run says.
    pub features: Surroundings,
    /// What becomes of their lockfile.
    pub lockfile: LockfileUse,
    /// What the image is for.
    pub image_use: ImageUse,
    /// The repository's files on this machine: a clone that a new codespace gets, or what lies in the `/workspaces` of one that is rebuilt. It is
    /// what an image is built from, and where `initializeCommand` runs.
    pub checkout: Option<Checkout>,
    /// The repository's files, where it is to be told which of them a prebuild's hooks read.
    pub tracked: Option<Vec<PathBuf>>,
    /// The prebuild that a new codespace is made of.
    pub prebuilt: Option<Prebuilt>,
    /// Why it is made of none, where that was to be found out.
    pub without_prebuild: Option<String>,
    /// The working tree, where it is mounted itself.
    pub bind: Option<Bind>,
    /// The branch, tag or commit that the codespace was made of, as it was asked for.
    pub reference: Option<String>,
    /// The commit's hash.
    pub commit: Option<String>,
    /// Where the branch is from.
    pub branch: Branch,
    /// What came of asking for permissions on other repositories.
    pub authorization: Authorization,
    /// `initializeCommand`, as it is written.
    pub initialize: Option<LifecycleCommand>,
    /// The container, where there is one: in a rebuild, the one that makes way.
    pub container: Option<ContainerId>,
    /// The phase in which an earlier run died, so that a command of its may still run in this container.
    pub died_in: Option<Phase>,
    /// What is there already of a codespace that is to be made.
    pub workspaces: Workspaces,
    /// Whether images that are there are used.
    pub cache: Cache,
    /// What is wrong with the configuration, where a recovery container is to be made all the same: `config` is not its own then.
    pub fault: Option<StepFailure>,
    /// What a failure leads to.
    pub on_failure: OnFailure,
    /// Why the container is a recovery container.
    pub recovery: Option<CreationError>,
    /// Held while the container is being made, so that nobody else makes another one of the same repository, or removes the prebuild.
    pub making: Vec<Lock>,
    /// Whether `initializeCommand` may run.
    pub consent: InitializeConsent,
    /// Whether the run ends in an attach.
    pub attach: Attach,
    /// How long a phase may take.
    pub timeout: Option<Duration>,
    /// The host's environment, for `${localEnv:…}`.
    pub local_env: BTreeMap<String, String>,
    /// Where to keep what the remote user's login shell has in its environment.
    pub environment_file: PathBuf,
    /// A person's dotfiles, for a new codespace.
    pub dotfiles: Option<Dotfiles>,
    /// Things that a person should know before anything runs, in words.
    pub notes: Vec<String>,
}

/// Returns what everything of a codespace is found by on the engine.
pub fn found_by(name: &CodespaceName, home: &str) -> [LabelFilter; 2] {
    [LabelFilter::is(label::CODESPACE, name.as_str()), LabelFilter::is(label::HOME, home)]
}

impl Order {
    /// Tells whether the container is to be a service of a Compose project.
    pub(super) fn is_compose(&self) -> bool {
        self.config.as_ref().is_some_and(|config| matches!(config.source, ContainerSource::Compose(_)))
    }

    /// Returns the service of a Compose project that its container is to be.
    pub(super) fn own_service(&self) -> Option<String> {
        match &self.config.as_ref()?.source {
            ContainerSource::Compose(service) => Some(service.service.value.clone()),
            ContainerSource::Image(_) | ContainerSource::Dockerfile(_) => None,
        }
    }

    /// Returns the labels of everything on the engine that is the codespace's.
    pub(super) fn own_labels(&self) -> BTreeMap<String, String> {
        let labels = [(label::CODESPACE, self.name.to_string()), (label::HOME, self.home.clone())];
        labels.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Returns the labels by which the codespace is found again.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::from([
            (label::REPOSITORY.to_owned(), self.repository.to_string()),
            (label::ACTOR.to_owned(), self.actor.clone()),
            (label::SOURCE.to_owned(), self.source.clone()),
            (label::CONFIG.to_owned(), self.config_path.clone()),
            (label::WORKSPACE_FOLDER.to_owned(), self.workspace_folder.clone()),
            (label::PURPOSE.to_owned(), self.purpose.name().to_owned()),
        ]);
        let folder = self.bind.as_ref().map_or_else(|| self.source.clone(), |bind| bind.folder.display().to_string());
        if !self.config_path.is_empty() {
            let file = format!("{}/{}", folder.trim_end_matches('/'), self.config_path);
            labels.insert(label::CONFIG_FILE.to_owned(), file);
        }
        labels.insert(label::LOCAL_FOLDER.to_owned(), folder);
        labels.extend(self.bind.as_ref().map(|bind| (label::BIND.to_owned(), bind.target.clone())));
        labels.extend(self.config.as_ref().map(|config| (label::FINGERPRINT.to_owned(), config.fingerprint.clone())));
        labels.extend(self.reference.clone().map(|name| (label::REF.to_owned(), name)));
        labels.extend(self.branch.label().map(|word| (label::BRANCH.to_owned(), word.to_owned())));
        labels.extend(self.authorization.label().map(|text| (label::PERMISSIONS.to_owned(), text)));
        labels.extend(self.recovery.map(|error| (label::RECOVERY.to_owned(), error.code().to_string())));
        if let Some(prebuilt) = &self.prebuilt {
            labels.insert(label::FROM_PREBUILD.to_owned(), prebuilt.kept.name.to_string());
            // Those of its image are not its own.
            labels.extend([label::PREBUILD, label::PREBUILD_RECORD].map(|name| (name.to_owned(), String::new())));
        }
        labels.extend(self.commit.clone().map(|hash| (label::COMMIT.to_owned(), hash)));
        labels
    }

    /// Returns what `${devcontainerId}` stands for: with a working tree that is mounted, what it does to the reference.
    pub(super) fn devcontainer_id(&self) -> String {
        let mut labels = self.labels();
        labels.retain(|name, _| [label::LOCAL_FOLDER, label::CONFIG_FILE].contains(&name.as_str()));
        if self.bind.is_some() { devcontainer_id(&labels) } else { DEVCONTAINER_ID.to_owned() }
    }

    /// Returns the folder in the container that holds the repository's own files, wherever commands run.
    pub fn repository_folder(&self) -> String {
        let of_clone = || format!("/workspaces/{}", self.repository.name());
        self.bind.as_ref().map_or_else(of_clone, |bind| bind.target.clone())
    }

    /// Returns what those files' folder is in the container.
    pub(super) fn folder_of_files(&self) -> String {
        let target = self.repository_folder();
        let top = self.bind.as_ref().and_then(|bind| Some((bind, bind.mount.as_ref()?.source.as_ref()?)));
        match top.and_then(|(bind, top)| bind.folder.strip_prefix(top).ok()) {
            Some(inside) if inside.as_os_str().is_empty() => target,
            Some(inside) => format!("{}/{}", target.trim_end_matches('/'), inside.display()),
            None => target,
        }
    }

    /// Returns the top folder of a working tree that is mounted itself.
    pub(super) fn top(&self) -> Option<&Path> {
        Some(Path::new(self.bind.as_ref()?.mount.as_ref()?.source.as_ref()?))
    }

    /// Returns what the repository's folder is called in `/workspaces`.
    pub(super) fn folder_name(&self) -> &str {
        let name = self.top().and_then(|top| top.file_name()?.to_str());
        name.unwrap_or_else(|| self.repository.name())
    }

    /// Returns the folder of this machine that the repository's files are in, where they are on it.
    pub fn files(&self) -> Option<&Path> {
        let of_clone = || self.checkout.as_ref().map(Checkout::path);
        self.bind.as_ref().map_or_else(of_clone, |bind| Some(&bind.folder))
    }
}

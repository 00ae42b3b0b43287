//! What a container is made from: our own words for the engine's long request.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    ContainerCreateBody, HostConfig, Mount, MountBindOptions, MountTmpfsOptions, MountType, MountVolumeOptions,
    RestartPolicy, RestartPolicyNameEnum,
};

use super::extra::ExtraOptions;

/// A container to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerSpec {
    /// The container's name.
    pub name: String,
    /// The image's reference or id.
    pub image: String,
    /// The container's labels.
    pub labels: BTreeMap<String, String>,
    /// `NAME=VALUE`; kept in the container's configuration for everyone to read, so never a secret.
    pub env: Vec<String>,
    /// Who its first process runs as; the image's user where absent.
    pub user: Option<String>,
    /// The host name inside.
    pub hostname: Option<String>,
    /// Its first process: the program.
    pub entrypoint: Vec<String>,
    /// Its first process: the arguments.
    pub command: Vec<String>,
    /// What is mounted where.
    pub mounts: Vec<MountSpec>,
    /// May do everything.
    pub privileged: bool,
    /// A small init process reaps its children.
    pub init: bool,
    /// When its first process is started again that has ended.
    pub restart: Restart,
    /// What its first process reads ([`super::Engine::run_with_input`]).
    pub input: StandardInput,
    /// Everything that a container seldom asks for.
    pub extra: ExtraOptions,
}

/// What a container's first process reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StandardInput {
    /// Nothing.
    #[default]
    None,
    /// What it is sent.
    Sent,
}

/// When a container's first process is started again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Restart {
    /// Never.
    #[default]
    Never,
    /// Always, with the engine too, unless somebody stopped it.
    UnlessStopped,
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountSpec {
    /// Of which kind.
    pub kind: MountKind,
    /// A volume's name or a path of the engine's machine; an anonymous volume where absent.
    pub source: Option<String>,
    /// Where inside the container.
    pub target: String,
    /// May not be written.
    pub read_only: bool,
    /// The labels of the volume, which is made where it is not there.
    pub labels: BTreeMap<String, String>,
    /// What is asked for besides.
    pub details: MountDetails,
}

/// What a mount of one kind alone has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MountDetails {
    /// A bind mount's propagation, such as `rslave`.
    pub propagation: Option<String>,
    /// What is mounted in a bind mount's source is not in it.
    pub is_shallow: bool,
    /// A new volume does not get what the image has at its place.
    pub no_copy: bool,
    /// The part of a volume that is mounted.
    pub subpath: Option<String>,
    /// The size of a tmpfs, in bytes.
    pub size: Option<i64>,
    /// The mode of a tmpfs.
    pub mode: Option<i64>,
}

/// What is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MountKind {
    /// A volume of the engine's.
    Volume,
    /// A path of the engine's machine.
    Bind,
    /// Memory.
    Tmpfs,
}

impl ContainerSpec {
    /// Returns the engine's request.
    pub(super) fn into_body(self) -> ContainerCreateBody {
        ContainerCreateBody {
            image: Some(self.image),
            hostname: self.hostname,
            user: self.user,
            env: Some(self.env),
            entrypoint: (!self.entrypoint.is_empty()).then_some(self.entrypoint),
            cmd: (!self.command.is_empty()).then_some(self.command),
            labels: Some(self.labels.into_iter().collect()),
            exposed_ports: Some(self.extra.exposed_ports()),
            networking_config: self.extra.networking(),
            domainname: self.extra.domain_name.clone(),
            working_dir: self.extra.working_folder.clone(),
            stop_signal: self.extra.stop_signal.clone(),
            stop_timeout: self.extra.stop_timeout,
            open_stdin: (self.input == StandardInput::Sent).then_some(true),
            stdin_once: (self.input == StandardInput::Sent).then_some(true),
            healthcheck: self.extra.health.config(),
            host_config: Some(HostConfig {
                mounts: Some(self.mounts.into_iter().map(MountSpec::into_mount).collect()),
                privileged: Some(self.privileged),
                init: Some(self.init),
                restart_policy: (self.restart == Restart::UnlessStopped).then_some(RestartPolicy {
                    name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
                    maximum_retry_count: None,
                }),
                ..self.extra.into_host_config()
            }),
            ..ContainerCreateBody::default()
        }
    }
}

impl MountSpec {
    fn into_mount(self) -> Mount {
        let typ = match self.kind {
            MountKind::Volume => MountType::VOLUME,
            MountKind::Bind => MountType::BIND,
            MountKind::Tmpfs => MountType::TMPFS,
        };
        let labels: HashMap<String, String> = self.labels.into_iter().collect();
        let MountDetails { propagation, is_shallow, no_copy, subpath, size, mode } = self.details;
        let is = |kind: MountKind| self.kind == kind;
        Mount {
            volume_options: is(MountKind::Volume).then(|| MountVolumeOptions {
                labels: Some(labels),
                no_copy: no_copy.then_some(true),
                subpath,
                ..MountVolumeOptions::default()
            }),
            bind_options: (is(MountKind::Bind) && (propagation.is_some() || is_shallow)).then(|| MountBindOptions {
                propagation: propagation.and_then(|one| one.parse().ok()),
                non_recursive: is_shallow.then_some(true),
                ..MountBindOptions::default()
            }),
            tmpfs_options: (is(MountKind::Tmpfs) && (size.is_some() || mode.is_some())).then(|| MountTmpfsOptions {
                size_bytes: size,
                mode,
                ..MountTmpfsOptions::default()
            }),
            typ: Some(typ),
            source: self.source,
            target: Some(self.target),
            read_only: Some(self.read_only),
            ..Mount::default()
        }
    }
}

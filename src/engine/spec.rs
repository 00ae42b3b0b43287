//! What a container is made from: our own words for the engine's long request.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    ContainerCreateBody, DeviceMapping, HostConfig, Mount, MountType, MountVolumeOptions, PortBinding, ResourcesUlimits,
};

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
    /// Everything that a container seldom asks for.
    pub extra: ExtraOptions,
}

/// Options that come from `runArgs`, `capAdd` and `securityOpt`: as `docker run` names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtraOptions {
    /// `--network`.
    pub network: Option<String>,
    /// `--add-host`, as `name:address`.
    pub hosts: Vec<String>,
    /// `--cap-add`.
    pub cap_add: Vec<String>,
    /// `--cap-drop`.
    pub cap_drop: Vec<String>,
    /// `--security-opt`.
    pub security_opt: Vec<String>,
    /// `--publish`.
    pub ports: Vec<PortSpec>,
    /// `--memory`, in bytes.
    pub memory: Option<i64>,
    /// `--cpus`, in billionths of one.
    pub nano_cpus: Option<i64>,
    /// `--shm-size`, in bytes.
    pub shm_size: Option<i64>,
    /// `--ulimit`.
    pub ulimits: Vec<Ulimit>,
    /// `--device`, as `host[:container[:permissions]]`.
    pub devices: Vec<String>,
    /// `--tmpfs`: path and options.
    pub tmpfs: BTreeMap<String, String>,
    /// `--sysctl`.
    pub sysctls: BTreeMap<String, String>,
    /// `--dns`.
    pub dns: Vec<String>,
    /// `--group-add`.
    pub group_add: Vec<String>,
    /// `--ipc`.
    pub ipc: Option<String>,
    /// `--pid`.
    pub pid: Option<String>,
    /// `--userns`.
    pub userns: Option<String>,
    /// `--runtime`.
    pub runtime: Option<String>,
    /// `--pids-limit`.
    pub pids_limit: Option<i64>,
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

/// One published port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSpec {
    /// `PORT/tcp` or `PORT/udp` inside.
    pub container: String,
    /// The address outside; every address where absent.
    pub host_ip: Option<String>,
    /// The port outside; any free one where absent.
    pub host_port: Option<String>,
}

/// One resource limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ulimit {
    /// Its name, for example `nofile`.
    pub name: String,
    /// The soft limit.
    pub soft: i64,
    /// The hard limit.
    pub hard: i64,
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
            exposed_ports: Some(self.extra.ports.iter().map(|port| port.container.clone()).collect()),
            host_config: Some(HostConfig {
                mounts: Some(self.mounts.into_iter().map(MountSpec::into_mount).collect()),
                privileged: Some(self.privileged),
                init: Some(self.init),
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
        Mount {
            volume_options: (self.kind == MountKind::Volume)
                .then(|| MountVolumeOptions { labels: Some(labels), ..MountVolumeOptions::default() }),
            typ: Some(typ),
            source: self.source,
            target: Some(self.target),
            read_only: Some(self.read_only),
            ..Mount::default()
        }
    }
}

impl ExtraOptions {
    fn into_host_config(self) -> HostConfig {
        let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
        let bindings = self.ports.into_iter().fold(HashMap::new(), |mut map: HashMap<_, Option<Vec<_>>>, port| {
            let binding = PortBinding { host_ip: port.host_ip, host_port: port.host_port };
            map.entry(port.container).or_default().get_or_insert_default().push(binding);
            map
        });
        let ulimits = self.ulimits.into_iter().map(|limit| ResourcesUlimits {
            name: Some(limit.name),
            soft: Some(limit.soft),
            hard: Some(limit.hard),
        });
        HostConfig {
            network_mode: self.network,
            extra_hosts: some(self.hosts),
            cap_add: some(self.cap_add),
            cap_drop: some(self.cap_drop),
            security_opt: some(self.security_opt),
            port_bindings: Some(bindings),
            memory: self.memory,
            nano_cpus: self.nano_cpus,
            shm_size: self.shm_size,
            ulimits: Some(ulimits.collect()),
            devices: Some(self.devices.iter().map(|device| device_mapping(device)).collect()),
            tmpfs: Some(self.tmpfs.into_iter().collect()),
            sysctls: Some(self.sysctls.into_iter().collect()),
            dns: some(self.dns),
            group_add: some(self.group_add),
            ipc_mode: self.ipc,
            pid_mode: self.pid,
            userns_mode: self.userns,
            runtime: self.runtime,
            pids_limit: self.pids_limit,
            ..HostConfig::default()
        }
    }
}

/// Reads `host[:container[:permissions]]` as `docker run --device` does.
fn device_mapping(text: &str) -> DeviceMapping {
    let mut parts = text.split(':');
    let host = parts.next().unwrap_or_default().to_owned();
    let second = parts.next();
    let third = parts.next();
    let is_permissions = |text: &str| !text.is_empty() && text.bytes().all(|byte| b"rwm".contains(&byte));
    let (container, permissions) = match (second, third) {
        (Some(second), None) if is_permissions(second) => (host.clone(), second.to_owned()),
        (second, third) => {
            (second.unwrap_or(&host).to_owned(), third.filter(|text| is_permissions(text)).unwrap_or("rwm").to_owned())
        }
    };
    DeviceMapping {
        path_on_host: Some(host),
        path_in_container: Some(container),
        cgroup_permissions: Some(permissions),
    }
}

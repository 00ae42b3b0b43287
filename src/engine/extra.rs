//! What a container seldom asks for: the options of `docker run`, as it names them.

use std::collections::{BTreeMap, HashMap};

use super::limits::{DiskLimits, HealthCheck};
use bollard::models::{
    DeviceMapping, DeviceRequest, EndpointIpamConfig, EndpointSettings, HostConfig, HostConfigCgroupnsModeEnum,
    HostConfigLogConfig, NetworkingConfig, PortBinding, ResourcesUlimits,
};

/// Options that come from `runArgs`, `capAdd` and `securityOpt`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtraOptions {
    /// `--network`: the first is the one that the other options of a network are about.
    pub networks: Vec<String>,
    /// `--network-alias`.
    pub network_aliases: Vec<String>,
    /// `--ip`.
    pub ip: Option<String>,
    /// `--ip6`.
    pub ip6: Option<String>,
    /// `--mac-address`.
    pub mac_address: Option<String>,
    /// `--add-host`, as `name:address`.
    pub hosts: Vec<String>,
    /// `--domainname`.
    pub domain_name: Option<String>,
    /// `--dns`.
    pub dns: Vec<String>,
    /// `--dns-search`.
    pub dns_search: Vec<String>,
    /// `--dns-option`.
    pub dns_options: Vec<String>,
    /// `--publish`.
    pub ports: Vec<PortSpec>,
    /// `--expose`, as `PORT/tcp` or `PORT/udp`.
    pub exposed: Vec<String>,
    /// `--publish-all`.
    pub publish_all: bool,
    /// `--cap-add`.
    pub cap_add: Vec<String>,
    /// `--cap-drop`.
    pub cap_drop: Vec<String>,
    /// `--security-opt`.
    pub security_opt: Vec<String>,
    /// `--group-add`.
    pub group_add: Vec<String>,
    /// `--memory`, in bytes.
    pub memory: Option<i64>,
    /// `--memory-swap`, in bytes; -1 for no limit.
    pub memory_swap: Option<i64>,
    /// `--memory-reservation`, in bytes.
    pub memory_reservation: Option<i64>,
    /// `--memory-swappiness`, in percent.
    pub memory_swappiness: Option<i64>,
    /// `--oom-kill-disable`.
    pub oom_kill_disable: bool,
    /// `--oom-score-adj`.
    pub oom_score_adj: Option<i64>,
    /// `--cpus`, in billionths of one.
    pub nano_cpus: Option<i64>,
    /// `--cpu-shares`.
    pub cpu_shares: Option<i64>,
    /// `--cpu-period`, in microseconds.
    pub cpu_period: Option<i64>,
    /// `--cpu-quota`, in microseconds.
    pub cpu_quota: Option<i64>,
    /// `--cpuset-cpus`.
    pub cpuset_cpus: Option<String>,
    /// `--cpuset-mems`.
    pub cpuset_mems: Option<String>,
    /// `--pids-limit`.
    pub pids_limit: Option<i64>,
    /// `--ulimit`.
    pub ulimits: Vec<Ulimit>,
    /// `--shm-size`, in bytes.
    pub shm_size: Option<i64>,
    /// `--device`, as `host[:container[:permissions]]`.
    pub devices: Vec<String>,
    /// `--device-cgroup-rule`.
    pub device_cgroup_rules: Vec<String>,
    /// `--tmpfs`: path and options.
    pub tmpfs: BTreeMap<String, String>,
    /// `--storage-opt`.
    pub storage_options: BTreeMap<String, String>,
    /// `--sysctl`.
    pub sysctls: BTreeMap<String, String>,
    /// `--annotation`.
    pub annotations: BTreeMap<String, String>,
    /// `--ipc`.
    pub ipc: Option<String>,
    /// `--pid`.
    pub pid: Option<String>,
    /// `--uts`.
    pub uts: Option<String>,
    /// `--userns`.
    pub userns: Option<String>,
    /// `--cgroupns`.
    pub cgroupns: Option<CgroupNamespace>,
    /// `--cgroup-parent`.
    pub cgroup_parent: Option<String>,
    /// `--runtime`.
    pub runtime: Option<String>,
    /// `--platform`.
    pub platform: Option<String>,
    /// `--workdir`.
    pub working_folder: Option<String>,
    /// `--stop-signal`.
    pub stop_signal: Option<String>,
    /// `--stop-timeout`, in seconds.
    pub stop_timeout: Option<i64>,
    /// `--log-driver`.
    pub log_driver: Option<String>,
    /// `--log-opt`.
    pub log_options: BTreeMap<String, String>,
    /// `--gpus`.
    pub gpus: Option<GpuRequest>,
    /// `--link`.
    pub links: Vec<String>,
    /// `--link-local-ip`.
    pub link_local_ips: Vec<String>,
    /// `--volumes-from`.
    pub volumes_from: Vec<String>,
    /// `--cpu-rt-period`, in microseconds.
    pub cpu_realtime_period: Option<i64>,
    /// `--cpu-rt-runtime`, in microseconds.
    pub cpu_realtime_runtime: Option<i64>,
    /// `--blkio-…`, `--device-read-bps` and the like.
    pub disk: DiskLimits,
    /// `--health-…`.
    pub health: HealthCheck,
}

/// GPUs that a container is to be given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GpuRequest {
    /// How many; -1 for all of them, 0 where they are named.
    pub count: i64,
    /// Whose they are; the engine's choice where empty.
    pub driver: String,
    /// Which ones.
    pub ids: Vec<String>,
    /// What they have to be able to do.
    pub capabilities: Vec<String>,
    /// Options of the driver's.
    pub options: BTreeMap<String, String>,
}

impl GpuRequest {
    fn into_request(self) -> DeviceRequest {
        DeviceRequest {
            driver: Some(self.driver),
            count: Some(self.count),
            device_ids: some(self.ids),
            capabilities: Some(vec![self.capabilities]),
            options: Some(self.options.into_iter().collect()),
        }
    }
}

/// Whose control groups a container sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CgroupNamespace {
    /// The engine's machine's.
    Host,
    /// Its own.
    Private,
}

/// One published port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSpec {
    /// `PORT/tcp` or `PORT/udp` inside.
    pub container: String,
    /// The address outside; every address where absent.
    pub host_ip: Option<String>,
    /// The port outside, or a range to take one of; any free one where absent.
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

fn some(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

fn some_map(map: BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!map.is_empty()).then(|| map.into_iter().collect())
}

impl ExtraOptions {
    /// Returns the ports that the container says it listens on: those that are published, too.
    pub(super) fn exposed_ports(&self) -> Vec<String> {
        self.ports.iter().map(|port| &port.container).chain(&self.exposed).cloned().collect()
    }

    /// Returns what the container is to be called in its networks; nothing where one network knows it by its name alone.
    pub(super) fn networking(&self) -> Option<NetworkingConfig> {
        let has_address = self.ip.is_some() || self.ip6.is_some() || !self.link_local_ips.is_empty();
        let first = EndpointSettings {
            aliases: some(self.network_aliases.clone()),
            // The engine's own networks have them from the container itself.
            links: some(self.links.clone()).filter(|_| self.networks.first().is_some_and(|name| is_a_user_s(name))),
            mac_address: self.mac_address.clone(),
            ipam_config: has_address.then(|| EndpointIpamConfig {
                ipv4_address: self.ip.clone(),
                ipv6_address: self.ip6.clone(),
                link_local_ips: some(self.link_local_ips.clone()),
            }),
            ..EndpointSettings::default()
        };
        if first == EndpointSettings::default() && self.networks.len() < 2 {
            return None;
        }
        let mut names = self.networks.iter().cloned();
        let mut endpoints = HashMap::from([(names.next().unwrap_or_else(|| "default".to_owned()), first)]);
        endpoints.extend(names.map(|name| (name, EndpointSettings::default())));
        Some(NetworkingConfig { endpoints_config: Some(endpoints) })
    }

    pub(super) fn into_host_config(self) -> HostConfig {
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
        let (named, paths): (Vec<_>, Vec<_>) = self.devices.into_iter().partition(|device| is_cdi(device));
        let cdi = (!named.is_empty()).then(|| DeviceRequest {
            driver: Some("cdi".to_owned()),
            device_ids: Some(named),
            ..DeviceRequest::default()
        });
        let requests: Vec<_> = self.gpus.map(GpuRequest::into_request).into_iter().chain(cdi).collect();
        let (unmasked, security_opt): (Vec<_>, Vec<_>) =
            self.security_opt.into_iter().partition(|option| option == "systempaths=unconfined");
        let no_paths = || (!unmasked.is_empty()).then(Vec::new);
        let cap_add = capabilities(&self.cap_add);
        // Docker: what is both added and dropped is added.
        let cap_drop = capabilities(&self.cap_drop).into_iter().filter(|one| !cap_add.contains(one)).collect();
        let logs = HostConfigLogConfig { typ: self.log_driver, config: some_map(self.log_options) };
        HostConfig {
            network_mode: self.networks.into_iter().next(),
            extra_hosts: some(self.hosts),
            cap_add: some(cap_add),
            cap_drop: some(cap_drop),
            security_opt: some(security_opt),
            masked_paths: no_paths(),
            readonly_paths: no_paths(),
            links: some(self.links),
            volumes_from: some(self.volumes_from),
            cpu_realtime_period: self.cpu_realtime_period,
            cpu_realtime_runtime: self.cpu_realtime_runtime,
            port_bindings: Some(bindings),
            publish_all_ports: Some(self.publish_all),
            memory: self.memory,
            memory_swap: self.memory_swap,
            memory_reservation: self.memory_reservation,
            memory_swappiness: self.memory_swappiness,
            oom_kill_disable: self.oom_kill_disable.then_some(true),
            oom_score_adj: self.oom_score_adj,
            nano_cpus: self.nano_cpus,
            cpu_shares: self.cpu_shares,
            cpu_period: self.cpu_period,
            cpu_quota: self.cpu_quota,
            cpuset_cpus: self.cpuset_cpus,
            cpuset_mems: self.cpuset_mems,
            shm_size: self.shm_size,
            ulimits: Some(ulimits.collect()),
            devices: Some(paths.iter().map(|device| device_mapping(device)).collect()),
            device_cgroup_rules: some(self.device_cgroup_rules),
            tmpfs: Some(self.tmpfs.into_iter().collect()),
            storage_opt: some_map(self.storage_options),
            sysctls: Some(self.sysctls.into_iter().collect()),
            annotations: some_map(self.annotations),
            dns: some(self.dns),
            dns_search: some(self.dns_search),
            dns_options: some(self.dns_options),
            group_add: some(self.group_add),
            ipc_mode: self.ipc,
            pid_mode: self.pid,
            uts_mode: self.uts,
            userns_mode: self.userns,
            cgroupns_mode: self.cgroupns.map(|whose| match whose {
                CgroupNamespace::Host => HostConfigCgroupnsModeEnum::HOST,
                CgroupNamespace::Private => HostConfigCgroupnsModeEnum::PRIVATE,
            }),
            cgroup_parent: self.cgroup_parent,
            runtime: self.runtime,
            pids_limit: self.pids_limit,
            device_requests: (!requests.is_empty()).then_some(requests),
            log_config: (logs != HostConfigLogConfig::default()).then_some(logs),
            ..self.disk.onto(HostConfig::default())
        }
    }
}

/// Returns capabilities as docker's own program names them to the engine; `ALL` stands for the others too.
fn capabilities(names: &[String]) -> Vec<String> {
    let full = |name: &String| match name.trim().to_ascii_uppercase() {
        name if name == "ALL" || name.starts_with("CAP_") => name,
        name => format!("CAP_{name}"),
    };
    let mut all: Vec<String> = names.iter().map(full).collect();
    if all.iter().any(|name| name == "ALL") {
        return vec!["ALL".to_owned()];
    }
    all.sort();
    all.dedup();
    all
}

/// Tells a network that somebody made from those that every engine has.
fn is_a_user_s(network: &str) -> bool {
    !["default", "bridge", "host", "none"].contains(&network) && !network.starts_with("container:")
}

/// Tells a device by its name in the Container Device Interface, `vendor.example/class=name`, from a path.
fn is_cdi(device: &str) -> bool {
    device
        .split_once('=')
        .and_then(|(kind, name)| Some((kind.split_once('/')?, name)))
        .is_some_and(|((vendor, class), name)| !vendor.is_empty() && !class.is_empty() && !name.is_empty())
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

#[cfg(test)]
mod tests;

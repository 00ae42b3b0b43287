//! The flags of `docker run`: what each one sets here, and what becomes of those that set nothing.

use super::{NamedFile, RunArgs};
use crate::devcontainer::{Mount, Spanned};
use crate::steps::flags::values as read;
use crate::steps::flags::{self, Does, Flag, Flags, Setter, Takes, add, add_all, put, turn};

/// The flags of `docker run`.
pub(super) static FLAGS: Flags<RunArgs> = Flags { property: "runArgs", command: "docker run", table: TABLE };

const fn set(name: &'static str, setter: Setter<RunArgs>) -> Flag<RunArgs> {
    flags::set(name, setter)
}

const fn switch(name: &'static str, setter: Setter<RunArgs>) -> Flag<RunArgs> {
    flags::switch(name, setter)
}

const fn left_out(name: &'static str, takes: Takes, why: &'static str) -> Flag<RunArgs> {
    flags::left_out(name, takes, why)
}

const fn refused(name: &'static str, why: &'static str) -> Flag<RunArgs> {
    flags::refused(name, why)
}

/// A flag whose place is wanted when more is known than its text.
const fn named(name: &'static str, setter: fn(&mut RunArgs, Spanned<String>)) -> Flag<RunArgs> {
    Flag { name, also: None, takes: Takes::Value, does: Does::Name(setter) }
}

// Why a flag is left out.
const CLIENT: &str = "it is about docker's own terminal";
const NO_TERMINAL: &str = "the container's first process has no terminal here, and nothing on GitHub sees the one that it has \
    there";
const DETACH: &str = "a codespace's container runs in the background anyway; on GitHub, docker refuses it beside the \
    -a that the container is started with";
const ENTRYPOINT: &str =
    "the first process is the dev container's own: on GitHub, another --entrypoint comes after this one";
const READ_ONLY: &str = "what has succeeded in a container is kept in it (/var/lib/localspace)";
const RESTART: &str = "a codespace is started by its user; nothing would run its postStartCommand";
const CIDFILE: &str =
    "the file is written on the machine that docker is called on, where nothing of a codespace reads it";
const WINDOWS: &str = "is for containers of Windows alone";
const API_SOCKET: &str = "hands this machine's engine and docker's own logins to the container: a codespace's logins are its registry secrets, \
    and the Docker socket may be mounted";
const RM: &str = "the container would be gone after a stop; on GitHub, such a codespace cannot be started again";
const PULL: &str = "the image is pulled where the engine does not have it";

/// Sources: `docker run --help` of Engine 29; what the reference CLI starts a container with (spec-node/singleContainer.ts): its own
/// `-a STDOUT -a STDERR` before `runArgs`, and `--entrypoint /bin/sh` after them.
const TABLE: &[Flag<RunArgs>] = &[
    set("--add-host", |args, text| add(&mut args.extra.hosts, read::host(text))),
    set("--annotation", |args, text| add(&mut args.extra.annotations, read::pair(text))),
    left_out("--attach", Takes::Value, CLIENT).or("-a"),
    set("--blkio-weight", |args, text| put(&mut args.extra.disk.weight, read::weight(text))),
    set("--blkio-weight-device", |args, text| {
        add(&mut args.extra.disk.weight_devices, read::of_device(text, read::weight))
    }),
    set("--cap-add", |args, text| add(&mut args.extra.cap_add, read::text(text))),
    set("--cap-drop", |args, text| add(&mut args.extra.cap_drop, read::text(text))),
    set("--cgroup-parent", |args, text| put(&mut args.extra.cgroup_parent, read::text(text))),
    set("--cgroupns", |args, text| put(&mut args.extra.cgroupns, read::cgroup_namespace(text))),
    left_out("--cidfile", Takes::Value, CIDFILE),
    refused("--cpu-count", WINDOWS),
    refused("--cpu-percent", WINDOWS),
    set("--cpu-period", |args, text| put(&mut args.extra.cpu_period, read::number(text))),
    set("--cpu-quota", |args, text| put(&mut args.extra.cpu_quota, read::number(text))),
    set("--cpu-rt-period", |args, text| put(&mut args.extra.cpu_realtime_period, read::number(text))),
    set("--cpu-rt-runtime", |args, text| put(&mut args.extra.cpu_realtime_runtime, read::number(text))),
    set("--cpu-shares", |args, text| put(&mut args.extra.cpu_shares, read::number(text))).or("-c"),
    set("--cpus", |args, text| put(&mut args.extra.nano_cpus, read::cpus(text))),
    set("--cpuset-cpus", |args, text| put(&mut args.extra.cpuset_cpus, read::text(text))),
    set("--cpuset-mems", |args, text| put(&mut args.extra.cpuset_mems, read::text(text))),
    left_out("--detach", Takes::Nothing, DETACH).or("-d"),
    left_out("--detach-keys", Takes::Value, CLIENT),
    set("--device", |args, text| add(&mut args.extra.devices, read::text(text))),
    set("--device-cgroup-rule", |args, text| add(&mut args.extra.device_cgroup_rules, read::device_rule(text))),
    set("--device-read-bps", |args, text| add(&mut args.extra.disk.read_bps, read::of_device(text, read::bytes))),
    set("--device-read-iops", |args, text| add(&mut args.extra.disk.read_iops, read::of_device(text, read::count))),
    set("--device-write-bps", |args, text| add(&mut args.extra.disk.write_bps, read::of_device(text, read::bytes))),
    set("--device-write-iops", |args, text| add(&mut args.extra.disk.write_iops, read::of_device(text, read::count))),
    left_out("--disable-content-trust", Takes::Nothing, "the image is there by then"),
    set("--dns", |args, text| add(&mut args.extra.dns, read::address(text))),
    set("--dns-option", |args, text| add(&mut args.extra.dns_options, read::text(text))).or("--dns-opt"),
    set("--dns-search", |args, text| add(&mut args.extra.dns_search, read::text(text))),
    set("--domainname", |args, text| put(&mut args.extra.domain_name, read::text(text))),
    left_out("--entrypoint", Takes::Value, ENTRYPOINT),
    set("--env", |args, text| add(&mut args.env, read::variable(text))).or("-e"),
    named("--env-file", |args, file| args.files.push(NamedFile::Variables(file))),
    set("--expose", |args, text| add_all(&mut args.extra.exposed, read::expose(text))),
    named("--gpus", |args, asked| args.gpus_asked = Some(asked)),
    set("--group-add", |args, text| add(&mut args.extra.group_add, read::text(text))),
    set("--health-cmd", |args, text| put(&mut args.extra.health.command, read::text(text))),
    set("--health-interval", |args, text| put(&mut args.extra.health.interval, read::duration(text))),
    set("--health-retries", |args, text| put(&mut args.extra.health.retries, read::count(text))),
    set("--health-start-interval", |args, text| put(&mut args.extra.health.start_interval, read::duration(text))),
    set("--health-start-period", |args, text| put(&mut args.extra.health.start_period, read::duration(text))),
    set("--health-timeout", |args, text| put(&mut args.extra.health.timeout, read::duration(text))),
    set("--hostname", |args, text| put(&mut args.hostname, read::text(text))).or("-h"),
    switch("--init", |args, text| turn(&mut args.init, read::switch(text))),
    left_out("--interactive", Takes::Nothing, NO_TERMINAL).or("-i"),
    set("--ip", |args, text| put(&mut args.extra.ip, read::address(text))),
    set("--ip6", |args, text| put(&mut args.extra.ip6, read::address(text))),
    set("--ipc", |args, text| put(&mut args.extra.ipc, read::text(text))),
    refused("--isolation", WINDOWS),
    left_out("--kernel-memory", Takes::Value, "engines do not act on it since Docker 23"),
    set("--label", |args, text| add(&mut args.labels, read::label(text))).or("-l"),
    named("--label-file", |args, file| args.files.push(NamedFile::Labels(file))),
    set("--link", |args, text| add(&mut args.extra.links, read::link(text))),
    set("--link-local-ip", |args, text| add(&mut args.extra.link_local_ips, read::address(text))),
    set("--log-driver", |args, text| put(&mut args.extra.log_driver, read::text(text))),
    set("--log-opt", |args, text| add(&mut args.extra.log_options, read::pair(text))),
    set("--mac-address", |args, text| put(&mut args.extra.mac_address, read::text(text))),
    set("--memory", |args, text| put(&mut args.extra.memory, read::bytes(text))).or("-m"),
    set("--memory-reservation", |args, text| put(&mut args.extra.memory_reservation, read::bytes(text))),
    set("--memory-swap", |args, text| put(&mut args.extra.memory_swap, read::bytes_or_unlimited(text))),
    set("--memory-swappiness", |args, text| put(&mut args.extra.memory_swappiness, read::number(text))),
    set("--mount", |args, text| add(&mut args.mounts, Mount::parse(text))),
    left_out("--name", Takes::Value, "the container has the codespace's name"),
    set("--network", |args, text| add(&mut args.extra.networks, read::network(text))).or("--net"),
    set("--network-alias", |args, text| add(&mut args.extra.network_aliases, read::text(text))).or("--net-alias"),
    switch("--no-healthcheck", |args, text| turn(&mut args.extra.health.none, read::switch(text))),
    switch("--oom-kill-disable", |args, text| turn(&mut args.extra.oom_kill_disable, read::switch(text))),
    set("--oom-score-adj", |args, text| put(&mut args.extra.oom_score_adj, read::number(text))),
    set("--pid", |args, text| put(&mut args.extra.pid, read::text(text))),
    set("--pids-limit", |args, text| put(&mut args.extra.pids_limit, read::number(text))),
    set("--platform", |args, text| put(&mut args.extra.platform, read::text(text))),
    switch("--privileged", |args, text| turn(&mut args.privileged, read::switch(text))),
    set("--publish", |args, text| add_all(&mut args.extra.ports, read::publish(text))).or("-p"),
    switch("--publish-all", |args, text| turn(&mut args.extra.publish_all, read::switch(text))).or("-P"),
    left_out("--pull", Takes::Value, PULL),
    left_out("--quiet", Takes::Nothing, CLIENT).or("-q"),
    left_out("--read-only", Takes::Nothing, READ_ONLY),
    left_out("--restart", Takes::Value, RESTART),
    left_out("--rm", Takes::Nothing, RM),
    set("--runtime", |args, text| put(&mut args.extra.runtime, read::text(text))),
    named("--security-opt", RunArgs::secure),
    set("--shm-size", |args, text| put(&mut args.extra.shm_size, read::bytes(text))),
    left_out("--sig-proxy", Takes::Nothing, CLIENT),
    set("--stop-signal", |args, text| put(&mut args.extra.stop_signal, read::text(text))),
    set("--stop-timeout", |args, text| put(&mut args.extra.stop_timeout, read::number(text))),
    set("--storage-opt", |args, text| add(&mut args.extra.storage_options, read::pair(text))),
    set("--sysctl", |args, text| add(&mut args.extra.sysctls, read::pair(text))),
    set("--tmpfs", |args, text| add(&mut args.extra.tmpfs, read::tmpfs(text))),
    left_out("--tty", Takes::Nothing, NO_TERMINAL).or("-t"),
    set("--ulimit", |args, text| add(&mut args.extra.ulimits, read::ulimit(text))),
    refused("--use-api-socket", API_SOCKET),
    set("--user", |args, text| put(&mut args.user, read::text(text))).or("-u"),
    set("--userns", |args, text| put(&mut args.extra.userns, read::text(text))),
    set("--uts", |args, text| put(&mut args.extra.uts, read::text(text))),
    set("--volume", |args, text| add(&mut args.mounts, Mount::parse_volume(text))).or("-v"),
    set("--volume-driver", |_, text| match text {
        "local" => Ok(()),
        other => Err(format!("`{other}`: the volumes of a codespace are the engine's own (local)")),
    }),
    set("--volumes-from", |args, text| add(&mut args.extra.volumes_from, read::text(text))),
    set("--workdir", |args, text| put(&mut args.extra.working_folder, read::text(text))).or("-w"),
];

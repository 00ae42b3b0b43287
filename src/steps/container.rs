//! What a codespace's container is made of: the configuration and the image, as the engine's request. Pure.

use std::collections::BTreeMap;

use crate::codespace::{CodespaceName, label};
use crate::devcontainer::{MergedConfiguration, Mount};
use crate::engine::{
    ContainerSpec, ExtraOptions, ImageDetails, MountDetails, MountKind, MountSpec, Restart, StandardInput,
};

use super::codespaces;
use super::flags::values;
use super::order::Order;

/// Where the repository is, in a volume that outlives the container.
pub(super) const WORKSPACES: &str = "/workspaces";

/// The pipe that the first process waits at until the home directory is the remote user's ([`super::create`]).
pub(super) const GATE: &str = "/var/lib/localspace/home";

/// Where a container says that its entrypoints are over.
pub(super) const STARTED: &str = "localspace: container started";

/// Returns the container to make, and what a person should know about it.
pub(super) fn spec(
    order: &Order,
    image: &ImageDetails,
    merged: &MergedConfiguration,
    metadata: String,
) -> (ContainerSpec, Vec<String>) {
    let ours = order.own_labels();
    let mut labels = ours.clone();
    labels.extend(order.labels());
    let (mounts, warnings) = mounts(order, merged, &ours, &labels);
    labels.insert(label::METADATA.to_owned(), metadata);
    let overrides = merged.override_command.unwrap_or(!order.is_compose());
    let (entrypoint, command) = first_process(order, image, merged, overrides);
    let mut spec = ContainerSpec {
        name: order.name.to_string(),
        image: image.id.clone(),
        labels,
        env: environment(order, merged),
        user: merged.container_user.clone(),
        hostname: None,
        entrypoint,
        command,
        mounts,
        privileged: merged.privileged,
        init: merged.init,
        restart: Restart::Never,
        input: StandardInput::None,
        extra: ExtraOptions {
            cap_add: merged.cap_add.clone(),
            security_opt: merged.security_opt.clone(),
            ..ExtraOptions::default()
        },
    };
    order.run_args.apply(&mut spec);
    codespaces::apply(order, &mut spec);
    (spec, warnings)
}

/// Returns what is mounted, and what is not. Of two mounts at one place, the later one holds, as in the metadata.
fn mounts(
    order: &Order,
    merged: &MergedConfiguration,
    ours: &BTreeMap<String, String>,
    labels: &BTreeMap<String, String>,
) -> (Vec<MountSpec>, Vec<String>) {
    // The volume of the user's work says everything that its container does, so that it is found when that is gone.
    let mut mounts = vec![workspaces(&order.name, labels)];
    let mut warnings = Vec::new();
    let bind = order.bind.as_ref();
    // A service has it where its Compose file says.
    let tree = bind.and_then(|bind| bind.mount.as_ref()).filter(|_| !order.is_compose());
    for mount in tree.into_iter().chain(&merged.mounts).chain(order.run_args.mounts()) {
        if mount.target.trim_end_matches('/') == WORKSPACES && tree != Some(mount) {
            warnings.push(format!("the mount at {WORKSPACES} is left out: the repository is there"));
            continue;
        }
        let spec = match (mount.kind.as_str(), mount.source.as_deref()) {
            ("volume", Some(source)) => MountSpec {
                read_only: mount.read_only,
                details: details(mount, &mut warnings),
                ..volume(named_volume(&order.name, source), &mount.target, ours)
            },
            ("bind", Some(source)) if bind.is_none() && source != "/var/run/docker.sock" => {
                // Specification, supporting-tools.md: Codespaces ignores bind mounts, the Docker socket's apart.
                warnings.push(format!("the bind mount of {source} is left out, as Codespaces does"));
                continue;
            }
            (kind, source) => MountSpec {
                kind: match kind {
                    "bind" => MountKind::Bind,
                    "tmpfs" => MountKind::Tmpfs,
                    _ => MountKind::Volume,
                },
                source: source.map(str::to_owned),
                target: mount.target.clone(),
                read_only: mount.read_only,
                labels: BTreeMap::new(),
                details: details(mount, &mut warnings),
            },
        };
        mounts.retain(|other| other.target != spec.target);
        mounts.push(spec);
    }
    (mounts, warnings)
}

/// Returns what else a mount asks for; what does not act is told of.
fn details(mount: &Mount, warnings: &mut Vec<String>) -> MountDetails {
    let options = &mount.options;
    let mut left_out: Vec<String> = options.left_out.iter().map(|option| format!("`{option}`")).collect();
    let size = options.size.as_ref().map(|text| (text, values::bytes(text).ok()));
    let mode = options.mode.as_ref().map(|text| (text, i64::from_str_radix(text, 8).ok()));
    for (name, read) in [("tmpfs-size", &size), ("tmpfs-mode", &mode)] {
        left_out.extend(read.as_ref().filter(|(_, value)| value.is_none()).map(|(text, _)| format!("`{name}={text}`")));
    }
    if !left_out.is_empty() {
        warnings.push(format!("{} of the mount at {} does not act here", left_out.join(", "), mount.target));
    }
    MountDetails {
        propagation: options.propagation.clone(),
        is_shallow: options.is_shallow,
        no_copy: options.no_copy,
        subpath: options.subpath.clone(),
        size: size.and_then(|(_, size)| size),
        mode: mode.and_then(|(_, mode)| mode),
    }
}

/// Returns the name of a volume that a configuration names. Each codespace has a machine of its own on GitHub, so names do not meet there:
/// a codespace's name holds no dot, so they do not meet here either.
fn named_volume(codespace: &CodespaceName, source: &str) -> String {
    format!("{codespace}.{source}")
}

/// Returns the mount of the volume that holds the user's work.
pub(super) fn workspaces(codespace: &CodespaceName, labels: &BTreeMap<String, String>) -> MountSpec {
    volume(workspaces_volume(codespace), WORKSPACES, labels)
}

/// Returns the name of the volume that holds the user's work.
pub(super) fn workspaces_volume(codespace: &CodespaceName) -> String {
    own_volume(codespace, "workspaces")
}

/// Returns the name of a volume that every codespace has, which no configuration can name: neither does a codespace's name hold a `_`.
fn own_volume(codespace: &CodespaceName, what: &str) -> String {
    format!("{codespace}_{what}")
}

/// A volume of this codespace alone.
fn volume(name: String, target: &str, labels: &BTreeMap<String, String>) -> MountSpec {
    MountSpec {
        kind: MountKind::Volume,
        source: Some(name),
        target: target.to_owned(),
        read_only: false,
        labels: labels.clone(),
        details: MountDetails::default(),
    }
}

/// What Codespaces gives, and `containerEnv`.
fn environment(order: &Order, merged: &MergedConfiguration) -> Vec<String> {
    // codespaces-facts.md section 1.5.
    let recovery = order.recovery.map(|_| "CODESPACES_RECOVERY_CONTAINER=true".to_owned());
    let own = merged.container_env.iter().map(|(name, value)| format!("{name}={value}"));
    codespaces::container_env(order).into_iter().chain(recovery).chain(own).collect()
}

/// Returns the first process: the Features' entrypoints, then the image's own command or nothing, then waiting for `SIGTERM`.
fn first_process(
    order: &Order,
    image: &ImageDetails,
    merged: &MergedConfiguration,
    overrides: bool,
) -> (Vec<String>, Vec<String>) {
    let may_wait = order.bind.as_ref().is_some_and(|bind| bind.ids.is_some());
    let gate = if may_wait { format!("[ -p {GATE} ] && read -r _ <{GATE}\n") } else { String::new() };
    let entrypoints = gate + &merged.entrypoints.join("\n");
    // Reference CLI: wakes once a second to wait; `tail` never does.
    let script = format!("trap 'exit 0' TERM\n{entrypoints}\necho '{STARTED}'\n\"$@\"\ntail -f /dev/null & wait $!\n");
    let own = if overrides { Vec::new() } else { [image.entrypoint.clone(), image.command.clone()].concat() };
    let script =
        if own.is_empty() { script.replace("\"$@\"\n", "") } else { script.replace("\"$@\"\n", "exec \"$@\"\n") };
    (["/bin/sh", "-c"].map(str::to_owned).to_vec(), [vec![script, "-".to_owned()], own].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_of_different_codespaces_never_meet() {
        let name = |text: &str| text.parse::<CodespaceName>().expect("a name");
        let mut all = std::collections::BTreeSet::new();
        for codespace in ["rv", "rv-vol", "rv-vol-workspaces"] {
            assert!(all.insert(own_volume(&name(codespace), "workspaces")), "{codespace}");
            for source in
                ["workspaces", "vol-workspaces", "vol.workspaces", "vol_workspaces", "_workspaces", ".workspaces"]
            {
                assert!(all.insert(named_volume(&name(codespace), source)), "{codespace} {source}");
            }
        }
    }
}

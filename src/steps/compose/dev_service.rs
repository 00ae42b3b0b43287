//! The service that is the codespace's container: what the dev container configuration adds to it (devcontainer-semantics.md sections 1.5 and
//! 1.7, codespaces-facts.md section 1.2: Codespaces adds `/workspaces` by a file of its own).

use serde_json::{Map, Value, json};

use super::binds::{Lies, WORKSPACES, escaped, part};
use super::making::{Making, escaped_labels, label};
use crate::engine::{ContainerSpec, GpuRequest, MountKind, MountSpec};

/// What a container made from an image would be.
#[derive(Debug)]
pub(super) struct Dressed<'a> {
    pub(super) spec: &'a ContainerSpec,
    /// Whether its first process is ours: Features have entrypoints, or `overrideCommand` is true.
    pub(super) wraps: bool,
}

impl Dressed<'_> {
    /// Adds it to the service, and the volumes that it needs to the project's.
    pub(super) fn dress(
        &self,
        making: &mut Making<'_>,
        own: &mut Map<String, Value>,
        volumes: &mut Map<String, Value>,
    ) {
        let spec = self.spec;
        own.insert("container_name".to_owned(), spec.name.clone().into());
        if let Some(labels) = own.get_mut("labels").and_then(Value::as_object_mut) {
            labels.extend(escaped_labels(&spec.labels));
        }
        let env = own.entry("environment").or_insert_with(|| json!({}));
        if let Some(env) = env.as_object_mut() {
            let ours = spec.env.iter().filter_map(|entry| entry.split_once('='));
            env.extend(ours.map(|(name, value)| (escaped(name), escaped(value).into())));
        }
        if let Some(user) = &spec.user {
            own.insert("user".to_owned(), escaped(user).into());
        }
        for (field, on) in [("init", spec.init), ("privileged", spec.privileged)] {
            if on {
                own.insert(field.to_owned(), true.into());
            }
        }
        union(own, "cap_add", &spec.extra.cap_add);
        union(own, "security_opt", &spec.extra.security_opt);
        self.host_name(own);
        self.gpus(own);
        if self.wraps {
            let words = |words: &[String]| words.iter().map(|word| escaped(word)).collect::<Vec<_>>();
            own.insert("entrypoint".to_owned(), words(&spec.entrypoint).into());
            own.insert("command".to_owned(), words(&spec.command).into());
        }
        self.mounts(making, own, volumes);
    }

    /// A container whose network is another's has the name and the hosts of that one.
    fn host_name(&self, own: &mut Map<String, Value>) {
        let network = own.get("network_mode").and_then(Value::as_str).unwrap_or_default();
        if own.contains_key("hostname") || network.starts_with("service:") {
            return;
        }
        own.extend(self.spec.hostname.clone().map(|name| ("hostname".to_owned(), name.into())));
        union(own, "extra_hosts", &self.spec.extra.hosts);
    }

    /// Without flags of `docker run`, GPUs are asked for by `hostRequirements` alone: all of them.
    fn gpus(&self, own: &mut Map<String, Value>) {
        let Some(GpuRequest { capabilities, .. }) = &self.spec.extra.gpus else { return };
        let mut at = own;
        for name in ["deploy", "resources", "reservations"] {
            let inner = at.entry(name).or_insert_with(|| json!({}));
            let Some(inner) = inner.as_object_mut() else { return };
            at = inner;
        }
        at.insert("devices".to_owned(), json!([{ "capabilities": capabilities, "count": "all" }]));
    }

    fn mounts(&self, making: &mut Making<'_>, own: &mut Map<String, Value>, volumes: &mut Map<String, Value>) {
        let mut all = match own.remove("volumes") {
            Some(Value::Array(all)) => all,
            Some(_) | None => Vec::new(),
        };
        for mount in &self.spec.mounts {
            let is_workspaces = mount.source.as_deref() == Some(making.ground.workspaces);
            let at = |other: &Value| target(other).trim_end_matches('/') == mount.target.trim_end_matches('/');
            if is_workspaces && making.ground.repository.lies == Lies::Here && all.iter().any(at) {
                // Reference CLI: mounts nothing there itself.
                making.has_workspaces = false;
                continue;
            }
            if is_workspaces {
                let other = all.iter().find(|other| at(other)).filter(|other| path(other) != Some(""));
                if other.is_some() {
                    making
                        .warnings
                        .push("the service's mount at /workspaces is left out: the repository is there".to_owned());
                }
                // What is a part of it already needs no mount of its own.
                all.retain(|other| path(other).is_none_or(|path| target(other) != format!("/workspaces/{path}")));
            }
            all.retain(|other| !at(other));
            all.push(if is_workspaces { part("", &mount.target, false) } else { mounted(mount, volumes) });
        }
        own.insert("volumes".to_owned(), all.into());
    }
}

fn target(mount: &Value) -> &str {
    mount.get("target").and_then(Value::as_str).unwrap_or_default()
}

/// Returns which part of `/workspaces` a mount is.
fn path(mount: &Value) -> Option<&str> {
    let is_part = mount.get("source").and_then(Value::as_str) == Some(WORKSPACES);
    is_part.then(|| mount.pointer("/volume/subpath").and_then(Value::as_str).unwrap_or_default())
}

/// Returns a mount of the dev container configuration. A volume of that name may be the project's too.
fn mounted(mount: &MountSpec, volumes: &mut Map<String, Value>) -> Value {
    let kind = match mount.kind {
        MountKind::Volume => "volume",
        MountKind::Bind => "bind",
        MountKind::Tmpfs => "tmpfs",
    };
    let mut made = json!({ "type": kind, "target": escaped(&mount.target), "read_only": mount.read_only });
    let source = mount.source.as_ref().map(|source| {
        if mount.kind != MountKind::Volume {
            return escaped(source);
        }
        let known = volumes.iter().find(|(_, volume)| volume.get("name").and_then(Value::as_str) == Some(source));
        if let Some((key, _)) = known {
            return key.clone();
        }
        let mut volume = Map::from_iter([("name".to_owned(), source.clone().into())]);
        label(&mut volume, &mount.labels);
        volumes.insert(source.clone(), volume.into());
        source.clone()
    });
    if let Some(made) = made.as_object_mut() {
        made.extend(source.map(|source| ("source".to_owned(), source.into())));
        let details = details(mount);
        made.extend(
            Some((kind.to_owned(), details))
                .filter(|(_, details)| details.as_object().is_some_and(|all| !all.is_empty())),
        );
    }
    made
}

/// Returns what else the mount asks for, in Compose's names; Compose has none for a bind mount without what is mounted in it.
fn details(mount: &MountSpec) -> Value {
    let details = &mount.details;
    let all = match mount.kind {
        MountKind::Bind => vec![("propagation", details.propagation.clone().map(Value::from))],
        MountKind::Volume => vec![
            ("nocopy", details.no_copy.then_some(true.into())),
            ("subpath", details.subpath.as_ref().map(|path| escaped(path).into())),
        ],
        MountKind::Tmpfs => vec![("size", details.size.map(Value::from)), ("mode", details.mode.map(Value::from))],
    };
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}

fn union(own: &mut Map<String, Value>, field: &str, more: &[String]) {
    let all = own.entry(field).or_insert_with(|| json!([]));
    let Some(all) = all.as_array_mut() else { return };
    for one in more {
        let one = Value::from(escaped(one));
        if !all.contains(&one) {
            all.push(one);
        }
    }
    if all.is_empty() {
        own.remove(field);
    }
}

//! One service of a codespace's project.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::binds::{Bound, part};
use super::making::{Making, label};
use crate::codespace::label as names;

/// What is decided by now, or acts on nothing here.
const GONE: [&str; 6] = ["build", "develop", "env_file", "label_file", "profiles", "pull_policy"];

/// Returns a service as the codespace has it; `is_dev` is that of its container.
pub(super) fn own(
    making: &mut Making<'_>,
    name: &str,
    fields: &Map<String, Value>,
    is_dev: bool,
) -> Result<Map<String, Value>, String> {
    let mut own = fields.clone();
    for field in GONE {
        own.remove(field);
    }
    if let Some(image) = making.ground.images.get(name) {
        own.insert("image".to_owned(), super::binds::escaped(image).into());
    }
    let mut labels: BTreeMap<String, String> = making.ground.labels.clone();
    labels.insert(names::SERVICE.to_owned(), name.to_owned());
    labels.insert(names::SOURCE.to_owned(), String::new());
    label(&mut own, &labels);
    needs(making, &mut own);
    addresses(making, &mut own);
    container_name(making, name, &mut own);
    ports(making, name, &mut own);
    restart(&mut own, is_dev);
    mounts(making, name, &mut own)?;
    Ok(own)
}

/// What a service could do without, and is in no profile in use, is not in this project: compose takes the name for a mistake.
fn needs(making: &Making<'_>, own: &mut Map<String, Value>) {
    let Some(needs) = own.get_mut("depends_on").and_then(Value::as_object_mut) else { return };
    let is_needed = |need: &Value| need.get("required").and_then(Value::as_bool) != Some(false);
    needs.retain(|name, need| is_needed(need) || making.model.service(name).is_some());
}

/// A fixed address goes with the addresses of its network.
fn addresses(making: &Making<'_>, own: &mut Map<String, Value>) {
    let all = own.get_mut("networks").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, network) in all.filter(|(key, _)| making.ground.taken.contains(*key)) {
        if let Some(network) = network.as_object_mut() {
            network.retain(|name, _| !["ipv4_address", "ipv6_address"].contains(&name.as_str()));
        }
    }
}

/// A name would be another codespace's too. In the project's networks the service is still called so.
fn container_name(making: &mut Making<'_>, name: &str, own: &mut Map<String, Value>) {
    let Some(Value::String(called)) = own.remove("container_name") else { return };
    making.warnings.push(format!(
        "service {name}: the container is not called {called}, as another codespace's would be too; the other services reach it by that name"
    ));
    for (_, network) in own.get_mut("networks").and_then(Value::as_object_mut).into_iter().flatten() {
        if network.is_null() {
            *network = json!({});
        }
        let aliases = network.as_object_mut().map(|network| network.entry("aliases").or_insert_with(|| json!([])));
        if let Some(aliases) = aliases.and_then(Value::as_array_mut) {
            aliases.push(called.clone().into());
        }
    }
}

/// A fixed port would be another codespace's too, and every interface of this machine is not GitHub's.
fn ports(making: &mut Making<'_>, name: &str, own: &mut Map<String, Value>) {
    for port in own.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else { continue };
        let published = port.remove("published").and_then(|port| port.as_str().map(str::to_owned));
        port.insert("host_ip".to_owned(), "127.0.0.1".into());
        if let Some(published) = published.filter(|port| !port.is_empty() && port != "0") {
            making.warnings.push(format!(
                "service {name}: its port {published} is a free one of 127.0.0.1 here, as another codespace's would be the same; \
                 `docker ps` shows which"
            ));
        }
    }
}

/// A codespace that is stopped does not come back by itself, also where the engine starts anew.
fn restart(own: &mut Map<String, Value>, is_dev: bool) {
    let policy =
        own.get_mut("deploy").and_then(Value::as_object_mut).and_then(|deploy| deploy.remove("restart_policy"));
    let condition = policy.map(|policy| policy.get("condition").and_then(Value::as_str).unwrap_or("any").to_owned());
    let wanted = match (own.get("restart").and_then(Value::as_str), condition.as_deref()) {
        (Some("always"), _) | (None, Some("any")) => Some("unless-stopped"),
        (None, Some("on-failure")) => Some("on-failure"),
        (Some(_) | None, _) => None,
    };
    if is_dev {
        // Its start and its end are the codespace's.
        own.remove("restart");
    } else if let Some(wanted) = wanted {
        own.insert("restart".to_owned(), wanted.into());
    }
    if is_dev {
        own.remove("scale");
        if let Some(deploy) = own.get_mut("deploy").and_then(Value::as_object_mut) {
            deploy.remove("replicas");
        }
    }
}

/// Makes binds of the repository parts of `/workspaces`, and files of secrets and configurations too, which compose would bind as well.
fn mounts(making: &mut Making<'_>, name: &str, own: &mut Map<String, Value>) -> Result<(), String> {
    let mut all = Vec::new();
    for volume in list(own.remove("volumes")) {
        let text = |field: &str| volume.get(field).and_then(Value::as_str).unwrap_or_default();
        if text("type") != "bind" {
            all.push(volume);
            continue;
        }
        let makes = volume.pointer("/bind/create_host_path").and_then(Value::as_bool).unwrap_or(true);
        let read_only = volume.get("read_only").and_then(Value::as_bool).unwrap_or(false);
        let bind = Bind { source: text("source").replace("$$", "$"), target: text("target"), read_only, makes };
        all.extend(bound(making, name, &bind, &volume)?);
    }
    for (kind, folder) in [("secrets", "/run/secrets/"), ("configs", "/")] {
        let mut kept = Vec::new();
        for one in list(own.remove(kind)) {
            let text = |field: &str| one.get(field).and_then(Value::as_str).unwrap_or_default();
            let file = making.model.fields().get(kind).and_then(|all| all.get(text("source"))?.get("file")?.as_str());
            let Some(file) = file else {
                kept.push(one);
                continue;
            };
            let target = match text("target") {
                "" => format!("{folder}{}", text("source")),
                target if target.starts_with('/') => target.to_owned(),
                target => format!("{folder}{target}"),
            };
            let bind = Bind { source: file.replace("$$", "$"), target: &target, read_only: true, makes: false };
            let mount = json!({ "type": "bind", "source": file, "target": target, "read_only": true });
            all.extend(bound(making, name, &bind, &mount)?);
        }
        if !kept.is_empty() {
            own.insert(kind.to_owned(), kept.into());
        }
    }
    if !all.is_empty() {
        own.insert("volumes".to_owned(), all.into());
    }
    Ok(())
}

/// A bind, as a service has it.
struct Bind<'a> {
    source: String,
    target: &'a str,
    read_only: bool,
    /// Whether compose makes a folder that is not there.
    makes: bool,
}

fn bound(making: &mut Making<'_>, name: &str, bind: &Bind<'_>, as_it_is: &Value) -> Result<Option<Value>, String> {
    let Bind { source, target, .. } = bind;
    match making.ground.repository.bound(source) {
        Bound::AsItIs => Ok(Some(as_it_is.clone())),
        Bound::Outside => {
            making.warnings.push(format!(
                "service {name}: the bind of {source} at {target} is left out: it is not in the repository"
            ));
            Ok(None)
        }
        Bound::Part { missing: true, .. } | Bound::Tree { missing: true, .. } if !bind.makes => {
            Err(format!("service {name} mounts {target} from a path of the repository that is not there"))
        }
        Bound::Part { path, missing } => {
            if missing {
                making.folders.insert(path.clone());
            }
            making.has_parts |= !path.is_empty();
            Ok(Some(part(&path, target, bind.read_only)))
        }
        Bound::Tree { source, below, .. } => {
            let target = below.map_or((*target).to_owned(), |below| {
                format!("{}/{}", target.trim_end_matches('/'), super::binds::escaped(&below))
            });
            let source = super::binds::escaped(&source.display().to_string());
            let mut mount = as_it_is.clone();
            let places = [("source".to_owned(), source.into()), ("target".to_owned(), target.into())];
            if let Some(mount) = mount.as_object_mut() {
                mount.extend(places);
            }
            Ok(Some(mount))
        }
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        Some(_) | None => Vec::new(),
    }
}

//! A codespace's own project: what compose makes of the repository's files, so that codespaces on one engine do not meet. Pure, but for links
//! in the repository, which are followed.
//!
//! On GitHub each codespace has a machine of its own. What names of networks, volumes, containers and ports would make of several codespaces
//! on one engine is decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::binds::{WORKSPACES, escaped};
use super::dev_service::Dressed;
use super::making::{Ground, Making, called, definitions, is_external, label, network_name};
use super::service;
use super::subnets::subnets;
use crate::compose::{INLINE, Model};

/// A project to run.
#[derive(Debug)]
pub(super) struct Made {
    /// The file for compose.
    pub(super) file: Value,
    /// What a person should know.
    pub(super) warnings: Vec<String>,
    /// Folders that have to be in the volume of `/workspaces`, as paths in it.
    pub(super) folders: BTreeSet<String>,
    /// Seccomp profiles by the files that the project names: compose takes them no other way.
    pub(super) profiles: BTreeMap<PathBuf, String>,
    /// Whether a part of that volume is mounted somewhere.
    pub(super) has_parts: bool,
    /// Whether that volume is in use at all: a working tree may be in its place.
    pub(super) has_workspaces: bool,
    /// The volumes that are said to be there already.
    pub(super) external: Vec<String>,
}

/// Makes a codespace's project, whose service `dev` is its container. An error is what cannot be, in words.
pub(super) fn project(model: &Model, ground: &Ground<'_>, dev: (&str, &Dressed<'_>)) -> Result<Made, String> {
    let (warnings, folders, profiles) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
    let mut making = Making { ground, model, warnings, folders, profiles, has_parts: false, has_workspaces: true };
    let mut volumes = making.volumes();
    let mut services = Map::new();
    for (name, fields) in model.services() {
        let dressed = (name == dev.0).then_some(dev.1);
        let mut made = service::own(&mut making, name, fields, dressed.is_some())?;
        if let Some(dressed) = dressed {
            dressed.dress(&mut making, &mut made, &mut volumes);
        }
        making.profiles(&mut made);
        services.insert(name.to_owned(), made.into());
    }
    let external = volumes.values().filter_map(Value::as_object).filter(|volume| is_external(volume));
    let external = external.filter_map(|volume| volume.get("name")?.as_str()).map(str::to_owned).collect();
    if making.has_workspaces {
        volumes.insert(WORKSPACES.to_owned(), json!({ "name": ground.workspaces, "external": true }));
    }
    let networks = making.networks();
    let file = json!({
        "name": ground.name.as_str(),
        "services": services,
        "networks": networks,
        "volumes": volumes,
        "secrets": making.without_files("secrets"),
        "configs": making.without_files("configs"),
    });
    let Making { warnings, folders, profiles, has_parts, has_workspaces, .. } = making;
    Ok(Made { file, warnings, folders, profiles, has_parts, has_workspaces, external })
}

impl Making<'_> {
    /// Volumes are the codespace's own, whatever they are called; one that is said to be there already is that one.
    fn volumes(&mut self) -> Map<String, Value> {
        let (name, mut all) = (self.ground.name, Map::new());
        for (key, volume) in definitions(self.model, "volumes") {
            let mut volume = volume;
            if !is_external(&volume) {
                let called = called(name, &volume, key);
                volume.insert("name".to_owned(), format!("{name}.{called}").into());
                label(&mut volume, self.ground.labels);
                let options = volume.get("driver_opts").and_then(Value::as_object);
                let device = options.and_then(|options| options.get("device")?.as_str()).unwrap_or_default();
                if device.starts_with('/') {
                    self.warnings.push(format!("volume {key} is a plain one: {device} is not this codespace's"));
                    volume.remove("driver_opts");
                }
            }
            all.insert(key.to_owned(), volume.into());
        }
        all
    }

    fn networks(&mut self) -> Map<String, Value> {
        let (name, mut all) = (self.ground.name, Map::new());
        for (key, network) in definitions(self.model, "networks") {
            let mut network = network;
            if !is_external(&network) {
                let whole = network_name(name, &network, key);
                network.insert("name".to_owned(), whole.into());
                label(&mut network, self.ground.labels);
                // A name of the machine's.
                if let Some(options) = network.get_mut("driver_opts").and_then(Value::as_object_mut) {
                    options.remove("com.docker.network.bridge.name");
                }
                if self.ground.taken.contains(key) {
                    let others = subnets(&network).join(" and ");
                    self.warnings.push(format!(
                        "network {key} has other addresses here than {others}, as another network of the engine has those; \
                         the services reach each other by their names"
                    ));
                    network.remove("ipam");
                }
            }
            all.insert(key.to_owned(), network.into());
        }
        all
    }

    /// Has a service's seccomp profiles in files, whose names change with what is in them: what the service is made of has changed then.
    fn profiles(&mut self, service: &mut Map<String, Value>) {
        for option in service.get_mut("security_opt").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(text) = option.as_str().and_then(|option| option.strip_prefix(INLINE)) else { continue };
            if !text.starts_with('{') {
                continue;
            }
            let text = text.replace("$$", "$");
            let digest = Sha256::digest(&text);
            let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            let path = self.ground.folder.join(format!("seccomp-{name}.json"));
            *option = format!("{INLINE}{}", escaped(&path.display().to_string())).into();
            self.profiles.insert(path, text);
        }
    }

    /// Returns secrets or configurations but those from a file: services have these as mounts.
    fn without_files(&self, kind: &str) -> Map<String, Value> {
        let all = definitions(self.model, kind).into_iter().filter(|(_, one)| !one.contains_key("file"));
        all.map(|(key, one)| (key.to_owned(), one.into())).collect()
    }
}

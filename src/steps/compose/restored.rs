//! What is other in a codespace's project where it is made of a prebuild: its volumes are there already. Pure.

use serde_json::{Map, Value, json};

use crate::codespace::CodespaceName;
use crate::prebuild::{KeptVolume, Place};

/// Has a project's file take the volumes that a prebuild has filled as they are, those too that nobody has named.
pub(super) fn take(file: &mut Value, name: &CodespaceName, kept: &[KeptVolume]) {
    for volume in kept {
        let own = volume.place.volume_of(name.as_str());
        let there = json!({ "name": own, "external": true });
        let key = match volumes(file).and_then(|all| key_of(all, &own)) {
            Some(key) => key,
            None => own.clone(),
        };
        if let Place::Anonymous { service: Some(service), target } = &volume.place
            && !mount(file, service, target, &key)
        {
            continue;
        }
        if let Some(all) =
            volumes(file).filter(|all| all.contains_key(&key) || matches!(volume.place, Place::Anonymous { .. }))
        {
            all.insert(key, there);
        }
    }
}

fn volumes(file: &mut Value) -> Option<&mut Map<String, Value>> {
    file.get_mut("volumes")?.as_object_mut()
}

/// Returns the key of a volume that has this name.
fn key_of(all: &Map<String, Value>, name: &str) -> Option<String> {
    let is_called = |volume: &Value| volume.get("name").and_then(Value::as_str) == Some(name);
    all.iter().find(|(_, volume)| is_called(volume)).map(|(key, _)| key.clone())
}

/// Mounts a volume in a service, where nothing else is mounted there; tells whether it is.
fn mount(file: &mut Value, service: &str, target: &str, key: &str) -> bool {
    let Some(fields) = file.pointer_mut(&format!("/services/{}", service.replace('~', "~0").replace('/', "~1"))) else {
        return false;
    };
    let Some(fields) = fields.as_object_mut() else { return false };
    let all = fields.entry("volumes").or_insert_with(|| json!([]));
    let Some(all) = all.as_array_mut() else { return false };
    let at = |mount: &Value| mount.get("target").and_then(Value::as_str) == Some(target);
    let other = all.iter().position(at);
    // What the image says of it the project may say too, without a name.
    let is_nameless = other.and_then(|at| all.get(at)).is_some_and(|mount| mount.get("source").is_none());
    match other {
        Some(at) if is_nameless => drop(all.remove(at)),
        Some(at) => return all.get(at).and_then(|mount| mount.get("source")).and_then(Value::as_str) == Some(key),
        None => {}
    }
    all.push(json!({ "type": "volume", "source": key, "target": target }));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_that_are_there_are_taken_and_nameless_ones_get_a_name() {
        let name: CodespaceName = "calm-lamp".parse().expect("a name");
        let anonymous =
            |service: &str| Place::Anonymous { service: Some(service.to_owned()), target: "/var/lib/data".to_owned() };
        let kept = |place: Place| KeptVolume {
            volume: "v".to_owned(),
            place,
            entries: 0,
            bytes: 0,
            target: String::new(),
            service: None,
        };
        let mut file = json!({
            "services": {
                "db": {"volumes": [{"type": "volume", "target": "/var/lib/data"}]},
                "app": {"volumes": [{"type": "volume", "source": "cache", "target": "/var/lib/data"}]},
                "web": {},
            },
            "volumes": {"cache": {"name": "calm-lamp.cache", "labels": {}}, "other": {"name": "calm-lamp.other"}},
        });
        let all =
            [Place::Named(".cache".to_owned()), Place::Named(".gone".to_owned()), anonymous("db"), anonymous("app")];
        take(&mut file, &name, &all.map(kept));
        let own = anonymous("db").volume_of("calm-lamp");
        assert_eq!(file["volumes"]["cache"], json!({"name": "calm-lamp.cache", "external": true}));
        assert_eq!(file["volumes"]["other"], json!({"name": "calm-lamp.other"}));
        assert_eq!(file["volumes"][&own], json!({"name": own, "external": true}));
        assert_eq!(
            file["services"]["db"]["volumes"],
            json!([{"type": "volume", "source": own, "target": "/var/lib/data"}])
        );
        assert_eq!(file["services"]["app"]["volumes"][0]["source"], "cache");
        assert_eq!(file["volumes"].as_object().map(Map::len), Some(3));
    }
}

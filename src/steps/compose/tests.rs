//! Vectors: what compose makes of a repository's files, and the codespace's project of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::binds::{Lies, Repository};
use super::dev_service::Dressed;
use super::making::Ground;
use super::project::project;
use crate::codespace::{CodespaceName, label};
use crate::compose::Model;
use crate::engine::{ContainerSpec, ExtraOptions, MountDetails, MountKind, MountSpec};

fn name() -> CodespaceName {
    "calm-lamp".parse().expect("a name")
}

fn labels() -> BTreeMap<String, String> {
    [(label::CODESPACE, "calm-lamp"), (label::HOME, "/h")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// Returns what a container made from an image would be.
fn spec(user: Option<&str>) -> ContainerSpec {
    let mount = |kind, source: &str, target: &str| MountSpec {
        kind,
        source: Some(source.to_owned()),
        target: target.to_owned(),
        read_only: false,
        labels: labels(),
        details: MountDetails::default(),
    };
    let mut all = labels();
    all.insert(label::SOURCE.to_owned(), "/s".to_owned());
    all.insert(label::METADATA.to_owned(), r#"[{"onCreateCommand":"echo $X"}]"#.to_owned());
    ContainerSpec {
        name: "calm-lamp".to_owned(),
        labels: all,
        env: vec!["CODESPACES=true".to_owned(), "B=configuration's $B".to_owned()],
        user: user.map(str::to_owned),
        hostname: Some("calm-lamp".to_owned()),
        entrypoint: ["/bin/sh", "-c"].map(str::to_owned).into(),
        command: ["exec \"$@\"", "-"].map(str::to_owned).into(),
        mounts: vec![
            mount(MountKind::Volume, "calm-lamp_workspaces", "/workspaces"),
            mount(MountKind::Volume, "calm-lamp.cache", "/cache"),
            mount(MountKind::Bind, "/var/run/docker.sock", "/var/run/docker.sock"),
        ],
        init: true,
        extra: ExtraOptions {
            cap_add: ["SYS_PTRACE", "NET_ADMIN"].map(str::to_owned).into(),
            security_opt: vec!["seccomp=unconfined".to_owned()],
            ..ExtraOptions::default()
        },
        ..ContainerSpec::default()
    }
}

#[test]
fn a_codespaces_project_is_as_the_vectors_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let around = folder.path().canonicalize().expect("there");
    let root = around.join("app");
    std::fs::create_dir_all(root.join("db")).expect("made");
    for file in ["in$it.sql", "pw"] {
        std::fs::write(root.join("db").join(file), "").expect("written");
    }
    let here =
        |text: &str| text.replace("ROOT", &root.display().to_string()).replace("AROUND", &around.display().to_string());
    let vectors = here(include_str!("../../../integration/vectors/compose/project.json"));
    let vectors: Vec<Value> = serde_json::from_str(&vectors).expect("JSON");
    for vector in &vectors {
        let about = vector["about"].as_str().expect("text");
        let mut model = vector.get("more").cloned().unwrap_or_else(|| json!({}));
        for kind in ["services", "volumes", "networks"] {
            model[kind] = vector[kind].clone();
        }
        let model = Model::parse(&model.to_string()).expect("a model");
        let spec = spec(vector["user"].as_str());
        let ground = Ground {
            name: &name(),
            labels: &labels(),
            repository: Repository {
                root: &root,
                name: "app",
                lies: if vector["bind"] == true { Lies::Here } else { Lies::InVolume },
            },
            images: &BTreeMap::from([("app".to_owned(), "base:1".to_owned())]),
            workspaces: "calm-lamp_workspaces",
            folder: Path::new("/state/$c"),
            taken: &vector["taken"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| one.as_str().expect("text").to_owned())
                .collect(),
        };
        let dressed = Dressed { spec: &spec, wraps: vector["wraps"] == true };
        let made = match (project(&model, &ground, ("app", &dressed)), vector["error"].as_str()) {
            (Ok(made), None) => made,
            (Err(problem), Some(expected)) => {
                assert_eq!(problem, expected, "{about}");
                continue;
            }
            (made, expected) => panic!("{about}: {made:?}, expected {expected:?}"),
        };
        for (pointer, expected) in vector["expected"].as_object().expect("an object") {
            let found = made.file.pointer(pointer).unwrap_or(&Value::Null);
            assert_eq!(found, expected, "{about}: {pointer}");
        }
        let list = |name: &str| -> Vec<String> {
            let all = vector[name].as_array().into_iter().flatten();
            all.map(|one| one.as_str().expect("text").to_owned()).collect()
        };
        assert_eq!(made.folders, list("folders").into_iter().collect::<BTreeSet<_>>(), "{about}");
        assert_eq!(made.external, list("external"), "{about}");
        assert_eq!(made.profiles.into_values().collect::<Vec<_>>(), list("profiles"), "{about}");
        let expected = list("warnings");
        assert_eq!(made.warnings.len(), expected.len(), "{about}: {:?}", made.warnings);
        for (warning, expected) in made.warnings.iter().zip(expected) {
            assert!(warning.starts_with(&expected), "{about}: {warning}");
        }
    }
}

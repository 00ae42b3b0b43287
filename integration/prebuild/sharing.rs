//! What several prebuilds have in common is on the engine once.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Prebuilds, commit};
use crate::support::{Sandbox, docker};

const DOCKERFILE: &str = "FROM busybox:1\nRUN head -c 3000000 /dev/zero | tr '\\0' x >/of-image\n";
const CONFIG: &str = r#"{
    "build": {"dockerfile": "Dockerfile"},
    "onCreateCommand": "head -c 2000000 /dev/zero | tr '\\0' y >/of-create",
    "updateContentCommand": "cat version >/of-update && head -c 100000 /dev/zero | tr '\\0' z >>/of-update"
}"#;

/// The image of a prebuild.
struct Image {
    /// The digests of its layers, the oldest first.
    layers: Vec<String>,
    size: u64,
    /// How large each entry of its history is, the newest first.
    sizes: Vec<u64>,
}

impl Image {
    #[track_caller]
    fn of(prebuild: &str) -> Self {
        let name = format!("localspace-prebuild:{prebuild}");
        let told = docker(&["image", "inspect", &name]).expect(0).json();
        let layers = told[0]["RootFS"]["Layers"].as_array().expect("a list").iter();
        let text = |layer: &Value| layer.as_str().expect("a text").to_owned();
        let history = docker(&["history", "--human=false", "--format", "{{.Size}}", &name]).expect(0).stdout;
        Self {
            layers: layers.map(text).collect(),
            size: told[0]["Size"].as_u64().expect("a number"),
            sizes: history.lines().map(|size| size.parse().expect("a number")).collect(),
        }
    }
}

#[test]
fn prebuilds_of_one_repository_share_what_they_are_made_from() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", CONFIG);
    fs::write(folder.join(".devcontainer/Dockerfile"), DOCKERFILE).expect("written");
    let version = |text: &str| {
        fs::write(folder.join("version"), text).expect("written");
        commit(&folder, text);
    };
    version("v1");
    let first = Image::of(&prebuilds.created(&folder, &["--keep", "4"]));
    version("v2");
    let second = prebuilds.created(&folder, &[]);
    let other = Image::of(&second);
    // Each is one layer on the image that was built, which is the same one.
    let (of_image, own) = first.layers.split_at(first.layers.len() - 1);
    assert!(other.layers.starts_with(of_image) && !other.layers.ends_with(own), "{:?}", other.layers);
    assert_eq!(other.layers.len(), first.layers.len());
    assert!((2_100_000..2_200_000).contains(&other.sizes[0]), "{:?}", other.sizes);
    assert!(other.sizes[1..].iter().any(|size| (3_000_000..3_100_000).contains(size)), "{:?}", other.sizes);

    // A new version is one layer on the one before, of nothing but what is new.
    version("v3");
    let third = updated(&sandbox, &folder, &second);
    let newer = Image::of(&third);
    assert!(newer.layers.starts_with(&other.layers), "{:?} {:?}", newer.layers, other.layers);
    assert_eq!(newer.layers.len(), other.layers.len() + 1);
    assert!((100_000..150_000).contains(&newer.sizes[0]), "{:?}", newer.sizes);
    assert_eq!(newer.sizes[1..], other.sizes);
    assert_eq!(newer.size - other.size, newer.sizes[0]);
    let told = sandbox.run(&["prebuild", "view", &third, "--json"]).expect(0).json();
    let own: Vec<u64> =
        told["layers"].as_array().expect("a list").iter().map(|one| one["bytes"].as_u64().expect("bytes")).collect();
    assert_eq!(own, newer.sizes[..2]);

    // One that goes takes nothing from another one.
    let _gone = sandbox.run(&["prebuild", "delete", &second]).expect(0);
    assert_eq!(Image::of(&third).layers, newer.layers);
    let name = sandbox.name("one");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "wc -c </of-create; head -c 2 /of-update"), "2000000\nv3");
    let _deleted = sandbox.run(&["delete", "-c", &name]).expect(0);
    let _deleted = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    assert_eq!(prebuilds.objects(), "");
}

#[track_caller]
fn updated(sandbox: &Sandbox, folder: &Path, before: &str) -> String {
    let told = sandbox.run(&["prebuild", "update", &folder.display().to_string(), "--json"]).expect(0).json();
    assert_eq!(told["prebuilds"][0]["over"], before, "{told}");
    told["prebuilds"][0]["name"].as_str().expect("a name").to_owned()
}

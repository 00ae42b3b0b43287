//! A new version of a prebuild, made over the one before.

use std::fs;

use super::{Prebuilds, commit, git};
use crate::support::Sandbox;

/// A volume that the image names and nobody else, as in many images of databases.
const DOCKERFILE: &str = "FROM busybox:1\nVOLUME /kept\n";
const CONFIG: &str = r#"{
    "build": {"dockerfile": "Dockerfile"},
    "onCreateCommand": "echo onCreate >>/of-image && echo onCreate >>/kept/of-volume",
    "updateContentCommand": "test ! -e fails && echo $(cat version) >>/of-image && echo $(cat version) >>/kept/of-volume"
}"#;

#[test]
fn an_update_goes_on_from_the_prebuild_before() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", CONFIG);
    fs::write(folder.join(".devcontainer/Dockerfile"), DOCKERFILE).expect("written");
    let version = |text: &str| {
        fs::write(folder.join("version"), text).expect("written");
        commit(&folder, text);
    };
    let update = |target: &str, code: i32| {
        let ran = sandbox.run(&["prebuild", "update", target, "--json"]).expect(code);
        (ran.json()["prebuilds"][0].clone(), ran.stderr)
    };
    version("v1");
    let here = folder.display().to_string();
    let none = sandbox.run(&["prebuild", "update", &here]).expect(2);
    assert!(none.stderr.contains("has no prebuild\nhint: `localspace prebuild create"), "{}", none.stderr);
    let first = prebuilds.created(&folder, &[]);
    version("v2");
    let (second, said) = update(&here, 0);
    assert_eq!(second["over"], first.as_str(), "{second}");
    assert_eq!(second["madeAnewAs"], serde_json::Value::Null, "{second}");
    for line in [
        &format!("image: skipped: it is that of the prebuild {first}\n"),
        &format!("onCreateCommand: skipped: it has succeeded in the prebuild {first}\n"),
        "updateContentCommand: succeeded",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let second = second["name"].as_str().expect("a name").to_owned();
    assert_eq!(prebuilds.names(), [second.clone(), first.clone()]);

    // A run that fails leaves the last good one.
    fs::write(folder.join("fails"), "").expect("written");
    version("broken");
    let (failed, said) = update(&second, 1);
    assert_eq!(failed["kept"], second.as_str(), "{failed}");
    assert!(said.contains(&format!("the prebuild {second} stays as it was")), "{said}");
    assert_eq!(prebuilds.names(), [second.clone(), first]);
    git(&folder, &["rm", "-q", "fails"]);
    version("v3");
    let third = update(&second, 0).0["name"].as_str().expect("a name").to_owned();
    // Two are kept.
    assert_eq!(prebuilds.names(), [third.clone(), second]);
    let told = sandbox.run(&["prebuild", "view", &third, "--json"]).expect(0).json();
    assert_eq!(told["layers"].as_array().expect("a list").len(), 3, "{told}");

    let name = sandbox.name("one");
    let up = sandbox.up(&folder, &name, &[]).expect(0);
    assert!(up.stderr.contains(&format!("prebuild {third}: of main")), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "cat /of-image"), "onCreate\nv1\nv2\nv3\n");
    assert_eq!(sandbox.inside(&name, "cat /kept/of-volume"), "onCreate\nv1\nv2\nv3\n");
    assert_eq!(sandbox.inside(&name, "cat version"), "v3");

    // Where the configuration has changed, everything begins anew.
    let config = CONFIG.replace("onCreate >>/of-image", "other >>/of-image");
    fs::write(folder.join(".devcontainer/devcontainer.json"), config).expect("written");
    version("v4");
    let (fourth, said) = update(&here, 0);
    assert_eq!(fourth["over"], serde_json::Value::Null, "{fourth}");
    assert_eq!(fourth["madeAnewAs"], "the configuration has changed since the prebuild was made");
    assert!(said.contains("onCreateCommand: succeeded"), "{said}");
    let _deleted = sandbox.run(&["delete", "-c", &name]).expect(0);
    let _deleted = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    assert_eq!(prebuilds.objects(), "");
}

//! Prebuilds of a repository that is elsewhere: whatever is to be known of it, a clone tells.

use std::fs;

use super::{Prebuilds, commit, git};
use crate::support::Sandbox;

const CONFIG: &str = r#"{"image": "busybox:1", "updateContentCommand": "cat version >>/seen"}"#;

#[test]
fn a_prebuild_of_a_repository_elsewhere_is_viewed_and_updated() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", CONFIG);
    let bare = sandbox.path("elsewhere.git");
    let url = format!("file://{}", bare.display());
    let push = |text: &str| {
        fs::write(folder.join("version"), format!("{text}\n")).expect("written");
        commit(&folder, text);
        git(&folder, &["push", "-q", &url, "main"]);
    };
    git(&folder, &["init", "-q", "--bare", "-b", "main", &bare.display().to_string()]);
    push("v1");
    let first = sandbox.run(&["prebuild", "create", &url]).expect(0).stdout.trim().to_owned();
    push("v2");
    let asked = ["prebuild", "would-run", &url, "--from", "main~1", "--to", "main"];
    let told = sandbox.run(&[&asked[..], &["--json"]].concat()).expect(0).json();
    assert_eq!((&told["branch"], &told["changedFiles"]), (&"main".into(), &serde_json::json!(["version"])), "{told}");
    assert_eq!(told["triggers"][0]["start"], "atOnce");
    assert_eq!(told["triggers"][0]["meanwhile"]["prebuild"], first.as_str());
    let view = |name: &str| sandbox.run(&["prebuild", "view", name, "--json"]).expect(0).json();
    let told = view(&first);
    assert_eq!((&told["behind"], &told["source"]), (&1.into(), &url.as_str().into()), "{told}");
    assert!(told["newerCommits"][0].as_str().expect("a text").ends_with(" v2"), "{told}");

    let update = |target: &str, code: i32| sandbox.run(&["prebuild", "update", target, "--json"]).expect(code);
    let told = update(&url, 0).json()["prebuilds"][0].clone();
    assert_eq!((&told["over"], &told["branch"]), (&first.as_str().into(), &"main".into()), "{told}");
    let second = told["name"].as_str().expect("a name").to_owned();
    assert_eq!(view(&second)["behind"], 0);
    push("v3");
    let third = update(&second, 0).json()["prebuilds"][0]["name"].as_str().expect("a name").to_owned();
    let name = sandbox.name("one");
    let up = sandbox.run(&["up", &url, "--name", &name, "--json"]).expect(0);
    assert!(up.stderr.contains(&format!("prebuild {third}: of main")), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "cat /seen"), "v1\nv2\nv3\n");

    // Where it cannot be reached, what is known is told, and what is there stays.
    fs::rename(&bare, sandbox.path("moved.git")).expect("moved");
    let told = view(&third);
    assert_eq!((&told["behind"], &told["state"]), (&serde_json::Value::Null, &"Prebuild ready".into()), "{told}");
    let text = sandbox.run(&["prebuild", "view", &third]).expect(0).stdout;
    assert!(text.contains("the repository cannot be reached"), "{text}");
    let failed = update(&third, 2);
    assert!(failed.stderr.contains("elsewhere.git"), "{}", failed.stderr);
    assert_eq!(prebuilds.names().first(), Some(&third));
    let state = fs::read_dir(sandbox.path("localspace/state/codespaces")).expect("a folder");
    assert_eq!(state.count(), 1, "what is left is the codespace's");
}

//! What is told of prebuilds: `prebuild view` and `prebuild list`.

use std::fs;

use super::{Prebuilds, commit};
use crate::support::Sandbox;

#[test]
fn what_is_in_a_prebuild_is_told() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let config = r#"{
        "image": "busybox:1",
        "mounts": ["source=cache,target=/cache,type=volume"],
        "onCreateCommand": "head -c 300000 /dev/zero >/of-image && head -c 20000 /dev/zero >/cache/of-volume",
        "updateContentCommand": "echo x >tracked"
    }"#;
    let folder = sandbox.repository("app", config);
    fs::write(folder.join("tracked"), "y").expect("written");
    commit(&folder, "first");
    let prebuild = prebuilds.created(&folder, &[]);
    commit(&folder, "second\u{1b}[31m");
    commit(&folder, "third");
    let name = sandbox.name("one");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);

    let told = sandbox.run(&["prebuild", "view", &prebuild, "--json"]).expect(0).json();
    assert_eq!(told["behind"], 2, "{told}");
    assert!(told["newerCommits"][0].as_str().expect("a text").ends_with(" third"), "{told}");
    assert_eq!(told["codespaces"], serde_json::json!([name]));
    assert_eq!(told["layers"].as_array().expect("a list").len(), 1, "{told}");
    let bytes = told["layers"][0]["bytes"].as_u64().expect("a number");
    assert!((300_000..400_000).contains(&bytes), "{told}");
    let whats: Vec<_> = told["volumes"].as_array().expect("a list").iter().map(|one| one["what"].clone()).collect();
    assert!(whats.contains(&"/workspaces: the repository".into()) && whats.contains(&"/cache".into()), "{told}");
    assert_eq!(told["state"], "Prebuild ready");
    let phases: Vec<_> = told["phases"].as_array().expect("a list").iter().map(|one| one["phase"].clone()).collect();
    assert_eq!(phases, ["image", "create", "onCreateCommand", "updateContentCommand"]);

    let text = sandbox.run(&["prebuild", "view", &prebuild]).expect(0).stdout;
    for said in [
        "State               Prebuild ready\n",
        "2 commits are newer\n",
        "third\n",
        "/workspaces: the repository (",
        "/cache (",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let none = sandbox.run(&["prebuild", "view", "no-such-one"]).expect(2);
    assert!(none.stderr.contains("there is no prebuild no-such-one\nhint: there are: "), "{}", none.stderr);
    assert_eq!(prebuilds.list()[0]["behind"], 2);

    // A run that fails is told beside the prebuild, and alone where there is none.
    fs::write(folder.join(".devcontainer/devcontainer.json"), r#"{"image": "busybox:1", "onCreateCommand": "false"}"#)
        .expect("written");
    commit(&folder, "fails");
    let _failed = prebuilds.create(&folder, &[]).expect(1);
    let listed = prebuilds.list();
    assert_eq!(listed.len(), 1, "{listed:?}");
    let failure = listed[0]["lastFailure"].as_str().expect("told");
    let (said, time) = failure.split_once(" at ").expect("a time");
    assert!(said.ends_with(", failed in onCreateCommand") && time.contains('T'), "{failure}");
    let shown = sandbox.run(&["prebuild", "view", &prebuild]).expect(0).stdout;
    let people = |time: &str| format!("{}Z", time.replace('T', " ").split_at(19).0);
    assert!(shown.contains(&format!("{said} at {}\n", people(time))), "{failure}: {shown}");
    let text = sandbox.run(&["prebuild", "list"]).expect(0).stdout;
    assert!(text.contains("Prebuild ready, last run failed"), "{text}");
    let _deleted = sandbox.run(&["prebuild", "delete", &prebuild]).expect(0);
    let text = sandbox.run(&["prebuild", "list"]).expect(0).stdout;
    assert!(text.contains("Failed in onCreateCommand"), "{text}");
    assert!(text.trim_end().ends_with(&people(time)), "{text}");
    let _deleted = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    assert!(sandbox.run(&["prebuild", "list"]).expect(0).stderr.contains("no prebuilds found"));
}

//! `localspace config` with Features: in the repository, and from a real registry.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{FeatureRegistry, Sandbox};

const TOOL: &str = r#"{
  "id": "tool", "version": "1.0.0", "name": "Tool",
  "options": {"mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"}},
  "installsAfter": ["./base"], "init": true, "onCreateCommand": "echo tool ${containerWorkspaceFolder}"
}"#;

/// Puts a Feature into the folder of a configuration.
fn feature(devcontainer: &Path, name: &str, metadata: &str) {
    let folder = devcontainer.join(name);
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("devcontainer-feature.json"), metadata).expect("written");
    std::fs::write(folder.join("install.sh"), "#!/bin/sh\n").expect("written");
}

fn ids(document: &Value) -> Vec<&str> {
    let sets = document["featuresConfiguration"]["featureSets"].as_array().expect("sets");
    sets.iter().map(|set| set["sourceInformation"]["userFeatureId"].as_str().expect("an id")).collect()
}

#[test]
fn features_of_the_repository_are_merged_explained_and_shown_as_the_reference_does() {
    let sandbox = Sandbox::new();
    let config = "{\"image\": \"busybox:1\",\n\"features\": {\"./tool\": {\"mode\": \"${localEnv:MODE:slow}\"},\n\"./base\": true},\n\"onCreateCommand\": \"own\"}";
    let folder = sandbox.repository("app", config);
    feature(&folder.join(".devcontainer"), "tool", TOOL);
    feature(
        &folder.join(".devcontainer"),
        "base",
        r#"{"id": "base", "version": "2", "name": "Base", "dependsOn": {"./more": {}}}"#,
    );
    feature(&folder.join(".devcontainer"), "more", r#"{"id": "more", "version": "3", "name": "More"}"#);
    let shown = sandbox.run(&["config", "app", "--merged", "--json"]).expect(0);
    assert_eq!(shown.stderr, "");
    let document = shown.json();
    assert_eq!(ids(&document), ["./more", "./base", "./tool"]);
    let tool = &document["featuresConfiguration"]["featureSets"][2];
    assert_eq!(tool["sourceInformation"]["resolvedFilePath"], format!("{}/.devcontainer/tool", folder.display()));
    assert_eq!(tool["features"][0]["value"], json!({"mode": "slow"}));
    assert_eq!(tool["features"][0]["consecutiveId"], "tool_2");
    let merged = &document["mergedConfiguration"];
    assert_eq!(merged["onCreateCommands"], json!(["echo tool /workspaces/app", "own"]));
    assert_eq!(merged["init"], true);
    let alone = sandbox.run(&["read-configuration", "--workspace-folder", "app", "--include-features-configuration"]);
    assert_eq!(ids(&alone.expect(0).json()), ids(&document));
    let more = [
        "config",
        "app",
        "--features",
        "--json",
        "--additional-features",
        r#"{"./more": {"x": "1"}, "./base": {"y": "2"}}"#,
    ];
    let more = sandbox.run(&more).expect(0);
    assert_eq!(ids(&more.json()), ["./more", "./more", "./base", "./tool"]);
    assert!(more.stderr.contains("the Feature has no option `x`"), "{}", more.stderr);
    let explained = sandbox.run(&["config", "app", "--explain"]).expect(0).stdout;
    let place = ".devcontainer/devcontainer.json";
    for expected in [
        format!("onCreateCommand  echo tool /workspaces/app\n    Feature ./tool, {place}:2:14, onCreateCommand\n"),
        format!("features../tool  {{\"mode\":\"slow\"}}\n    {place}:2:14, image\n"),
        "features../more  {}\n    .devcontainer/base/devcontainer-feature.json:1:62, image\n".to_owned(),
    ] {
        assert!(explained.contains(&expected), "{expected}\n{explained}");
    }
}

#[test]
fn what_is_wrong_with_a_feature_is_told_at_its_place() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("r", "{}");
    let home = folder.join(".devcontainer");
    feature(&home, "tool", TOOL);
    feature(&home, "one", r#"{"id": "one", "version": "1", "name": "One", "dependsOn": {"./two": {}}}"#);
    feature(&home, "two", r#"{"id": "two", "version": "1", "name": "Two", "installsAfter": ["./one"]}"#);
    feature(&home, "bare", r#"{"id": "bare", "version": "1", "name": "Bare", "deprecated": true, "optoins": {}}"#);
    std::fs::remove_file(home.join("bare/install.sh")).expect("removed");
    std::fs::create_dir(home.join("empty")).expect("made");
    std::fs::create_dir(sandbox.path("outside")).expect("made");
    std::os::unix::fs::symlink(sandbox.path("outside"), home.join("link")).expect("linked");
    let set = |features: &str| {
        let config = format!("{{\"image\": \"busybox:1\",\n\"features\": {features}}}");
        std::fs::write(home.join("devcontainer.json"), config).expect("written");
    };
    for (features, error) in [
        (r#"{"./../x": {}}"#, "2:14: Feature `./../x`: it leads out of .devcontainer"),
        (r#"{"/etc": {}}"#, "2:14: Feature `/etc`: it is an absolute path"),
        (r#"{"tool": {}}"#, "2:14: Feature `tool`: it names no Feature"),
        (r#"{"./nope": {}}"#, "2:14: Feature `./nope`: .devcontainer/nope: there is no such folder"),
        (
            r#"{"./empty": {}}"#,
            "2:14: Feature `./empty`: .devcontainer/empty is no Feature: it has no devcontainer-feature.json",
        ),
        (
            r#"{"./link": {}}"#,
            "2:14: Feature `./link`: .devcontainer/link: it is a link that leads out of the repository",
        ),
        (
            r#"{"./one": {}}"#,
            "2:14: Features wait for each other: `./one` depends on `./two` (.devcontainer/one/devcontainer-feature.json:1:60), \
             which installs after `./one` (.devcontainer/two/devcontainer-feature.json:1:64)",
        ),
    ] {
        set(features);
        let place = ".devcontainer/devcontainer.json";
        let merged = sandbox.run(&["config", "r", "--merged", "--json"]).expect(2);
        assert!(merged.stderr.contains(&format!("error: {place}:{error}")), "{}", merged.stderr);
        assert!(merged.stderr.contains("\n 2 | \"features\""), "{}", merged.stderr);
        let check = sandbox.run(&["config", "r", "--check"]).expect(1);
        assert!(check.stdout.contains(&error.replacen(": ", ": error: ", 1)), "{}", check.stdout);
        let _plain = sandbox.run(&["config", "r", "--json"]).expect(0);
    }
    set(r#"{"./tool": {"mode": "slwo", "mod": "x"}, "./bare": {}, "ghcr.io/nobody/knows/this:1": {}}"#);
    let check = sandbox.run(&["config", "r", "--check"]).expect(1);
    for expected in [
        "2:25: warning: Feature `./tool`: option `mode` is expected to be one of fast, slow, and is \"slwo\": did you mean `slow`?",
        "2:41: warning: Feature `./tool`: the Feature has no option `mod`: did you mean `mode`?",
        "2:54: error: Feature `./bare`: its folder has no install.sh",
        "2:54: warning: Feature `./bare` is deprecated",
        ".devcontainer/bare/devcontainer-feature.json:1:68: warning: `optoins` is no property of a Feature: did you mean `options`?",
    ] {
        assert!(check.stdout.contains(expected), "{expected}\n{}", check.stdout);
    }
    assert!(!check.stdout.contains("Feature `ghcr.io"), "{}", check.stdout);
}

#[test]
fn features_of_a_registry_are_what_the_lockfile_says_and_need_no_network_the_second_time() {
    let registry = FeatureRegistry::start();
    let sandbox = Sandbox::new();
    let files = |metadata: &'static str| [("devcontainer-feature.json", metadata), ("install.sh", "#!/bin/sh\n")];
    let old = r#"{"id":"tool","version":"1.0.0","name":"Old","onCreateCommand":"old"}"#;
    let new = r#"{"id":"tool","version":"1.1.0","name":"New","onCreateCommand":"new"}"#;
    let old = registry.publish("acme/features/tool", &["1", "latest"], &files(old));
    let new = registry.publish("acme/features/tool", &["1"], &files(new));
    let id = format!("localhost:{}/acme/features/Tool:1", registry.open);
    let config = json!({ "image": "busybox:1", "features": { id.as_str(): {} } });
    let folder = sandbox.repository("app", &config.to_string());
    let shown = || {
        let set = sandbox.run(&["config", "app", "--features", "--json"]).expect(0).json();
        let set = set["featuresConfiguration"]["featureSets"][0].clone();
        let reference = &set["sourceInformation"]["featureRef"];
        (set["computedDigest"].clone(), reference["tag"].clone(), reference["scheme"].clone())
    };
    let command = || {
        let rows = sandbox.run(&["config", "app", "--explain", "--json"]).expect(0).json()["properties"].clone();
        let rows = rows.as_array().expect("a list").clone();
        rows.iter().find(|row| row["property"] == "onCreateCommand").expect("one")["value"].clone()
    };
    assert_eq!(shown(), (json!(new.to_string()), json!("1"), json!("http")));
    assert_eq!(command(), "new");
    let locked = json!({ "version": "1.0.0", "resolved": "x", "integrity": old.to_string() });
    let path = folder.join(".devcontainer/devcontainer-lock.json");
    std::fs::write(&path, json!({ "features": { id.as_str(): locked } }).to_string()).expect("written");
    assert_eq!(shown().0, new.to_string());
    assert_eq!(command(), "old");
    registry.stop();
    assert_eq!(command(), "old");
    std::fs::write(&path, "nope").expect("written");
    for flag in ["--explain", "--check"] {
        let broken = sandbox.run(&["config", "app", flag]);
        let said = ".devcontainer/devcontainer-lock.json:1:2: the lockfile is no JSON";
        assert!(broken.stderr.contains(said), "{}", broken.stderr);
    }
    std::fs::remove_file(&path).expect("removed");
    let other = json!({ "image": "busybox:1", "features": { id.replace("Tool", "gone"): {} } });
    std::fs::write(folder.join(".devcontainer/devcontainer.json"), other.to_string()).expect("written");
    let gone = sandbox.run(&["config", "app", "--merged", "--json"]).expect(4);
    assert!(gone.stderr.contains("gone:1`: ") && gone.stderr.contains("hint: "), "{}", gone.stderr);
    let explained = sandbox.run(&["config", "app", "--explain"]).expect(0);
    assert!(explained.stderr.contains("warning: what Features bring is left out: "), "{}", explained.stderr);
}

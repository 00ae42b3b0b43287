//! What a push would do: `prebuild would-run`.

use std::fs;

use super::{Prebuilds, commit, git};
use crate::support::Sandbox;

#[test]
fn what_a_push_would_start_is_told() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let config = |command: &str| format!(r#"{{"image": "busybox:1", "onCreateCommand": "{command}"}}"#);
    let folder = sandbox.repository("app", &config("echo one"));
    let here = folder.display().to_string();
    let asked = |from: &str, to: &str| {
        let args = ["prebuild", "would-run", &here, "--from", from, "--to", to];
        let told = sandbox.run(&[&args[..], &["--json"]].concat()).expect(0).json();
        let starts: Vec<_> = told["triggers"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["start"].as_str().expect("a word").to_owned())
            .collect();
        (starts.join(" "), told, sandbox.run(&args).expect(0).stdout)
    };
    commit(&folder, "empty");
    let (starts, told, text) = asked("HEAD~1", "HEAD");
    assert_eq!((starts.as_str(), &told["branch"]), ("atOnce no no", &"main".into()));
    assert!(text.contains("a new codespace until then: none: there is none yet"), "{text}");

    let prebuild = prebuilds.created(&folder, &[]);
    let name = sandbox.name("one");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    fs::write(folder.join("code"), "x").expect("written");
    commit(&folder, "code");
    let (starts, told, text) = asked("HEAD~1", "main");
    assert_eq!(starts, "atOnce no no");
    assert_eq!(told["changedFiles"], serde_json::json!(["code"]));
    assert_eq!(told["triggers"][0]["meanwhile"]["prebuild"], prebuild.as_str());
    assert_eq!(told["codespaces"][0]["name"], name.as_str());
    for said in [
        "changes 1 file, 0 of them configuration",
        "Every push: runs: every push starts one",
        "On configuration change: does not run: none of the changed files (1) is configuration",
        &format!("a new codespace until then: {prebuild}, 1 commit behind"),
        &format!("{name} was made of {prebuild}, of "),
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    fs::write(folder.join(".devcontainer/devcontainer.json"), config("echo two")).expect("written");
    commit(&folder, "configuration");
    let hash = git_text(&folder);
    let (starts, told, text) = asked("main~2", &hash);
    assert_eq!(starts, "atOnce atOnce no");
    assert_eq!(told["branch"], "main");
    assert_eq!(told["configurationFiles"], serde_json::json!([".devcontainer/devcontainer.json"]));
    assert_eq!(told["triggers"][2]["meanwhile"]["prebuild"], serde_json::Value::Null);
    assert!(text.contains("until then: none: the configuration has changed since the prebuild was made"), "{text}");
    let (starts, _, _) = asked("main", "main");
    assert_eq!(starts, "no no no");
    let missing = sandbox.run(&["prebuild", "would-run", &here, "--from", "mian", "--to", "main"]).expect(2);
    assert!(missing.stderr.contains("mian") && missing.stderr.contains("main"), "{}", missing.stderr);
    git(&folder, &["checkout", "-q", "-b", "other"]);
    assert_eq!(asked("main~1", "main").1["branch"], "main");
    // Nothing is left of the looking.
    assert_eq!(fs::read_dir(sandbox.path("localspace/state/codespaces")).expect("a folder").count(), 1);
}

fn git_text(folder: &std::path::Path) -> String {
    let output = std::process::Command::new("git").arg("-C").arg(folder).args(["rev-parse", "HEAD"]).output();
    String::from_utf8(output.expect("git runs").stdout).expect("text").trim().to_owned()
}

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

#[test]
fn a_push_waits_for_the_run_that_goes_on() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let config = r#"{"image": "busybox:1", "onCreateCommand": "[ ! -e endless ] || tail -f /dev/null"}"#;
    let folder = sandbox.repository("app", config);
    let here = folder.display().to_string();
    let prebuild = prebuilds.created(&folder, &[]);
    fs::write(folder.join("endless"), "").expect("written");
    commit(&folder, "endless");
    let mut run = sandbox.watch(&["prebuild", "create", &here]);
    run.until_started("onCreateCommand");
    commit(&folder, "code");
    let asked = ["prebuild", "would-run", &here, "--from", "HEAD~1", "--to", "HEAD"];
    let holder = format!("localspace prebuild create (process {})", run.id());
    let text = sandbox.run(&asked).expect(0).stdout;
    for said in [
        &format!("a run goes on: {holder}\n"),
        "Every push: waits, then runs: a run goes on: this one waits, and a later push takes its place\n",
        &format!(
            "  a new codespace until then: {prebuild}, 2 commits behind; what the run that goes on makes, once it is over\n"
        ),
        "On configuration change: does not run",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(prebuilds.list()[0]["state"], "Prebuild in progress");
    // A push that changes the configuration waits for nothing.
    fs::write(folder.join(".devcontainer/on-create.sh"), "").expect("written");
    commit(&folder, "configuration");
    let told = sandbox.run(&[&asked[..], &["--json"]].concat()).expect(0).json();
    assert_eq!((&told["running"], &told["triggers"][0]["start"]), (&holder.into(), &"atOnce".into()), "{told}");
    assert!(told["triggers"][1]["reason"].as_str().expect("a text").ends_with("beside the run that goes on"), "{told}");
    run.signal("INT");
    let _interrupted = run.end().0.expect(130);
    let told = sandbox.run(&[&asked[..], &["--json"]].concat()).expect(0).json();
    assert_eq!((&told["running"], &told["triggers"][0]["start"]), (&serde_json::Value::Null, &"atOnce".into()));
}

fn git_text(folder: &std::path::Path) -> String {
    let output = std::process::Command::new("git").arg("-C").arg(folder).args(["rev-parse", "HEAD"]).output();
    String::from_utf8(output.expect("git runs").stdout).expect("text").trim().to_owned()
}

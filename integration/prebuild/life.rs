//! One prebuild, from its making to its end, and codespaces of it.

use std::fs;

use super::{Prebuilds, commit, git};
use crate::support::Sandbox;

#[test]
fn a_prebuild_is_deleted_and_its_codespaces_stay() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", r#"{"image": "busybox:1", "onCreateCommand": "echo made >made"}"#);
    let made = prebuilds.create(&folder, &["--json"]).expect(0).json();
    let prebuild = made["name"].as_str().expect("a name").to_owned();
    assert_eq!(made["volumes"], 1, "{made}");
    assert_eq!(prebuilds.names(), std::slice::from_ref(&prebuild));
    assert!(sandbox.run(&["list", "--json"]).expect(0).json().as_array().expect("a list").is_empty());
    fs::write(folder.join("new"), "n").expect("written");
    commit(&folder, "second");
    let name = sandbox.name("one");
    let up = sandbox.up(&folder, &name, &[]).expect(0);
    for said in [
        &format!("prebuild {prebuild}: of "),
        "1 commit is newer, which its commands have not seen:\n",
        " second\n",
        &format!("onCreateCommand: skipped: it has succeeded in the prebuild {prebuild}\n"),
    ] {
        assert!(up.stderr.contains(said), "{said}: {}", up.stderr);
    }
    let log = sandbox.inside(&name, "cat /workspaces/.codespaces/.persistedshare/creation.log");
    assert!(log.contains("Checking out...") && !log.contains("Cloning..."), "{log}");
    // Deleted, it leaves its codespace as it is, and nothing else.
    let _deleted = sandbox.run(&["prebuild", "delete", &prebuild]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat made"), "made\n");
    assert!(prebuilds.names().is_empty());
    let _deleted = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(prebuilds.objects(), "");
}

#[test]
fn a_prebuild_is_used_where_it_fits_and_why_not_is_said() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let config = |command: &str| format!(r#"{{"image": "busybox:1", "onCreateCommand": "{command}"}}"#);
    let folder = sandbox.repository("app", &config("echo one"));
    git(&folder, &["checkout", "-q", "-B", "main"]);
    let prebuild = prebuilds.created(&folder, &[]);
    let up = |name: &str, more: &[&str]| {
        let name = sandbox.name(name);
        let ran = sandbox.up(&folder, &name, more);
        let used = ran.stderr.contains(&format!("prebuild {prebuild}: of main"));
        let _gone = sandbox.run(&["delete", "-c", &name]);
        (used, ran)
    };
    let unused = |said: &str, (used, ran): (bool, crate::support::Ran)| {
        let ran = ran.expect(0);
        assert!(!used && ran.stderr.contains(said), "{said}: {}", ran.stderr);
    };
    assert!(up("same", &[]).0);
    assert!(up("named", &["--prebuild", &prebuild]).0);
    unused("onCreateCommand: succeeded", up("never", &["--prebuild", "never"]));
    let none = up("none", &["--prebuild", "no-such-one"]).1.expect(2);
    assert!(
        none.stderr.contains("the repository has no prebuild no-such-one") && none.stderr.contains(&prebuild),
        "{}",
        none.stderr
    );
    // A child branch has it, as long as the configuration is the same.
    git(&folder, &["checkout", "-q", "-b", "child"]);
    commit(&folder, "on the child");
    assert!(up("child", &[]).0);
    fs::write(folder.join(".devcontainer/devcontainer.json"), config("echo two")).expect("written");
    commit(&folder, "another configuration");
    unused("no prebuild is used: the configuration has changed since the prebuild was made", up("changed", &[]));
    let named = up("changed-named", &["--prebuild", &prebuild]).1.expect(2);
    assert!(named.stderr.contains("cannot be used: the configuration has changed"), "{}", named.stderr);
    git(&folder, &["checkout", "-q", "main"]);
    assert!(up("back", &[]).0);
    // A run that fails leaves the last good one, which is used unless that was refused.
    fs::write(folder.join("data"), "x").expect("written");
    fs::write(folder.join(".devcontainer/devcontainer.json"), config("test ! -e data")).expect("written");
    commit(&folder, "fails");
    let failed = prebuilds.create(&folder, &[]).expect(1);
    assert!(
        failed.stderr.contains("Error code: 1309 (UnifiedContainersErrorPrebuilTemplateOnCreateFailed)"),
        "{}",
        failed.stderr
    );
    assert_eq!(prebuilds.names(), std::slice::from_ref(&prebuild));
    git(&folder, &["checkout", "-q", "-B", "main", "HEAD^"]);
    assert!(up("optimized", &[]).0);
    let _failed = prebuilds.create(&folder, &["--ref", "main@{1}", "--disable-optimization"]);
    assert_eq!(prebuilds.names(), [prebuild]);
}

//! What a prebuild was made with, its next version is made with too.

use std::fs;

use super::{Prebuilds, commit};
use crate::support::Sandbox;

const HUB: &str = "
users: {mona: {}}
repositories: {acme/app: {visibility: private, access: {mona: write}}}
secrets: [{name: OF_REPOSITORY, repository: acme/app, value: value-of-repository}]
";

const CONFIG: &str = r#"{
    "image": "busybox:1",
    "updateContentCommand": "echo $(cat version) ${OF_REPOSITORY:+repository} ${OF_FILE:+file} ${OF_OTHER:+other} $GITHUB_USER >>/seen"
}"#;

#[test]
fn an_update_has_what_the_prebuild_was_made_with() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let _hub = sandbox.file("hub.yaml", HUB);
    let secrets = sandbox.file("secrets.env", "OF_FILE=value-of-file\n");
    let folder = sandbox.repository("app", CONFIG);
    let here = folder.display().to_string();
    let version = |text: &str| {
        fs::write(folder.join("version"), text).expect("written");
        commit(&folder, text);
    };
    version("v1");
    // Paths as they are typed in the folder of the sandbox, and a name that the repository's own place does not give.
    let with = ["--hub", "hub.yaml", "--secrets-file", "secrets.env", "--user", "mona", "--repository", "acme/app"];
    let first = prebuilds.created(&folder, &with);
    let update = |more: &[&str]| {
        let mut command = sandbox.command(&[&["prebuild", "update", &here, "--json"], more].concat());
        crate::support::Ran::of(command.current_dir("/").output().expect("localspace runs"))
    };
    version("v2");
    let second = update(&[]).expect(0);
    for said in [&format!("--hub {}", sandbox.path("hub.yaml").display()), "--secrets-file /", "--user mona"] {
        assert!(second.stderr.contains(said), "{said}: {}", second.stderr);
    }
    assert_eq!(second.json()["prebuilds"][0]["over"], first.as_str());

    // A file that is gone is an error, and another one is remembered.
    fs::remove_file(&secrets).expect("removed");
    version("v3");
    let gone = update(&[]).expect(2);
    let said = format!("error: {secrets} is not there any more, and the prebuild was made with it (--secrets-file)\n");
    assert!(gone.stderr.contains(&said) && gone.stderr.contains("hint: put it back"), "{}", gone.stderr);
    let other = sandbox.file("other.env", "OF_OTHER=value-of-other\n");
    let _third = update(&["--secrets-file", &other]).expect(0);
    version("v4");
    let last = update(&[]).expect(0).json()["prebuilds"][0]["name"].as_str().expect("a name").to_owned();
    let told = sandbox.run(&["prebuild", "view", &last, "--json"]).expect(0).json();
    assert_eq!(told["settings"]["sources"]["secretsFile"], other.as_str(), "{told}");
    let text = sandbox.run(&["prebuild", "view", &last]).expect(0).stdout;
    assert!(text.contains("Settings            --hub /") && text.contains("--user mona\n"), "{text}");

    let name = sandbox.name("one");
    let up = ["--repository", "acme/app", "--user", "mona", "--hub", "hub.yaml"];
    let _up = sandbox.up(&folder, &name, &up).expect(0);
    assert_eq!(
        sandbox.inside(&name, "cat /seen"),
        "v1 repository file mona\nv2 repository file mona\nv3 repository other mona\nv4 repository other mona\n"
    );
    let _deleted = sandbox.run(&["delete", "-c", &name]).expect(0);

    // No value is kept.
    assert!(kept(&sandbox).contains("hub.yaml") && !kept(&sandbox).contains("value-of"), "{}", kept(&sandbox));

    // A report's codespaces are made with the same; they are the repository's that the hub knows.
    let report = sandbox.run(&["prebuild", "report", &here, "--json"]).expect(0);
    assert!(report.stderr.contains("--hub /"), "{}", report.stderr);
    assert_eq!(report.json()["prebuild"], last.as_str());

    // Made again, it is made with what is said then, and without prebuilds nothing is remembered.
    let _created = prebuilds.created(&folder, &[]);
    let plain = update(&[]).expect(0);
    assert!(!plain.stderr.contains("--hub") && !plain.stderr.contains("--secrets-file"), "{}", plain.stderr);
    let is_remembered = || kept(&sandbox).contains(r#""user":"octocat""#);
    assert!(is_remembered(), "{}", kept(&sandbox));
    let _deleted = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    assert!(!is_remembered(), "{}", kept(&sandbox));
    assert_eq!(prebuilds.objects(), "");
}

/// Returns what a home keeps of its prebuilds.
fn kept(sandbox: &Sandbox) -> String {
    let files = fs::read_dir(sandbox.path("localspace/state/prebuilds")).expect("a folder");
    files.map(|file| fs::read_to_string(file.expect("an entry").path()).expect("text")).collect()
}

#[test]
fn what_a_prebuild_may_be_kept_with_is_remembered_too() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let secrets = sandbox.file("secrets.env", "TOKEN_OF_TEST=value-of-test\n");
    let config = r#"{"image": "busybox:1", "onCreateCommand": "echo $TOKEN_OF_TEST >/leaked"}"#;
    let folder = sandbox.repository("app", config);
    let with = ["--secrets-file", &secrets, "--allow-secret", "TOKEN_OF_TEST"];
    let first = prebuilds.created(&folder, &with);
    commit(&folder, "newer");
    let updated = sandbox.run(&["prebuild", "update", &first, "--json"]).expect(0);
    assert!(updated.stderr.contains("--allow-secret TOKEN_OF_TEST"), "{}", updated.stderr);
    // What an older version kept has no settings: it is as if nothing was ever said.
    for entry in fs::read_dir(sandbox.path("localspace/state/prebuilds")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let mut kept: serde_json::Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
        let _settings = kept.as_object_mut().expect("an object").remove("settings").expect("settings");
        fs::write(&path, kept.to_string()).expect("written");
    }
    let refused = sandbox.run(&["prebuild", "update", &first, "--secrets-file", &secrets]).expect(1);
    assert!(refused.stderr.contains("--allow-secret TOKEN_OF_TEST keeps it all the same"), "{}", refused.stderr);
}

//! Secrets of a hub: when their values are had, and what is said where that cannot be. Which of them reach whom is in `devcontainers/credentials`.

use serde_json::json;

use crate::support::{Sandbox, docker};

const HUB: &str = "
users: {mona: , hubot: }
organizations: {acme: {members: [mona]}}
repositories:
  acme/app: {visibility: private}
  acme/site: {visibility: public}
";

const CONFIG: &str = r#"{
    "image": "busybox:1",
    "postCreateCommand": "env >/var/post-create",
    "postStartCommand": "env >/var/post-start"
}"#;

/// Returns the secrets' lines in what a hook has written down, sorted: masked by nobody, as the engine itself is asked.
fn seen(name: &str, hook: &str) -> Vec<String> {
    let text = docker(&["exec", name, "cat", &format!("/var/{hook}")]).expect(0).stdout;
    let mut lines: Vec<String> = text.lines().filter(|line| line.starts_with("TOKEN")).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_value_from_elsewhere_is_had_at_each_start_and_a_changed_one_arrives_then() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("MY_TOKEN", "first-of-env");
    let repository = sandbox.repository("r", CONFIG);
    let _value = sandbox.file("value.txt", "first-of-file\n");
    let hub = sandbox.file(
        "hub.yaml",
        "repositories: {acme/app: }\nsecrets:\n  - {name: TOKEN_ENV, repository: acme/app, value_from: {env: MY_TOKEN}}\n  \
         - {name: TOKEN_FILE, repository: acme/app, value_from: {file: value.txt}}\n  \
         - {name: TOKEN_COMMAND, repository: acme/app, value_from: {command: \"cat value.txt\"}}\n",
    );
    let name = sandbox.name("elsewhere");
    let _up = sandbox.up(&repository, &name, &["--hub", &hub, "--repository", "acme/app"]).expect(0);
    let first = ["TOKEN_COMMAND=first-of-file", "TOKEN_ENV=first-of-env", "TOKEN_FILE=first-of-file"];
    assert_eq!(seen(&name, "post-create"), first);
    let newer = || sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["newerSecrets"].clone();
    assert_eq!(newer(), json!([]));

    // Changed, and one that is new: behind until the next start.
    let _value = sandbox.file("value.txt", "second-of-file\n");
    let more =
        std::fs::read_to_string(&hub).expect("read") + "  - {name: TOKEN_NEW, repository: acme/app, value: new-one}\n";
    let _hub = sandbox.file("hub.yaml", &more);
    assert_eq!(newer(), json!(["TOKEN_COMMAND", "TOKEN_FILE", "TOKEN_NEW"]));
    let running = sandbox.run(&["exec", "-c", &name, "--", "sh", "-c", "echo ${TOKEN_NEW:-none}"]).expect(0);
    assert_eq!(running.stdout, "none\n");
    assert!(running.stderr.contains("TOKEN_NEW changed since"), "{}", running.stderr);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    let second =
        ["TOKEN_COMMAND=second-of-file", "TOKEN_ENV=first-of-env", "TOKEN_FILE=second-of-file", "TOKEN_NEW=new-one"];
    assert_eq!(seen(&name, "post-start"), second);
    assert_eq!(newer(), json!([]));

    // `--secrets-file` counts on top.
    let file = sandbox.file("s.env", "TOKEN_NEW=of-the-file\n");
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name, "--secrets-file", &file]).expect(0);
    assert!(seen(&name, "post-create").contains(&"TOKEN_NEW=of-the-file".to_owned()));

    // What cannot be had ends a start before it begins, with its place; the codespace can be worked in.
    std::fs::remove_file(sandbox.path("value.txt")).expect("removed");
    let failed = sandbox.run(&["start", "-c", &name]).expect(2);
    let told = "hub.yaml:5:12: the value of TOKEN_COMMAND of repository acme/app cannot be had: the command ended with exit code 1";
    assert!(failed.stderr.contains(told), "{}", failed.stderr);
    let worked = sandbox.run(&["exec", "-c", &name, "--", "sh", "-c", "echo ${TOKEN_FILE:-none}"]).expect(0);
    assert_eq!(worked.stdout, "none\n");
    assert!(worked.stderr.contains("TOKEN_FILE of repository acme/app cannot be had"), "{}", worked.stderr);
}

#[test]
fn who_is_not_in_the_hub_is_told_who_is() {
    let sandbox = Sandbox::new();
    let (repository, hub) = (sandbox.repository("r", CONFIG), sandbox.file("hub.yaml", HUB));
    for (flags, words) in [
        (["--repository", "acme/app", "--user", "nobody"], "mona, hubot"),
        (["--repository", "acme/apo", "--user", "mona"], "acme/app, acme/site"),
    ] {
        let name = sandbox.name("unknown");
        let up = sandbox.up(&repository, &name, &[&flags[..], &["--hub", &hub]].concat()).expect(2);
        let hint = up.json()["description"].clone();
        let words: Vec<&str> = words.split(", ").collect();
        assert!(words.iter().all(|word| hint.as_str().is_some_and(|hint| hint.contains(word))), "{hint}");
    }
}

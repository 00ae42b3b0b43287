//! Scripts that hooks call: what is told of them stands in them.

use super::*;

fn with(hook: &str, command: &str, scripts: &[(&'static str, &'static str)]) -> Vec<String> {
    let text = format!(
        "{{\"image\": \"x\", \"secrets\": {{\"KEY\": {{}}}}, \"{hook}\": {}}}",
        serde_json::Value::from(command)
    );
    told(&text, &Repository { scripts: scripts.to_vec(), ..Repository::default() })
}

#[test]
fn a_script_is_looked_into_where_it_is_called() {
    let setup = [(
        "setup.sh",
        "#!/usr/bin/env bash\n# apt-get install x\nif true; then\n  docker pull x\nfi\napt-get install jq\n",
    )];
    for command in ["./setup.sh", "sudo bash -e setup.sh", "cd . && . setup.sh", "bash -c 'sh ./setup.sh'"] {
        let expected = ["setup.sh:4:3 pull-before-login", "setup.sh:6:1 waits-for-input"];
        assert_eq!(with("onCreateCommand", command, &setup), expected, "{command}");
        assert_eq!(with("postCreateCommand", command, &setup), expected.get(1..).expect("one"), "{command}");
    }
    assert_eq!(with("postAttachCommand", "./setup.sh", &setup), [""; 0]);
}

#[test]
fn what_is_known_of_the_call_counts_in_the_script() {
    let serves = [("serve.sh", "exec npm start\n")];
    assert_eq!(with("postStartCommand", "./serve.sh", &serves), ["serve.sh:1:1 never-ends"]);
    assert_eq!(with("postStartCommand", "nohup ./serve.sh >log 2>&1 &", &serves), [""; 0]);
    let asks = [("ask.sh", "read x\n")];
    assert_eq!(with("postStartCommand", "yes | ./ask.sh", &asks), [""; 0]);
}

#[test]
fn scripts_that_call_scripts_are_followed_and_end() {
    let scripts = [
        ("a.sh", "./b.sh\n./a.sh\n"),
        ("b.sh", "bash c.sh; ./a.sh\n"),
        ("c.sh", "git clone git@github.com:a/b; ./d.sh"),
        ("d.sh", "read x"),
    ];
    // The fourth is too far away.
    assert_eq!(with("postCreateCommand", "./a.sh", &scripts), ["c.sh:1:1 git-over-ssh"]);
}

#[test]
fn each_place_is_told_once() {
    let scripts = [("a.sh", "docker pull x\necho $KEY\n")];
    let text = r#"{"image": "x", "secrets": {"KEY": {}}, "onCreateCommand": "./a.sh", "updateContentCommand": "./a.sh; ./a.sh"}"#;
    let all = told(text, &Repository { scripts: scripts.to_vec(), ..Repository::default() });
    assert_eq!(all, ["a.sh:1:1 pull-before-login", "a.sh:2:1 user-secret"]);
}

#[test]
fn what_is_no_shells_is_not_looked_into() {
    let scripts =
        [("a.py", "#!/usr/bin/python3\nread x\n"), ("b", "\u{0}\u{1}ELF read x\n"), ("c.sh", "#!/bin/sh -e\nread x\n")];
    assert_eq!(with("postCreateCommand", "./a.py; python3 a.py; ./b", &scripts), [""; 0]);
    assert_eq!(with("postCreateCommand", "./c.sh", &scripts), ["c.sh:2:1 waits-for-input"]);
}

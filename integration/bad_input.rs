//! Each wrong thing is a clear error with the right exit code.

use crate::support::{Sandbox, commit};

/// Runs `up` on a repository with this configuration; it must fail with this code and say this.
#[track_caller]
fn check(config: &str, more: &[&str], code: i32, said: &str) {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("bad");
    let up = sandbox.up(&repository, &name, more).expect(code);
    assert!(up.stderr.contains(said), "{}", up.stderr);
    assert_eq!(up.json()["outcome"], "error");
    assert!(!up.stderr.contains("panicked"), "{}", up.stderr);
}

#[test]
fn a_broken_configuration_is_shown_with_line_column_and_caret() {
    check(
        "{\n  \"image\": \"busybox:1\",\n  \"onCreateCommand\": }\n",
        &[],
        2,
        ".devcontainer/devcontainer.json:3:22:",
    );
    check("{\n  \"image\": }\n", &[], 2, "^");
    check("{\"image\": 7}", &[], 2, "`image` is expected to be a string");
    check(r#"{"image": "x", "dockerComposeFile": "c.yml", "service": "s"}"#, &[], 2, "cannot both be");
    check(
        r#"{"build": {"dockerfile": "Dockerfile"}}"#,
        &[],
        2,
        "devcontainer.json:1:26: there is no Dockerfile .devcontainer/Dockerfile in the repository",
    );
    check(r#"{"image": "busybox:1", "name": "a\qb"}"#, &[], 2, "devcontainer.json:1:34: this is no escape");
    check(r#"{"image": "busybox:1", "onCreateCommand": "echo ${env}"}"#, &[], 2, "`${env}` names no variable");
    check("", &[], 2, "the file is empty");
    check(r#"{"image": "busybox:1", "runArgs": ["--frobnicate"]}"#, &[], 2, "runArgs: `--frobnicate`");
}

#[test]
fn a_user_that_the_image_does_not_have_is_named_with_those_it_has() {
    check(
        "{\"image\": \"busybox:1\",\n \"remoteUser\": \"vscode\"}",
        &[],
        2,
        "the image has no user `vscode`; it has root",
    );
    check("{\"image\": \"busybox:1\",\n \"remoteUser\": \"vscode\"}", &[], 2, "devcontainer.json:2:16");
}

#[test]
fn an_image_that_cannot_be_had_is_named() {
    check(r#"{"image": "localhost:1/none/such:1"}"#, &[], 3, "localhost:1/none/such:1");
    check(r#"{"image": "no image"}"#, &[], 2, "is no image reference");
    check(r#"{"image": "BUSYBOX:1"}"#, &[], 2, "devcontainer.json:1:11: `BUSYBOX:1` is no image reference");
    check(r#"{"image": "busybox@sha256:00"}"#, &[], 2, "`sha256:00` is no digest");
    check(r#"{"image": "-x"}"#, &[], 2, "is no image reference");
    check(
        r#"{"image": "busybox:1", "workspaceFolder": "/srv/app"}"#,
        &[],
        2,
        "devcontainer.json:1:43: there is no folder /srv/app in the container",
    );
    check(r#"{"image": "busybox:1", "containerEnv": {"": "x"}}"#, &[], 2, "a variable's name is not empty");
    check(r#"{"image": "busybox:1", "containerEnv": {"A": "\u0000"}}"#, &[], 2, "this holds a NUL character");
}

#[test]
fn secrets_that_cannot_be_read_are_told_without_their_values() {
    let ok = r#"{"image": "busybox:1"}"#;
    check(ok, &["--secrets-file", "/nonexistent"], 2, "cannot read the secrets file /nonexistent");
    let sandbox = Sandbox::new();
    let file = sandbox.file("s.env", "A=1\nhunter2 is no line\n");
    check(ok, &["--secrets-file", &file], 2, "s.env:2:1: expected NAME=VALUE");
    let repository = sandbox.repository("r", ok);
    assert!(
        !sandbox.up(&repository, &sandbox.name("x"), &["--secrets-file", &file]).expect(2).stderr.contains("hunter2")
    );
}

#[test]
fn a_disk_that_is_full_is_said_and_nothing_hangs() {
    check(
        r#"{"image": "busybox:1", "onCreateCommand": "echo x"}"#,
        &["--events", "/dev/full"],
        3,
        "No space left on device",
    );
}

#[test]
fn without_an_engine_it_is_said_what_to_do() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#);
    let up = sandbox.up(&repository, "x", &[]).expect(3);
    assert!(
        up.stderr.contains("no Docker Engine answers at unix:///nonexistent/docker.sock (found by DOCKER_HOST)"),
        "{}",
        up.stderr
    );
    assert!(up.stderr.contains("hint: start Docker"), "{}", up.stderr);
    let doctor = sandbox.run(&["doctor"]).expect(3);
    assert!(doctor.stdout.contains("missing  engine"), "{}", doctor.stdout);
}

#[test]
fn what_is_no_repository_is_told_apart() {
    let sandbox = Sandbox::new();
    let said = |args: &[&str], said: &str| {
        let ran = sandbox.run(args).expect(2);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    };
    said(&["up", "nowhere"], "nowhere is no folder");
    std::fs::create_dir(sandbox.path("plain")).expect("made");
    said(&["up", "plain"], "is no git repository");
    std::fs::write(sandbox.path("plain/x"), "").expect("written");
    commit(&sandbox.path("plain"));
    said(&["up", "plain", "--config", "../x"], "there is no configuration ../x");
    said(&["up", "--frobnicate"], "--frobnicate");
    said(&["view", "-c", "not-there"], "there is no codespace not-there");
    said(&["up", "plain", "--name", "Not A Name"], "cannot name a codespace");
}

#[test]
fn every_verb_has_help_with_an_example() {
    let sandbox = Sandbox::new();
    for verb in ["up", "list", "view", "logs", "exec", "stop", "start", "delete", "config", "doctor"] {
        let help = sandbox.run(&[verb, "--help"]).expect(0).stdout;
        assert!(help.contains(&format!("Example: localspace {verb}")), "{help}");
    }
}

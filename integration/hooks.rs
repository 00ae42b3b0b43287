//! Lifecycle commands in the container: what is told while they run, and when a codespace is ready. Their forms, streams, users and ends
//! are said by the scenarios of `devcontainers/hooks`.

use serde_json::{Value, json};

use crate::support::{Sandbox, docker};

/// Makes a repository of busybox with these properties.
fn repository(sandbox: &Sandbox, properties: &Value) -> String {
    let mut config = json!({"image": "busybox:1"});
    config.as_object_mut().expect("an object").extend(properties.as_object().expect("an object").clone());
    sandbox.repository("r", &config.to_string()).display().to_string()
}

#[test]
fn output_is_told_while_its_command_still_runs() {
    let sandbox = Sandbox::new();
    // Two of them: a second reader of one would share the writer of the first.
    let command = "mkfifo /tmp/go /tmp/on; echo first; read line </tmp/go; echo second >&2; read line </tmp/on";
    let repository = repository(&sandbox, &json!({"onCreateCommand": command}));
    let name = sandbox.name("streamed");
    let mut up = sandbox.watch(&["up", &repository, "--name", &name]);
    // The command goes on only after its line was seen.
    assert_eq!(up.until_output("first")["stream"], "stdout");
    let _told = docker(&["exec", &name, "sh", "-c", "echo >/tmp/go"]).expect(0);
    assert_eq!(up.until_output("second")["stream"], "stderr");
    let _told = docker(&["exec", &name, "sh", "-c", "echo >/tmp/on"]).expect(0);
    let _ran = up.end().0.expect(0);
}

#[test]
fn the_codespace_is_ready_right_after_the_phase_that_wait_for_names() {
    let sandbox = Sandbox::new();
    let hooks =
        ["onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"];
    for (wait_for, after) in [
        (None, "updateContentCommand"),
        (Some("initializeCommand"), "create"),
        (Some("onCreateCommand"), "onCreateCommand"),
        (Some("updateContentCommand"), "updateContentCommand"),
        (Some("postCreateCommand"), "postCreateCommand"),
        (Some("postStartCommand"), "postStartCommand"),
    ] {
        let mut properties: Value = hooks.map(|hook| (hook.to_owned(), Value::from("true"))).into_iter().collect();
        if let Some(wait_for) = wait_for {
            properties["waitFor"] = wait_for.into();
        }
        let repository = repository(&sandbox, &properties);
        let name = sandbox.name("ready");
        let (ran, events) = sandbox.watch(&["up", &repository, "--name", &name]).end();
        let _ran = ran.expect(0);
        let at: Vec<usize> = (0..events.len()).filter(|at| events[*at]["event"] == "ready").collect();
        assert_eq!(at.len(), 1, "{events:#?}");
        let before = &events[at[0] - 1];
        assert_eq!((&before["event"], &before["phase"]), (&"phaseFinished".into(), &after.into()), "{wait_for:?}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
}

#[test]
fn a_failure_up_to_wait_for_leaves_nothing_usable() {
    let sandbox = Sandbox::new();
    let properties = json!({"waitFor": "postCreateCommand", "postCreateCommand": "exit 3", "postStartCommand": "true"});
    let repository = repository(&sandbox, &properties);
    let name = sandbox.name("unusable");
    let (ran, events) = sandbox.watch(&["up", &repository, "--name", &name]).end();
    let ran = ran.expect(1);
    assert!(!events.iter().any(|event| event["event"] == "ready") && !ran.stderr.contains("ready:"), "{}", ran.stderr);
}

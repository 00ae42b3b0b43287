//! Lifecycle commands in the container: their forms, streams, users, ends, and what may be used after which.

use serde_json::{Value, json};

use crate::support::{Image, Sandbox, docker};

/// Makes a repository of busybox with these properties.
fn repository(sandbox: &Sandbox, properties: &Value) -> String {
    let mut config = json!({"image": "busybox:1"});
    config.as_object_mut().expect("an object").extend(properties.as_object().expect("an object").clone());
    sandbox.repository("r", &config.to_string()).display().to_string()
}

/// Joins what came over one stream.
fn stream(events: &[Value], name: &str) -> String {
    let of_it = events.iter().filter(|event| event["event"] == "output" && event["stream"] == name);
    of_it.map(|event| event["text"].as_str().expect("text")).collect()
}

#[test]
fn an_array_has_no_shell_and_each_stream_stays_its_own() {
    let sandbox = Sandbox::new();
    let hooks = json!({
        "onCreateCommand": ["printf", "%s|", "$HOME", "a  b", ""],
        "updateContentCommand": "echo out; echo err >&2; printf 'no newline'; printf 'none here' >&2",
    });
    let repository = repository(&sandbox, &hooks);
    let name = sandbox.name("streams");
    let (ran, events) = sandbox.watch(&["up", &repository, "--name", &name]).end();
    let _ran = ran.expect(0);
    assert_eq!(stream(&events, "stdout"), "$HOME|a  b||out\nno newline");
    assert_eq!(stream(&events, "stderr"), "err\nnone here");
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
fn a_command_runs_as_the_remote_user_in_the_workspace_folder() {
    let sandbox = Sandbox::new();
    let show = "echo \"$(id -u):$(id -g) $HOME $PWD, first process $(stat -c %u /proc/1)\" >/tmp/seen";
    for (users, folder, expected) in [
        (json!({"remoteUser": "nobody"}), None, "65534:65534 /home /workspaces/r, first process 0"),
        (json!({"remoteUser": "65534"}), None, "65534:65534 /home /workspaces/r, first process 0"),
        // A number that nobody has.
        (json!({"remoteUser": "4711"}), None, "4711:0 / /workspaces/r, first process 0"),
        (json!({"containerUser": "nobody"}), None, "65534:65534 /home /workspaces/r, first process 65534"),
        (
            json!({"containerUser": "nobody", "remoteUser": "root"}),
            None,
            "0:0 /root /workspaces/r, first process 65534",
        ),
        (
            json!({}),
            Some("/workspaces/${localWorkspaceFolderBasename}/.devcontainer"),
            "0:0 /root /workspaces/r/.devcontainer, first process 0",
        ),
    ] {
        let mut properties = users;
        properties["onCreateCommand"] = show.into();
        properties["postStartCommand"] = "touch made; true".into();
        if let Some(folder) = folder {
            properties["workspaceFolder"] = folder.into();
        }
        let repository = repository(&sandbox, &properties);
        let name = sandbox.name("user");
        let _up = sandbox.run(&["up", &repository, "--name", &name]).expect(0);
        assert_eq!(sandbox.inside(&name, "cat /tmp/seen; ls made"), format!("{expected}\nmade\n"), "{properties}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
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

#[test]
fn children_that_ignore_sigterm_are_ended_with_a_command_that_takes_too_long() {
    let sandbox = Sandbox::new();
    let command = "trap '' TERM; (trap '' TERM; setsid sleep 4713) & (while :; do sleep 4713; done) & echo waiting; while :; do sleep 4713; done";
    let repository = repository(
        &sandbox,
        &json!({"remoteUser": "nobody", "postStartCommand": {"stubborn": command, "good": "true"}}),
    );
    let name = sandbox.name("stubborn");
    let up = sandbox.run(&["up", &repository, "--name", &name, "--json", "--timeout-per-phase", "1s"]).expect(1);
    let phase = &up.json()["phases"][7];
    assert!(phase["reason"].as_str().expect("a reason").contains("it took longer than 1 s"), "{phase}");
    assert_eq!(sandbox.inside(&name, "ps | grep -c '[s]leep 4713' || true"), "0\n");
}

#[test]
fn a_command_that_a_signal_ends_has_the_shells_exit_code() {
    let sandbox = Sandbox::new();
    for (command, code) in [
        (json!("kill -9 $$"), 137),
        (json!("kill -TERM $$"), 143),
        (json!(["sh", "-c", "kill -INT $$"]), 130),
        (json!(["not-a-program"]), 127),
        (json!(["/etc/passwd"]), 126),
        (json!({"fine": "true", "signalled": "kill -9 $$"}), 137),
    ] {
        let repository = repository(&sandbox, &json!({"postCreateCommand": command, "postStartCommand": "true"}));
        let name = sandbox.name("signal");
        let up = sandbox.run(&["up", &repository, "--name", &name, "--json"]).expect(1);
        assert_eq!(up.phases(), "-++---x--");
        assert_eq!(up.json()["phases"][6]["exitCode"], code, "{command}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
}

#[test]
fn a_command_that_kills_the_shell_it_was_started_by_is_a_failure_and_no_hang() {
    let sandbox = Sandbox::new();
    for command in [
        json!("echo before; kill -9 $PPID; echo after"),
        json!("kill -9 $PPID"),
        // Who would write the end mark is gone, and the streams stay open.
        json!("sleep 4714 & kill -9 $PPID"),
        json!({"killer": "sleep 4714 & kill -9 $PPID", "fine": "true"}),
    ] {
        let repository = repository(&sandbox, &json!({"onCreateCommand": command}));
        let name = sandbox.name("parent");
        let up = sandbox.run(&["up", &repository, "--name", &name, "--json"]).expect(1);
        assert_eq!(up.json()["phases"][3]["exitCode"], 137, "{command}");
        // What could not be marked as a success is tried again.
        assert_eq!(sandbox.run(&["up", &repository, "--name", &name, "--json"]).phases(), "--+x-----", "{command}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
}

/// A stop and a start are over within a second, in which the engine's log has the words of the start before too.
#[test]
fn each_start_waits_for_its_own_entrypoints() {
    let metadata = json!([{"id": "f", "entrypoint": "rm -f /up; sleep 0.3; touch /up"}]).to_string();
    let image = Image::build(&format!("FROM busybox:1\nLABEL devcontainer.metadata='{metadata}'\n"), &[]);
    let sandbox = Sandbox::new();
    let name = sandbox.name("entry");
    let config = json!({"image": image.0, "postStartCommand": "test -e /up"}).to_string();
    let _up = sandbox.up(&sandbox.repository("r", &config), &name, &[]).expect(0);
    for _ in 0..6 {
        let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
        let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    }
}

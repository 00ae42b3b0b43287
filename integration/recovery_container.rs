//! `--recovery`: what GitHub opens a codespace in whose own container could not be made.

use serde_json::json;

use crate::support::{Image, Ran, Sandbox, docker, left_of, triple};

/// Checks that a codespace is in recovery mode, and that its files are there to be mended.
#[track_caller]
fn is_in_recovery(sandbox: &Sandbox, name: &str, ran: &Ran) {
    let json = ran.json();
    assert_eq!(json["outcome"], "error");
    assert_eq!((&json["recovery"]["outcome"], &json["recovery"]["errorCode"]), (&"succeeded".into(), &1302.into()));
    assert_eq!(json["remoteUser"], "vscode");
    assert!(ran.stderr.contains("Error code: 1302 (UnifiedContainersErrorFatalCreatingContainer)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("This codespace is currently running in recovery mode due to a"), "{}", ran.stderr);
    let inside = "id -un; echo $CODESPACES_RECOVERY_CONTAINER $CODESPACE_NAME; pwd; ls -A; \
        cat /workspaces/.codespaces/.persistedshare/RECOVERY-REASON-FILE";
    let expected = format!("vscode\ntrue {name}\n/workspaces/r\n.devcontainer\n.git\n1302\n");
    assert_eq!(sandbox.inside(name, inside), expected);
    let view = sandbox.run(&["view", "-c", name, "--json"]).expect(0).json();
    assert_eq!(
        (&view["state"], &view["recovery"], &view["usable"]),
        (&"Available".into(), &true.into(), &false.into())
    );
    assert_eq!(
        docker(&["ps", "-q", "--filter", &format!("label=localspace.codespace={name}")]).stdout.lines().count(),
        1
    );
}

#[test]
fn whatever_fails_up_to_wait_for_opens_one() {
    let sandbox = Sandbox::new();
    let no_shell = Image::build("FROM scratch\nCOPY x /x\n", &[("x", "")]);
    for (number, (config, phases, code, said)) in [
        (json!({"image": "localhost:1/none/such:1"}), "-x-------", 3, "image: "),
        (json!({"image": no_shell.0}), "-+x------", 2, "the image has no /bin/sh"),
        (json!({"image": "busybox:1", "remoteUser": "mona"}), "-+x------", 2, "the image has no user `mona`"),
        (json!({"image": "busybox:1", "runArgs": ["--network=none-such"]}), "-+x------", 3, "none-such"),
        (json!({"image": "busybox:1", "workspaceFolder": "/nowhere"}), "-+x------", 2, "/nowhere"),
        (json!({"image": "busybox:1", "onCreateCommand": "exit 7"}), "-++x-----", 1, "onCreateCommand: "),
        (json!({"image": "busybox:1", "updateContentCommand": "exit 7"}), "-++-x----", 1, "updateContentCommand: "),
        (
            json!({"image": "busybox:1", "waitFor": "postCreateCommand", "postCreateCommand": "exit 7"}),
            "-++---x--",
            1,
            "exit code 7",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let repository = sandbox.repository("r", &config.to_string());
        let name = sandbox.name(&format!("failed{number}"));
        let up = sandbox.up(&repository, &name, &["--recovery"]).expect(code);
        assert_eq!(up.phases(), phases, "{config}");
        is_in_recovery(&sandbox, &name, &up);
        let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
        for line in [
            "=== ERROR === Failed to create container.",
            "Error code: 1302 (UnifiedContainersErrorFatalCreatingContainer)",
            "=== WARNING === Creating recovery container.",
            said,
        ] {
            assert!(logs.contains(line), "{line}: {logs}");
        }
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
        assert_eq!(left_of(&name), "", "{config}");
        std::fs::remove_dir_all(repository).expect("removed");
    }
}

#[test]
fn a_configuration_that_cannot_be_used_opens_one_too() {
    let sandbox = Sandbox::new();
    for (number, text) in
        ["{", "[]", r#"{"image": 1}"#, r#"{"image": "BAD NAME"}"#, r#"{"image": "x", "runArgs": ["--x"]}"#]
            .into_iter()
            .enumerate()
    {
        let repository = sandbox.repository("r", text);
        let name = sandbox.name(&format!("broken{number}"));
        let plain = sandbox.up(&repository, &name, &[]);
        if number > 0 {
            let plain = plain.expect(2);
            assert_eq!(left_of(&name), "", "{plain:?}");
            let up = sandbox.up(&repository, &name, &["--recovery"]).expect(2);
            assert_eq!(up.phases(), "-x-------", "{text}");
            is_in_recovery(&sandbox, &name, &up);
            assert!(up.stderr.contains("devcontainer.json:1:"), "{}", up.stderr);
        }
        std::fs::remove_dir_all(repository).expect("removed");
    }
}

#[test]
fn a_rebuild_leaves_it_once_the_configuration_is_mended() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "localhost:1/none/such:1", "onCreateCommand": "true"}"#);
    let name = sandbox.name("mended");
    let secrets = sandbox.file("s.env", &triple("A", "a.example", "hunter2-hunter2"));
    let up = sandbox.up(&repository, &name, &["--recovery", "--secrets-file", &secrets]).expect(3);
    is_in_recovery(&sandbox, &name, &up);
    // It is stopped and started, and attached to, as any codespace is.
    let attach = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(attach.stderr.contains("is currently running in recovery mode"), "{}", attach.stderr);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let start = sandbox.run(&["start", "-c", &name, "--json"]).expect(0);
    assert_eq!(start.phases(), "--+--+---");
    let list = sandbox.run(&["list"]).expect(0).stdout;
    assert!(list.contains("Available, in recovery mode"), "{list}");
    // Not mended: the recovery container stays as it is.
    let before = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["containerId"].clone();
    let failed = sandbox.run(&["rebuild", "-c", &name, "--json"]).expect(3);
    assert_eq!(failed.json()["containerId"], before);
    let _mended = sandbox.inside(
        &name,
        "sed -i 's,localhost:1/none/such:1,busybox:1,' .devcontainer/devcontainer.json; echo work >work",
    );
    let rebuilt = sandbox.run(&["rebuild", "-c", &name, "--json"]).expect(0);
    assert_eq!(rebuilt.phases(), "-+++-+---");
    assert_eq!(sandbox.inside(&name, "cat work; echo x$CODESPACES_RECOVERY_CONTAINER"), "work\nx\n");
    let list = sandbox.run(&["list", "--json"]).expect(0).json();
    assert_eq!((&list[0]["recovery"], &list[0]["usable"]), (&false.into(), &true.into()), "{list}");
}

#[test]
fn it_is_logged_in_and_no_command_of_its_image_runs() {
    let mut sandbox = Sandbox::new();
    let label = r#"[{"onCreateCommand": "touch ~/ran", "postCreateCommand": "touch ~/ran", "postStartCommand": "touch ~/ran"}]"#;
    let dockerfile =
        format!("FROM mcr.microsoft.com/devcontainers/base:alpine\nLABEL devcontainer.metadata='{label}'\n");
    let image = Image::build(&dockerfile, &[]);
    sandbox.set_env("LOCALSPACE_RECOVERY_IMAGE", &image.0);
    let secrets = sandbox.file("s.env", &triple("A", "a.example", "hunter2-hunter2"));
    // One with no container before it, and one whose container goes for it.
    for (number, (config, code, said)) in [
        (json!({"image": "localhost:1/none/such:1"}), 3, "Error: image: "),
        (
            json!({"image": "busybox:1", "onCreateCommand": "cat ~/.docker/config.json; exit 7"}),
            1,
            "Error: cat ~/.docker",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let repository = sandbox.repository("r", &config.to_string());
        let name = sandbox.name(&format!("login{number}"));
        let up = sandbox.up(&repository, &name, &["--recovery", "--secrets-file", &secrets]).expect(code);
        is_in_recovery(&sandbox, &name, &up);
        let login = json!([{"id": "A", "server": "a.example", "user": "robot", "outcome": "written"}]);
        assert_eq!(up.json()["registries"], login);
        let seen =
            sandbox.inside(&name, "stat -c '%a %U' ~/.docker/config.json; ls ~/ran 2>&1; cat ~/.docker/config.json");
        assert!(seen.starts_with("600 vscode\nls: ") && seen.contains("\"a.example\""), "{seen}");
        let log = sandbox
            .inside(&name, "sed 's/^[-0-9]* [:.0-9]*Z: //' /workspaces/.codespaces/.persistedshare/creation.log");
        let ended = "Outcome: success User: vscode WorkspaceFolder: /workspaces/r\ndevcontainer process exited with exit code 0\n";
        let rule = format!("\n{}\n", "=".repeat(81));
        let tail = format!(
            "Error code: 1302 (UnifiedContainersErrorFatalCreatingContainer)\n=== ERROR === Container creation failed.\n\
             === WARNING === Creating recovery container.\n\
             {rule}Creating container...\n{ended}{rule}Running blocking commands...\n{ended}\
             {rule}Configuring codespace...\nregistry A: login of robot at a.example: written\n\
             {rule}Finished configuring codespace.\n"
        );
        assert!(log.ends_with(&tail) && log.contains(said), "{log}");
        assert!(!log.contains("hunter2-hunter2"), "{log}");
        // It was made when the container was new: an attach makes none, and a start makes it anew, with no command of the image's.
        let attach = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
        assert_eq!(attach.phases(), "--+------");
        let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
        let start = sandbox.run(&["start", "-c", &name, "--secrets-file", &secrets, "--json"]).expect(0);
        assert_eq!(start.phases(), "--+--+---");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
        std::fs::remove_dir_all(repository).expect("removed");
    }
}

#[test]
fn a_rebuild_that_fails_opens_one_where_it_is_asked_to() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#);
    let name = sandbox.name("rebuilt");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let _broken = sandbox.inside(&name, "echo '{\"image\": 1}' >.devcontainer/devcontainer.json");
    let rebuilt = sandbox.run(&["rebuild", "-c", &name, "--json", "--recovery"]).expect(2);
    is_in_recovery(&sandbox, &name, &rebuilt);
    // One whose container is gone and whose configuration is broken can be mended in one.
    let _gone = docker(&["rm", "-f", &name]).expect(0);
    let up = sandbox.up(&repository, &name, &[]).expect(2);
    assert!(up.stderr.contains("devcontainer.json:1:"), "{}", up.stderr);
    let up = sandbox.up(&repository, &name, &["--recovery"]).expect(2);
    is_in_recovery(&sandbox, &name, &up);
}

#[test]
fn a_failure_after_wait_for_opens_none() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1", "postCreateCommand": "exit 3"}"#);
    let name = sandbox.name("usable");
    let up = sandbox.up(&repository, &name, &["--recovery"]).expect(1);
    assert!(!up.stderr.contains("recovery"), "{}", up.stderr);
    assert_eq!(up.json()["recovery"], serde_json::Value::Null);
    assert_eq!(sandbox.inside(&name, "id -un"), "root\n");
}

#[test]
fn a_prebuild_has_none_and_says_githubs_code() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1", "onCreateCommand": "exit 3"}"#);
    let name = sandbox.name("prebuild");
    let up = sandbox.up(&repository, &name, &["--recovery", "--as-prebuild"]).expect(1);
    let words = "Error code: 1309 (UnifiedContainersErrorPrebuilTemplateOnCreateFailed)";
    assert!(up.stderr.contains(words) && !up.stderr.contains("recovery container"), "{}", up.stderr);
    assert!(sandbox.run(&["logs", "-c", &name]).expect(0).stdout.contains(words));
    assert_eq!(sandbox.inside(&name, "id -un"), "root\n");
}

#[test]
fn where_its_own_image_cannot_be_had_the_failed_container_is_kept() {
    let mut sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1", "onCreateCommand": "touch /made; exit 3"}"#);
    for (number, (image, said)) in
        [("localhost:1/none/such:1", "localhost:1/none/such:1"), ("busybox:1", "the image has no user `vscode`")]
            .into_iter()
            .enumerate()
    {
        sandbox.set_env("LOCALSPACE_RECOVERY_IMAGE", image);
        let name = sandbox.name(&format!("neither{number}"));
        let up = sandbox.up(&repository, &name, &["--recovery"]).expect(1);
        assert_eq!(up.json()["recovery"]["outcome"], "failed");
        assert!(up.stderr.contains("it could not be made either"), "{}", up.stderr);
        assert!(up.stderr.contains(said), "{}", up.stderr);
        assert_eq!(sandbox.inside(&name, "ls /made; echo x$CODESPACES_RECOVERY_CONTAINER"), "/made\nx\n");
        let view = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json();
        assert_eq!((&view["recovery"], &view["failedPhase"]), (&false.into(), &"onCreateCommand".into()));
    }
    let repository = sandbox.repository("n", r#"{"image": "localhost:1/none/such:1"}"#);
    let name = sandbox.name("nothing");
    let up = sandbox.up(&repository, &name, &["--recovery"]).expect(3);
    assert!(up.stderr.contains("Nothing is left"), "{}", up.stderr);
    assert_eq!(left_of(&name), "");
}

#[test]
fn an_interrupted_run_opens_none_and_one_that_was_killed_is_finished_by_the_next() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "onCreateCommand": "echo begun; [ -e ok ] || exit 3", "updateContentCommand": "echo begun; [ -e ok ] || sleep 300"}"#;
    let repository = sandbox.repository("r", config).display().to_string();
    let name = sandbox.name("killed");
    let mut up = sandbox.watch(&["up", &repository, "--name", &name, "--recovery"]);
    let _failed = up.until("the failure", |event| event["event"] == "creationFailed");
    up.kill();
    let again = sandbox.up(&sandbox.path("r"), &name, &["--recovery"]).expect(1);
    is_in_recovery(&sandbox, &name, &again);
    let _mended = sandbox.inside(&name, "touch ok");
    let rebuilt = sandbox.run(&["rebuild", "-c", &name, "--json"]).expect(0);
    assert_eq!(rebuilt.phases(), "-++++----");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    let config = r#"{"image": "busybox:1", "onCreateCommand": "echo begun; sleep 300"}"#;
    let repository = sandbox.repository("i", config).display().to_string();
    let name = sandbox.name("interrupted");
    let mut up = sandbox.watch(&["up", &repository, "--name", &name, "--recovery", "--json"]);
    up.until_output("begun");
    up.signal("INT");
    let ended = up.end().0.expect(130);
    assert_eq!(ended.json()["recovery"], serde_json::Value::Null);
    assert_eq!(sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["recovery"], false);
}

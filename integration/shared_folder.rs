//! `/workspaces/.codespaces`: the creation log, the steps and the variables that are told inside; and the files of `/etc`.

use serde_json::{Value, json};

use crate::support::{Sandbox, docker};

const LOG: &str = "/workspaces/.codespaces/.persistedshare/creation.log";
const SHARED: &str = "/workspaces/.codespaces/shared";

/// Asserts that a text has these parts in this order.
#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing in {rest}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn the_log_is_the_real_ones_and_is_written_while_a_command_runs() {
    let sandbox = Sandbox::new();
    let config = json!({
        "image": "busybox:1", "remoteUser": "nobody",
        "onCreateCommand": "mkfifo /tmp/go; echo waiting; read line </tmp/go; echo gone on",
        "postCreateCommand": {"a": "echo side", "b": "echo by side"},
        "postStartCommand": ["printf", "%s\\n", "no end"], "postAttachCommand": "echo attached",
    });
    let repository = sandbox.repository("app", &config.to_string()).display().to_string();
    let name = sandbox.name("log");
    let up = sandbox.watch(&["up", &repository, "--name", &name]);
    let mut up = up;
    up.until_output("waiting");
    // Whoever follows the log sees the line while its command still runs.
    let follow = format!("timeout 40 tail -n +1 -f {LOG} | grep -q 'Z: waiting'; echo >/tmp/go");
    let _seen = docker(&["exec", &name, "sh", "-c", &follow]).expect(0);
    let _ran = up.end().0.expect(0);
    let log = sandbox.inside(&name, &format!("cat {LOG}"));
    let rule = "=".repeat(81);
    in_order(
        &log,
        &[
            "Z: Host information\n",
            &format!("\n{rule}\n"),
            "Z: Configuration starting...\n",
            "Z: Cloning...\n",
            &format!("\n{rule}\n"),
            "Z: Creating container...\n",
            "Z: Outcome: success User: nobody WorkspaceFolder: /workspaces/app\n",
            "Z: devcontainer process exited with exit code 0\n",
            "Z: Running blocking commands...\n",
            "Z: Running the onCreateCommand from devcontainer.json...\n",
            "Z: $ mkfifo /tmp/go",
            "Z: waiting\n",
            "Z: gone on\n",
            "Z: Configuring codespace...\n",
            "Z: registryLogin: skipped",
            "Z: Running commands...\n",
            "Z: [a] $ echo side\n",
            "Z: $ printf",
            "Z: no end\n",
            "Z: Outcome: success",
            "Z: Finished configuring codespace.\n",
        ],
    );
    assert!(!log.contains("attached") && !log.contains("left out here"), "{log}");
    let steps: Value =
        serde_json::from_str(&sandbox.inside(&name, &format!("cat {SHARED}/postCreateOutput.json"))).expect("JSON");
    let names = ["onCreateCommand", "postCreateCommand", "postStartCommand"];
    let expected: Vec<Value> = names.iter().map(|name| json!({"name": name, "status": "succeeded"})).collect();
    assert_eq!(steps, json!({ "steps": expected }));
    let owners = sandbox.inside(&name, &format!("stat -c %U /workspaces {LOG} {SHARED}/*; touch /workspaces/beside"));
    assert!(owners.lines().all(|owner| owner == "nobody"), "{owners}");
}

#[test]
fn each_attempt_has_a_log_of_its_own_with_the_words_of_a_failure_and_an_attach_has_none() {
    let sandbox = Sandbox::new();
    let config = json!({"image": "busybox:1", "onCreateCommand": "echo trying; test -e ~/ok || exit 7", "postCreateCommand": "test -e ~/good || exit 3"});
    let repository = sandbox.repository("r", &config.to_string());
    let name = sandbox.name("attempts");
    let log = || sandbox.inside(&name, &format!("cat {LOG}"));
    let steps = || sandbox.inside(&name, &format!("cat {SHARED}/postCreateOutput.json"));
    let _failed = sandbox.up(&repository, &name, &[]).expect(1);
    let first = log();
    in_order(
        &first,
        &[
            "Z: trying\n",
            "onCreateCommand from devcontainer.json failed with exit code 7. Skipping any further user-provided commands.\n",
            "Z: devcontainer process exited with exit code 1\n",
            "Z: === ERROR === Failed to create container.\n",
            "Z: Error: echo trying; test -e ~/ok || exit 7\n",
            "Z: Error code: 1302 (UnifiedContainersErrorFatalCreatingContainer)\n",
            "Z: === ERROR === Container creation failed.\n",
            "Z: Finished configuring codespace.\n",
        ],
    );
    assert_eq!(steps(), "{\"steps\":[{\"name\":\"onCreateCommand\",\"status\":\"failed\"}]}\n");
    // A failure after `waitFor` is no failure of the creation.
    let _ok = sandbox.inside(&name, "touch ~/ok");
    let _failed = sandbox.up(&repository, &name, &[]).expect(1);
    let second = log();
    assert_eq!(second.matches("Configuration starting...").count(), 1, "{second}");
    in_order(&second, &["Z: trying\n", "postCreateCommand from devcontainer.json failed with exit code 3."]);
    assert!(!second.contains("=== ERROR ==="), "{second}");
    let _good = sandbox.inside(&name, "touch ~/good");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let third = log();
    let _attached = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(log(), third);
    // A start has a short one.
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    let started = log();
    in_order(&started, &["Configuration starting...", "Creating container...", "Finished configuring codespace."]);
    assert!(!started.contains("trying"), "{started}");
}

#[test]
fn a_log_that_cannot_be_written_is_told_and_the_run_goes_on() {
    let sandbox = Sandbox::new();
    let config = json!({
        "image": "busybox:1", "runArgs": ["--tmpfs=/workspaces/.codespaces/.persistedshare:size=64k"],
        "onCreateCommand": "seq 1 200000", "postCreateCommand": "echo all the same",
    });
    let name = sandbox.name("small");
    let up = sandbox.up(&sandbox.repository("r", &config.to_string()), &name, &[]).expect(0);
    let said = "warning: the codespace's own creation log is not whole:";
    assert!(up.stderr.contains(said) && up.stderr.contains("No space left on device"), "{}", up.stderr);
    assert_eq!(up.stderr.matches(said).count(), 1, "{}", up.stderr);
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("Z: 200000\n") && logs.contains("all the same"));
}

#[test]
fn the_codespaces_variables_are_told_without_its_secrets() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("app", r#"{"image": "busybox:1"}"#);
    let secrets = sandbox.file("s.env", "API_TOKEN=hunter2-hunter2\n");
    for (name, more, action) in [("plain", &[][..], "create"), ("pre", &["--as-prebuild"], "createPrebuildTemplate")] {
        let name = sandbox.name(name);
        let _up = sandbox.up(&repository, &name, &[&["--secrets-file", &secrets], more].concat()).expect(0);
        let told = sandbox.inside(
            &name,
            &format!("cat {SHARED}/environment-variables.json; find /workspaces/.codespaces -type f | wc -l"),
        );
        let (json, files) = told.rsplit_once("}\n").expect("an object");
        let told: Value = serde_json::from_str(&format!("{json}}}")).expect("JSON");
        assert_eq!((&told["ACTION_NAME"], &told["CODESPACE_NAME"]), (&json!(action), &json!(name)));
        assert_eq!((&told["RepositoryName"], told.get("API_TOKEN")), (&json!("app"), None));
        assert_eq!(files, "3\n");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
}

#[test]
fn a_login_shell_keeps_the_containers_path_and_has_its_variables() {
    let sandbox = Sandbox::new();
    let config = json!({
        "image": "mcr.microsoft.com/devcontainers/base:trixie",
        "containerEnv": {"PATH": "/own:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "QUOTED": "a \"b\" $c"},
    });
    let repository = sandbox.repository("r", &config.to_string());
    let name = sandbox.name("etc");
    let secrets = sandbox.file("s.env", "API_TOKEN=hunter2-hunter2\n");
    let _up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
    let path = docker(&["exec", "-u", "vscode", &name, "bash", "-lc", "echo $PATH"]).expect(0).stdout;
    assert!(path.starts_with("/own:"), "{path}");
    let environment = || docker(&["exec", &name, "cat", "/etc/environment"]).expect(0).stdout;
    let first = environment();
    for line in ["CODESPACES=\"true\"", "QUOTED=\"a \\\"b\\\" $c\"", "RepositoryName=\"r\""] {
        assert!(first.lines().any(|one| one == line), "{line}: {first}");
    }
    assert!(!first.contains("hunter2") && !first.contains("GITHUB_"), "{first}");
    let modes = docker(&["exec", &name, "stat", "-c", "%a %U", "/etc/environment", "/etc/profile"]).expect(0).stdout;
    assert_eq!(modes, "644 root\n644 root\n");
    // Once per container.
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(environment(), first);
}

#[test]
fn files_of_etc_that_are_links_are_left_alone() {
    let image = crate::support::Image::build(
        "FROM busybox:1\nRUN mkdir -p /opt && echo 'PATH=/bin' >/opt/profile && ln -sf /opt/profile /etc/profile && ln -sf /nowhere /etc/environment\n",
        &[],
    );
    let sandbox = Sandbox::new();
    let name = sandbox.name("links");
    let _up = sandbox.up(&sandbox.repository("r", &json!({"image": image.0}).to_string()), &name, &[]).expect(0);
    let seen = sandbox.inside(&name, "readlink /etc/profile; readlink /etc/environment; cat /opt/profile");
    assert_eq!(seen, "/opt/profile\n/nowhere\nPATH=/bin\n");
}

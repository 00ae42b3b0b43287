//! `/workspaces/.codespaces` while a command runs, at an attach and in what goes as a prebuild. What is in it after a run, and in the
//! files of `/etc`, is said by the scenarios of `devcontainers/surroundings`.

use serde_json::{Value, json};

use crate::support::{Sandbox, docker};

const LOG: &str = "/workspaces/.codespaces/.persistedshare/creation.log";
const SHARED: &str = "/workspaces/.codespaces/shared";

#[test]
fn the_log_is_written_while_a_command_runs() {
    let sandbox = Sandbox::new();
    let command = "mkfifo /tmp/go; echo waiting; read line </tmp/go; echo gone on";
    let config = json!({"image": "busybox:1", "remoteUser": "nobody", "onCreateCommand": command});
    let repository = sandbox.repository("app", &config.to_string()).display().to_string();
    let name = sandbox.name("log");
    let mut up = sandbox.watch(&["up", &repository, "--name", &name]);
    up.until_output("waiting");
    // Whoever follows the log sees the line while its command still runs.
    let follow = format!("timeout 40 tail -n +1 -f {LOG} | grep -q 'Z: waiting'; echo >/tmp/go");
    let _seen = docker(&["exec", &name, "sh", "-c", &follow]).expect(0);
    let _ran = up.end().0.expect(0);
}

#[test]
fn an_attach_has_no_log_of_its_own() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1", "postAttachCommand": "echo attached"}"#);
    let name = sandbox.name("attach");
    let log = || sandbox.inside(&name, &format!("cat {LOG}"));
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let before = log();
    let _attached = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(log(), before);
}

#[test]
fn the_variables_of_one_that_goes_as_a_prebuild_say_so_and_have_no_secret() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("app", r#"{"image": "busybox:1"}"#);
    let secrets = sandbox.file("s.env", "API_TOKEN=hunter2-hunter2\n");
    let name = sandbox.name("pre");
    let _up = sandbox.up(&repository, &name, &["--secrets-file", &secrets, "--as-prebuild"]).expect(0);
    let told = sandbox.inside(&name, &format!("cat {SHARED}/environment-variables.json"));
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told["ACTION_NAME"], &told["CODESPACE_NAME"]), (&json!("createPrebuildTemplate"), &json!(name)));
    assert_eq!((&told["RepositoryName"], told.get("API_TOKEN")), (&json!("app"), None));
    assert_eq!(sandbox.inside(&name, "find /workspaces/.codespaces -type f | wc -l"), "3\n");
}

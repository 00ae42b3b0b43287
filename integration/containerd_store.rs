//! An engine that keeps its images in containerd's store, as Docker Desktop and Engine 29 do by default: one of this test's own.

use serde_json::json;

use crate::support::{Sandbox, SecondEngine};

#[test]
fn images_are_built_there_and_a_step_that_fails_is_told() {
    let mut sandbox = Sandbox::new();
    // Where nobody may start an engine, there is none to try.
    let Some(engine) = SecondEngine::start(&sandbox, r#"{"features": {"containerd-snapshotter": true}}"#) else {
        return;
    };
    engine.load("busybox:1");
    sandbox.set_env("DOCKER_HOST", &engine.socket);
    let config = json!({
        "build": {"dockerfile": "Dockerfile", "target": "dev", "args": {"WHO": "mona"}, "options": ["--add-host=machine:host-gateway", "--add-host=six=[::7]"]},
        "features": {"./f": {"word": "hello"}},
        "onCreateCommand": "cat /who /word"
    });
    let repository = sandbox.repository("r", &config.to_string());
    let dockerfile = "FROM busybox:1 AS dev\nARG WHO\nCOPY given /given\nRUN echo $WHO >/who && cat /given && grep -E 'machine|six' /etc/hosts >/hosts\nFROM dev\nRUN false\n";
    let feature = r#"{"id": "f", "version": "1.0.0", "options": {"word": {"type": "string", "default": "none"}}}"#;
    let folder = repository.join(".devcontainer");
    std::fs::create_dir(folder.join("f")).expect("made");
    for (file, text) in [
        ("Dockerfile", dockerfile),
        ("given", "given\n"),
        ("f/devcontainer-feature.json", feature),
        ("f/install.sh", "echo \"$WORD\" >/word\n"),
    ] {
        std::fs::write(folder.join(file), text).expect("written");
    }
    let name = sandbox.name("store");
    let up = sandbox.up(&repository, &name, &["--working-tree"]).expect(0);
    assert_eq!(up.phases(), "-+++-----");
    assert_eq!(sandbox.inside(&name, "cat /who /word"), "mona\nhello\n");
    let hosts = sandbox.inside(&name, "cat /hosts");
    assert!(hosts.contains("::7\tsix") && hosts.contains(".0.1\tmachine"), "{hosts}");
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    std::fs::write(folder.join("Dockerfile"), "FROM busybox:1 AS dev\nRUN exit 7\n").expect("written");
    let failed = sandbox.up(&repository, &sandbox.name("fails"), &["--working-tree"]);
    assert_eq!(failed.phases(), "-x-------");
    let said = ".devcontainer/Dockerfile: `RUN exit 7` failed";
    assert!(failed.stderr.contains(said) && failed.stderr.contains("exit code 7"), "{}", failed.stderr);
}

//! Runs that meet each other, and an engine that goes away under them.

use std::io::{BufRead, BufReader};
use std::process::Command;

use crate::support::{Ran, Sandbox};

const CONFIG: &str = r#"{"image": "busybox:1", "onCreateCommand": "echo 1 >>/root/ran; sleep 0.2", "updateContentCommand": "echo 2 >>/root/ran",
    "postCreateCommand": "echo 3 >>/root/ran; sleep 0.2", "postStartCommand": "echo 4 >>/root/ran"}"#;

#[test]
fn a_start_right_after_a_stop_starts() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#);
    let name = sandbox.name("again");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    // The engine's list is a moment behind.
    for _ in 0..8 {
        let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
        assert_eq!(sandbox.run(&["start", "-c", &name, "--json"]).expect(0).phases(), "--+------");
    }
}

#[test]
fn two_at_once_make_one_codespace() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", CONFIG).display().to_string();
    let name = sandbox.name("twice");
    let args = ["up", repository.as_str(), "--name", name.as_str(), "--json"];
    let (one, other) = (sandbox.spawn(&args), sandbox.spawn(&args));
    let ends = [one, other].map(|child| Ran::of(child.wait_with_output().expect("ended")).expect(0));
    assert!(
        ends.iter().any(|end| end.stderr.contains("waiting for localspace up (process")
            || end.stderr.contains("waiting for another localspace")),
        "{ends:?}"
    );
    assert_eq!(sandbox.inside(&name, "tr -d '\\n' < /root/ran"), "1234");
}

/// An engine of the test's own, which the test may kill: on another socket, with another folder, and in a network namespace of its own,
/// since an engine that starts without a bridge removes the one that it finds.
struct OwnEngine {
    process: std::process::Child,
    folder: tempfile::TempDir,
}

impl OwnEngine {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let process = Command::new("unshare")
            .args(["--net", "dockerd"])
            .args([
                "-H",
                &format!("unix://{}", path("sock")),
                "--data-root",
                &path("data"),
                "--exec-root",
                &path("exec"),
            ])
            .args(["--pidfile", &path("pid"), "--bridge=none", "--iptables=false", "--ip6tables=false"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn();
        let mut process = process.expect("dockerd runs");
        let mut log = BufReader::new(process.stderr.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("API listen on") {
            line.clear();
            assert_ne!(log.read_line(&mut line).expect("text"), 0, "dockerd ended");
        }
        std::thread::spawn(move || log.lines().count());
        Self { process, folder }
    }

    fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("sock").display())
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        // Asked to end, it ends its containers and unmounts what it mounted.
        let _asked = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ended = self.process.wait();
    }
}

#[test]
fn an_engine_that_dies_while_a_command_runs_is_said_and_nothing_hangs() {
    let mut sandbox = Sandbox::new();
    let engine = OwnEngine::start();
    let save = "docker save busybox:1 | docker -H \"$0\" load";
    let loaded = Command::new("sh").args(["-c", save, &engine.host()]).output().expect("docker runs");
    let _done = Ran::of(loaded).expect(0);
    sandbox.set_env("DOCKER_HOST", &engine.host());
    let config = r#"{"image": "busybox:1", "runArgs": ["--network=none"], "onCreateCommand": "sleep 300"}"#;
    let repository = sandbox.repository("r", config).display().to_string();
    let name = sandbox.name("orphan");
    let mut up = sandbox.watch(&["up", &repository, "--name", &name]);
    up.until_started("onCreateCommand");
    drop(engine);
    let ran = up.end().0.expect(3);
    assert!(ran.stderr.contains("engine"), "{}", ran.stderr);
}

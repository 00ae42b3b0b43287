//! Runs that die, are interrupted, or meet each other.

use std::io::{BufRead, BufReader};
use std::process::Command;

use serde_json::Value;

use crate::support::{Ran, Sandbox, left_of, triple};

const CONFIG: &str = r#"{"image": "busybox:1", "onCreateCommand": "echo 1 >>/root/ran; sleep 0.2", "updateContentCommand": "echo 2 >>/root/ran",
    "postCreateCommand": "echo 3 >>/root/ran; sleep 0.2", "postStartCommand": "echo 4 >>/root/ran"}"#;

/// Starts `up` and kills it with `kill -9` when the journal tells of this event of this phase.
fn kill_at(sandbox: &Sandbox, repository: &str, name: &str, event: &str, phase: &str) {
    let events = sandbox.path(&format!("{name}.events"));
    let _made = Command::new("mkfifo").arg(&events).status().expect("mkfifo runs");
    let secrets = sandbox.file("s.env", &triple("A", "a.example", "hunter2-hunter2"));
    let path = events.display().to_string();
    let mut child = sandbox.spawn(&["up", repository, "--name", name, "--secrets-file", &secrets, "--events", &path]);
    let reader = BufReader::new(std::fs::File::open(&events).expect("a pipe"));
    for line in reader.lines() {
        let line: Value = serde_json::from_str(&line.expect("text")).expect("json");
        if line["event"] == event && line["phase"] == phase {
            break;
        }
    }
    child.kill().expect("killed");
    let _reaped = child.wait().expect("ended");
}

#[test]
fn killed_at_any_boundary_it_is_deleted_without_a_trace_or_finished() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", CONFIG).display().to_string();
    let boundaries = [
        ("phaseStarted", "image"),
        ("phaseStarted", "create"),
        ("phaseFinished", "create"),
        ("phaseStarted", "onCreateCommand"),
        ("phaseFinished", "onCreateCommand"),
        ("phaseFinished", "updateContentCommand"),
        ("phaseFinished", "registryLogin"),
        ("phaseStarted", "postCreateCommand"),
        ("phaseFinished", "postStartCommand"),
    ];
    for (at, (event, phase)) in boundaries.into_iter().enumerate() {
        let name = sandbox.name(&format!("deleted{at}"));
        kill_at(&sandbox, &repository, &name, event, phase);
        let _done = sandbox.run(&["delete", "-c", &name]).expect(0);
        assert_eq!(left_of(&name), "", "{event} {phase}");
        assert!(!sandbox.path("localspace/state/codespaces").join(&name).exists());

        let name = sandbox.name(&format!("started{at}"));
        kill_at(&sandbox, &repository, &name, event, phase);
        // `start` goes on from where it was, or undoes what was never finished.
        let start = sandbox.run(&["start", "-c", &name, "--json"]);
        if start.code == 0 {
            assert!(sandbox.inside(&name, "cat /root/ran").ends_with("4\n"), "{event} {phase}");
        } else {
            assert!(["image", "create"].contains(&phase), "{event} {phase}: {start:?}");
            assert_eq!(left_of(&name), "", "{event} {phase}");
        }

        let name = sandbox.name(&format!("finished{at}"));
        kill_at(&sandbox, &repository, &name, event, phase);
        let up = sandbox.run(&["up", &repository, "--name", &name, "--json"]).expect(0);
        assert_eq!(up.json()["outcome"], "success");
        let ran = sandbox.inside(&name, "tr -d '\\n' < /root/ran");
        // A command that was cut off runs again; one that had succeeded does not.
        assert!(["1234", "11234", "12334"].contains(&ran.as_str()), "{event} {phase}: {ran}");
    }
}

#[test]
fn an_interrupt_ends_what_runs_keeps_what_is_done_and_says_how_to_go_on() {
    let sandbox = Sandbox::new();
    let config =
        r#"{"image": "busybox:1", "onCreateCommand": "true", "postCreateCommand": "test -e /root/go || sleep 4712"}"#;
    let repository = sandbox.repository("r", config).display().to_string();
    let name = sandbox.name("interrupted");
    let events = sandbox.path("events");
    let _made = Command::new("mkfifo").arg(&events).status().expect("mkfifo runs");
    let child = sandbox.spawn(&["up", &repository, "--name", &name, "--events", &events.display().to_string()]);
    let mut reader = BufReader::new(std::fs::File::open(&events).expect("a pipe"));
    let mut line = String::new();
    while !line.contains("\"phaseStarted\",\"phase\":\"postCreateCommand\"") {
        line.clear();
        assert_ne!(reader.read_line(&mut line).expect("text"), 0, "no such event");
    }
    let drained = std::thread::spawn(move || reader.lines().count());
    let _sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    let ran = Ran::of(child.wait_with_output().expect("ended")).expect(130);
    let _lines = drained.join();
    assert!(ran.stderr.contains("the same command goes on"), "{}", ran.stderr);
    assert_eq!(sandbox.inside(&name, "ps | grep -c '[s]leep 4712' || touch /root/go"), "0\n");
    let again = sandbox.run(&["up", &repository, "--name", &name, "--json"]).expect(0);
    assert_eq!(again.phases(), "--+---+--");
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
    let events = sandbox.path("events");
    let _made = Command::new("mkfifo").arg(&events).status().expect("mkfifo runs");
    let child = sandbox.spawn(&["up", &repository, "--name", &name, "--events", &events.display().to_string()]);
    let mut reader = BufReader::new(std::fs::File::open(&events).expect("a pipe"));
    let mut line = String::new();
    while !line.contains("\"phaseStarted\",\"phase\":\"onCreateCommand\"") {
        line.clear();
        assert_ne!(reader.read_line(&mut line).expect("text"), 0, "no such event");
    }
    let drained = std::thread::spawn(move || reader.lines().count());
    drop(engine);
    let ran = Ran::of(child.wait_with_output().expect("ended"));
    let _lines = drained.join();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("engine"), "{}", ran.stderr);
}

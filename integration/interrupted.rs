//! Ctrl-C in each kind of phase: what runs is ended, what is done is kept, and the same command goes on.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::{Deadline, Image, Ran, Sandbox, docker, left_of, send};

/// Waits for the start of a codespace's container.
struct Start {
    events: Child,
    _deadline: Deadline,
}

impl Start {
    fn of(name: &str) -> Self {
        let label = format!("label=localspace.codespace={name}");
        let args =
            ["events", "--since", "1m", "--filter", &label, "--filter", "event=start", "--format", "{{.Action}}"];
        let events = Command::new("docker").args(args).stdout(Stdio::piped()).spawn().expect("docker runs");
        Self { _deadline: Deadline::of(events.id()), events }
    }

    fn wait(mut self) {
        let mut line = String::new();
        let mut events = BufReader::new(self.events.stdout.take().expect("piped"));
        events.read_line(&mut line).expect("text");
        self.events.kill().expect("killed");
        self.events.wait().expect("ended");
        assert_eq!(line, "start\n");
    }
}

#[test]
fn a_pull_from_a_registry_that_does_not_answer_is_left_and_nothing_is_left_of_the_codespace() {
    let sandbox = Sandbox::new();
    let registry = TcpListener::bind("127.0.0.1:0").expect("a port");
    let image = format!("localhost:{}/none/such:1", registry.local_addr().expect("a port").port());
    let repository = sandbox.repository("r", &json!({"image": image}).to_string()).display().to_string();
    let name = sandbox.name("image");
    let up = sandbox.watch(&["up", &repository, "--name", &name, "--json"]);
    let _silent = registry.accept().expect("the engine asks");
    up.signal("INT");
    let ran = up.end().0.expect(130);
    assert_eq!(ran.phases(), "-x-------");
    assert!(ran.stderr.contains("othing is left of the codespace"), "{}", ran.stderr);
    assert_eq!(left_of(&name), "");
    assert!(!sandbox.path("localspace/state/codespaces").join(&name).exists());
    let late = sandbox.run(&["up", &repository, "--name", &name, "--timeout-per-phase", "1s"]).expect(1);
    assert!(late.stderr.contains("it took longer than 1 s"), "{}", late.stderr);
    assert_eq!(left_of(&name), "");
}

#[test]
fn an_entrypoint_that_does_not_end_is_left_and_the_container_is_kept() {
    let metadata = json!([{"id": "feature", "entrypoint": "sleep 4718"}]).to_string();
    let image = Image::build(&format!("FROM busybox:1\nLABEL devcontainer.metadata='{metadata}'\n"), &[]);
    let sandbox = Sandbox::new();
    let config = json!({"image": image.0, "onCreateCommand": "true"}).to_string();
    let repository = sandbox.repository("r", &config).display().to_string();
    let name = sandbox.name("create");
    let (start, up) = (Start::of(&name), sandbox.watch(&["up", &repository, "--name", &name, "--json"]));
    start.wait();
    up.signal("INT");
    let ran = up.end().0.expect(130);
    assert_eq!(ran.phases(), "-+x------");
    let again = sandbox.run(&["up", &repository, "--name", &name, "--json"]).expect(0);
    assert_eq!(again.phases(), "--++-----");
}

#[test]
fn a_profile_that_hangs_is_left() {
    let dockerfile = "FROM mcr.microsoft.com/devcontainers/base:trixie\nCOPY --chown=vscode .profile /home/vscode/\n";
    let image = Image::build(dockerfile, &[(".profile", "sleep 4719\n")]);
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &json!({"image": image.0}).to_string()).display().to_string();
    let name = sandbox.name("probe");
    let (start, up) = (Start::of(&name), sandbox.watch(&["up", &repository, "--name", &name, "--json"]));
    start.wait();
    up.signal("INT");
    let ran = up.end().0.expect(130);
    // It was not waited for as long as it may take.
    assert!(!ran.stderr.contains("did not answer"), "{}", ran.stderr);
    assert!(!docker(&["top", &name, "-eo", "pid,args"]).expect(0).stdout.contains("sleep 4719"));
}

#[test]
fn a_command_is_ended_with_its_processes_and_what_is_done_is_kept() {
    let sandbox = Sandbox::new();
    for (phase, first, second) in [
        ("onCreateCommand", "-++x-----", "--++-----"),
        ("postCreateCommand", "-+++--x--", "--+---+--"),
        ("postAttachCommand", "-+++----x", "--+-----+"),
    ] {
        let hook = "[ -e ~/go ] && exit 0; echo started; sleep 4721 & setsid sleep 4721 & sleep 4721";
        let mut config = json!({"image": "busybox:1", "remoteUser": "nobody", "userEnvProbe": "none", "onCreateCommand": "echo once"});
        config[phase] = hook.into();
        let repository = sandbox.repository(phase, &config.to_string()).display().to_string();
        let name = sandbox.name(&phase.to_lowercase());
        let mut up = sandbox.watch(&["up", &repository, "--name", &name, "--json"]);
        up.until_output("started");
        up.signal("INT");
        let ran = up.end().0.expect(130);
        assert_eq!(ran.phases(), first);
        assert!(ran.stderr.contains("the same command goes on"), "{}", ran.stderr);
        assert_eq!(sandbox.inside(&name, "ps | grep -c '[s]leep 4721' || touch ~/go"), "0\n");
        assert_eq!(sandbox.run(&["up", &repository, "--name", &name, "--json"]).expect(0).phases(), second);
    }
}

#[test]
fn the_second_one_leaves_at_once_and_the_next_run_ends_what_was_left() {
    let sandbox = Sandbox::new();
    let hook = "if [ -e ~/again ]; then ps | grep -c '/bin/[s]leep 4722$' >~/left; exit 0; fi; touch ~/again; \
        trap '' TERM INT; echo started; while :; do /bin/sleep 4722; done";
    let config =
        json!({"image": "busybox:1", "remoteUser": "nobody", "userEnvProbe": "none", "postCreateCommand": hook})
            .to_string();
    let repository = sandbox.repository("r", &config).display().to_string();
    let name = sandbox.name("twice");
    let mut up = sandbox.watch(&["up", &repository, "--name", &name, "--json"]);
    up.until_output("started");
    up.signal("INT");
    // A signal that comes while the same one waits is none: another kind is the second one for sure.
    up.signal("TERM");
    let ran = up.end().0.expect(130);
    assert!(ran.stderr.contains("interrupted twice"), "{}", ran.stderr);
    let again = sandbox.run(&["up", &repository, "--name", &name, "--json"]).expect(0);
    assert_eq!(again.phases(), "--+---+--");
    assert_eq!(sandbox.inside(&name, "cat ~/left"), "0\n");
}

#[test]
fn who_waits_for_another_run_is_let_go() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "onCreateCommand": "mkfifo /tmp/go; echo started; read line </tmp/go"}"#;
    let repository = sandbox.repository("r", config).display().to_string();
    let name = sandbox.name("waits");
    let mut holder = sandbox.watch(&["up", &repository, "--name", &name]);
    holder.until_output("started");
    for verb in [&["up", &repository, "--name", &name][..], &["stop", "-c", &name], &["delete", "-c", &name]] {
        let mut child = sandbox.spawn(verb);
        let _deadline = Deadline::of(child.id());
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        stderr.read_line(&mut line).expect("text");
        assert_eq!(line, format!("waiting for localspace up (process {})\n", holder.id()));
        send("INT", child.id());
        let _ran = Ran::of(child.wait_with_output().expect("ended")).expect(130);
    }
    let _told = docker(&["exec", &name, "sh", "-c", "echo >/tmp/go"]).expect(0);
    let _ran = holder.end().0.expect(0);
}

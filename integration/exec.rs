//! `exec`: a command's streams, end and environment are its own, and it is ended with whoever asked for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use rustix::io::ioctl_fionread;

use crate::support::{Deadline, Ran, Sandbox, docker, execs, send};

/// Makes a codespace whose remote user is not root; returns its name.
fn codespace(sandbox: &Sandbox, more: &[&str]) -> String {
    let repository =
        sandbox.repository("r", r#"{"image": "busybox:1", "remoteUser": "nobody", "userEnvProbe": "none"}"#);
    let name = sandbox.name("exec");
    let _up = sandbox.up(&repository, &name, more).expect(0);
    name
}

/// Returns the arguments that run a shell command in a codespace.
fn shell<'a>(name: &'a str, command: &'a str) -> [&'a str; 7] {
    ["exec", "-c", name, "--", "sh", "-c", command]
}

#[test]
fn standard_input_is_piped_in_byte_for_byte() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox, &[]);
    let sent: Vec<u8> = (0..1024 * 1024_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut command = sandbox.command(&["exec", "-c", &name, "--", "cat"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("localspace runs");
    let _deadline = Deadline::of(child.id());
    let (mut stdin, bytes) = (child.stdin.take().expect("piped"), sent.clone());
    let writing = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output().expect("ended");
    assert!(writing.join().expect("joined").is_ok());
    assert!(output.status.success());
    assert!(output.stdout == sent, "{} bytes of {}", output.stdout.len(), sent.len());
    // A command that reads only some of it, and one that reads none, end all the same.
    let mut command = sandbox.command(&shell(&name, "head -c 3; exit 4"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("localspace runs");
    let _deadline = Deadline::of(child.id());
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"abcdef").expect("written");
    let ran = Ran::of(child.wait_with_output().expect("ended")).expect(4);
    assert_eq!(ran.stdout, "abc");
}

#[test]
fn the_exit_code_is_the_commands() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox, &[]);
    for (command, code) in [
        (&["true"][..], 0),
        (&["sh", "-c", "exit 7"], 7),
        (&["sh", "-c", "exit 255"], 255),
        (&["/etc/passwd"], 126),
        (&["not-a-program"], 127),
        (&["sh", "-c", "kill -9 $$"], 137),
        (&["sh", "-c", "kill -TERM $$"], 143),
    ] {
        let ran = sandbox.run(&[&["exec", "-c", &name, "--"], command].concat()).expect(code);
        assert_eq!(ran.stdout, "", "{command:?}");
    }
}

#[test]
fn both_streams_stay_apart_and_there_is_no_terminal() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox, &[]);
    let command = "echo out; echo err >&2; for n in 0 1 2; do [ ! -t $n ] || echo terminal; done; id -un; pwd";
    let ran = sandbox.run(&shell(&name, command)).expect(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("out\nnobody\n/workspaces/r\n", "err\n"));
}

#[test]
fn an_interrupt_ends_the_command_with_all_its_processes() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox, &[]);
    for signal in ["INT", "TERM", "HUP"] {
        let command = "trap '' INT TERM; setsid sleep 4715 & env -i sleep 4715 & echo started; sleep 4715; sleep 4715";
        // Whoever runs the tests under `nohup` has them ignore one of these, and a program keeps to that.
        let program = ["--default-signal=HUP", env!("CARGO_BIN_EXE_localspace")];
        let mut run = sandbox.program("env", &[&program[..], &shell(&name, command)].concat());
        let mut child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("env runs");
        let _deadline = Deadline::of(child.id());
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut line).expect("text");
        assert_eq!(line, "started\n");
        send(signal, child.id());
        let _ran = Ran::of(child.wait_with_output().expect("ended")).expect(130);
        assert_eq!(sandbox.inside(&name, "ps | grep -c '[s]leep 4715' || true"), "0\n", "{signal}");
    }
}

#[test]
fn an_interrupt_is_heard_while_the_reader_reads_nothing() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox, &[]);
    let mut child = sandbox.spawn(&["exec", "-c", &name, "--", "yes", "4718"]);
    let _deadline = Deadline::of(child.id());
    let mut first = [0; 5];
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut first).expect("text");
    // A pipe takes 64 KiB; whoever writes to one that is nearly full is held up.
    while ioctl_fionread(&stdout).expect("a pipe") < 60 * 1024 {
        std::thread::yield_now();
    }
    send("INT", child.id());
    let _ran = Ran::of(child.wait_with_output().expect("ended")).expect(130);
    drop(stdout);
    assert_eq!(sandbox.inside(&name, "ps | grep -c '[y]es 4718' || true"), "0\n");
}

#[test]
fn a_background_process_that_holds_the_output_does_not_hold_it() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox, &[]);
    let ran = sandbox.run(&shell(&name, "sleep 4716 & echo started")).expect(0);
    assert_eq!(ran.stdout, "started\n");
    assert_eq!(sandbox.inside(&name, "ps | grep -c '[s]leep 4716'"), "1\n");
}

#[test]
fn a_command_that_nobody_reads_is_ended() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox, &[]);
    let mut child = sandbox.spawn(&["exec", "-c", &name, "--", "yes", "4717"]);
    let _deadline = Deadline::of(child.id());
    let mut first = [0; 5];
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut first).expect("text");
    assert_eq!(&first, b"4717\n");
    // As `| head -1` does.
    drop(stdout);
    let ran = Ran::of(child.wait_with_output().expect("ended")).expect(0);
    assert_eq!(ran.stderr, "");
    assert_eq!(sandbox.inside(&name, "ps | grep -c '[y]es 4717' || true"), "0\n");
}

#[test]
fn secrets_are_in_its_environment_and_in_no_argument_or_request() {
    let sandbox = Sandbox::new();
    let secrets = sandbox.file("s.env", "TOKEN='hunter2-hunter2'\n");
    let name = codespace(&sandbox, &["--secrets-file", &secrets]);
    let command = "mkfifo /tmp/go; [ \"$TOKEN\" = hunter2-'hunter2' ] && echo right; read line </tmp/go; exit 3";
    let mut child = sandbox.spawn(&shell(&name, command));
    let _deadline = Deadline::of(child.id());
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    stdout.read_line(&mut line).expect("text");
    assert_eq!(line, "right\n");
    let arguments = docker(&["exec", &name, "sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; true"]);
    let arguments = arguments.expect(0).stdout;
    let all = execs(&name);
    let _told = docker(&["exec", &name, "sh", "-c", "echo >/tmp/go"]).expect(0);
    let _ran = Ran::of(child.wait_with_output().expect("ended")).expect(3);
    assert!(arguments.contains("echo right"), "{arguments}");
    assert!(!arguments.contains("hunter2-hunter2"), "{arguments}");
    assert!(!all.is_empty());
    for exec in all {
        assert!(exec["Running"] != true || !exec.to_string().contains("hunter2"), "{exec}");
    }
    // What was changed since reaches the codespace at its next start (DESIGN section 3).
    let _file = sandbox.file("s.env", "TOKEN='another-value'\n");
    let ran = sandbox.run(&shell(&name, "echo ${#TOKEN}")).expect(0);
    assert_ne!(ran.stdout, "13\n");
    assert!(ran.stderr.contains("TOKEN"), "{}", ran.stderr);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(sandbox.inside(&name, "echo ${#TOKEN}"), "13\n");
    // A file that is gone is told of.
    std::fs::remove_file(&secrets).expect("removed");
    let ran = sandbox.run(&shell(&name, "true")).expect(0);
    assert!(ran.stderr.contains("s.env"), "{}", ran.stderr);
}

/// The engine tells of no end of what it could not start.
#[test]
fn a_command_that_the_engine_cannot_start_ends() {
    let sandbox = Sandbox::new();
    let name = sandbox.name("nobody");
    let _up = sandbox.up(&sandbox.repository("r", r#"{"image": "busybox:1"}"#), &name, &[]).expect(0);
    let _gone = docker(&["exec", "-u", "0", &name, "rm", "/etc/passwd"]).expect(0);
    for _ in 0..20 {
        let ran = sandbox.run(&["exec", "-c", &name, "--", "true"]).expect(126);
        assert!(format!("{ran:?}").contains("no matching entries in passwd file"), "{ran:?}");
    }
}

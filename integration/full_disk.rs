//! A disk that is full where the state is kept: it is said, nothing hangs, and with space again everything goes on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::support::{Deadline, Ran, Sandbox, docker, left_of};

/// A small disk where `localspace` keeps its state, in a mount namespace of its own that lasts as long as this.
struct SmallDisk<'a> {
    sandbox: &'a Sandbox,
    holder: Child,
    home: String,
}

impl<'a> SmallDisk<'a> {
    /// Mounts a disk of this many kilobytes.
    fn new(sandbox: &'a Sandbox, kilobytes: u32) -> Self {
        let home = sandbox.path("localspace").display().to_string();
        let script =
            format!("mkdir -p {home} && mount -t tmpfs -o size={kilobytes}k small {home} && echo ready && read line");
        let mut command = sandbox.program("unshare", &["--mount", "sh", "-c", &script]);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("unshare runs");
        let mut line = String::new();
        let mut stdout = BufReader::new(holder.stdout.take().expect("piped"));
        stdout.read_line(&mut line).expect("text");
        assert_eq!(line, "ready\n", "a mount takes root");
        Self { sandbox, holder, home }
    }

    /// Runs a program there.
    fn run(&self, words: &[&str]) -> Ran {
        let target = self.holder.id().to_string();
        let mut command = self.sandbox.program("nsenter", &[&["--mount", "--target", &target, "--"], words].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("nsenter runs");
        let _deadline = Deadline::of(child.id());
        Ran::of(child.wait_with_output().expect("ended"))
    }

    fn localspace(&self, args: &[&str]) -> Ran {
        self.run(&[&[env!("CARGO_BIN_EXE_localspace")], args].concat())
    }

    /// Takes all the space that there is.
    fn fill(&self) {
        let _full = self.run(&["sh", "-c", &format!("cat /dev/zero >{}/filler", self.home)]).expect(1);
    }

    fn make_space(&self) {
        let _emptied = self.run(&["rm", "-f", &format!("{}/filler", self.home)]).expect(0);
        let _grown = self.run(&["mount", "-o", "remount,size=64m", &self.home]).expect(0);
    }

    /// Returns the files on it.
    fn files(&self) -> String {
        self.run(&["find", &self.home, "-type", "f"]).expect(0).stdout
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // The namespace goes with its last process, and the disk with it.
        drop(self.holder.stdin.take());
        let _reaped = self.holder.wait();
    }
}

#[track_caller]
fn says_that_it_is_full(ran: Ran, file: &str) {
    let ran = ran.expect(3);
    let line = ran.stderr.lines().find(|line| line.contains("No space left on device"));
    assert!(line.is_some_and(|line| line.contains(file)), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: free space"), "{}", ran.stderr);
    assert!(ran.json()["message"].as_str().is_some_and(|text| text.contains("No space left")), "{}", ran.stdout);
}

#[test]
fn one_that_is_full_from_the_start_is_said_before_anything_is_made() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#).display().to_string();
    let name = sandbox.name("full");
    let disk = SmallDisk::new(&sandbox, 64);
    disk.fill();
    says_that_it_is_full(disk.localspace(&["up", &repository, "--name", &name, "--json"]), &disk.home);
    assert_eq!(left_of(&name), "");
    disk.make_space();
    let _up = disk.localspace(&["up", &repository, "--name", &name, "--json"]).expect(0);
    // It can be deleted where there is no space to write anything.
    let _full = disk.run(&["mount", "-o", "remount,size=64k", &disk.home]);
    disk.fill();
    let _gone = disk.localspace(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
}

#[test]
fn one_that_fills_while_the_journal_is_written_ends_the_run_and_the_same_command_goes_on() {
    let sandbox = Sandbox::new();
    let hook = "seq 1 200000; [ -e /root/go ] || sleep 300; echo over";
    let config = format!(
        r#"{{"image": "busybox:1", "onCreateCommand": "true", "updateContentCommand": "{hook}", "postCreateCommand": "true"}}"#
    );
    let repository = sandbox.repository("r", &config).display().to_string();
    let name = sandbox.name("journal");
    let disk = SmallDisk::new(&sandbox, 1024);
    let args = ["up", &repository, "--name", &name, "--json"];
    says_that_it_is_full(disk.localspace(&args), "journal.jsonl");
    // Still full, it is said again.
    says_that_it_is_full(disk.localspace(&args), "journal.jsonl");
    disk.make_space();
    let _told = docker(&["exec", &name, "touch", "/root/go"]).expect(0);
    let again = disk.localspace(&args).expect(0);
    assert_eq!(again.phases(), "--+-+-+--");
    assert!(disk.localspace(&["logs", "-c", &name]).expect(0).stdout.contains("over"));
    let _gone = disk.localspace(&["delete", "-c", &name]).expect(0);
    assert_eq!((left_of(&name).as_str(), disk.files().as_str()), ("", ""));
}

#[test]
fn one_that_is_full_when_the_environment_is_kept_fails_the_phase_and_the_same_command_goes_on() {
    let sandbox = Sandbox::new();
    let name = sandbox.name("environment");
    let home = sandbox.path("localspace").display().to_string();
    // When the journal has its page on the disk, this machine's command takes the rest: there is none for the environment's file.
    let journal = format!("{home}/state/codespaces/{name}/journal.jsonl");
    let fill =
        format!("until tail -n 1 {journal} | grep -q phaseStarted; do :; done; cat /dev/zero >{home}/filler; true");
    let config =
        format!(r#"{{"image": "busybox:1", "initializeCommand": "{fill}", "postStartCommand": "echo started"}}"#);
    let repository = sandbox.repository("r", &config).display().to_string();
    let disk = SmallDisk::new(&sandbox, 1024);
    let _up = disk.localspace(&["up", &repository, "--name", &name]).expect(0);
    let _stopped = disk.localspace(&["stop", "-c", &name]).expect(0);
    // What the journal has by now could reach to the end of its page.
    let _shorter =
        disk.run(&["sh", "-c", &format!("tail -n 1 {journal} >{home}/last && mv {home}/last {journal}")]).expect(0);
    let start = disk.localspace(&["start", "-c", &name, "--json", "--allow-initialize"]);
    assert_eq!(start.phases(), "+-x------");
    says_that_it_is_full(start, "environment.json");
    disk.make_space();
    assert_eq!(disk.localspace(&["start", "-c", &name, "--json"]).expect(0).phases(), "--+----+-");
    assert_eq!(disk.localspace(&["exec", "-c", &name, "--", "echo", "there"]).expect(0).stdout, "there\n");
    let _gone = disk.localspace(&["delete", "-c", &name]).expect(0);
    assert_eq!((left_of(&name).as_str(), disk.files().as_str()), ("", ""));
}

//! `initializeCommand` on this machine: its consent, its clone, and its processes. Its forms, what it sees and how it fails are said by the
//! scenarios of `devcontainers/lifecycle`.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Sandbox, left_of};

/// Makes a repository with this `initializeCommand`.
fn repository(sandbox: &Sandbox, initialize: &Value) -> String {
    let config = json!({"image": "busybox:1", "initializeCommand": initialize, "onCreateCommand": "true"});
    sandbox.repository("r", &config.to_string()).display().to_string()
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Counts the processes of this machine with this text in an argument.
fn processes(argument: &str) -> usize {
    let listed = Command::new("ps").args(["-eo", "args"]).output().expect("ps runs").stdout;
    String::from_utf8_lossy(&listed).lines().filter(|line| line.contains(argument)).count()
}

#[test]
fn its_clone_goes_and_the_repository_is_as_it_was() {
    let mut sandbox = Sandbox::new();
    let told = sandbox.path("told");
    sandbox.set_env("TOLD", &told.display().to_string());
    sandbox.set_env("OF_THIS_MACHINE", "yes");
    let command = "pwd >$TOLD; echo $OF_THIS_MACHINE >>$TOLD; touch made; echo out; echo err >&2";
    let repository = repository(&sandbox, &json!(command));
    let name = sandbox.name("clone");
    let up = sandbox.run(&["up", &repository, "--name", &name, "--json", "--allow-initialize"]).expect(0);
    assert_eq!(up.phases(), "++++-----");
    let told = lines(&told);
    assert_eq!((told.len(), told[1].as_str()), (2, "yes"));
    assert!(told[0] != repository && !Path::new(&told[0]).exists(), "{told:?}");
    assert!(!Path::new(&repository).join("made").exists());
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("out") && logs.contains("err"), "{logs}");
}

#[test]
fn its_failure_leaves_nothing_on_the_engine() {
    let sandbox = Sandbox::new();
    let repository = repository(&sandbox, &json!("exit 7"));
    let name = sandbox.name("fails");
    let up = sandbox.run(&["up", &repository, "--name", &name, "--json", "--allow-initialize"]).expect(1);
    assert_eq!(up.phases(), "x--------");
    assert_eq!(left_of(&name), "");
}

#[test]
fn one_that_takes_too_long_is_ended_with_its_whole_process_group() {
    let sandbox = Sandbox::new();
    let argument = format!("7000.{}", std::process::id());
    let command = format!(
        "sleep {argument} & (trap '' TERM; sleep {argument}; sleep {argument}) & echo waiting; sleep {argument}"
    );
    let repository = repository(&sandbox, &json!(command));
    let name = sandbox.name("slow");
    let args = ["up", &repository, "--name", &name, "--json", "--allow-initialize", "--timeout-per-phase", "1s"];
    let up = sandbox.run(&args).expect(1);
    assert_eq!(up.phases(), "x--------");
    assert!(up.stderr.contains("it took longer than 1 s"), "{}", up.stderr);
    assert_eq!(processes(&argument), 0);
}

#[test]
fn a_background_process_that_holds_its_output_does_not_hold_it() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.fifo();
    let repository = repository(&sandbox, &json!(format!("cat {pipe} & echo started")));
    let name = sandbox.name("background");
    let up = sandbox.run(&["up", &repository, "--name", &name, "--json", "--allow-initialize"]).expect(0);
    assert!(up.stderr.contains("left a background process on this machine"), "{}", up.stderr);
    // It still runs, and goes when the pipe has no writer any more.
    assert_eq!(processes(&format!("cat {pipe}")), 1);
    drop(std::fs::OpenOptions::new().write(true).open(pipe).expect("it reads"));
}

#[test]
fn it_runs_again_at_a_start_and_not_at_an_attach() {
    let sandbox = Sandbox::new();
    let ran = sandbox.path("ran");
    let repository = repository(&sandbox, &json!(format!("git rev-parse HEAD >>{}", ran.display())));
    let name = sandbox.name("again");
    let _made = sandbox.run(&["up", &repository, "--name", &name, "--json", "--allow-initialize"]).expect(0);
    let attach = sandbox.run(&["up", &repository, "--name", &name, "--json", "--allow-initialize"]).expect(0);
    assert!(attach.json()["phases"][0]["reason"].as_str().expect("a reason").contains("runs already"));
    assert_eq!(lines(&ran).len(), 1);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let start = sandbox.run(&["start", "-c", &name, "--json"]).expect(0);
    assert!(start.json()["phases"][0]["reason"].as_str().expect("a reason").contains("--allow-initialize"));
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let start = sandbox.run(&["start", "-c", &name, "--json", "--allow-initialize"]).expect(0);
    assert!(start.phases().starts_with('+'), "{}", start.phases());
    let ran = lines(&ran);
    assert_eq!(ran.len(), 2);
    assert_eq!(ran[0], ran[1]);
}

#[test]
fn on_a_terminal_it_is_asked_and_the_answer_is_obeyed() {
    let sandbox = Sandbox::new();
    let ran = sandbox.path("ran");
    // What is asked about is shown, and cannot paint over the question.
    let command = format!("touch {} #\u{1b}[2J", ran.display());
    let repository = repository(&sandbox, &json!(command));
    for (answer, runs) in [("n", false), ("", false), ("what?", true), ("y", true)] {
        let name = sandbox.name(&format!("asked{}", answer.len()));
        let mut terminal = sandbox.terminal(&["up", &repository, "--name", &name]);
        terminal.until("run it? [y/N] ");
        assert!(terminal.shown.contains(&format!("| touch {} #", ran.display())), "{}", terminal.shown);
        assert!(!terminal.shown.contains("\u{1b}[2J"));
        terminal.type_in(&format!("{answer}\r"));
        if answer == "what?" {
            terminal.until("please answer");
            terminal.type_in("YES\r");
        }
        let (code, shown) = terminal.end();
        assert_eq!(code, 0, "{shown}");
        assert_eq!(std::fs::remove_file(&ran).is_ok(), runs, "{answer:?}: {shown}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
}

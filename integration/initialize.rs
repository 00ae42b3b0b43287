//! `initializeCommand`: on this machine, only with consent, in a clone of the repository, without a secret.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Sandbox, left_of, triple};

const SECRET: &str = "hunter2-hunter2";

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
fn without_consent_it_is_skipped_and_the_reason_says_how_to_give_it() {
    let sandbox = Sandbox::new();
    let ran = sandbox.path("ran").display().to_string();
    let repository = repository(&sandbox, &json!(["touch", ran]));
    let up = sandbox.run(&["up", &repository, "--name", &sandbox.name("skipped"), "--json"]).expect(0);
    assert_eq!(up.phases(), "-+++-----");
    let json = up.json();
    assert!(json["phases"][0]["reason"].as_str().expect("a reason").contains("--allow-initialize"), "{json}");
    assert!(!Path::new(&ran).exists());
}

#[test]
fn it_runs_in_a_clone_on_this_machine_and_sees_no_secret() {
    let mut sandbox = Sandbox::new();
    let told = sandbox.path("told");
    sandbox.set_env("TOLD", &told.display().to_string());
    sandbox.set_env("OF_THIS_MACHINE", "yes");
    let command = "pwd >$TOLD; git rev-parse HEAD >>$TOLD; git status --short >>$TOLD; env >>$TOLD; touch made; echo out; echo err >&2";
    let repository = repository(&sandbox, &json!(command));
    let head = Command::new("git").args(["-C", &repository, "rev-parse", "HEAD"]).output().expect("git runs").stdout;
    let secrets = sandbox.file("s.env", &(triple("A", "a.example", SECRET) + "PLAIN='another-secret'\n"));
    let name = sandbox.name("clone");
    let args = ["up", &repository, "--name", &name, "--json", "--allow-initialize", "--secrets-file", &secrets];
    assert_eq!(sandbox.run(&args).expect(0).phases(), "++++-+---");
    let told = lines(&told);
    assert_ne!(told[0], repository);
    assert_eq!(told[1], String::from_utf8_lossy(&head).trim());
    assert!(told.contains(&"OF_THIS_MACHINE=yes".to_owned()), "{told:?}");
    let text = told.join("\n");
    assert!(!text.contains(SECRET) && !text.contains("another-secret") && !text.contains("PLAIN="), "{text}");
    // The clone went, the repository is as it was, and what was made is in the codespace, whose files the clone's are.
    assert!(!Path::new(&told[0]).exists());
    assert!(!Path::new(&repository).join("made").exists());
    assert_eq!(sandbox.inside(&name, "ls"), "made\n");
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("out") && logs.contains("err"), "{logs}");
}

#[test]
fn an_array_has_no_shell_and_the_entries_of_an_object_run_side_by_side() {
    let mut sandbox = Sandbox::new();
    let folder = sandbox.path("");
    sandbox.set_env("FOLDER", &folder.display().to_string());
    let (one, other) = (sandbox.fifo(), sandbox.fifo());
    // Each waits for the other: one after the other they would wait for ever.
    let initialize = json!({
        "one": format!("echo x >{one}; read line <{other}; touch $FOLDER/one"),
        "other": ["sh", "-c", format!("read line <{one}; echo x >{other}; touch \"$0\""), "${localEnv:FOLDER}/other $HOME"],
    });
    let repository = repository(&sandbox, &initialize);
    let name = sandbox.name("forms");
    let args = ["up", &repository, "--name", &name, "--json", "--allow-initialize", "--timeout-per-phase", "40s"];
    let _done = sandbox.run(&args).expect(0);
    assert!(folder.join("one").exists() && folder.join("other $HOME").exists());
    let logs = sandbox.run(&["logs", "-c", &name, "--json"]).expect(0).stdout;
    let finished = |label: &str| {
        let all = logs.lines().map(|line| serde_json::from_str::<Value>(line).expect("json"));
        all.filter(|line| line["event"] == "commandFinished" && line["command"] == label && line["exitCode"] == 0)
            .count()
    };
    assert_eq!((finished("one"), finished("other")), (1, 1), "{logs}");
}

#[test]
fn its_failure_ends_the_run_before_there_is_an_image_or_a_container() {
    let sandbox = Sandbox::new();
    let over = sandbox.path("over").display().to_string();
    for (initialize, code, whose) in [
        (json!("echo told; exit 7"), 7, "the command ended"),
        (json!("kill -9 $$"), 137, "the command ended"),
        (json!(["/nonexistent/program"]), 127, "cannot be run"),
        // All are waited for, then the first that failed is named.
        (json!({"good": "true", "bad": "exit 5", "slow": format!("sleep 0.5; touch {over}")}), 5, "of `bad` ended"),
    ] {
        let repository = repository(&sandbox, &initialize);
        let name = sandbox.name(&format!("fails{code}"));
        let up = sandbox.run(&["up", &repository, "--name", &name, "--json", "--allow-initialize"]).expect(1);
        assert_eq!(up.phases(), "x--------");
        let phase = &up.json()["phases"][0];
        assert_eq!(phase["exitCode"], code);
        assert!(phase["reason"].as_str().expect("a reason").contains(whose), "{phase}");
        assert_eq!(left_of(&name), "");
    }
    assert!(Path::new(&over).exists());
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

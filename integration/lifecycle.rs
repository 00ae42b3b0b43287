//! The order and the rules of the phases: an attach, and what is told. What a codespace is after each step is said by the scenarios of
//! `devcontainers/hello` and `devcontainers/lifecycle`.

use crate::support::{Sandbox, commit, triple};

const SECRET: &str = "hunter2-hunter2";

#[test]
fn a_second_up_is_an_attach_and_nothing_else() {
    let sandbox = Sandbox::new();
    let repository = sandbox.sample("hello", &[]);
    commit(&repository);
    let name = sandbox.name("hello");
    let secrets = sandbox.file("s.env", &triple("ACR", "https://Acme.azurecr.io/", SECRET));
    let json = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0).json();
    assert_eq!((&json["outcome"], &json["remoteUser"]), (&"success".into(), &"vscode".into()));
    assert_eq!(json["remoteWorkspaceFolder"], "/workspaces/hello");
    assert_eq!(json["registries"][0]["server"], "acme.azurecr.io");
    assert_eq!(sandbox.inside(&name, "echo $CODESPACE_NAME; rm ~/seen"), format!("{name}\n"));
    let attach = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(attach.phases(), "--+-----+");
    let saw = "postAttachCommand: login there, vscode in /workspaces/hello, hello world\n";
    assert_eq!(sandbox.inside(&name, "cat ~/seen"), saw);
}

#[test]
fn what_is_stopped_is_known_to_be_stopped_at_once() {
    // The engine answered the stop before its list said so: the start right after took the codespace for one that runs, and failed.
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "mcr.microsoft.com/devcontainers/universal:linux"}"#);
    let name = sandbox.name("stopped");
    let _done = sandbox.up(&repository, &name, &[]).expect(0);
    for _ in 0..3 {
        let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
        let list = sandbox.run(&["list"]).expect(0).stdout;
        assert!(list.contains("Shutdown"), "{list}");
        let _done = sandbox.run(&["start", "-c", &name]).expect(0);
    }
}

#[test]
fn up_as_a_prebuild_is_never_logged_in() {
    let sandbox = Sandbox::new();
    let repository = sandbox.sample("hello", &[]);
    commit(&repository);
    let name = sandbox.name("prebuild");
    let secrets = sandbox.file("s.env", &triple("ACR", "acme.azurecr.io", SECRET));
    let up = sandbox.up(&repository, &name, &["--as-prebuild", "--secrets-file", &secrets]).expect(0);
    assert_eq!(up.phases(), "-++++----");
    assert!(up.json()["phases"][5]["reason"].as_str().expect("a reason").contains("this is a prebuild"));
    assert_eq!(sandbox.inside(&name, "ls -a ~/.docker 2>&1 | wc -l; grep -c absent ~/seen"), "1\n2\n");
}

#[test]
fn a_usable_codespace_says_which_phase_has_failed() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "postCreateCommand": "echo out; echo err >&2; exit 3"}"#;
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("usable");
    let up = sandbox.up(&repository, &name, &[]).expect(1);
    let json = up.json();
    assert_eq!((&json["outcome"], &json["phase"]), (&"error".into(), &"postCreateCommand".into()));
    assert!(up.stderr.contains("| out") && up.stderr.contains("| err"), "{}", up.stderr);
    assert!(up.stderr.contains("ready: the codespace can be used"), "{}", up.stderr);
    let list = sandbox.run(&["list"]).expect(0).stdout;
    let line = list.lines().find(|line| line.starts_with(&name)).expect("listed");
    assert!(line.contains("Available, postCreateCommand failed"), "{line}");
    assert_eq!(sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["failedPhase"], "postCreateCommand");
}

#[test]
fn commands_in_parallel_are_labelled_in_the_logs() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "onCreateCommand": {"fails": "exit 4", "other": "echo over"}}"#;
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("parallel");
    let _failed = sandbox.up(&repository, &name, &[]).expect(1);
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("[other] over") && logs.contains("[fails] ended with exit code 4"), "{logs}");
}

#[test]
fn much_output_and_output_that_is_no_text_are_kept_in_bounded_memory() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "onCreateCommand": "printf 'a\\377\\376b\\n'; yes $(seq 100 400) | head -c 200000000"}"#;
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("much");
    let path = repository.display().to_string();
    let output = std::process::Command::new("bash")
        .args(["-c", "ulimit -v 4000000; exec \"$@\"", "-"])
        .arg(env!("CARGO_BIN_EXE_localspace"))
        .args(["up", &path, "--name", &name, "--json"])
        .env("LOCALSPACE_HOME", sandbox.path("localspace"))
        .output();
    let up = crate::support::Ran::of(output.expect("it runs")).expect(0);
    assert_eq!(up.phases().get(3..4), Some("+"));
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.len() > 200_000_000, "{}", logs.len());
    assert!(logs.contains("a\u{fffd}b"));
}

#[test]
fn what_is_committed_is_taken_unless_the_working_tree_is_asked_for() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "onCreateCommand": "ls -A; cat file 2>/dev/null; true"}"#;
    let repository = sandbox.repository("r", config);
    std::fs::write(repository.join("file"), "uncommitted").expect("written");
    let name = sandbox.name("committed");
    let _done = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "ls -A | tr '\\n' ' '"), ".devcontainer .git ");
    let name = sandbox.name("tree");
    let _done = sandbox.up(&repository, &name, &["--working-tree"]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat file"), "uncommitted");
    // A folder inside a repository is a repository of its own.
    std::fs::create_dir_all(repository.join("sub/.devcontainer")).expect("made");
    std::fs::write(repository.join("sub/.devcontainer/devcontainer.json"), config).expect("written");
    commit(&repository);
    let name = sandbox.name("inside");
    let up = sandbox.up(&repository.join("sub"), &name, &[]).expect(0);
    assert_eq!(up.json()["remoteWorkspaceFolder"], "/workspaces/sub");
    assert_eq!(sandbox.inside(&name, "ls -A | tr '\\n' ' '"), ".devcontainer .git ");
}

//! The order and the rules of the phases, from what the container saw.

use serde_json::json;

use crate::support::{Sandbox, commit, triple};

const SECRET: &str = "hunter2-hunter2";

#[test]
fn a_codespace_goes_through_its_whole_life_and_is_logged_in_after_update_content_command() {
    let sandbox = Sandbox::new();
    let repository = sandbox.sample("hello", &[]);
    commit(&repository);
    let name = sandbox.name("hello");
    let secrets = sandbox.file("s.env", &triple("ACR", "https://Acme.azurecr.io/", SECRET));
    let up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
    assert_eq!(up.phases(), "-++++++++");
    let json = up.json();
    assert_eq!(json["outcome"], "success");
    assert_eq!(json["remoteUser"], "vscode");
    assert_eq!(json["remoteWorkspaceFolder"], "/workspaces/hello");
    assert_eq!(json["registries"][0]["server"], "acme.azurecr.io");
    let saw = |phase: &str, login: &str| format!("{phase}: login {login}, vscode in /workspaces/hello, hello world\n");
    let first = saw("onCreateCommand", "absent")
        + &saw("updateContentCommand", "absent")
        + &saw("postCreateCommand", "there")
        + &saw("postStartCommand", "there")
        + &saw("postAttachCommand", "there");
    assert_eq!(sandbox.inside(&name, "cat ~/seen"), first);
    assert_eq!(sandbox.inside(&name, "stat -c '%a %U' ~/.docker/config.json"), "600 vscode\n");
    assert_eq!(
        sandbox.inside(&name, "echo $CODESPACES $CODESPACE_NAME $GREETED"),
        format!("true {name} hello world\n")
    );

    // Stop and start: /tmp is emptied, the rest stays; what has succeeded once does not run again, the login is made anew.
    let _done = sandbox.inside(
        &name,
        "touch /tmp/x ~/y; echo '{\"auths\":{\"other\":{\"auth\":\"b3RoZXI6eA==\"}}}' > ~/.docker/config.json",
    );
    let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
    let start = sandbox.run(&["start", "-c", &name, "--json"]).expect(0);
    assert_eq!(start.phases(), "--+--+-+-");
    assert_eq!(sandbox.inside(&name, "ls /tmp; ls ~ | tr '\\n' ' '"), "seen y ");
    let config = sandbox.inside(&name, "cat ~/.docker/config.json");
    assert!(config.contains("other") && config.contains("acme.azurecr.io"), "{config}");
    let second = first + &saw("postStartCommand", "there");
    assert_eq!(sandbox.inside(&name, "cat ~/seen"), second);

    // An attach to what runs is an attach and nothing else.
    let attach = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(attach.phases(), "--+-----+");
    assert_eq!(sandbox.inside(&name, "cat ~/seen"), second + &saw("postAttachCommand", "there"));
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
fn a_prebuild_is_never_logged_in() {
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
fn a_failed_command_stops_the_rest_and_is_tried_again() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "onCreateCommand": "echo x >>/root/ran; echo out; echo err >&2; test -e /root/ok || exit 7",
        "updateContentCommand": "echo u >>/root/ran", "postStartCommand": "true"}"#;
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("fails");
    let up = sandbox.up(&repository, &name, &[]).expect(1);
    assert_eq!(up.phases(), "-++x-----");
    let json = up.json();
    assert_eq!((&json["outcome"], &json["phase"]), (&"error".into(), &"onCreateCommand".into()));
    assert_eq!(json["phases"][3]["exitCode"], 7);
    assert!(up.stderr.contains("| out") && up.stderr.contains("| err"), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "cat /root/ran; touch /root/ok"), "x\n");
    let again = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(again.phases(), "--+++--+-");
    assert_eq!(sandbox.inside(&name, "cat /root/ran"), "x\nx\nu\n");
}

#[test]
fn a_failure_after_wait_for_leaves_a_usable_codespace_that_says_so() {
    let sandbox = Sandbox::new();
    let repository =
        sandbox.repository("r", r#"{"image": "busybox:1", "postCreateCommand": "exit 3", "postStartCommand": "true"}"#);
    let name = sandbox.name("usable");
    let up = sandbox.up(&repository, &name, &[]).expect(1);
    assert_eq!(up.phases(), "-++---x--");
    assert!(up.stderr.contains("ready: the codespace can be used"), "{}", up.stderr);
    let list = sandbox.run(&["list"]).expect(0).stdout;
    let line = list.lines().find(|line| line.starts_with(&name)).expect("listed");
    assert!(line.contains("Available, postCreateCommand failed"), "{line}");
    assert_eq!(sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["failedPhase"], "postCreateCommand");
}

#[test]
fn a_phase_that_takes_too_long_is_ended_with_all_its_processes() {
    let sandbox = Sandbox::new();
    // Root in a container may not look into another user's processes.
    for user in ["root", "nobody"] {
        let command = "setsid sleep 4711 & env -i sleep 4711 & echo waiting; sleep 4711";
        let config = json!({"image": "busybox:1", "remoteUser": user, "onCreateCommand": command});
        let repository = sandbox.repository(user, &config.to_string());
        let name = sandbox.name(user);
        let up = sandbox.up(&repository, &name, &["--timeout-per-phase", "1s"]).expect(1);
        assert!(up.stderr.contains("it took longer than 1 s"), "{}", up.stderr);
        assert_eq!(sandbox.inside(&name, "ps | grep -c '[s]leep 4711' || true"), "0\n", "{user}");
    }
}

#[test]
fn a_background_process_that_holds_the_output_does_not_hold_the_phase() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1", "onCreateCommand": "sleep 60 & echo started"}"#);
    let name = sandbox.name("background");
    let began = std::time::Instant::now();
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(began.elapsed().as_secs() < 30);
    assert!(up.stderr.contains("holds its output open"), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "ps | grep -c '[s]leep 60'"), "1\n");
}

#[test]
fn commands_in_parallel_are_labelled_and_all_waited_for() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "onCreateCommand": {"fails": "exit 4", "slow": "sleep 1; echo over; touch /root/slow"}}"#;
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("parallel");
    let up = sandbox.up(&repository, &name, &[]).expect(1);
    assert_eq!(up.json()["phases"][3]["exitCode"], 4);
    assert_eq!(sandbox.inside(&name, "ls /root"), "slow\n");
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("[slow] over") && logs.contains("[fails] ended with exit code 4"), "{logs}");
}

#[test]
fn a_sample_project_is_installed_built_and_tested() {
    let sandbox = Sandbox::new();
    for sample in ["project", "parallel"] {
        let repository = sandbox.sample(sample, &[]);
        commit(&repository);
        let name = sandbox.name(sample);
        let _done = sandbox.up(&repository, &name, &[]).expect(0);
        if sample == "project" {
            assert_eq!(sandbox.inside(&name, "wordcount README.md; git status --short"), "7 README.md\n");
        }
    }
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
fn a_group_that_an_earlier_command_joined_counts_for_the_later_ones() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "mcr.microsoft.com/devcontainers/base:trixie", "remoteUser": "vscode",
        "onCreateCommand": "sudo groupadd extra && sudo usermod -aG extra vscode", "postCreateCommand": "id -nG | grep -w extra"}"#;
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("groups");
    assert_eq!(sandbox.up(&repository, &name, &[]).expect(0).phases(), "-+++--+--");
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

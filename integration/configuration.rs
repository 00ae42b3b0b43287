//! What a configuration says, as far as a real engine has to show it.

use crate::support::{Ran, Sandbox, commit, docker, left_of};

#[test]
fn a_fault_inside_a_phase_is_one_line_and_its_place_is_shown_once() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", "{\"image\": \"busybox:1\",\n \"remoteUser\": \"nobody-here\"}");
    let up = sandbox.up(&repository, &sandbox.name("user"), &[]).expect(2);
    let create = up.json()["phases"][2].clone();
    let reason = create["reason"].as_str().expect("a reason");
    assert!(reason.starts_with(".devcontainer/devcontainer.json:2:16: the image has no user"), "{reason}");
    assert!(!reason.contains(['\n', '^']) && !reason.contains("  "), "{reason}");
    let carets = up.stderr.matches("\n   |                ^^^^^^^^^^^^^\n").count();
    assert_eq!(carets, 1, "{}", up.stderr);
}

#[test]
fn an_image_without_a_shell_is_the_configurations_fault() {
    let sandbox = Sandbox::new();
    let image = format!("localspace-test-empty:{}", std::process::id());
    std::fs::write(sandbox.path("empty.tar"), [0; 1024]).expect("written");
    let _made = docker(&["import", &sandbox.path("empty.tar").display().to_string(), &image]).expect(0);
    let repository = sandbox.repository("r", &format!("{{\"image\": \"{image}\"}}"));
    let name = sandbox.name("empty");
    let up = sandbox.up(&repository, &name, &[]).expect(2);
    assert!(up.stderr.contains("the image has no /bin/sh, which a dev container needs"), "{}", up.stderr);
    let _done = sandbox.run(&["delete", "-c", &name]);
    let _gone = docker(&["rmi", &image]);
}

#[test]
fn run_args_are_checked_before_anything_is_done() {
    let sandbox = Sandbox::new();
    for (args, said) in [
        (r#"["--label", "localspace.codespace=other"]"#, "are what a codespace is known by"),
        (r#"["--init", "--memmory=1g"]"#, "did you mean `--memory`?"),
        (r#"["--memory=much"]"#, "`much` is no size"),
    ] {
        let config = format!("{{\"image\": \"localhost:1/none/such:1\", \"runArgs\": {args}}}");
        let up = sandbox.up(&sandbox.repository("r", &config), &sandbox.name("args"), &[]).expect(2);
        assert!(up.stderr.contains(said) && up.stderr.contains('^'), "{}", up.stderr);
        assert!(!up.stderr.contains("image: failed"), "{}", up.stderr);
    }
}

#[test]
fn what_run_args_say_holds_and_what_they_leave_out_is_told() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1",
        "initializeCommand": "echo FROM_FILE=${localWorkspaceFolderBasename} >.env; test -e .devcontainer",
        "runArgs": ["--rm", "-it", "--env-file", ".env", "-eGIVEN=1", "-m=64m", "--volume=cache:/cache:ro",
            "--stop-timeout=1", "-v/home:/other", "--tmpfs=/scratch", "--dns-search=acme.test"],
        "workspaceFolder": "/workspaces/${localWorkspaceFolderBasename}",
        "onCreateCommand": "echo $FROM_FILE $GIVEN $(pwd); touch /cache/x; mount | grep -c /scratch; test ! -e /other"}"#;
    let repository = sandbox.repository("some-checkout", config);
    let name = sandbox.name("args");
    let up = sandbox.up(&repository, &name, &["--allow-initialize", "--repository", "acme/app"]).expect(0);
    for said in ["`--rm` is left out", "`-i` is left out", "`-t` is left out", "the bind mount of /home is left out"] {
        assert!(up.stderr.contains(said), "{}", up.stderr);
    }
    let container = up.json()["containerId"].as_str().expect("an id").to_owned();
    let limits = docker(&["inspect", "-f", "{{.HostConfig.Memory}} {{.Config.StopTimeout}}", &container]).expect(0);
    assert_eq!(limits.stdout, "67108864 1\n");
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains(": app 1 /workspaces/app\n"), "{logs}");
    assert!(logs.contains("/cache/x: Read-only file system") && logs.contains(": 1\n"), "{logs}");
}

#[test]
fn codespaces_default_image_is_taken_where_no_image_is_named_and_where_there_is_no_configuration() {
    let sandbox = Sandbox::new();
    let default = "mcr.microsoft.com/devcontainers/universal:linux";
    let repository = sandbox.repository("r", r#"{"onCreateCommand": "true"}"#);
    let name = sandbox.name("unnamed");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(up.stderr.contains(".devcontainer/devcontainer.json names no image"), "{}", up.stderr);
    let id = docker(&["inspect", "-f", "{{.Id}}", default]).expect(0).stdout;
    let image = |up: &Ran| {
        let container = up.json()["containerId"].as_str().expect("an id").to_owned();
        docker(&["inspect", "-f", "{{.Image}}", &container]).expect(0).stdout
    };
    assert_eq!(image(&up), id);

    std::fs::create_dir_all(sandbox.path("bare/src")).expect("made");
    std::fs::write(sandbox.path("bare/src/x"), "").expect("written");
    commit(&sandbox.path("bare"));
    let name = sandbox.name("bare");
    let up = sandbox.up(&sandbox.path("bare"), &name, &[]).expect(0);
    let note = format!(
        "the repository has no devcontainer.json: the codespace is made from Codespaces' default image, {default}"
    );
    assert!(up.stderr.contains(&note), "{}", up.stderr);
    assert_eq!(image(&up), id);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert!(!started.stderr.contains("initializeCommand is not looked for"), "{}", started.stderr);
    let again = sandbox.up(&sandbox.path("bare"), &name, &[]).expect(0);
    assert_eq!(again.json()["name"], name);
}

#[test]
fn a_folder_without_a_configuration_is_no_codespace_where_the_repository_around_it_has_one() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#);
    std::fs::create_dir(repository.join("src")).expect("made");
    std::fs::write(repository.join("src/x"), "").expect("written");
    commit(&repository);
    let up = sandbox.up(&repository.join("src"), &sandbox.name("src"), &[]).expect(2);
    assert!(
        up.stderr.contains("has no devcontainer.json") && up.stderr.contains("has one: `localspace up"),
        "{}",
        up.stderr
    );
}

#[test]
fn volumes_of_two_codespaces_never_meet() {
    let sandbox = Sandbox::new();
    let inner = sandbox.name("v-vol");
    let outer = inner.trim_end_matches("-vol").to_owned();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1", "onCreateCommand": "touch /workspaces/mine"}"#);
    let _made = sandbox.up(&repository, &inner, &[]).expect(0);
    let config = r#"{"image": "busybox:1", "mounts": ["source=vol-workspaces,target=/a,type=volume", "source=workspaces,target=/b,type=volume"],
        "onCreateCommand": "test -z \"$(ls -A /a)$(ls -A /b)\" && test ! -e /workspaces/mine"}"#;
    let _made = sandbox.up(&sandbox.repository("other", config), &outer, &[]).expect(0);
    let _gone = sandbox.run(&["delete", "-c", &outer]).expect(0);
    assert_eq!(left_of(&outer), "");
    assert_eq!(sandbox.inside(&inner, "ls /workspaces/mine"), "/workspaces/mine\n");
}

#[test]
fn of_two_commands_with_one_name_the_last_runs() {
    let sandbox = Sandbox::new();
    let config =
        r#"{"image": "busybox:1", "secrets": {"A": {}}, "onCreateCommand": {"a": "echo first", "a": "echo last"}}"#;
    let name = sandbox.name("twice");
    let up = sandbox.up(&sandbox.repository("r", config), &name, &[]).expect(0);
    assert!(up.stderr.contains("`onCreateCommand.a` is set again below"), "{}", up.stderr);
    assert!(up.stderr.contains("recommends a secret that is not there"), "{}", up.stderr);
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("[a] last") && !logs.contains("[a] first"), "{logs}");
}

#[test]
fn everyday_output_gets_no_diagnosis() {
    let sandbox = Sandbox::new();
    let refused = r#"Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": unauthorized"#;
    for command in [
        "echo 'npm error 403 Forbidden - GET https://registry.npmjs.org/left-pad'; exit 1".to_owned(),
        "echo 'no space left on device check passed'; exit 3".to_owned(),
        format!("echo '{refused}'; echo 'main.c:1: error: no'; exit 1"),
        "exit 127".to_owned(),
    ] {
        let config = format!("{{\"image\": \"busybox:1\", \"onCreateCommand\": \"{command}\"}}");
        let name = sandbox.name("plain");
        let up = sandbox.up(&sandbox.repository("r", &config), &name, &[]).expect(1);
        assert_eq!(up.json()["diagnoses"], serde_json::json!([]), "{command}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
    let config = format!("{{\"image\": \"busybox:1\", \"onCreateCommand\": \"echo '{refused}'; exit 1\"}}");
    let up = sandbox.up(&sandbox.repository("r", &config), &sandbox.name("refused"), &[]).expect(1);
    assert_eq!(up.json()["diagnoses"][0]["rule"], "pull-before-registry-login");
}

//! `up --bind`: the working tree itself is in the codespace, and stays its owner's whatever becomes of the codespace.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Deadline, Ran, Sandbox, docker, left_of, run, tree};

fn inspect(name: &str) -> Value {
    docker(&["inspect", name]).expect(0).json()[0].clone()
}

#[test]
fn the_working_tree_itself_is_there_and_what_changes_on_one_side_changes_on_the_other() {
    let sandbox = Sandbox::new();
    let config = json!({"image": "busybox:1", "onCreateCommand": "pwd >made; echo ${localWorkspaceFolder} >>made", "initializeCommand": "pwd >initialized"});
    let repository = sandbox.repository("live", &config.to_string());
    std::fs::write(repository.join("uncommitted"), "mine").expect("written");
    let name = sandbox.name("live");
    let up = sandbox.up(&repository, &name, &["--bind", "--allow-initialize"]).expect(0);
    assert_eq!(up.phases(), "++++-----");
    assert_eq!(up.json()["remoteWorkspaceFolder"], "/workspaces/live");
    assert_eq!(sandbox.inside(&name, "cat uncommitted; echo new >new; rm uncommitted"), "mine");
    assert!(!repository.join("uncommitted").exists());
    assert_eq!(std::fs::read_to_string(repository.join("new")).expect("there"), "new\n");
    let folder = repository.display().to_string();
    assert_eq!(
        std::fs::read_to_string(repository.join("made")).expect("there"),
        format!("/workspaces/live\n{folder}\n")
    );
    assert_eq!(std::fs::read_to_string(repository.join("initialized")).expect("there"), format!("{folder}\n"));
    // Editors and the reference CLI know it by these.
    let labels = inspect(&name)["Config"]["Labels"].clone();
    assert_eq!(labels["devcontainer.local_folder"], folder.as_str());
    assert_eq!(labels["devcontainer.config_file"], format!("{folder}/.devcontainer/devcontainer.json"));
    let view = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json();
    assert_eq!((&view["bind"], &view["gitStatus"]["ref"]), (&folder.as_str().into(), &"main".into()));
    // It is stopped and started, and the same command finds it again.
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let again = sandbox.run(&["up", &folder, "--bind", "--json"]).expect(0);
    assert_eq!((&again.json()["name"], again.phases().as_str()), (&name.as_str().into(), "--+------"));
}

#[test]
fn mounts_and_the_folder_are_the_configurations_own_as_in_the_reference() {
    let sandbox = Sandbox::new();
    let (cache, other) = (sandbox.path("cache"), sandbox.path("other, with a comma"));
    for folder in [&cache, &other] {
        std::fs::create_dir(folder).expect("made");
        std::fs::write(folder.join("it"), "it").expect("written");
    }
    let config = json!({
        "image": "busybox:1",
        "mounts": [
            {"type": "bind", "source": "${localWorkspaceFolder}/../../cache", "target": "/tmp/cache"},
            "type=volume,source=v-${devcontainerId},target=/v",
        ],
        "runArgs": ["--volume", format!("{}:/tmp/file:ro", cache.join("it").display())],
        "workspaceMount": format!("type=bind,\"source={}\",target=/elsewhere", other.display()),
        "workspaceFolder": "/elsewhere",
        "onCreateCommand": "cat it; cat /tmp/cache/it /tmp/file",
    });
    let repository = sandbox.repository("nested/own", &config.to_string());
    let name = sandbox.name("own");
    let up = sandbox.up(&repository, &name, &["--bind"]).expect(0);
    assert_eq!(up.json()["remoteWorkspaceFolder"], "/elsewhere");
    let mounts = inspect(&name)["Mounts"].as_array().expect("mounts").clone();
    let volume = mounts.iter().find(|mount| mount["Destination"] == "/v").expect("a volume")["Name"].clone();
    // `${devcontainerId}` is what it is to the reference: of these two labels.
    let labels = inspect(&name)["Config"]["Labels"].clone();
    let args = ["read-configuration", "--workspace-folder", &repository.display().to_string(), "--id-label"];
    let label = |label: &str| format!("{label}={}", labels[label].as_str().expect("text"));
    let (local, file) = (label("devcontainer.local_folder"), label("devcontainer.config_file"));
    let told = sandbox.run(&[&args[..], &[&local, "--id-label", &file]].concat()).expect(0).stdout;
    let id = volume.as_str().and_then(|name| name.rsplit_once(".v-")).map(|(_, id)| id.to_owned()).expect("an id");
    assert!(id.len() == 52 && told.contains(&format!("v-{id}")), "{id}: {told}");
    // `/tmp` is emptied by a stop, and what is mounted there is not.
    let _made = sandbox.inside(&name, "touch /tmp/gone");
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    assert!(cache.join("it").exists());
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(sandbox.inside(&name, "ls /tmp /tmp/cache"), "/tmp:\ncache\nfile\n\n/tmp/cache:\nit\n");
}

#[test]
fn a_folder_of_a_repository_is_opened_in_it() {
    let sandbox = Sandbox::new();
    let top = sandbox.repository("mono", "{\"image\": \"none\"}");
    let inside = top.join("services/api");
    std::fs::create_dir_all(inside.join(".devcontainer")).expect("made");
    std::fs::write(
        inside.join(".devcontainer.json"),
        r#"{"image": "busybox:1", "onCreateCommand": "pwd; ls ../../.git/HEAD"}"#,
    )
    .expect("written");
    let name = sandbox.name("inside");
    let up = sandbox.up(&inside, &name, &["--bind"]).expect(0);
    assert_eq!(up.json()["remoteWorkspaceFolder"], "/workspaces/mono/services/api");
    assert_eq!(inspect(&name)["Config"]["Labels"]["devcontainer.local_folder"], inside.display().to_string());
}

#[test]
fn nothing_removes_a_file_of_the_working_tree() {
    let sandbox = Sandbox::new();
    let repository = sandbox
        .repository("kept", r#"{"image": "busybox:1", "mounts": [{"type": "volume", "source": "v", "target": "/v"}]}"#);
    std::fs::write(repository.join("mine"), "mine").expect("written");
    std::fs::create_dir(repository.join("empty")).expect("made");
    std::os::unix::fs::symlink("/etc/passwd", repository.join("link")).expect("linked");
    let before = tree(&repository);
    let name = sandbox.name("kept");
    let folder = repository.display().to_string();
    let check = |what: &str| assert_eq!(tree(&repository), before, "{what}");
    let _up = sandbox.up(&repository, &name, &["--bind"]).expect(0);
    check("up");
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let rebuilt = sandbox.run(&["rebuild", "-c", &name, "--json"]).expect(0);
    check("rebuild");
    assert_eq!(inspect(&name)["Config"]["Labels"]["localspace.bind"], "/workspaces/kept", "{rebuilt:?}");
    let _gone = docker(&["rm", "-f", &name]).expect(0);
    let _up = sandbox.up(&repository, &name, &["--bind"]).expect(0);
    check("up around what was removed");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    check("delete");
    assert_eq!(left_of(&name), "");
    // What never came to be is undone, at any point.
    for (phase, config) in [
        ("image", json!({"image": "localhost:1/none/such:1"})),
        ("create", json!({"image": "busybox:1", "remoteUser": "mona"})),
        ("start", json!({"image": "busybox:1", "runArgs": ["--network=none-such"]})),
        ("hook", json!({"image": "busybox:1", "onCreateCommand": "exit 1"})),
    ] {
        std::fs::write(repository.join(".devcontainer/devcontainer.json"), config.to_string()).expect("written");
        let before = tree(&repository);
        let name = sandbox.name(phase);
        let up = sandbox.run(&["up", &folder, "--bind", "--name", &name]);
        assert_ne!(up.code, 0, "{up:?}");
        assert_eq!(tree(&repository), before, "{phase}");
        if phase == "hook" {
            // Also by a recovery container, a full rebuild and a kill.
            let up = sandbox.run(&["up", &folder, "--bind", "--name", &name, "--recovery"]).expect(1);
            assert!(up.stderr.contains("recovery mode"), "{}", up.stderr);
            assert_eq!(sandbox.inside(&name, "id -un; cat mine"), "vscode\nmine");
            let full = sandbox.run(&["rebuild", "-c", &name, "--full"]);
            assert_ne!(full.code, 0);
            let mut run = sandbox.watch(&["rebuild", "-c", &name]);
            run.until_event("phaseStarted", "create");
            run.kill();
            assert_eq!(tree(&repository), before, "{phase}");
        }
        let _gone = sandbox.run(&["delete", "-c", &name]);
        assert_eq!(left_of(&name), "", "{phase}");
        assert_eq!(tree(&repository), before, "{phase}");
    }
}

#[test]
fn what_cannot_be_mounted_is_told_before_anything_is_made() {
    let mut sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#).display().to_string();
    for flag in ["--ref=main", "--working-tree", "--as-prebuild"] {
        let up = sandbox.run(&["up", &repository, "--bind", flag]).expect(2);
        assert!(
            up.stderr.contains("--bind") && up.stderr.contains(flag.split('=').next().expect("one")),
            "{}",
            up.stderr
        );
    }
    let up = sandbox.run(&["up", "https://localhost:1/a/b", "--bind"]).expect(2);
    assert!(up.stderr.contains("has no working tree"), "{}", up.stderr);
    let wrong = sandbox.repository("wrong", r#"{"image": "busybox:1", "workspaceMount": "type=bind,target=/x"}"#);
    let name = sandbox.name("wrong");
    let up = sandbox.up(&wrong, &name, &["--bind"]).expect(2);
    assert!(
        up.stderr.contains("devcontainer.json:1:42: `workspaceMount`: a bind mount needs a source"),
        "{}",
        up.stderr
    );
    assert_eq!(left_of(&name), "");
    let gone = sandbox
        .repository("gone", r#"{"image": "busybox:1", "mounts": ["type=bind,source=/no/such/folder,target=/x"]}"#);
    let name = sandbox.name("gone");
    let up = sandbox.up(&gone, &name, &["--bind"]).expect(3);
    assert!(up.stderr.contains("/no/such/folder"), "{}", up.stderr);
    assert_eq!(left_of(&name), "");
    sandbox.set_env("DOCKER_HOST", "tcp://engine.example.com:2375");
    let up = sandbox.run(&["up", &repository, "--bind", "--name", "x"]);
    // The engine is asked what there is first.
    assert!([2, 3].contains(&up.code), "{up:?}");
}

#[test]
fn a_clone_and_a_mounted_tree_of_one_repository_are_two_codespaces() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#);
    let (clone, live) = (sandbox.name("clone"), sandbox.name("live"));
    let _up = sandbox.up(&repository, &clone, &[]).expect(0);
    let bound = sandbox.up(&repository, &clone, &["--bind"]).expect(0);
    assert!(bound.stderr.contains("--bind changes nothing of"), "{}", bound.stderr);
    let _up = sandbox.up(&repository, &live, &["--bind"]).expect(0);
    let found = sandbox.run(&["up", &repository.display().to_string(), "--bind", "--json"]).expect(0);
    assert_eq!(found.json()["name"], live);
    let _written = sandbox.inside(&clone, "touch only-here");
    assert!(!repository.join("only-here").exists());
}

/// A user of this machine that is not root.
const USER: &str = "4242";
const GROUP: &str = "4343";

/// Runs `localspace` as that user, who may use the engine.
fn as_user(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let host = docker(&["context", "inspect", "-f", "{{.Endpoints.docker.Host}}"]).expect(0).stdout;
    let socket = host.trim().strip_prefix("unix://").expect("the tests' engine has a socket").to_owned();
    let groups = format!("--groups={}", Path::new(&socket).metadata().expect("a socket").gid());
    let command = sandbox.command(args);
    let mut words = vec![
        format!("--reuid={USER}"),
        format!("--regid={GROUP}"),
        groups,
        command.get_program().to_string_lossy().into_owned(),
    ];
    words.extend(args.iter().map(ToString::to_string));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let child =
        sandbox.program("setpriv", &words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("setpriv runs");
    let _deadline = Deadline::of(child.id());
    Ran::of(child.wait_with_output().expect("ended"))
}

#[test]
fn the_remote_user_has_the_number_of_the_user_of_this_machine() {
    let sandbox = Sandbox::new();
    if sandbox.path("").metadata().expect("there").uid() != 0 {
        // Only root may be another user; who runs the tests as one has it tried by every other test.
        return;
    }
    let check = |what: &str, config: &Value, expected: &str| {
        let repository = sandbox.repository(what, &config.to_string());
        run("chown", &["-R", &format!("{USER}:{GROUP}"), &sandbox.path("").display().to_string()]);
        let name = sandbox.name(what);
        let folder = repository.display().to_string();
        let up =
            as_user(&sandbox, &["up", &folder, "--bind", "--allow-initialize", "--name", &name, "--json"]).expect(0);
        let look = "id -u; id -g; stat -c '%u:%g' ~ ~/.profile 2>/dev/null | sort -u; touch made 2>/dev/null && stat -c %u made || echo closed";
        let told = as_user(&sandbox, &["exec", "-c", &name, "--", "sh", "-c", look]).expect(0).stdout;
        assert_eq!(told.lines().collect::<Vec<_>>().join(" "), expected, "{what}: {up:?}");
        // The pipe that the first process waited at is gone, so that it goes through at the next start.
        let _stopped = as_user(&sandbox, &["stop", "-c", &name]).expect(0);
        let _started = as_user(&sandbox, &["start", "-c", &name]).expect(0);
        assert_eq!(docker(&["exec", &name, "test", "-e", "/var/lib/localspace/home"]).code, 1, "{what}");
        let _gone = as_user(&sandbox, &["delete", "-c", &name]).expect(0);
    };
    let image = "mcr.microsoft.com/devcontainers/base:trixie";
    check("changed", &json!({"image": image}), "4242 4343 4242:4343 4242");
    check("off", &json!({"image": image, "updateRemoteUserUID": false}), "1000 1000 1000:1000 closed");
    check("root", &json!({"image": image, "remoteUser": "root"}), "0 0 0:0 0");
    check("number", &json!({"image": image, "remoteUser": "1000"}), "1000 1000 1000:1000 closed");
    check("container", &json!({"image": image, "containerUser": "vscode"}), "4242 4343 4242:4343 4242");
    // Features' entrypoints begin when the home is the user's.
    let entrypoint = json!({"image": "mcr.microsoft.com/devcontainers/universal:linux"});
    check("entrypoint", &entrypoint, "4242 4343 4242:4343 4242");
    // So has the user of a Compose service, and who waits for the service waits for that too.
    let service = format!(
        "services:\n  app: {{image: {image}, init: true, command: sleep infinity, volumes: ['..:/tree'], healthcheck: {{test: [CMD, stat, /tree], interval: 200ms}}}}\n  \
         after: {{image: busybox:1, init: true, command: sleep infinity, depends_on: {{app: {{condition: service_healthy}}}}}}\n"
    );
    std::fs::write(sandbox.path("c.yml"), service).expect("written");
    let command = format!("cp {} .devcontainer/c.yml", sandbox.path("c.yml").display());
    let compose = json!({"dockerComposeFile": "c.yml", "service": "app", "workspaceFolder": "/tree", "initializeCommand": command});
    check("compose", &compose, "4242 4343 4242:4343 4242");
    // A bind mount in the home keeps its owner.
    let (keys, file) = (sandbox.path("keys"), sandbox.path("keys/key"));
    std::fs::create_dir(&keys).expect("made");
    std::fs::write(&file, "key").expect("written");
    let mount = json!([{"type": "bind", "source": keys, "target": "/home/vscode/.keys"}]);
    let repository = sandbox.repository("home", &json!({"image": image, "mounts": mount}).to_string());
    run("chown", &["-R", &format!("{USER}:{GROUP}"), &sandbox.path("").display().to_string()]);
    run("chown", &["-R", "1000:1000", &keys.display().to_string()]);
    let name = sandbox.name("home");
    let _up = as_user(&sandbox, &["up", &repository.display().to_string(), "--bind", "--name", &name]).expect(0);
    assert_eq!((file.metadata().expect("there").uid(), keys.metadata().expect("there").uid()), (1000, 1000));
}

//! `localspace config` where there is a container: its label and environment count, as in the reference.

use serde_json::{Value, json};

use crate::support::{Image, Sandbox, docker};

const VECTORS: &str = include_str!("vectors/config/container.json");

const CONFIG: &str = r#"{"image": "IMAGE", "name": "n ${devcontainerId} ${containerEnv:WHICH} ${containerEnv:NOPE:dflt}",
    "remoteUser": "today", "remoteEnv": {"P": "${containerEnv:PATH}:/today", "X": "today"}, "userEnvProbe": "none",
    "onCreateCommand": "echo today ${containerEnv:WHICH}", "mounts": ["source=today,target=/today,type=volume"],
    "waitFor": "postCreateCommand", "hostRequirements": {"cpus": 3}}"#;

/// An image with a label of its own.
fn image() -> Image {
    let label = r#"LABEL devcontainer.metadata="[{\"id\":\"base-a\"}]""#;
    Image::build(&format!("FROM busybox:1\nENV WHICH=a\n{label}\n"), &[])
}

/// Makes a container that never starts, and returns its id.
fn container(labels: &[String], env: &[String], image: &str) -> String {
    let flags = |flag: &'static str, all: &[String]| {
        all.iter().flat_map(|one| [flag.to_owned(), one.clone()]).collect::<Vec<_>>()
    };
    let args =
        [vec!["create".to_owned()], flags("-l", labels), flags("-e", env), vec![image.to_owned(), "true".to_owned()]]
            .concat();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    docker(&args).expect(0).stdout.trim().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Puts one word in the place of every id.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 52 && word.bytes().all(|one| matches!(one, b'0'..=b'9' | b'a'..=b'v'));
    let pieces = text.split_inclusive(|one: char| !one.is_ascii_alphanumeric());
    let replaced = |piece: &str| {
        let end = piece.trim_end_matches(|one: char| !one.is_ascii_alphanumeric()).len();
        let (word, after) = piece.split_at(end);
        if is_id(word) { format!("ID{after}") } else { piece.to_owned() }
    };
    pieces.map(replaced).collect()
}

#[test]
fn documents_with_a_container_are_the_references() {
    let (sandbox, image) = (Sandbox::new(), image());
    let root = sandbox.repository("r", &CONFIG.replace("IMAGE", &image.0)).display().to_string();
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
    let mark = sandbox.name("type");
    for vector in &vectors {
        let case = vector["case"].as_str().expect("a name");
        let filled = |text: &str| text.replace("ROOT", &root).replace("TYPE", &mark).replace("IMAGE", &image.0);
        let all = |name: &str| texts(&vector[name]).iter().map(|text| filled(text)).collect::<Vec<_>>();
        let id = container(&all("labels"), &all("env"), &image.0);
        let args: Vec<String> = all("args").iter().map(|text| text.replace("CONTAINER", &id)).collect();
        let mut words = vec!["read-configuration", "--include-merged-configuration"];
        words.extend(args.iter().map(String::as_str));
        let ran = sandbox.run(&words);
        let _gone = docker(&["rm", "-f", &id]);
        let document: Value = serde_json::from_str(&without_ids(&ran.expect(0).stdout)).expect("a document");
        let mut expected: Value = serde_json::from_str(&filled(&vector["expected"].to_string())).expect("a document");
        // The image's own PATH.
        let path = &document["configuration"]["remoteEnv"]["P"];
        for one in ["configuration", "mergedConfiguration"] {
            if let Some(own) = expected.pointer_mut(&format!("/{one}/remoteEnv/P")) {
                *own = path.clone();
            }
        }
        assert!(path.is_null() || path.as_str().is_some_and(|path| path.ends_with(":/today") && !path.contains('$')));
        assert_eq!(document, expected, "{case}");
    }
}

/// As docker takes them: a name, a whole id, how it begins.
#[test]
fn a_container_goes_by_its_name_too() {
    let sandbox = Sandbox::new();
    let name = sandbox.name("named");
    let label = format!("devcontainer.metadata=[{{\"remoteUser\":\"{name}\"}}]");
    let id = docker(&["create", "--name", &name, "-l", &label, "busybox:1", "true"]).expect(0).stdout;
    let ran = [name.as_str(), id.trim(), &id[..20]]
        .map(|known| sandbox.run(&["read-configuration", "--container-id", known, "--include-merged-configuration"]));
    let _gone = docker(&["rm", "-f", &name]);
    for ran in ran {
        assert_eq!(ran.expect(0).json()["mergedConfiguration"]["remoteUser"], name.as_str());
    }
}

#[test]
fn a_container_that_is_not_there_is_told_and_labels_that_none_has_change_nothing() {
    let sandbox = Sandbox::new();
    let root = sandbox.repository("r", r#"{"image": "x", "name": "${devcontainerId}"}"#).display().to_string();
    let ran = sandbox.run(&["config", &root, "--container-id", "0000nothing"]).expect(2);
    assert!(ran.stderr.contains("the engine has no container 0000nothing"), "{}", ran.stderr);
    let mark = format!("Type={}", sandbox.name("none"));
    let found = sandbox.run(&["config", &root, "--id-label", &mark]).expect(0).json();
    assert_eq!(found["configuration"]["name"], "${devcontainerId}");
    let ran = sandbox.run(&["config", "--id-label", &mark]).expect(2);
    assert!(ran.stderr.contains("no container has these labels"), "{}", ran.stderr);
    let _usage = sandbox.run(&["config", &root, "--id-label", "=x"]).expect(2);
}

#[test]
fn a_codespace_is_found_by_its_name_and_by_its_folder() {
    let sandbox = Sandbox::new();
    let root = sandbox.repository(
        "r",
        r#"{"image": "busybox:1", "remoteEnv": {"P": "${containerEnv:PATH}"}, "waitFor": "onCreateCommand"}"#,
    );
    let name = sandbox.name("made");
    let _made = sandbox.up(&root, &name, &[]).expect(0);
    std::fs::write(
        root.join(".devcontainer/devcontainer.json"),
        r#"{"image": "busybox:1", "waitFor": "postStartCommand", "remoteUser": "dev"}"#,
    )
    .expect("written");
    let root = root.display().to_string();
    let merged = |args: &[&str]| {
        sandbox.run(&[args, &["--merged", "--json"]].concat()).expect(0).json()["mergedConfiguration"].clone()
    };
    let by_folder = merged(&["config", "--workspace-folder", &root]);
    assert_eq!((&by_folder["waitFor"], &by_folder["remoteUser"]), (&json!("onCreateCommand"), &json!("dev")));
    let by_name = merged(&["config", "--container-id", &name]);
    assert_eq!(by_name["waitFor"], "onCreateCommand");
    assert!(by_name["remoteEnv"]["P"].as_str().is_some_and(|path| path.starts_with('/')), "{by_name}");
    // What is asked about a folder alone is what its file says.
    assert_eq!(merged(&["config", &root])["waitFor"], "postStartCommand");
}

#[test]
fn another_text_is_read_in_the_configurations_place() {
    let sandbox = Sandbox::new();
    let root = sandbox.repository("r", r#"{"image": "x", "name": "original"}"#).display().to_string();
    let other = sandbox.file("other.json", r#"{"image": "y", "dockerFile": "../Dockerfile", "name": "overriding"}"#);
    let read = |folder: &str, more: &[&str]| {
        sandbox
            .run(&[&["read-configuration", "--workspace-folder", folder, "--override-config", &other], more].concat())
    };
    let place = |file: &str, scheme: &str| json!({"$mid": 1, "fsPath": file, "path": file, "scheme": scheme});
    let file = format!("{root}/.devcontainer/devcontainer.json");
    let found = read(&root, &[]).expect(0).json()["configuration"].clone();
    assert_eq!((&found["name"], &found["configFilePath"]), (&json!("overriding"), &place(&file, "vscode-fileHost")));
    let named = read(&root, &["--config", &file]).expect(0).json()["configuration"].clone();
    assert_eq!(named["configFilePath"], place(&file, "file"));
    // What it names lies where the configuration does.
    let missing = read(&root, &["--merged"]).expect(2);
    assert!(missing.stderr.contains("other.json:1:30: there is no Dockerfile ../Dockerfile"), "{}", missing.stderr);
    std::fs::create_dir(sandbox.path("bare")).expect("made");
    let bare = sandbox.path("bare").display().to_string();
    let found = read(&bare, &[]).expect(0).json()["configuration"].clone();
    assert_eq!(found["configFilePath"]["path"], format!("{bare}/.devcontainer/devcontainer.json"));
    let gone = sandbox.run(&["config", &root, "--override-config", "/nonexistent.json"]).expect(2);
    assert!(gone.stderr.contains("nonexistent.json: there is no such file"), "{}", gone.stderr);
}

#[test]
fn what_a_script_for_the_reference_passes_is_taken() {
    let sandbox = Sandbox::new();
    let root = sandbox.repository("r", r#"{"image": "x"}"#);
    std::fs::create_dir_all(root.join("web/.devcontainer")).expect("made");
    std::fs::write(root.join("web/.devcontainer/devcontainer.json"), r#"{"image": "y"}"#).expect("written");
    std::fs::write(root.join("web/all.code-workspace"), "{}").expect("written");
    let workspace = |folder: &str, more: &[&str]| {
        let folder = root.join(folder).display().to_string();
        let flags = [
            "--docker-path",
            "docker",
            "--log-level",
            "trace",
            "--log-format",
            "json",
            "--terminal-columns",
            "80",
            "--terminal-rows",
            "24",
        ];
        let ran =
            sandbox.run(&[&["read-configuration", "--workspace-folder", &folder], &flags[..], more].concat()).expect(0);
        assert!(
            ran.stderr.contains(
                "note: --docker-path, --log-level, --log-format, --terminal-columns, --terminal-rows: no effect here"
            ),
            "{}",
            ran.stderr
        );
        ran.json()["workspace"].clone()
    };
    let top = root.display();
    let inside = json!({"workspaceFolder": "/workspaces/r/web", "workspaceMount": format!("type=bind,source={top},target=/workspaces/r")});
    assert_eq!(workspace("web", &[]), inside);
    assert_eq!(workspace("web", &["--mount-workspace-git-root", "true", "--mount-git-worktree-common-dir"]), inside);
    assert_eq!(workspace("web/all.code-workspace", &[]), inside);
    let own = json!({"workspaceFolder": "/workspaces/web", "workspaceMount": format!("type=bind,source={top}/web,target=/workspaces/web")});
    assert_eq!(workspace("web", &["--mount-workspace-git-root", "false"]), own);
}

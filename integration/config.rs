//! `localspace config`: the program itself, as a person and as a program that knows the reference runs it.

use serde_json::{Value, json};

use crate::support::{Image, Sandbox, docker};

#[test]
fn the_document_is_that_of_the_reference() {
    let sandbox = Sandbox::new();
    let config = "{\"image\": \"busybox:1\", // a comment\n \"name\": \"${localEnv:WHO:nobody} in ${containerWorkspaceFolder}\", \"postCreateCommand\": [\"true\"],}";
    let folder = sandbox.repository("app", config).display().to_string();
    let file = format!("{folder}/.devcontainer/devcontainer.json");
    let path = |scheme: &str| json!({"$mid": 1, "fsPath": file, "path": file, "scheme": scheme});
    let document = |scheme: &str| {
        json!({
            "configuration": {
                "image": "busybox:1",
                "name": "nobody in /workspaces/app",
                "postCreateCommand": ["true"],
                "configFilePath": path(scheme),
            },
            "workspace": {
                "workspaceFolder": "/workspaces/app",
                "workspaceMount": format!("type=bind,source={folder},target=/workspaces/app"),
            },
        })
    };
    assert_eq!(sandbox.run(&["config", &folder, "--json"]).expect(0).json(), document("vscode-fileHost"));
    let named = ["read-configuration", "--workspace-folder", "app", "--config", &file];
    assert_eq!(sandbox.run(&named).expect(0).json(), document("file"));
    let merged = ["read-configuration", "--workspace-folder", "app", "--include-merged-configuration"];
    let merged = sandbox.run(&merged).expect(0).json()["mergedConfiguration"].clone();
    let expected = json!({
        "image": "busybox:1",
        "name": "nobody in /workspaces/app",
        "configFilePath": path("vscode-fileHost"),
        "init": false,
        "privileged": false,
        "onCreateCommands": [],
        "updateContentCommands": [],
        "postCreateCommands": [["true"]],
        "postStartCommands": [],
        "postAttachCommands": [],
        "remoteEnv": {},
        "containerEnv": {},
        "portsAttributes": {},
    });
    assert_eq!(merged, expected);
}

#[test]
fn an_images_metadata_is_merged_and_explained_where_the_engine_has_it() {
    let mut sandbox = Sandbox::new();
    let image = format!("localspace-test-labelled:{}", std::process::id());
    std::fs::write(sandbox.path("empty.tar"), [0; 1024]).expect("written");
    let label =
        r#"LABEL devcontainer.metadata="[{\"id\":\"./f\",\"onCreateCommand\":\"one\"},{\"remoteUser\":\"dev\"}]""#;
    let tar = sandbox.path("empty.tar").display().to_string();
    let _made = docker(&["import", "--change", label, &tar, &image]).expect(0);
    let config = format!("{{\"image\": \"{image}\",\n\"onCreateCommand\": \"two\"}}");
    let folder = sandbox.repository("app", &config).display().to_string();
    let merged =
        sandbox.run(&["config", &folder, "--merged", "--json"]).expect(0).json()["mergedConfiguration"].clone();
    let explained = sandbox.run(&["config", &folder, "--explain", "--json"]).expect(0).json();
    let text = sandbox.run(&["config", &folder, "--explain"]).expect(0).stdout;
    let build = r#"{"build": {"dockerfile": "../Dockerfile", "target": "dev", "args": {"BASE": "IMAGE"}}}"#;
    let build = sandbox.repository("build", &build.replace("IMAGE", &image)).display().to_string();
    std::fs::write(sandbox.path("build/Dockerfile"), "ARG BASE=x\nFROM $BASE AS dev\nFROM y\n").expect("written");
    let built = sandbox.run(&["config", &build, "--merged", "--json"]).expect(0).json()["mergedConfiguration"].clone();
    std::fs::create_dir_all(sandbox.path("build/web")).expect("made");
    let inside = r#"{"dockerFile": "../Dockerfile", "build": {"target": "dev", "args": {"BASE": "IMAGE"}}}"#;
    std::fs::write(sandbox.path("build/web/.devcontainer.json"), inside.replace("IMAGE", &image)).expect("written");
    let around =
        sandbox.run(&["config", "build/web", "--merged", "--json"]).expect(0).json()["mergedConfiguration"].clone();
    let _gone = docker(&["rmi", &image]);
    assert_eq!(around["onCreateCommands"], json!(["one"]));
    assert_eq!((&merged["onCreateCommands"], &merged["remoteUser"]), (&json!(["one", "two"]), &json!("dev")));
    assert_eq!((&built["onCreateCommands"], &built["remoteUser"]), (&json!(["one"]), &json!("dev")));
    let rows = explained["properties"].as_array().expect("a list").clone();
    let from = |value: &str| rows.iter().find(|row| row["value"] == value).map(|row| row["from"].clone());
    let file = ".devcontainer/devcontainer.json";
    assert_eq!(from("one"), Some(json!({"feature": "./f"})));
    assert_eq!(from("two"), Some(json!({"file": file, "line": 2, "column": 1})));
    assert_eq!(from("dev"), Some(json!({"image": image})));
    assert!(
        text.contains("onCreateCommand  two\n    .devcontainer/devcontainer.json:2:1, onCreateCommand\n"),
        "{text}"
    );
    sandbox.set_env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    let without = sandbox.run(&["config", &folder, "--merged", "--json"]).expect(0);
    assert_eq!(without.json()["mergedConfiguration"]["onCreateCommands"], json!(["two"]));
    assert!(
        without.stderr.contains(&format!("the metadata of {image} is left out: no Docker Engine answers")),
        "{}",
        without.stderr
    );
}

#[test]
fn what_is_wrong_is_told_and_what_cannot_be_shown_is_an_error_with_its_place() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("r", "{}").display().to_string();
    let check = |config: &str, args: &[&str], code: i32, said: &str| {
        std::fs::write(sandbox.path("r/.devcontainer/devcontainer.json"), config).expect("written");
        let ran = sandbox.run(&[&["config", folder.as_str()], args].concat()).expect(code);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        if code == 0 { ran.json() } else { Value::Null }
    };
    let at = ".devcontainer/devcontainer.json:1";
    let read = check(r#"{"image": "x" "runArg": []}"#, &[], 0, &format!("{at}:15: a comma is missing before this"));
    assert_eq!(read["configuration"]["runArg"], json!([]));
    check(r#"{"image": "x", "runArg": []}"#, &[], 0, "did you mean `runArgs`?");
    check(r#"{"image": "x", "init": "yes"}"#, &[], 0, &format!("{at}:24: `init` is expected to be true or false"));
    check(r#"{"dockerComposeFile": "c", "service": "s"}"#, &["--merged"], 2, "there is no Compose file c");
    check(r#"{"dockerFile": "nope"}"#, &["--merged"], 2, &format!("{at}:16: there is no Dockerfile nope"));
    check(r#"{"name": "x"}"#, &[], 0, "names no image: Codespaces takes its default one");
    check(r#"{"image": "x", "name": }"#, &[], 2, &format!("error: {at}:24: expected the value of `name`"));
    check(r#"{"image": "x", "workspaceFolder": 1}"#, &[], 2, "`workspaceFolder` is expected to be a string");
    check(r#"{"image": "x", "name": "${localEnv}"}"#, &[], 2, "`${localEnv}` names no variable");
    check(r#"{"image": "x", "features": {"./f": {}}}"#, &[], 0, "");
    check(r#"{"image": "x", "features": {}}"#, &["--features"], 0, "");
    check("[]", &["--json"], 2, "expected an object");
    check(
        r#"{"image": "x"}"#,
        &["--config", "/etc/passwd"],
        2,
        "there is no configuration /etc/passwd in the repository",
    );
}

#[test]
fn a_folder_is_read_as_it_lies_and_a_repository_elsewhere_is_cloned() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("app", r#"{"image": "x"}"#);
    std::fs::write(folder.join(".devcontainer/devcontainer.json"), r#"{"image": "y"}"#).expect("written");
    let image =
        |repository: &str| sandbox.run(&["config", repository]).expect(0).json()["configuration"]["image"].clone();
    assert_eq!(image("app"), "y");
    assert_eq!(image(&format!("file://{}", folder.display())), "x");
    std::fs::create_dir(sandbox.path("plain")).expect("made");
    assert_eq!(image("plain"), "mcr.microsoft.com/devcontainers/universal:linux");
    for name in ["a", "b"] {
        std::fs::create_dir_all(sandbox.path("plain/.devcontainer").join(name)).expect("made");
        std::fs::write(sandbox.path("plain/.devcontainer").join(name).join("devcontainer.json"), "{\"image\": \"z\"}")
            .expect("written");
    }
    let several = sandbox.run(&["config", "plain"]).expect(2);
    assert!(
        several.stderr.contains("--config: .devcontainer/a/devcontainer.json, .devcontainer/b"),
        "{}",
        several.stderr
    );
    let chosen = sandbox.run(&["config", "plain", "--config", ".devcontainer/b/devcontainer.json"]).expect(0);
    assert_eq!(chosen.json()["configuration"]["image"], "z");
}

#[test]
fn a_check_ends_with_what_it_found_and_writes_three_formats() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("r", "{}").display().to_string();
    let check = |config: &str, args: &[&str], code: i32| {
        std::fs::write(sandbox.path("r/.devcontainer/devcontainer.json"), config).expect("written");
        sandbox.run(&[&["config", folder.as_str(), "--check"], args].concat()).expect(code)
    };
    std::fs::write(sandbox.path("r/setup.sh"), "#!/bin/sh\r\n").expect("written");
    let config =
        "{\"image\": \"x\",\n\"onCreateCommand\": \"docker pull acme/api:1\",\n\"postCreateCommand\": \"./setup.sh\"}";
    let text = check(config, &[], 1);
    let place = ".devcontainer/devcontainer.json";
    for said in [
        format!("{place}:2:20: warning: onCreateCommand runs `docker pull acme/api:1`"),
        format!("{place}:3:22: error: postCreateCommand runs setup.sh, which is not executable"),
        format!("{place}:3:22: error: postCreateCommand runs setup.sh, whose lines end in CRLF"),
        "   |                    ^^^^^^^^^^^^^^^^^^^^^^^^\n  hint: ".to_owned(),
        "see https://docs.github.com/".to_owned(),
    ] {
        assert!(text.stdout.contains(&said), "{said}\n{}", text.stdout);
    }
    assert!(text.stderr.contains("2 errors, 1 warning\n"), "{}", text.stderr);
    let found = check(config, &["--format", "json"], 1).json()["findings"].clone();
    assert_eq!((&found[0]["rule"], &found[0]["line"]), (&json!("pull-before-login"), &json!(2)));
    let noted = check(r#"{"image": "x", "postCreateCommand": "npm ci"}"#, &["--format", "github"], 0).stdout;
    assert!(noted.starts_with(&format!("::notice file={place},line=1,col=37,title=could-be-prebuilt::")), "{noted}");
    let annotations = check(config, &["--format", "github"], 1).stdout;
    assert!(
        annotations.starts_with(&format!("::warning file={place},line=2,col=20,title=pull-before-login::")),
        "{annotations}"
    );
    assert_eq!(check(r#"{"image": "x"}"#, &["--format", "github"], 0).stdout, "");
    let _warned = check(r#"{"image": "x", "nmae": "y"}"#, &[], 0);
    // Whose the repository is, its remote tells.
    let foreign = |remote: &str| {
        std::fs::write(sandbox.path("r/.git/config"), format!("[remote \"origin\"]\n\turl = {remote}\n"))
            .expect("written");
        check(r#"{"image": "ghcr.io/acme/base:1"}"#, &["--format", "json"], 0).stdout.contains("foreign-package")
    };
    assert!(foreign("git@github.com:mona/app.git"));
    assert!(!foreign("https://github.com/acme/app") && !foreign("https://example.com/mona/app"));
    let _wrong = check(r#"{"image": "x", "init": 1}"#, &[], 1);
    let _cut = check(r#"{"image": "x""#, &[], 1);
}

/// What holds no configuration is a finding as any other, in each format.
#[test]
fn a_check_of_what_cannot_be_read_has_a_finding() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", "{}");
    let (folder, place) = (repository.display().to_string(), ".devcontainer/devcontainer.json");
    let file = repository.join(place);
    let check = |format: &str| sandbox.run(&["config", &folder, "--check", "--format", format]).expect(1);
    for (bytes, line, column, said) in [
        (&b"{\n\"image\": }"[..], 2, 10, ""),
        (b"", 1, 1, "is empty"),
        (b"{\n\"name\": \"caf\xE9\"}", 2, 13, "which is \u{e9} in Latin-1"),
        (b"\xFF\xFE{\0}\0", 1, 1, "UTF-16"),
    ] {
        std::fs::write(&file, bytes).expect("written");
        let found = check("json").json()["findings"].clone();
        let at = (&found[0]["rule"], &found[0]["line"], &found[0]["column"]);
        assert_eq!(at, (&json!("unreadable"), &json!(line), &json!(column)), "{found}");
        assert!(found[0]["problem"].as_str().is_some_and(|problem| problem.contains(said)), "{found}");
        let annotation = check("github").stdout;
        let start = format!("::error file={place},line={line},col={column},title=unreadable::");
        assert!(annotation.starts_with(&start), "{annotation}");
        assert!(check("text").stderr.contains("1 error, 0 warnings"));
    }
    std::fs::remove_file(&file).expect("removed");
    std::fs::create_dir(&file).expect("made");
    std::fs::write(file.join("x"), "").expect("written");
    assert!(check("text").stdout.contains(&format!("{place}:1:1: error: it is a folder, not a file")));
    let up = sandbox.up(&repository, &sandbox.name("none"), &["--working-tree"]).expect(2);
    assert!(up.stderr.contains(&format!("{place}: it is a folder, not a file")), "{}", up.stderr);
}

#[test]
fn a_check_reads_what_a_configuration_names_and_nothing_outside_the_repository() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("r", "{}");
    let write = |path: &str, text: &str| {
        std::fs::create_dir_all(folder.join(path).parent().expect("a folder")).expect("made");
        std::fs::write(folder.join(path), text).expect("written");
    };
    write("web/.devcontainer/devcontainer.json", r#"{"dockerComposeFile": "../../c.yml", "service": "app"}"#);
    write("c.yml", "services:\n  app:\n    container_name: x\n");
    write("web/devcontainer.json", "{}");
    let web = folder.join("web").display().to_string();
    let text = sandbox.run(&["config", &web, "--check"]).expect(0).stdout;
    assert!(text.contains("../c.yml:3:5: warning: the container of `app` has a fixed name"), "{text}");
    assert!(text.contains(" 3 |     container_name: x\n   |     ^^^^^^^^^^^^^^\n"), "{text}");
    assert!(text.contains("devcontainer.json:1:1: warning: Codespaces does not find this configuration"), "{text}");
    let annotations = sandbox.run(&["config", &web, "--check", "--format", "github"]).expect(0).stdout;
    assert!(
        annotations.contains("file=c.yml,line=3,col=5") && annotations.contains("file=web/devcontainer.json,"),
        "{annotations}"
    );
    for outside in ["../../../../outside.yml", "link.yml"] {
        let config = format!(r#"{{"dockerComposeFile": "{outside}", "service": "app"}}"#);
        write("web/.devcontainer/devcontainer.json", &config);
        std::fs::write(sandbox.path("outside.yml"), "services: {app: {container_name: secret}}").expect("written");
        let _replaced = std::fs::remove_file(folder.join("web/.devcontainer/link.yml"));
        std::os::unix::fs::symlink(sandbox.path("outside.yml"), folder.join("web/.devcontainer/link.yml"))
            .expect("linked");
        let ran = sandbox.run(&["config", &web, "--check"]);
        assert!(!ran.stdout.contains("fixed name") && !ran.stdout.contains("secret"), "{}", ran.stdout);
    }
}

/// The engine's image is looked into; nothing of it runs, and nothing is left of the look.
#[test]
fn a_check_looks_into_the_engines_image() {
    let sandbox = Sandbox::new();
    let image = Image::build(
        "FROM busybox:1\nRUN echo me:x:1000:1000::/:/bin/sh >>/etc/passwd && mkdir -p /etc/apt/sources.list.d && touch /etc/apt/sources.list.d/yarn.list\nVOLUME /data\nENTRYPOINT [\"touch\", \"/ran\"]\n",
        &[],
    );
    let check = |user: &str, more: &str| {
        let config = format!(r#"{{"image": "{}", "remoteUser": "{user}"{more}}}"#, image.0);
        let folder = sandbox.repository(&format!("{user}{}", more.len()), &config).display().to_string();
        let ran = sandbox.run(&["config", &folder, "--check", "--format", "json"]);
        let found = ran.json()["findings"].as_array().expect("a list").clone();
        (ran.code, found.iter().map(|one| one["rule"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(check("me", ""), (0, vec!["no-ssh-server".to_owned()]));
    assert_eq!(check("vscode", ""), (1, vec!["no-ssh-server".to_owned(), "user-not-in-image".to_owned()]));
    let feature = r#", "features": {"ghcr.io/devcontainers/features/sshd:1": {}}"#;
    assert_eq!(check("vscode", feature), (0, vec!["yarn-list".to_owned()]));
    let left = docker(&["ps", "-aq", "--filter", &format!("ancestor={}", image.0)]).expect(0).stdout;
    assert_eq!(left, "");
}

//! `build`: an image alone, for this tool and others.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Deadline, Ran, Sandbox, commit, docker, send};

/// A name of an image; what has it goes when this is dropped.
struct Named(String);

impl Named {
    fn of(sandbox: &Sandbox, name: &str) -> Self {
        // The sandbox would delete a codespace of that name, which there is not.
        Self(format!("localspace-test/{}:1", sandbox.name(name)))
    }

    fn label(&self, name: &str) -> String {
        let format = format!("{{{{index .Config.Labels \"{name}\"}}}}");
        docker(&["inspect", "--type", "image", "-f", &format, &self.0]).expect(0).stdout.trim().to_owned()
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _gone = docker(&["rmi", &self.0]);
    }
}

fn build(sandbox: &Sandbox, repository: &std::path::Path, name: &Named, more: &[&str]) -> Ran {
    let repository = repository.display().to_string();
    sandbox.run(&[&["build", &repository, "--image-name", &name.0, "--json"][..], more].concat())
}

fn homes_codespaces(sandbox: &Sandbox) -> usize {
    std::fs::read_dir(sandbox.path("localspace/state/codespaces")).map_or(0, Iterator::count)
}

#[test]
fn an_image_gets_a_layer_with_the_label_and_every_name() {
    let sandbox = Sandbox::new();
    let (first, second) = (Named::of(&sandbox, "first"), Named::of(&sandbox, "second"));
    let config = json!({"image": "busybox:1", "remoteUser": "nobody", "initializeCommand": "exit 1", "postCreateCommand": "echo \"$HOME\""});
    let folder = sandbox.repository("r", &config.to_string());
    let built = build(&sandbox, &folder, &first, &["--image-name", &second.0, "--label", "acme.test=a=b"]).expect(0);
    assert_eq!(built.json(), json!({"outcome": "success", "imageName": [first.0, second.0]}));
    for name in [&first, &second] {
        let expected = r#"[ {"postCreateCommand":"echo \"$HOME\"","remoteUser":"nobody"} ]"#;
        assert_eq!(name.label("devcontainer.metadata"), expected);
        assert_eq!(name.label("acme.test"), "a=b");
        assert_eq!(name.label("localspace.codespace"), "");
    }
    assert_eq!(homes_codespaces(&sandbox), 0);
    // A codespace of that image is what the configuration said.
    let other = sandbox.repository("other", &json!({"image": first.0}).to_string());
    let name = sandbox.name("uses");
    assert_eq!(sandbox.up(&other, &name, &[]).expect(0).json()["remoteUser"], "nobody");
    // The image could not go before it.
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
}

#[test]
fn a_dockerfile_and_features_are_built_together() {
    let sandbox = Sandbox::new();
    let folder = sandbox.sample("features", &[("\"image\"", "\"build\": {\"dockerfile\": \"Dockerfile\"}, \"name\"")]);
    std::fs::write(
        folder.join(".devcontainer/Dockerfile"),
        "FROM mcr.microsoft.com/devcontainers/base:trixie\nRUN touch /made\n",
    )
    .expect("written");
    commit(&folder);
    let image = Named::of(&sandbox, "both");
    let built = build(&sandbox, &folder, &image, &["--frozen-lockfile"]).expect(0);
    assert!(built.stderr.contains("[./greeter] Feature Greeter"), "{}", built.stderr);
    let ran = docker(&["run", "--rm", &image.0, "sh", "-c", "ls /made && shout && id -un"]).expect(0).stdout;
    assert_eq!(ran, "/made\nIT'S $5, VSCODE OF /HOME/VSCODE!\nroot\n");
    let entries: Value = serde_json::from_str(&image.label("devcontainer.metadata")).expect("JSON");
    let ids: Vec<&Value> = entries.as_array().expect("a list").iter().map(|entry| &entry["id"]).collect();
    assert!(ids.ends_with(&[&json!("./greeter"), &json!("./shout"), &Value::Null]), "{ids:?}");
    // What the reference CLI 0.88 wrote for the same repository, but for what the image below says.
    let own = r#"{"id":"./greeter","postCreateCommand":"greet","entrypoint":"/opt/greeter/started"}, {"id":"./shout"}, {"postCreateCommand":"shout","remoteUser":"vscode"} ]"#;
    assert!(image.label("devcontainer.metadata").ends_with(own), "{}", image.label("devcontainer.metadata"));
}

#[test]
fn what_fails_leaves_nothing_and_says_why() {
    let sandbox = Sandbox::new();
    let image = Named::of(&sandbox, "fails");
    let folder = sandbox.repository("r", r#"{"build": {"dockerfile": "Dockerfile"}}"#);
    std::fs::write(folder.join(".devcontainer/Dockerfile"), "FROM busybox:1\nRUN exit 3\n").expect("written");
    let failed = build(&sandbox, &folder, &image, &["--working-tree"]).expect(2);
    assert_eq!(failed.json()["outcome"], "error");
    assert!(failed.stderr.contains(".devcontainer/Dockerfile:2: `RUN exit 3` failed"), "{}", failed.stderr);
    assert!(failed.stderr.contains("There is no image."), "{}", failed.stderr);
    assert_eq!(docker(&["images", "-q", &image.0]).stdout, "");
    assert_eq!(homes_codespaces(&sandbox), 0);
    for (flags, problem) in [
        (&["--push"][..], "--push is for the `docker buildx` command alone"),
        (&["--output=type=oci"], "--output is for"),
        (&["--cache-to=type=inline"], "--cache-to is for"),
        (&["--platform=a,b"], "one platform"),
        (&["--image-name=A"], "A"),
    ] {
        let refused = build(&sandbox, &folder, &image, flags).expect(2);
        assert!(refused.stderr.contains(problem), "{flags:?}: {}", refused.stderr);
    }
}

#[test]
fn an_interrupt_ends_the_build_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let image = Named::of(&sandbox, "cut");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let script = format!("nc 127.0.0.1 {port} </dev/zero");
    let folder = sandbox.repository(
        "r",
        r#"{"build": {"dockerfile": "Dockerfile", "options": ["--network=host"]}, "features": {"./f": {}}}"#,
    );
    let write =
        |path: &str, text: &str| std::fs::write(folder.join(".devcontainer").join(path), text).expect("written");
    std::fs::create_dir(folder.join(".devcontainer/f")).expect("made");
    write("Dockerfile", "FROM busybox:1\n");
    write("f/devcontainer-feature.json", r#"{"id": "f", "name": "F", "version": "1.0.0"}"#);
    write("f/install.sh", &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(
        folder.join(".devcontainer/f/install.sh"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("set");
    let folder = folder.display().to_string();
    let child = sandbox.spawn(&["build", &folder, "--working-tree", "--image-name", &image.0, "--json"]);
    let _deadline = Deadline::of(child.id());
    let (mut step, _) = listener.accept().expect("the script runs");
    step.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    send("INT", child.id());
    let ran = Ran::of(child.wait_with_output().expect("ended")).expect(130);
    assert_eq!(ran.json()["outcome"], "error");
    let mut chunk = [0; 8192];
    while step.read(&mut chunk).is_ok_and(|length| length > 0) {}
    let error = step.read(&mut chunk).err().map(|error| error.kind());
    assert_ne!(error, Some(std::io::ErrorKind::WouldBlock), "the script still runs");
    assert_eq!(docker(&["images", "-q", &image.0]).stdout, "");
    assert_eq!(homes_codespaces(&sandbox), 0);
}

/// A run that waits in a step of its Dockerfile.
struct Waiting {
    child: Child,
    _step: TcpStream,
}

impl Waiting {
    fn start(sandbox: &Sandbox, words: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let config = r#"{"build": {"dockerfile": "Dockerfile", "options": ["--network=host"]}}"#;
        let folder = sandbox.repository(&format!("waits{port}"), config);
        let dockerfile = format!("FROM busybox:1\nRUN nc 127.0.0.1 {port}\n");
        std::fs::write(folder.join(".devcontainer/Dockerfile"), dockerfile).expect("written");
        let folder = folder.display().to_string();
        let child = sandbox.spawn(&[&[words[0], &folder, "--working-tree"], &words[1..]].concat());
        let _deadline = Deadline::of(child.id());
        let (step, _) = listener.accept().expect("the step runs");
        Self { child, _step: step }
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        let _reaped = self.child.wait().expect("ended");
    }
}

#[test]
fn what_a_killed_build_leaves_goes_with_the_next_run_and_what_lives_stays() {
    let sandbox = Sandbox::new();
    let image = Named::of(&sandbox, "killed");
    let plain = sandbox.repository("plain", r#"{"image": "busybox:1"}"#).display().to_string();
    let names = ["one", "two", "never"].map(|name| sandbox.name(name));
    let [one, two, never] = names.each_ref().map(String::as_str);
    for (sweeper, left) in [
        (&["up", &plain, "--name", one][..], 1),
        (&["up", &plain, "--name", two], 2),
        (&["build", &plain, "--image-name", &image.0], 2),
        (&["delete", "-c", one], 1),
    ] {
        let build = ["build", "--image-name", &image.0];
        Waiting::start(&sandbox, &build).kill();
        Waiting::start(&sandbox, &["up", "--name", never]).kill();
        let live = Waiting::start(&sandbox, &build);
        let _swept = sandbox.run(sweeper).expect(0);
        assert_eq!(homes_codespaces(&sandbox), left + 1, "{sweeper:?}");
        live.kill();
    }
    let _swept = sandbox.run(&["delete", "-c", two]).expect(0);
    assert_eq!(homes_codespaces(&sandbox), 0);
}

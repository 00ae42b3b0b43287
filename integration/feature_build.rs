//! The image build that Features are installed by, read by a real BuildKit: what is written into it is what comes out.

use std::path::Path;
use std::process::Command;

use localspace::devcontainer::feature::{Build, Feature, Installation, Known, Metadata, Source, Worklist, additional};
use localspace::devcontainer::feature::{FeatureId, label_only};
use localspace::devcontainer::{Configuration, Entry, ImageReference, Origin, Variables};
use serde_json::{Value, json};

use crate::support::docker;

/// Texts that a Dockerfile or a shell would take for something else.
const UGLY: &str = r#"a"b 'c' $HOME ${PATH} \ \\ `id` #x = { } \"$"#;

/// An image of this test alone, gone at its end.
struct Image(String);

impl Image {
    fn new(name: &str) -> Self {
        Self(format!("localspace-test-features-{name}:{}", std::process::id()))
    }

    /// Builds it, with a Feature's own files in each folder; returns whether that worked, and what was printed.
    fn build(&self, build: &Build, scripts: &[&str]) -> (bool, String) {
        let context = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = context.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        write("Dockerfile", &build.dockerfile);
        for (folder, script) in build.folders.iter().zip(scripts) {
            write(&format!("{folder}/install.sh"), script);
        }
        for file in &build.files {
            write(&file.path, &file.text);
        }
        self.build_in(context.path())
    }

    fn build_in(&self, context: &Path) -> (bool, String) {
        let mut command = Command::new("docker");
        // What a step prints is not shown where the step is taken from the cache.
        command.args(["build", "--no-cache", "--progress=plain", "-t", &self.0]);
        command.arg(context).env("DOCKER_BUILDKIT", "1");
        let output = command.output().expect("docker runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    }

    fn run(&self, script: &str) -> String {
        docker(&["run", "--rm", &self.0, "sh", "-c", script]).expect(0).stdout
    }

    fn config(&self) -> Value {
        let text = docker(&["inspect", "-f", "{{json .Config}}", &self.0]).expect(0).stdout;
        serde_json::from_str(&text).expect("JSON")
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _gone = docker(&["rmi", "-f", &self.0]);
    }
}

/// Returns Features in order; each is its metadata, by the id that it is asked for under.
fn features(asked: &Value, known: &Value) -> Vec<Feature> {
    let config = Configuration::read("{\"image\": \"x\"}", ".devcontainer/devcontainer.json").expect("read");
    let asked = additional(&asked.to_string()).expect("Features");
    let mut worklist = Worklist::new(&config, &Variables::default(), asked);
    loop {
        let wanted = worklist.wanted();
        if wanted.is_empty() {
            return worklist.ordered().features.expect("ordered");
        }
        for one in wanted {
            let FeatureId::Local(local) = &one.id else { panic!("{one:?}") };
            let metadata = Metadata::read(&known[&one.written].to_string(), "f", one.id.base_name()).expect("read");
            let source = Source::Local(local.clone());
            worklist.know(one.id, Known { source, metadata });
        }
    }
}

fn build(features: &[Feature], users: (&str, &str), own: &[(String, String)], entries: &[Entry]) -> Build {
    let config = Configuration::read("{\"image\": \"x\"}", "d.json").expect("read");
    let installation = Installation {
        base: &ImageReference::parse("busybox:1").expect("a reference"),
        base_user: "www-data",
        container_user: users.0,
        remote_user: users.1,
        features,
        entries,
        container_env: own,
        config: &config,
    };
    installation.build().expect("a build")
}

fn entry(properties: &Value) -> Entry {
    Entry { origin: Origin::File, properties: properties.as_object().expect("one").clone() }
}

#[test]
fn what_is_written_into_an_image_comes_out_of_it() {
    let image = Image::new("whole");
    let known = json!({
        "./tool": { "id": "tool", "version": "1", "name": "T'ool", "options": { "text": { "type": "string", "default": "d" } },
            "containerEnv": { "TOOL": "/opt", "PATH": "/opt/bin:${PATH}", "RAW": "${localEnv:X} $" }, "dependsOn": { "./base": {} } },
        "./base": { "id": "base", "version": "1", "name": "Base", "containerEnv": { "BASE": "b" } },
    });
    let features = features(&json!({ "./tool": { "text": UGLY, "more": "line\nbreak" } }), &known);
    let long = "#".repeat(30_000) + &"\\".repeat(3_000) + &"x".repeat(70_000);
    let own = [("OWN".to_owned(), UGLY.to_owned()), ("EMPTY".to_owned(), String::new())];
    let entries = [
        entry(&json!({ "id": "./tool", "onCreateCommand": UGLY })),
        entry(&json!({})),
        entry(&json!({ "x": long, "y": "é\n" })),
    ];
    let plan = build(&features, ("www-data", "33"), &own, &entries);
    assert_eq!(plan.folders, ["base_0", "tool_1"]);
    let record = "#!/bin/sh\n{ printf '%s|' \"$TEXT\" \"$MORE\" \"$BASE\" \"$TOOL\" \"$_CONTAINER_USER\" \"$_CONTAINER_USER_HOME\" \
        \"$_REMOTE_USER\" \"$_REMOTE_USER_HOME\" \"$HOME\" \"$PWD\"; id -u; } > /seen\n";
    let (worked, text) = image.build(&plan, &["#!/bin/sh\necho base-ran\n", record]);
    assert!(worked, "{text}\n{}", plan.dockerfile);
    for expected in ["base-ran", "Feature       : T'ool", "Id            : ./tool", "    MORE='line"] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let seen = image.run("cat /seen; ls /tmp /tmp/dev-container-features; stat -c %a /tmp/dev-container-features/*");
    let expected =
        format!("{UGLY}|line\nbreak|b|/opt|www-data|/var/www|33|/var/www|/root|/tmp/dev-container-features/tool_1|0\n");
    assert!(seen.starts_with(&expected), "{seen}");
    assert!(
        seen.ends_with(
            "/tmp:\ndev-container-features\n\n/tmp/dev-container-features:\ndevcontainer-features.builtin.env\n755\n"
        ),
        "{seen}"
    );
    let config = image.config();
    assert_eq!(config["User"], "www-data");
    let label: Value =
        serde_json::from_str(config["Labels"]["devcontainer.metadata"].as_str().expect("a label")).expect("JSON");
    assert_eq!(label, json!([{ "id": "./tool", "onCreateCommand": UGLY }, { "x": long, "y": "é\n" }]));
    let env: Vec<&str> = config["Env"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for expected in [format!("OWN={UGLY}").as_str(), "EMPTY=", "TOOL=/opt", "BASE=b", "RAW=${localEnv:X} $"] {
        assert!(env.contains(&expected), "{expected}: {env:?}");
    }
    assert!(env.iter().any(|one| one.starts_with("PATH=/opt/bin:/") && !one.contains('$')), "{env:?}");
}

#[test]
fn a_feature_that_fails_is_named_with_its_output() {
    let image = Image::new("failing");
    let known = json!({ "./bad": { "id": "bad", "version": "1", "name": "Bad", "documentationURL": "https://example.com/bad" } });
    let features = features(&json!({ "./bad": {} }), &known);
    let plan = build(&features, ("root", ""), &[], &[]);
    let (worked, text) = image.build(&plan, &["#!/bin/sh\necho before\necho to-stderr >&2\nexit 7\n"]);
    assert!(!worked);
    for expected in [
        "before",
        "to-stderr",
        "ERROR: Feature \"Bad\" (./bad) failed to install! Look at the documentation at https://example.com/bad for help",
        "exit code: 7",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn metadata_can_be_added_alone() {
    let image = Image::new("label");
    let context = tempfile::tempdir().expect("a folder");
    let base = ImageReference::parse("busybox:1").expect("a reference");
    assert_eq!(label_only(&base, &[entry(&json!({}))]), None);
    let dockerfile = label_only(&base, &[entry(&json!({ "remoteUser": UGLY }))]).expect("a Dockerfile");
    std::fs::write(context.path().join("Dockerfile"), dockerfile).expect("written");
    let (worked, text) = image.build_in(context.path());
    assert!(worked, "{text}");
    let label = image.config()["Labels"]["devcontainer.metadata"].as_str().expect("a label").to_owned();
    assert_eq!(label, format!("[ {} ]", json!({ "remoteUser": UGLY })));
}

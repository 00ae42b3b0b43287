//! A whole build, as it is handed to the engine.

use serde_json::json;

use super::*;
use crate::devcontainer::feature::{LocalFeature, Metadata, Options, Source};
use crate::devcontainer::merge::Origin;

fn feature(metadata: &serde_json::Value, options: &str) -> Feature {
    let text = metadata.to_string();
    let metadata = Metadata::read(&text, ".devcontainer/x/devcontainer-feature.json", "x").expect("read");
    let options = crate::devcontainer::feature::additional(&format!("{{\"./x\": {options}}}")).expect("options");
    let options: Options = options.into_iter().next().expect("one").options;
    let source = Source::Local(LocalFeature { path: ".devcontainer/x".to_owned() });
    let place = String::new();
    Feature { written: "./x".to_owned(), options, source, metadata, place, root: None, is_additional: false }
}

fn build(features: &[Feature], container_env: &[(&str, &str)]) -> Result<Build, ConfigError> {
    let text = "{\"image\": \"busybox:1\",\n\"containerEnv\": {\"A\": \"x\", \"B\": \"y\"}}";
    let config = Configuration::read(text, "d.json").expect("read");
    let container_env: Vec<_> =
        container_env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let properties = json!({ "id": "./x" }).as_object().expect("one").clone();
    let installation = Installation {
        base: &ImageReference::parse("busybox:1").expect("a reference"),
        base_user: "dev",
        container_user: "dev",
        remote_user: "vscode",
        features,
        entries: &[Entry { origin: Origin::File, properties }],
        container_env: &container_env,
        config: &config,
    };
    installation.build()
}

#[test]
fn a_build_is_a_dockerfile_and_the_files_beside_it() {
    let tool = json!({ "id": "tool", "version": "1.0.0", "name": "It's a tool", "documentationURL": "https://x/y",
        "deprecated": true, "currentId": "new", "legacyIds": ["tool"],
        "options": { "version": { "type": "string", "default": "latest" } }, "containerEnv": { "PATH": "/opt/tool:${PATH}" } });
    let build =
        build(&[feature(&tool, "\"2\""), feature(&json!({ "id": "plain" }), "{}")], &[("A", "$x")]).expect("built");
    let expected = r#"FROM busybox:1
USER root
COPY devcontainer-features.builtin.env /tmp/dev-container-features/devcontainer-features.builtin.env
RUN --mount=type=bind,source=devcontainer-features-homes.sh,target=/tmp/build-features-src/devcontainer-features-homes.sh ["/bin/sh","/tmp/build-features-src/devcontainer-features-homes.sh","dev","vscode"]
ENV PATH="/opt/tool:${PATH}"
RUN --mount=type=bind,source=tool_0,target=/tmp/build-features-src/tool_0 ["/bin/sh","/tmp/build-features-src/tool_0/devcontainer-features-install.sh"]
RUN --mount=type=bind,source=plain_1,target=/tmp/build-features-src/plain_1 ["/bin/sh","/tmp/build-features-src/plain_1/devcontainer-features-install.sh"]
USER dev
LABEL devcontainer.metadata="[ \
{\"id\":\"./x\"} \
]"
ENV A="\$x"
"#;
    assert_eq!(build.dockerfile, expected);
    assert_eq!(build.folders, ["tool_0", "plain_1"]);
    let paths: Vec<&str> = build.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "devcontainer-features.builtin.env",
            "devcontainer-features-homes.sh",
            "tool_0/devcontainer-features.env",
            "tool_0/devcontainer-features-install.sh",
            "plain_1/devcontainer-features.env",
            "plain_1/devcontainer-features-install.sh",
        ]
    );
    assert_eq!(build.files[0].text, "_CONTAINER_USER='dev'\n_REMOTE_USER='vscode'\n");
    assert_eq!(build.files[2].text, "VERSION='2'\n");
    let wrapper = &build.files[3].text;
    for expected in [
        "(!) WARNING: Using the deprecated Feature \"tool\".",
        "to \"new\".",
        "Feature       : It'\\''s a tool",
        "Id            : ./x",
        "Version       : 1.0.0",
        "    VERSION='\\''2'\\''",
        "'ERROR: Feature \"It'\\''s a tool\" (./x) failed to install! Look at the documentation at https://x/y for",
    ] {
        assert!(wrapper.contains(expected), "{expected}\n{wrapper}");
    }
}

#[test]
fn a_variable_that_no_dockerfile_can_hold_is_an_error_with_its_place() {
    let error = build(&[], &[("A", "x"), ("B", "a\nb")]).expect_err("a line break").to_string();
    assert!(error.starts_with("d.json:2:28: `containerEnv.B` cannot be written into an image"), "{error}");
    let bad = feature(&json!({ "id": "x", "containerEnv": { "A": "a\nb" } }), "{}");
    let error = build(&[bad], &[]).expect_err("a line break").to_string();
    assert!(error.starts_with(".devcontainer/x/devcontainer-feature.json:1:31: `containerEnv.A`"), "{error}");
}

/// Runs the script of a Feature whose install.sh is this, with every folder in a temporary one; returns its status and what it printed.
fn run(install: &str, option: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let metadata = json!({ "id": "x", "name": "X", "options": { "o": { "type": "string", "default": "d" } } });
    let build = build(&[feature(&metadata, option)], &[]).expect("built");
    for name in ["src/x_0", "out"] {
        std::fs::create_dir_all(path(name)).expect("made");
    }
    let place = |text: &str| {
        text.replace(MOUNTED, &path("src").display().to_string()).replace(FOLDER, &path("out").display().to_string())
    };
    for file in &build.files {
        std::fs::write(path("src").join(&file.path), place(&file.text)).expect("written");
    }
    std::fs::write(path("src/x_0/install.sh"), install).expect("written");
    std::fs::copy(path("src").join(BUILTIN_ENV), path("out").join(BUILTIN_ENV)).expect("copied");
    let script = path("src/x_0").join(WRAPPER);
    let output = std::process::Command::new("/bin/sh").arg(script).output().expect("sh runs");
    assert_eq!(path("out/x_0").exists(), !output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

#[test]
fn a_feature_sees_its_options_and_users() {
    let script = "#!/bin/sh\nprintf '[%s] [%s] [%s]\\n' \"$O\" \"$_REMOTE_USER\" \"$(basename \"$PWD\")\"\n";
    for option in ["it's \"$HOME\" `x`", "", "a\\\\b"] {
        let json = serde_json::Value::from(option).to_string();
        let (status, text) = run(script, &format!("{{\"o\": {json}}}"));
        assert_eq!(status, Some(0), "{text}");
        assert!(text.contains(&format!("[{option}] [vscode] [x_0]\n")), "{text}");
    }
}

#[test]
fn a_feature_that_fails_is_named() {
    let (status, text) = run("#!/bin/sh\necho before\necho problem >&2\nexit 3\n", "{}");
    assert_eq!(status, Some(3), "{text}");
    for expected in ["before\n", "problem\n", "ERROR: Feature \"X\" (./x) failed to install!\n"] {
        assert!(text.contains(expected), "{text}");
    }
}

//! `action.yml`: the step that tests is run as GitHub runs it, and its inputs are all used. GitHub itself is not here.

use std::path::Path;
use std::process::Command;

use serde_yaml::Value;

use super::Tested;
use crate::support::Ran;

fn action() -> Value {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).expect("there");
    serde_yaml::from_str(&text).expect("YAML")
}

fn step(action: &Value, id: &str) -> Value {
    let steps = action["runs"]["steps"].as_sequence().expect("steps");
    steps.iter().find(|step| step["id"].as_str() == Some(id)).expect("the step").clone()
}

/// Runs the step that tests, with inputs as GitHub would give them.
fn test(tested: &Tested, inputs: &[(&str, &str)]) -> Ran {
    let step = step(&action(), "test");
    let binary = Path::new(env!("CARGO_BIN_EXE_localspace")).parent().expect("a folder").display().to_string();
    // As the runner does: `bash --noprofile --norc -eo pipefail`.
    let words = ["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().expect("a script")];
    let mut command: Command = tested.sandbox.program("bash", &words);
    command.env("PATH", format!("{binary}:/usr/local/bin:/usr/bin:/bin")).current_dir(&tested.repository);
    let defaults = action()["inputs"].clone();
    for (name, value) in step["env"].as_mapping().expect("a map") {
        let (name, value) = (name.as_str().expect("text"), value.as_str().expect("text"));
        let input = value.strip_prefix("${{ inputs.").and_then(|input| input.strip_suffix(" }}"));
        let given = input.map(|input| {
            let given = inputs.iter().find(|(name, _)| *name == input).map(|(_, value)| (*value).to_owned());
            given.unwrap_or_else(|| defaults[input]["default"].as_str().expect("a default").to_owned())
        });
        let out = || tested.sandbox.path("temp/localspace").display().to_string();
        command.env(name, given.unwrap_or_else(out));
    }
    Ran::of(command.output().expect("bash runs"))
}

#[test]
fn the_step_tests_and_writes_what_is_uploaded() {
    let config = r#"{"image": "busybox:1", "onCreateCommand": "true"}"#;
    let tested = Tested::new(
        config,
        &[
            ("a.yaml", "name: so\nexpect: {phases: {onCreateCommand: succeeded}}\n"),
            ("b.yaml", "name: not so\nexpect: {phases: {onCreateCommand: failed}}\n"),
        ],
    );
    let ran = test(&tested, &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let junit = std::fs::read_to_string(tested.sandbox.path("temp/localspace/junit.xml")).expect("written");
    assert!(junit.contains("not so"), "{junit}");
    let ran = test(
        &tested,
        &[
            ("filter", "so"),
            ("shard", "1/2"),
            ("jobs", "1"),
            ("retries", "1"),
            ("paths", ".localspace/a.yaml\n.localspace/b.yaml"),
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let events = std::fs::read_to_string(tested.sandbox.path("temp/localspace/events.jsonl")).expect("written");
    assert!(events.contains("\"cases\":1,\"jobs\":1"), "{events}");
}

#[test]
fn every_input_is_used() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).expect("there");
    for (name, _) in action()["inputs"].as_mapping().expect("a map") {
        let used = format!("inputs.{}", name.as_str().expect("text"));
        assert!(text.contains(&used), "{used}");
    }
}

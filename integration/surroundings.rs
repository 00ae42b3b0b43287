//! What Codespaces puts around a container, as the engine and a person are told it: powers, published ports, and what is asked of the
//! machine. Its environment, host name and files of `/etc` are said by the scenarios of `devcontainers/surroundings`.

use serde_json::{Value, json};

use crate::support::{Sandbox, docker};

fn inspect(name: &str) -> Value {
    let about: Value = serde_json::from_str(&docker(&["inspect", name]).expect(0).stdout).expect("JSON");
    about[0].clone()
}

#[test]
fn a_power_that_codespaces_gives_anyway_is_asked_for_once() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "runArgs": ["--cap-add=CAP_SYS_NICE"]}"#;
    let name = sandbox.name("power");
    let _up = sandbox.up(&sandbox.repository("r", config), &name, &[]).expect(0);
    let caps = inspect(&name)["HostConfig"]["CapAdd"].clone();
    assert_eq!(caps.as_array().map(Vec::len), Some(1), "{caps}");
}

#[test]
fn an_app_port_is_published_and_a_number_on_this_machine_alone() {
    let sandbox = Sandbox::new();
    let config =
        r#"{"image": "busybox:1", "appPort": [47611, "127.0.0.1:47612:80"], "runArgs": ["-p", "127.0.0.1::81"]}"#;
    let name = sandbox.name("ports");
    let _up = sandbox.up(&sandbox.repository("r", config), &name, &[]).expect(0);
    let ports = inspect(&name)["HostConfig"]["PortBindings"].clone();
    assert_eq!(ports["47611/tcp"], json!([{"HostIp": "127.0.0.1", "HostPort": "47611"}]));
    assert_eq!(ports["80/tcp"], json!([{"HostIp": "127.0.0.1", "HostPort": "47612"}]));
    assert_eq!(ports["81/tcp"][0]["HostIp"], "127.0.0.1");
    let wrong = "{\"image\": \"busybox:1\",\n\"appPort\": [\"x:y\"]}";
    let up = sandbox.up(&sandbox.repository("wrong", wrong), &sandbox.name("wrong"), &[]).expect(2);
    assert!(up.stderr.contains("devcontainer.json:2:13: appPort: `y` is no port"), "{}", up.stderr);
}

#[test]
fn what_a_machine_lacks_is_told_before_anything_is_made_and_stops_nothing() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "busybox:1", "runArgs": ["--gpus=all"],
        "hostRequirements": {"cpus": 4000, "memory": "800tb", "storage": "1kb", "gpu": true}}"#;
    let repository = sandbox.repository("r", config).display().to_string();
    let name = sandbox.name("large");
    let (ran, events) = sandbox.watch(&["up", &repository, "--name", &name]).end();
    let _ran = ran.expect(0);
    let said = |event: &&Value| {
        event["event"] == "warning" && event["message"].as_str().is_some_and(|text| text.contains("hostRequirements"))
    };
    let made = events.iter().position(|event| event["event"] == "phaseStarted" && event["phase"] == "create");
    let before: Vec<&str> =
        events[..made.expect("made")].iter().filter(said).filter_map(|one| one["message"].as_str()).collect();
    assert_eq!(before.len(), 3, "{before:?}");
    assert!(
        before[0].contains("4000 CPUs, and this engine has") && before[1].contains("819200.0 GB of memory"),
        "{before:?}"
    );
    let gpus =
        events.iter().filter_map(|event| event["message"].as_str()).find(|text| text.contains("`--gpus` is left out"));
    assert!(gpus.is_some_and(|text| text.contains("devcontainer.json:1:36")), "{gpus:?}");
}

#[test]
fn every_flag_of_this_docker_is_in_the_table_of_flags() {
    let table = include_str!("../src/steps/run_args/flags.rs");
    let help = docker(&["run", "--help"]).expect(0).stdout;
    let flag = |line: &'static str| line.split_whitespace().find(|word| word.starts_with("--"));
    let flags: Vec<&str> = help.leak().lines().filter_map(flag).filter(|flag| *flag != "--help").collect();
    assert!(flags.len() > 80, "{flags:?}");
    let missing: Vec<&&str> = flags.iter().filter(|flag| !table.contains(&format!("\"{flag}\""))).collect();
    assert_eq!(missing, [&""; 0]);
}

#[test]
fn the_files_that_an_editor_opens_are_told() {
    let sandbox = Sandbox::new();
    let config =
        r#"{"image": "busybox:1", "customizations": {"codespaces": {"openFiles": ["README.md", "src/a.rs"]}}}"#;
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("open");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(up.json()["openFiles"], json!(["README.md", "src/a.rs"]));
    assert!(up.stderr.contains("an editor opens README.md, src/a.rs"), "{}", up.stderr);
    // They are opened in a new codespace.
    assert_eq!(sandbox.up(&repository, &name, &[]).expect(0).json().get("openFiles"), None);
}

#[test]
fn an_explanation_says_what_codespaces_adds_and_what_of_it_is_not_here() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("r", r#"{"image": "busybox:1"}"#).display().to_string();
    let text = sandbox.run(&["config", &folder, "--explain"]).expect(0).stdout;
    assert!(text.contains("runArgs  --network host\n    added by Codespaces, create\n    not here:"), "{text}");
    let json = sandbox.run(&["config", &folder, "--explain", "--json"]).expect(0).json();
    let added = json["properties"].as_array().expect("a list").iter().filter(|row| row["from"]["codespaces"] == true);
    assert!(added.count() > 5, "{json}");
}

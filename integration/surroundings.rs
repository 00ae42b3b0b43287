//! What Codespaces puts around a container: its environment, host name, power, published ports, and what is asked of the machine.

use serde_json::{Value, json};

use crate::support::{Image, Sandbox, docker};

fn inspect(name: &str) -> Value {
    let about: Value = serde_json::from_str(&docker(&["inspect", name]).expect(0).stdout).expect("JSON");
    about[0].clone()
}

#[test]
fn the_environment_of_the_container_and_that_of_its_commands_are_codespaces() {
    let sandbox = Sandbox::new();
    let show = "env | sort >~/seen; echo \"entry $(tr '\\0' '\\n' </proc/1/environ | grep -c GITHUB_)\" >>~/seen";
    let config = json!({"image": "busybox:1", "onCreateCommand": show, "remoteEnv": {"GITHUB_USER": "own", "GITHUB_API_URL": null}});
    let repository = sandbox.repository("app", &config.to_string());
    let name = sandbox.name("env");
    let _up = sandbox.up(&repository, &name, &["--repository", "acme/app", "--user", "mona"]).expect(0);
    let about = inspect(&name);
    let own: Vec<&str> = about["Config"]["Env"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(&own[..3], ["CODESPACES=true", "ContainerVersion=13", "RepositoryName=app"]);
    assert!(!own.iter().any(|one| one.starts_with("GITHUB_") || one.starts_with("CODESPACE_")), "{own:?}");
    let seen = sandbox.inside(&name, "cat ~/seen");
    for expected in [
        "CODESPACES=true",
        &format!("CODESPACE_NAME={name}"),
        "CODESPACE_VSCODE_FOLDER=/workspaces/app",
        "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN=app.github.dev",
        "GITHUB_GRAPHQL_URL=https://api.github.com/graphql",
        "GITHUB_REPOSITORY=acme/app",
        "GITHUB_SERVER_URL=https://github.com",
        "GITHUB_USER=own",
        "GIT_COMMITTER_EMAIL=mona@users.noreply.github.com",
        "GIT_COMMITTER_NAME=mona",
        "RepositoryName=app",
        "entry 0",
    ] {
        assert!(seen.lines().any(|line| line == expected), "{expected}: {seen}");
    }
    assert!(!seen.contains("GITHUB_API_URL") && !seen.contains("GITHUB_TOKEN"), "{seen}");
    let id = seen.lines().find_map(|line| line.strip_prefix("CLOUDENV_ENVIRONMENT_ID=")).expect("an id").to_owned();
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
    // The same in a shell, and after a start.
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    let show = "echo $CLOUDENV_ENVIRONMENT_ID $GITHUB_USER ${GITHUB_API_URL-unset}";
    assert_eq!(sandbox.inside(&name, show), format!("{id} own unset\n"));
}

#[test]
fn the_host_name_and_the_power_are_codespaces_unless_flags_say_otherwise() {
    let sandbox = Sandbox::new();
    for (args, host) in [
        (json!([]), None),
        (json!(["--hostname=mine", "--cap-add=CAP_SYS_NICE"]), Some("mine")),
        (json!(["--network=host"]), Some("")),
    ] {
        let show = "hostname; grep \"$(hostname)$\" /etc/hosts | head -n 1; grep CapEff /proc/self/status";
        let config = json!({"image": "busybox:1", "runArgs": args, "onCreateCommand": format!("({show}) >~/seen")});
        let name = sandbox.name("host");
        let _up = sandbox.up(&sandbox.repository("r", &config.to_string()), &name, &[]).expect(0);
        let seen = sandbox.inside(&name, "cat ~/seen");
        let lines: Vec<&str> = seen.lines().collect();
        match host {
            None => {
                let digits = lines[0].strip_prefix("codespaces-").expect("Codespaces' name");
                assert!(digits.len() == 6 && digits.bytes().all(|one| one.is_ascii_hexdigit()), "{seen}");
                assert!(lines[1].starts_with("127.0.0.1"), "{seen}");
            }
            Some("") => {}
            Some(own) => assert_eq!(lines[0], own),
        }
        let powers = lines.last().and_then(|line| line.strip_prefix("CapEff:")).expect("powers");
        let powers = u64::from_str_radix(powers.trim(), 16).expect("a number");
        assert_eq!(powers >> 23 & 1, 1, "CAP_SYS_NICE: {seen}");
        let caps = inspect(&name)["HostConfig"]["CapAdd"].clone();
        assert_eq!(caps.as_array().map(Vec::len), Some(1), "{caps}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
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

#[test]
fn an_environment_file_that_is_none_is_left_as_it_is() {
    let dockerfile =
        "FROM busybox:1\nRUN head -c 3000000 /dev/zero >/etc/environment && rm -f /etc/profile && mkdir /etc/profile\n";
    let image = Image::build(dockerfile, &[]);
    let sandbox = Sandbox::new();
    let name = sandbox.name("large");
    let _up = sandbox.up(&sandbox.repository("r", &json!({"image": image.0}).to_string()), &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "wc -c </etc/environment; ls -d /etc/profile"), "3000000\n/etc/profile\n");
}

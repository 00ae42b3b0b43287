//! The whole project is one codespace: made, stopped, started, rebuilt and deleted together.

use super::{about, project};
use crate::support::{PASSWORD, Registry, Sandbox, commit, docker, left_of, triple};

#[test]
fn a_database_lives_and_dies_with_its_codespace() {
    let sandbox = Sandbox::new();
    let repository = sandbox.sample("compose", &[]);
    commit(&repository);
    // Its packages are fetched once, however long that takes; what is built with them is in the builder's cache from then on.
    let context = repository.join(".devcontainer").display().to_string();
    let _warm = docker(&["build", "-q", "--target", "server", &context]).expect(0);
    let name = sandbox.name("shop");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(up.phases(), "-++++--+-");
    let json = up.json();
    assert_eq!(
        (&json["remoteUser"], &json["remoteWorkspaceFolder"]),
        (&"vscode".into(), &"/workspaces/compose".into())
    );
    let query = |sql: &str| sandbox.inside(&name, &format!("psql -tAc \"{sql}\""));
    assert_eq!(query("SELECT string_agg(name, ' ' ORDER BY name) FROM fruits"), "fig lemon mango\n");
    assert_eq!(sandbox.inside(&name, "pwd; git status --short; stat -c %U .git"), "/workspaces/compose\nvscode\n");

    // It is one codespace, and its services are told of.
    let list = sandbox.run(&["list", "--json"]).expect(0).json();
    assert_eq!(list.as_array().expect("a list").len(), 1, "{list}");
    let view = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json();
    let services = view["services"].as_array().expect("a list");
    let services: Vec<_> = services.iter().map(|one| format!("{} {}", one["service"], one["state"])).collect();
    assert_eq!(services, ["\"app\" \"running\"", "\"db\" \"running\""]);
    let database = services_id(&view, "db");

    // Stopped and started, the database has its data, and the files have their changes.
    let _more = query("INSERT INTO fruits VALUES ('kiwi', 'sour')");
    let _changed = sandbox.inside(&name, "echo work >work");
    let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
    assert_eq!(about(&database, "{{.State.Status}}"), "exited");
    let view = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json();
    assert_eq!((&view["state"], &view["services"][1]["state"]), (&"Shutdown".into(), &"exited".into()));
    let start = sandbox.run(&["start", "-c", &name, "--json"]).expect(0);
    assert_eq!(start.phases(), "--+----+-");
    assert_eq!(query("SELECT count(*) FROM fruits"), "4\n");

    // A rebuild makes the container anew; the database goes on.
    let rebuild = sandbox.run(&["rebuild", "-c", &name, "--json"]).expect(0);
    assert_eq!(rebuild.phases(), "-++++--+-");
    assert_eq!(about(&database, "{{.State.Status}}"), "running");
    assert_eq!(query("SELECT count(*) FROM fruits"), "4\n");
    assert_eq!(sandbox.inside(&name, "cat work"), "work\n");

    // Nothing is left: no container, network, volume or image.
    assert_ne!(left_of(&name), "");
    let _done = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
    assert!(!sandbox.path("localspace/state/codespaces").join(&name).exists());
}

fn services_id(view: &serde_json::Value, service: &str) -> String {
    let all = view["services"].as_array().expect("a list").iter();
    let mut ids = all.filter(|one| one["service"] == service).map(|one| &one["containerId"]);
    ids.next().expect("a service").as_str().expect("text").to_owned()
}

#[test]
fn a_rebuild_keeps_what_services_have_and_a_full_one_begins_with_empty_volumes() {
    let (registry, sandbox) = (Registry::start(), Sandbox::new());
    let server = format!("localhost:{}", registry.port);
    let base = format!("{server}/acme/base:1");
    let service = "init: true, command: sleep infinity, volumes: [data:/data]}";
    let compose = format!(
        "services:\n  app: {{build: {{dockerfile_inline: FROM {base}}}, {service}\n  db: {{image: {base}, {service}\nvolumes: {{data: }}\n"
    );
    let repository = project(&sandbox, "r", "", &compose);
    let secrets = sandbox.file("s.env", &triple("ACME", &server, PASSWORD));
    let name = sandbox.name("full");
    let _up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
    let database = || about(&format!("{name}-db-1"), "{{.Id}}");
    let before = database();
    let _work = sandbox.inside(&name, "touch /data/x work");
    // What has changed in a service's part of the file takes it along, and its volumes stay.
    let change = "sed -i 's/db: {/db: {environment: {A: b}, /' .devcontainer/docker-compose.yml";
    let _changed = sandbox.inside(&name, change);
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    assert_ne!(database(), before);
    assert_eq!(sandbox.inside(&name, "ls /data .").trim(), ".:\nwork\n\n/data:\nx");
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name, "--full"]).expect(0);
    assert_eq!(sandbox.inside(&name, "ls /data .").trim(), ".:\nwork\n\n/data:");
    let _done = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
    let _gone = docker(&["rmi", &base]);
}

#[test]
fn a_service_that_ends_is_told_of_and_one_that_has_done_its_work_is_not() {
    let sandbox = Sandbox::new();
    let compose = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity, depends_on: {done: {condition: service_completed_successfully}, db: {condition: service_started}}}\n  \
                   db: {image: busybox:1, command: sh -c 'echo no disk; exit 4'}\n  done: {image: busybox:1, command: 'true'}\n";
    let repository = project(&sandbox, "r", "", compose);
    let name = sandbox.name("ends");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(
        up.stderr.contains("service db has ended with exit code 4") && up.stderr.contains("| no disk"),
        "{}",
        up.stderr
    );
    assert!(!up.stderr.contains("service done"), "{}", up.stderr);
}

#[test]
fn a_service_that_is_waited_for_in_vain_is_shown_with_its_last_lines() {
    let sandbox = Sandbox::new();
    let compose = "services:\n  app: {image: busybox:1, depends_on: {db: {condition: service_healthy}}}\n  \
                   db: {image: busybox:1, init: true, command: sh -c 'echo out of memory; sleep infinity', healthcheck: {test: [CMD, 'false'], interval: 100ms, retries: 2}}\n";
    let repository = project(&sandbox, "r", "", compose);
    let name = sandbox.name("ill");
    let up = sandbox.up(&repository, &name, &[]).expect(3);
    assert!(up.stderr.contains("unhealthy") && up.stderr.contains("| out of memory"), "{}", up.stderr);
    // The codespace's own container has never run.
    assert_eq!(left_of(&name), "");
}

#[test]
fn a_codespaces_service_that_ends_at_once_is_told_why() {
    let sandbox = Sandbox::new();
    let compose = "services: {app: {image: busybox:1, command: sh -c 'echo no such config; exit 5'}}";
    let repository = project(&sandbox, "r", "", compose);
    let up = sandbox.up(&repository, &sandbox.name("ends"), &[]).expect(3);
    assert!(up.stderr.contains("exit code 5") && up.stderr.contains("| no such config"), "{}", up.stderr);
    assert!(up.stderr.contains("overrideCommand"), "{}", up.stderr);
    // With `overrideCommand` its command does not run.
    let repository = project(&sandbox, "r", r#", "overrideCommand": true"#, compose);
    let _up = sandbox.up(&repository, &sandbox.name("stays"), &[]).expect(0);
}

#[test]
fn run_services_and_profiles_say_what_runs() {
    let sandbox = Sandbox::new();
    let compose = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity, profiles: [dev], depends_on: [cache]}\n  \
                   db: {image: busybox:1, init: true, command: sleep infinity, profiles: [never]}\n  cache: {image: busybox:1, init: true, command: sleep infinity}\n  \
                   mail: {image: busybox:1, init: true, command: sleep infinity}\n  other: {image: none.example/x, profiles: [x]}\n";
    for (more, expected) in [("", "app cache mail"), (r#", "runServices": ["db"]"#, "app cache db")] {
        let repository = project(&sandbox, "r", more, compose);
        let name = sandbox.name(&format!("p{}", more.len()));
        let _up = sandbox.up(&repository, &name, &[]).expect(0);
        let view = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json();
        let services = view["services"].as_array().expect("a list").iter();
        let services: Vec<_> = services.map(|one| one["service"].as_str().expect("text")).collect();
        assert_eq!(services.join(" "), expected);
    }
}

#[test]
fn private_images_are_pulled_and_built_on_with_the_codespaces_secrets() {
    let (registry, sandbox) = (Registry::start(), Sandbox::new());
    let server = format!("localhost:{}", registry.port);
    let base = format!("{server}/acme/base:1");
    let compose = format!(
        "services:\n  app: {{image: busybox:1, init: true, command: sleep infinity}}\n  pulled: {{image: {base}, command: 'true'}}\n"
    );
    let built = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity}\n  built: {build: ., command: 'true'}\n";
    let wrong = sandbox.file("wrong.env", &triple("ACME", &server, "not-the-password"));
    let right = sandbox.file("s.env", &triple("ACME", &server, PASSWORD));
    for (at, compose) in [compose.as_str(), built].into_iter().enumerate() {
        let repository = project(&sandbox, &format!("r{at}"), "", compose);
        std::fs::write(repository.join(".devcontainer/Dockerfile"), format!("FROM {base}\n")).expect("written");
        commit(&repository);
        for (name, secrets, rule) in [("none", None, "no-login-for-server"), ("wrong", Some(&wrong), "login-refused")] {
            let more: Vec<&str> = secrets.iter().flat_map(|file| ["--secrets-file", file.as_str()]).collect();
            let up = sandbox.up(&repository, &sandbox.name(&format!("{name}{at}")), &more).expect(4);
            assert_eq!(up.json()["diagnoses"][0]["rule"], rule, "{}", up.stderr);
        }
        let name = sandbox.name(&format!("right{at}"));
        let up = sandbox.up(&repository, &name, &["--secrets-file", &right]).expect(0);
        assert!(!up.stderr.contains(PASSWORD), "{}", up.stderr);
        let state = sandbox.path("localspace/state/codespaces").join(&name).join("compose/config.json");
        let kept = std::fs::read_to_string(state).expect("text");
        assert!(!kept.contains("auth"), "{kept}");
        let _done = sandbox.run(&["delete", "-c", &name]).expect(0);
        let _gone = docker(&["rmi", &base]);
    }
}

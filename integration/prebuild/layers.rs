//! Secrets in what is below a container's own changes, and in the containers of a Compose project's services.

use std::fs;

use super::checks::{VALUE, create, places};
use super::{Prebuilds, commit};
use crate::support::{Sandbox, SecondEngine};

#[track_caller]
fn has_all(found: &[String], expected: &[&str]) {
    for place in expected {
        assert!(found.iter().any(|one| one == place), "{place}: {found:#?}");
    }
}

#[test]
fn a_build_argument_is_found_in_the_history_and_in_the_layer_that_a_later_one_removes_it_from() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("DEPLOY_KEY", VALUE);
    build_argument(&sandbox);
}

/// That one has no folders for its layers.
#[test]
fn it_is_found_also_on_an_engine_with_containerds_store() {
    let mut sandbox = Sandbox::new();
    let Some(engine) = SecondEngine::start(&sandbox, r#"{"features": {"containerd-snapshotter": true}}"#) else {
        return;
    };
    engine.load("busybox:1");
    sandbox.set_env("DOCKER_HOST", &engine.socket);
    sandbox.set_env("DEPLOY_KEY", VALUE);
    build_argument(&sandbox);
}

#[track_caller]
fn build_argument(sandbox: &Sandbox) {
    let prebuilds = Prebuilds::new(sandbox);
    let config = r#"{"build": {"dockerfile": "Dockerfile", "args": {"KEY": "${localEnv:DEPLOY_KEY}"}}}"#;
    let folder = sandbox.repository("app", config);
    let dockerfile = "FROM busybox:1
ARG KEY
RUN printf %s \"$KEY\" >/gone; printf x:%s \"$KEY\" | base64 >/baked
RUN rm /gone
";
    fs::write(folder.join(".devcontainer/Dockerfile"), dockerfile).expect("written");
    commit(&folder, "a Dockerfile");
    let made = create(&prebuilds, &folder, &[]).expect(1);
    let found = places(&made.json());
    has_all(&found, &["layer /gone raw -", "layer /baked base64 -"]);
    assert!(found.iter().any(|one| one.starts_with("history entry ") && one.ends_with(" raw -")), "{found:#?}");
    let said = "secret: DEPLOY_KEY is in /gone in a layer of the image (raw)\n";
    assert!(made.stderr.contains(said), "{}", made.stderr);
    assert_eq!(prebuilds.objects(), "");
}

const CONFIG: &str = r#"{
    "dockerComposeFile": "docker-compose.yml", "service": "app", "workspaceFolder": "/workspaces/app",
    "onCreateCommand": "until wget -qO- \"http://db/cgi-bin/keep?$DEPLOY_KEY\"; do sleep 0.1; done"
}"#;
const COMPOSE: &str = "services:
  app: {image: 'busybox:1', command: sleep infinity, init: true}
  db:
    build: {context: ., args: {KEY: '${DEPLOY_KEY}'}}
    command: httpd -f -p 80 -h /www
    init: true
    environment: {BAKED: 'x${DEPLOY_KEY}'}
    volumes: ['data:/named']
volumes: {data: {}}
";
const DOCKERFILE: &str = "FROM busybox:1
ARG KEY
RUN printf %s \"$KEY\" >/baked
COPY --chmod=755 keep /www/cgi-bin/keep
";
const KEEP: &str = "#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
for file in /named/row /inside; do printf %s \"$QUERY_STRING\" >$file; done
";

#[test]
fn what_a_service_of_a_project_keeps_is_found_and_told_with_its_name() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", CONFIG);
    let env = format!("DEPLOY_KEY={VALUE}\n");
    let files = [("docker-compose.yml", COMPOSE), (".env", &env), ("Dockerfile", DOCKERFILE), ("keep", KEEP)];
    for (name, text) in files {
        fs::write(folder.join(".devcontainer").join(name), text).expect("written");
    }
    commit(&folder, "a project");
    let made = create(&prebuilds, &folder, &[]).expect(1);
    let found = places(&made.json());
    let expected = [
        "file /inside raw onCreateCommand of db",
        "file /named/row raw onCreateCommand of db",
        "layer /baked raw - of db",
        "environment BAKED raw - of db",
    ];
    has_all(&found, &expected);
    let is_history = |one: &String| one.starts_with("history entry ") && one.ends_with(" raw - of db");
    assert!(found.iter().any(is_history), "{found:#?}");
    for said in
        ["/named/row of the service db (raw), written by onCreateCommand\n", "of the image's history of the service db"]
    {
        assert!(made.stderr.contains(said), "{said}: {}", made.stderr);
    }
    assert_eq!(prebuilds.objects(), "");
}

#[test]
fn what_a_prebuild_was_kept_with_is_told_of_its_updates_and_has_to_be_allowed_again() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let config = r#"{
    "image": "busybox:1",
    "onCreateCommand": "printf %s \"$DEPLOY_KEY\" | tee /inside >raw.txt",
    "updateContentCommand": "test ! -e clean || rm -f /inside raw.txt"
}"#;
    let folder = sandbox.repository("app", config);
    let made = create(&prebuilds, &folder, &["--allow-secret", "DEPLOY_KEY"]).expect(0).json();
    let first = made["name"].as_str().expect("a name");
    let told = ["file /inside raw onCreateCommand", "file /workspaces/app/raw.txt raw onCreateCommand"];
    assert_eq!(places(&made), told);
    fs::write(folder.join("clean"), "").expect("written");
    commit(&folder, "clean");
    let update =
        |more: &[&str], code: i32| sandbox.run(&[&["prebuild", "update", first, "--json"], more].concat()).expect(code);
    // What is said anew counts, and is remembered.
    let refused = update(&["--allow-secret", "OTHER"], 1);
    assert!(
        refused.stderr.contains("DEPLOY_KEY is in /inside (raw), written by onCreateCommand"),
        "{}",
        refused.stderr
    );
    assert_eq!(prebuilds.names(), [first]);
    let kept = update(&["--allow-secret", "deploy_key"], 0).json()["prebuilds"][0].clone();
    assert_eq!((kept["over"].as_str(), places(&kept)), (Some(first), told.map(str::to_owned).to_vec()));
}

#[test]
fn a_login_that_is_in_the_image_is_refused_too() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", r#"{"build": {"dockerfile": "Dockerfile"}}"#);
    let dockerfile = "FROM busybox:1\nCOPY config.json /root/.docker/config.json\n";
    for (name, text) in [("Dockerfile", dockerfile), ("config.json", r#"{"auths": {"r.test": {"auth": "dTpw"}}}"#)] {
        fs::write(folder.join(".devcontainer").join(name), text).expect("written");
    }
    commit(&folder, "a login");
    let refused = prebuilds.create(&folder, &[]).expect(1);
    let said = "login: /root/.docker/config.json has a login to r.test, which is in the image: whoever has";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    assert_eq!(prebuilds.objects(), "");
}

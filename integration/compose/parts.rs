//! A project of many parts: files that extend and include each other, and what services are given by file.

use std::path::{Path, PathBuf};

use super::about;
use crate::support::{Sandbox, commit, docker, left_of};

/// What a repository holds; `app` has the network of `db`, which is healthy only once it answers.
const FILES: [(&str, &str); 12] = [
    (
        ".devcontainer/devcontainer.json",
        r#"{"dockerComposeFile": "compose.yml", "service": "app", "forwardPorts": [8080],
            "onCreateCommand": "wget -qO /root/answer 127.0.0.1:8080/row"}"#,
    ),
    (
        ".devcontainer/compose.yml",
        r"include:
  - path: [queue/compose.yml, queue/more.yml]
    project_directory: queue
    env_file: queue/vars.env
services:
  app:
    extends: {file: ../common/base.yml, service: base}
    network_mode: 'service:db'
    depends_on:
      db: {condition: service_healthy}
      seed: {condition: service_completed_successfully}
      debug: {condition: service_started, required: false}
    env_file: [app.env, {path: mine.env, required: false}]
    configs: [motd, {source: motd, target: /etc/motd}, written]
    secrets: [token, {source: token, target: /root/token}]
    security_opt: ['seccomp:seccomp.json']
  db:
    image: busybox:1
    init: true
    command: sh -c 'until [ -e /data/row ]; do sleep 0.1; done; exec httpd -f -p 127.0.0.1:8080 -h /data'
    volumes: ['data:/data']
    healthcheck: {test: 'wget -qO /dev/null 127.0.0.1:8080/row', interval: 200ms}
  seed: {image: busybox:1, command: sh -c 'echo seeded >/data/row', volumes: ['data:/data']}
  debug: {image: 'localhost:9/none/such:1', profiles: [debug]}
volumes: {data: }
configs: {motd: {file: motd}, written: {content: 'by hand'}}
secrets: {token: {file: ../token}}
",
    ),
    (".devcontainer/app.env", "APP=own\n"),
    (".devcontainer/motd", "welcome\n"),
    (".devcontainer/seccomp.json", "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}\n"),
    ("token", "a token\n"),
    (
        "common/base.yml",
        "services: {base: {image: 'busybox:1', init: true, command: sleep infinity, environment: {BASE: extended}, env_file: base.env, volumes: ['./base.env:/base.env']}}\n",
    ),
    ("common/base.env", "FILE=extended\n"),
    (
        ".devcontainer/queue/compose.yml",
        "services: {queue: {image: '${QUEUE_IMAGE}', init: true, command: sleep infinity, volumes: ['./topics:/topics:ro']}}\n",
    ),
    (".devcontainer/queue/more.yml", "services: {queue: {environment: {MORE: included}}}\n"),
    (".devcontainer/queue/vars.env", "QUEUE_IMAGE=busybox:1\n"),
    (".devcontainer/queue/topics", "news\n"),
];

fn repository(sandbox: &Sandbox) -> PathBuf {
    let folder = sandbox.path("shop");
    for (name, text) in FILES {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("made");
        std::fs::write(path, text).expect("written");
    }
    commit(&folder);
    folder
}

#[test]
fn all_that_files_name_is_there_and_a_shared_network_is_shared_again_whatever_happens() {
    let sandbox = Sandbox::new();
    let repository = repository(&sandbox);
    let name = sandbox.name("parts");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(!up.stderr.contains("warning"), "{}", up.stderr);
    assert_eq!(
        sandbox.inside(&name, "cat /root/answer /motd /etc/motd /written /run/secrets/token /root/token; echo; env | grep -E '^(APP|BASE|FILE)=' | sort; cat /base.env"),
        "seeded\nwelcome\nwelcome\nby handa token\na token\n\nAPP=own\nBASE=extended\nFILE=extended\nFILE=extended\n"
    );
    assert_eq!(about(&name, "{{.HostConfig.SecurityOpt}}"), r#"[seccomp={"defaultAction":"SCMP_ACT_ALLOW"}]"#);
    let of = |service: &str| format!("{name}-{service}-1");
    assert_eq!(
        docker(&["exec", &of("queue"), "sh", "-c", "cat /topics; echo $MORE"]).expect(0).stdout,
        "news\nincluded\n"
    );
    let view = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json();
    let services: Vec<_> = view["services"].as_array().expect("a list").iter().map(|one| &one["service"]).collect();
    assert_eq!(services, ["app", "db", "queue", "seed"]);
    // The network is the other container's, and a new one's where that was made anew.
    let check = |what: &str| {
        assert_eq!(sandbox.inside(&name, "wget -qO- 127.0.0.1:8080/row"), "seeded\n", "{what}");
        let network = format!("container:{}", about(&of("db"), "{{.Id}}"));
        assert_eq!(about(&name, "{{.HostConfig.NetworkMode}}"), network, "{what}");
    };
    let run = |words: &[&str]| sandbox.run(&[words, &["-c", &name]].concat()).expect(0);
    check("up");
    let database = about(&of("db"), "{{.Id}}");
    let _done = run(&["stop"]);
    let _done = run(&["start"]);
    check("start");
    let _done = run(&["rebuild"]);
    check("rebuild");
    assert_eq!(about(&of("db"), "{{.Id}}"), database);
    let _changed = sandbox.inside(
        &name,
        "cd .devcontainer; sed -i 's/^  db:/  db:\\n    environment: {A: b}/' compose.yml; echo changed >motd",
    );
    let _done = run(&["rebuild"]);
    check("a rebuild that makes the other container anew");
    assert_ne!(about(&of("db"), "{{.Id}}"), database);
    assert_eq!(sandbox.inside(&name, "cat /etc/motd"), "changed\n");
    let _gone = docker(&["rm", "-f", &of("db")]).expect(0);
    let _done = run(&["stop"]);
    // What is in the codespace's own container is not thrown away by a start.
    let start = sandbox.run(&["start", "-c", &name]).expect(3);
    for told in ["No such container", "a container shares the network of one that is gone"] {
        assert!(start.stderr.contains(told), "{}", start.stderr);
    }
    let _done = run(&["rebuild"]);
    check("a rebuild after the other container was removed");
    let _done = run(&["delete"]);
    assert_eq!(left_of(&name), "");
}

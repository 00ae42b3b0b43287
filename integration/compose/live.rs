//! `up --bind`: the services have the working tree itself, and it stays its owner's whatever becomes of the codespace.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{about, project};
use crate::support::{Sandbox, docker, left_of, tree};

const COMPOSE: &str = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity, depends_on: [db], volumes: ['../..:/workspaces:cached', './shared:/shared', '/etc:/host', 'deps:/deps']}\n  \
                       db: {image: busybox:1, init: true, command: sleep infinity, volumes: ['./shared:/shared', './init.sql:/init.sql:ro', '../..:/all'], secrets: [pw]}\n\
                       volumes: {deps: }\nsecrets: {pw: {file: ./pw}}\n";

const MORE: &str =
    r#", "workspaceFolder": "/workspaces/${localWorkspaceFolderBasename}", "onCreateCommand": "[ ! -e fail ]""#;

/// Makes a repository whose services share its working tree.
fn shared(sandbox: &Sandbox) -> PathBuf {
    let repository = project(sandbox, "shop", MORE, COMPOSE);
    for (file, text) in [(".devcontainer/init.sql", "SELECT 1;\n"), (".devcontainer/pw", "pw"), ("uncommitted", "mine")]
    {
        std::fs::write(repository.join(file), text).expect("written");
    }
    std::fs::create_dir(repository.join(".devcontainer/shared")).expect("made");
    repository
}

#[test]
fn services_share_the_working_tree_itself() {
    let sandbox = Sandbox::new();
    let repository = shared(&sandbox);
    std::fs::write(sandbox.path("beside"), "not of the repository").expect("written");
    let name = sandbox.name("live");
    let up = sandbox.up(&repository, &name, &["--bind"]).expect(0);
    assert_eq!(up.json()["remoteWorkspaceFolder"], "/workspaces/shop");
    assert!(up.stderr.contains("service app: the bind of /etc at /host is left out"), "{}", up.stderr);
    let database = |command: &str| docker(&["exec", &format!("{name}-db-1"), "sh", "-c", command]).expect(0).stdout;
    assert_eq!(
        sandbox.inside(&name, "cat uncommitted; ls /host 2>/dev/null; ls /workspaces; echo row >/shared/table"),
        "mineshop\n"
    );
    assert_eq!(database("cat /shared/table /init.sql /run/secrets/pw; ls /all"), "row\nSELECT 1;\npwshop\n");
    assert_eq!(std::fs::read_to_string(repository.join(".devcontainer/shared/table")).expect("there"), "row\n");
    std::fs::write(repository.join("new"), "new").expect("written");
    assert_eq!(database("cat /all/shop/new; echo two >/shared/table"), "new");
    assert_eq!(sandbox.inside(&name, "cat new /shared/table; touch /deps/kept"), "newtwo\n");
    // The engine tells them in any order.
    let mounts = about(&name, "{{range .Mounts}}{{.Type}} {{.Destination}};{{end}}");
    assert!(mounts.split(';').any(|mount| mount == "bind /workspaces/shop"), "{mounts}");
    let folder = repository.display().to_string();
    assert_eq!(about(&name, "{{index .Config.Labels \"devcontainer.local_folder\"}}"), folder);

    // Stopped, started and found by the same command; what was removed behind its back is made again.
    let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
    assert_eq!(about(&format!("{name}-db-1"), "{{.State.Status}}"), "exited");
    let again = sandbox.run(&["up", &folder, "--bind", "--json"]).expect(0);
    assert_eq!((&again.json()["name"], again.phases().as_str()), (&name.as_str().into(), "--+------"));
    assert_eq!(database("cat /shared/table"), "two\n");
    let _gone = docker(&["rm", "-f", &name]).expect(0);
    let _up = sandbox.up(&repository, &name, &["--bind"]).expect(0);
    // A rebuild reads the working tree, and a change of the service takes effect.
    let changed = COMPOSE.replace("app: {", "app: {environment: {A: b}, ");
    std::fs::write(repository.join(".devcontainer/docker-compose.yml"), changed).expect("written");
    let rebuilt = sandbox.run(&["rebuild", "-c", &name, "--json"]).expect(0);
    assert_eq!(rebuilt.phases(), "-+++-----");
    assert_eq!(sandbox.inside(&name, "cat new; echo $A; ls /deps"), "newb\nkept\n");
    assert_eq!(about(&name, "{{index .Config.Labels \"localspace.bind\"}}"), "/workspaces/shop");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
    assert_eq!(std::fs::read_to_string(repository.join("new")).expect("there"), "new");
}

#[test]
fn nothing_of_the_working_tree_is_removed_or_given_away() {
    let sandbox = Sandbox::new();
    let repository = shared(&sandbox);
    let folder = repository.display().to_string();
    let compose = repository.join(".devcontainer/docker-compose.yml");
    let name = sandbox.name("kept");
    let check = |before: &BTreeMap<_, _>, what: &str| assert_eq!(tree(&repository), *before, "{what}");
    // What dies, at any point, is finished or undone by what comes after it.
    let before = tree(&repository);
    for place in ["phaseStarted create", "Created", "Starting", "phaseFinished create"] {
        let mut run = sandbox.watch(&["up", &folder, "--bind", "--name", &name]);
        match place.split_once(' ') {
            Some((event, phase)) => run.until_event(event, phase),
            None => {
                let _told = run.until(place, |line| {
                    line["text"].as_str().is_some_and(|text| text.contains(place))
                        || line["event"] == "phaseFinished" && line["phase"] == "create"
                });
            }
        }
        run.kill();
        check(&before, place);
        let _up = sandbox.up(&repository, &name, &["--bind"]).expect(0);
        let view = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json();
        let services = view["services"].as_array().expect("a list");
        assert!(services.len() == 2 && services.iter().all(|one| one["state"] == "running"), "{place}: {view}");
        let _full = sandbox.run(&["rebuild", "-c", &name, "--full"]);
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
        assert_eq!(left_of(&name), "", "{place}");
        check(&before, place);
    }
    // Nor by what fails, and by a recovery container, which has the working tree where the service had it.
    for (what, change) in [
        ("hook", None),
        ("service", Some("services: {app: {image: 'localhost:1/none/such:1'}}")),
        ("file", Some("services: [")),
    ] {
        match change {
            Some(text) => std::fs::write(&compose, text).expect("written"),
            None => std::fs::write(repository.join("fail"), "").expect("written"),
        }
        let before = tree(&repository);
        let up = sandbox.run(&["up", &folder, "--bind", "--name", &name, "--recovery"]);
        assert!(up.code != 0 && up.stderr.contains("recovery mode"), "{what}: {}", up.stderr);
        assert_eq!(sandbox.inside(&name, "id -un; pwd; cat uncommitted"), "vscode\n/workspaces/shop\nmine", "{what}");
        check(&before, what);
        std::fs::write(&compose, COMPOSE).expect("written");
        let _gone = std::fs::remove_file(repository.join("fail"));
        let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
        assert_eq!(docker(&["exec", &format!("{name}-db-1"), "cat", "/init.sql"]).expect(0).stdout, "SELECT 1;\n");
        let before = tree(&repository);
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
        assert_eq!(left_of(&name), "");
        check(&before, what);
    }
}

#[test]
fn what_a_service_mounts_decides_where_the_working_tree_is() {
    let sandbox = Sandbox::new();
    let compose = |volumes: &str| {
        format!("services: {{app: {{image: busybox:1, init: true, command: sleep infinity, volumes: [{volumes}]}}}}")
    };
    // In the place of `/workspaces`, which is nobody else's then.
    let repository = project(&sandbox, "whole", r#", "workspaceFolder": "/workspaces""#, &compose("'..:/workspaces'"));
    let name = sandbox.name("whole");
    let _up = sandbox.up(&repository, &name, &["--bind"]).expect(0);
    assert_eq!(sandbox.inside(&name, "pwd; ls -A"), "/workspaces\n.devcontainer\n.git\n");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert!(!repository.join(".codespaces").exists());
    // A folder of a repository is opened in it; its file may name what lies beside it.
    let inside = repository.join("services/api");
    std::fs::create_dir_all(&inside).expect("made");
    std::fs::write(
        inside.join(".devcontainer.json"),
        r#"{"dockerComposeFile": "c.yml", "service": "app", "workspaceFolder": "/app/services/api"}"#,
    )
    .expect("written");
    std::fs::write(inside.join("c.yml"), compose("'../..:/app', '.:/api', '../../made:/made'")).expect("written");
    let name = sandbox.name("inside");
    let _up = sandbox.up(&inside, &name, &["--bind"]).expect(0);
    assert_eq!(
        sandbox.inside(&name, "pwd; ls /api ../.."),
        "/app/services/api\n../..:\nmade\nservices\n\n/api:\nc.yml\n"
    );
    // Nowhere: as with the reference, but it is said.
    std::fs::write(inside.join("c.yml"), compose("")).expect("written");
    std::fs::write(inside.join(".devcontainer.json"), r#"{"dockerComposeFile": "c.yml", "service": "app"}"#)
        .expect("written");
    let name = sandbox.name("nowhere");
    let up = sandbox.up(&inside, &name, &["--bind"]).expect(0);
    assert!(up.stderr.contains("the service app mounts no working tree"), "{}", up.stderr);
    assert_eq!(up.json()["remoteWorkspaceFolder"], "/");
}

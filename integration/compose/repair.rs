//! A project of which something else has removed a part, that was made in several ways, or that cannot be made.

use super::{about, project};
use crate::support::{Sandbox, commit, docker, left_of};

const TWO: &str = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity}\n  \
                   db: {image: busybox:1, init: true, command: sleep infinity, volumes: [data:/data]}\nvolumes: {data: }\n";

#[test]
fn what_was_removed_behind_its_back_is_made_again() {
    let sandbox = Sandbox::new();
    let repository = project(&sandbox, "r", r#", "postStartCommand": "echo s >>/root/started""#, TWO);
    let name = sandbox.name("repair");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let database = format!("{name}-db-1");
    let _work = docker(&["exec", &database, "touch", "/data/row"]).expect(0);
    let _work = sandbox.inside(&name, "touch work");

    // A service: the next start makes it.
    let _gone = docker(&["rm", "-f", &database]).expect(0);
    let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _done = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(docker(&["exec", &database, "ls", "/data"]).expect(0).stdout, "row\n");
    assert_eq!(sandbox.inside(&name, "cat /root/started"), "s\ns\n");

    // The codespace's own container: the next up makes it, beside the services that are there.
    let before = about(&database, "{{.Id}}");
    let _gone = docker(&["rm", "-f", &name]).expect(0);
    let list = sandbox.run(&["list"]).expect(0).stdout;
    assert!(list.contains("its container was removed"), "{list}");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "ls"), "work\n");
    assert_eq!(about(&database, "{{.Id}}"), before);

    // Its first process ends while the services go on: a stop ends them, a start brings all of it back.
    let _ended = docker(&["kill", &name]).expect(0);
    let _ended = docker(&["wait", &name]).expect(0);
    let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
    assert_eq!(about(&database, "{{.State.Status}}"), "exited");
    let _done = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(about(&database, "{{.State.Status}}"), "running");

    // What this machine keeps of it: nothing but its labels is left, and they suffice to delete it.
    let state = sandbox.path("localspace/state/codespaces").join(&name);
    std::fs::remove_dir_all(state.join("compose")).expect("removed");
    let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
    let start = sandbox.run(&["start", "-c", &name]).expect(3);
    assert!(start.stderr.contains(&format!("localspace rebuild -c {name}")), "{}", start.stderr);
    std::fs::remove_dir_all(&state).expect("removed");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
}

#[test]
fn a_rebuild_that_cannot_be_leaves_the_container_as_it_was() {
    let sandbox = Sandbox::new();
    let repository = project(&sandbox, "r", "", TWO);
    let name = sandbox.name("keeps");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let before = about(&name, "{{.Id}}");
    let file = ".devcontainer/docker-compose.yml";
    for (change, expected, code) in [
        ("s/image: busybox:1, init/imge: x, init/", "imge", 2),
        ("s/app: {/app: {user: nobody-here, /", "has no user `nobody-here`", 2),
        ("$a networks: {default: {external: true, name: none-such}}", "none-such", 3),
    ] {
        let _changed = sandbox.inside(&name, &format!("cp {file} /tmp/c && sed -i '{change}' {file}"));
        let rebuild = sandbox.run(&["rebuild", "-c", &name]).expect(code);
        assert!(rebuild.stderr.contains(expected), "{}", rebuild.stderr);
        assert_eq!(about(&name, "{{.Id}} {{.State.Running}}"), format!("{before} true"), "{change}");
        let _back = sandbox.inside(&name, &format!("cp /tmp/c {file}"));
    }
    let filter = format!("label=localspace.codespace={name}");
    assert_eq!(docker(&["ps", "-aq", "--filter", &filter]).expect(0).stdout.lines().count(), 2);
}

#[test]
fn an_image_that_says_it_is_a_codespaces_container_is_none() {
    let sandbox = Sandbox::new();
    let compose = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity}\n  \
                   bad: {build: {dockerfile_inline: \"FROM busybox:1\\nLABEL localspace.source=/x localspace.codespace=y\"}, init: true, command: sleep infinity}\n";
    let repository = project(&sandbox, "r", "", compose);
    let name = sandbox.name("bad");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let list = sandbox.run(&["list", "--json"]).expect(0).json();
    assert_eq!(list.as_array().expect("a list").len(), 1, "{list}");
    assert_eq!(list[0]["containerId"], about(&name, "{{.Id}}"));
}

#[test]
fn a_project_changes_its_kind_in_a_rebuild() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#);
    std::fs::write(repository.join(".devcontainer/c.yml"), TWO).expect("written");
    commit(&repository);
    let name = sandbox.name("kind");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let config = r#"{"dockerComposeFile": "c.yml", "service": "app"}"#;
    let write = |config: &str| format!("cat >.devcontainer/devcontainer.json <<'E'\n{config}\nE\ntouch work");
    let _changed = sandbox.inside(&name, &write(config));
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    assert_eq!(sandbox.inside(&name, "ls; nslookup db >/dev/null && echo found"), "work\nfound\n");
    let _changed = sandbox.inside(&name, &write(r#"{"image": "busybox:1"}"#));
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    assert_eq!(sandbox.inside(&name, "ls"), "work\n");
    let view = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json();
    assert!(view.get("services").is_none(), "{view}");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
}

#[test]
fn files_are_several_or_composes_own_choice_and_may_be_made_by_initialize_command() {
    let sandbox = Sandbox::new();
    let config = r#"{"dockerComposeFile": ["docker-compose.yml", "../more.yml"], "service": "app",
        "initializeCommand": "echo IMAGE=busybox:1 >.devcontainer/.env", "onCreateCommand": "echo $FROM $FILE >/root/seen"}"#;
    let repository = sandbox.repository("several", config);
    let write = |name: &str, text: &str| std::fs::write(repository.join(name), text).expect("written");
    write(
        ".devcontainer/docker-compose.yml",
        "services: {app: {image: '${IMAGE:?no image}', environment: {FROM: first}}}",
    );
    write(
        "more.yml",
        "services: {app: {command: sleep infinity, init: true, environment: {FROM: second}, env_file: ../vars.env}}",
    );
    write("vars.env", "FILE=third\n");
    commit(&repository);
    let name = sandbox.name("several");
    let _up = sandbox.up(&repository, &name, &["--allow-initialize"]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /root/seen"), "second third\n");
    let refused = sandbox.up(&repository, &sandbox.name("without"), &[]).expect(2);
    assert!(refused.stderr.contains("no image"), "{}", refused.stderr);

    let config = r#"{"dockerComposeFile": [], "service": "app", "onCreateCommand": "echo $FROM >/root/seen"}"#;
    let repository = sandbox.repository("choice", config);
    let write = |name: &str, text: &str| std::fs::write(repository.join(name), text).expect("written");
    write("docker-compose.yml", "services: {app: {image: busybox:1, command: sleep infinity, init: true}}");
    write("docker-compose.override.yml", "services: {app: {environment: {FROM: '${VALUE}'}}}");
    write(".env", "VALUE=env\nCOMPOSE_PROJECT_NAME=other\nDOCKER_HOST=tcp://none.example:1\n");
    commit(&repository);
    let name = sandbox.name("choice");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /root/seen"), "env\n");
    assert_eq!(about(&name, "{{index .Config.Labels \"com.docker.compose.project\"}}"), name);
}

#[test]
fn a_dockerfile_that_fails_and_an_image_that_is_unfit_are_told() {
    let sandbox = Sandbox::new();
    let check = |name: &str, compose: &str, code: i32, expected: &[&str]| {
        let repository = project(&sandbox, name, "", compose);
        let name = sandbox.name(name);
        let up = sandbox.up(&repository, &name, &[]).expect(code);
        for expected in expected {
            assert!(up.stderr.contains(expected), "{compose}: {}", up.stderr);
        }
        assert_eq!(left_of(&name), "");
    };
    let failing = "services:\n  app: {image: busybox:1}\n  db: {build: {dockerfile_inline: \"FROM busybox:1\\nRUN echo no such disk; exit 7\"}}\n";
    check("build", failing, 2, &["could not build", "exit code: 7", "no such disk"]);
    check("user", "services: {app: {image: busybox:1, user: nobody-here}}", 2, &["has no user `nobody-here`"]);
    let external =
        "services: {app: {image: busybox:1, networks: [x]}}\nnetworks: {x: {external: true, name: none-such}}";
    check("network", external, 3, &["none-such"]);
    check("absent", "services: {app: {image: 'localhost:9/none/such:1'}}", 3, &["localhost:9"]);
}

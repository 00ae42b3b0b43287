//! `--recovery` of a Compose project: one container takes the place of all of it, and a rebuild brings all of it back.

use super::{about, project};
use crate::support::{Sandbox, docker, left_of};

const COMPOSE: &str = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity, volumes: ['..:/workspace']}\n  \
                       db: {image: busybox:1, init: true, command: sleep infinity, volumes: [data:/data]}\nvolumes: {data: }\n";

#[test]
fn one_container_takes_the_place_of_the_project_until_it_is_mended() {
    let sandbox = Sandbox::new();
    let more = r#", "workspaceFolder": "/workspace", "onCreateCommand": "[ ! -e fail ]""#;
    let file = ".devcontainer/docker-compose.yml";
    let check = |what: &str, name: &str, ran: &crate::support::Ran| {
        assert_eq!(ran.json()["recovery"]["errorCode"], 1302, "{what}: {ran:?}");
        let filter = format!("label=localspace.codespace={name}");
        assert_eq!(docker(&["ps", "-aq", "--filter", &filter]).expect(0).stdout.lines().count(), 1, "{what}");
        assert_eq!(sandbox.inside(name, "id -un; pwd; ls"), format!("vscode\n/workspaces/{what}\n"), "{what}");
        let view = sandbox.run(&["view", "-c", name, "--json"]).expect(0).json();
        assert_eq!((&view["recovery"], view.get("services")), (&true.into(), None), "{what}: {view}");
        let list = sandbox.run(&["list", "--json"]).expect(0).json();
        assert_eq!(list.as_array().expect("a list").len(), 1, "{what}: {list}");
    };
    // What cannot be made in the first place.
    for (what, compose, config, code) in [
        ("service", COMPOSE.replace("db: {image: busybox:1", "db: {image: 'localhost:1/none/such:1'"), more, 3),
        (
            "own",
            COMPOSE
                .replace("app: {image: busybox:1", "app: {build: {dockerfile_inline: \"FROM busybox:1\\nRUN exit 3\"}"),
            more,
            2,
        ),
        ("file", "services: [".to_owned(), more, 2),
        (
            "ends",
            COMPOSE.replace("command: sleep infinity, volumes: ['..", "command: sh -c 'exit 3', volumes: ['.."),
            more,
            3,
        ),
        ("hook", COMPOSE.to_owned(), r#", "onCreateCommand": "[ -e mended ]""#, 1),
    ] {
        let repository = project(&sandbox, what, config, &compose);
        let name = sandbox.name(what);
        let up = sandbox.up(&repository, &name, &["--recovery"]).expect(code);
        check(what, &name, &up);
        // It is stopped and started by itself.
        let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
        let _done = sandbox.run(&["start", "-c", &name]).expect(0);
        let _mended = sandbox.inside(&name, &format!("touch mended; cat >{file} <<'E'\n{COMPOSE}E"));
        let rebuilt = sandbox.run(&["rebuild", "-c", &name, "--json"]).expect(0);
        assert_eq!(rebuilt.json()["recovery"], serde_json::Value::Null, "{what}");
        assert_eq!(about(&format!("{name}-db-1"), "{{.State.Status}}"), "running", "{what}");
        let _there = sandbox.inside(&name, "ls mended && nslookup db >/dev/null");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
        assert_eq!(left_of(&name), "", "{what}");
    }
    // One that was there: what its services have in volumes stays.
    let repository = project(&sandbox, "rebuilt", more, COMPOSE);
    let name = sandbox.name("rebuilt");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let database = format!("{name}-db-1");
    let _row = docker(&["exec", &database, "touch", "/data/row"]).expect(0);
    let _broken = sandbox.inside(&name, &format!("echo 'services: [' >{file}"));
    let rebuilt = sandbox.run(&["rebuild", "-c", &name, "--json", "--recovery"]).expect(2);
    check("rebuilt", &name, &rebuilt);
    let _mended = sandbox.inside(&name, &format!("git checkout -q {file}"));
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    assert_eq!(docker(&["exec", &database, "ls", "/data"]).expect(0).stdout, "row\n");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
}

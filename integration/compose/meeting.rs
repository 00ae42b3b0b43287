//! What a project mounts of its repository, and what it would meet of other codespaces and of this machine.

use super::{about, project};
use crate::support::{Sandbox, commit, docker};

#[test]
fn binds_of_the_repository_are_its_workspaces() {
    let sandbox = Sandbox::new();
    let compose = "services:\n  app:\n    image: busybox:1\n    init: true\n    command: sleep infinity\n    volumes: ['../..:/workspaces:cached', '..:/workspace', './data:/data', '/etc:/host']\n  \
                   db:\n    image: busybox:1\n    init: true\n    command: sleep infinity\n    secrets: [password]\n    volumes: ['./init.sql:/docker-entrypoint-initdb.d/init.sql:ro', './data:/var/lib/data']\n\
                   secrets: {password: {file: ./password.txt}}\n";
    let repository =
        project(&sandbox, "shop", r#", "workspaceFolder": "/workspace", "onCreateCommand": "cat README""#, compose);
    for (file, text) in
        [("README", "read me\n"), (".devcontainer/init.sql", "SELECT 1;\n"), (".devcontainer/password.txt", "pw")]
    {
        std::fs::write(repository.join(file), text).expect("written");
    }
    commit(&repository);
    let name = sandbox.name("binds");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(up.stderr.contains("service app: the bind of /etc at /host is left out"), "{}", up.stderr);
    let database = |command: &str| docker(&["exec", &format!("{name}-db-1"), "sh", "-c", command]);
    assert_eq!(
        database("cat /docker-entrypoint-initdb.d/init.sql /run/secrets/password").expect(0).stdout,
        "SELECT 1;\npw"
    );
    let _refused = database("echo x >/docker-entrypoint-initdb.d/init.sql").expect(1);
    let _written = database("echo row >/var/lib/data/table").expect(0);
    let seen = "ls /host 2>/dev/null; pwd; cat /data/table /workspaces/shop/.devcontainer/data/table";
    assert_eq!(sandbox.inside(&name, seen), "/workspace\nrow\nrow\n");
    let _changed = sandbox.inside(
        &name,
        "echo 'SELECT 2;' >/workspaces/shop/.devcontainer/init.sql; echo x >/workspaces/shop/new; cat /workspace/new",
    );
    // What is there survives a start, with every part in its place.
    let _done = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _done = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(database("cat /docker-entrypoint-initdb.d/init.sql").expect(0).stdout, "SELECT 2;\n");
}

#[test]
fn two_codespaces_of_one_project_do_not_meet() {
    let sandbox = Sandbox::new();
    let compose = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity, networks: [back]}\n  \
                   db: {image: busybox:1, init: true, container_name: shop-db, command: sleep infinity, restart: always, ports: ['5432:5432'], volumes: [data:/data], networks: [back]}\n\
                   volumes: {data: {name: shop-data}}\nnetworks: {back: {name: shop-back}}\n";
    let repository = project(&sandbox, "r", "", compose);
    let names = [sandbox.name("one"), sandbox.name("two")];
    for name in &names {
        let up = sandbox.up(&repository, name, &[]).expect(0);
        for told in ["the container is not called shop-db", "its port 5432 is a free one of 127.0.0.1"] {
            assert!(up.stderr.contains(told), "{}", up.stderr);
        }
        let _own =
            docker(&["exec", &format!("{name}-db-1"), "sh", "-c", &format!("echo {name} >/data/whose")]).expect(0);
        assert_eq!(about(&format!("{name}-db-1"), "{{.HostConfig.RestartPolicy.Name}}"), "unless-stopped");
        let port = about(&format!("{name}-db-1"), "{{(index (index .NetworkSettings.Ports \"5432/tcp\") 0).HostIp}}");
        assert_eq!(port, "127.0.0.1");
        // Within the project it is still called so.
        let _found = sandbox.inside(name, "ping -c 1 -W 2 shop-db || nslookup shop-db");
    }
    for name in &names {
        let whose = docker(&["exec", &format!("{name}-db-1"), "cat", "/data/whose"]).expect(0).stdout;
        assert_eq!(whose.trim(), name);
    }
    let _gone = sandbox.run(&["delete", "-c", &names[0]]).expect(0);
    let _there = docker(&["exec", &format!("{}-db-1", names[1]), "cat", "/data/whose"]).expect(0);
}

#[test]
fn another_codespaces_volume_is_not_given() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("victim", r#"{"image": "busybox:1"}"#);
    let victim = sandbox.name("victim");
    let _up = sandbox.up(&repository, &victim, &[]).expect(0);
    let compose = format!(
        "services: {{app: {{image: busybox:1, volumes: ['theirs:/theirs']}}}}\nvolumes: {{theirs: {{name: {victim}_workspaces, external: true}}}}\n"
    );
    let repository = project(&sandbox, "thief", "", &compose);
    let up = sandbox.up(&repository, &sandbox.name("thief"), &[]).expect(2);
    assert!(up.stderr.contains("is another codespace's"), "{}", up.stderr);
}

#[test]
fn the_configuration_of_the_container_acts_on_its_service() {
    let sandbox = Sandbox::new();
    let compose = "services:\n  app: {image: 'mcr.microsoft.com/devcontainers/base:trixie', command: sleep infinity, environment: {A: service, B: service, D: 'do$$llar'}, network_mode: 'service:db', user: vscode}\n  \
                   db: {image: busybox:1, init: true, command: sleep infinity}\n";
    let more = r#", "init": true, "capAdd": ["NET_ADMIN"], "containerEnv": {"B": "con$fig"}, "remoteEnv": {"C": "remote"},
        "mounts": [{"source": "cache", "target": "/cache", "type": "volume"}], "postCreateCommand": "echo $A $B $C $D >~/seen""#;
    let repository = project(&sandbox, "r", more, compose);
    let name = sandbox.name("acts");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(up.json()["remoteUser"], "vscode");
    assert_eq!(
        sandbox.inside(&name, "cat ~/seen; id -un; echo $CODESPACES; pwd; grep -c codespaces- /etc/hosts || true"),
        "service con$fig remote do$llar\nvscode\ntrue\n/workspaces/r\n0\n"
    );
    assert_eq!(about(&name, "{{.HostConfig.Init}} {{.HostConfig.CapAdd}}"), "true [NET_ADMIN SYS_NICE]");
    assert!(about(&name, "{{range .Mounts}}{{.Name}} {{end}}").contains(&format!("{name}.cache")));
    assert_eq!(
        about(&name, "{{index .Config.Labels \"devcontainer.local_folder\"}}"),
        repository.display().to_string()
    );
}

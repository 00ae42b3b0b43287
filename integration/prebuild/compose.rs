//! A prebuild of a Compose project: what its services keep is in it, in volumes with a name and without one.

use std::fs;

use super::Prebuilds;
use crate::support::{Sandbox, commit, docker, left_of};

/// A database of a kind: it keeps what it is asked in a volume that has a name, and in one that has none.
const COMPOSE: &str = "services:
  app:
    image: busybox:1
    command: sleep infinity
    init: true
  db:
    build: {context: ., dockerfile_inline: \"FROM busybox:1\\nCOPY --chmod=755 sql /www/cgi-bin/sql\\nVOLUME /unnamed\\n\"}
    command: httpd -f -p 80 -h /www
    init: true
    volumes: ['data:/named']
volumes: {data: {}}
";
const CONFIG: &str = r#"{
    "dockerComposeFile": "docker-compose.yml", "service": "app", "workspaceFolder": "/workspaces/app",
    "onCreateCommand": "until wget -qO- 'http://db/cgi-bin/sql?onCreate'; do sleep 0.1; done"
}"#;
const SQL: &str = "#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
for file in /named/rows /unnamed/rows /inside; do
    [ -z \"$QUERY_STRING\" ] || echo \"$QUERY_STRING\" >>$file
    cat $file
done
";

#[test]
fn what_its_database_was_given_is_in_every_codespace_of_it_and_each_has_its_own() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.path("app");
    fs::create_dir_all(folder.join(".devcontainer")).expect("made");
    for (name, text) in [("devcontainer.json", CONFIG), ("docker-compose.yml", COMPOSE), ("sql", SQL)] {
        fs::write(folder.join(".devcontainer").join(name), text).expect("written");
    }
    commit(&folder);
    let prebuild = prebuilds.created(&folder, &[]);
    let kept = || -> Vec<String> {
        let digest = |volume: &String| {
            let mount = format!("{volume}:/v:ro");
            let run = ["run", "--rm", "-v", &mount, "busybox:1", "sh", "-c"];
            docker(&[&run[..], &["find /v -type f -exec sha256sum {} + | sort"]].concat()).expect(0).stdout
        };
        prebuilds.volumes().iter().map(digest).collect()
    };
    let before = kept();
    assert_eq!(before.len(), 3, "{before:?}");
    let (one, two) = (sandbox.name("one"), sandbox.name("two"));
    let ask = |name: &str, query: &str| {
        let wait = format!("until wget -qO- 'http://db/cgi-bin/sql{query}'; do sleep 0.1; done");
        sandbox.inside(name, &wait)
    };
    for name in [&one, &two] {
        let up = sandbox.up(&folder, name, &[]).expect(0);
        assert_eq!(up.phases(), "--+------", "{}", up.stderr);
        assert_eq!(ask(name, ""), "onCreate\nonCreate\nonCreate\n");
    }
    // The one's is not the other's, nor the prebuild's.
    assert_eq!(ask(&one, "?mine"), "onCreate\nmine\nonCreate\nmine\nonCreate\nmine\n");
    assert_eq!(ask(&two, ""), "onCreate\nonCreate\nonCreate\n");
    assert_eq!(kept(), before);
    // It is a codespace as any other, also when its prebuild is gone.
    let _gone = sandbox.run(&["prebuild", "delete", &prebuild]).expect(0);
    assert_eq!(prebuilds.volumes(), [] as [String; 0]);
    let _stopped = sandbox.run(&["stop", "-c", &one]).expect(0);
    let _started = sandbox.run(&["start", "-c", &one]).expect(0);
    assert_eq!(ask(&one, ""), "onCreate\nmine\nonCreate\nmine\nonCreate\nmine\n");
    let rebuilt = sandbox.run(&["rebuild", "-c", &one]).expect(0);
    assert!(rebuilt.stderr.contains("onCreateCommand: succeeded"), "{}", rebuilt.stderr);
    assert!(ask(&one, "").starts_with("onCreate\nmine\nonCreate\nonCreate\nmine\nonCreate\n"), "{}", ask(&one, ""));
    for name in [&one, &two] {
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
        assert_eq!(left_of(name), "");
    }
    assert_eq!(prebuilds.objects(), "");
}

#[test]
fn an_update_goes_on_with_what_the_services_have() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.path("app");
    fs::create_dir_all(folder.join(".devcontainer")).expect("made");
    let update = r#""updateContentCommand": "until wget -qO- \"http://db/cgi-bin/sql?$(cat version)\"; do sleep 0.1; done",
    "onCreateCommand""#;
    let config = CONFIG.replace(r#""onCreateCommand""#, update);
    for (name, text) in [("devcontainer.json", config.as_str()), ("docker-compose.yml", COMPOSE), ("sql", SQL)] {
        fs::write(folder.join(".devcontainer").join(name), text).expect("written");
    }
    fs::write(folder.join("version"), "v1").expect("written");
    commit(&folder);
    let mut last = prebuilds.created(&folder, &[]);
    for text in ["v2", "v3"] {
        fs::write(folder.join("version"), text).expect("written");
        commit(&folder);
        let told = sandbox.run(&["prebuild", "update", &last, "--json"]).expect(0);
        for said in ["image: skipped", "onCreateCommand: skipped", "updateContentCommand: succeeded"] {
            assert!(told.stderr.contains(said), "{said}: {}", told.stderr);
        }
        let told = told.json()["prebuilds"][0].clone();
        assert_eq!((&told["over"], &told["volumes"]), (&last.as_str().into(), &3.into()), "{told}");
        told["name"].as_str().expect("a name").clone_into(&mut last);
    }
    let told = sandbox.run(&["prebuild", "view", &last, "--json"]).expect(0).json();
    assert_eq!(
        (&told["layers"].as_array().map(Vec::len), told["services"]["db"].is_string()),
        (&Some(3), true),
        "{told}"
    );
    let name = sandbox.name("one");
    let up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(up.phases(), "--+------", "{}", up.stderr);
    // What has a name, what has none, and what is in the container itself.
    let all = "onCreate\nv1\nv2\nv3\n";
    let ask = "until wget -qO- http://db/cgi-bin/sql; do sleep 0.1; done";
    assert_eq!(sandbox.inside(&name, ask), all.repeat(3));
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    let _gone = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    assert_eq!(prebuilds.objects(), "");
}

/// The sample, with a real database.
#[test]
fn a_postgresql_that_on_create_filled_is_filled_in_a_codespace_of_the_prebuild() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.sample("compose", &[]);
    commit(&folder);
    let _prebuild = prebuilds.created(&folder, &[]);
    let (one, two) = (sandbox.name("one"), sandbox.name("two"));
    for name in [&one, &two] {
        let up = sandbox.up(&folder, name, &[]).expect(0);
        assert_eq!(up.phases(), "--+----+-", "{}", up.stderr);
    }
    let count =
        |name: &str, more: &str| sandbox.inside(name, &format!("psql -qtAc '{more}SELECT count(*) FROM fruits'"));
    let all = count(&one, "");
    assert_eq!(count(&one, "DELETE FROM fruits; "), "0\n");
    assert!(all != "0\n" && count(&two, "") == all, "{all}");
    for name in [&one, &two] {
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
    }
    let _gone = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    assert_eq!(prebuilds.objects(), "");
}

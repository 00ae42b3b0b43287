//! Images that are unlike what dev containers are made from: each is a codespace, or a failure that says why.

use serde_json::json;

use crate::support::{Sandbox, docker, left_of};

/// How many are made at a time.
const AT_ONCE: usize = 3;

/// A Dockerfile on top of busybox, what of a configuration goes with it, and what a command in the codespace says then.
type Strange = (&'static str, &'static str, serde_json::Value, Result<&'static str, (i32, &'static [&'static str])>);

fn images() -> Vec<Strange> {
    let plain = json!({});
    let root = "0:0 /root root made";
    vec![
        ("number", "USER 1000", plain.clone(), Ok("1000:0 / 1000 made")),
        ("group", "USER 1000:1001", plain.clone(), Ok("1000:1001 / 1000 made")),
        (
            "named",
            "RUN echo mona:x:1000:1000::/home/mona:/bin/sh >>/etc/passwd && echo crew:x:77: >>/etc/group && mkdir -m 777 /home/mona\nUSER mona:crew",
            plain.clone(),
            Ok("1000:77 /home/mona mona made"),
        ),
        ("ill", "HEALTHCHECK --interval=100ms --retries=1 CMD false", plain.clone(), Ok(root)),
        ("ends", "ENTRYPOINT [\"/bin/false\"]\nCMD [\"x\"]", plain.clone(), Ok(root)),
        ("overridden", "ENTRYPOINT [\"/bin/false\"]", json!({"overrideCommand": true}), Ok(root)),
        (
            "runs",
            "ENTRYPOINT [\"/bin/false\"]",
            json!({"overrideCommand": false}),
            Err((3, &["the container has ended, with exit code 1", "overrideCommand"])),
        ),
        ("volume", "RUN mkdir /workspaces\nVOLUME /workspaces", plain.clone(), Ok(root)),
        ("inside", "VOLUME /workspaces/inside", plain.clone(), Ok(root)),
        ("stubborn", "STOPSIGNAL SIGKILL", plain.clone(), Ok(root)),
        (
            "nobody",
            "RUN rm /etc/passwd /etc/group",
            plain.clone(),
            Err((2, &["devcontainer.json:1:", "the image has no user `root`; its /etc/passwd is missing"])),
        ),
        ("unnamed", "RUN rm /etc/passwd /etc/group\nUSER 1000:1000", plain, Ok("1000:1000 / 1000 made")),
    ]
}

fn check((name, dockerfile, mut config, expected): Strange) {
    let sandbox = Sandbox::new();
    config["build"] = json!({"dockerfile": "Dockerfile"});
    config["postCreateCommand"] = "echo made >made".into();
    let repository = sandbox.repository(name, &config.to_string());
    let text = format!("FROM busybox:1\n{dockerfile}\n");
    std::fs::write(repository.join(".devcontainer/Dockerfile"), text).expect("written");
    let codespace = sandbox.name(name);
    let up = sandbox.up(&repository, &codespace, &["--working-tree"]);
    match expected {
        Ok(expected) => {
            let up = up.expect(0);
            let look = || {
                let told = "echo \"$(id -u):$(id -g) $HOME $(stat -c %U made 2>/dev/null) $(cat made)\"";
                let said = sandbox
                    .inside(&codespace, told)
                    .replace("UNKNOWN", up.json()["remoteUser"].as_str().unwrap_or_default());
                assert_eq!(said.trim_end(), expected, "{name}");
            };
            look();
            let _stopped = sandbox.run(&["stop", "-c", &codespace]).expect(0);
            let _started = sandbox.run(&["start", "-c", &codespace]).expect(0);
            look();
            let _ports = sandbox.run(&["ports", "-c", &codespace]).expect(0);
            let running = docker(&["inspect", "-f", "{{.State.Running}}", &codespace]).expect(0);
            assert_eq!(running.stdout, "true\n", "{name}");
        }
        Err((code, said)) => {
            let up = up.expect(code);
            for said in said {
                assert!(up.stderr.contains(said), "{name}: {}", up.stderr);
            }
        }
    }
    let _gone = sandbox.run(&["delete", "-c", &codespace]);
    assert_eq!(left_of(&codespace), "", "{name}");
}

#[test]
fn an_image_of_whatever_kind_is_a_codespace_or_says_why_it_is_none() {
    let mut images = images();
    while !images.is_empty() {
        let some = images.split_off(images.len().saturating_sub(AT_ONCE));
        std::thread::scope(|scope| {
            for one in some {
                scope.spawn(move || check(one));
            }
        });
    }
}

//! The lifecycle table of the reference (devcontainer-semantics.md section 1.4), row by row, in containers.

use serde_json::{Value, json};

use crate::support::{Image, Sandbox};

fn repository(sandbox: &Sandbox, config: &Value) -> std::path::PathBuf {
    sandbox.repository("r", &config.to_string())
}

#[test]
fn an_images_commands_come_first_then_each_features_then_the_files_own() {
    let label = json!([
        {"onCreateCommand": "echo image >>/order", "postStartCommand": "echo start image >>/order"},
        {"id": "./first", "onCreateCommand": ["sh", "-c", "echo first >>/order"]},
        {"id": "./second", "onCreateCommand": {"a": "echo second >>/order"}, "postStartCommand": "echo start second >>/order"},
    ]);
    let image = Image::build(&format!("FROM busybox:1\nLABEL devcontainer.metadata='{label}'\n"), &[]);
    let sandbox = Sandbox::new();
    let config = json!({"image": image.0, "onCreateCommand": "echo file >>/order", "postStartCommand": "echo start file >>/order"});
    let name = sandbox.name("order");
    let _up = sandbox.up(&repository(&sandbox, &config), &name, &[]).expect(0);
    let order = sandbox.inside(&name, "tr '\\n' ' ' </order");
    assert_eq!(order, "image first second file start image start second start file ");
}

#[test]
fn a_feature_command_that_fails_stops_the_files_own_and_both_are_tried_again() {
    // Reference CLI: the hook is marked before its first command, so what comes after a failure never runs.
    let label = json!([{"id": "./f", "onCreateCommand": "echo feature >>/order; test -e /ok || exit 4"}]);
    let image = Image::build(&format!("FROM busybox:1\nLABEL devcontainer.metadata='{label}'\n"), &[]);
    let sandbox = Sandbox::new();
    let config = json!({"image": image.0, "onCreateCommand": "echo file >>/order", "updateContentCommand": "echo update >>/order"});
    let repository = repository(&sandbox, &config);
    let name = sandbox.name("feature");
    let up = sandbox.up(&repository, &name, &[]).expect(1);
    assert_eq!(up.phases(), "-++x-----");
    assert!(up.json()["phases"][3]["reason"].as_str().is_some_and(|reason| reason.contains("./f")), "{}", up.stdout);
    assert_eq!(sandbox.inside(&name, "cat /order; touch /ok"), "feature\n");
    let _again = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "tr '\\n' ' ' </order"), "feature feature file update ");
}

#[test]
fn empty_commands_are_none() {
    let sandbox = Sandbox::new();
    let config = json!({
        "image": "busybox:1", "onCreateCommand": "", "updateContentCommand": [], "postCreateCommand": {},
        "postStartCommand": {"a": "", "b": []}, "postAttachCommand": "  ",
    });
    let up = sandbox.up(&repository(&sandbox, &config), &sandbox.name("empty"), &[]).expect(0);
    assert_eq!(up.phases(), "-++------");
}

#[test]
fn of_several_that_fail_side_by_side_the_first_in_the_file_counts() {
    let sandbox = Sandbox::new();
    let config = json!({
        "image": "busybox:1",
        // The second fails first.
        "onCreateCommand": {"good": "true", "late": "until [ -e /tmp/early ]; do :; done; exit 5", "early": "touch /tmp/early; exit 6"},
    });
    let up = sandbox.up(&repository(&sandbox, &config), &sandbox.name("first"), &[]).expect(1);
    let phase = up.json()["phases"][3].clone();
    assert_eq!(phase["exitCode"], 5, "{phase}");
    assert!(phase["reason"].as_str().is_some_and(|reason| reason.contains("`late`")), "{phase}");
}

#[test]
fn a_command_ended_by_an_interrupt_is_a_failure_here() {
    // Reference CLI: exit code 130 is "interrupted", and the next command runs on a half-made container.
    let sandbox = Sandbox::new();
    let config =
        json!({"image": "busybox:1", "onCreateCommand": "exit 130", "updateContentCommand": "touch /root/ran"});
    let name = sandbox.name("interrupt");
    let up = sandbox.up(&repository(&sandbox, &config), &name, &[]).expect(1);
    assert_eq!((up.phases().as_str(), &up.json()["phases"][3]["exitCode"]), ("-++x-----", &json!(130)));
    assert_eq!(sandbox.inside(&name, "ls /root"), "");
}

#[test]
fn what_a_hook_has_in_its_environment_is_the_shells_then_remote_env_then_secrets() {
    let sandbox = Sandbox::new();
    let show = "echo \"$A|$B|$C|${D-unset}\" >/root/seen";
    let config = json!({
        "image": "busybox:1", "containerEnv": {"A": "container", "B": "container", "C": "container", "D": "container"},
        "remoteEnv": {"B": "remote", "C": "remote", "D": null}, "postCreateCommand": show,
    });
    let secrets = sandbox.file("s.env", "C=secret-value\n");
    let name = sandbox.name("env");
    let _up = sandbox.up(&repository(&sandbox, &config), &name, &["--secrets-file", &secrets]).expect(0);
    assert_eq!(sandbox.inside(&name, "tr a-z A-Z </root/seen"), "CONTAINER|REMOTE|SECRET-VALUE|UNSET\n");
}

#[test]
fn users_are_found_by_their_whole_name_and_home_is_the_containers_or_theirs() {
    let dockerfile = "FROM busybox:1\nRUN printf 'webdev:x:5001:5001::/home/webdev:/bin/sh\\ndev:x:5002:5003::/home/own:/bin/sh\\n' >>/etc/passwd && mkdir -p /home/webdev /home/own && chown 5001 /home/webdev && chown 5002 /home/own\n";
    let (image, with_home) =
        (Image::build(dockerfile, &[]), Image::build(&format!("{dockerfile}ENV HOME=/root\n"), &[]));
    let sandbox = Sandbox::new();
    for (image, user, expected) in [
        // Reference CLI: without getent, `dev` is the first line that begins so.
        (&image, "dev", "5002:5003 /home/own\n"),
        (&image, "webdev", "5001:5001 /home/webdev\n"),
        (&image, "5001", "5001:5001 /home/webdev\n"),
        // An image's HOME of another user is not this one's.
        (&with_home, "dev", "5002:5003 /home/own\n"),
        (&with_home, "root", "0:0 /root\n"),
    ] {
        let config = json!({"image": image.0, "remoteUser": user, "onCreateCommand": "echo \"$(id -u):$(id -g) $HOME\" >/tmp/seen"});
        let name = sandbox.name("user");
        let _up = sandbox.up(&repository(&sandbox, &config), &name, &[]).expect(0);
        assert_eq!(sandbox.inside(&name, "cat /tmp/seen"), expected, "{user}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
}

#[test]
fn tmp_is_emptied_by_a_stop_and_the_rest_of_the_container_is_kept() {
    let sandbox = Sandbox::new();
    let config =
        json!({"image": "busybox:1", "remoteUser": "nobody", "mounts": ["source=kept,target=/tmp/kept,type=volume"]});
    let repository = repository(&sandbox, &config);
    let name = sandbox.name("tmp");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let make = "mkdir -p /tmp/a/.b; echo x >/tmp/a/.b/c; echo x >/tmp/.hidden; ln -s /etc /tmp/link; mkfifo /tmp/pipe; touch '/tmp/a b'; touch /workspaces/here";
    let _made = sandbox.inside(&name, make);
    let root =
        crate::support::docker(&["exec", "-u", "root", &name, "sh", "-c", "touch /tmp/roots /tmp/kept/x /var/kept"]);
    let _made = root.expect(0);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(
        sandbox.inside(&name, "ls -A /tmp; ls /tmp/kept /var/kept /workspaces/here"),
        "kept\n/var/kept\n/workspaces/here\n\n/tmp/kept:\nx\n"
    );
}

//! An engine that was restarted between the making of a prebuild and its use, and one whose disk is full while it is made.

use super::Prebuilds;
use crate::support::{Sandbox, SecondEngine};

fn config(megabytes: u64) -> String {
    format!(
        r#"{{"image": "busybox:1", "onCreateCommand": "head -c {megabytes}m /dev/zero | tr '\\\\0' x >large; echo made >/root/made"}}"#
    )
}

#[test]
fn a_prebuild_outlives_a_restart_of_the_engine() {
    let mut sandbox = Sandbox::new();
    // Where nobody may start an engine, there is none to try.
    let Some(mut engine) = SecondEngine::start(&sandbox, "{}") else { return };
    engine.load("busybox:1");
    sandbox.set_env("DOCKER_HOST", &engine.socket);
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", &config(1));
    let prebuild = prebuilds.created(&folder, &[]);
    engine.restart();
    assert_eq!(prebuilds.names(), [prebuild]);
    let name = sandbox.name("one");
    let up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(up.phases(), "--+------", "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "wc -c <large; cat ~/made"), "1048576\nmade\n");
    drop(prebuilds);
}

#[test]
fn a_disk_that_is_full_is_said_and_nothing_is_left() {
    let mut sandbox = Sandbox::new();
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_localspace")).expect("there").len() / 1_000_000;
    // There is room for what is made, and for the program that copies it, and not for a copy.
    let Some(engine) = SecondEngine::on_disk(&sandbox, "{}", Some(program + 250)) else { return };
    engine.load("busybox:1");
    sandbox.set_env("DOCKER_HOST", &engine.socket);
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", &config(150));
    let full = prebuilds.create(&folder, &["--json"]).expect(3);
    assert!(full.stderr.contains("large: No space left on device"), "{}", full.stderr);
    assert!(prebuilds.names().is_empty());
    for kind in [&["volume", "ls"][..], &["ps", "-a"], &["images", "--filter", "label=localspace.prebuild"]] {
        assert_eq!(engine.docker(&[kind, &["-q"]].concat()).expect(0).stdout, "", "{kind:?}");
    }
    assert_eq!(engine.docker(&["images", "-q", "localspace-look"]).expect(0).stdout, "");
    drop(prebuilds);
}

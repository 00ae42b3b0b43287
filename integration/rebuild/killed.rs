//! Rebuilds that were killed, or died between two containers: what comes next finishes or undoes them.

use super::*;
use crate::support::PHASES;

/// Kills a rebuild at the beginning and at the end of each phase, and looks whether what comes next finishes or undoes it.
fn killed_at_every_boundary(phases: &[&str], check: impl Fn(&Sandbox, &str, &str) + Sync) {
    let boundaries: Vec<_> =
        phases.iter().flat_map(|phase| ["phaseStarted", "phaseFinished"].map(|event| (event, *phase))).collect();
    let one = |event: &str, phase: &str| {
        let sandbox = Sandbox::new();
        let mut config = hooks();
        config["initializeCommand"] = json!("true");
        let repository = sandbox.repository("r", &config.to_string());
        let name = sandbox.name("killed");
        let secrets = sandbox.file("s.env", &triple("A", "a.example", "hunter2-hunter2"));
        let _up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
        let _work = sandbox.inside(&name, "echo work >work");
        let mut rebuild = sandbox.watch(&["rebuild", "-c", &name, "--allow-initialize"]);
        rebuild.until_event(event, phase);
        rebuild.kill();
        check(&sandbox, &name, &format!("killed at {event} {phase}"));
    };
    for some in boundaries.chunks(3) {
        std::thread::scope(|scope| {
            for (event, phase) in some {
                scope.spawn(|| one(event, phase));
            }
        });
    }
}

#[test]
fn one_that_was_killed_is_finished_or_undone_by_up() {
    killed_at_every_boundary(&PHASES, |sandbox, name, at| {
        let up = sandbox.up(&sandbox.path("r"), name, &[]).expect(0);
        assert_eq!(sandbox.inside(name, "cat work"), "work\n", "{at}: {up:?}");
        // A command that was cut off ran again.
        let ran: Vec<char> = sandbox.inside(name, "tr -d '\\n' <~/ran").chars().collect();
        let mut each = ran.clone();
        each.dedup();
        assert!(ran.starts_with(&['1']) && each.starts_with(&['1', '2', '3', '4', '5']), "{at}: {ran:?}");
        let containers = docker(&["ps", "-aq", "--filter", &format!("label=localspace.codespace={name}")]).expect(0);
        assert_eq!(containers.stdout.lines().count(), 1, "{at}");
    });
}

#[test]
fn one_that_was_killed_is_done_by_the_next_one_and_deleted_without_a_trace() {
    killed_at_every_boundary(&["image", "create", "postCreateCommand"], |sandbox, name, at| {
        let rebuilt = sandbox.rebuild(name, &[]).expect(0);
        assert_eq!(rebuilt.phases(), "-++++++++", "{at}");
        assert_eq!(sandbox.inside(name, "cat work; tr -d '\\n' <~/ran"), "work\n12345", "{at}");
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
        assert_eq!(left_of(name), "", "{at}");
        assert!(!sandbox.path("localspace/state/codespaces").join(name).exists(), "{at}");
    });
}

#[test]
fn a_container_that_did_not_come_to_take_the_place_of_the_other_is_removed() {
    let sandbox = Sandbox::new();
    let name = sandbox.codespace("next", &hooks());
    let _work = sandbox.inside(&name, "echo work >work");
    let about = docker(&["inspect", &name]).expect(0).json();
    let labels = about[0]["Config"]["Labels"].as_object().expect("labels").clone();
    let labels: Vec<String> =
        labels.iter().map(|(label, value)| format!("--label={label}={}", value.as_str().expect("text"))).collect();
    let next = format!("{name}.next");
    let leave = || {
        let labels = labels.iter().map(String::as_str);
        let args: Vec<&str> = ["create", "--name", &next].into_iter().chain(labels).chain(["busybox:1"]).collect();
        let _made = docker(&args).expect(0);
    };
    // Beside the one that it was to replace: that one is the codespace's.
    leave();
    let list = sandbox.run(&["list", "--json"]).expect(0).json();
    assert_eq!((list.as_array().map(Vec::len), &list[0]["state"]), (Some(1), &"Available".into()), "{list}");
    assert_eq!(sandbox.inside(&name, "cat work"), "work\n");
    let _up = sandbox.up(&sandbox.path("next"), &name, &[]).expect(0);
    assert_eq!(container(&name).lines().count(), 1);
    leave();
    let _rebuilt = sandbox.rebuild(&name, &[]).expect(0);
    assert_eq!(container(&name).lines().count(), 1);
    // The other one is gone already.
    for verb in ["up", "rebuild"] {
        leave();
        let _gone = docker(&["rm", "-f", &name]).expect(0);
        let next = match verb {
            "up" => sandbox.up(&sandbox.path("next"), &name, &[]),
            _ => sandbox.rebuild(&name, &[]),
        };
        assert_eq!(next.expect(0).phases(), "-++++-+++");
        assert_eq!(sandbox.inside(&name, "cat work"), "work\n");
        assert_eq!(container(&name).lines().count(), 1);
    }
}

//! A run that is killed with `kill -9` at any boundary of its phases: what comes after it finishes it or undoes it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{PHASES, Sandbox, docker, left_of, triple};

/// Every phase has something to do.
const CONFIG: &str = r#"{"image": "busybox:1", "initializeCommand": "true", "onCreateCommand": "echo 1 >>/root/ran; sleep 0.1",
    "updateContentCommand": "echo 2 >>/root/ran", "postCreateCommand": "echo 3 >>/root/ran; sleep 0.1",
    "postStartCommand": "echo 4 >>/root/ran", "postAttachCommand": "echo 5 >>/root/ran"}"#;

/// How many are killed at a time.
const AT_ONCE: usize = 3;

/// A codespace whose making was killed.
struct Killed {
    sandbox: Sandbox,
    /// The arguments that it was made with.
    up: Vec<String>,
    name: String,
    /// Where.
    at: String,
    /// Whether there can be no container yet that has ever run.
    early: bool,
}

/// Kills an `up` at the beginning and at the end of each phase, and looks what can be done then.
fn at_every_boundary(check: fn(Killed)) {
    let boundaries: Vec<_> =
        PHASES.iter().flat_map(|phase| ["phaseStarted", "phaseFinished"].map(|event| (event, *phase))).collect();
    for some in boundaries.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for (event, phase) in some {
                scope.spawn(|| check(kill(event, phase)));
            }
        });
    }
}

/// Returns a codespace that nobody has begun to make.
fn prepared() -> Killed {
    let mut sandbox = Sandbox::new();
    let temporary = sandbox.path("temporary");
    std::fs::create_dir(&temporary).expect("made");
    sandbox.set_env("TMPDIR", &temporary.display().to_string());
    let repository = sandbox.repository("r", CONFIG).display().to_string();
    let name = sandbox.name("killed");
    let secrets = sandbox.file("s.env", &triple("A", "a.example", "hunter2-hunter2"));
    let up = ["up", &repository, "--name", &name, "--allow-initialize", "--secrets-file", &secrets].map(str::to_owned);
    Killed { up: up.into(), name, at: String::new(), early: false, sandbox }
}

fn kill(event: &str, phase: &str) -> Killed {
    let killed = Killed {
        at: format!("killed at {event} {phase}"),
        early: ["initializeCommand", "image", "create"].contains(&phase),
        ..prepared()
    };
    let mut run = killed.sandbox.watch(&killed.up());
    run.until_event(event, phase);
    run.kill();
    killed
}

impl Killed {
    fn up(&self) -> Vec<&str> {
        self.up.iter().map(String::as_str).collect()
    }
}

/// Returns the arguments that give something the same labels.
fn labels(about: &Value) -> Vec<String> {
    let labels = about.as_object().expect("labels").iter();
    labels.map(|(label, value)| format!("--label={label}={}", value.as_str().expect("text"))).collect()
}

/// Returns every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Returns which commands have run: each once, save that one which was cut off ran again.
#[track_caller]
fn ran(killed: &Killed) -> String {
    let all: Vec<char> = killed.sandbox.inside(&killed.name, "tr -d '\\n' </root/ran").chars().collect();
    let mut each = all.clone();
    each.dedup();
    assert!(all.len() - each.len() <= 1, "{}: {all:?}", killed.at);
    each.into_iter().collect()
}

#[test]
fn the_work_in_a_codespace_whose_new_container_was_never_finished_is_kept() {
    for verb in ["up", "start"] {
        let killed = prepared();
        let Killed { sandbox, name, .. } = &killed;
        let _up = sandbox.run(&killed.up()).expect(0);
        let _work = sandbox.inside(name, "echo work >work");
        // Something removes the container, and the run that makes a new one around `/workspaces` is killed before it starts it.
        let about = docker(&["inspect", name]).expect(0).json();
        let _removed = docker(&["rm", "-f", name]).expect(0);
        let labels = labels(&about[0]["Config"]["Labels"]);
        let labels = labels.iter().map(String::as_str);
        let args: Vec<&str> = ["create", "--name", name].into_iter().chain(labels).chain(["busybox:1"]).collect();
        let _made = docker(&args).expect(0);
        if verb == "start" {
            let start = sandbox.run(&["start", "-c", name]).expect(3);
            assert!(start.stderr.contains("its /workspaces is there"), "{start:?}");
        }
        let _up = sandbox.run(&killed.up()).expect(0);
        assert_eq!(sandbox.inside(name, "cat work"), "work\n", "{verb}");
    }
}

#[test]
fn a_volume_that_was_made_for_a_container_that_never_came_is_no_work() {
    for verb in ["up", "start"] {
        let killed = prepared();
        let Killed { sandbox, name, .. } = &killed;
        let _up = sandbox.run(&killed.up()).expect(0);
        let label = format!("label=localspace.codespace={name}");
        let volume = docker(&["volume", "ls", "-q", "--filter", &label]).expect(0).stdout;
        let about = docker(&["volume", "inspect", volume.trim()]).expect(0).json();
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
        let mut run = sandbox.watch(&killed.up());
        run.until_event("phaseStarted", "create");
        run.kill();
        // The engine makes volumes first: as if it had ended right after. Whoever lists waits for what it is still making.
        let _listed = sandbox.run(&["list"]).expect(0);
        let container = docker(&["ps", "-aq", "--filter", &label]).expect(0).stdout;
        for id in container.lines() {
            let _removed = docker(&["rm", "-f", id]).expect(0);
        }
        let labels = labels(&about[0]["Labels"]);
        let labels = labels.iter().map(String::as_str);
        let args: Vec<&str> = ["volume", "create"].into_iter().chain(labels).chain([volume.trim()]).collect();
        let _made = docker(&args).expect(0);
        if verb == "start" {
            let start = sandbox.run(&["start", "-c", name]).expect(3);
            assert!(start.stderr.contains("was never finished"), "{start:?}");
            assert_eq!(left_of(name), "");
        }
        let _up = sandbox.run(&killed.up()).expect(0);
        assert_eq!(sandbox.inside(name, "ls -A"), ".devcontainer\n.git\n", "{verb}");
    }
}

#[test]
fn it_is_deleted_without_a_trace() {
    at_every_boundary(|killed| {
        let Killed { sandbox, name, at, .. } = &killed;
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
        assert_eq!(left_of(name), "", "{at}");
        for folder in ["localspace", "temporary"] {
            assert_eq!(files(&sandbox.path(folder)), [] as [PathBuf; 0], "{at}");
        }
    });
}

#[test]
fn it_is_started_and_goes_on_or_is_undone_without_a_trace() {
    at_every_boundary(|killed| {
        let Killed { sandbox, name, at, early, .. } = &killed;
        let start = sandbox.run(&["start", "-c", name, "--json", "--allow-initialize"]);
        if start.code == 0 {
            // A start does not attach; the run that was killed may have.
            assert!(["1234", "12345"].contains(&ran(&killed).as_str()), "{at}: {start:?}");
            return;
        }
        // There was no container yet, or one that had never run.
        assert!(*early && [2, 3].contains(&start.code), "{at}: {start:?}");
        assert!(
            start.stderr.contains("there is no codespace") || start.stderr.contains("was never finished"),
            "{at}: {start:?}"
        );
        assert_eq!(left_of(name), "", "{at}");
        let _up = sandbox.run(&killed.up()).expect(0);
    });
}

#[test]
fn the_same_up_goes_on_where_it_was() {
    at_every_boundary(|killed| {
        let Killed { sandbox, name, at, .. } = &killed;
        let _up = sandbox.run(&killed.up()).expect(0);
        assert_eq!(ran(&killed), "12345", "{at}");
        assert_eq!(sandbox.inside(name, "grep -c a.example ~/.docker/config.json"), "1\n", "{at}");
        let listed = sandbox.run(&["list", "--json"]).expect(0).json();
        assert_eq!(listed.as_array().expect("a list").len(), 1, "{at}: {listed}");
    });
}

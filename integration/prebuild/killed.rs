//! Runs that are killed with `kill -9`, or interrupted, while a prebuild is made or used: none that is half made is ever offered, and nothing of it stays.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Prebuilds;
use crate::support::{Deadline, Sandbox, docker};

/// Enough that its copy takes a while.
const CONFIG: &str = r#"{
    "image": "busybox:1", "initializeCommand": "true",
    "onCreateCommand": "head -c 400000000 /dev/zero | tr '\\0' x >large; echo made >/root/made",
    "updateContentCommand": "head -c 100000000 /dev/zero | tr '\\0' x >/root/large"
}"#;

/// Waits for something that the engine does with a container of one home.
struct Engine {
    events: Child,
    _deadline: Deadline,
}

impl Engine {
    fn of(prebuilds: &Prebuilds<'_>, event: &str) -> Self {
        let (home, event) = (prebuilds.label(), format!("event={event}"));
        let filters = ["--filter", "type=container", "--filter", &home, "--filter", &event];
        let args = [&["events", "--since", "0s", "--format", "{{.Actor.Attributes.name}}"], &filters[..]].concat();
        let events = Command::new("docker").args(args).stdout(Stdio::piped()).spawn().expect("docker runs");
        Self { _deadline: Deadline::of(events.id()), events }
    }

    /// Waits until it was done with the container that copies.
    fn until_copying(mut self) {
        let events = BufReader::new(self.events.stdout.take().expect("piped"));
        let copying = events.lines().map_while(Result::ok).find(|name| name.ends_with("_copying"));
        assert!(copying.is_some(), "nothing is copied");
        self.events.kill().expect("killed");
        self.events.wait().expect("ended");
    }
}

/// Where something is killed.
#[derive(Debug, Clone, Copy)]
enum At {
    Event(&'static str, &'static str),
    /// The engine has done this with the container that copies.
    Copying(&'static str),
}

/// Runs a verb until there, and kills it.
fn kill(sandbox: &Sandbox, prebuilds: &Prebuilds<'_>, words: &[&str], at: At) {
    match at {
        At::Event(event, phase) => {
            let mut run = sandbox.watch(words);
            run.until_event(event, phase);
            run.kill();
        }
        At::Copying(event) => {
            let engine = Engine::of(prebuilds, event);
            let mut run = sandbox.spawn(words);
            let _deadline = Deadline::of(run.id());
            engine.until_copying();
            run.kill().expect("killed");
            run.wait().expect("ended");
        }
    }
}

const POINTS: [At; 8] = [
    At::Event("phaseStarted", "initializeCommand"),
    At::Event("phaseStarted", "image"),
    At::Event("phaseStarted", "create"),
    At::Event("phaseStarted", "onCreateCommand"),
    At::Event("phaseFinished", "updateContentCommand"),
    At::Copying("create"),
    At::Copying("start"),
    // Then come the commits.
    At::Copying("destroy"),
];

/// Returns the files that a home has.
fn files(sandbox: &Sandbox) -> Vec<String> {
    let all = crate::support::tree(&sandbox.path("localspace"));
    let is_file = |path: &Path| {
        path.is_file()
            && !path.parent().is_some_and(|folder| folder.ends_with("prebuilds") || folder.ends_with("locks"))
    };
    all.keys().filter(|path| is_file(path)).map(|path| path.display().to_string()).collect()
}

/// Whoever comes next removes what is left.
fn nothing_is_left(next: fn(&Sandbox, &Prebuilds<'_>, &str)) {
    for some in POINTS.chunks(2) {
        std::thread::scope(|scope| {
            for at in some {
                scope.spawn(move || {
                    let sandbox = Sandbox::new();
                    let prebuilds = Prebuilds::new(&sandbox);
                    let folder = sandbox.repository("app", CONFIG).display().to_string();
                    kill(&sandbox, &prebuilds, &["prebuild", "create", &folder, "--allow-initialize"], *at);
                    // An image that the engine was making is whole, or not offered.
                    let is_last = matches!(at, At::Copying("destroy"));
                    assert!(is_last || prebuilds.names().is_empty(), "{at:?}");
                    next(&sandbox, &prebuilds, &folder);
                    let looks = docker(&["images", "-q", "localspace-look"]).expect(0);
                    assert!(is_last || prebuilds.names().len() <= 1, "{at:?} {looks:?}");
                    for name in prebuilds.names() {
                        let _gone = sandbox.run(&["prebuild", "delete", &name]).expect(0);
                    }
                    assert_eq!((prebuilds.objects().as_str(), files(&sandbox)), ("", vec![]), "{at:?}");
                });
            }
        });
    }
}

#[test]
fn the_next_create_removes_what_is_left_and_makes_one() {
    nothing_is_left(|sandbox, prebuilds, folder| {
        let made = sandbox.run(&["prebuild", "create", folder, "--allow-initialize"]).expect(0).stdout;
        assert!(prebuilds.names().contains(&made.trim().to_owned()));
    });
}

#[test]
fn the_next_delete_removes_what_is_left() {
    nothing_is_left(|sandbox, _, _| {
        let _none = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    });
}

#[test]
fn the_next_up_removes_what_is_left() {
    nothing_is_left(|sandbox, _, folder| {
        let name = sandbox.name("next");
        let _up = sandbox.run(&["up", folder, "--name", &name, "--allow-initialize"]).expect(0);
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    });
}

#[test]
fn an_up_that_is_killed_while_it_is_filled_is_undone_or_made_anew() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", CONFIG).display().to_string();
    let prebuild = sandbox.run(&["prebuild", "create", &folder, "--allow-initialize"]).expect(0).stdout;
    let before = prebuilds.objects();
    for (at, event) in ["create", "start", "destroy"].into_iter().enumerate() {
        let name = sandbox.name(&format!("killed{at}"));
        let up = ["up", &folder, "--name", &name, "--allow-initialize", "--json"];
        kill(&sandbox, &prebuilds, &up, At::Copying(event));
        if event == "start" {
            let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
            assert_eq!(prebuilds.objects(), before);
        }
        let again = sandbox.run(&up).expect(0);
        assert_eq!(again.phases(), "+-+------", "{}", again.stderr);
        assert_eq!(sandbox.inside(&name, "wc -c <large; cat ~/made"), "400000000\nmade\n");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
    assert_eq!((prebuilds.objects(), prebuilds.names()), (before, vec![prebuild.trim().to_owned()]));
    let _gone = sandbox.run(&["prebuild", "delete", prebuild.trim()]).expect(0);
    assert_eq!((prebuilds.objects().as_str(), files(&sandbox)), ("", vec![]));
}

#[test]
fn an_interrupt_gives_the_space_back_at_once() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", CONFIG).display().to_string();
    let create = ["prebuild", "create", &folder, "--allow-initialize"];
    for event in ["start", "destroy"] {
        let engine = Engine::of(&prebuilds, event);
        let run = sandbox.spawn(&create);
        let _deadline = Deadline::of(run.id());
        engine.until_copying();
        crate::support::send("INT", run.id());
        let ran = crate::support::Ran::of(run.wait_with_output().expect("ended"));
        // It may have been made in that very moment.
        assert!(ran.code == 130 || (event == "destroy" && ran.code == 0), "{ran:?}");
        if ran.code == 130 {
            assert_eq!((prebuilds.objects().as_str(), files(&sandbox)), ("", vec![]), "{event}");
        }
        let _gone = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    }
    // In a restore the same.
    let _made = sandbox.run(&create).expect(0);
    let before = prebuilds.objects();
    let name = sandbox.name("interrupted");
    let engine = Engine::of(&prebuilds, "start");
    let up = sandbox.spawn(&["up", &folder, "--name", &name, "--allow-initialize", "--json"]);
    let _deadline = Deadline::of(up.id());
    engine.until_copying();
    crate::support::send("INT", up.id());
    let ran = crate::support::Ran::of(up.wait_with_output().expect("ended")).expect(130);
    assert!(ran.stderr.contains("othing is left of the codespace"), "{}", ran.stderr);
    assert_eq!(prebuilds.objects(), before);
}

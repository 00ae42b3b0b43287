//! A project whose making was killed, or interrupted, at any point: what comes after it finishes it or undoes it.

use super::project;
use crate::support::{Sandbox, left_of};

const COMPOSE: &str = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity, depends_on: {db: {condition: service_healthy}}}\n  \
                       db: {image: busybox:1, init: true, command: sleep infinity, healthcheck: {test: [CMD, 'true'], interval: 300ms}}\n  \
                       built: {build: {dockerfile_inline: FROM busybox:1}, init: true, command: sleep infinity}\n";

/// Where a run is killed: a phase's beginning or end, or what compose says while it works.
const PLACES: [&str; 9] = [
    "phaseStarted image",
    "phaseFinished image",
    "phaseStarted create",
    "Network",
    "app-1  Creating",
    "Created",
    "Starting",
    "Healthy",
    "phaseFinished create",
];

/// A codespace whose making was killed.
struct Killed {
    sandbox: Sandbox,
    repository: String,
    name: String,
    place: &'static str,
}

fn kill(place: &'static str) -> Killed {
    let sandbox = Sandbox::new();
    let more = r#", "onCreateCommand": "echo 1 >>/root/ran""#;
    let repository = project(&sandbox, "r", more, COMPOSE).display().to_string();
    let name = sandbox.name("killed");
    let mut run = sandbox.watch(&["up", &repository, "--name", &name]);
    match place.split_once(' ').filter(|(event, _)| event.starts_with("phase")) {
        Some((event, phase)) => run.until_event(event, phase),
        None => {
            let _told = run.until(place, |line| {
                let text = line["text"].as_str().unwrap_or_default();
                text.contains(place) || line["event"] == "phaseFinished" && line["phase"] == "create"
            });
        }
    }
    run.kill();
    Killed { sandbox, repository, name, place }
}

fn everywhere(check: fn(&Killed)) {
    for some in PLACES.chunks(3) {
        std::thread::scope(|scope| {
            for place in some {
                scope.spawn(move || check(&kill(place)));
            }
        });
    }
}

#[test]
fn it_is_deleted_without_a_trace() {
    everywhere(|Killed { sandbox, name, place, .. }| {
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
        assert_eq!(left_of(name), "", "{place}");
        assert!(!sandbox.path("localspace/state/codespaces").join(name).exists(), "{place}");
    });
}

#[test]
fn the_same_up_finishes_it() {
    everywhere(|Killed { sandbox, repository, name, place }| {
        let _up = sandbox.run(&["up", repository, "--name", name]).expect(0);
        // A command that was cut off runs again.
        let ran = sandbox.inside(name, "cat /root/ran");
        assert!(["1\n", "1\n1\n"].contains(&ran.as_str()), "{place}: {ran}");
        let view = sandbox.run(&["view", "-c", name, "--json"]).expect(0).json();
        let services = view["services"].as_array().expect("a list");
        let running = services.iter().filter(|one| one["state"] == "running").count();
        assert_eq!((services.len(), running), (3, 3), "{place}: {view}");
    });
}

#[test]
fn an_interrupted_one_leaves_nothing() {
    for (place, signal) in [("Creating", "INT"), ("Starting", "TERM")] {
        let sandbox = Sandbox::new();
        let compose = COMPOSE.replace("'true'], interval: 300ms", "'false'], interval: 1s, retries: 100");
        let repository = project(&sandbox, "r", "", &compose).display().to_string();
        let name = sandbox.name("interrupted");
        let mut run = sandbox.watch(&["up", &repository, "--name", &name, "--json"]);
        let _told = run.until_output(place);
        run.signal(signal);
        let (ran, _) = run.end();
        let ran = ran.expect(130);
        assert_eq!(ran.phases(), "-+x------", "{place}");
        assert_eq!(left_of(&name), "", "{place}");
    }
}

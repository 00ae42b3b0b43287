//! Runs that do not come to their own end: interrupted, killed, out of time. Nothing stays.

use super::Tested;
use crate::support::{Deadline, Ran, send};

/// A codespace whose first hook never ends.
const ENDLESS: &str = r#"{"image": "busybox:1", "onCreateCommand": "echo begun; tail -f /dev/null"}"#;

const SCENARIO: &str = "name: endless\nruns: [create, prebuild]\nexpect: {outcome: success}\n";

/// Starts a run, and waits until hooks of both of its codespaces run.
fn begun(tested: &Tested) -> std::process::Child {
    use std::io::{BufRead, BufReader};

    let mut run = tested.sandbox.spawn(&tested.words(&["--json", "-j", "2"]));
    let mut lines = BufReader::new(run.stdout.take().expect("piped"));
    let mut begun = 0;
    while begun < 2 {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).expect("read") > 0, "it ended");
        begun += usize::from(line.contains("phaseStarted") && line.contains("onCreateCommand"));
    }
    // What it still prints is read, so that it does not wait for a reader.
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    run
}

#[test]
fn an_interrupt_removes_everything() {
    let tested = Tested::new(ENDLESS, &[("endless.yaml", SCENARIO)]);
    let run = begun(&tested);
    let _deadline = Deadline::of(run.id());
    send("INT", run.id());
    let ran = Ran::of(run.wait_with_output().expect("ended"));
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert_eq!(tested.left(), "", "{}", ran.stderr);
}

#[test]
fn what_a_killed_run_has_left_goes_with_the_next_one() {
    let tested = Tested::new(ENDLESS, &[("endless.yaml", SCENARIO)]);
    let mut run = begun(&tested);
    run.kill().expect("killed");
    run.wait().expect("ended");
    std::fs::remove_file(tested.repository.join(".localspace/endless.yaml")).expect("there");
    std::fs::write(
        tested.repository.join(".localspace/other.yaml"),
        "name: other\ntimeout: 1s\nexpect: {outcome: success}\n",
    )
    .expect("written");
    let _ran = tested.test(&[]).expect(3);
    assert_eq!(tested.left(), "");
}

#[test]
fn a_scenario_that_never_ends_is_ended_when_its_time_is_over() {
    let text = "name: endless\ntimeout: 3s\nexpect: {outcome: success}\n";
    let tested = Tested::new(ENDLESS, &[("endless.yaml", text)]);
    let ran = tested.test(&["--json"]).expect(3);
    let cases = Tested::cases(&ran);
    assert_eq!(cases[0]["outcome"], "error");
    assert_eq!(cases[0]["attempts"][0]["failures"][0]["actual"], "it is not over after 3 s");
    assert_eq!(tested.left(), "");
}

#[test]
fn a_persons_own_codespaces_are_left_alone() {
    let config = r#"{"image": "busybox:1"}"#;
    let tested = Tested::new(config, &[("a.yaml", "name: a\nexpect: {outcome: success}\n")]);
    let name = tested.sandbox.name("own");
    let _up = tested.sandbox.up(&tested.repository, &name, &[]).expect(0);
    let _passed = tested.test(&[]).expect(0);
    let listed = tested.sandbox.run(&["list", "--json"]).expect(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(tested.sandbox.inside(&name, "echo there"), "there\n");
}

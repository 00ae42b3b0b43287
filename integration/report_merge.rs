//! `localspace report merge`: shards of a CI job made one run, and what they may not be.

use serde_json::{Value, json};

use crate::support::Sandbox;

/// Returns the events of a shard, as `localspace test --json` prints them.
fn shard(name: &str, outcome: &str) -> String {
    let failure = json!({
        "file": ".localspace/a.yaml", "line": 4, "column": 7, "step": "create", "what": "outcome",
        "expected": "success", "actual": "error\n::add-mask::x ##[error]y",
    });
    let failures = if outcome == "failed" { vec![failure] } else { Vec::new() };
    let attempt = json!({
        "outcome": outcome, "time": "2026-01-02T03:04:05Z", "seconds": 1.5, "failures": failures,
        "steps": [{"name": "create", "seconds": 1.25, "phases": [{"phase": "image", "outcome": "succeeded", "seconds": 1.0}]}],
    });
    let count = |word: &str| u32::from(word == outcome);
    let events = [
        json!({"event": "runStarted", "version": 1, "time": "2026-01-02T03:04:05Z", "cases": 1, "jobs": 2}),
        json!({"event": "caseStarted", "name": name, "attempt": 1}),
        json!({"event": "caseFinished", "name": name, "file": ".localspace/a.yaml", "line": 1, "outcome": outcome,
            "attempts": [attempt], "repeat": "localspace test --keep"}),
        json!({"event": "runFinished", "passed": count("passed"), "flaky": 0, "failed": count("failed"),
            "errors": count("error"), "interrupted": count("interrupted"), "seconds": 2.0}),
    ];
    events.iter().map(|event| format!("{event}\n")).collect()
}

/// Returns all lines but the last.
fn cut(events: &str) -> String {
    events.split_inclusive('\n').take(2).collect()
}

#[test]
fn shards_are_one_run_with_one_exit_code() {
    let sandbox = Sandbox::new();
    let one = sandbox.file("one.json", &shard("one", "passed"));
    for (outcome, code) in [("passed", 0), ("failed", 1), ("error", 3), ("interrupted", 130)] {
        let two = sandbox.file("two.json", &shard("two", outcome));
        let ran = sandbox.run(&["report", "merge", &one, &two]).expect(code);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains("PASS [   1.500s] one\n") && ran.stderr.ends_with(" in 2.0 s\n"), "{}", ran.stderr);
    }
    // One that did not end may lack cases; one that ran there is an error.
    for text in [String::new(), cut(&shard("two", "passed"))] {
        let two = sandbox.file("two.json", &text);
        let ran = sandbox.run(&["report", "merge", &one, &two]).expect(3);
        assert!(ran.stderr.contains(&format!("warning: {two} did not end")), "{}", ran.stderr);
    }
}

#[test]
fn the_whole_is_written_for_programs_and_for_github() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("GITHUB_ACTIONS", "true");
    let one = sandbox.file("one.json", &shard("one", "passed"));
    let two = sandbox.file("two.json", &shard("two | <b>", "failed"));
    let summary = sandbox.file("summary.md", "# before\n\n");
    let junit = sandbox.path("made/here/junit.xml");
    let junit = junit.to_str().expect("text");
    let args = ["report", "merge", &one, &two, "--junit", junit, "--summary", &summary, "--json"];
    let ran = sandbox.run(&args).expect(1);
    let xml = std::fs::read_to_string(junit).expect("written");
    assert!(
        xml.contains("<testsuites name=\"localspace\" tests=\"2\" skipped=\"0\" failures=\"1\" errors=\"0\""),
        "{xml}"
    );
    let page = std::fs::read_to_string(&summary).expect("written");
    assert!(page.starts_with("# before\n\n### 1 passed, 1 failed in 2.0 s\n"), "{page}");
    assert!(page.contains("<code>two | &lt;b&gt;</code>"), "{page}");
    // What is printed is a run again, and holds no command to the runner of GitHub Actions.
    let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(kinds, ["runStarted", "caseFinished", "caseFinished", "runFinished"]);
    assert_eq!(events[2]["attempts"][0]["failures"][0]["actual"], "error\n::add-mask::x ##[error]y");
    for line in ran.stdout.lines().chain(ran.stderr.lines()) {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
    }
    let again = sandbox.file("again.json", &ran.stdout);
    let _ran = sandbox.run(&["report", "merge", &again]).expect(1);
    // The file is replaced, whoever had it open.
    let _ran = sandbox.run(&["report", "merge", &one, "--junit", junit]).expect(0);
    assert!(std::fs::read_to_string(junit).expect("written").contains("tests=\"1\""));
    // What is no file is written to.
    let ran = sandbox.run(&["report", "merge", &one, "--junit", "/dev/stdout"]).expect(0);
    assert!(ran.stdout.starts_with("<?xml"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_merged_is_named_with_its_place() {
    let sandbox = Sandbox::new();
    let one = sandbox.file("one.json", &shard("one", "passed"));
    let check = |args: &[&str], code: i32, said: &str| {
        let ran = sandbox.run(&[&["report", "merge"], args].concat()).expect(code);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    };
    check(&["none.json"], 2, "cannot read none.json: No such file or directory");
    check(&["."], 2, "cannot read .: Is a directory");
    check(&[], 2, "<FILE>...");
    check(&[&one, &one], 2, "the case `one` is in");
    check(&[&sandbox.file("text", "{}\nPASS one\n")], 2, "text:1:2: this is no event of a run of scenarios");
    check(&[&sandbox.file("bytes", "\u{1b}[2J\u{0}")], 2, "bytes:1:1: this is no event");
    check(&[&one, "--junit", "."], 3, "cannot write .: Is a directory");
    check(&[&one, "--junit", &format!("{one}/below/junit.xml")], 3, "Not a directory");
    check(&[&one, "--summary", "none/summary.md"], 3, "cannot write none/summary.md");
}

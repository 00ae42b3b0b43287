//! `logs`: what a run did and printed, also while it does.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout};

use serde_json::{Value, json};

use crate::support::{Deadline, Ran, Sandbox, docker, send};

/// A `logs -f` and its lines as they come.
struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    _deadline: Deadline,
}

impl Following {
    fn of(sandbox: &Sandbox, args: &[&str]) -> Self {
        let mut child = sandbox.spawn(args);
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { _deadline: Deadline::of(child.id()), child, lines }
    }

    /// Waits for a line that holds a text; returns it.
    #[track_caller]
    fn until(&mut self, text: &str) -> String {
        let mut shown = Vec::new();
        for line in self.lines.by_ref() {
            let line = line.expect("text");
            if line.contains(text) {
                return line;
            }
            shown.push(line);
        }
        panic!("it ended without {text}: {shown:#?}")
    }

    fn end(mut self) -> (Ran, Vec<String>) {
        let rest = self.lines.by_ref().map(|line| line.expect("text")).collect();
        (Ran::of(self.child.wait_with_output().expect("ended")), rest)
    }
}

const CONFIG: &str = r#"{"image": "busybox:1", "postStartCommand":
    "mkfifo /tmp/go; echo first; echo aside >&2; read line </tmp/go; echo second"}"#;

#[test]
fn a_run_is_followed_while_it_is_made_over_a_restart_until_the_codespace_is_deleted() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", CONFIG).display().to_string();
    let name = sandbox.name("followed");
    let mut up = sandbox.watch(&["up", &repository, "--name", &name]);
    up.until_output("first");
    let mut text = Following::of(&sandbox, &["logs", "-f", "-c", &name]);
    let mut json = Following::of(&sandbox, &["logs", "-f", "--json", "-c", &name]);
    text.until("create");
    text.until("first");
    let line: Value = serde_json::from_str(&json.until("\"first")).expect("JSON");
    assert_eq!(
        (&line["event"], &line["stream"], &line["codespace"]),
        (&"output".into(), &"stdout".into(), &json!(name))
    );
    let _told = docker(&["exec", &name, "sh", "-c", "echo >/tmp/go"]).expect(0);
    text.until("second");
    json.until("\"second");
    let _ran = up.end().0.expect(0);
    json.until("runFinished");

    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let mut start = sandbox.watch(&["start", "-c", &name]);
    start.until_output("first");
    text.until("first");
    let _told = docker(&["exec", &name, "sh", "-c", "echo >/tmp/go"]).expect(0);
    text.until("second");
    let _ran = start.end().0.expect(0);

    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    let (text, _) = text.end();
    let (json, rest) = json.end();
    assert_eq!((text.code, text.stderr.as_str()), (0, ""));
    assert_eq!((json.code, json.stderr.as_str()), (0, ""));
    assert!(rest.iter().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{rest:#?}");
    assert!(rest.last().expect("a line").contains("runFinished"), "{rest:#?}");
}

#[test]
fn the_newest_run_is_shown_as_text_or_as_its_events() {
    let sandbox = Sandbox::new();
    let config =
        r#"{"image": "busybox:1", "onCreateCommand": "echo made", "postStartCommand": "printf 'a\\nb'; echo err >&2"}"#;
    let repository = sandbox.repository("r", config);
    let name = sandbox.name("newest");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let first = sandbox.run(&["logs", "--json"]).expect(0).stdout;
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    let second = sandbox.run(&["logs", "--json", "-c", &name]).expect(0).stdout;
    // Together they are the journal, line by line.
    let journal = sandbox.path("localspace/state/codespaces").join(&name).join("journal.jsonl");
    assert_eq!(first.clone() + &second, std::fs::read_to_string(journal).expect("a journal"));
    let events = |text: &str| -> Vec<String> {
        let all = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        all.map(|line| line["event"].as_str().expect("a name").to_owned()).collect()
    };
    let (first, second) = (events(&first), events(&second));
    assert_eq!((first[0].as_str(), first.last().expect("one").as_str()), ("runStarted", "runFinished"));
    assert_eq!((second[0].as_str(), second.last().expect("one").as_str()), ("runStarted", "runFinished"));
    let text = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(text.contains('a') && text.contains('b') && text.contains("err") && !text.contains("made"), "{text}");
}

#[test]
fn following_ends_at_an_interrupt_and_when_nobody_reads() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"image": "busybox:1", "onCreateCommand": "echo made"}"#);
    let name = sandbox.name("ends");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let mut follow = Following::of(&sandbox, &["logs", "-f", "-c", &name]);
    follow.until("made");
    send("INT", follow.child.id());
    assert_eq!(follow.end().0.code, 130);
    let mut follow = Following::of(&sandbox, &["logs", "-f", "-c", &name]);
    follow.until("made");
    let Following { mut child, lines, _deadline } = follow;
    drop(lines);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

//! A `localspace` that runs, and the events that it tells of while it does.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;

use super::{Deadline, Ran, Sandbox};

/// How long an event is waited for.
const PATIENCE: Duration = Duration::from_secs(50);

/// An `up` or `start` with `--events`.
#[derive(Debug)]
pub(crate) struct Watched {
    child: Option<Child>,
    events: Receiver<Value>,
    /// Every event so far.
    pub(crate) seen: Vec<Value>,
    _deadline: Deadline,
}

impl Sandbox {
    /// Starts `localspace` with these arguments, and reads its events through a pipe.
    pub(crate) fn watch(&self, args: &[&str]) -> Watched {
        let pipe = self.fifo();
        let child = self.spawn(&[args, &["--events", &pipe]].concat());
        let (sender, events) = channel();
        std::thread::spawn(move || {
            let reader = BufReader::new(File::open(&pipe).expect("a pipe"));
            for line in reader.lines() {
                let line = line.expect("text");
                let told = sender.send(serde_json::from_str(&line).expect("a JSON line"));
                if told.is_err() {
                    break;
                }
            }
        });
        Watched { _deadline: Deadline::of(child.id()), child: Some(child), events, seen: Vec::new() }
    }
}

impl Watched {
    /// Returns the process's id.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Waits for the next event; nothing where there is no more.
    fn next(&mut self) -> Option<Value> {
        match self.events.recv_timeout(PATIENCE) {
            Ok(event) => {
                self.seen.push(event.clone());
                Some(event)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no event came within {PATIENCE:?} after {:#?}", self.seen),
        }
    }

    /// Waits for an event that is as wanted.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        while let Some(event) = self.next() {
            if wanted(&event) {
                return event;
            }
        }
        let came_to = self.child.take().map(|child| child.wait_with_output().expect("it ended")).map(Ran::of);
        panic!("it ended without {what}: {came_to:#?}\n{:#?}", self.seen)
    }

    /// Waits until a phase has begun.
    #[track_caller]
    pub(crate) fn until_started(&mut self, phase: &str) {
        self.until_event("phaseStarted", phase);
    }

    /// Waits for an event of a phase.
    #[track_caller]
    pub(crate) fn until_event(&mut self, event: &str, phase: &str) {
        let _event = self.until(&format!("{event} {phase}"), |line| line["event"] == event && line["phase"] == phase);
    }

    /// Waits until a command has printed a text.
    #[track_caller]
    pub(crate) fn until_output(&mut self, text: &str) -> Value {
        let printed =
            |line: &Value| line["event"] == "output" && line["text"].as_str().is_some_and(|out| out.contains(text));
        self.until(&format!("output {text:?}"), printed)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        send(signal, self.id());
    }

    /// Ends it with `kill -9`.
    pub(crate) fn kill(mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("killed");
        let _reaped = child.wait().expect("ended");
    }

    /// Waits for its end; returns what it came to, and every event.
    pub(crate) fn end(mut self) -> (Ran, Vec<Value>) {
        let child = self.child.take().expect("it runs");
        let ran = Ran::of(child.wait_with_output().expect("ended"));
        while self.next().is_some() {}
        (ran, std::mem::take(&mut self.seen))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // A test that failed half-way leaves it running.
        if let Some(mut child) = self.child.take() {
            let _ended_already = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// Sends a signal to a process.
pub(crate) fn send(signal: &str, process: u32) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

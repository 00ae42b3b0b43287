//! Runs of scenarios, as they happen.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::report::scenario::{Log, Text};
use crate::scenario::{Attempt, CaseOutcome, CaseResult, Failure, RunResult, TestEvent};

const TEXT: Text = Text { look: LOOK, log: Log::Plain, tries: Some(2) };

/// A clock that stands at a second of a test's choice.
fn clock() -> (Clock, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(0));
    let read = Arc::clone(&seconds);
    (Clock::new(move || began() + read.load(Ordering::Relaxed).seconds()), seconds)
}

fn started(cases: usize) -> TestEvent {
    TestEvent::RunStarted { version: TestEvent::VERSION, time: began().to_string(), cases, jobs: 2 }
}

fn begins(name: &str, attempt: u32) -> TestEvent {
    TestEvent::CaseStarted { name: name.to_owned(), attempt }
}

fn step(name: &str, step: &str) -> TestEvent {
    TestEvent::StepStarted { name: name.to_owned(), step: step.to_owned() }
}

fn phase(name: &str, phase: Phase) -> TestEvent {
    TestEvent::PhaseStarted { name: name.to_owned(), phase }
}

fn over(name: &str, outcome: CaseOutcome) -> TestEvent {
    let failure = Failure {
        file: ".localspace/a.yaml".to_owned(),
        line: 3,
        column: 5,
        step: "create".to_owned(),
        what: "outcome".to_owned(),
        expected: "success".to_owned(),
        actual: "error".to_owned(),
        around: vec!["\u{1b}[2Ja line".to_owned()],
        phase: None,
        config: None,
        hint: None,
    };
    let failures = if outcome == CaseOutcome::Failed { vec![failure] } else { Vec::new() };
    let attempt = Attempt { outcome, time: began().to_string(), seconds: 1.5, steps: Vec::new(), failures, kept: None };
    let (name, file) = (name.to_owned(), ".localspace/a.yaml".to_owned());
    let repeat = "localspace test --keep".to_owned();
    TestEvent::CaseFinished(Box::new(CaseResult { name, file, line: 1, outcome, attempts: vec![attempt], repeat }))
}

fn ended() -> TestEvent {
    TestEvent::RunFinished(RunResult { passed: 1, failed: 1, seconds: 65.0, ..RunResult::default() })
}

#[test]
fn on_a_terminal_each_that_runs_has_a_line_under_those_that_are_over() {
    let term = InMemoryTerm::new(30, 60);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), 12);
    let (clock, seconds) = clock();
    let mut shown = Scenarios::live(target, TEXT, || 60, clock);
    shown.event(&started(3));
    shown.draw();
    insta::assert_snapshot!(term.contents(), @r"⠋ 0 of 3 are over");
    shown.event(&begins("it is there", 1));
    shown.event(&step("it is there", "create"));
    seconds.store(63, Ordering::Relaxed);
    shown.event(&phase("it is there", Phase::OnCreateCommand));
    shown.event(&begins("a long name \u{1b}[2J\nof two lines that has no room in one", 2));
    shown.event(&step("nobody", "create"));
    seconds.store(65, Ordering::Relaxed);
    shown.draw();
    insta::assert_snapshot!(term.contents(), @r"
      1:05  it is there                 create: onCreateCommand
      0:02  a long name of two lines …  try 2
    ⠋ 0 of 3 are over
    ");
    shown.event(&over("it is there", CaseOutcome::Failed));
    shown.still_running();
    shown.say("warning: something else\n");
    shown.draw();
    insta::assert_snapshot!(term.contents(), @r"
         FAIL [   1.500s] it is there
      .localspace/a.yaml:3:5: create: outcome
          expected success
          actual   error
          │ a line
      repeat: localspace test --keep
    warning: something else
      0:02  a long name of two lines that has no room i…  try 2
    ⠋ 1 of 3 are over: 0 passed, 1 failed
    ");
    shown.event(&over("a long name \u{1b}[2J\nof two lines that has no room in one", CaseOutcome::Passed));
    shown.event(&ended());
    insta::assert_snapshot!(term.contents(), @r"
         FAIL [   1.500s] it is there
      .localspace/a.yaml:3:5: create: outcome
          expected success
          actual   error
          │ a line
      repeat: localspace test --keep
    warning: something else
         PASS [   1.500s] a long name  of two lines that has no
    room in one
    1 passed, 1 failed in 65.0 s
    ");
}

#[test]
fn more_than_have_room_are_counted() {
    let term = InMemoryTerm::new(30, 60);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), 12);
    let ascii = Text { look: Look { charset: Charset::Ascii, ..LOOK }, ..TEXT };
    let mut shown = Scenarios::live(target, ascii, || 60, clock().0);
    for at in 0..20 {
        shown.event(&begins(&format!("case {at}"), 1));
    }
    shown.draw();
    let text = term.contents();
    assert_eq!(text.lines().count(), 17, "{text}");
    assert!(text.is_ascii() && text.ends_with("0 of 20 are over, 4 more run"), "{text}");
    drop(shown);
    assert_eq!(term.contents(), "");
}

#[test]
fn without_a_terminal_there_is_a_line_as_each_ends_and_for_each_minute() {
    let (sender, lines) = mpsc::channel();
    let (clock, seconds) = clock();
    let actions = Text { log: Log::Actions, ..TEXT };
    let mut shown = Scenarios::plain(Box::new(Wire(sender)), actions, clock);
    shown.event(&started(2));
    shown.event(&begins("##[error]one", 1));
    shown.event(&step("##[error]one", "create"));
    shown.event(&begins("two", 1));
    for now in [30, 59, 60, 61, 185] {
        seconds.store(now, Ordering::Relaxed);
        shown.still_running();
        if now == 61 {
            shown.event(&over("two", CaseOutcome::Passed));
        }
    }
    shown.event(&over("##[error]one", CaseOutcome::Failed));
    shown.event(&ended());
    drop(shown);
    insta::assert_snapshot!(lines.iter().collect::<String>(), @r"
    still runs after 1 min: ## [error]one  create
    still runs after 1 min: two
         PASS [   1.500s] two
    still runs after 3 min: ## [error]one  create
         FAIL [   1.500s] ## [error]one
      .localspace/a.yaml:3:5: create: outcome
          expected success
          actual   error
          | a line
      repeat: localspace test --keep
    1 passed, 1 failed in 65.0 s
    ");
}

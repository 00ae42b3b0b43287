//! What a person is told of a run of scenarios: a line for each that is over, and below it what was not as it is expected.

use super::log::Log;
use super::parts::{Part, bad, body, first, headline, one_line, place, seconds, took};
use crate::report::{Charset, Look, Paint};
use crate::scenario::{CaseOutcome, CaseResult, Failure, RunResult};

/// Where there are more, those that failed are named once more at the end.
const MANY: usize = 10;
/// Outcomes are this wide, so that times stand in a column.
const OUTCOME: usize = "FLAKY 2/3".len();

/// How a run of scenarios reads for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// How it looks.
    pub look: Look,
    /// Who reads it besides.
    pub log: Log,
    /// How many tries a case has, where that is known.
    pub tries: Option<u32>,
}

impl Text {
    /// Returns what is said of a case that is over.
    pub fn case(self, result: &CaseResult) -> String {
        let mut lines = vec![self.head(result)];
        let bad = bad(result);
        let number = |number: usize| if result.attempts.len() > 1 { Some(number) } else { None };
        if let Some(((last, attempt), before)) = bad.split_last() {
            lines.extend(before.iter().map(|(number, attempt)| format!("  try {number}: {}", first(attempt))));
            lines.extend(number(*last).map(|number| format!("  try {number}:")));
            lines.extend(attempt.failures.iter().flat_map(|failure| self.failure(failure)));
        }
        if result.outcome != CaseOutcome::Passed && !result.repeat.trim().is_empty() {
            lines.push(format!("  repeat: {}", one_line(&result.repeat)));
        }
        let kept = result.attempts.iter().filter_map(|attempt| attempt.kept.as_ref());
        lines.extend(kept.map(|kept| format!("  kept: {}", one_line(kept))));
        self.log.guard(lines.join("\n") + "\n")
    }

    /// Returns what is said at the end.
    pub fn end(self, results: &[CaseResult], run: &RunResult) -> String {
        let is_named = |result: &&CaseResult| match result.outcome {
            CaseOutcome::Failed | CaseOutcome::Error | CaseOutcome::Flaky => run.total() > MANY,
            CaseOutcome::Passed | CaseOutcome::Interrupted => false,
        };
        let named = results.iter().filter(is_named);
        let named = named.map(|one| format!("{}  {}", self.head(one), place(&one.file, one.line, 0)));
        let paint = match (run.failed + run.errors, run.interrupted + run.flaky) {
            (0, 0) => Paint::Green,
            (0, _) => Paint::Yellow,
            (_, _) => Paint::Red,
        };
        let line = format!("{} in {:.1} s", self.look.paint(paint, &counts(run)), seconds(run.seconds));
        self.log.guard(named.chain([line]).map(|line| line + "\n").collect())
    }

    fn head(self, result: &CaseResult) -> String {
        let (word, paint) = match result.outcome {
            CaseOutcome::Passed => ("PASS".to_owned(), Paint::Green),
            CaseOutcome::Flaky => (self.flaky(result.attempts.len()), Paint::Yellow),
            CaseOutcome::Failed => ("FAIL".to_owned(), Paint::Red),
            CaseOutcome::Error => ("ERROR".to_owned(), Paint::Red),
            CaseOutcome::Interrupted => ("STOPPED".to_owned(), Paint::Yellow),
        };
        let word = self.look.paint(paint, &format!("{word:>OUTCOME$}"));
        format!("{word} [{:>8.3}s] {}", took(result), one_line(&result.name))
    }

    fn flaky(self, tries: usize) -> String {
        self.tries.map_or_else(|| format!("FLAKY {tries}"), |most| format!("FLAKY {tries}/{most}"))
    }

    fn failure(self, failure: &Failure) -> Vec<String> {
        let bar = match (self.look.charset, self.log) {
            (Charset::Utf8, Log::Plain) => "│ ",
            // To the runner, and so to `Log::guard`, a line begins with its first character of ASCII.
            (Charset::Utf8, Log::Actions) | (Charset::Ascii, _) => "| ",
        };
        let painted = |(part, line): (Part, String)| match part {
            Part::Expected | Part::Actual | Part::Command | Part::Hint => line,
            Part::Around => self.look.paint(Paint::Dim, &line),
        };
        let body = body(failure, bar).into_iter().map(|part| format!("      {}", painted(part)));
        std::iter::once(format!("  {}", self.look.paint(Paint::Bold, &headline(failure)))).chain(body).collect()
    }
}

/// Returns how many cases came to what: `3 passed (1 flaky), 1 failed`.
pub fn counts(run: &RunResult) -> String {
    if run.total() == 0 {
        return "nothing was run".to_owned();
    }
    let flaky = if run.flaky > 0 { format!(" ({} flaky)", run.flaky) } else { String::new() };
    let others = [
        (run.failed, "failed"),
        (run.errors, if run.errors == 1 { "error" } else { "errors" }),
        (run.interrupted, "stopped"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!(", {count} {word}"));
    format!("{} passed{flaky}{}", run.passed, others.collect::<String>())
}

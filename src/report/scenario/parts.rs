//! The parts that every report is made of, safe to show and of a size.

use crate::report::plain;
use crate::scenario::{Attempt, CaseOutcome, CaseResult, Failure};

/// As many lines of one text are shown.
const LINES: usize = 20;
/// As many lines around something.
const AROUND: usize = 40;
/// As many characters of a line.
const LINE: usize = 500;

/// What a line of a failure's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Expected,
    Actual,
    /// Where the command stands.
    Command,
    /// A line of output.
    Around,
    Hint,
}

impl Part {
    /// Returns what stands before its first line, and before those after that.
    const fn label(self, bar: &'static str) -> [&'static str; 2] {
        const BLANK: &str = "         ";
        match self {
            Self::Expected => ["expected ", BLANK],
            Self::Actual => ["actual   ", BLANK],
            Self::Command => ["command  ", BLANK],
            Self::Around => [bar, bar],
            Self::Hint => ["hint     ", BLANK],
        }
    }
}

/// Returns a text that takes one line.
pub(super) fn one_line(text: &str) -> String {
    cut(plain(text).trim())
}

/// Returns the lines of a text, and how many more there are.
fn lines<'a>(text: impl Iterator<Item = &'a str>, most: usize) -> Vec<String> {
    let all: Vec<&str> = text.collect();
    let mut shown: Vec<String> = all.iter().take(most).map(|line| cut(plain(line).trim_end())).collect();
    if all.len() > most {
        shown.push(format!("({} lines more)", all.len() - most));
    }
    shown
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LINE) {
        Some((at, _)) => format!("{} (cut)", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// Returns where something is: `FILE:LINE:COLUMN`, as far as it is known.
pub(super) fn place(file: &str, line: u64, column: u64) -> String {
    let counted = [line, column].into_iter().take_while(|count| *count > 0);
    one_line(file) + &counted.map(|count| format!(":{count}")).collect::<String>()
}

/// Returns what is not as it is expected: `create: postCreateCommand.stdout`.
pub(super) fn what(failure: &Failure) -> String {
    let parts = [&failure.step, &failure.what].map(|part| one_line(part));
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(": ")
}

/// Returns the first line of a failure: where and what.
pub(super) fn headline(failure: &Failure) -> String {
    format!("{}: {}", place(&failure.file, failure.line, failure.column), what(failure))
}

/// Returns the first thing that was wrong at a try, and how many more there are.
pub(super) fn first(attempt: &Attempt) -> String {
    match attempt.failures.as_slice() {
        [] => "no reason is known".to_owned(),
        [only] => headline(only),
        [first, more @ ..] => format!("{} (and {} more)", headline(first), more.len()),
    }
}

/// Returns a failure's other lines; `bar` stands before those that show it.
pub(super) fn body(failure: &Failure, bar: &'static str) -> Vec<(Part, String)> {
    let command = failure.config.as_ref().map(|at| place(&at.file, at.line, at.column));
    let around = failure.around.iter().flat_map(|line| line.lines());
    let parts = [
        (Part::Expected, lines(failure.expected.lines(), LINES)),
        (Part::Actual, lines(failure.actual.lines(), LINES)),
        (Part::Command, command.into_iter().collect()),
        (Part::Around, lines(around, AROUND)),
        (Part::Hint, lines(failure.hint.as_deref().unwrap_or_default().lines(), LINES)),
    ];
    let labelled = |(part, lines): (Part, Vec<String>)| {
        let [first, rest] = part.label(bar);
        let label = move |at| if at == 0 { first } else { rest };
        lines
            .into_iter()
            .enumerate()
            .map(move |(at, line)| (part, format!("{}{line}", label(at)).trim_end().to_owned()))
    };
    parts.into_iter().flat_map(labelled).collect()
}

/// Returns the whole failure in lines.
pub(super) fn whole(failure: &Failure) -> Vec<String> {
    let body = body(failure, "| ").into_iter().map(|(_, line)| format!("  {line}"));
    std::iter::once(headline(failure)).chain(body).collect()
}

/// Returns a length of time that can be shown, whatever it was read from.
pub(super) fn seconds(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.clamp(0.0, 9_999_999.0) } else { 0.0 }
}

/// Returns how long a case took at its last try.
pub(super) fn took(result: &CaseResult) -> f64 {
    result.attempts.last().map_or(0.0, |last| seconds(last.seconds))
}

/// Returns the tries that something was wrong at, with their numbers.
pub(super) fn bad(result: &CaseResult) -> Vec<(usize, &Attempt)> {
    let is_bad = |attempt: &Attempt| match attempt.outcome {
        CaseOutcome::Failed | CaseOutcome::Error => true,
        CaseOutcome::Passed | CaseOutcome::Flaky | CaseOutcome::Interrupted => !attempt.failures.is_empty(),
    };
    result.attempts.iter().enumerate().map(|(at, attempt)| (at + 1, attempt)).filter(|(_, one)| is_bad(one)).collect()
}

/// Returns the word for an outcome.
pub(super) const fn word(outcome: CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Passed => "passed",
        CaseOutcome::Flaky => "flaky",
        CaseOutcome::Failed => "failed",
        CaseOutcome::Error => "error",
        CaseOutcome::Interrupted => "stopped",
    }
}

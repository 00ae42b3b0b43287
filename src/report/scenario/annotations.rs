//! GitHub's annotations: workflow commands that put what failed beside the line of the scenario, and of the configuration.

use std::fmt::Write;

use super::parts::{bad, first, one_line, place, what, whole, word};
use crate::scenario::{CaseOutcome, CaseResult, Failure};

/// GitHub shows as many of a kind for each step.
const MOST: usize = 10;
/// Its interface takes titles of 255 characters, and messages of 64 KB.
const TITLE: usize = 200;
const MESSAGE: usize = 8000;

/// Where an annotation stands.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    file: &'a str,
    line: u64,
    column: u64,
}

/// Returns the annotations of a run, a line each. `folder` is the one that the scenarios ran in, as a path in the repository that is checked
/// out (`$GITHUB_WORKSPACE`); empty where it is that.
pub fn annotations(results: &[CaseResult], folder: &str) -> String {
    let errors: Vec<_> =
        results.iter().filter(|result| is_bad(result.outcome)).map(|one| errors(one, folder)).collect();
    // One of each case before the second of any, so that none hides another.
    let rounds = errors.iter().map(Vec::len).max().unwrap_or(0);
    let errors = (0..rounds).flat_map(|round| errors.iter().filter_map(move |case| case.get(round))).cloned().collect();
    let flaky = results.iter().filter(|result| result.outcome == CaseOutcome::Flaky);
    bounded(errors, "errors") + &bounded(flaky.map(|result| warning(result, folder)).collect(), "warnings")
}

const fn is_bad(outcome: CaseOutcome) -> bool {
    match outcome {
        CaseOutcome::Failed | CaseOutcome::Error => true,
        CaseOutcome::Passed | CaseOutcome::Flaky | CaseOutcome::Interrupted => false,
    }
}

/// Returns those that GitHub shows, and says of the others that they are there.
fn bounded(all: Vec<String>, kind: &str) -> String {
    let more = all.len().saturating_sub(MOST);
    let mut text: String = all.into_iter().take(MOST).collect();
    if more > 0 {
        // Writing to a String does not fail.
        writeln!(text, "::notice title=localspace::{more} more {kind} are in the log and in the summary").ok();
    }
    text
}

fn errors(result: &CaseResult, folder: &str) -> Vec<String> {
    let failures = bad(result).last().map(|(_, attempt)| attempt.failures.as_slice()).unwrap_or_default();
    if failures.is_empty() {
        let at = At { file: &result.file, line: result.line, column: 0 };
        return vec![command("error", at, folder, &result.name, word(result.outcome))];
    }
    failures.iter().flat_map(|failure| of(failure, result, folder)).collect()
}

/// Returns the annotation at the expectation, and the one at the command that it is about.
fn of(failure: &Failure, result: &CaseResult, folder: &str) -> Vec<String> {
    let at = At { file: &failure.file, line: failure.line, column: failure.column };
    let lines = whole(failure);
    let scenario = command("error", at, folder, &result.name, &lines.join("\n"));
    let config = failure.config.as_ref().map(|config| {
        let from = format!("expected by {}", place(&failure.file, failure.line, failure.column));
        let text: Vec<String> = std::iter::once(what(failure))
            .chain(lines.iter().skip(1).filter(|line| !line.starts_with("  command")).cloned())
            .chain([from])
            .collect();
        let at = At { file: &config.file, line: config.line, column: config.column };
        command("error", at, folder, &result.name, &text.join("\n"))
    });
    std::iter::once(scenario).chain(config).collect()
}

fn warning(result: &CaseResult, folder: &str) -> String {
    let tries = bad(result).into_iter().map(|(number, attempt)| format!("\ntry {number}: {}", first(attempt)));
    let text = format!("passed at try {} only{}", result.attempts.len(), tries.collect::<String>());
    let at = At { file: &result.file, line: result.line, column: 0 };
    command("warning", at, folder, &result.name, &text)
}

/// Returns a workflow command.
fn command(kind: &str, at: At<'_>, folder: &str, title: &str, message: &str) -> String {
    let mut properties = vec![("file", in_repository(at.file, folder))];
    if at.line > 0 {
        properties.push(("line", at.line.to_string()));
        if at.column > 0 {
            properties.push(("col", at.column.to_string()));
        }
    }
    properties.push(("title", head(&one_line(title), TITLE)));
    let properties = properties.iter().filter(|(_, value)| !value.is_empty());
    let properties: Vec<String> = properties.map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{kind} {}::{}\n", properties.join(","), data(&head(message, MESSAGE)))
}

fn in_repository(file: &str, folder: &str) -> String {
    let file = one_line(file);
    let file = file.strip_prefix("./").unwrap_or(&file);
    match folder.trim_matches('/') {
        "" | "." => file.to_owned(),
        _ if file.starts_with('/') => file.to_owned(),
        folder => format!("{folder}/{file}"),
    }
}

fn head(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Escapes a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property's value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the runner makes of it (actions/runner, `ActionCommand`).
    fn read(text: &str, more: &[(&str, &str)]) -> String {
        let all = [("%0D", "\r"), ("%0A", "\n")].iter().chain(more).chain([&("%25", "%")]);
        all.fold(text.to_owned(), |text, (escaped, char)| text.replace(escaped, char))
    }

    proptest! {
        #[test]
        fn what_the_runner_reads_is_what_was_meant(text in "[%0-9A-D:,=\r\n\\PC]{0,30}") {
            prop_assert_eq!(read(&data(&text), &[]), text.clone());
            prop_assert_eq!(read(&property(&text), &[("%3A", ":"), ("%2C", ",")]), text.clone());
            prop_assert!(!property(&text).contains([':', ',', '\r', '\n']));
            let at = At { file: &text, line: 1, column: 1 };
            let whole = command("error", at, "", &text, &text);
            prop_assert!(whole.ends_with('\n') && whole.lines().count() == 1, "{:?}", whole);
            // The command's own end comes before anything of the message.
            prop_assert!(whole["::".len()..].split_once("::").is_some_and(|(head, _)| head.starts_with("error ")));
        }
    }
}

//! `JUnit`'s XML, in nextest's dialect: a suite for each scenario file, a case for each codespace, and tries as `flakyFailure` and
//! `rerunFailure`, as Maven's Surefire has them.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::parts::{bad, first, one_line, seconds, took, whole};
use crate::scenario::{Attempt, CaseOutcome, CaseResult, RunResult, StepResult};

/// The document could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write JUnit's XML")]
pub struct JunitError(#[from] SerializeError);

/// Returns the document of a run.
pub fn junit(results: &[CaseResult], run: &RunResult) -> Result<String, JunitError> {
    let mut suites: Vec<TestSuite> = Vec::new();
    for result in results {
        let file = xml(&one_line(&result.file));
        let at = suites.iter().position(|suite| suite.name == file).unwrap_or_else(|| {
            suites.push(TestSuite::new(&file));
            suites.len() - 1
        });
        if let Some(suite) = suites.get_mut(at) {
            suite.add_test_case(case(result));
            suite.set_time(suite.time.unwrap_or_default().saturating_add(time(took(result))));
        }
    }
    let mut report = Report::new("localspace");
    report.set_time(time(run.seconds)).add_test_suites(suites);
    // RFC 3339 times of one zone are in the order of their texts.
    let times = results.iter().flat_map(|result| &result.attempts).map(|attempt| &attempt.time);
    report.timestamp = times.filter(|time| !time.is_empty()).min().and_then(|first| first.parse().ok());
    Ok(report.to_string()?)
}

fn case(result: &CaseResult) -> TestCase {
    let bad = bad(result);
    // nextest: of a case that failed the first try is the case itself, and later ones are reruns; of a flaky one, the last.
    let (status, main) = match result.outcome {
        CaseOutcome::Passed | CaseOutcome::Flaky => {
            let mut status = TestCaseStatus::success();
            status.add_reruns(bad.iter().map(|(_, attempt)| rerun(attempt)));
            (status, result.attempts.last())
        }
        CaseOutcome::Failed | CaseOutcome::Error => {
            let (main, later) = match bad.split_first() {
                Some(((_, main), later)) => (Some(*main), later),
                None => (None, &[][..]),
            };
            let mut status = TestCaseStatus::non_success(kind(result.outcome));
            status
                .set_type(type_of(result.outcome))
                .set_message(main.map_or_else(String::new, |main| xml(&first(main))));
            status.set_description(xml(&description(main, result)));
            status.add_reruns(later.iter().map(|(_, attempt)| rerun(attempt)));
            (status, main.or(result.attempts.last()))
        }
        CaseOutcome::Interrupted => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("the run was interrupted");
            (status, result.attempts.last())
        }
    };
    let mut case = TestCase::new(xml(&one_line(&result.name)), status);
    case.set_classname(xml(&one_line(&result.file))).set_time(time(main.map_or(0.0, |main| main.seconds)));
    case.timestamp = main.and_then(|main| main.time.parse().ok());
    let steps: String = main.iter().flat_map(|main| &main.steps).map(step).collect();
    if !steps.is_empty() {
        case.set_system_out(xml(&steps));
    }
    case
}

fn rerun(attempt: &Attempt) -> TestRerun {
    let mut rerun = TestRerun::new(kind(attempt.outcome));
    rerun.set_type(type_of(attempt.outcome)).set_message(xml(&first(attempt))).set_time(time(attempt.seconds));
    rerun.set_description(xml(&failures(attempt)));
    rerun.timestamp = attempt.time.parse().ok();
    rerun
}

const fn kind(outcome: CaseOutcome) -> NonSuccessKind {
    match outcome {
        CaseOutcome::Error => NonSuccessKind::Error,
        CaseOutcome::Passed | CaseOutcome::Flaky | CaseOutcome::Failed | CaseOutcome::Interrupted => {
            NonSuccessKind::Failure
        }
    }
}

const fn type_of(outcome: CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Error => "error",
        CaseOutcome::Passed | CaseOutcome::Flaky | CaseOutcome::Failed | CaseOutcome::Interrupted => {
            "expectation failed"
        }
    }
}

fn description(attempt: Option<&Attempt>, result: &CaseResult) -> String {
    let repeat = one_line(&result.repeat);
    let repeat = if repeat.is_empty() { repeat } else { format!("repeat: {repeat}\n") };
    format!("{}{repeat}", attempt.map_or_else(String::new, failures))
}

fn failures(attempt: &Attempt) -> String {
    attempt.failures.iter().flat_map(whole).map(|line| line + "\n").collect()
}

/// Returns the timeline of a step.
fn step(step: &StepResult) -> String {
    let phases = step
        .phases
        .iter()
        .map(|one| format!("  {:20}  {:9}  {:.1} s\n", one.phase, one_line(&one.outcome), seconds(one.seconds)));
    format!("{}  {:.1} s\n{}", one_line(&step.name), seconds(step.seconds), phases.collect::<String>())
}

fn time(length: f64) -> Duration {
    Duration::try_from_secs_f64(seconds(length)).unwrap_or_default()
}

/// Returns a text without what XML 1.0 has no way to write; other control characters are gone by now.
fn xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// Reads a document, and returns how many cases are in it, and how many of those failed.
#[cfg(test)]
pub(super) fn read(text: &str) -> (usize, usize) {
    let report = Report::deserialize_from_str(text).expect("XML");
    (report.tests, report.failures)
}

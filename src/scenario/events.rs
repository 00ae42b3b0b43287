//! What happens while scenarios run: the one stream that the terminal, JSON, `JUnit` and GitHub's annotations read. As JSON lines it is what
//! `localspace test --json` prints and `localspace report merge` reads.

use serde::{Deserialize, Serialize};

use super::at::Spot;
use super::check::Mismatch;
use crate::phase::Phase;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TestEvent {
    /// Scenarios begin to run.
    RunStarted {
        /// The version of these lines.
        version: u32,
        /// When, RFC 3339.
        time: String,
        /// How many codespaces there will be.
        cases: usize,
        /// How many at a time.
        jobs: usize,
    },
    /// A codespace's scenario begins.
    CaseStarted {
        /// Its name.
        name: String,
        /// Which try it is, from 1.
        attempt: u32,
    },
    /// A step begins.
    StepStarted {
        /// The case's name.
        name: String,
        /// The step: `create`.
        step: String,
    },
    /// A phase begins.
    PhaseStarted {
        /// The case's name.
        name: String,
        /// The phase.
        phase: Phase,
    },
    /// A case is over.
    CaseFinished(Box<CaseResult>),
    /// All are over.
    RunFinished(RunResult),
}

impl TestEvent {
    /// The version of these lines.
    pub const VERSION: u32 = 1;
}

/// What a case came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// The scenario's file, from the folder that it runs in.
    pub file: String,
    /// Where the scenario's name stands in it.
    pub line: u64,
    /// How it ended.
    pub outcome: CaseOutcome,
    /// Each try, in order; one, unless more were asked for.
    pub attempts: Vec<Attempt>,
    /// The command that repeats it, with everything kept.
    pub repeat: String,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CaseOutcome {
    /// All is as it is expected.
    Passed,
    /// It is so now, and was not at an earlier try.
    Flaky,
    /// Something is not.
    Failed,
    /// It could not be found out: the engine, the hub, the time.
    Error,
    /// It was not run, or not to its end, as the run was interrupted.
    Interrupted,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// How it ended.
    pub outcome: CaseOutcome,
    /// When it began, RFC 3339.
    pub time: String,
    /// Wall time, with the codespace's removal.
    pub seconds: f64,
    /// The steps that were come to.
    pub steps: Vec<StepResult>,
    /// What is not as it is expected, and what went wrong.
    pub failures: Vec<Failure>,
    /// What is kept of it, for a look: a command that opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// The step: `create`.
    pub name: String,
    /// Wall time.
    pub seconds: f64,
    /// The phases that it went through.
    pub phases: Vec<PhaseTime>,
}

/// How long a phase took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseTime {
    /// The phase.
    pub phase: Phase,
    /// `succeeded`, `failed` or `skipped`.
    pub outcome: String,
    /// Wall time; 0 where it was skipped.
    pub seconds: f64,
}

/// Something that is not as it is expected, or went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The file that expects it.
    pub file: String,
    /// Where, counted from 1.
    pub line: u64,
    /// Where in the line, counted from 1, in characters.
    pub column: u64,
    /// The step: `create`.
    pub step: String,
    /// What it is: `postCreateCommand.stdout`.
    pub what: String,
    /// What is expected.
    pub expected: String,
    /// What is so.
    pub actual: String,
    /// Lines that show it: of a command's output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub around: Vec<String>,
    /// The phase that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Where that phase's command stands in the repository's configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigPlace>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A place in a dev container configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigPlace {
    /// The file, from the folder that the scenarios run in.
    pub file: String,
    /// Counted from 1.
    pub line: u64,
    /// Counted from 1, in characters.
    pub column: u64,
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// How many passed, flaky ones with them.
    pub passed: usize,
    /// How many of those at a later try.
    pub flaky: usize,
    /// How many failed.
    pub failed: usize,
    /// Of how many it could not be found out.
    pub errors: usize,
    /// How many were not run to their end.
    pub interrupted: usize,
    /// Wall time.
    pub seconds: f64,
}

impl RunResult {
    /// Counts one more case.
    pub fn count(&mut self, outcome: CaseOutcome) {
        match outcome {
            CaseOutcome::Passed => self.passed += 1,
            CaseOutcome::Flaky => (self.passed, self.flaky) = (self.passed + 1, self.flaky + 1),
            CaseOutcome::Failed => self.failed += 1,
            CaseOutcome::Error => self.errors += 1,
            CaseOutcome::Interrupted => self.interrupted += 1,
        }
    }

    /// Returns how many there were.
    pub const fn total(&self) -> usize {
        self.passed + self.failed + self.errors + self.interrupted
    }
}

impl Failure {
    /// Returns what there is to say of something that could not be done, and where it was to be.
    pub fn trouble(file: &str, spot: Spot, step: &str, why: String) -> Self {
        let mismatch = Mismatch {
            spot,
            what: step.to_owned(),
            expected: "it can be done".to_owned(),
            actual: why,
            around: Vec::new(),
            phase: None,
        };
        Self::of(mismatch, file, step)
    }

    /// Returns what there is to say of a mismatch in `file` after a step.
    pub fn of(mismatch: Mismatch, file: &str, step: &str) -> Self {
        let Mismatch { spot, what, expected, actual, around, phase } = mismatch;
        Self {
            file: file.to_owned(),
            line: spot.line,
            column: spot.column,
            step: step.to_owned(),
            what,
            expected,
            actual,
            around,
            phase,
            config: None,
            hint: None,
        }
    }
}

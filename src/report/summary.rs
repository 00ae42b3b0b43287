//! What a run came to: a fold over its events.

use jiff::Timestamp;

use super::tail::Tails;
use crate::codespace::CodespaceName;
use crate::journal::{
    Diagnosis, Event, Outcome, PhaseFinished, PrebuildUse, Record, RegistryLogin, RunStarted, StepState,
};
use crate::phase::Phase;

/// How many lines of a failed command's output are kept.
const EXCERPT: usize = 20;

/// What the newest run of a codespace came to.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Which codespace; absent as long as there was no event.
    pub codespace: Option<CodespaceName>,
    /// What the run began with.
    pub run: Option<RunStarted>,
    /// When it began.
    pub began: Option<Timestamp>,
    /// The prebuild that a new codespace is made of, or why there is none.
    pub prebuild: Option<PrebuildUse>,
    /// The phases that are over, in order.
    pub phases: Vec<PhaseSummary>,
    /// The phase that began and has not ended: still under way, or its process died.
    pub running: Option<Phase>,
    /// The phase after which the codespace could be used; absent as long as it cannot.
    pub ready: Option<Phase>,
    /// What became of each registry.
    pub registries: Vec<RegistryLogin>,
    /// Why something failed.
    pub diagnoses: Vec<Diagnosis>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// The first phase that failed.
    pub failure: Option<Failure>,
    /// What became of the recovery container that took the place of the codespace's own.
    pub recovery: Option<Recovery>,
    /// How the run ended; absent where it did not.
    pub end: Option<End>,
    /// The first command of the running phase that failed.
    failed_command: Option<String>,
    tails: Tails,
}

/// What became of a phase.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseSummary {
    pub phase: Phase,
    pub outcome: PhaseOutcome,
    /// Wall time; 0 where it was skipped.
    pub seconds: f64,
    /// The exit code of the command that failed, or 0.
    pub exit_code: Option<i32>,
    /// Why it failed or was skipped.
    pub reason: Option<String>,
}

/// How a phase ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhaseOutcome {
    Succeeded,
    Failed,
    /// It was not run.
    Skipped,
}

/// Something a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub phase: Option<Phase>,
    pub message: String,
    pub hint: Option<String>,
}

/// The phase that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub phase: Phase,
    /// Which of its commands, where it has several.
    pub command: Option<String>,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
    /// What shows the reason: the place in a file.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The last lines that the command wrote, without control characters.
    pub excerpt: Vec<String>,
}

/// What became of a recovery container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    pub outcome: Outcome,
    /// Why it could not be made.
    pub reason: Option<String>,
    pub hint: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    pub outcome: Outcome,
    /// Wall time of the whole run.
    pub seconds: f64,
    pub message: Option<String>,
}

impl PhaseOutcome {
    /// Returns the outcome's name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl From<Outcome> for PhaseOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Failed => Self::Failed,
        }
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            codespace: None,
            run: None,
            began: None,
            prebuild: None,
            phases: Vec::new(),
            running: None,
            ready: None,
            registries: Vec::new(),
            diagnoses: Vec::new(),
            warnings: Vec::new(),
            failure: None,
            recovery: None,
            end: None,
            failed_command: None,
            tails: Tails::new(EXCERPT),
        }
    }
}

impl Summary {
    /// Returns what the newest run among `records` came to.
    pub fn of(records: impl IntoIterator<Item = Record>) -> Self {
        let mut summary = Self::default();
        for record in records {
            summary.add(&record);
        }
        summary
    }

    /// Takes one more event. A run that begins makes everything before it forgotten.
    pub fn add(&mut self, record: &Record) {
        match &record.event {
            Event::RunStarted(run) => {
                *self = Self { run: Some(run.clone()), began: Some(record.time), ..Self::default() };
            }
            Event::Prebuild(used) => self.prebuild = Some(used.clone()),
            Event::PhaseStarted { phase } => self.phase_started(*phase),
            Event::PhaseSkipped { phase, reason } => self.phases.push(PhaseSummary {
                phase: *phase,
                outcome: PhaseOutcome::Skipped,
                seconds: 0.0,
                exit_code: None,
                reason: Some(reason.clone()),
            }),
            Event::PhaseFinished(finished) => self.phase_finished(finished),
            Event::CommandFinished { command, exit_code, .. } => {
                if *exit_code != 0 {
                    self.failed_command.get_or_insert_with(|| command.clone());
                }
            }
            Event::BuildStep(step) => {
                if step.state == StepState::Failed {
                    self.failed_command.get_or_insert_with(|| step.step.clone());
                }
            }
            Event::Output(output) => self.tails.push(output),
            Event::Progress { .. }
            | Event::CommandStarted { .. }
            | Event::ContainerReady { .. }
            | Event::CreationFailed { .. } => {}
            Event::RecoveryContainer { outcome, reason, hint, .. } => {
                self.recovery = Some(Recovery { outcome: *outcome, reason: reason.clone(), hint: hint.clone() });
            }
            Event::Ready { wait_for } => self.ready = Some(*wait_for),
            Event::RegistryLogin(login) => self.registries.push(login.clone()),
            Event::Warning { phase, message, hint } => {
                self.warnings.push(Warning { phase: *phase, message: message.clone(), hint: hint.clone() });
            }
            Event::Diagnosis(diagnosis) => self.diagnoses.push(diagnosis.clone()),
            Event::RunFinished { outcome, seconds, message } => {
                self.end = Some(End { outcome: *outcome, seconds: *seconds, message: message.clone() });
            }
        }
        self.codespace = Some(record.codespace.clone());
    }

    /// Returns whether the run came to a good end, with no phase failed.
    pub fn is_success(&self) -> bool {
        self.failure.is_none() && self.end.as_ref().is_some_and(|end| end.outcome == Outcome::Succeeded)
    }

    fn phase_started(&mut self, phase: Phase) {
        self.running = Some(phase);
        self.failed_command = None;
        self.tails.clear();
    }

    fn phase_finished(&mut self, finished: &PhaseFinished) {
        self.running = None;
        let PhaseFinished { phase, outcome, seconds, exit_code, reason, detail, hint } = finished.clone();
        if outcome == Outcome::Failed && self.failure.is_none() {
            // Where none of several commands ended (a timeout), the one that wrote last is the best witness.
            // A build fails of a step, or of none.
            let newest = self.tails.newest().filter(|_| phase != Phase::Image).cloned();
            let command = self.failed_command.take().or(newest);
            let excerpt = self.tails.lines(command.as_ref());
            self.failure = Some(Failure { phase, command, exit_code, reason: reason.clone(), detail, hint, excerpt });
        }
        self.phases.push(PhaseSummary { phase, outcome: outcome.into(), seconds, exit_code, reason });
    }
}

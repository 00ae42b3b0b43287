//! A run where there is no terminal: one line per phase, as it ends.

use std::io::Write;

use jiff::Timestamp;

use super::say;
use crate::journal::{CreationError, Event, Outcome, PhaseFinished, Sink, SinkError, StepState};
use crate::report;

/// Writes a line for each phase that ended or was skipped, for each warning, and when the codespace can be used.
pub struct Plain {
    stderr: Box<dyn Write + Send>,
    has_failed: bool,
}

impl Plain {
    /// Returns a sink that writes to `stderr`.
    pub const fn new(stderr: Box<dyn Write + Send>) -> Self {
        Self { stderr, has_failed: false }
    }
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Plain")
    }
}

impl Sink for Plain {
    fn event(&mut self, _: Timestamp, event: &Event) -> Result<(), SinkError> {
        if let Event::PhaseFinished(finished) = event {
            self.has_failed |= finished.outcome == Outcome::Failed;
        }
        let lines: Vec<String> = match event {
            // That nothing comes after a failure is in the table at the end.
            Event::PhaseSkipped { .. } if self.has_failed => return Ok(()),
            Event::PhaseFinished(finished) => vec![phase_finished(finished)],
            Event::PhaseSkipped { phase, reason } => vec![format!("{phase}: skipped: {}", one_line(reason))],
            Event::Warning { message, hint, .. } => warning(message, hint.as_deref()),
            Event::BuildStep(step) if step.state != StepState::Started => {
                vec![format!("{}: [{}] {}", step.phase, one_line(&step.step), one_line(&report::build_step(step)))]
            }
            Event::Prebuild(used) => report::prebuild(used),
            Event::Ready { .. } => vec![READY.to_owned()],
            Event::CreationFailed { error, .. } => creation_failed(*error),
            Event::RecoveryContainer { outcome, seconds, reason, .. } => {
                vec![recovery_container(*outcome, *seconds, reason.as_deref())]
            }
            Event::RunStarted(_)
            | Event::PhaseStarted { .. }
            | Event::BuildStep(_)
            | Event::CommandStarted { .. }
            | Event::CommandFinished { .. }
            | Event::ContainerReady { .. }
            | Event::Output(_)
            | Event::Progress { .. }
            | Event::RegistryLogin(_)
            | Event::Diagnosis(_)
            | Event::RunFinished { .. } => return Ok(()),
        };
        say(&mut self.stderr, &(lines.join("\n") + "\n"));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Returns what GitHub says where a codespace, or a prebuild, could not be made (codespaces-facts.md section 1.5).
pub(super) fn creation_failed(error: CreationError) -> Vec<String> {
    let code = format!("Error code: {} ({})", error.code(), error.name());
    match error {
        CreationError::Container => {
            ["Failed to create container.", &code, "Creating recovery container."].map(str::to_owned).into()
        }
        CreationError::Prebuild => vec![code],
    }
}

pub(super) fn recovery_container(outcome: Outcome, seconds: f64, reason: Option<&str>) -> String {
    let reason = reason.map_or(String::new(), |reason| format!(": {}", one_line(reason)));
    format!("recovery container: {} ({seconds:.1} s){reason}", outcome.name())
}

/// What stands where a codespace can be used.
pub(super) const READY: &str = "ready: the codespace can be used";

pub(super) fn warning(message: &str, hint: Option<&str>) -> Vec<String> {
    let hint = hint.map(|hint| format!("hint: {}", one_line(hint)));
    std::iter::once(format!("warning: {}", one_line(message))).chain(hint).collect()
}

/// Returns text that takes one line and cannot do anything to a terminal.
pub(super) fn one_line(text: &str) -> String {
    report::plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns why a phase did not succeed: the reason, or the exit code.
pub(super) fn cause(finished: &PhaseFinished) -> Option<String> {
    let code = finished.exit_code.filter(|code| *code != 0).map(|code| format!("exit code {code}"));
    finished.reason.as_deref().map(one_line).or(code)
}

fn phase_finished(finished: &PhaseFinished) -> String {
    let cause = cause(finished).map_or(String::new(), |cause| format!(": {cause}"));
    format!("{}: {} ({:.1} s){cause}", finished.phase, finished.outcome.name(), finished.seconds)
}

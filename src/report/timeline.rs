//! The table at the end of a run: which phase, how it ended, how long it took.

use std::fmt::Write;

use super::look::{Look, Paint, wrap};
use super::moment::moment;
use super::sanitise;
use super::summary::{PhaseOutcome, PhaseSummary, Summary};
use crate::journal::RegistryLogin;
use crate::phase::Phase;

/// The narrowest column of reasons worth having; where there is less room, a reason has lines of its own.
const REASON: usize = 24;
const OUTCOME: usize = "succeeded".len();
const SECONDS: usize = "seconds".len();

/// Returns the table; empty where no phase is over.
pub fn timeline(summary: &Summary, look: Look) -> String {
    let Some(name) = summary.phases.iter().map(|phase| phase.phase.name().len()).max() else {
        return String::new();
    };
    let head = format!("{:name$}  {:OUTCOME$}  {:>SECONDS$}", "phase", "outcome", "seconds");
    let mut table = look.paint(Paint::Bold, &head) + "\n";
    for phase in &summary.phases {
        let seconds = match phase.outcome {
            PhaseOutcome::Succeeded | PhaseOutcome::Failed => format!("{:.1}", phase.seconds),
            PhaseOutcome::Skipped => "-".to_owned(),
        };
        let outcome = format!("{:OUTCOME$}", phase.outcome.name());
        let outcome = look.paint(Look::paint_of(phase.outcome), &outcome);
        // Writing to a String does not fail.
        write!(table, "{:name$}  {outcome}  {seconds:>SECONDS$}", phase.phase).ok();
        let remark = remark(phase, summary);
        table.push_str(&remark_cell(&remark, name + OUTCOME + SECONDS + 6, look));
        table.push('\n');
    }
    table
}

/// Returns why a phase failed or was skipped, or until when what it has done is good; empty where there is nothing to say.
fn remark(phase: &PhaseSummary, summary: &Summary) -> String {
    match (&phase.reason, phase.exit_code) {
        (Some(reason), _) => sanitise::plain(reason).into_owned(),
        (None, Some(code)) if code != 0 => format!("exit code {code}"),
        (None, _) if phase.phase == Phase::RegistryLogin => {
            let until = |login: &RegistryLogin| Some(format!("{} until {}", login.id, moment(login.expires_at?)));
            sanitise::plain(&summary.registries.iter().filter_map(until).collect::<Vec<_>>().join(", ")).into_owned()
        }
        (None, _) => String::new(),
    }
}

/// Returns what stands after the seconds, which end before column `at`.
fn remark_cell(remark: &str, at: usize, look: Look) -> String {
    if remark.is_empty() {
        return String::new();
    }
    let beside = look.width >= at + REASON;
    let indent = if beside { at } else { 2 };
    let lines = wrap(remark, look.width.saturating_sub(indent).max(1));
    let gap = " ".repeat(indent);
    let separator = format!("\n{gap}");
    let first = if beside { "  " } else { separator.as_str() };
    format!("{first}{}", lines.join(&separator))
}

//! What a call says of itself while it leads a codespace through its phases, made into what was seen.

use std::collections::BTreeMap;

use super::child::Ran;
use crate::journal::{Event, LoginOutcome, OutputStream, Record};
use crate::phase::Phase;
use crate::report::{PhaseOutcome, Summary};
use crate::scenario::{Captured, OutcomeWord, PhaseTime, PhaseWord, Seen, SeenPhase, SeenPrebuild};

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    summary: Summary,
    wrote: BTreeMap<Phase, (Captured, Captured)>,
}

impl Watch {
    /// Takes one more event; returns the phase that began with it.
    pub(super) fn add(&mut self, record: &Record) -> Option<Phase> {
        self.summary.add(record);
        match &record.event {
            Event::Output(output) => {
                let (stdout, stderr) = self.wrote.entry(output.phase).or_default();
                match output.stream {
                    OutputStream::Stdout => stdout.push(&output.text),
                    OutputStream::Stderr => stderr.push(&output.text),
                }
                None
            }
            Event::PhaseStarted { phase } => Some(*phase),
            Event::RunStarted(_)
            | Event::Prebuild(_)
            | Event::PhaseSkipped { .. }
            | Event::PhaseFinished(_)
            | Event::CommandStarted { .. }
            | Event::CommandFinished { .. }
            | Event::BuildStep(_)
            | Event::Progress { .. }
            | Event::ContainerReady { .. }
            | Event::Ready { .. }
            | Event::RegistryLogin(_)
            | Event::Warning { .. }
            | Event::Diagnosis(_)
            | Event::CreationFailed { .. }
            | Event::RecoveryContainer { .. }
            | Event::RunFinished { .. } => None,
        }
    }

    /// Returns what was seen, once the call is over.
    pub(super) fn seen(mut self, ran: &Ran) -> Seen {
        let mut phases = BTreeMap::new();
        for phase in &self.summary.phases {
            let (stdout, stderr) = self.wrote.remove(&phase.phase).unwrap_or_default();
            let outcome = Some(match phase.outcome {
                PhaseOutcome::Succeeded => PhaseWord::Succeeded,
                PhaseOutcome::Failed => PhaseWord::Failed,
                PhaseOutcome::Skipped => PhaseWord::Skipped,
            });
            let servers = if phase.phase == Phase::RegistryLogin { self.servers() } else { Vec::new() };
            let seen = SeenPhase {
                outcome,
                exit_code: phase.exit_code,
                seconds: phase.seconds,
                reason: phase.reason.clone(),
                stdout,
                stderr,
                servers: servers.into_iter().collect(),
            };
            phases.insert(phase.phase, seen);
        }
        let summary = self.summary;
        let mut warnings = Captured::default();
        for warning in &summary.warnings {
            let hint = warning.hint.as_ref().map_or_else(String::new, |hint| format!(": {hint}"));
            warnings.push(&format!("{}{hint}\n", warning.message));
        }
        let told = summary.end.and_then(|end| end.message);
        let used = summary.prebuild;
        let succeeded = ran.code == 0;
        Seen {
            outcome: Some(if succeeded { OutcomeWord::Success } else { OutcomeWord::Error }),
            message: if succeeded { String::new() } else { told.unwrap_or_else(|| ran.complaint()) },
            seconds: ran.seconds,
            phases,
            diagnoses: summary.diagnoses.into_iter().map(|diagnosis| diagnosis.rule).collect(),
            warnings,
            prebuild: used.map_or_else(SeenPrebuild::default, |used| SeenPrebuild {
                name: used.name,
                reason: used.reason,
                commits_behind: used.commits.len() as u64,
                saves: None,
            }),
            ..Seen::default()
        }
    }

    fn servers(&self) -> Vec<String> {
        let written = self.summary.registries.iter().filter(|login| login.outcome == LoginOutcome::Written);
        written.map(|login| login.server.clone()).collect()
    }
}

/// Returns how long each phase took.
pub(super) fn times(seen: &Seen) -> Vec<PhaseTime> {
    let time = |(phase, seen): (&Phase, &SeenPhase)| PhaseTime {
        phase: *phase,
        outcome: seen.outcome.map_or("unknown", PhaseWord::name).to_owned(),
        seconds: seen.seconds,
    };
    seen.phases.iter().map(time).collect()
}

/// Returns the seconds that phases took.
pub(super) fn spent(phases: &BTreeMap<Phase, SeenPhase>, which: impl Fn(Phase) -> bool) -> f64 {
    phases.iter().filter(|(phase, _)| which(**phase)).map(|(_, seen)| seen.seconds).sum()
}

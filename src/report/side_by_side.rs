//! Two runs beside each other: one without a prebuild, one with.

use super::summary::{PhaseOutcome, PhaseSummary, Summary};
use super::table::table;
use crate::phase::Phase;

/// What two runs took.
#[derive(Debug, Clone, PartialEq)]
pub struct SideBySide {
    /// Each phase that one of them has: what it took without and with; nothing where it was skipped or never came.
    pub phases: Vec<(Phase, Option<f64>, Option<f64>)>,
    /// The whole runs, in seconds.
    pub without: f64,
    pub with: f64,
}

impl SideBySide {
    /// Compares two runs.
    pub fn of(without: &Summary, with: &Summary) -> Self {
        let took = |summary: &Summary, phase: Phase| {
            let is_it = |one: &&PhaseSummary| one.phase == phase && one.outcome != PhaseOutcome::Skipped;
            summary.phases.iter().find(is_it).map(|one| one.seconds)
        };
        let rows = Phase::ALL.map(|phase| (phase, took(without, phase), took(with, phase)));
        let phases = rows.into_iter().filter(|(_, one, other)| one.is_some() || other.is_some()).collect();
        let total = |summary: &Summary| summary.end.as_ref().map_or(0.0, |end| end.seconds);
        Self { phases, without: total(without), with: total(with) }
    }

    /// Returns how many seconds the prebuild saves; less than none where it costs some.
    pub const fn saved(&self) -> f64 {
        self.without - self.with
    }

    /// Returns the same in percent of the run without.
    pub fn percent(&self) -> f64 {
        if self.without > 0.0 { self.saved() / self.without * 100.0 } else { 0.0 }
    }

    /// Returns the table, and what is saved.
    pub fn text(&self) -> String {
        let cell = |seconds: Option<f64>| seconds.map_or("-".to_owned(), |seconds| format!("{seconds:.1} s"));
        let row = |name: &str, without, with| vec![name.to_owned(), cell(without), cell(with)];
        let mut rows: Vec<_> = self.phases.iter().map(|(phase, one, other)| row(phase.name(), *one, *other)).collect();
        rows.push(row("total", Some(self.without), Some(self.with)));
        let head = ["PHASE", "WITHOUT", "WITH PREBUILD"].map(str::to_owned).to_vec();
        let (saved, percent) = (self.saved().abs(), self.percent().abs());
        let told = if self.saved() >= 0.0 { "saves" } else { "costs" };
        format!("{}the prebuild {told} {saved:.1} s ({percent:.0} %)\n", table(head, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Outcome;
    use crate::report::End;

    fn run(phases: &[(Phase, PhaseOutcome, f64)], seconds: f64) -> Summary {
        let phase = |(phase, outcome, seconds): &(Phase, PhaseOutcome, f64)| PhaseSummary {
            phase: *phase,
            outcome: *outcome,
            seconds: *seconds,
            exit_code: None,
            reason: None,
        };
        let mut run = Summary::default();
        run.phases = phases.iter().map(phase).collect();
        run.end = Some(End { outcome: Outcome::Succeeded, seconds, message: None });
        run
    }

    #[test]
    fn what_is_saved_is_told_in_seconds_and_percent() {
        use PhaseOutcome::{Skipped, Succeeded};
        let without = run(
            &[
                (Phase::Image, Succeeded, 2.0),
                (Phase::OnCreateCommand, Succeeded, 7.0),
                (Phase::RegistryLogin, Skipped, 0.0),
            ],
            10.0,
        );
        let with = run(&[(Phase::Create, Succeeded, 2.5), (Phase::OnCreateCommand, Skipped, 0.0)], 2.5);
        let both = SideBySide::of(&without, &with);
        assert_eq!(
            both.text(),
            "PHASE            WITHOUT  WITH PREBUILD\n\
             image            2.0 s    -\n\
             create           -        2.5 s\n\
             onCreateCommand  7.0 s    -\n\
             total            10.0 s   2.5 s\n\
             the prebuild saves 7.5 s (75 %)\n"
        );
        let slower = SideBySide::of(&with, &without);
        assert!(slower.text().ends_with("the prebuild costs 7.5 s (300 %)\n"), "{}", slower.text());
        assert!(SideBySide::of(&run(&[], 0.0), &run(&[], 0.0)).text().ends_with("saves 0.0 s (0 %)\n"));
    }
}

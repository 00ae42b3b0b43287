//! What was seen held against what is expected: each thing that is not so, with both.

mod container;
mod text;

use super::at::{At, Spot};
use super::expect::{Expect, NoneWord, OutcomeWord, PhaseExpect, PhaseWord, PrebuildExpect, Text};
use super::forms::{Texts, WordOr};
use super::seen::{Captured, Seen, SeenCommand, SeenPhase};
use super::step::Step;
use crate::phase::Phase;

/// Something that is not as it is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where that is expected.
    pub spot: Spot,
    /// What it is: `postCreateCommand.stdout`.
    pub what: String,
    /// What is expected.
    pub expected: String,
    /// What is so.
    pub actual: String,
    /// Lines that show it.
    pub around: Vec<String>,
    /// The phase that it is about.
    pub phase: Option<Phase>,
}

/// What is not so, as it is gathered.
#[derive(Debug, Default)]
pub(super) struct Mismatches {
    phase: Option<Phase>,
    all: Vec<Mismatch>,
}

impl Mismatches {
    fn add(&mut self, spot: Spot, what: impl Into<String>, expected: impl Into<String>, actual: impl Into<String>) {
        self.show(spot, what, expected, actual, Vec::new());
    }

    fn show(
        &mut self,
        spot: Spot,
        what: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
        around: Vec<String>,
    ) {
        let (what, expected, actual, phase) = (what.into(), expected.into(), actual.into(), self.phase);
        self.all.push(Mismatch { spot, what, expected, actual, around, phase });
    }

    /// Holds something that is simply equal.
    fn equal<T: PartialEq + std::fmt::Display>(&mut self, what: &str, expected: Option<&At<T>>, actual: &T) {
        if let Some(expected) = expected.filter(|expected| expected.value != *actual) {
            self.add(expected.spot, what, expected.value.to_string(), actual.to_string());
        }
    }
}

/// Returns what is not as it is expected after a step. Where nothing is said of a failure, there has to be none.
pub fn check(step: &Step, seen: &Seen) -> Vec<Mismatch> {
    let mut out = Mismatches::default();
    let nothing = Expect::default();
    let expect = step.expect.as_ref().map_or(&nothing, |expect| &expect.value);
    let Expect {
        outcome,
        message,
        seconds,
        exit,
        stdout,
        stderr,
        phases,
        container,
        diagnosis,
        warnings,
        secrets_leaked,
        prebuild,
    } = expect;
    match (outcome, seen.outcome) {
        (Some(expected), Some(actual)) if expected.value != actual => {
            ended(expected.spot, expected.value, seen, &mut out);
        }
        (None, Some(OutcomeWord::Error)) if !expect.expects_failure() => {
            ended(step.spot, OutcomeWord::Success, seen, &mut out);
        }
        _ => {}
    }
    if let Some(message) = message {
        text::check("message", &message.value, &seen.message.as_str().into(), &mut out);
    }
    if let Some(limit) = seconds.as_ref().filter(|limit| !limit.value.0.holds(seen.seconds)) {
        out.add(limit.spot, "seconds", limit.value.0.to_string(), format!("{:.2}", seen.seconds));
    }
    if let Some(command) = &seen.command {
        check_command(step, (exit.as_ref(), stdout.as_ref(), stderr.as_ref()), command, &mut out);
    }
    for (phase, entry) in phases.iter().flat_map(|phases| phases.value.all()) {
        out.phase = Some(phase);
        check_phase(phase, entry, seen, &mut out);
    }
    out.phase = None;
    if let Some(expected) = diagnosis {
        check_diagnosis(expected, seen, &mut out);
    }
    if let Some(expected) = warnings {
        check_warnings(expected, &seen.warnings, &mut out);
    }
    if let Some(none) = secrets_leaked.as_ref().filter(|_| !seen.leaks.is_empty()) {
        let count = seen.leaks.len();
        let actual = format!("in {count} place{}", if count == 1 { "" } else { "s" });
        out.show(none.spot, "secrets_leaked", "none", actual, seen.leaks.clone());
    }
    if let Some(prebuild) = prebuild {
        check_prebuild(&prebuild.value, seen, &mut out);
    }
    match (container, &seen.container) {
        (Some(expected), Some(Ok(answers))) => container::check(&expected.value, answers, &mut out),
        (Some(expected), Some(Err(why))) => out.add(expected.spot, "container", "a codespace to look at", why.as_str()),
        (Some(expected), None) => out.add(expected.spot, "container", "a codespace to look at", "there is none"),
        (None, _) => {}
    }
    out.all
}

impl Expect {
    /// Tells whether something of it can only be so where the step fails.
    fn expects_failure(&self) -> bool {
        let fails = |(_, entry): (Phase, &At<WordOr<PhaseWord, PhaseExpect>>)| match &entry.value {
            WordOr::Word(word) => *word == PhaseWord::Failed,
            WordOr::Map(expect) => {
                let failed = expect.outcome.as_ref().is_some_and(|outcome| outcome.value == PhaseWord::Failed);
                failed || expect.exit_code.as_ref().is_some_and(|code| code.value != 0)
            }
        };
        self.message.is_some() || self.phases.iter().flat_map(|phases| phases.value.all()).any(fails)
    }
}

fn ended(spot: Spot, expected: OutcomeWord, seen: &Seen, out: &mut Mismatches) {
    out.phase = failed(seen);
    let around = out.phase.and_then(|phase| seen.phase(phase)).map_or_else(Vec::new, text::last_lines);
    let told = if seen.message.is_empty() { String::new() } else { format!(": {}", seen.message) };
    let actual = seen.outcome.map_or("nothing", OutcomeWord::name);
    out.show(spot, "outcome", expected.name(), format!("{actual}{told}"), around);
    out.phase = None;
}

/// What is expected of a command: its exit code, and what it writes.
type OfCommand<'a> = (Option<&'a At<i32>>, Option<&'a At<Text>>, Option<&'a At<Text>>);

fn check_command(step: &Step, (exit, stdout, stderr): OfCommand<'_>, seen: &SeenCommand, out: &mut Mismatches) {
    let (code, spot) = exit.map_or((0, step.spot), |exit| (exit.value, exit.spot));
    if code != seen.exit {
        let around = text::tail(&seen.stdout.text).into_iter().chain(text::tail(&seen.stderr.text)).collect();
        out.show(spot, "exit", code.to_string(), seen.exit.to_string(), around);
    }
    for (what, expected, actual) in [("stdout", stdout, &seen.stdout), ("stderr", stderr, &seen.stderr)] {
        if let Some(expected) = expected {
            text::check(what, &expected.value, actual, out);
        }
    }
}

fn check_diagnosis(expected: &At<Texts>, seen: &Seen, out: &mut Mismatches) {
    let mut wanted: Vec<&str> = expected.value.0.iter().map(String::as_str).filter(|rule| *rule != "none").collect();
    let mut told: Vec<&str> = seen.diagnoses.iter().map(String::as_str).collect();
    for rules in [&mut wanted, &mut told] {
        rules.sort_unstable();
        rules.dedup();
    }
    if wanted != told {
        let list = |rules: &[&str]| if rules.is_empty() { "none".to_owned() } else { rules.join(", ") };
        out.add(expected.spot, "diagnosis", list(&wanted), list(&told));
    }
}

fn check_warnings(expected: &At<WordOr<NoneWord, Text>>, seen: &Captured, out: &mut Mismatches) {
    match &expected.value {
        WordOr::Word(NoneWord::None) if seen.text.is_empty() => {}
        WordOr::Word(NoneWord::None) => {
            out.show(expected.spot, "warnings", "none", seen.text.lines().count().to_string(), text::tail(&seen.text));
        }
        WordOr::Map(entry) => text::check("warnings", entry, seen, out),
    }
}

fn failed(seen: &Seen) -> Option<Phase> {
    let failed = |(_, seen): &(&Phase, &SeenPhase)| seen.outcome == Some(PhaseWord::Failed);
    seen.phases.iter().chain(&seen.in_prebuild).find(failed).map(|(phase, _)| *phase)
}

fn check_phase(phase: Phase, entry: &At<WordOr<PhaseWord, PhaseExpect>>, seen: &Seen, out: &mut Mismatches) {
    let (outcome, expect) = match &entry.value {
        WordOr::Word(word) => (Some(At { value: *word, spot: entry.spot }), None),
        WordOr::Map(expect) => (expect.outcome.clone(), Some(expect)),
    };
    // One that is expected to be skipped is looked at in the codespace alone: its prebuild may have run it.
    let is_skipped = outcome.as_ref().is_some_and(|outcome| outcome.value == PhaseWord::Skipped);
    let found = if is_skipped { seen.phases.get(&phase) } else { seen.phase(phase) };
    let Some(found) = found else {
        let expected = outcome.as_ref().map_or("it runs", |outcome| outcome.value.name());
        out.add(entry.spot, phase.name(), expected, "it was never come to");
        return;
    };
    if let (Some(expected), Some(actual)) = (&outcome, found.outcome)
        && expected.value != actual
    {
        let reason = found.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let told = format!("{}{reason}", actual.name());
        out.show(expected.spot, phase.name(), expected.value.name(), told, text::last_lines(found));
    }
    let Some(PhaseExpect { outcome: _, exit_code, seconds, stdout, stderr, reason, servers }) = expect else { return };
    if let Some(expected) = exit_code.as_ref().filter(|expected| Some(expected.value) != found.exit_code) {
        let actual = found.exit_code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        out.add(expected.spot, format!("{phase}.exit_code"), expected.value.to_string(), actual);
    }
    if let Some(limit) = seconds.as_ref().filter(|limit| !limit.value.0.holds(found.seconds)) {
        out.add(limit.spot, format!("{phase}.seconds"), limit.value.0.to_string(), format!("{:.2}", found.seconds));
    }
    let said = found.reason.as_deref().unwrap_or_default().into();
    for (what, expected, actual) in
        [("stdout", stdout, &found.stdout), ("stderr", stderr, &found.stderr), ("reason", reason, &said)]
    {
        if let Some(expected) = expected {
            text::check(&format!("{phase}.{what}"), &expected.value, actual, out);
        }
    }
    if let Some(expected) = servers {
        let mut wanted: Vec<&String> = expected.value.iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let list = |servers: Vec<&String>| match servers.as_slice() {
            [] => "none".to_owned(),
            servers => servers.iter().map(|server| server.as_str()).collect::<Vec<_>>().join(", "),
        };
        let actual: Vec<&String> = found.servers.iter().collect();
        if wanted != actual {
            out.add(expected.spot, format!("{phase}.servers"), list(wanted), list(actual));
        }
    }
}

fn check_prebuild(expect: &PrebuildExpect, seen: &Seen, out: &mut Mismatches) {
    let PrebuildExpect { used, reason, commits_behind, saves } = expect;
    let seen = &seen.prebuild;
    if let Some(expected) = used.as_ref().filter(|expected| expected.value != seen.name.is_some()) {
        let word = |used: bool| if used { "one is used" } else { "none is used" };
        out.add(
            expected.spot,
            "prebuild.used",
            word(expected.value),
            format!("{}: {}", word(!expected.value), seen.reason),
        );
    }
    if let Some(reason) = reason {
        text::check("prebuild.reason", &reason.value, &seen.reason.as_str().into(), out);
    }
    out.equal("prebuild.commits_behind", commits_behind.as_ref(), &seen.commits_behind);
    if let Some(limit) = saves {
        match seen.saves {
            Some(share) if limit.value.0.holds(share) => {}
            Some(share) => out.add(limit.spot, "prebuild.saves", limit.value.0.to_string(), format!("{share:.0}%")),
            None => out.add(
                limit.spot,
                "prebuild.saves",
                limit.value.0.to_string(),
                "no prebuild of this scenario was used",
            ),
        }
    }
}

impl OutcomeWord {
    /// Returns the word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
        }
    }
}

impl PhaseWord {
    /// Returns the word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

//! The text of `localspace logs`: what a codespace's `creation.log` looks like, with its headlines (codespaces-facts.md section 1.2).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;

use super::lines::LineBuffer;
use super::look::Colour;
use super::moment::moment;
use super::prebuild::prebuild;
use super::sanitise;
use crate::journal::{
    BuildStep, CreationError, Event, Outcome, Output, PhaseFinished, RegistryLogin, RunStarted, StepState,
};
use crate::phase::Phase;

/// The longest line that is shown whole, in bytes.
const LINE: usize = 1 << 20;

/// Makes the log's text, event by event, so that a long log is never in memory and a growing one can be followed.
#[derive(Debug)]
pub struct LogText {
    colour: Colour,
    /// Of the last event.
    time: Timestamp,
    /// The lines that have not ended, by command and stream.
    partial: BTreeMap<(Option<String>, &'static str), LineBuffer>,
}

/// Returns the text of a whole log.
pub fn log_text<'a>(events: impl IntoIterator<Item = (Timestamp, &'a Event)>, colour: Colour) -> String {
    let mut log = LogText::new(colour);
    let text: String = events.into_iter().map(|(time, event)| log.event(time, event)).collect();
    text + &log.finish()
}

impl LogText {
    /// Returns the beginning of a log. The colours of a command's own output are kept where the log goes to a terminal.
    pub const fn new(colour: Colour) -> Self {
        Self { colour, time: Timestamp::UNIX_EPOCH, partial: BTreeMap::new() }
    }

    /// Returns the lines that an event adds; none where a command's line has not ended yet.
    pub fn event(&mut self, time: Timestamp, event: &Event) -> String {
        self.time = time;
        let mut text = String::new();
        match event {
            Event::Output(output) => self.output(&mut text, time, output),
            Event::CommandFinished { command, .. } => self.end_lines(&mut text, |of| of == Some(command)),
            Event::BuildStep(step) => self.end_lines(&mut text, |of| of == Some(&step.step)),
            Event::RunStarted(_)
            | Event::PhaseStarted { .. }
            | Event::PhaseSkipped { .. }
            | Event::PhaseFinished(_)
            | Event::CreationFailed { .. }
            | Event::RecoveryContainer { .. }
            | Event::RunFinished { .. } => self.end_lines(&mut text, |_| true),
            Event::Progress { .. }
            | Event::Prebuild(_)
            | Event::CommandStarted { .. }
            | Event::ContainerReady { .. }
            | Event::Ready { .. }
            | Event::RegistryLogin(_)
            | Event::Warning { .. }
            | Event::Diagnosis(_) => {}
        }
        for line in lines_of(event) {
            push_line(&mut text, time, &sanitise::plain(&line));
        }
        text
    }

    /// Returns what was written and has no end of line: there is no further event.
    pub fn finish(&mut self) -> String {
        let mut text = String::new();
        self.end_lines(&mut text, |_| true);
        text
    }

    fn output(&mut self, text: &mut String, time: Timestamp, output: &Output) {
        let key = (output.command.clone(), output.stream.name());
        let buffer = self.partial.entry(key).or_insert_with(|| LineBuffer::new(LINE));
        buffer.push(&output.text, |line| push_output(text, time, output.command.as_deref(), &line, self.colour));
    }

    fn end_lines(&mut self, text: &mut String, ends: impl Fn(Option<&String>) -> bool) {
        let (time, colour) = (self.time, self.colour);
        self.partial.retain(|(command, _), buffer| {
            let ends = ends(command.as_ref());
            if ends && let Some(line) = buffer.take_partial() {
                push_output(text, time, command.as_deref(), &line, colour);
            }
            !ends
        });
    }
}

fn push_output(text: &mut String, time: Timestamp, command: Option<&str>, line: &str, colour: Colour) {
    let line = match colour {
        Colour::Always => sanitise::coloured(line),
        Colour::Never => sanitise::plain(line),
    };
    match command {
        Some(command) => push_line(text, time, &format!("[{}] {line}", sanitise::plain(command))),
        None => push_line(text, time, &line),
    }
}

pub(super) fn push_line(text: &mut String, time: Timestamp, line: &str) {
    // Writing to a String does not fail.
    writeln!(text, "{}: {}", time.strftime("%Y-%m-%d %H:%M:%S.%3fZ"), line.trim_end()).ok();
}

fn lines_of(event: &Event) -> Vec<String> {
    match event {
        Event::RunStarted(run) => run_started(run),
        Event::Prebuild(used) => prebuild(used),
        Event::PhaseStarted { phase } => vec![headline(*phase)],
        Event::PhaseSkipped { phase, reason } => vec![format!("{phase}: skipped: {}", one_line(reason))],
        Event::PhaseFinished(finished) => {
            let detail = finished.detail.iter().flat_map(|detail| detail.lines()).map(str::to_owned);
            std::iter::once(phase_finished(finished)).chain(detail).collect()
        }
        Event::CommandFinished { command, exit_code, seconds, .. } => {
            vec![format!("[{command}] ended with exit code {exit_code} ({seconds:.1} s)")]
        }
        Event::BuildStep(step) => vec![format!("[{}] {}", step.step, build_step(step))],
        Event::CommandStarted { command, text, .. } => {
            let label = command.as_ref().map_or(String::new(), |command| format!("[{command}] "));
            let line = |(at, line)| format!("{label}{} {line}", if at == 0 { '$' } else { '>' });
            text.lines().enumerate().map(line).collect()
        }
        Event::Output(_) | Event::Progress { .. } | Event::ContainerReady { .. } => Vec::new(),
        Event::Ready { .. } => vec!["The codespace can be used.".to_owned()],
        Event::RegistryLogin(login) => vec![registry_login(login)],
        Event::Warning { message, hint, .. } => {
            let hint = hint.iter().map(|hint| format!("hint: {}", one_line(hint)));
            std::iter::once(format!("warning: {}", one_line(message))).chain(hint).collect()
        }
        Event::Diagnosis(found) => {
            vec![format!("diagnosis: {}", one_line(&found.message)), format!("advice: {}", one_line(&found.advice))]
        }
        Event::CreationFailed { error, reason } => creation_failed(*error, reason),
        Event::RecoveryContainer { outcome, seconds, reason, hint } => {
            let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {}", one_line(reason)));
            let hint = hint.iter().map(|hint| format!("hint: {}", one_line(hint)));
            std::iter::once(format!("Recovery container: {} ({seconds:.1} s){reason}", outcome.name()))
                .chain(hint)
                .collect()
        }
        Event::RunFinished { outcome, seconds, message } => {
            let message = message.as_ref().map_or(String::new(), |message| format!(": {}", one_line(message)));
            vec![match outcome {
                Outcome::Succeeded => format!("Finished configuring codespace ({seconds:.1} s){message}"),
                Outcome::Failed => format!("Failed ({seconds:.1} s){message}"),
            }]
        }
    }
}

fn run_started(run: &RunStarted) -> Vec<String> {
    let rule = "=".repeat(81);
    vec![rule, format!("localspace {}: {}", run.version, run.occasion), "Configuration starting...".to_owned()]
}

/// The real log's lines (codespaces-facts.md section 1.5).
fn creation_failed(error: CreationError, reason: &str) -> Vec<String> {
    let (error_line, code) =
        (format!("Error: {}", one_line(reason)), format!("Error code: {} ({})", error.code(), error.name()));
    match error {
        CreationError::Container => vec![
            "=== ERROR === Failed to create container.".to_owned(),
            error_line,
            code,
            "=== ERROR === Container creation failed.".to_owned(),
            "=== WARNING === Creating recovery container.".to_owned(),
        ],
        CreationError::Prebuild => vec![error_line, code],
    }
}

fn headline(phase: Phase) -> String {
    match phase {
        Phase::InitializeCommand => "Running initializeCommand on the host...".to_owned(),
        Phase::Image => "Preparing image...".to_owned(),
        Phase::Create => "Creating container...".to_owned(),
        Phase::RegistryLogin => "Configuring codespace: registryLogin...".to_owned(),
        Phase::OnCreateCommand
        | Phase::UpdateContentCommand
        | Phase::PostCreateCommand
        | Phase::PostStartCommand
        | Phase::PostAttachCommand => format!("Running {phase}..."),
    }
}

/// Returns what became of a step of a build: what it does, and how long it took.
pub(crate) fn build_step(step: &BuildStep) -> String {
    let seconds = step.seconds.map_or(String::new(), |seconds| format!(" ({seconds:.1} s)"));
    let state = match step.state {
        StepState::Started => String::new(),
        StepState::Cached | StepState::Succeeded | StepState::Failed => format!(": {}", step.state.name()),
    };
    // An instruction may have several lines.
    let name = step.name.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{name}{state}{seconds}")
}

fn phase_finished(finished: &PhaseFinished) -> String {
    let PhaseFinished { phase, outcome, seconds, exit_code, reason, .. } = finished;
    let code = exit_code.filter(|code| *code != 0).map_or(String::new(), |code| format!(" with exit code {code}"));
    let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {}", one_line(reason)));
    format!("{phase}: {}{code} ({seconds:.1} s){reason}", outcome.name())
}

fn registry_login(login: &RegistryLogin) -> String {
    let RegistryLogin { id, server, user, outcome, reason, expires_at } = login;
    let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {}", one_line(reason)));
    let until = expires_at.map_or(String::new(), |time| format!(", good until {}", moment(time)));
    format!("registry {id}: login of {user} at {server}: {}{until}{reason}", outcome.name())
}

fn one_line(text: &str) -> Cow<'_, str> {
    sanitise::plain(text.trim_end())
}

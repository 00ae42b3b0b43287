//! The line that an event is on disk and on the wire: one flat JSON object (DESIGN section 4, `--events`).
//!
//! Names are camelCase and what is absent is left out. A reader skips what it does not know, so a newer writer may add
//! events and fields; a field never changes its meaning.

use std::borrow::Cow;
use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{
    BuildStep, CreationError, Diagnosis, Event, LoginOutcome, Outcome, Output, OutputStream, PhaseFinished,
    PrebuildUse, RegistryLogin, RunStarted, StepState,
};
use crate::codespace::CodespaceName;
use crate::phase::Phase;

/// An event with what the line says about it: when, and of which codespace.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When it happened, to the millisecond.
    pub time: Timestamp,
    /// To which codespace.
    pub codespace: CodespaceName,
    /// What happened.
    pub event: Event,
}

/// Appends the line of an event to `out`, its newline included. On an error `out` is as it was.
pub fn encode(out: &mut Vec<u8>, time: Timestamp, codespace: &CodespaceName, event: &Event) -> io::Result<()> {
    let whole = out.len();
    let written = serde_json::to_writer(&mut *out, &Line::of(time, codespace, event));
    if written.is_err() {
        out.truncate(whole);
    } else {
        out.push(b'\n');
    }
    Ok(written?)
}

/// Returns what a line says, or nothing where it is no line of ours: torn, of an unknown event, or with a field missing.
pub fn decode(line: &[u8]) -> Option<Record> {
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    let time = line.time.parse().ok()?;
    let codespace = line.codespace.parse().ok()?;
    Some(Record { time, codespace, event: line.into_event()? })
}

/// Every field that any event has. One struct instead of an enum with a tag: serde's messages, and the order of the
/// fields, stay the same for all events.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    time: Cow<'a, str>,
    codespace: Cow<'a, str>,
    event: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<Phase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_for: Option<Phase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_user: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_workspace_folder: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occasion: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets_file: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hub: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    github_token: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prebuild: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    commits: Vec<Cow<'a, str>>,
}

impl<'a> Line<'a> {
    fn of(time: Timestamp, codespace: &'a CodespaceName, event: &'a Event) -> Self {
        let head = |name| Line {
            time: Cow::Owned(format!("{time:.3}")),
            codespace: Cow::Borrowed(codespace.as_str()),
            event: Cow::Borrowed(name),
            ..Line::default()
        };
        match event {
            Event::RunStarted(run) => Self::of_run(head("runStarted"), run),
            Event::Prebuild(used) => Line {
                prebuild: used.name.as_deref().map(Cow::Borrowed),
                reason: text(&used.reason),
                commits: used.commits.iter().map(|commit| Cow::Borrowed(commit.as_str())).collect(),
                ..head("prebuild")
            },
            Event::PhaseStarted { phase } => Line { phase: Some(*phase), ..head("phaseStarted") },
            Event::PhaseSkipped { phase, reason } => {
                Line { phase: Some(*phase), reason: text(reason), ..head("phaseSkipped") }
            }
            Event::PhaseFinished(finished) => Self::of_finished(head("phaseFinished"), finished),
            Event::CommandStarted { phase, command, text: shown } => Line {
                phase: Some(*phase),
                command: command.as_deref().map(Cow::Borrowed),
                text: text(shown),
                ..head("commandStarted")
            },
            Event::ContainerReady { user, folder } => {
                Line { remote_user: text(user), remote_workspace_folder: text(folder), ..head("containerReady") }
            }
            Event::CommandFinished { phase, command, exit_code, seconds } => Line {
                phase: Some(*phase),
                command: text(command),
                exit_code: Some(*exit_code),
                seconds: milliseconds(*seconds),
                ..head("commandFinished")
            },
            Event::Output(output) => Self::of_output(head("output"), output),
            Event::BuildStep(step) => Self::of_build_step(head("buildStep"), step),
            Event::Progress { phase, text: shown } => {
                Line { phase: Some(*phase), text: text(shown), ..head("progress") }
            }
            Event::Ready { wait_for } => Line { wait_for: Some(*wait_for), ..head("ready") },
            Event::RegistryLogin(login) => Self::of_login(head("registryLogin"), login),
            Event::Warning { phase, message, hint } => Line {
                phase: *phase,
                message: text(message),
                hint: hint.as_deref().map(Cow::Borrowed),
                ..head("warning")
            },
            Event::Diagnosis(diagnosis) => Self::of_diagnosis(head("diagnosis"), diagnosis),
            Event::CreationFailed { error, reason } => {
                Line { error_code: Some(error.code()), reason: text(reason), ..head("creationFailed") }
            }
            Event::RecoveryContainer { outcome, seconds, reason, hint } => Line {
                outcome: text(outcome.name()),
                seconds: milliseconds(*seconds),
                reason: reason.as_deref().map(Cow::Borrowed),
                hint: hint.as_deref().map(Cow::Borrowed),
                ..head("recoveryContainer")
            },
            Event::RunFinished { outcome, seconds, message } => Line {
                outcome: text(outcome.name()),
                seconds: milliseconds(*seconds),
                message: message.as_deref().map(Cow::Borrowed),
                ..head("runFinished")
            },
        }
    }

    fn of_run(head: Self, run: &'a RunStarted) -> Self {
        Line {
            occasion: text(&run.occasion),
            version: text(&run.version),
            pid: Some(run.pid),
            secrets_file: run.secrets_file.as_deref().map(Cow::Borrowed),
            hub: run.hub.as_deref().map(Cow::Borrowed),
            github_token: run.github_token.as_deref().map(Cow::Borrowed),
            ..head
        }
    }

    fn of_finished(head: Self, finished: &'a PhaseFinished) -> Self {
        Line {
            phase: Some(finished.phase),
            outcome: text(finished.outcome.name()),
            seconds: milliseconds(finished.seconds),
            exit_code: finished.exit_code,
            reason: finished.reason.as_deref().map(Cow::Borrowed),
            detail: finished.detail.as_deref().map(Cow::Borrowed),
            hint: finished.hint.as_deref().map(Cow::Borrowed),
            ..head
        }
    }

    fn of_output(head: Self, output: &'a Output) -> Self {
        Line {
            phase: Some(output.phase),
            command: output.command.as_deref().map(Cow::Borrowed),
            stream: text(output.stream.name()),
            text: text(&output.text),
            ..head
        }
    }

    fn of_build_step(head: Self, step: &'a BuildStep) -> Self {
        Line {
            phase: Some(step.phase),
            command: text(&step.step),
            text: text(&step.name),
            outcome: text(step.state.name()),
            seconds: step.seconds.and_then(milliseconds),
            ..head
        }
    }

    fn of_login(head: Self, login: &'a RegistryLogin) -> Self {
        Line {
            phase: Some(Phase::RegistryLogin),
            id: text(&login.id),
            server: text(&login.server),
            user: text(&login.user),
            outcome: text(login.outcome.name()),
            reason: login.reason.as_deref().map(Cow::Borrowed),
            expires_at: login.expires_at.map(|time| Cow::Owned(time.to_string())),
            ..head
        }
    }

    fn of_diagnosis(head: Self, diagnosis: &'a Diagnosis) -> Self {
        Line {
            phase: Some(diagnosis.phase),
            rule: text(&diagnosis.rule),
            message: text(&diagnosis.message),
            advice: text(&diagnosis.advice),
            ..head
        }
    }
}

impl Line<'_> {
    fn into_event(self) -> Option<Event> {
        Some(match &*self.event {
            "runStarted" => Event::RunStarted(RunStarted {
                occasion: self.occasion?.into_owned(),
                version: self.version?.into_owned(),
                pid: self.pid?,
                secrets_file: self.secrets_file.map(Cow::into_owned),
                hub: self.hub.map(Cow::into_owned),
                github_token: self.github_token.map(Cow::into_owned),
            }),
            "prebuild" => Event::Prebuild(PrebuildUse {
                name: self.prebuild.map(Cow::into_owned),
                reason: self.reason?.into_owned(),
                commits: self.commits.into_iter().map(Cow::into_owned).collect(),
            }),
            "phaseStarted" => Event::PhaseStarted { phase: self.phase? },
            "phaseSkipped" => Event::PhaseSkipped { phase: self.phase?, reason: self.reason?.into_owned() },
            "phaseFinished" => Event::PhaseFinished(PhaseFinished {
                phase: self.phase?,
                outcome: outcome(&self.outcome?)?,
                seconds: self.seconds?,
                exit_code: self.exit_code,
                reason: self.reason.map(Cow::into_owned),
                detail: self.detail.map(Cow::into_owned),
                hint: self.hint.map(Cow::into_owned),
            }),
            "commandStarted" => Event::CommandStarted {
                phase: self.phase?,
                command: self.command.map(Cow::into_owned),
                text: self.text?.into_owned(),
            },
            "containerReady" => Event::ContainerReady {
                user: self.remote_user?.into_owned(),
                folder: self.remote_workspace_folder?.into_owned(),
            },
            "commandFinished" => Event::CommandFinished {
                phase: self.phase?,
                command: self.command?.into_owned(),
                exit_code: self.exit_code?,
                seconds: self.seconds?,
            },
            "output" => Event::Output(Output {
                phase: self.phase?,
                command: self.command.map(Cow::into_owned),
                stream: stream(&self.stream?)?,
                text: self.text?.into_owned(),
            }),
            "buildStep" => Event::BuildStep(BuildStep {
                phase: self.phase?,
                step: self.command?.into_owned(),
                name: self.text?.into_owned(),
                state: step_state(&self.outcome?)?,
                seconds: self.seconds,
            }),
            "progress" => Event::Progress { phase: self.phase?, text: self.text?.into_owned() },
            "ready" => Event::Ready { wait_for: self.wait_for? },
            "registryLogin" => Event::RegistryLogin(RegistryLogin {
                id: self.id?.into_owned(),
                server: self.server?.into_owned(),
                user: self.user?.into_owned(),
                outcome: login_outcome(&self.outcome?)?,
                reason: self.reason.map(Cow::into_owned),
                expires_at: self.expires_at.and_then(|time| time.parse().ok()),
            }),
            "warning" => Event::Warning {
                phase: self.phase,
                message: self.message?.into_owned(),
                hint: self.hint.map(Cow::into_owned),
            },
            "diagnosis" => Event::Diagnosis(Diagnosis {
                phase: self.phase?,
                rule: self.rule?.into_owned(),
                message: self.message?.into_owned(),
                advice: self.advice?.into_owned(),
            }),
            "creationFailed" => {
                let error = CreationError::ALL.into_iter().find(|error| Some(error.code()) == self.error_code)?;
                Event::CreationFailed { error, reason: self.reason?.into_owned() }
            }
            "recoveryContainer" => Event::RecoveryContainer {
                outcome: outcome(&self.outcome?)?,
                seconds: self.seconds?,
                reason: self.reason.map(Cow::into_owned),
                hint: self.hint.map(Cow::into_owned),
            },
            "runFinished" => Event::RunFinished {
                outcome: outcome(&self.outcome?)?,
                seconds: self.seconds?,
                message: self.message.map(Cow::into_owned),
            },
            _ => return None,
        })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every field of a line is optional")]
fn text(text: &str) -> Option<Cow<'_, str>> {
    Some(Cow::Borrowed(text))
}

/// Returns seconds to the millisecond, as `time` has them. JSON knows no infinity and no NaN: they are 0.
#[expect(clippy::unnecessary_wraps, reason = "every field of a line is optional")]
fn milliseconds(seconds: f64) -> Option<f64> {
    Some(if seconds.is_finite() { (seconds * 1e3).round() / 1e3 } else { 0.0 })
}

fn outcome(name: &str) -> Option<Outcome> {
    [Outcome::Succeeded, Outcome::Failed].into_iter().find(|outcome| outcome.name() == name)
}

fn step_state(name: &str) -> Option<StepState> {
    let all = [StepState::Started, StepState::Cached, StepState::Succeeded, StepState::Failed];
    all.into_iter().find(|state| state.name() == name)
}

fn login_outcome(name: &str) -> Option<LoginOutcome> {
    let all = [LoginOutcome::Written, LoginOutcome::Failed, LoginOutcome::Skipped];
    all.into_iter().find(|outcome| outcome.name() == name)
}

fn stream(name: &str) -> Option<OutputStream> {
    [OutputStream::Stdout, OutputStream::Stderr].into_iter().find(|stream| stream.name() == name)
}

#[cfg(test)]
mod tests;

//! The text of `/workspaces/.codespaces/.persistedshare/creation.log`, in the words and in the order of the real one
//! (codespaces-facts.md sections 1.2 and 1.5), and the steps that `postCreateOutput.json` tells of (section 1.8).

use jiff::Timestamp;
use serde_json::json;

use super::log_text::{LogText, push_line};
use super::look::Colour;
use super::sanitise;
use crate::journal::{CreationError, Event, Outcome, PhaseFinished, RegistryLogin, RunStarted};
use crate::phase::Phase;

/// Makes the log's text and the list of steps, event by event.
#[derive(Debug)]
pub struct CreationLog {
    /// What a failure is called.
    error: CreationError,
    /// Whether a recovery container follows where the codespace cannot be made: its end is the log's.
    recovers: bool,
    text: LogText,
    part: Part,
    /// The remote user and the folder, where they are known.
    place: Option<(String, String)>,
    /// The command that runs, or ran last.
    command: String,
    /// Whether the phase that `waitFor` names is over.
    is_ready: bool,
    steps: Vec<(Phase, &'static str)>,
    /// Where the repository is from.
    origin: Origin,
}

/// Whether it was told where the repository is from: that is known with the event after the first one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Origin {
    #[default]
    Told,
    Untold,
}

/// The parts of a log, each with its headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Beginning,
    Creating,
    Blocking,
    Configuring,
    Commands,
    /// A phase failed: what is skipped after it has no headline.
    Failed,
    /// Whoever attaches does not write into it.
    Over,
}

impl Part {
    const fn headline(self) -> &'static str {
        match self {
            Self::Beginning => "Configuration starting...",
            Self::Creating => "Creating container...",
            Self::Blocking => "Running blocking commands...",
            Self::Configuring => "Configuring codespace...",
            Self::Commands => "Running commands...",
            Self::Failed | Self::Over => "Finished configuring codespace.",
        }
    }

    const fn of(phase: Phase) -> Self {
        match phase {
            Phase::InitializeCommand | Phase::Image | Phase::Create => Self::Creating,
            Phase::OnCreateCommand | Phase::UpdateContentCommand => Self::Blocking,
            Phase::RegistryLogin => Self::Configuring,
            Phase::PostCreateCommand | Phase::PostStartCommand => Self::Commands,
            Phase::PostAttachCommand => Self::Over,
        }
    }

    /// Tells whether GitHub's machine calls the dev container program in it, which says at its end how it went.
    const fn is_a_program_s(self) -> bool {
        matches!(self, Self::Creating | Self::Blocking | Self::Commands)
    }
}

impl CreationLog {
    /// Returns the beginning of a log, in which a failure is called so.
    pub const fn new(error: CreationError) -> Self {
        Self {
            error,
            recovers: false,
            text: LogText::new(Colour::Never),
            part: Part::Beginning,
            place: None,
            command: String::new(),
            is_ready: false,
            steps: Vec::new(),
            origin: Origin::Told,
        }
    }

    /// Returns a log that ends with its codespace's failure, as one of a recovery container follows ([`recovery_log`]).
    #[must_use]
    pub fn before_recovery(self) -> Self {
        Self { recovers: true, ..self }
    }

    /// Tells whether nothing comes any more.
    pub fn is_over(&self) -> bool {
        self.part == Part::Over
    }

    /// Returns what `postCreateOutput.json` holds by now.
    pub fn steps(&self) -> String {
        let step = |(phase, status): &(Phase, &str)| json!({ "name": phase.name(), "status": status });
        json!({ "steps": self.steps.iter().map(step).collect::<Vec<_>>() }).to_string() + "\n"
    }

    /// Returns the lines that an event adds.
    pub fn event(&mut self, time: Timestamp, event: &Event) -> String {
        if self.is_over() {
            return String::new();
        }
        let mut text = String::new();
        if std::mem::take(&mut self.origin) == Origin::Untold {
            let is_prebuilt = matches!(event, Event::Prebuild(used) if used.name.is_some());
            push_line(&mut text, time, if is_prebuilt { "Checking out..." } else { "Cloning..." });
        }
        match event {
            Event::RunStarted(run) => self.begin(&mut text, time, run),
            Event::PhaseStarted { phase } => {
                text += &self.text.finish();
                self.enter(&mut text, time, Part::of(*phase));
                if Part::of(*phase) != Part::Over && *phase > Phase::Create {
                    self.steps.push((*phase, "running"));
                }
            }
            Event::PhaseSkipped { phase, .. } => {
                self.enter(&mut text, time, Part::of(*phase));
                if !matches!(self.part, Part::Failed | Part::Over) {
                    text += &self.text.event(time, event);
                }
            }
            Event::CommandStarted { phase, command: label, text: command } => {
                if label.is_none() {
                    push_line(&mut text, time, &format!("Running the {phase} from devcontainer.json..."));
                }
                command.lines().next().unwrap_or_default().clone_into(&mut self.command);
                text += &self.text.event(time, event);
            }
            Event::ContainerReady { user, folder } => self.place = Some((user.clone(), folder.clone())),
            Event::Ready { .. } => self.is_ready = true,
            Event::PhaseFinished(finished) => {
                text += &self.text.event(time, event);
                self.finished(&mut text, time, finished);
            }
            Event::CommandFinished { .. }
            | Event::BuildStep(_)
            | Event::Output(_)
            | Event::Prebuild(_)
            | Event::RegistryLogin(_)
            | Event::Warning { .. }
            | Event::Diagnosis(_) => text += &self.text.event(time, event),
            // Told at the failure itself, or of another container.
            Event::Progress { .. }
            | Event::CreationFailed { .. }
            | Event::RecoveryContainer { .. }
            | Event::RunFinished { .. } => {}
        }
        text
    }

    fn begin(&mut self, text: &mut String, time: Timestamp, run: &RunStarted) {
        // A log is written anew by each attempt.
        *self = Self { recovers: self.recovers, ..Self::new(self.error) };
        let version = format!("localspace {}", run.version);
        for line in ["", "Host information", &"-".repeat(16), &version, &"-".repeat(16)] {
            push_line(text, time, line);
        }
        headline(text, time, Part::Beginning);
        self.origin = Origin::Untold;
    }

    /// Begins a part with its headline, and ends the one before it.
    fn enter(&mut self, text: &mut String, time: Timestamp, next: Part) {
        match (self.part, next) {
            (before, next) if before == next => return,
            (Part::Failed, Part::Over) if self.recovers && !self.is_ready => {
                self.part = next;
                return;
            }
            (Part::Failed, Part::Over) => {}
            (Part::Failed, _) => return,
            (before, _) if before.is_a_program_s() => {
                let (user, folder) = self.place.clone().unwrap_or_default();
                program_ended(text, time, &user, &folder);
            }
            _ => {}
        }
        headline(text, time, next);
        self.part = next;
    }

    fn finished(&mut self, text: &mut String, time: Timestamp, finished: &PhaseFinished) {
        let PhaseFinished { phase, outcome, exit_code, .. } = finished;
        let status = match outcome {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
        };
        if let Some(last) = self.steps.last_mut().filter(|last| last.0 == *phase) {
            last.1 = status;
        }
        if *outcome == Outcome::Succeeded {
            return;
        }
        if let Some(code) = exit_code {
            let mut say = |line: &str| push_line(text, time, &sanitise::plain(line));
            say(&format!(
                "{phase} from devcontainer.json failed with exit code {code}. Skipping any further user-provided commands."
            ));
            say(&format!("Outcome: error Message: Command failed: {}", self.command));
            say("devcontainer process exited with exit code 1");
        }
        if !self.is_ready && exit_code.is_some() {
            failed(text, time, self.error, &self.command);
        }
        self.part = Part::Failed;
    }
}

/// Returns what the log says after the failure of a codespace, where a recovery container was opened in its place.
pub fn recovery_log(time: Timestamp, reason: Option<&str>, place: (&str, &str), logins: &[RegistryLogin]) -> String {
    let mut text = String::new();
    // A command that failed is told of by then.
    if let Some(reason) = reason {
        failed(&mut text, time, CreationError::Container, reason);
    }
    push_line(&mut text, time, "=== WARNING === Creating recovery container.");
    let (user, folder) = place;
    for part in [Part::Creating, Part::Blocking] {
        headline(&mut text, time, part);
        program_ended(&mut text, time, user, folder);
    }
    headline(&mut text, time, Part::Configuring);
    let mut lines = LogText::new(Colour::Never);
    for login in logins {
        text += &lines.event(time, &Event::RegistryLogin(login.clone()));
    }
    headline(&mut text, time, Part::Over);
    text
}

/// Says that the dev container program has done what it was called for.
fn program_ended(text: &mut String, time: Timestamp, user: &str, folder: &str) {
    push_line(text, time, &sanitise::plain(&format!("Outcome: success User: {user} WorkspaceFolder: {folder}")));
    push_line(text, time, "devcontainer process exited with exit code 0");
}

/// Says what failed, with GitHub's code of it.
fn failed(text: &mut String, time: Timestamp, error: CreationError, what: &str) {
    let told = [format!("Error: {what}"), format!("Error code: {} ({})", error.code(), error.name())];
    let (before, after) = match error {
        CreationError::Container => {
            (Some("=== ERROR === Failed to create container."), Some("=== ERROR === Container creation failed."))
        }
        CreationError::Prebuild => (None, None),
    };
    for line in before.into_iter().chain(told.iter().map(String::as_str)).chain(after) {
        push_line(text, time, &sanitise::plain(line));
    }
}

fn headline(text: &mut String, time: Timestamp, part: Part) {
    text.push('\n');
    text.push_str(&"=".repeat(81));
    text.push('\n');
    push_line(text, time, part.headline());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::LoginOutcome;

    fn log(events: &[Event]) -> (String, String) {
        let time: Timestamp = "2026-01-02T03:04:05.678Z".parse().expect("a time");
        let mut log = CreationLog::new(CreationError::Prebuild);
        let text: String = events.iter().map(|event| log.event(time, event)).collect();
        (text.replace("2026-01-02 03:04:05.678Z: ", ""), log.steps())
    }

    #[test]
    fn a_failure_ends_the_parts_and_is_called_what_it_is_of() {
        let phase = Phase::OnCreateCommand;
        let failed = PhaseFinished {
            phase,
            outcome: Outcome::Failed,
            seconds: 0.1,
            exit_code: Some(7),
            reason: None,
            detail: None,
            hint: None,
        };
        let skipped = |phase| Event::PhaseSkipped { phase, reason: "it failed".to_owned() };
        let (text, steps) = log(&[
            Event::PhaseStarted { phase },
            Event::CommandStarted { phase, command: None, text: "make\nall".to_owned() },
            Event::PhaseFinished(failed),
            skipped(Phase::RegistryLogin),
            skipped(Phase::PostAttachCommand),
            Event::Warning { phase: None, message: "too late".to_owned(), hint: None },
        ]);
        let rule = "=".repeat(81);
        let expected = format!(
            "\n{rule}\nRunning blocking commands...\nRunning the onCreateCommand from devcontainer.json...\n$ make\n> all\n\
             onCreateCommand: failed with exit code 7 (0.1 s)\n\
             onCreateCommand from devcontainer.json failed with exit code 7. Skipping any further user-provided commands.\n\
             Outcome: error Message: Command failed: make\ndevcontainer process exited with exit code 1\n\
             Error: make\nError code: 1309 (UnifiedContainersErrorPrebuilTemplateOnCreateFailed)\n\
             \n{rule}\nFinished configuring codespace.\n"
        );
        assert_eq!(text, expected);
        assert_eq!(steps, "{\"steps\":[{\"name\":\"onCreateCommand\",\"status\":\"failed\"}]}\n");
    }

    #[test]
    fn a_recovery_container_follows_the_failure_with_the_parts_of_a_codespace() {
        let time: Timestamp = "2026-01-02T03:04:05.678Z".parse().expect("a time");
        let mut log = CreationLog::new(CreationError::Container).before_recovery();
        let failed = PhaseFinished {
            phase: Phase::Image,
            outcome: Outcome::Failed,
            seconds: 0.1,
            exit_code: None,
            reason: Some("denied".to_owned()),
            detail: None,
            hint: None,
        };
        let skipped = |phase| Event::PhaseSkipped { phase, reason: "image failed".to_owned() };
        let events = [
            Event::PhaseStarted { phase: Phase::Image },
            Event::PhaseFinished(failed),
            skipped(Phase::Create),
            skipped(Phase::PostAttachCommand),
        ];
        let mut text: String = events.iter().map(|event| log.event(time, event)).collect();
        assert!(log.is_over());
        let login = RegistryLogin {
            id: "A".to_owned(),
            server: "a.example".to_owned(),
            user: "robot".to_owned(),
            outcome: LoginOutcome::Written,
            reason: None,
            expires_at: None,
        };
        text += &recovery_log(time, Some("image: denied\u{1b}[2J"), ("vscode", "/workspaces/r"), &[login]);
        let text = text.replace("2026-01-02 03:04:05.678Z: ", "");
        let rule = format!("\n{}\n", "=".repeat(81));
        let ended = "Outcome: success User: vscode WorkspaceFolder: /workspaces/r\ndevcontainer process exited with exit code 0\n";
        let expected = format!(
            "{rule}Creating container...\nimage: failed (0.1 s): denied\n\
             === ERROR === Failed to create container.\nError: image: denied\n\
             Error code: 1302 (UnifiedContainersErrorFatalCreatingContainer)\n=== ERROR === Container creation failed.\n\
             === WARNING === Creating recovery container.\n\
             {rule}Creating container...\n{ended}{rule}Running blocking commands...\n{ended}\
             {rule}Configuring codespace...\nregistry A: login of robot at a.example: written\n\
             {rule}Finished configuring codespace.\n"
        );
        assert_eq!(text, expected);
    }
}

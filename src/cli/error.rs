//! What a verb failed with: a kind that fixes the exit code, a message, and what to do about it.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use crate::compose::ComposeError;
use crate::devcontainer::ConfigError;
use crate::engine::EngineError;
use crate::engine::endpoint::EndpointError;
use crate::feature_store::{Fault, LockfileError};
use crate::github::hub::HubFileError;
use crate::github::{SecretsFileError, TooManySecrets};
use crate::home::HomeError;
use crate::hub_container::HubError;
use crate::journal::{ReadError, SinkError};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::report::plain;
use crate::repository::RepositoryError;
use crate::scenario::ScenarioError;
use crate::secret_store::StoreError;
use crate::steps::SnapshotError;

/// Whose fault it is (DESIGN section 4, exit codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A lifecycle command's, or an expectation's.
    Command,
    /// The user's: arguments, configuration, secrets.
    Usage,
    /// The engine's, or this machine's.
    Engine,
    /// A registry's, or a credential's.
    Registry,
    /// The user interrupted.
    Interrupted,
}

impl Kind {
    /// Returns the program's exit code.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Command => 1,
            Self::Usage => 2,
            Self::Engine => 3,
            Self::Registry => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<FailureKind> for Kind {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Command => Self::Command,
            FailureKind::Configuration => Self::Usage,
            FailureKind::Engine => Self::Engine,
            FailureKind::Registry => Self::Registry,
            FailureKind::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Fault> for Kind {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Registry => Self::Registry,
            Fault::Configuration => Self::Usage,
            Fault::Machine => Self::Engine,
        }
    }
}

/// A verb that failed.
#[derive(Debug)]
pub struct CliError {
    /// Whose fault it is.
    pub kind: Kind,
    message: String,
    /// What shows it, in lines: the place in a file.
    detail: Option<String>,
    hint: Option<String>,
}

impl CliError {
    /// Returns an error.
    pub fn new(kind: Kind, message: impl Into<String>, hint: Option<String>) -> Self {
        Self { kind, message: message.into(), detail: None, hint }
    }

    /// Returns it with others of its kind, which are told after it.
    #[must_use]
    pub fn with(self, others: impl Iterator<Item = Self>) -> Self {
        let hint = |error: &Self| error.hint.as_ref().map_or(String::new(), |hint| format!(" ({hint})"));
        let mut all = vec![format!("{}{}", self.message, hint(&self))];
        all.extend(others.map(|error| format!("error: {}{}", error.message, hint(&error))));
        Self::new(self.kind, all.join("\n"), None)
    }

    /// Returns the text for a person.
    pub fn text(&self) -> String {
        // A repository may choose parts of it: names, paths, lines of its configuration.
        let safe = |text: &str| text.lines().map(plain).collect::<Vec<_>>().join("\n");
        let detail = self.detail.as_ref().map_or(String::new(), |detail| format!("{}\n", safe(detail)));
        let hint = self.hint.as_ref().map_or(String::new(), |hint| format!("hint: {}\n", safe(hint)));
        let error = if self.kind == Kind::Interrupted { "" } else { "error: " };
        format!("{error}{}\n{detail}{hint}", safe(&self.message))
    }

    /// Returns what `up --json` ends with when it never came to a phase (DESIGN section 4).
    pub fn document(&self) -> serde_json::Value {
        serde_json::json!({ "outcome": "error", "message": self.message, "description": self.hint })
    }

    /// Returns what to do about it, where that can be said.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the message alone.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Joins an error and its causes, as one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

impl From<CliError> for StepFailure {
    fn from(error: CliError) -> Self {
        let kind = match error.kind {
            Kind::Command => FailureKind::Command,
            Kind::Usage => FailureKind::Configuration,
            Kind::Engine => FailureKind::Engine,
            Kind::Registry => FailureKind::Registry,
            Kind::Interrupted => FailureKind::Interrupted,
        };
        Self { detail: error.detail, hint: error.hint, ..Self::new(kind, error.message) }
    }
}

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        Self::new(Kind::Engine, chain(&error), error.hint())
    }
}

impl From<EndpointError> for CliError {
    fn from(error: EndpointError) -> Self {
        Self::new(Kind::Engine, error.to_string(), Some(error.hint()))
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self { detail: error.excerpt(), ..Self::new(Kind::Usage, error.to_string(), error.hint) }
    }
}

impl From<ComposeError> for CliError {
    fn from(error: ComposeError) -> Self {
        let hint = error.hint();
        match error {
            ComposeError::Configuration(error) => error.into(),
            error => Self::new(Kind::Engine, error.to_string(), hint),
        }
    }
}

impl From<SecretsFileError> for CliError {
    fn from(error: SecretsFileError) -> Self {
        Self::new(Kind::Usage, error.to_string(), Some(error.hint()))
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let kind = if error.is_users() { Kind::Usage } else { Kind::Engine };
        Self::new(kind, error.to_string(), error.hint())
    }
}

impl From<TooManySecrets> for CliError {
    fn from(error: TooManySecrets) -> Self {
        let hint = "those of the hub's file and those that were set count together: take some away".to_owned();
        Self::new(Kind::Usage, error.to_string(), Some(hint))
    }
}

impl From<ScenarioError> for CliError {
    fn from(error: ScenarioError) -> Self {
        Self::new(Kind::Usage, chain(&error), error.hint().map(str::to_owned))
    }
}

impl From<HubFileError> for CliError {
    fn from(error: HubFileError) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self::new(Kind::Usage, error.to_string(), hint)
    }
}

impl From<SnapshotError> for CliError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Engine(error) => error.into(),
            other => Self::new(Kind::Engine, chain(&other), None),
        }
    }
}

impl From<HubError> for CliError {
    fn from(error: HubError) -> Self {
        let hint = error.hint();
        let kind = match &error {
            HubError::Unfit { .. }
            | HubError::NoImage { .. }
            | HubError::Nameless { .. }
            | HubError::Tarball { .. } => Kind::Usage,
            HubError::Push { .. } => Kind::Registry,
            HubError::Engine(_)
            | HubError::Executable { .. }
            | HubError::Image { .. }
            | HubError::Down { .. }
            | HubError::Unwell { .. }
            | HubError::Refused { .. } => Kind::Engine,
        };
        Self::new(kind, chain(&error), hint)
    }
}

impl From<RepositoryError> for CliError {
    fn from(error: RepositoryError) -> Self {
        let kind = if matches!(error, RepositoryError::Disk { .. }) { Kind::Engine } else { Kind::Usage };
        Self::new(kind, chain(&error), error.hint())
    }
}

impl From<LockfileError> for CliError {
    fn from(error: LockfileError) -> Self {
        let (kind, hint) = (error.fault().into(), error.hint());
        match error {
            LockfileError::Text(error) => error.into(),
            other => Self::new(kind, other.to_string(), hint),
        }
    }
}

impl From<HomeError> for CliError {
    fn from(error: HomeError) -> Self {
        Self::new(Kind::Engine, error.to_string(), error.hint())
    }
}

impl From<SinkError> for CliError {
    fn from(error: SinkError) -> Self {
        let hint = match error.io_kind() {
            Some(std::io::ErrorKind::StorageFull) => {
                "free space on that disk; then the same command goes on where this one ended"
            }
            Some(std::io::ErrorKind::PermissionDenied) => "make it writable, or choose another place",
            Some(std::io::ErrorKind::IsADirectory | std::io::ErrorKind::NotADirectory) => {
                "something else is in its place: move that away"
            }
            _ => "mend that, or choose another file; then the same command goes on where this one ended",
        };
        Self::new(Kind::Engine, chain(&error), Some(hint.to_owned()))
    }
}

impl From<ReadError> for CliError {
    fn from(error: ReadError) -> Self {
        Self::new(Kind::Engine, chain(&error), None)
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Engine, error.to_string(), None)
    }
}

//! A repository's tests: what its files say must be true of a codespace, which codespaces that wants, and whether it was so (DESIGN section 7).
//!
//! Pure but for reading a file. [`load`] makes a [`Scenario`] of a file, every mistake with its place; [`cases`] are the codespaces that it is
//! held against, and [`life`] what happens to each; [`check`] holds what was seen after a step against what is expected, and says what is not
//! so. Who runs them is `cli::test`.

mod at;
mod cases;
mod check;
mod draft;
mod error;
mod events;
mod expect;
mod file;
mod forms;
mod limit;
mod pattern;
pub mod probe;
mod read;
mod schema;
mod seen;
mod step;
mod steps;
mod validate;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use at::{At, Spot};
pub use cases::{cases, life};
pub use check::{Mismatch, check};
pub use draft::{Head, draft};
pub use error::ScenarioError;
pub use events::{Attempt, CaseOutcome, CaseResult, ConfigPlace, Failure, PhaseTime, RunResult, StepResult, TestEvent};
pub use expect::{Expect, KindWord, OutcomeWord, PhaseWord};
pub use read::{load, parse};
pub use schema::schema;
pub use seen::{Answers, Captured, Questions, Seen, SeenCommand, SeenFile, SeenPhase, SeenPrebuild, SeenUser};
pub use step::{Action, Of, Push, SecretName, Step, Value};

use crate::codespace::RepositoryName;
use file::{Permissions, ScenarioFile};

/// How long a scenario may take that does not say it.
const TIMEOUT: Duration = Duration::from_mins(30);

/// What must be true of a repository's codespace.
#[derive(Debug)]
pub struct Scenario {
    /// The file that says so.
    pub file: String,
    /// What the repository is called on GitHub.
    pub repository: Option<RepositoryName>,
    steps: Vec<Step>,
    written: ScenarioFile,
}

/// A codespace that a scenario is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The scenario's name, and in brackets what tells it from its others.
    pub name: String,
    /// The configuration, as a path in the repository.
    pub config: Option<String>,
    /// The GitHub user.
    pub user: Option<String>,
    /// Whether the hub and the secrets file are there.
    pub with_secrets: bool,
    /// Whether it is made of a prebuild.
    pub of_prebuild: bool,
}

impl Scenario {
    /// Returns its name, and where that stands.
    pub fn name(&self) -> &At<String> {
        &self.written.name
    }

    /// Returns the folder of the repository, from the file on.
    pub fn path(&self) -> Option<&At<String>> {
        self.written.path.as_ref()
    }

    /// Returns the branch, tag or commit.
    pub fn reference(&self) -> Option<&str> {
        self.written.reference.as_ref().map(|text| text.value.as_str())
    }

    /// Returns the file of the hub, from the file on.
    pub fn hub(&self) -> Option<&At<String>> {
        self.written.hub.as_ref()
    }

    /// Returns the secrets file, from the file on.
    pub fn secrets_file(&self) -> Option<&At<String>> {
        self.written.secrets_file.as_ref()
    }

    /// Tells whether permissions that are asked for are granted.
    pub fn grants_permissions(&self) -> bool {
        self.written.permissions == Some(Permissions::Granted)
    }

    /// Tells whether `initializeCommand` may run.
    pub const fn allows_initialize(&self) -> bool {
        self.written.allow_initialize
    }

    /// Tells whether the branch is a pull request's from a fork.
    pub const fn is_fork_pull_request(&self) -> bool {
        self.written.fork_pull_request
    }

    /// Tells whether a recovery container takes the place of what cannot be made.
    pub const fn recovers(&self) -> bool {
        self.written.recovery
    }

    /// Returns how long it may take.
    pub fn timeout(&self) -> Duration {
        self.written.timeout.map_or(TIMEOUT, |time| time.0)
    }

    /// Returns how long each phase may take.
    pub fn timeout_per_phase(&self) -> Option<Duration> {
        self.written.timeout_per_phase.map(|time| time.0)
    }
}

//! What can be wrong with a scenario's file, and what to do about it.

use super::at::Spot;

/// A scenario's file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// It cannot be read.
    #[error("cannot read the scenario {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than any scenario.
    #[error("the scenario {file} is larger than 1 MiB")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// Something in it is wrong.
    #[error("{file}:{}:{}: {problem}", spot.line, spot.column)]
    Malformed {
        /// The file.
        file: String,
        /// Where.
        spot: Spot,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl ScenarioError {
    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unreadable { .. } => Some("name a readable file, or a folder that has a .localspace folder"),
            Self::TooLarge { .. } => Some("split it: each scenario is a file of its own"),
            Self::Malformed { hint, .. } => hint.as_deref(),
        }
    }
}

/// Something wrong at a place.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) spot: Spot,
    pub(super) problem: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    pub(super) fn new(spot: Spot, problem: impl Into<String>) -> Self {
        Self { spot, problem: problem.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

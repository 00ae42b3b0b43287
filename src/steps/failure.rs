//! What the faults of others mean for a phase.

use crate::compose::ComposeError;
use crate::devcontainer::ConfigError;
use crate::engine::EngineError;
use crate::feature_store::{Fault, LockfileError};
use crate::home::HomeError;
use crate::lifecycle::{FailureKind, StepFailure};

impl From<EngineError> for StepFailure {
    fn from(error: EngineError) -> Self {
        let source = std::error::Error::source(&error).map_or(String::new(), |source| format!(": {source}"));
        Self { hint: error.hint(), ..Self::new(FailureKind::Engine, format!("{error}{source}")) }
    }
}

impl From<ConfigError> for StepFailure {
    fn from(error: ConfigError) -> Self {
        let detail = error.excerpt();
        Self { detail, hint: error.hint.clone(), ..Self::new(FailureKind::Configuration, error.to_string()) }
    }
}

impl From<ComposeError> for StepFailure {
    fn from(error: ComposeError) -> Self {
        let hint = error.hint();
        match error {
            ComposeError::Configuration(error) => error.into(),
            error @ (ComposeError::NotInstalled { .. } | ComposeError::Disk(_)) => {
                Self { hint, ..Self::new(FailureKind::Engine, error.to_string()) }
            }
        }
    }
}

impl From<Fault> for FailureKind {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Registry => Self::Registry,
            Fault::Machine => Self::Engine,
            Fault::Configuration => Self::Configuration,
        }
    }
}

impl From<LockfileError> for StepFailure {
    fn from(error: LockfileError) -> Self {
        let (kind, hint) = (error.fault().into(), error.hint());
        match error {
            LockfileError::Text(error) => error.into(),
            error @ (LockfileError::Other { .. } | LockfileError::Disk { .. }) => {
                Self { hint, ..Self::new(kind, error.to_string()) }
            }
        }
    }
}

impl From<HomeError> for StepFailure {
    fn from(error: HomeError) -> Self {
        Self { hint: error.hint(), ..Self::new(FailureKind::Engine, error.to_string()) }
    }
}

//! The phase machine: states as types, their order, `waitFor` and what a failure means.
//!
//! Pure over a [`StepRunner`]: it knows no engine and no repository. What is to be done comes as a plan; what happened goes out as
//! events.

mod machine;
mod runner;
#[cfg(test)]
mod tests;

pub use machine::{
    Complete, ContentReady, ContentUpdated, Created, Ending, ForCodespace, ForPrebuild, Halted, Imaged, Initialized,
    Lifecycle, LoggedIn, MadeFor, OnCreated, PostCreated, PostStarted, Requested, lead_codespace, lead_prebuild,
};
pub use runner::{FailureKind, HookPlan, OpeningPlan, Planned, Recover, StepFailure, StepResult, StepRunner};

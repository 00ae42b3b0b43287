//! A project that is there: started, in the order and under the conditions of its file.

use super::follow::{Call, Ended, follow};

use super::make::UP;
use super::services::{look, told};
use crate::compose::Ends;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::steps::runner::EngineRunner;

/// Starts what is there, and makes what was removed behind our back; what runs is left alone.
pub(in crate::steps) async fn start(runner: &EngineRunner) -> Result<(), StepFailure> {
    if !runner.order.compose_file().exists() {
        let reason = "what docker compose is given is gone from this machine".to_owned();
        let hint = format!("`localspace rebuild -c {}` makes it anew, around the same /workspaces", runner.order.name);
        return Err(StepFailure { hint: Some(hint), ..StepFailure::new(FailureKind::Engine, reason) });
    }
    let ended = follow(runner, Call::create(&UP, Ends::AtOnce)).await?;
    if !ended.success {
        return Err(failure(runner, &ended).await);
    }
    look(runner).await?;
    Ok(())
}

/// What it means that compose did not start the project.
pub(super) async fn failure(runner: &EngineRunner, ended: &Ended) -> StepFailure {
    let reason = format!("docker compose could not start the services: {}", ended.reason());
    let detail = told(runner).await;
    let hint = "`docker logs` of the service shows more; mend it in the Compose file or in the image".to_owned();
    StepFailure { detail, hint: Some(hint), ..StepFailure::new(FailureKind::Engine, reason) }
}

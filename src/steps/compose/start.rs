//! A project that is there: started, in the order and under the conditions of its file.

use super::follow::{Call, Ended, follow};

use super::services::{look, told};
use crate::compose::Ends;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::steps::runner::EngineRunner;

/// How a project is brought up whose images are there.
const UP: [&str; 6] = ["up", "--detach", "--no-recreate", "--no-build", "--pull", "never"];

/// Starts what is there, and makes what was removed behind our back; what runs is left alone.
pub(in crate::steps) async fn start(runner: &EngineRunner) -> Result<(), StepFailure> {
    started(runner, None).await?;
    Ok(look(runner).await?)
}

/// Starts the codespace's own service, and what it depends on.
pub(in crate::steps) async fn start_own(runner: &EngineRunner, service: &str) -> Result<(), StepFailure> {
    started(runner, Some(service)).await
}

async fn started(runner: &EngineRunner, service: Option<&str>) -> Result<(), StepFailure> {
    if !runner.order.compose_file().exists() {
        let reason = "what docker compose is given is gone from this machine".to_owned();
        let hint = format!("`localspace rebuild -c {}` makes it anew, around the same /workspaces", runner.order.name);
        return Err(StepFailure { hint: Some(hint), ..StepFailure::new(FailureKind::Engine, reason) });
    }
    let ended = up(runner, service).await?;
    if !ended.success {
        return Err(failure(runner, &ended).await);
    }
    Ok(())
}

/// Brings up a service with what it depends on, or all of them.
pub(super) async fn up(runner: &EngineRunner, service: Option<&str>) -> Result<Ended, StepFailure> {
    let words: Vec<&str> = UP.into_iter().chain(service).collect();
    follow(runner, Call::create(&words, Ends::AtOnce)).await
}

/// What it means that compose did not start the project.
pub(super) async fn failure(runner: &EngineRunner, ended: &Ended) -> StepFailure {
    let reason = format!("docker compose could not start the services: {}", ended.reason());
    let detail = told(runner).await;
    let hint = if ended.reason().contains("No such container") {
        // It was removed behind our back, and has come again as another one.
        let again = format!("`localspace rebuild -c {}` makes it anew, around the same /workspaces", runner.order.name);
        format!("a container shares the network of one that is gone: {again}")
    } else {
        "`docker logs` of the service shows more; mend it in the Compose file or in the image".to_owned()
    };
    StepFailure { detail, hint: Some(hint), ..StepFailure::new(FailureKind::Engine, reason) }
}

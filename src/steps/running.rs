//! A container that runs, and what the commands in it need to know.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::command::{Ahead, Place};
use super::container::STARTED;
use super::probe;
use super::processes;
use super::remote_user::RemoteUser;
use super::runner::EngineRunner;
use crate::devcontainer::{MergedConfiguration, Variables};
use crate::engine::{ContainerDetails, ContainerId, ContainerState, Printed};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::plan::{Marks, Occasion};

/// How long the entrypoints of Features may take before the commands no longer wait for them.
const ENTRYPOINTS: Duration = Duration::from_mins(1);

/// A container that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) place: Arc<Place>,
    pub(super) user: RemoteUser,
    /// The remote user's home.
    pub(super) home: String,
    /// When the container was last started, RFC 3339: what a mark of one start holds.
    pub(super) started_at: String,
    pub(super) merged: MergedConfiguration,
    pub(super) marks: Marks,
    /// The variables of every command, secrets apart.
    pub(super) env: Vec<(String, Option<String>)>,
    pub(super) ahead: Ahead,
}

/// What is known of a container before anything has run in it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: ContainerId,
    pub(super) merged: MergedConfiguration,
    pub(super) user: RemoteUser,
    pub(super) marks: Marks,
}

/// Waits until a container can be worked in, and gathers what its commands need. What a shell of the user's has in its environment is
/// kept for `exec`.
pub(super) async fn settle(runner: &EngineRunner, found: Found) -> Result<Running, StepFailure> {
    let Found { id, merged, user, marks } = found;
    let place = Arc::new(Place {
        engine: runner.engine.clone(),
        container: id.clone(),
        user: user.name.clone(),
        record: runner.record.clone(),
        redactor: runner.redactor.clone(),
        cancel: runner.cancel.clone(),
    });
    if runner.order.died_before && runner.order.occasion == Occasion::Attach {
        // A command of the run that died would run beside its own repetition.
        processes::end(&runner.engine, &id, None).await?;
    }
    let details = runner.engine.inspect(&id).await?;
    let Some(details) = details.filter(|details| details.state == ContainerState::Running) else {
        return Err(StepFailure {
            hint: Some(format!("docker logs {id}")),
            ..StepFailure::new(FailureKind::Engine, "the container ended right after its start".to_owned())
        });
    };
    let started_at = details.started_at.clone().unwrap_or_default();
    if !merged.entrypoints.is_empty() && runner.order.occasion != Occasion::Attach {
        await_entrypoints(runner, &id, &started_at).await?;
    }
    let probed = probe::probe(&place, &user, merged.user_env_probe).await;
    if probed.is_none() {
        let shell = &user.shell;
        let message =
            format!("{shell} did not say within 10 s what its environment is: the commands do without (userEnvProbe)");
        runner.warn(Phase::Create, message, None).await;
    }
    let env = environment(&probed.unwrap_or_default(), &merged, &details);
    let home = details.env.iter().find_map(|entry| entry.strip_prefix("HOME=")).unwrap_or(&user.home).to_owned();
    let kept = serde_json::json!({ "container": id.as_str(), "startedAt": started_at, "user": user.name, "env": &env });
    crate::home::write_whole(&runner.order.environment_file, kept.to_string().as_bytes())?;
    Ok(Running { place, user, home, started_at, merged, marks, env, ahead: Ahead::default() })
}

/// Waits until the entrypoints of Features are over (a nested engine answers), or the container has ended.
async fn await_entrypoints(runner: &EngineRunner, id: &ContainerId, started_at: &str) -> Result<(), StepFailure> {
    let started = started_at.parse::<jiff::Timestamp>();
    let since = started.map_or(0, |time| i32::try_from(time.as_second()).unwrap_or(0));
    let waiting = tokio::time::timeout(ENTRYPOINTS, runner.engine.wait_for_log(id, STARTED, since));
    match runner.cancel.run_until_cancelled(waiting).await {
        None => Err(StepFailure::new(FailureKind::Interrupted, "the start was interrupted".to_owned())),
        Some(Err(_)) => {
            let seconds = ENTRYPOINTS.as_secs();
            let message = format!("an entrypoint has not ended after {seconds} s: the commands do not wait for it");
            runner.warn(Phase::Create, message, Some(format!("docker logs {id}"))).await;
            Ok(())
        }
        Some(Ok(Err(error))) => Err(error.into()),
        Some(Ok(Ok(Printed::Yes))) => Ok(()),
        Some(Ok(Ok(Printed::EndedBefore))) => Err(StepFailure {
            hint: Some(format!("docker logs {id}")),
            ..StepFailure::new(FailureKind::Engine, "the container ended while an entrypoint ran".to_owned())
        }),
    }
}

/// A command's variables, secrets apart: what a login shell has, then `remoteEnv`.
fn environment(
    probed: &BTreeMap<String, String>,
    merged: &MergedConfiguration,
    details: &ContainerDetails,
) -> Vec<(String, Option<String>)> {
    let split = |entry: &String| entry.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let container_env: BTreeMap<String, String> = details.env.iter().filter_map(split).collect();
    let variables = Variables { container_env: Some(container_env.clone()), ..Variables::default() };
    let from_shell = probed.iter().filter(|(name, value)| container_env.get(*name) != Some(*value));
    let mut env: Vec<_> = from_shell.map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
    let own = merged.remote_env.iter();
    env.extend(own.map(|(name, value)| (name.clone(), value.as_ref().map(|value| variables.apply(value)))));
    env
}

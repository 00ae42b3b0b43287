//! From a container that was started to one that can be worked in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::codespaces;
use super::command::{Ahead, Place};
use super::container::STARTED;
use super::gate::{Gate, entropy};
use super::kept::Kept;
use super::probe::{self, COOKIE_OF_PROBE};
use super::processes;
use super::remote_user::RemoteUser;
use super::runner::EngineRunner;
use super::running::{Found, Running};
use crate::devcontainer::{MergedConfiguration, Variables};
use crate::engine::{ContainerDetails, ContainerId, ContainerState, Printed};
use crate::github::{Fingerprints, TokenFrom};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::shell_word::quote;

/// How many of the last lines are shown of a container that has ended.
const LAST_LINES: usize = 10;

/// How long the entrypoints of Features may take before the commands no longer wait for them.
const ENTRYPOINTS: Duration = Duration::from_mins(1);

/// Waits until a container can be worked in, and gathers what its commands need.
pub(super) async fn settle(runner: &EngineRunner, found: Found) -> Result<Running, StepFailure> {
    let Found { details, merged, user, marks } = found;
    let id = details.id.clone();
    if details.state != ContainerState::Running {
        return Err(ended(runner, &details).await);
    }
    let place = Arc::new(Place {
        engine: runner.engine.clone(),
        container: id.clone(),
        user: user.called(),
        record: runner.record.clone(),
        redactor: runner.redactor.clone(),
        cancel: runner.cancel.clone(),
    });
    end_leftovers(runner, &id).await?;
    let started_at = details.started_at.clone().unwrap_or_default();
    if !merged.entrypoints.is_empty() && !runner.order.occasion.finds_it_running() {
        await_entrypoints(runner, &details).await?;
    }
    // The probe goes through the first of them: nothing in them depends on it.
    let mut ahead = Ahead::open(&place, runner.shells(&merged, &marks));
    let home = home(&place, &user, &details, &mut ahead).await;
    let user = RemoteUser { home: home.clone(), ..user };
    let file = &runner.order.environment_file;
    let before =
        Kept::load(file, id.as_str()).filter(|kept| kept.started_at == started_at && kept.user == user.called());
    let env = if let Some(kept) = &before {
        // It was asked since the container was started, and the secrets are those of that start.
        kept.env.clone()
    } else {
        let probed = probed(runner, &place, &user, &merged, &mut ahead).await?;
        let mut given = codespaces::command_env(&runner.order);
        given.push(("HOME".to_owned(), Some(home.clone())));
        environment(&probed, given, &merged, &details)
    };
    // What ended since then is no codespace that can be used.
    look_again(runner, &id).await?;
    if before.is_none() {
        let secrets = Fingerprints::of(&runner.world.secrets, entropy());
        let (container, user, env) = (id.as_str().to_owned(), user.called(), env.clone());
        let (started_at, home) = (started_at.clone(), home.clone());
        // It says that this container came to be whole too.
        let of_hub = runner.world.token.as_ref().filter(|token| token.from == TokenFrom::Hub);
        let token = of_hub.map(|token| token.value.clone());
        Kept { container, started_at, user, home, env, secrets, token }.save(file)?;
    }
    Ok(Running { place, user, home, started_at, merged, marks, env, ahead })
}

/// Returns the remote user's home, by the reference's rule (devcontainer-semantics.md section 1.4): the container's `HOME` where that is theirs,
/// or can be. An image's `HOME=/root` is no home of another user's.
async fn home(place: &Place, user: &RemoteUser, details: &ContainerDetails, ahead: &mut Ahead) -> String {
    let of_container = details.env.iter().find_map(|entry| entry.strip_prefix("HOME="));
    let Some(of_container) = of_container.filter(|home| *home != user.home && user.uid != 0) else {
        return of_container.unwrap_or(&user.home).to_owned();
    };
    let path = quote(of_container);
    let text = format!("if [ ! -e {path} ] || [ -w {path} ]; then echo theirs; fi\n");
    let gate = match ahead.next().await {
        Some(gate) => Ok(gate),
        None => Gate::open(&place.engine, &place.container, &place.user).await,
    };
    let asked = match gate {
        Ok(gate) => gate.print_in_between(&text).await,
        Err(error) => Err(error),
    };
    // A container that does not answer is told of by what comes next.
    let Ok((printed, gate)) = asked else { return user.home.clone() };
    ahead.put_back(gate);
    if printed.starts_with("theirs") { of_container.to_owned() } else { user.home.clone() }
}

/// Ends what a run that died left running: a command of its would run beside its own repetition. What phases that are over have started is
/// left alone.
async fn end_leftovers(runner: &EngineRunner, id: &ContainerId) -> Result<(), StepFailure> {
    let Some(phase) = runner.order.died_in.filter(|_| runner.order.occasion.finds_it_running()) else { return Ok(()) };
    let cookie = if phase == Phase::Create { COOKIE_OF_PROBE.to_owned() } else { format!("{phase}:") };
    let left = processes::end(&runner.engine, id, &[cookie]).await?;
    if !left.is_empty() {
        let message = format!("processes of a run that died in {phase} could not be ended: {}", left.join(", "));
        runner.warn(Phase::Create, message, Some("stop the codespace: that ends them".to_owned())).await;
    }
    Ok(())
}

/// Returns what a login shell of the user's has in its environment; nothing, with a warning, where it does not say.
async fn probed(
    runner: &EngineRunner,
    place: &Place,
    user: &RemoteUser,
    merged: &MergedConfiguration,
    ahead: &mut Ahead,
) -> Result<BTreeMap<String, String>, StepFailure> {
    let why = match probe::probe(place, user, merged.user_env_probe, ahead).await {
        Ok(variables) => return Ok(variables),
        Err(why) => why,
    };
    look_again(runner, &place.container).await?;
    let shell = &user.shell;
    let message = format!("{shell}, the user's shell, {why}: the commands do without its environment (userEnvProbe)");
    runner.warn(Phase::Create, message, None).await;
    Ok(BTreeMap::new())
}

/// Fails where the container is not running any more, or the run was interrupted.
async fn look_again(runner: &EngineRunner, id: &ContainerId) -> Result<(), StepFailure> {
    match runner.engine.inspect(id).await? {
        Some(details) if details.state == ContainerState::Running => runner.uninterrupted(),
        Some(details) => Err(ended(runner, &details).await),
        None => Err(StepFailure::new(FailureKind::Engine, "the container was removed by something else".to_owned())),
    }
}

/// What it means that a container is not running.
pub(super) async fn ended(runner: &EngineRunner, details: &ContainerDetails) -> StepFailure {
    let (id, code) = (&details.id, details.exit_code);
    // What cannot be read is not shown: it is not the fault that is told of.
    let printed = runner.engine.last_lines(id, LAST_LINES).await.unwrap_or_default();
    let printed: Vec<_> = runner.redactor.redact(&printed).lines().map(|line| format!("  | {line}")).collect();
    StepFailure {
        detail: (!printed.is_empty()).then(|| printed.join("\n")),
        hint: Some(format!(
            "`docker logs {id}` shows what its first process printed; `overrideCommand: true` keeps it running"
        )),
        ..StepFailure::new(FailureKind::Engine, format!("the container has ended, with exit code {code}"))
    }
}

/// Waits until the entrypoints of Features are over (a nested engine answers), or the container has ended.
async fn await_entrypoints(runner: &EngineRunner, details: &ContainerDetails) -> Result<(), StepFailure> {
    let id = &details.id;
    // What it printed before it was last stopped is of another start.
    let before = details.ended_at.as_ref().and_then(|time| time.parse().ok());
    let waiting = tokio::time::timeout(ENTRYPOINTS, runner.engine.wait_for_log(id, STARTED, before));
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

/// A command's variables, secrets apart: what a login shell has, then what Codespaces gives, then `remoteEnv`.
fn environment(
    probed: &BTreeMap<String, String>,
    given: Vec<(String, Option<String>)>,
    merged: &MergedConfiguration,
    details: &ContainerDetails,
) -> Vec<(String, Option<String>)> {
    let split = |entry: &String| entry.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let container_env: BTreeMap<String, String> = details.env.iter().filter_map(split).collect();
    let variables = Variables { container_env: Some(container_env.clone()), ..Variables::default() };
    let from_shell = probed.iter().filter(|(name, value)| container_env.get(*name) != Some(*value));
    let mut env: Vec<_> = from_shell.map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
    env.extend(given);
    let own = merged.remote_env.iter();
    env.extend(own.map(|(name, value)| (name.clone(), value.as_ref().map(|value| variables.apply(value)))));
    env
}

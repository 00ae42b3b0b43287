//! What every way to a container needs: what it is made of, whose it is, and what is told where that cannot be.

use crate::devcontainer::{DevContainer, MergedConfiguration};
use crate::engine::{ContainerId, ContainerSpec};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::steps::choices::Workspaces;
use crate::steps::container::spec;
use crate::steps::pack::Small;
use crate::steps::remote_user::{self, RemoteUser};
use crate::steps::runner::EngineRunner;
use crate::steps::{hub, named_file, requirements, workspace};

/// The largest `/etc/passwd` and folder of marks that are read, in bytes.
pub(super) const SMALL_FILE: usize = 1024 * 1024;

/// Returns the container to make, and what holds for it.
pub(in crate::steps) async fn wanted(
    runner: &EngineRunner,
    config: &DevContainer,
) -> Result<(ContainerSpec, MergedConfiguration), StepFailure> {
    let mut entries = runner.image.entries.clone();
    // Reference CLI: a configuration that adds nothing is no entry.
    entries.extend(Some(config.entry.clone()).filter(|entry| !entry.properties.is_empty()));
    let merged = MergedConfiguration::of(&entries, &runner.variables()).map_err(|problem| unusable(&problem))?;
    let metadata: serde_json::Value = entries.into_iter().map(|entry| entry.properties).collect();
    let (mut spec, warnings) = spec(&runner.order, &runner.image.details, &merged, metadata.to_string());
    for message in warnings {
        runner.warn(Phase::Create, message, None).await;
    }
    if let Some(files) = runner.order.files() {
        named_file::apply(&runner.order, config, files, &mut spec)?;
    }
    requirements::gpus(runner, &mut spec).await;
    if let Some((name, value)) = runner.hub.as_ref().map(|_| hub::NODE_TRUST) {
        let start = format!("{name}=");
        if !spec.env.iter().any(|one| one.starts_with(&start)) {
            spec.env.push(format!("{start}{value}"));
        }
    }
    Ok((spec, merged))
}

/// Returns who the container's first process runs as.
pub(in crate::steps) fn first_user(runner: &EngineRunner, spec: &ContainerSpec) -> String {
    spec.user.clone().unwrap_or_else(|| runner.image.details.user.clone())
}

/// Returns the lockfile, where what is kept has not got it from the clone; a working tree that is mounted has it by now.
pub(in crate::steps) fn lockfile(runner: &EngineRunner, user: &RemoteUser) -> Option<Small> {
    let order = &runner.order;
    let lock = runner.image.lock.as_ref().filter(|_| order.workspaces == Workspaces::Kept && order.bind.is_none())?;
    Some(workspace::file(&format!("{}/{}", order.repository_folder(), lock.path), &lock.text, user))
}

pub(super) fn unusable(problem: &str) -> StepFailure {
    let problem = format!("with its variables replaced, the configuration cannot be used: {problem}");
    StepFailure::new(FailureKind::Configuration, problem)
}

pub(in crate::steps) fn gone() -> StepFailure {
    StepFailure {
        hint: Some("`localspace up` makes a new one".to_owned()),
        ..StepFailure::new(FailureKind::Engine, "the container is gone".to_owned())
    }
}

/// Looks the remote user up in the container; one that is not there is the configuration's fault.
pub(in crate::steps) async fn find_user(
    runner: &EngineRunner,
    id: &ContainerId,
    merged: &MergedConfiguration,
    first_user: &str,
) -> Result<RemoteUser, StepFailure> {
    let passwd = runner.engine.read_file(id, "/etc/passwd", SMALL_FILE).await?;
    let passwd = String::from_utf8_lossy(&passwd.unwrap_or_default()).into_owned();
    // Reference CLI: remoteUser, else who the first process runs as: `runArgs --user`, containerUser, the image's user.
    let wanted = merged.remote_user.as_deref().unwrap_or(first_user);
    if let Some(user) = remote_user::find(&passwd, wanted) {
        return Ok(user);
    }
    // An image without a shell has no such file either: what starts it tells of the shell.
    if passwd.is_empty() && !runner.engine.has(id, "/bin/sh").await? {
        return Ok(RemoteUser::root());
    }
    let wanted = if wanted.is_empty() { "root" } else { wanted };
    let names = remote_user::names(&passwd);
    let (what, hint) = if names.is_empty() {
        (
            "its /etc/passwd is missing, or names nobody".to_owned(),
            "make the user in the image, or set remoteUser to a number",
        )
    } else {
        (format!("it has {}", names.join(", ")), "set remoteUser to one of them, or make the user in the image")
    };
    let (problem, hint) = (format!("the image has no user `{wanted}`; {what}"), Some(hint.to_owned()));
    let fail = |config: &DevContainer| {
        let properties = &config.properties;
        let place = properties.remote_user.as_ref().or(properties.container_user.as_ref());
        let place = place.map_or_else(|| config.source.span().clone(), |place| place.span.clone());
        StepFailure::from(config.error(place, problem.clone(), hint.clone()))
    };
    let placed = runner.order.config.as_ref().map(fail);
    Err(placed.unwrap_or(StepFailure { hint, ..StepFailure::new(FailureKind::Configuration, problem) }))
}

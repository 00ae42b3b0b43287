//! The end of a codespace.

use super::context::Context;
use super::error::CliError;
use crate::codespace::{CodespaceName, label};
use crate::engine::{ContainerState, Engine, LabelFilter};
use crate::steps::Workspaces;

/// Removes everything of a codespace: what the engine has under its label, then what this machine keeps. In this order, a removal that
/// dies half-way can be repeated.
pub(super) async fn remove(context: &Context, engine: &Engine, name: &CodespaceName) -> Result<(), CliError> {
    let filter = remove_container(context, engine, name).await?;
    for volume in engine.volumes(&filter).await? {
        engine.remove_volume(&volume.name).await?;
    }
    context.home.remove(name)?;
    Ok(())
}

/// Removes a codespace's container alone; returns what everything of the codespace is found by.
pub(super) async fn remove_container(
    context: &Context,
    engine: &Engine,
    name: &CodespaceName,
) -> Result<[LabelFilter; 2], CliError> {
    let filter = [LabelFilter::is(label::CODESPACE, name.as_str()), LabelFilter::is(label::HOME, &context.home.id())];
    for container in engine.containers(&filter).await? {
        engine.remove(&container.id).await?;
    }
    Ok(filter)
}

/// Undoes a codespace that never came to be, and returns whether that was so: there is no container that ever ran, so there is nothing to go
/// on with and nothing to look at.
pub(super) async fn undo(
    context: &Context,
    engine: &Engine,
    name: &CodespaceName,
    workspaces: Workspaces,
) -> Result<bool, CliError> {
    let filter = [LabelFilter::is(label::CODESPACE, name.as_str()), LabelFilter::is(label::HOME, &context.home.id())];
    // An engine that does not answer has said so already.
    let Ok(containers) = engine.containers(&filter).await else { return Ok(false) };
    if containers.iter().any(|container| container.state != ContainerState::Created) {
        return Ok(false);
    }
    match workspaces {
        Workspaces::Empty => remove(context, engine, name).await?,
        Workspaces::Kept => drop(remove_container(context, engine, name).await?),
    }
    Ok(true)
}

//! The end of a codespace.

use super::context::Context;
use super::error::{CliError, Kind};
use super::in_hub;
use super::secrets::Before;
use super::select::Found;
use crate::codespace::{CodespaceName, label};
use crate::engine::{ContainerState, ContainerSummary, Engine, LabelFilter, LabelledImage};
use crate::steps::{self, Workspaces, image_base, image_repository, look_image};

/// Removes everything of a codespace: what the engine has under its label, then what this machine keeps. In this order, a removal that
/// dies half-way can be repeated.
pub(super) async fn remove(context: &Context, engine: &Engine, name: &CodespaceName) -> Result<(), CliError> {
    let hub = Before::of(context, name).hub;
    in_hub::leave(context, engine, hub.as_deref(), name).await;
    // Whoever still makes containers of it makes no more.
    steps::end_compose(&context.home.codespace(name)).await?;
    let filter = filter(context, name);
    for container in engine.containers(&filter).await? {
        engine.remove(&container.id).await?;
    }
    for network in engine.networks(&filter).await? {
        engine.remove_network(&network).await?;
    }
    in_hub::sweep(context, engine, hub.as_deref()).await?;
    for volume in engine.volumes(&filter).await? {
        engine.remove_volume(&volume.name).await?;
    }
    let home = context.home.id();
    let images = engine.labelled_images(&[LabelFilter::is(label::HOME, &home)]).await?;
    remove_images(engine, name, &images).await?;
    // A name that Features were being installed under.
    let _in_use = engine.remove_image(&image_base(name)).await?;
    // What was to become a prebuild of it and did not, and the image of one that was deleted before its codespaces.
    let is_others = |other: &CodespaceName| other != name && context.is_held(other);
    steps::sweep_prebuilds_among(engine, &home, images, is_others).await?;
    // A look into its volume, or a copy of it, that was cut short.
    let _in_use = engine.remove_image(&look_image(name)).await?;
    context.home.remove(name)?;
    Ok(())
}

/// Tells whether the engine has no container and no volume of a codespace.
pub(super) async fn is_empty(context: &Context, engine: &Engine, name: &CodespaceName) -> Result<bool, CliError> {
    let filter = filter(context, name);
    Ok(engine.containers(&filter).await?.is_empty() && engine.volumes(&filter).await?.is_empty())
}

/// Removes the images that were built for a codespace: those of its name, and those that have none any more. What others have made of one has
/// its labels too, and stays, and so does one that another container uses.
async fn remove_images(engine: &Engine, name: &CodespaceName, all: &[LabelledImage]) -> Result<(), CliError> {
    let repository = image_repository(name);
    let is_labelled = |image: &&LabelledImage| image.labels.get(label::CODESPACE).is_some_and(|of| of == name.as_str());
    for image in all.iter().filter(is_labelled) {
        let is_own = |name: &&String| name.rsplit_once(':').is_some_and(|(name, _)| name == repository);
        let own: Vec<&String> = image.names.iter().filter(is_own).collect();
        let unnamed = image.names.is_empty().then_some(&image.id);
        for reference in own.into_iter().chain(unnamed) {
            let _in_use = engine.remove_image(reference).await?;
        }
    }
    Ok(())
}

/// Removes a codespace's container alone: the other services of a Compose project stay, as what they keep is of use to the next one.
pub(super) async fn remove_container(context: &Context, engine: &Engine, name: &CodespaceName) -> Result<(), CliError> {
    steps::end_compose(&context.home.codespace(name)).await?;
    for container in engine.containers(&filter(context, name)).await?.iter().filter(|one| is_own(one)) {
        engine.remove(&container.id).await?;
    }
    Ok(())
}

/// Returns what everything of a codespace is found by.
fn filter(context: &Context, name: &CodespaceName) -> [LabelFilter; 2] {
    steps::found_by(name, &context.home.id())
}

fn is_own(container: &ContainerSummary) -> bool {
    label::is_own(&container.labels)
}

/// Undoes a codespace that never came to be, and returns whether that was so: there is no container that ever ran, so there is nothing to go
/// on with and nothing to look at.
pub(super) async fn undo(
    context: &Context,
    engine: &Engine,
    name: &CodespaceName,
    workspaces: Workspaces,
) -> Result<bool, CliError> {
    // An engine that does not answer has said so already.
    let Ok(containers) = engine.containers(&filter(context, name)).await else { return Ok(false) };
    if containers.iter().any(|container| is_own(container) && container.state != ContainerState::Created) {
        return Ok(false);
    }
    match workspaces {
        Workspaces::Empty => remove(context, engine, name).await?,
        Workspaces::Kept => remove_container(context, engine, name).await?,
    }
    Ok(true)
}

/// Undoes what a run left that died while it made a codespace's container, and returns what there is to say of it.
pub(super) async fn never_finished(
    context: &Context,
    engine: &Engine,
    found: &Found,
    workspaces: Workspaces,
) -> Result<CliError, CliError> {
    undo(context, engine, &found.name, workspaces).await?;
    let what = match workspaces {
        Workspaces::Empty => "it is removed",
        Workspaces::Kept => "its container is removed, its /workspaces is there",
    };
    let message = format!("{} was never finished: the run that made it died; {what}", found.name);
    let hint = format!("localspace up {} --name {}", found.label(label::SOURCE), found.name);
    Ok(CliError::new(Kind::Engine, message, Some(hint)))
}

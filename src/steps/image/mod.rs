//! The phase `image`: what the container is made from is on the engine, and what its metadata says is known.

mod build;
mod context;
mod dockerfile;
pub(super) mod failure;
mod features;
pub(super) mod made;
mod metadata;
pub(super) mod name;
pub(super) mod options;
pub(super) mod pull;
mod stand_ins;

use features::Base;
use made::Image;
pub use name::{base_of as image_base, repository as image_repository};
pub use options::BuildOptions;

use super::choices::ImageUse;
use super::compose;
use super::compose::stack::Stack;
use super::runner::EngineRunner;
use crate::codespace::label;
use crate::devcontainer::{ContainerSource, DevContainer, DockerfileBuild, Entry, read_label};
use crate::engine::{ImageDetails, LabelFilter};
use crate::lifecycle::StepFailure;
use crate::phase::Phase;
use crate::plan::Occasion;

/// Makes the image be there, and says what is known of it.
pub(super) async fn ready(runner: &mut EngineRunner) -> Result<(), StepFailure> {
    if let Some(fault) = runner.order.fault.take() {
        return Err(fault);
    }
    let Some(config) = runner.order.config.clone() else { return Ok(()) };
    // Where it is not built anyway, the container is made from the image as it is.
    let is_completed = config.has_features || runner.order.image_use != ImageUse::Codespace;
    runner.image = match &config.source {
        ContainerSource::Image(_) => {
            let reference = runner.order.image.as_ref().map_or_else(String::new, ToString::to_string);
            let details = pull::ready(runner, &config, &reference, name::platform(&runner.order)).await?;
            let entries = entries(runner, &details, &reference).await;
            if is_completed {
                whole(runner, &config, &details, &entries).await?
            } else {
                Image { details, entries, ..Image::default() }
            }
        }
        ContainerSource::Dockerfile(written) => Box::pin(built(runner, &config, written)).await?,
        ContainerSource::Compose(service) => {
            let (mut stack, details) = compose::image(runner, &config, service).await?;
            mounted(runner, &stack).await;
            let entries = entries(runner, &details, &format!("the service {}", service.service.value)).await;
            if is_completed {
                let image = whole(runner, &config, &details, &entries).await?;
                stack.run(name::whole(&runner.order));
                Image { details: stack.as_run(image.details), stack: Some(stack), ..image }
            } else {
                Image { details, entries, stack: Some(stack), lock: None }
            }
        }
    };
    Ok(())
}

/// Keeps where a service has the working tree that is mounted itself: its Compose file says so, and nothing else.
async fn mounted(runner: &mut EngineRunner, stack: &Stack) {
    let name = runner.order.folder_name().to_owned();
    let Some(bind) = &mut runner.order.bind else { return };
    if let Some(place) = stack.place() {
        bind.target = place.to_owned();
        if let Some(mount) = &mut bind.mount {
            place.clone_into(&mut mount.target);
        }
        return;
    }
    let message =
        format!("the service {} mounts no working tree: the repository is not in the codespace", stack.service());
    let hint = format!("give the service the volume `..:/workspaces/{name}`, as seen from its Compose file");
    runner.warn(Phase::Image, message, Some(hint)).await;
}

/// Completes an image that is somebody else's.
async fn whole(
    runner: &EngineRunner,
    config: &DevContainer,
    details: &ImageDetails,
    entries: &[Entry],
) -> Result<Image, StepFailure> {
    runner.engine.tag(&details.id, &name::base(&runner.order)).await?;
    Box::pin(completed(runner, config, details, entries)).await
}

/// Builds an image, and completes it.
async fn built(runner: &EngineRunner, config: &DevContainer, written: &DockerfileBuild) -> Result<Image, StepFailure> {
    let base = dockerfile::ready(runner, config, written).await?;
    let entries = entries(runner, &base, &written.dockerfile.value).await;
    Box::pin(completed(runner, config, &base, &entries)).await
}

/// Makes the whole image from the one that is called the codespace's base, and takes that name away again: with the Features, or with the metadata
/// label alone.
async fn completed(
    runner: &EngineRunner,
    config: &DevContainer,
    details: &ImageDetails,
    entries: &[Entry],
) -> Result<Image, StepFailure> {
    let name = name::base(&runner.order);
    let image = if config.has_features {
        features::install(runner, config, Base { name: &name, details, entries }).await
    } else {
        let all = [entries, std::slice::from_ref(&config.entry)].concat();
        let labelled = metadata::labelled(runner, &name, &all).await;
        labelled.map(|details| Image { details, entries: entries.to_vec(), ..Image::default() })
    };
    // What it consists of is the new one's too.
    let _gone = runner.engine.remove_image(&name).await?;
    if runner.order.occasion == Occasion::Rebuild && image.is_ok() {
        sweep(runner).await?;
    }
    image
}

/// Removes the images of earlier builds that have lost their name to a newer one. What a container uses stays.
async fn sweep(runner: &EngineRunner) -> Result<(), StepFailure> {
    let filter = name::labels(&runner.order).into_iter().map(|(name, value)| LabelFilter::is(&name, &value));
    for image in runner.engine.images(&filter.collect::<Vec<_>>()).await? {
        if image.names.is_empty() {
            let _in_use = runner.engine.remove_image(&image.id).await?;
        }
    }
    Ok(())
}

/// Returns what an image's metadata says; a label that says nothing is told of.
async fn entries(runner: &EngineRunner, details: &ImageDetails, name: &str) -> Vec<Entry> {
    let Some(text) = details.labels.get(label::METADATA) else { return Vec::new() };
    let (entries, problem) = read_label(text, name);
    if let Some(problem) = problem {
        runner.warn(Phase::Image, problem, None).await;
    }
    entries
}

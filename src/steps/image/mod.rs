//! The phase `image`: what the container is made from is on the engine, and what its metadata says is known.

mod pull;

use super::runner::EngineRunner;
use crate::codespace::label;
use crate::devcontainer::{ContainerSource, DevContainer, Entry, read_label};
use crate::engine::ImageDetails;
use crate::lifecycle::StepFailure;
use crate::phase::Phase;

/// An image that is on the engine.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// What the engine says of it.
    pub(super) details: ImageDetails,
    /// What its metadata says, the configuration's own part left out: raw, as it goes into the container's label.
    pub(super) entries: Vec<Entry>,
}

/// Makes the image be there, and says what is known of it.
pub(super) async fn ready(runner: &mut EngineRunner) -> Result<(), StepFailure> {
    if let Some(fault) = runner.order.fault.take() {
        return Err(fault);
    }
    let Some(config) = runner.order.config.clone() else { return Ok(()) };
    let details = match (&config.source, runner.order.image.clone()) {
        (ContainerSource::Image(_), Some(reference)) => pull::ready(runner, &config, reference.as_str()).await?,
        (ContainerSource::Image(_) | ContainerSource::Dockerfile(_) | ContainerSource::Compose(_), _) => {
            return Err(unsupported(&config));
        }
    };
    let (entries, problem) = match details.labels.get(label::METADATA) {
        Some(text) => read_label(text, &name(runner)),
        None => (Vec::new(), None),
    };
    if let Some(problem) = problem {
        runner.warn(Phase::Image, problem, None).await;
    }
    runner.image = Image { details, entries };
    Ok(())
}

/// Returns what a person calls the image.
fn name(runner: &EngineRunner) -> String {
    runner.order.image.as_ref().map_or_else(|| "the image".to_owned(), ToString::to_string)
}

fn unsupported(config: &DevContainer) -> StepFailure {
    let problem = "only an image is supported by this version";
    config.error(config.source.span().clone(), problem, None).into()
}

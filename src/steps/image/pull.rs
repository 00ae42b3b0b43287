//! An image that is named: pulled with the codespace's own registry secrets where the engine does not have it.

use tokio::time::Instant;

use super::build::login;
use crate::devcontainer::DevContainer;
use crate::diagnosis::{Failed, diagnose_pull};
use crate::engine::{EngineError, ImageDetails, Pull, RegistryCredentials};
use crate::journal::Event;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::steps::choices::Cache;
use crate::steps::limits::{Cut, deadline, within};
use crate::steps::runner::EngineRunner;

/// Makes an image that is named be there, and says what is known of it.
pub(in crate::steps) async fn ready(
    runner: &EngineRunner,
    config: &DevContainer,
    reference: &str,
    platform: Option<&str>,
) -> Result<ImageDetails, StepFailure> {
    let at_image = |problem, hint| StepFailure::from(config.error(config.source.span().clone(), problem, hint));
    // A hub's image is asked for each time: who may have it is what the hub is for, and the engine has what others were given.
    let is_hubs = runner.hub.as_ref().is_some_and(|hub| hub.for_engine(reference).is_some());
    if runner.order.cache == Cache::Used
        && !is_hubs
        && let Some(image) = runner.engine.image(reference).await?
    {
        return Ok(image);
    }
    let by_hand = format!("try it by hand: docker pull {reference}");
    let limit = runner.order.timeout;
    let ends = deadline(limit);
    let mut pulled = pull(runner, reference, platform, ends).await;
    let mut image = None;
    if let Ok(Ok(Pull::Done)) = pulled {
        image = runner.engine.image(reference).await?;
    }
    if let (Ok(Ok(Pull::Done)), None) = (&pulled, &image) {
        // Somebody else removed it in between; layers that it shares with another image that goes can take it along.
        pulled = pull(runner, reference, platform, ends).await;
        image = runner.engine.image(reference).await?;
    }
    match pulled {
        Err(Cut::Interrupted) => Err(StepFailure::new(FailureKind::Interrupted, "the pull was interrupted".to_owned())),
        Err(cut @ Cut::TimedOut) => Err(cut.failure(limit)),
        Ok(Err(error)) => {
            let failed = StepFailure::from(error);
            Err(StepFailure { hint: failed.hint.or(Some(by_hand)), ..failed })
        }
        Ok(Ok(Pull::Refused(said))) => Err(refused(runner, reference, &said).await),
        Ok(Ok(Pull::NotFound(said))) => Err(at_image(format!("there is no image {reference}: {said}"), Some(by_hand))),
        Ok(Ok(Pull::Done)) => {
            let gone = || format!("the engine has no image {reference} after its pull: something else removes it");
            image.ok_or_else(|| StepFailure::new(FailureKind::Engine, gone()))
        }
    }
}

/// Pulls before any container exists, with the codespace's secrets (DESIGN section 2, phase 2), until the phase's time is up.
async fn pull(
    runner: &EngineRunner,
    reference: &str,
    platform: Option<&str>,
    ends: Option<Instant>,
) -> Result<Result<Pull, EngineError>, Cut> {
    let registry = runner.world.registries.complete.iter().find(|registry| registry.server.serves(reference));
    let hub = runner.hub.as_ref().and_then(|hub| Some((hub.server_for_engine(), hub.for_engine(reference)?)));
    let login = registry.map(login).map(|login| match &hub {
        Some((server, _)) => RegistryCredentials { server, ..login },
        None => login,
    });
    let asked = hub.as_ref().map_or(reference, |(_, name)| name);
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<String>(8);
    let record = runner.record.clone();
    let told = tokio::spawn(async move {
        while let Some(text) = receiver.recv().await {
            record.record(Event::Progress { phase: Phase::Image, text }).await;
        }
    });
    // Progress is for looking at: where the screen is behind, a line is left out.
    let pulling = runner.engine.pull(asked, platform, login, |text| drop(sender.try_send(text)));
    let pulled = within(&runner.cancel, ends, pulling).await;
    drop(sender);
    let _shown = told.await;
    match (pulled, hub) {
        (Ok(Ok(Pull::Done)), Some((_, name))) => Ok(renamed(runner, &name, reference).await.map(|()| Pull::Done)),
        (Ok(Ok(Pull::Refused(said))), Some((server, _))) => Ok(Ok(Pull::Refused(as_named(&said, &server)))),
        (Ok(Ok(Pull::NotFound(said))), Some((server, _))) => Ok(Ok(Pull::NotFound(as_named(&said, &server)))),
        (pulled, _) => pulled,
    }
}

/// Gives an image of a hub's the name that it has in the hub's network.
async fn renamed(runner: &EngineRunner, from: &str, to: &str) -> Result<(), EngineError> {
    runner.engine.tag(from, to).await?;
    runner.engine.remove_image(from).await.map(drop)
}

/// Returns what a hub said to the engine, as it says it in its own network.
fn as_named(said: &str, server: &str) -> String {
    said.replace(&format!("http://{server}/v2/"), "https://").replace(&format!("{server}/"), "")
}

/// A registry that would not give the image: whose fault it is, as far as its words tell.
async fn refused(runner: &EngineRunner, reference: &str, said: &str) -> StepFailure {
    let failed = Failed {
        phase: Phase::Image,
        purpose: runner.order.purpose,
        command: "",
        exit_code: None,
        output: said,
        registries: &runner.world.registries,
    };
    runner.record.record(Event::Diagnosis(diagnose_pull(&failed, reference))).await;
    let said = runner.redactor.redact(said);
    StepFailure::new(FailureKind::Registry, format!("the registry refused the image {reference}: {said}"))
}

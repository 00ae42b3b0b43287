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
use crate::steps::hub::Rule;
use crate::steps::limits::{Cut, deadline, within};
use crate::steps::runner::EngineRunner;

/// An image that is to be there.
#[derive(Debug, Clone, Copy)]
pub(in crate::steps) struct Wanted<'a> {
    pub(in crate::steps) reference: &'a str,
    pub(in crate::steps) platform: Option<&'a str>,
    /// Whether what the engine has will do.
    pub(in crate::steps) cache: Cache,
    pub(in crate::steps) called: Called,
}

/// What an image of a hub's is called when it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::steps) enum Called {
    /// As everybody calls it.
    ByItsName,
    /// As the engine asked for it: whatever has its name on the engine stays what it is.
    OnTheLoopback,
}

/// Makes an image that is named be there, and says what is known of it.
pub(in crate::steps) async fn ready(
    runner: &EngineRunner,
    config: &DevContainer,
    reference: &str,
    platform: Option<&str>,
) -> Result<ImageDetails, StepFailure> {
    get(runner, config, Wanted { reference, platform, cache: runner.order.cache, called: Called::ByItsName }).await
}

/// Makes an image be there.
pub(in crate::steps) async fn get(
    runner: &EngineRunner,
    config: &DevContainer,
    wanted: Wanted<'_>,
) -> Result<ImageDetails, StepFailure> {
    let Wanted { reference, .. } = wanted;
    let local = runner.hub.as_ref().and_then(|hub| hub.for_engine(reference));
    // A hub's image is asked for each time: who may have it is what the hub is for, and the engine has what others were given.
    if wanted.cache == Cache::Used
        && local.is_none()
        && let Some(image) = runner.engine.image(reference).await?
    {
        return Ok(image);
    }
    let own = own_name(reference);
    let found = match (local.as_deref(), wanted.called) {
        (Some(local), Called::OnTheLoopback) => local,
        (Some(_), Called::ByItsName) => &own,
        (None, _) => reference,
    };
    let by_hand = format!("try it by hand: docker pull {reference}");
    let limit = runner.order.timeout;
    let ends = deadline(limit);
    let mut pulled = pull(runner, wanted, ends).await;
    let mut image = None;
    if let Ok(Ok(Pull::Done)) = pulled {
        image = runner.engine.image(found).await?;
    }
    if let (Ok(Ok(Pull::Done)), None) = (&pulled, &image) {
        // Somebody else removed it in between; layers that it shares with another image that goes can take it along.
        pulled = pull(runner, wanted, ends).await;
        image = runner.engine.image(found).await?;
    }
    match pulled {
        Err(Cut::Interrupted) => Err(StepFailure::new(FailureKind::Interrupted, "the pull was interrupted".to_owned())),
        Err(cut @ Cut::TimedOut) => Err(cut.failure(limit)),
        Ok(Err(error)) => {
            let failed = StepFailure::from(error);
            Err(StepFailure { hint: failed.hint.or(Some(by_hand)), ..failed })
        }
        Ok(Ok(Pull::Refused(said))) => Err(refused(runner, reference, &said).await),
        Ok(Ok(Pull::NotFound(said))) => {
            let problem = format!("there is no image {reference}: {said}");
            Err(match wanted.called {
                Called::ByItsName => config.error(config.source.span().clone(), problem, Some(by_hand)).into(),
                // A Dockerfile names it.
                Called::OnTheLoopback => StepFailure::new(FailureKind::Configuration, problem),
            })
        }
        Ok(Ok(Pull::Done)) => {
            let gone = || format!("the engine has no image {reference} after its pull: something else removes it");
            image.ok_or_else(|| StepFailure::new(FailureKind::Engine, gone()))
        }
    }
}

/// Pulls before any container exists, with the codespace's secrets (DESIGN section 2, phase 2), until the phase's time is up.
async fn pull(
    runner: &EngineRunner,
    wanted: Wanted<'_>,
    ends: Option<Instant>,
) -> Result<Result<Pull, EngineError>, Cut> {
    let Wanted { reference, platform, called, .. } = wanted;
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
        (Ok(Ok(Pull::Done)), Some((_, name))) if called == Called::ByItsName => {
            Ok(renamed(runner, &name, &own_name(reference)).await.map(|()| Pull::Done))
        }
        (Ok(Ok(Pull::Refused(said))), Some(_)) => Ok(Ok(Pull::Refused(runner.own_names(&said)))),
        (Ok(Ok(Pull::NotFound(said))), Some(_)) => Ok(Ok(Pull::NotFound(runner.own_names(&said)))),
        (pulled, _) => pulled,
    }
}

/// Gives an image of a hub's the name that it has in the hub's network.
async fn renamed(runner: &EngineRunner, from: &str, to: &str) -> Result<(), EngineError> {
    runner.engine.tag(from, to).await?;
    runner.engine.remove_image(from).await.map(drop)
}

/// Returns the name that an image of a hub's is given: a digest names no image that the engine did not pull under that very name.
fn own_name(reference: &str) -> String {
    let Some((name, digest)) = reference.split_once('@') else { return reference.to_owned() };
    let bare = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(bare, _)| bare);
    format!("{bare}:{}", digest.replace(':', "-"))
}

/// A registry that would not give the image: whose fault it is, as far as its words tell, and a hub's rule.
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
    let reason = format!("the registry refused the image {reference}: {said}");
    let rule = match &runner.hub {
        Some(hub) => hub.refusal(reference, &runner.order.repository).await,
        None => None,
    };
    match rule {
        Some(Rule { why, fix }) => {
            StepFailure { hint: fix, ..StepFailure::new(FailureKind::Registry, format!("{reason} ({why})")) }
        }
        None => StepFailure::new(FailureKind::Registry, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_no_name_to_give() {
        for (reference, expected) in [
            ("ghcr.io/acme/api:1", "ghcr.io/acme/api:1"),
            ("r.test:5000/api", "r.test:5000/api"),
            ("r.test:5000/api@sha256:00", "r.test:5000/api:sha256-00"),
            ("ghcr.io/acme/api:1@sha256:00", "ghcr.io/acme/api:sha256-00"),
        ] {
            assert_eq!(own_name(reference), expected);
        }
    }
}

//! One build on the engine, with everything that happens in it recorded.

use std::collections::HashMap;
use std::io::ErrorKind;

use tokio::sync::mpsc;

use crate::engine::{Build, BuildEvent, BuildFailure, BuildSpec, FailedStep, RegistryCredentials};
use crate::github::Registry;
use crate::journal::{BuildStep, Event, OutputStream, StepState};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::steps::limits::{deadline, within};
use crate::steps::pack::Tar;
use crate::steps::pump::{Side, Tail};
use crate::steps::runner::EngineRunner;

const PHASE: Phase = Phase::Image;

/// How many events of a build wait to be recorded.
const WAITING: usize = 64;

/// What a build came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An image, by its id.
    Built(String),
    /// None.
    Failed {
        /// Why, without secrets.
        failure: BuildFailure,
        /// The last of what the failed step wrote, without secrets.
        output: String,
    },
}

/// Whether a person sees the steps of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steps {
    /// They are somebody's own.
    Shown,
    /// They are not: a label that is added.
    Hidden,
}

/// Builds an image from a context. An interrupt ends the build, and so does the phase's time.
pub(super) async fn build(
    runner: &EngineRunner,
    spec: &BuildSpec,
    context: Tar,
    steps: Steps,
) -> Result<Outcome, StepFailure> {
    let registries = &runner.world.registries.complete;
    let logins: Vec<RegistryCredentials<'_>> = registries.iter().map(login).collect();
    let (sender, receiver) = mpsc::channel(WAITING);
    let (stream, told) = context.stream();
    let work =
        async { tokio::join!(runner.engine.build(spec, stream, &logins, sender), record(runner, receiver, steps)) };
    let limit = runner.order.timeout;
    let (built, mut tails) = within(&runner.cancel, deadline(limit), work).await.map_err(|cut| cut.failure(limit))?;
    if let Ok(Err(error)) = told.await
        && error.kind() != ErrorKind::BrokenPipe
    {
        let reason = format!("the build's context cannot be read: {error}");
        return Err(StepFailure::new(FailureKind::Engine, reason));
    }
    match built? {
        Build::Done { id } => Ok(Outcome::Built(id)),
        Build::Failed(failure) => {
            let step = failure
                .step
                .map(|step| FailedStep { name: runner.redactor.redact(&step.name).into_owned(), step: step.step });
            let output =
                step.as_ref().and_then(|step| tails.remove(&step.step)).map(Tail::into_text).unwrap_or_default();
            let message = runner.redactor.redact(&failure.message).into_owned();
            Ok(Outcome::Failed { failure: BuildFailure { message, step }, output })
        }
    }
}

/// Returns what the engine may pull with.
pub(super) fn login(registry: &Registry) -> RegistryCredentials<'_> {
    let Registry { server, user, password, .. } = registry;
    RegistryCredentials { server: server.config_key(), user, password }
}

/// Records what happens until the build is over; returns the last of what each step wrote that has not succeeded.
async fn record(runner: &EngineRunner, mut events: mpsc::Receiver<BuildEvent>, steps: Steps) -> HashMap<String, Tail> {
    let mut sides: HashMap<(String, OutputStream), Side> = HashMap::new();
    let mut tails: HashMap<String, Tail> = HashMap::new();
    while let Some(event) = events.recv().await {
        if steps == Steps::Hidden {
            continue;
        }
        match event {
            BuildEvent::Output { step, stream, bytes } => {
                let side = sides.entry((step.clone(), stream)).or_insert_with(|| {
                    let label = Some(step.clone()).filter(|step| !step.is_empty());
                    Side::new(&runner.record, &runner.redactor, PHASE, label, stream)
                });
                let text = side.push(&bytes).await;
                tails.entry(step).or_default().push(&text);
            }
            BuildEvent::Step { step, name, state, seconds } => {
                if state != StepState::Started {
                    for stream in [OutputStream::Stdout, OutputStream::Stderr] {
                        let Some(mut side) = sides.remove(&(step.clone(), stream)) else { continue };
                        let text = side.finish().await;
                        tails.entry(step.clone()).or_default().push(&text);
                    }
                }
                if state == StepState::Succeeded {
                    tails.remove(&step);
                }
                let name = runner.redactor.redact(&name).into_owned();
                let step = BuildStep { phase: PHASE, step, name, state, seconds };
                runner.record.record(Event::BuildStep(step)).await;
            }
            BuildEvent::Progress(text) => {
                let text = runner.redactor.redact(&text).into_owned();
                runner.record.record(Event::Progress { phase: PHASE, text }).await;
            }
        }
    }
    for side in sides.values_mut() {
        drop(side.finish().await);
    }
    tails
}

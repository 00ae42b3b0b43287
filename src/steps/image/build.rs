//! One build on the engine, with everything that happens in it recorded.

use std::collections::HashMap;
use std::io::ErrorKind;

use tokio::sync::mpsc;

use crate::engine::{Build, BuildEvent, BuildFailure, BuildSpec, FailedStep, RegistryCredentials};
use crate::github::{Registry, TokenFrom};
use crate::journal::{BuildStep, Event, OutputStream, StepState};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::steps::hub::HubAccess;
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

/// How a person sees the steps of a build.
#[derive(Clone, Copy)]
pub(super) enum Shown<'a> {
    /// As they are: they are somebody's own.
    AsTheyAre,
    /// Not at all: a label is added.
    Nothing,
    /// Those that a name is returned for, and what they do.
    As(Naming<'a>),
}

/// Returns the name of a step and what it does, for a person; nothing where nobody is to see it.
type Naming<'a> = &'a (dyn Fn(&str) -> Option<(String, String)> + Sync);

impl Shown<'_> {
    fn of(self, step: &str, name: &str) -> Option<(String, String)> {
        match self {
            Self::AsTheyAre => Some((step.to_owned(), name.to_owned())),
            Self::Nothing => None,
            Self::As(naming) => naming(name),
        }
    }
}

/// Builds an image from a context. An interrupt ends the build, and so does the phase's time.
pub(super) async fn build(
    runner: &EngineRunner,
    spec: &BuildSpec,
    context: Tar,
    shown: Shown<'_>,
) -> Result<Outcome, StepFailure> {
    let registries = &runner.world.registries.complete;
    let server = runner.hub.as_ref().map(HubAccess::server_for_engine);
    let token = runner.world.token.as_ref().filter(|token| token.from != TokenFrom::ThisMachine);
    let hub = server.as_deref().zip(token);
    // Where a hub's image is gone from the engine before the builder has looked at it, the builder asks for it itself.
    let hub = hub.map(|(server, token)| RegistryCredentials { server, user: &token.user, password: &token.value });
    let logins: Vec<RegistryCredentials<'_>> = registries.iter().map(login).chain(hub).collect();
    let (sender, receiver) = mpsc::channel(WAITING);
    let (stream, told) = context.stream();
    let work = async {
        tokio::join!(Box::pin(runner.engine.build(spec, stream, &logins, sender)), record(runner, receiver, shown))
    };
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
            let step = failure.step.map(|step| FailedStep {
                name: runner.redactor.redact(&runner.own_names(&step.name)).into_owned(),
                step: step.step,
            });
            let output =
                step.as_ref().and_then(|step| tails.remove(&step.step)).map(Tail::into_text).unwrap_or_default();
            let message = runner.redactor.redact(&runner.own_names(&failure.message)).into_owned();
            Ok(Outcome::Failed { failure: BuildFailure { message, step }, output })
        }
    }
}

/// Returns what the engine may pull with.
pub(super) fn login(registry: &Registry) -> RegistryCredentials<'_> {
    let (user, password) = registry.credentials();
    RegistryCredentials { server: registry.server.config_key(), user, password }
}

/// Records what happens until the build is over; returns the last of what each step wrote that has not succeeded.
async fn record(
    runner: &EngineRunner,
    mut events: mpsc::Receiver<BuildEvent>,
    shown: Shown<'_>,
) -> HashMap<String, Tail> {
    let mut seen = Seen { runner, shown, sides: HashMap::new(), tails: HashMap::new(), names: HashMap::new() };
    while let Some(event) = events.recv().await {
        match event {
            BuildEvent::Output { step, stream, bytes } => seen.output(step, stream, &bytes).await,
            BuildEvent::Step { step, name, state, seconds } => seen.step(step, &name, state, seconds).await,
            BuildEvent::Progress(text) => {
                if let Shown::AsTheyAre = shown {
                    let text = runner.redactor.redact(&runner.own_names(&text)).into_owned();
                    runner.record.record(Event::Progress { phase: PHASE, text }).await;
                }
            }
        }
    }
    for side in seen.sides.values_mut() {
        drop(side.finish().await);
    }
    seen.tails
}

/// What was seen of a build so far.
struct Seen<'a> {
    runner: &'a EngineRunner,
    shown: Shown<'a>,
    sides: HashMap<(String, OutputStream), Side>,
    tails: HashMap<String, Tail>,
    /// What each step that is shown is called.
    names: HashMap<String, String>,
}

impl Seen<'_> {
    async fn output(&mut self, step: String, stream: OutputStream, bytes: &[u8]) {
        let name = match self.shown {
            // What is no step of the Dockerfile's has no name, and may be seen all the same.
            Shown::AsTheyAre => Some(step.clone()).filter(|step| !step.is_empty()),
            Shown::Nothing | Shown::As(_) => match self.names.get(&step) {
                Some(name) => Some(name.clone()),
                None => return,
            },
        };
        let side = self.sides.entry((step.clone(), stream));
        let side = side.or_insert_with(|| Side::new(&self.runner.record, &self.runner.redactor, PHASE, name, stream));
        let text = side.push(bytes).await;
        self.tails.entry(step).or_default().push(&text);
    }

    async fn step(&mut self, step: String, name: &str, state: StepState, seconds: Option<f64>) {
        let Some((shown, what)) = self.shown.of(&step, name) else { return };
        self.names.insert(step.clone(), shown.clone());
        if state != StepState::Started {
            for stream in [OutputStream::Stdout, OutputStream::Stderr] {
                let Some(mut side) = self.sides.remove(&(step.clone(), stream)) else { continue };
                let text = side.finish().await;
                self.tails.entry(step.clone()).or_default().push(&text);
            }
        }
        if state == StepState::Succeeded {
            self.tails.remove(&step);
        }
        let name = self.runner.redactor.redact(&self.runner.own_names(&what)).into_owned();
        let step = BuildStep { phase: PHASE, step: shown, name, state, seconds };
        self.runner.record.record(Event::BuildStep(step)).await;
    }
}

//! One run of a codespace, from its order to what is printed at its end: what `up` and `start` have in common.

use std::path::PathBuf;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::{CliError, Kind};
use super::interrupt::Interrupts;
use super::select;
use crate::codespace::CodespaceName;
use crate::engine::Engine;
use crate::github::{Purpose, Registries, SecretsFile, World, auth, load_secrets};
use crate::journal::{Event, Outcome, Recorder, RunStarted, Sink, Writer};
use crate::lifecycle::{FailureKind, lead_codespace, lead_prebuild};
use crate::redact::Redactor;
use crate::report::{Place, Summary, UpDocument, failure, timeline};
use crate::steps::{EngineRunner, Order};

/// What to print and where.
#[derive(Debug, clap::Args)]
pub(super) struct Output {
    /// Print the result as one JSON object on standard output
    #[arg(long)]
    pub(super) json: bool,
    /// Write what happens to FILE while it happens, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
}

/// The secrets of a run and where they are from.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    pub(super) file: Option<PathBuf>,
    pub(super) content: SecretsFile,
}

impl Secrets {
    /// Reads a secrets file.
    pub(super) fn load(file: Option<PathBuf>) -> Result<Self, CliError> {
        let Some(file) = file else { return Ok(Self::default()) };
        let content = load_secrets(&file)?;
        let file = file.canonicalize().unwrap_or(file);
        Ok(Self { file: Some(file), content })
    }
}

/// What an earlier run of a codespace left for the next one.
#[derive(Debug)]
pub(super) struct Before {
    secrets_file: Option<PathBuf>,
    /// It never came to its end, so that a command of its may still run.
    pub(super) died: bool,
}

impl Before {
    /// Reads the journal of a codespace.
    pub(super) fn of(context: &Context, name: &CodespaceName) -> Self {
        let before = select::newest(context, name).filter(|run| run.run.is_some());
        let died = before.as_ref().is_some_and(|run| run.end.is_none());
        let secrets_file = before.and_then(|run| run.run?.secrets_file).map(PathBuf::from);
        Self { secrets_file, died }
    }

    /// Reads the secrets file again that the earlier run had.
    pub(super) fn secrets(&self) -> Result<Secrets, CliError> {
        Secrets::load(self.secrets_file.clone())
    }
}

/// Returns the filter that hides every secret: all values but the servers and users of registries, which reports show.
pub(super) fn redactor(world: &World) -> Redactor {
    let shown = |name: &str| name.ends_with("_CONTAINER_REGISTRY_SERVER") || name.ends_with("_CONTAINER_REGISTRY_USER");
    let hidden = world.secrets.iter().filter(|secret| !shown(secret.name.as_str()));
    let logins: Vec<_> = world.registries.complete.iter().map(auth).collect();
    let values = hidden.map(|secret| secret.value.expose().as_str());
    Redactor::new(values.chain(logins.iter().map(|login| login.expose().as_str())))
}

/// Runs an order to its end and prints what came of it; returns the exit code.
pub(super) async fn rehearse(
    context: &mut Context,
    engine: Engine,
    order: Order,
    secrets: Secrets,
    output: &Output,
) -> Result<u8, CliError> {
    let world = World::new(secrets.content.secrets);
    let redactor = redactor(&world);
    let name = order.name.clone();
    let folder = order.workspace_folder.clone();
    context.home.make(&name)?;
    let cancel = CancellationToken::new();
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Writer::journal(&context.home.journal(&name), name.clone())?)];
    if let Some(file) = &output.events {
        sinks.push(Box::new(Writer::events(file, name.clone())?));
    }
    sinks.push(context.ui.sink(context.clock.clone()));
    let (recorder, recording) = Recorder::start(context.clock.clone(), sinks, cancel.clone());
    let began = Instant::now();
    recorder
        .record(Event::RunStarted(RunStarted {
            occasion: order.occasion.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            secrets_file: secrets.file.map(|file| file.display().to_string()),
        }))
        .await;
    warn(&recorder, &order, secrets.content.warnings, &world.registries, redactor.too_short()).await;
    let purpose = order.purpose;
    let runner = EngineRunner::new(engine, order, world, recorder.clone(), redactor, cancel.clone());
    let life = async {
        match purpose {
            Purpose::Codespace => Box::pin(lead_codespace(runner, recorder.clone())).await,
            Purpose::Prebuild => Box::pin(lead_prebuild(runner, recorder.clone())).await,
        }
    };
    let Some(ending) = lead(life, &cancel).await else {
        recording.finish().await?;
        let message = "interrupted twice: left at once, where a command may still run in the codespace";
        let hint = format!("the same command ends it and goes on, `localspace delete -c {name}` removes it all");
        return Err(CliError::new(Kind::Interrupted, message, Some(hint)));
    };
    let place = Place {
        name: name.to_string(),
        container_id: ending.runner.container().map(|id| id.as_str().to_owned()),
        remote_user: ending.runner.remote_user().map(str::to_owned),
        remote_workspace_folder: ending.runner.container().map(|_| folder),
    };
    ending.runner.finish().await;
    let outcome = if ending.failure.is_some() { Outcome::Failed } else { Outcome::Succeeded };
    let message = ending.failure.as_ref().map(|(phase, failure)| format!("{phase}: {}", failure.reason));
    recorder.record(Event::RunFinished { outcome, seconds: began.elapsed().as_secs_f64(), message }).await;
    recording.finish().await?;
    let summary = select::newest(context, &name).unwrap_or_else(|| Summary::of([]));
    print(context, &summary, place, output.json)?;
    let Some((_, failure)) = ending.failure else { return Ok(0) };
    if let Some(hint) = &failure.hint {
        context.ui.say(&format!("hint: {hint}\n"));
    }
    if failure.kind == FailureKind::Interrupted {
        context.ui.say(&format!(
            "interrupted; what is done is kept: the same command goes on, `localspace delete -c {name}` removes it\n"
        ));
    }
    Ok(Kind::from(failure.kind).exit_code())
}

/// Says what a person should know before anything runs.
async fn warn(recorder: &Recorder, order: &Order, from_file: Vec<String>, registries: &Registries, too_short: usize) {
    let mut warnings: Vec<(String, Option<String>)> = from_file.into_iter().map(|text| (text, None)).collect();
    warnings.extend(order.notes.iter().map(|text| (text.clone(), None)));
    for half in &registries.incomplete {
        let hint = "a registry needs all three of SERVER, USER and PASSWORD with one ID".to_owned();
        warnings.push((
            format!("the registry {} is left out: {} is missing", half.id, half.missing.join(" and ")),
            Some(hint),
        ));
    }
    warnings.extend(registries.notes.iter().map(|note| (note.clone(), None)));
    if too_short > 0 {
        warnings
            .push((format!("{too_short} secret value(s) of fewer than 4 characters are not masked in outputs"), None));
    }
    for (message, hint) in warnings {
        recorder.record(Event::Warning { phase: None, message, hint }).await;
    }
}

/// Leads a life to its end. The first interrupt cancels it, which takes as long as the processes of a command take to end; after the second
/// it is left where it is, and nothing is returned.
async fn lead<T>(life: impl Future<Output = T>, cancel: &CancellationToken) -> Option<T> {
    let mut interrupts = Interrupts::listen();
    let twice = async {
        interrupts.next().await;
        cancel.cancel();
        interrupts.next().await;
    };
    tokio::select! {
        ended = life => Some(ended),
        () = twice => None,
    }
}

fn print(context: &mut Context, summary: &Summary, place: Place, json: bool) -> Result<(), CliError> {
    let look = context.ui.err_look();
    if let Some(text) = failure(summary, look) {
        context.ui.say(&format!("\n{text}"));
    }
    context.ui.say(&format!("\n{}", timeline(summary, look)));
    if json {
        let document = UpDocument::new(summary, place);
        let text = serde_json::to_string(&document).map_err(std::io::Error::other)?;
        context.ui.data(&format!("{text}\n"))?;
    } else {
        context.ui.data(&format!("{}\n", place.name))?;
    }
    Ok(())
}

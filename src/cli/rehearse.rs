//! One run of a codespace, from its order to what is printed at its end: what `up` and `start` have in common.

use std::path::PathBuf;
use std::time::Instant;

use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::creation_log::ToCodespace;
use super::error::{CliError, Kind};
use super::in_hub::{Holder, InHub, Token};
use super::notices;
use super::recovery::{self, Ended};
use super::removal::undo;
use super::secrets::{Secrets, StartedWith, newer_warning, redactor};
use crate::codespace::CodespaceName;
use crate::devcontainer::DevContainer;
use crate::ecr;
use crate::engine::Engine;
use crate::github::{CodespaceSecret, Purpose, World};
use crate::home::Lock;
use crate::journal::{
    CreationError, Event, Outcome, PrebuildUse, Recorder, RunStarted, Sink, Writer, newest_run, read,
};
use crate::lifecycle::{FailureKind, StepFailure, lead_codespace, lead_prebuild};
use crate::phase::Phase;
use crate::plan::Occasion;
use crate::report::{Place, Remains, Summary, UpDocument, failure, moment, plain, timeline};
use crate::steps::{EngineRunner, Keepsake, Kept, LogPiece, OnFailure, Order, Workspaces};

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

/// Everything that a run needs, and the lock that makes it the codespace's only one.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) engine: Engine,
    pub(super) order: Order,
    pub(super) secrets: Secrets,
    pub(super) held: Lock,
}

/// Makes ready and runs; returns the exit code. Ctrl-C ends it before there is anything to end, too.
pub(super) async fn rehearse(
    context: &mut Context,
    output: &Output,
    ready: impl AsyncFnOnce(&mut Context) -> Result<Ready, CliError>,
) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    let ready = Box::pin(interrupts.until(ready(context))).await?;
    Box::pin(run(context, ready, output)).await
}

/// Runs an order to its end and prints what came of it.
async fn run(context: &mut Context, ready: Ready, output: &Output) -> Result<u8, CliError> {
    let Ready { engine, order, secrets, held: _held } = ready;
    let name = order.name.clone();
    let Led { summary, failure, remains, place, .. } = Box::pin(lead(context, engine, order, secrets, output)).await?;
    tell(context, &summary, remains, &place);
    print(context, &summary, place, output.json)?;
    let Some((_, failure)) = failure else { return Ok(0) };
    if failure.kind == FailureKind::Interrupted && remains != Remains::Nothing {
        context.ui.say(&format!(
            "interrupted; what is done is kept: the same command goes on, `localspace delete -c {name}` removes it\n"
        ));
    }
    Ok(Kind::from(failure.kind).exit_code())
}

/// A run that is over.
#[derive(Debug)]
pub(super) struct Led {
    pub(super) summary: Summary,
    pub(super) failure: Option<(Phase, StepFailure)>,
    pub(super) remains: Remains,
    pub(super) place: Place,
    /// What a prebuild is taken with.
    pub(super) keepsake: Keepsake,
}

/// Runs an order to its end.
pub(super) async fn lead(
    context: &mut Context,
    engine: Engine,
    order: Order,
    secrets: Secrets,
    output: &Output,
) -> Result<Led, CliError> {
    let (name, folder) = (order.name.clone(), order.workspace_folder.clone());
    let (occasion, workspaces, before) = (order.occasion, order.workspaces, order.container.clone());
    let open_files = order.config.as_ref().map_or(Vec::new(), DevContainer::open_files);
    context.home.make(&name)?;
    let cancel = context.interrupts.run();
    let mut sinks = sinks(context, &name, output).await?;
    let (to_codespace, log) = ToCodespace::new(order.purpose, &order.on_failure);
    sinks.push(Box::new(to_codespace));
    let (recorder, recording) = Recorder::start(context.clock.clone(), sinks, cancel.clone());
    let began = Instant::now();
    let ending = {
        let interrupts = context.interrupts.clone();
        let life = live(context, engine.clone(), order, secrets, Told { recorder: &recorder, cancel, log });
        tokio::select! { ended = life => Some(ended), () = interrupts.second() => None }
    };
    let Some((runner, failure)) = ending else {
        recording.finish().await?;
        let message = "interrupted twice: left at once, where a command may still run in the codespace";
        let hint = format!("the same command ends it and goes on, `localspace delete -c {name}` removes it all");
        return Err(CliError::new(Kind::Interrupted, message, Some(hint)));
    };
    let container = runner.container().cloned();
    let place = Place {
        name: name.to_string(),
        container_id: container.as_ref().map(|id| id.as_str().to_owned()),
        remote_user: runner.remote_user().map(str::to_owned),
        remote_workspace_folder: container.as_ref().map(|_| folder),
        open_files,
    };
    let keepsake = Keepsake::of(&runner);
    runner.finish().await;
    let outcome = if failure.is_some() { Outcome::Failed } else { Outcome::Succeeded };
    let message = failure.as_ref().map(|(phase, failure)| format!("{phase}: {}", failure.reason));
    recorder.record(Event::RunFinished { outcome, seconds: began.elapsed().as_secs_f64(), message }).await;
    recording.finish().await?;
    let summary = summary(context, &name)?;
    let is_recovered = summary.recovery.as_ref().is_some_and(|recovery| recovery.outcome == Outcome::Succeeded);
    let is_new = matches!(occasion, Occasion::Create | Occasion::Rebuild);
    let may_be_none = is_new && failure.as_ref().is_some_and(|(phase, _)| *phase <= Phase::Create);
    let has_none = may_be_none && undo(context, &engine, &name, workspaces).await?;
    let remains = match (has_none, workspaces) {
        (false, _) if is_recovered => Remains::Recovery,
        (true, Workspaces::Empty) => Remains::Nothing,
        (true, Workspaces::Kept) => Remains::Work,
        (false, _) if occasion == Occasion::Rebuild && container == before => Remains::Before,
        (false, _) => Remains::Codespace,
    };
    Ok(Led { summary, failure, remains, place, keepsake })
}

/// Who is told of a run, and who may end it.
struct Told<'a> {
    recorder: &'a Recorder,
    cancel: CancellationToken,
    log: Receiver<LogPiece>,
}

/// Leads a codespace, or a prebuild, through its phases.
async fn live(context: &Context, engine: Engine, order: Order, secrets: Secrets, told: Told<'_>) -> Ended {
    let Told { recorder, cancel, log } = told;
    let Secrets { file, hub, token: own, content, hidden: _ } = secrets;
    let (world, newer, token) = of_this_run(context, &order, content.secrets);
    let world = world.with_token_of_prebuilds(order.purpose, &order.actor);
    let mut in_hub = InHub::of(context, &engine, hub.as_deref(), Holder::of(&order), token).await;
    let source = own.source;
    let (mut world, overruled) = own.complete(in_hub.complete(context, world).await, &order.actor);
    let exchanging = ecr::exchange_all(&mut world.registries, &context.ecr);
    let _interrupted = cancel.run_until_cancelled(exchanging).await;
    let redactor = redactor(&world, &[]);
    recorder
        .record(Event::RunStarted(RunStarted {
            occasion: order.occasion.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            secrets_file: file.map(|file| file.display().to_string()),
            hub: hub.map(|file| file.display().to_string()),
            github_token: source.map(|source| source.name().to_owned()),
        }))
        .await;
    if let Some(event) = prebuild_event(&order) {
        recorder.record(event).await;
    }
    let of_secrets = content.warnings.into_iter().chain(newer).chain(in_hub.warning).chain(overruled);
    let texts = of_secrets.chain(order.notes.iter().cloned());
    notices::before(recorder, texts, &world.registries, redactor.too_short()).await;
    let purpose = order.purpose;
    let on_failure = order.on_failure.clone();
    let registries = world.registries.complete.clone();
    let runner = EngineRunner::new(engine, order, world, recorder.clone(), redactor, cancel);
    let runner = runner.with_log(log).in_hub(in_hub.access);
    match purpose {
        Purpose::Codespace => {
            let ending = Box::pin(lead_codespace(runner, recorder.clone())).await;
            if on_failure == OnFailure::Keep || !recovery::is_due(&ending) {
                notices::logins_left_out(recorder, registries, purpose, &ending).await;
                return (ending.runner, ending.failure);
            }
            recovery::open(ending, recorder, &context.clock, registries).await
        }
        Purpose::Prebuild => {
            let ending = Box::pin(lead_prebuild(runner, recorder.clone())).await;
            notices::logins_left_out(recorder, registries, purpose, &ending).await;
            if let Some(reason) = recovery::reason(&ending).filter(|_| !ending.usable) {
                recorder.record(Event::CreationFailed { error: CreationError::Prebuild, reason }).await;
            }
            (ending.runner, ending.failure)
        }
    }
}

/// Returns what the run may see of the secrets, and what a person should know of the others: a codespace that runs already has those that it was
/// started with, and its token.
fn of_this_run(context: &Context, order: &Order, secrets: Vec<CodespaceSecret>) -> (World, Option<String>, Token) {
    let container = order.container.as_ref().filter(|_| order.occasion.finds_it_running());
    let kept = container.and_then(|id| Kept::load(&context.home.environment(&order.name), id.as_str()));
    let Some(kept) = kept else { return (World::new(secrets), None, Token::New) };
    let token = Token::Kept(kept.token.clone());
    let StartedWith { world, newer } = StartedWith::of(secrets, &kept);
    (world, newer_warning(&newer, &order.name), token)
}

/// Returns what is told of the prebuild that a new codespace is made of, or why of none.
fn prebuild_event(order: &Order) -> Option<Event> {
    if let Some(prebuilt) = &order.prebuilt {
        let name = Some(prebuilt.kept.name.to_string());
        let record = &prebuilt.kept.record;
        let branch = record.branch.as_deref().unwrap_or("no branch");
        let commit = record.commit.get(..7).unwrap_or(&record.commit);
        let made = record.created.parse().map_or_else(|_| record.created.clone(), moment);
        let reason = format!("of {branch} at {commit}, made {made}");
        return Some(Event::Prebuild(PrebuildUse { name, reason, commits: prebuilt.commits.clone() }));
    }
    let reason = order.without_prebuild.clone()?;
    Some(Event::Prebuild(PrebuildUse { name: None, reason, commits: Vec::new() }))
}

/// Opens everything that the events of a run go to.
pub(super) async fn sinks(
    context: &mut Context,
    name: &CodespaceName,
    output: &Output,
) -> Result<Vec<Box<dyn Sink>>, CliError> {
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Writer::journal(&context.home.journal(name), name.clone())?)];
    if let Some(file) = output.events.clone() {
        if file.metadata().is_ok_and(|about| std::os::unix::fs::FileTypeExt::is_fifo(&about.file_type())) {
            context.ui.say(&format!("waiting for somebody to read {}\n", file.display()));
        }
        let name = name.clone();
        let opening = tokio::task::spawn_blocking(move || Writer::events(&file, name));
        let opened =
            context.interrupts.until(async { opening.await.map_err(std::io::Error::other).map_err(Into::into) });
        sinks.push(Box::new(opened.await??));
    }
    sinks.push(context.ui.sink(context.clock.clone()));
    Ok(sinks)
}

/// Returns what the run came to, with the last lines of what failed.
pub(super) fn summary(context: &Context, name: &CodespaceName) -> Result<Summary, CliError> {
    let path = context.home.journal(name);
    Ok(Summary::of(read(&path, newest_run(&path)?)?.map_while(Result::ok)))
}

/// Tells a person what a run came to.
pub(super) fn tell(context: &mut Context, summary: &Summary, remains: Remains, place: &Place) {
    let look = context.ui.err_look();
    if let Some(text) = failure(summary, remains, look) {
        context.ui.say(&format!("\n{text}"));
    }
    context.ui.say(&format!("\n{}", timeline(summary, look)));
    if remains == Remains::Codespace && !place.open_files.is_empty() {
        let files = place.open_files.join(", ");
        context.ui.say(&format!("an editor opens {} (customizations.codespaces.openFiles)\n", plain(&files)));
    }
}

fn print(context: &mut Context, summary: &Summary, place: Place, json: bool) -> Result<(), CliError> {
    if json {
        let document = UpDocument::new(summary, place);
        let text = serde_json::to_string(&document).map_err(std::io::Error::other)?;
        context.ui.data(&format!("{text}\n"))?;
    } else {
        context.ui.data(&format!("{}\n", place.name))?;
    }
    Ok(())
}

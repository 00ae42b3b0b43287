//! `localspace prebuild create`

use serde_json::json;

use super::history::{History, Of, Run};
use crate::cli::clone;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hold::hold;
use crate::cli::hub::Whose;
use crate::cli::order::{NewCodespace, fresh_name};
use crate::cli::permissions::{self, Consent};
use crate::cli::prebuilt::digest;
use crate::cli::rehearse::{Led, Output, lead, tell};
use crate::cli::removal::remove;
use crate::cli::run_options::RunOptions;
use crate::cli::sources::{SecretFlags, Sources};
use crate::codespace::{CodespaceName, RepositoryName};
use crate::engine::Engine;
use crate::github::{Branch, Purpose};
use crate::home::Lock;
use crate::lifecycle::FailureKind;
use crate::phase::Phase;
use crate::plan::Attach;
use crate::prebuild::{KeptPhase, Record};
use crate::report::{PhaseOutcome, Remains, Summary};
use crate::repository::{self, Content, Wanted};
use crate::steps::{KeptPrebuild, LockfileUse, Order, Taking, remove_prebuild, sweep_prebuilds};

/// Make a prebuild of a repository: a codespace goes through its phases up to updateContentCommand, and everything that it keeps is kept
///
/// Example: localspace prebuild create . --hub hub.yaml
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of a repository, or anything that git can clone
    #[arg(value_name = "REPO", default_value = ".")]
    repository: String,
    /// The branch, tag or commit to check out
    #[arg(long = "ref", value_name = "REF")]
    reference: Option<String>,
    /// The configuration, as a path in the repository
    #[arg(long, value_name = "PATH")]
    config: Option<String>,
    /// The GitHub user who has set it up
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// What the repository is called on GitHub
    #[arg(long = "repository", value_name = "OWNER/NAME")]
    called: Option<RepositoryName>,
    /// Authorize what `customizations.codespaces.repositories` asks for, without asking
    #[arg(long)]
    default_permissions: bool,
    /// How many prebuilds of this branch and configuration are kept, 1 to 5; 2, where it was never said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5))]
    keep: Option<u8>,
    /// Use no older prebuild where the newest run failed or goes on
    #[arg(long)]
    disable_optimization: bool,
    #[command(flatten)]
    secrets: SecretFlags,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Everything that is decided before anything runs.
struct Ready {
    engine: Engine,
    order: Order,
    sources: Sources,
    key: String,
    history: History,
    configuration: String,
    _held: [Lock; 2],
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    let ready = Box::pin(interrupts.until(ready(&args, context))).await?;
    let Ready { engine, order, sources, key, mut history, configuration, _held } = ready;
    let (name, commit) = (order.name.clone(), order.commit.clone().unwrap_or_default());
    let branch = order.reference.clone();
    let secrets = sources.secrets(context, Whose::of(&order)).await?;
    let made = Box::pin(make(&args, context, &engine, order, secrets, configuration)).await;
    // Whatever became of it, the codespace that it was made in is of no more use.
    let removed = remove(context, &engine, &name).await;
    let ended = context.clock.now().to_string();
    let interrupted = matches!(&made, Ok(Made::Failed { kind: FailureKind::Interrupted, .. }));
    if !interrupted {
        let succeeded = matches!(&made, Ok(Made::Kept { .. }));
        let phase = match &made {
            Ok(Made::Failed { phase, .. }) => Some(phase.to_string()),
            Ok(Made::Kept { .. }) | Err(_) => None,
        };
        history.last = Some(Run { name: name.to_string(), commit, ended, succeeded, phase });
        history.save(context, &key)?;
    }
    let made = made?;
    removed?;
    match made {
        Made::Failed { kind, .. } => Ok(Kind::from(kind).exit_code()),
        Made::Kept { record, seconds } => {
            trim(context, &engine, &record, history.keep).await?;
            told(&args, context, &name, &record, (branch, seconds))?;
            Ok(0)
        }
    }
}

async fn ready(args: &Args, context: &mut Context) -> Result<Ready, CliError> {
    let sources = Sources::given(&args.secrets)?;
    let source = repository::locate(&args.repository)?;
    let engine = context.engine()?;
    let name = fresh_name();
    let wanted = Wanted {
        reference: args.reference.clone(),
        content: Content::Committed,
        name: args.called.clone(),
        owner: args.user.clone().unwrap_or_else(|| context.actor.clone()),
    };
    let new = NewCodespace {
        name: name.clone(),
        purpose: Purpose::Prebuild,
        source: &source,
        wanted,
        branch: Branch::Own,
        config: args.config.as_deref().map(|path| path.trim_start_matches("./")),
        lockfile: LockfileUse::Written,
        dotfiles: None,
    };
    let attach = Attach::No("a prebuild is nobody's to work in");
    let mut order = clone::order(context, new, attach, &args.options).await?;
    let consent = if args.default_permissions { Consent::Given } else { Consent::NotGiven };
    permissions::settle(context, &engine, &mut order, sources.hub_file(), consent).await?;
    let of = Of::order(&order);
    let key = of.key();
    // One run for each configuration: the next one waits (facts 1.6, "Concurrency").
    let making = hold(context, "prebuild create", key.clone()).await?;
    let held = hold(context, "prebuild create", name.to_string()).await?;
    sweep_prebuilds(&engine, &context.home.id(), |name| context.is_held(name)).await?;
    let mut history = History::load(context, &key);
    history.of = Some(of);
    history.keep = args.keep.unwrap_or(history.keep).clamp(1, 5);
    history.optimized = !args.disable_optimization;
    let configuration = digest(&order)?;
    Ok(Ready { engine, order, sources, key, history, configuration, _held: [making, held] })
}

/// What a run came to.
enum Made {
    Kept { record: Box<Record>, seconds: f64 },
    Failed { phase: Phase, kind: FailureKind },
}

/// Leads the codespace through its phases, and takes it.
async fn make(
    args: &Args,
    context: &mut Context,
    engine: &Engine,
    order: Order,
    secrets: crate::cli::secrets::Secrets,
    configuration: String,
) -> Result<Made, CliError> {
    let Led { summary, failure, place, keepsake, .. } =
        Box::pin(lead(context, engine.clone(), order, secrets, &args.output)).await?;
    let remains = if failure.is_some() { Remains::Nothing } else { Remains::Codespace };
    tell(context, &summary, remains, &place);
    if let Some((phase, failure)) = failure {
        return Ok(Made::Failed { phase, kind: failure.kind });
    }
    context.ui.say("keeping what the prebuild has\n");
    let began = std::time::Instant::now();
    let taking = Taking { created: context.clock.now().to_string(), configuration, phases: phases(&summary) };
    let interrupts = context.interrupts.clone();
    let record = interrupts.until(Box::pin(async { keepsake.take(taking).await.map_err(CliError::from) })).await?;
    Ok(Made::Kept { record: Box::new(record), seconds: began.elapsed().as_secs_f64() })
}

fn phases(summary: &Summary) -> Vec<KeptPhase> {
    let ran = summary.phases.iter().filter(|phase| phase.outcome == PhaseOutcome::Succeeded);
    ran.map(|phase| KeptPhase { phase: phase.phase.to_string(), seconds: phase.seconds }).collect()
}

/// Removes the prebuilds of this branch and configuration that are more than are kept, the oldest ones.
async fn trim(context: &Context, engine: &Engine, record: &Record, keep: u8) -> Result<(), CliError> {
    let home = context.home.id();
    let all = KeptPrebuild::all(engine, &home).await?;
    for old in all.iter().filter(|one| one.record.is_alike(record)).skip(usize::from(keep)) {
        remove_prebuild(engine, &home, &old.name, |name| context.is_held(name)).await?;
    }
    Ok(())
}

/// Returns a number of bytes for a person.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

fn told(
    args: &Args,
    context: &mut Context,
    name: &CodespaceName,
    record: &Record,
    (branch, seconds): (Option<String>, f64),
) -> Result<(), CliError> {
    let bytes = record.volume_bytes();
    if args.output.json {
        let document = json!({
            "outcome": "success",
            "name": name.as_str(),
            "repository": record.repository,
            "branch": branch,
            "commit": record.commit,
            "config": record.config_path,
            "volumes": record.volumes.len(),
            "volumeBytes": bytes,
            "snapshotSeconds": seconds,
        });
        context.ui.data(&format!("{document}\n"))?;
        return Ok(());
    }
    let volumes = record.volumes.len();
    context.ui.say(&format!(
        "the prebuild {name} of {} is kept: an image and {volumes} volumes with {} ({seconds:.1} s)\n",
        branch.as_deref().unwrap_or("this commit"),
        size(bytes)
    ));
    context.ui.data(&format!("{name}\n"))?;
    Ok(())
}

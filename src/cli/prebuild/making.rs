//! A prebuild made, from nothing or over an older one: what `create`, `update` and `report` have in common.

use std::time::Instant;

use super::advice::advice;
use super::figures::size;
use super::history::{History, Of, Run};
use super::settings::{Flags, Settings};
use crate::cli::clone;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hold::{hold, share};
use crate::cli::hub::Whose;
use crate::cli::order::{NewCodespace, fresh_name};
use crate::cli::permissions::{self, Consent};
use crate::cli::prebuilt::{candidates, digest, watched};
use crate::cli::rehearse::{Led, Output, lead, tell};
use crate::cli::removal::remove;
use crate::cli::secrets::Secrets;
use crate::cli::sources::Sources;
use crate::cli::unborn;
use crate::codespace::{CodespaceName, RepositoryName};
use crate::engine::Engine;
use crate::github::{Branch, Purpose};
use crate::home::{Lock, Locked};
use crate::lifecycle::FailureKind;
use crate::phase::Phase;
use crate::plan::Attach;
use crate::prebuild::{Allowed, Checks, Distance, KeptPhase, Record, over, takes_more};
use crate::report::{PhaseOutcome, Remains, Summary, plain};
use crate::repository::{Content, Source, Wanted};
use crate::steps::{KeptPrebuild, LockfileUse, Order, Prebuilt, Taken, Taking, remove_prebuild, sweep_prebuilds};

/// What a prebuild is made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// Nothing.
    Nothing,
    /// The newest of the same branch and configuration, where one fits.
    Newest,
}

/// Whether an older prebuild may take the place of one whose run has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Optimization {
    /// As it was chosen before.
    Kept,
    On,
    Off,
}

/// The prebuild that is wanted.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    /// The verb, for whoever waits for it.
    pub(super) verb: &'static str,
    pub(super) source: &'a Source,
    /// The branch, tag or commit.
    pub(super) reference: Option<String>,
    /// What the repository is called on GitHub.
    pub(super) called: Option<RepositoryName>,
    pub(super) config: Option<&'a str>,
    pub(super) over: Over,
    pub(super) optimization: Optimization,
    /// What earlier runs were given, which counts where the flags say nothing.
    pub(super) before: &'a Settings,
    pub(super) flags: &'a Flags,
    pub(super) output: &'a Output,
}

/// What a run came to.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) name: CodespaceName,
    pub(super) branch: Option<String>,
    /// Why it was made over none, where one was looked for.
    pub(super) anew: Option<String>,
    pub(super) made: Made,
}

/// Whether there is a prebuild.
#[derive(Debug)]
pub(super) enum Made {
    /// There is, and it took so many seconds to keep it.
    Kept {
        record: Box<Record>,
        seconds: f64,
    },
    /// There is none, for what would be in it.
    Refused {
        checks: Checks,
        message: String,
    },
    Failed {
        phase: Phase,
        kind: FailureKind,
        reason: String,
    },
}

/// Everything that is decided before anything runs.
struct Ready {
    engine: Engine,
    order: Order,
    sources: Sources,
    key: String,
    history: History,
    taking: Taking,
    _held: [Lock; 2],
}

/// Makes a prebuild, and removes those that are more than are kept. What fails leaves those that are there.
pub(super) async fn make(wish: &Wish<'_>, context: &mut Context) -> Result<Ended, CliError> {
    let interrupts = context.interrupts.clone();
    let ready = Box::pin(interrupts.until(ready(wish, context))).await?;
    let Ready { engine, order, sources, key, mut history, taking, _held } = ready;
    let (name, commit) = (order.name.clone(), order.commit.clone().unwrap_or_default());
    let (branch, anew) = (order.reference.clone(), order.without_prebuild.clone());
    let secrets = sources.secrets(context, Whose::of(&order)).await?;
    // From here on there is something to remove.
    context.home.make_for_prebuild(&name)?;
    let made = Box::pin(keep(wish, context, &engine, order, secrets, taking)).await;
    // Whatever became of it, the codespace that it was made in is of no more use.
    let removed = remove(context, &engine, &name).await;
    let ended = context.clock.now().to_string();
    let interrupted = match &made {
        Ok(Made::Failed { kind, .. }) => *kind == FailureKind::Interrupted,
        Ok(Made::Kept { .. } | Made::Refused { .. }) => false,
        Err(error) => error.kind == Kind::Interrupted,
    };
    if !interrupted {
        let succeeded = matches!(&made, Ok(Made::Kept { .. }));
        let phase = match &made {
            Ok(Made::Failed { phase, .. }) => Some(phase.to_string()),
            Ok(Made::Kept { .. } | Made::Refused { .. }) | Err(_) => None,
        };
        history.last = Some(Run { name: name.to_string(), commit, ended, succeeded, phase });
        history.save(context, &key)?;
    }
    let made = made?;
    removed?;
    if let Made::Kept { record, .. } = &made {
        trim(context, &engine, record, history.keep).await?;
    }
    Ok(Ended { name, branch, anew, made })
}

async fn ready(wish: &Wish<'_>, context: &mut Context) -> Result<Ready, CliError> {
    let flags = wish.flags;
    let settings = wish.before.with(flags, &context.actor)?;
    let sources = Sources::given(&settings.sources)?;
    let engine = context.engine()?;
    unborn::sweep(context, &engine, wish.verb, None).await;
    let name = fresh_name();
    let wanted = Wanted {
        reference: wish.reference.clone(),
        content: Content::Committed,
        name: wish.called.clone(),
        owner: settings.user.clone().unwrap_or_default(),
    };
    let new = NewCodespace {
        name: name.clone(),
        purpose: Purpose::Prebuild,
        source: wish.source,
        wanted,
        branch: Branch::Own,
        config: wish.config,
        lockfile: LockfileUse::Written,
        dotfiles: None,
    };
    let attach = Attach::No("a prebuild is nobody's to work in");
    let mut order = clone::order(context, new, attach, &flags.options).await?;
    let consent = if flags.default_permissions { Consent::Given } else { Consent::NotGiven };
    permissions::settle(context, &engine, &mut order, sources.hub_file(), consent).await?;
    let of = Of::order(&order);
    let key = of.key();
    // One run for each configuration: the next one waits (facts 1.6, "Concurrency").
    let making = hold(context, wish.verb, key.clone()).await?;
    let held = hold(context, wish.verb, name.to_string()).await?;
    sweep_prebuilds(&engine, &context.home.id(), |name| context.is_held(name)).await?;
    let mut history = History::load(context, &key);
    history.keep = flags.keep.unwrap_or(history.keep).clamp(1, 5);
    history.optimized = match wish.optimization {
        Optimization::Kept => history.optimized,
        Optimization::On => true,
        Optimization::Off => false,
    };
    let configuration = digest(&order)?;
    if wish.over == Over::Newest {
        order = over_newest(context, &engine, order, &of, &configuration).await?;
    }
    history.of = Some(of);
    let allowed = settings.allowed();
    history.settings = settings;
    let tracked = match &order.checkout {
        Some(checkout) => Some(checkout.tracked().await?),
        None => None,
    };
    let taking = Taking {
        created: String::new(),
        configuration,
        phases: Vec::new(),
        watched: watched(&order),
        allowed,
        advice: advice(&order),
    };
    let order = Order { tracked, ..order };
    Ok(Ready { engine, order, sources, key, history, taking, _held: [making, held] })
}

/// Has a prebuild made over the newest one that fits, or says why over none.
async fn over_newest(
    context: &mut Context,
    engine: &Engine,
    mut order: Order,
    of: &Of,
    configuration: &str,
) -> Result<Order, CliError> {
    let mut kept = KeptPrebuild::all(engine, &context.home.id()).await?;
    kept.retain(|one| of.has(&one.record));
    let all = candidates(&order, &kept).await;
    let chosen = match over(order.reference.as_deref(), &order.config_path, configuration, &all) {
        Ok(at) => kept.into_iter().zip(all).nth(at),
        Err(anew) => return Ok(Order { without_prebuild: Some(anew.to_string()), ..order }),
    };
    let Some((kept, candidate)) = chosen else { return Ok(order) };
    order.making.push(share(context, "prebuild update", kept.name.to_string()).await?);
    for image in std::iter::once(&kept.image).chain(kept.record.services.values()) {
        let layers = engine.image(image).await?.map_or(0, |image| image.layers);
        if let Err(anew) = takes_more(layers) {
            return Ok(Order { without_prebuild: Some(anew.to_string()), ..order });
        }
    }
    let commits = match candidate.distance {
        Distance::Behind(commits) => commits,
        Distance::Beside | Distance::Unknown => Vec::new(),
    };
    Ok(Order { prebuilt: Some(Prebuilt { kept, commits }), ..order })
}

/// Leads the codespace through its phases, and takes it.
async fn keep(
    wish: &Wish<'_>,
    context: &mut Context,
    engine: &Engine,
    order: Order,
    secrets: Secrets,
    taking: Taking,
) -> Result<Made, CliError> {
    let Led { summary, failure, place, keepsake, .. } =
        Box::pin(lead(context, engine.clone(), order, secrets, wish.output)).await?;
    let remains = if failure.is_some() { Remains::Nothing } else { Remains::Codespace };
    tell(context, &summary, remains, &place);
    if let Some((phase, failure)) = failure {
        return Ok(Made::Failed { phase, kind: failure.kind, reason: failure.reason });
    }
    context.ui.say("keeping what the prebuild has\n");
    let began = Instant::now();
    let taking = Taking { created: context.clock.now().to_string(), phases: phases(&summary), ..taking };
    let allowed = taking.allowed.clone();
    let cancel = context.interrupts.run();
    let taken = tokio::select! {
        taken = Box::pin(keepsake.take(taking, &cancel)) => taken?,
        () = context.interrupts.second() => None,
    };
    Ok(match taken.ok_or_else(|| CliError::new(Kind::Interrupted, "interrupted", None))? {
        Taken::Kept(record) => Made::Kept { record, seconds: began.elapsed().as_secs_f64() },
        Taken::Refused(checks) => Made::Refused { message: refused(context, &checks, &allowed), checks },
    })
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
        // One that a codespace is being made of goes the next time.
        if let Locked::Yes(_held) = context.home.try_lock(&old.name, "localspace prebuild create")? {
            remove_prebuild(engine, &home, &old.name, |name| *name != old.name && context.is_held(name)).await?;
        }
    }
    Ok(())
}

/// Tells a person of a prebuild that is kept.
pub(super) fn tell_kept(context: &mut Context, ended: &Ended, record: &Record, seconds: f64) {
    say_checks(context, record.checks.as_ref());
    if record.checks.as_ref().is_some_and(|checks| checks.refuse(&Allowed::default())) {
        context
            .ui
            .say("warning: it is kept with what is told above, as was asked: whoever has a codespace of it has that\n");
    }
    let (name, volumes) = (&ended.name, record.volumes.len());
    context.ui.say(&format!(
        "the prebuild {name} of {} is kept: an image and {volumes} volumes with {} ({seconds:.1} s)\n",
        ended.branch.as_deref().unwrap_or("this commit"),
        size(record.volume_bytes())
    ));
}

/// Returns what a program is told of a prebuild that is kept.
pub(super) fn kept_document(ended: &Ended, record: &Record, seconds: f64) -> serde_json::Value {
    serde_json::json!({
        "outcome": "success",
        "name": ended.name.as_str(),
        "repository": record.repository,
        "branch": ended.branch,
        "commit": record.commit,
        "config": record.config_path,
        "volumes": record.volumes.len(),
        "volumeBytes": record.volume_bytes(),
        "snapshotSeconds": seconds,
        "checks": record.checks,
    })
}

/// Says what earlier runs were given, and this one is too.
pub(super) fn say_before(context: &mut Context, before: &Settings) {
    let words = before.words(&context.actor);
    if !words.is_empty() {
        let text = format!("as it was made before, where nothing else is said now: {}", words.join(" "));
        context.ui.say(&format!("{}\n", plain(&text)));
    }
}

/// Says what was found in a prebuild, a line each.
fn say_checks(context: &mut Context, checks: Option<&Checks>) {
    for line in checks.into_iter().flat_map(Checks::lines) {
        context.ui.say(&format!("{}\n", plain(&line)));
    }
}

/// Says why a prebuild is not kept; returns that in short.
fn refused(context: &mut Context, checks: &Checks, allowed: &Allowed) -> String {
    say_checks(context, Some(checks));
    let allow = checks.secrets().into_iter().map(|name| format!("--allow-secret {name}"));
    let allow: Vec<String> = allow.chain((!checks.logins.is_empty()).then(|| "--allow-login".to_owned())).collect();
    let what = checks.refusal(allowed).unwrap_or_default();
    // A registry's name is what a command wrote.
    let message = plain(&format!("the prebuild is not kept: {what}, and so in every codespace of it")).into_owned();
    context.ui.say(&format!(
        "error: {message}\nhint: have what put it there remove it, or do that work in postCreateCommand; {} keeps it all the same\n",
        allow.join(" ")
    ));
    message
}

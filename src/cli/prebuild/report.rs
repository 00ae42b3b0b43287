//! `localspace prebuild report`

use serde_json::json;

use super::history::History;
use super::making::{Made, Optimization, Over, Wish, make, say_before};
use super::settings::{Flags, Settings};
use super::which::Which;
use crate::cli::clone;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hold::hold;
use crate::cli::hub::Whose;
use crate::cli::order::{NewCodespace, fresh_name};
use crate::cli::permissions::{self, Consent};
use crate::cli::prebuilt::{self, PrebuildWish};
use crate::cli::rehearse::{Led, Output, lead, tell};
use crate::cli::removal::remove;
use crate::cli::sources::Sources;
use crate::codespace::RepositoryName;
use crate::devcontainer::ContainerSource;
use crate::engine::Engine;
use crate::github::{Branch, Purpose};
use crate::home::Lock;
use crate::lifecycle::FailureKind;
use crate::plan::Attach;
use crate::report::{Remains, SideBySide, Summary};
use crate::repository::{self, Content, Source, Wanted};
use crate::steps::{LockfileUse, Order};

/// Make one codespace without a prebuild and one of it, both removed afterwards, and say phase by phase what it saves
///
/// Where no prebuild fits, one is made in between, and kept. All are made with what the prebuild was made with before, unless it is said anew.
///
/// Example: localspace prebuild report . --hub hub.yaml
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    pub(super) output: Output,
}

/// What is reported on.
struct Subject<'a> {
    args: &'a Args,
    source: &'a Source,
    called: Option<RepositoryName>,
    /// What the prebuild was made with, and what is given now.
    settings: Settings,
}

/// One codespace that was made and removed.
struct Tried {
    summary: Summary,
    failure: Option<FailureKind>,
    prebuild: Option<String>,
}

/// Whether a codespace is made of a prebuild.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Never,
    Auto,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let source = repository::locate(&args.which.repository)?;
    let engine = context.engine()?;
    let interrupts = context.interrupts.clone();
    let subject = interrupts.until(subject(&args, &source, context)).await?;
    let (order, held) = interrupts.until(Box::pin(order(&subject, context, &engine, Use::Never))).await?;
    let cached = cached(&engine, &order).await?;
    context.ui.say("first a codespace without a prebuild\n");
    let without = Box::pin(tried(&subject, context, &engine, order, held)).await?;
    if let Some(kind) = without.failure {
        return failed(&args, context, kind, "the codespace without a prebuild cannot be made");
    }
    let (mut new, mut made) = (interrupts.until(Box::pin(order_of(&subject, context, &engine))).await?, false);
    if new.0.prebuilt.is_none() {
        // Its clone and its name are of no more use.
        let (order, held) = new;
        discard(context, order, held).await?;
        context.ui.say("no prebuild fits: one is made\n");
        if let Some(kind) = Box::pin(make_one(&subject, context)).await? {
            return failed(&args, context, kind, "the prebuild cannot be made");
        }
        made = true;
        new = interrupts.until(Box::pin(order_of(&subject, context, &engine))).await?;
    }
    let (order, held) = new;
    if order.prebuilt.is_none() {
        let reason = order.without_prebuild.clone().unwrap_or_else(|| "there is none".to_owned());
        discard(context, order, held).await?;
        return Err(CliError::new(
            Kind::Engine,
            format!("the prebuild that was just made is not used: {reason}"),
            None,
        ));
    }
    context.ui.say("now a codespace of the prebuild\n");
    let with = Box::pin(tried(&subject, context, &engine, order, held)).await?;
    if let Some(kind) = with.failure {
        return failed(&args, context, kind, "the codespace of the prebuild cannot be made");
    }
    told(&args, context, &without, &with, &Facts { cached, made })
}

/// What a person should know to judge the numbers.
struct Facts {
    /// What the engine had already, in words.
    cached: String,
    /// Whether the prebuild was made for the report.
    made: bool,
}

fn told(args: &Args, context: &mut Context, without: &Tried, with: &Tried, facts: &Facts) -> Result<u8, CliError> {
    let both = SideBySide::of(&without.summary, &with.summary);
    let prebuild = with.prebuild.clone().unwrap_or_default();
    let commits = with.summary.prebuild.as_ref().map_or(0, |used| used.commits.len());
    if args.output.json {
        let phase = |(phase, without, with): &(crate::phase::Phase, Option<f64>, Option<f64>)| json!({ "phase": phase.name(), "without": without, "with": with });
        let document = json!({
            "outcome": "success",
            "prebuild": prebuild,
            "prebuildMade": facts.made,
            "behind": commits,
            "phases": both.phases.iter().map(phase).collect::<Vec<_>>(),
            "without": both.without,
            "with": both.with,
            "savedSeconds": both.saved(),
            "savedPercent": both.percent(),
            "cached": facts.cached,
        });
        context.ui.data(&format!("{document}\n"))?;
        return Ok(0);
    }
    context.ui.data(&both.text())?;
    context.ui.say(&format!(
        "of the prebuild {prebuild}; on one machine, one after the other, the clone not counted, which both have; {}\n",
        facts.cached
    ));
    if facts.made {
        context.ui.say(&format!("the prebuild is kept: `localspace prebuild delete {prebuild}` removes it\n"));
    }
    Ok(0)
}

fn failed(args: &Args, context: &mut Context, kind: FailureKind, message: &str) -> Result<u8, CliError> {
    let message = format!("there is nothing to compare: {message}");
    if args.output.json {
        context.ui.data(&format!("{}\n", json!({ "outcome": "error", "message": message })))?;
    }
    context.ui.say(&format!("{message}\n"));
    Ok(Kind::from(kind).exit_code())
}

/// Finds the prebuilds of a repository that are meant, where there are any, and what they were made with.
async fn subject<'a>(args: &'a Args, source: &'a Source, context: &mut Context) -> Result<Subject<'a>, CliError> {
    let which = &args.which;
    let branch = match &which.reference {
        Some(reference) => Some(reference.clone()),
        None => source.branch().await,
    };
    let before = History::newest(context, &source.location, branch.as_deref(), which.config());
    let (of, before) = before.map_or_else(|| (None, Settings::default()), |(of, before)| (Some(of), before));
    say_before(context, &before);
    let settings = before.with(&args.flags, &context.actor)?;
    let called = which.called.clone().or_else(|| of?.repository.parse().ok());
    Ok(Subject { args, source, called, settings })
}

async fn order_of(subject: &Subject<'_>, context: &mut Context, engine: &Engine) -> Result<(Order, Lock), CliError> {
    Box::pin(order(subject, context, engine, Use::Auto)).await
}

async fn order(
    subject: &Subject<'_>,
    context: &mut Context,
    engine: &Engine,
    which: Use,
) -> Result<(Order, Lock), CliError> {
    let Subject { args, source, called, settings } = subject;
    let flags = &args.flags;
    let sources = Sources::given(&settings.sources)?;
    let name = fresh_name();
    let held = hold(context, "prebuild report", name.to_string()).await?;
    let wanted = Wanted {
        reference: args.which.reference.clone(),
        content: Content::Committed,
        name: called.clone(),
        owner: settings.user.clone().unwrap_or_default(),
    };
    let new = NewCodespace {
        name,
        purpose: Purpose::Codespace,
        source,
        wanted,
        branch: Branch::Own,
        config: args.which.config(),
        lockfile: LockfileUse::Written,
        dotfiles: None,
    };
    let attach = Attach::No("nobody attaches to a codespace of a report");
    let mut order = clone::order(context, new, attach, &flags.options).await?;
    let consent = if flags.default_permissions { Consent::Given } else { Consent::NotGiven };
    permissions::settle(context, engine, &mut order, sources.hub_file(), consent).await?;
    let wish = match which {
        Use::Never => PrebuildWish::Never,
        Use::Auto => PrebuildWish::Auto,
    };
    Ok((Box::pin(prebuilt::apply(context, engine, order, &wish)).await?, held))
}

/// Makes a codespace, and removes it.
async fn tried(
    subject: &Subject<'_>,
    context: &mut Context,
    engine: &Engine,
    order: Order,
    _held: Lock,
) -> Result<Tried, CliError> {
    let name = order.name.clone();
    let prebuild = order.prebuilt.as_ref().map(|one| one.kept.name.to_string());
    let secrets = Sources::given(&subject.settings.sources)?.secrets(context, Whose::of(&order)).await?;
    let led = Box::pin(lead(context, engine.clone(), order, secrets, &subject.args.output)).await;
    remove(context, engine, &name).await?;
    let Led { summary, failure, place, .. } = led?;
    tell(context, &summary, Remains::Nothing, &place);
    Ok(Tried { summary, failure: failure.map(|(_, failure)| failure.kind), prebuild })
}

/// Removes what was made for a codespace that is not to be.
async fn discard(context: &Context, order: Order, _held: Lock) -> Result<(), CliError> {
    let name = order.name.clone();
    if let Some(checkout) = order.checkout {
        checkout.remove().await;
    }
    Ok(context.home.remove(&name)?)
}

/// Makes a prebuild; returns why it failed.
async fn make_one(subject: &Subject<'_>, context: &mut Context) -> Result<Option<FailureKind>, CliError> {
    let Subject { args, source, called, settings } = subject;
    let wish = Wish {
        verb: "prebuild report",
        source,
        reference: args.which.reference.clone(),
        called: called.clone(),
        config: args.which.config(),
        over: Over::Nothing,
        optimization: Optimization::Kept,
        before: settings,
        flags: &args.flags,
        output: &args.output,
    };
    Ok(match make(&wish, context).await?.made {
        Made::Kept { .. } => None,
        Made::Refused { .. } => Some(FailureKind::Command),
        Made::Failed { kind, .. } => Some(kind),
    })
}

/// Returns what the engine has already that the codespace without a prebuild is made from, in words.
async fn cached(engine: &Engine, order: &Order) -> Result<String, CliError> {
    let features = order.config.as_ref().is_some_and(|config| config.has_features);
    Ok(match order.config.as_ref().map(|config| &config.source) {
        Some(ContainerSource::Image(_)) => {
            let image = order.image.as_ref().map(ToString::to_string).unwrap_or_default();
            let is_there = engine.image(&image).await?.is_some();
            let built = if features { ", and layers of Features that were built before were used again" } else { "" };
            let was = if is_there { "was on the engine already" } else { "was not on the engine before" };
            format!("the image {image} {was}{built}")
        }
        Some(ContainerSource::Dockerfile(_) | ContainerSource::Compose(_)) => {
            "layers of images that were built or pulled before were used again".to_owned()
        }
        None => "nothing is known of what the engine had".to_owned(),
    })
}

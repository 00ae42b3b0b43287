//! `localspace prebuild would-run`

use serde_json::{Value, json};

use super::history::{History, key, running};
use crate::cli::clone;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::order::{NewCodespace, fresh_name};
use crate::cli::prebuilt::{candidates, digest, watched};
use crate::cli::run_options::RunOptions;
use crate::cli::select;
use crate::codespace::{CodespaceName, label};
use crate::engine::Engine;
use crate::github::{Branch, Purpose};
use crate::plan::Attach;
use crate::prebuild::{Candidate, Chosen, Decision, LastRun, Push, Start, Wanted, Watched, meanwhile};
use crate::report::plain;
use crate::repository::{self, Changes, Content, Wanted as WantedFiles};
use crate::steps::{KeptPrebuild, LockfileUse, Order};

/// How many files are named to a person at most.
const MOST: usize = 10;

/// Say what a push would do to a prebuild: which triggers start a run, which files are configuration, and who still gets the old one
///
/// Nothing is run or changed.
///
/// Example: localspace prebuild would-run --from HEAD~1 --to HEAD
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of a repository, or anything that git can clone
    #[arg(value_name = "REPO", default_value = ".")]
    repository: String,
    /// The commit that the branch was at before the push
    #[arg(long, value_name = "A")]
    from: String,
    /// The commit that is pushed
    #[arg(long, value_name = "B")]
    to: String,
    /// The branch that is pushed to, where B is none; the one that is checked out, where it is not said
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// The configuration, as a path in the repository
    #[arg(long, value_name = "PATH")]
    config: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What is found out.
struct Told {
    branch: Option<String>,
    config_path: String,
    to: String,
    changes: Changes,
    configuration: Vec<String>,
    candidates: Vec<Candidate>,
    decisions: Vec<Decision>,
    codespaces: Vec<Made>,
    /// Who makes a prebuild of it now.
    running: Option<String>,
}

/// A codespace that was made of a prebuild of the repository.
struct Made {
    name: String,
    prebuild: String,
    /// The prebuild's commit, where it is there.
    commit: Option<String>,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let told = Box::pin(told(args, context)).await?;
    let text = if args.json { format!("{}\n", document(&told)) } else { text(&told) };
    context.ui.data(&text)?;
    Ok(0)
}

async fn told(args: &Args, context: &mut Context) -> Result<Told, CliError> {
    let source = repository::locate(&args.repository)?;
    if !source.has_commits() {
        let message =
            format!("{} has no commits of its own: it is a folder of a repository, or of none", source.location);
        return Err(CliError::new(Kind::Usage, message, Some("name the repository's top folder".to_owned())));
    }
    let engine = context.engine()?;
    let name = fresh_name();
    let told = match order(args, &source, context, name.clone()).await {
        Ok(order) => found_out(args, &source, context, &engine, order).await,
        Err(error) => Err(error),
    };
    // The room was for a clone alone.
    context.home.remove(&name)?;
    told
}

async fn order(
    args: &Args,
    source: &repository::Source,
    context: &mut Context,
    name: CodespaceName,
) -> Result<Order, CliError> {
    let wanted = WantedFiles {
        reference: Some(args.to.clone()),
        content: Content::Committed,
        name: None,
        owner: context.actor.clone(),
    };
    let new = NewCodespace {
        name,
        purpose: Purpose::Prebuild,
        source,
        wanted,
        branch: Branch::Own,
        config: args.config.as_deref().map(|path| path.trim_start_matches("./")),
        lockfile: LockfileUse::Written,
        dotfiles: None,
    };
    // Nothing of it runs, so nobody is asked.
    clone::order(context, new, Attach::No("nothing runs"), &RunOptions::of_image()).await
}

async fn found_out(
    args: &Args,
    source: &repository::Source,
    context: &Context,
    engine: &Engine,
    order: Order,
) -> Result<Told, CliError> {
    let Some(checkout) = &order.checkout else {
        return Err(CliError::new(Kind::Usage, "there are no commits to compare", None));
    };
    let changes = checkout.changes(source, &args.from).await?;
    let branch = match (&args.branch, checkout.branch().await) {
        (Some(asked), _) => Some(asked.clone()),
        (None, Some(branch)) => Some(branch),
        (None, None) => source.branch().await,
    };
    let mut kept = KeptPrebuild::all(engine, &context.home.id()).await?;
    kept.retain(|one| one.record.source == order.source);
    let all = candidates(&order, &kept).await;
    let key = key(&order.source, branch.as_deref(), &order.config_path);
    let history = History::load(context, &key);
    let running = running(context, &key);
    let last_run = if running.is_some() { LastRun::Running } else { history.last_run(context, &key) };
    let digest = digest(&order)?;
    let wanted = Wanted {
        branch: branch.as_deref(),
        config_path: &order.config_path,
        configuration: &digest,
        last_run,
        is_optimized: history.optimized,
    };
    let of_branch = all.iter().filter(|one| one.record.branch == branch);
    let before = of_branch.map(|one| Watched::of(&one.record.config_path, []));
    let watched: Vec<Watched> = std::iter::once(watched(&order)).chain(before).collect();
    let to = order.commit.clone().unwrap_or_default();
    let push = Push { changed: &changes.files, watched: &watched, is_same: changes.from == to, last_run };
    let decisions = push.decide(&wanted, &all);
    let configuration = push.configuration().into_iter().map(str::to_owned).collect();
    let codespaces = codespaces(context, engine, &order.source, &kept).await?;
    let config_path = order.config_path.clone();
    Ok(Told { branch, config_path, to, changes, configuration, candidates: all, decisions, codespaces, running })
}

/// Returns the codespaces that were made of a prebuild of the repository.
async fn codespaces(
    context: &Context,
    engine: &Engine,
    source: &str,
    kept: &[KeptPrebuild],
) -> Result<Vec<Made>, CliError> {
    let made = |found: select::Found| {
        let prebuild = found.labelled(label::FROM_PREBUILD)?;
        let commit = kept.iter().find(|one| one.name.as_str() == prebuild).map(|one| one.record.commit.clone());
        (found.label(label::SOURCE) == source).then(|| Made { name: found.name.to_string(), prebuild, commit })
    };
    Ok(select::all(context, engine).await?.into_iter().filter_map(made).collect())
}

fn document(told: &Told) -> Value {
    let decision = |one: &Decision| {
        let prebuild = match one.meanwhile {
            Chosen::Use(at) => told.candidates.get(at).map(|one| one.name.to_string()),
            Chosen::None(_) => None,
        };
        json!({
            "trigger": one.trigger.name(),
            "runs": one.start != Start::No,
            "start": one.start.name(),
            "reason": one.reason,
            "meanwhile": { "prebuild": prebuild, "told": meanwhile(&one.meanwhile, &told.candidates) },
        })
    };
    let made = |one: &Made| json!({ "name": one.name, "prebuild": one.prebuild, "prebuildCommit": one.commit });
    json!({
        "branch": told.branch,
        "config": told.config_path,
        "from": told.changes.from,
        "to": told.to,
        "changedFiles": told.changes.files,
        "configurationFiles": told.configuration,
        "running": told.running,
        "triggers": told.decisions.iter().map(decision).collect::<Vec<_>>(),
        "codespaces": told.codespaces.iter().map(made).collect::<Vec<_>>(),
    })
}

fn text(told: &Told) -> String {
    let short = |hash: &str| hash.get(..7).unwrap_or(hash).to_owned();
    let branch = told.branch.as_deref().unwrap_or("no branch");
    let count = told.changes.files.len();
    let mut lines = vec![format!(
        "a push to {branch} from {} to {} changes {count} {}, {} of them configuration ({})",
        short(&told.changes.from),
        short(&told.to),
        if count == 1 { "file" } else { "files" },
        told.configuration.len(),
        if told.config_path.is_empty() { "there is none" } else { &told.config_path },
    )];
    lines.extend(told.configuration.iter().take(MOST).map(|path| format!("  {path}")));
    if told.configuration.len() > MOST {
        lines.push(format!("  and {} more", told.configuration.len() - MOST));
    }
    lines.extend(told.running.iter().map(|who| format!("a run goes on: {who}")));
    for one in &told.decisions {
        let runs = match one.start {
            Start::AtOnce => "runs",
            Start::Queued => "waits, then runs",
            Start::No => "does not run",
        };
        lines.push(format!("{}: {runs}: {}", one.trigger.title(), one.reason));
        let next = match (one.start, &one.meanwhile) {
            (Start::Queued, Chosen::Use(_)) => "; what the run that goes on makes, once it is over",
            (Start::AtOnce | Start::No, _) | (Start::Queued, Chosen::None(_)) => "",
        };
        lines.push(format!("  a new codespace until then: {}{next}", meanwhile(&one.meanwhile, &told.candidates)));
    }
    for one in &told.codespaces {
        let at = one.commit.as_deref().map_or("which is gone".to_owned(), |commit| format!("of {}", short(commit)));
        lines.push(format!("{} was made of {}, {at}, and stays as it is", one.name, one.prebuild));
    }
    // A repository chooses some of these texts.
    lines.iter().map(|line| format!("{}\n", plain(line))).collect()
}

//! `localspace up`

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::context::{Context, holder};
use super::error::{CliError, Kind};
use super::rehearse::{self, Secrets};
use super::select::{self, Found};
use crate::codespace::{CodespaceName, RepositoryName, label};
use crate::devcontainer::{DevContainer, Located, Variables, locate};
use crate::engine::{ContainerState, Engine, LabelFilter};
use crate::github::Purpose;
use crate::home::{Home, Lock, Locked};
use crate::plan::{Attach, InitializeConsent, Occasion};
use crate::repository::{self, Checkout, Content, Source, Wanted};
use crate::steps::Order;

/// Create the codespace of a repository, or start the one it has, and attach
///
/// Example: localspace up . --secrets-file secrets.env
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the contract")]
pub(super) struct Args {
    /// The folder of a repository, or anything that git can clone
    #[arg(value_name = "REPO", default_value = ".")]
    repository: String,
    /// The codespace's name
    #[arg(long)]
    name: Option<CodespaceName>,
    /// The configuration, as a path in the repository
    #[arg(long, value_name = "PATH")]
    config: Option<String>,
    /// The branch, tag or commit to check out
    #[arg(long = "ref", value_name = "REF")]
    reference: Option<String>,
    /// The GitHub user to run for
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// What the repository is called on GitHub
    #[arg(long = "repository", value_name = "OWNER/NAME")]
    called: Option<RepositoryName>,
    /// Secrets as a JSON object or as NAME=VALUE lines
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
    /// Take uncommitted files too
    #[arg(long)]
    working_tree: bool,
    /// Do what a prebuild does: run up to updateContentCommand, never log in, and stop
    #[arg(long)]
    as_prebuild: bool,
    /// Let initializeCommand run on this machine
    #[arg(long)]
    allow_initialize: bool,
    /// Do not run postAttachCommand
    #[arg(long)]
    no_attach: bool,
    /// How long a phase's commands may take, for example 90s, 10m or 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout_per_phase: Option<Duration>,
    #[command(flatten)]
    output: rehearse::Output,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let json = args.output.json;
    let ended = Box::pin(up(args, context)).await;
    if let (true, Err(error)) = (json, &ended) {
        // Whatever goes wrong before a phase can be told of, standard output still holds the one object.
        context.ui.data(&format!("{}\n", error.document()))?;
    }
    ended
}

async fn up(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let secrets = Secrets::load(args.secrets_file.clone())?;
    let source = repository::locate(&args.repository).await?;
    let engine = context.engine()?;
    select::await_unfinished(context, &engine).await?;
    let purpose = if args.as_prebuild { Purpose::Prebuild } else { Purpose::Codespace };
    let key = Home::source_key(&format!("{} {} {:?}", source.location, purpose.name(), args.config));
    let _making = hold(context, key).await?;
    let mut existing = existing(&engine, &source, purpose, &args).await?;
    if let Some(found) = existing.take_if(|found| found.container.state == ContainerState::Created) {
        // A container that never started is what a run left that died while making it: undone, and made anew.
        super::delete::remove(context, &engine, &found.name).await?;
    }
    let name = match (&existing, &args.name) {
        (Some(found), _) => found.name.clone(),
        (None, Some(name)) => name.clone(),
        (None, None) => fresh_name(),
    };
    let _held = hold(context, name.to_string()).await?;
    let before = select::newest(context, &name);
    let secrets = match (&secrets.file, before.as_ref().and_then(|run| run.run.as_ref()?.secrets_file.clone())) {
        (None, Some(file)) if existing.is_some() => Secrets::load(Some(PathBuf::from(file)))?,
        _ => secrets,
    };
    let died_before = before.is_some_and(|run| run.run.is_some() && run.end.is_none());
    let order = match existing {
        Some(found) => Order { died_before, ..wake(context, &found, &args) },
        None => make(context, &source, name, purpose, &args).await?,
    };
    rehearse::rehearse(context, engine, order, secrets, &args.output).await
}

/// Holds a codespace or the making of one; where another process has it, says who and waits.
pub(super) async fn hold(context: &mut Context, key: String) -> Result<Lock, CliError> {
    let told = holder("up");
    match context.home.try_lock_key(&key, &told)? {
        Locked::Yes(lock) => return Ok(lock),
        Locked::No { holder } => context.ui.say(&format!("waiting for {holder}\n")),
    }
    let home = context.home.clone();
    let waited = tokio::task::spawn_blocking(move || home.lock(&key, &told));
    match tokio::select! { waited = waited => Some(waited), _ = tokio::signal::ctrl_c() => None } {
        None => Err(CliError::new(Kind::Interrupted, "interrupted while waiting", None)),
        Some(Ok(Ok(Locked::Yes(lock)))) => Ok(lock),
        Some(Ok(Err(error))) => Err(error.into()),
        Some(Ok(Ok(Locked::No { .. })) | Err(_)) => Err(CliError::new(Kind::Engine, "the lock could not be had", None)),
    }
}

/// Returns the codespace that the repository has with this configuration.
async fn existing(engine: &Engine, source: &Source, purpose: Purpose, args: &Args) -> Result<Option<Found>, CliError> {
    let mut filters =
        vec![LabelFilter::is(label::SOURCE, &source.location), LabelFilter::is(label::PURPOSE, purpose.name())];
    filters.extend(args.config.as_ref().map(|config| LabelFilter::is(label::CONFIG, config)));
    if let Some(name) = &args.name {
        // A name that another repository's codespace has is no name for this one.
        let other = select::all(engine).await?.into_iter().find(|found| found.name == *name);
        if let Some(other) =
            other.filter(|other| other.label(label::SOURCE) != source.location || other.purpose() != purpose)
        {
            let message = format!("the name {name} is taken by a codespace of {}", other.label(label::REPOSITORY));
            return Err(CliError::new(Kind::Usage, message, Some("choose another --name".to_owned())));
        }
        filters = vec![LabelFilter::is(label::CODESPACE, name.as_str())];
    }
    let ids: Vec<_> = engine.containers(&filters).await?.into_iter().map(|container| container.id).collect();
    Ok(select::all(engine).await?.into_iter().find(|found| ids.contains(&found.id)))
}

fn fresh_name() -> CodespaceName {
    let mut entropy = [0; 8];
    if getrandom::fill(&mut entropy).is_err() {
        entropy = std::process::id().to_le_bytes().repeat(2).try_into().unwrap_or_default();
    }
    CodespaceName::generate(entropy)
}

/// Returns the order to wake a codespace that is there.
pub(super) fn wake_order(context: &Context, found: &Found) -> Order {
    let running = found.container.state == ContainerState::Running;
    Order {
        name: found.name.clone(),
        repository: found.label(label::REPOSITORY).parse().unwrap_or_else(|_| fallback_name()),
        actor: found.label(label::ACTOR).to_owned(),
        source: found.label(label::SOURCE).to_owned(),
        config_path: found.label(label::CONFIG).to_owned(),
        workspace_folder: found.label(label::WORKSPACE_FOLDER).to_owned(),
        occasion: if running { Occasion::Attach } else { Occasion::Start },
        purpose: found.purpose(),
        new: None,
        container: Some(found.id.clone()),
        died_before: false,
        consent: InitializeConsent::NotGiven,
        attach: Attach::Yes,
        timeout: None,
        local_env: context.environment.clone(),
        environment_file: context.home.environment(&found.name),
    }
}

fn fallback_name() -> RepositoryName {
    "local/repository".parse().unwrap_or_else(|_| unreachable!("a constant that parses"))
}

fn wake(context: &Context, found: &Found, args: &Args) -> Order {
    let order = wake_order(context, found);
    Order { attach: attach(args), timeout: args.timeout_per_phase, ..order }
}

const fn attach(args: &Args) -> Attach {
    if args.no_attach { Attach::No("--no-attach was given") } else { Attach::Yes }
}

/// Clones the repository, reads its configuration, and returns the order to make a codespace of them.
async fn make(
    context: &Context,
    source: &Source,
    name: CodespaceName,
    purpose: Purpose,
    args: &Args,
) -> Result<Order, CliError> {
    let actor = args.user.clone().unwrap_or_else(|| context.actor.clone());
    let content = if args.working_tree { Content::WorkingTree } else { Content::Committed };
    let (reference, called) = (args.reference.clone(), args.called.clone());
    let wanted = Wanted { source: args.repository.clone(), reference, content, name: called, owner: actor.clone() };
    let checkout = repository::check_out(source, &wanted).await?;
    let config_path = find_config(&checkout, args.config.as_deref())?;
    let text = std::fs::read_to_string(checkout.path().join(&config_path))
        .map_err(|error| CliError::new(Kind::Usage, format!("cannot read {config_path}: {error}"), None))?;
    let config = DevContainer::parse(&text, &config_path)?;
    let folder = format!("/workspaces/{}", checkout.name.name());
    let variables = Variables {
        local_env: context.environment.clone(),
        local_folder: Some(source.location.clone()),
        container_folder: Some(folder.clone()),
        ..Variables::default()
    };
    let workspace_folder = config.workspace_folder.as_ref().map_or(folder, |own| variables.apply(own));
    Ok(Order {
        environment_file: context.home.environment(&name),
        name,
        repository: checkout.name.clone(),
        actor,
        source: source.location.clone(),
        config_path,
        workspace_folder,
        occasion: Occasion::Create,
        purpose,
        new: Some((config, checkout)),
        container: None,
        died_before: false,
        consent: if args.allow_initialize { InitializeConsent::Given } else { InitializeConsent::NotGiven },
        attach: attach(args),
        timeout: args.timeout_per_phase,
        local_env: context.environment.clone(),
    })
}

/// Returns the configuration's path in the repository.
fn find_config(checkout: &Checkout, wanted: Option<&str>) -> Result<String, CliError> {
    let root = checkout.path();
    if let Some(wanted) = wanted {
        let inside = Path::new(wanted)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
        if inside && root.join(wanted).is_file() {
            return Ok(wanted.trim_start_matches("./").to_owned());
        }
        let hint = "give its path in the repository, as it is committed".to_owned();
        return Err(CliError::new(
            Kind::Usage,
            format!("there is no configuration {wanted} in the repository"),
            Some(hint),
        ));
    }
    let folders = std::fs::read_dir(root.join(".devcontainer"))
        .map(|entries| entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect::<Vec<_>>());
    match locate(|path| root.join(path).is_file(), &folders.unwrap_or_default()) {
        Located::One(path) => Ok(path),
        Located::Several(paths) => {
            let hint = format!("choose one with --config: {}", paths.join(", "));
            Err(CliError::new(Kind::Usage, "the repository has several configurations", Some(hint)))
        }
        Located::None => {
            let hint = "commit a .devcontainer/devcontainer.json; for example {\"image\": \"mcr.microsoft.com/devcontainers/base:debian\"}";
            Err(CliError::new(Kind::Usage, "the repository has no devcontainer.json", Some(hint.to_owned())))
        }
    }
}

/// Reads `90s`, `10m`, `1h`, or seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let factor = match text.get(number.len()..).unwrap_or_default() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("expected a number and s, m or h".to_owned()),
    };
    let seconds: f64 = number.parse().map_err(|_| "expected a number and s, m or h".to_owned())?;
    Duration::try_from_secs_f64(seconds * factor).map_err(|error| error.to_string())
}

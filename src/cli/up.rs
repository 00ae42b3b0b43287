//! `localspace up`

use super::bind;
use super::clone;
use super::context::Context;
use super::dotfiles::DotfilesArgs;
use super::error::{CliError, Kind};
use super::hold::hold;
use super::hub::Whose;
use super::order::{NewCodespace, fresh_name};
use super::permissions::{self, Consent};
use super::prebuilt::{self, PrebuildWish};
use super::recommended;
use super::rehearse::{Output, Ready, rehearse};
use super::remake::Remake;
use super::removal::remove;
use super::run_options::RunOptions;
use super::secrets::Before;
use super::select::{self, Found, State};
use super::sources::{SecretFlags, Sources};
use super::unborn;
use super::wake;
use crate::codespace::{CodespaceName, RepositoryName, label};
use crate::engine::Engine;
use crate::github::{Authorization, Branch, Purpose};
use crate::home::Home;
use crate::plan::{Attach, Occasion};
use crate::repository::{self, Content, Source, Wanted};
use crate::steps::{Cache, LockfileUse, Order, Workspaces};

/// Create the codespace of a repository, or start the one it has, and attach
///
/// Example: localspace up . --secrets-file secrets.env
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the contract")]
pub(super) struct Args {
    /// The folder of a repository, or anything that git can clone
    #[arg(value_name = "REPO", default_value = ".")]
    repository: String,
    /// The folder, as the reference CLI is told it
    #[arg(long, value_name = "PATH", conflicts_with = "repository")]
    workspace_folder: Option<String>,
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
    /// The branch is a pull request's from a fork: GitHub gives such a codespace no secret
    #[arg(long)]
    fork_pull_request: bool,
    #[command(flatten)]
    secrets: SecretFlags,
    /// Authorize what `customizations.codespaces.repositories` asks for, without asking
    #[arg(long)]
    default_permissions: bool,
    /// Fail where the lockfile of the Features is missing or would change
    #[arg(long)]
    frozen_lockfile: bool,
    #[command(flatten)]
    dotfiles: DotfilesArgs,
    /// Take uncommitted files too
    #[arg(long)]
    working_tree: bool,
    /// Mount the working tree itself, with the configuration's own mounts, as the reference CLI does
    #[arg(long, conflicts_with_all = ["reference", "working_tree", "as_prebuild"])]
    bind: bool,
    /// Do what a prebuild does: run up to updateContentCommand, never log in, and stop; `prebuild create` also looks through what it keeps
    #[arg(long)]
    as_prebuild: bool,
    /// Make it of a prebuild: `auto` of one that fits, `never`, or the name of one
    #[arg(long, value_name = "auto|never|NAME", default_value = "auto")]
    prebuild: PrebuildWish,
    /// Do not run postAttachCommand
    #[arg(long)]
    no_attach: bool,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    rehearse(context, &args.output, async |context| Box::pin(ready(&args, context)).await).await
}

async fn ready(args: &Args, context: &mut Context) -> Result<Ready, CliError> {
    let dotfiles = args.dotfiles.order()?;
    let given = Sources::given(&args.secrets)?;
    let source = repository::locate(args.folder())?;
    let engine = context.engine()?;
    unborn::sweep(context, &engine, "up", None).await;
    // A name is asked for, or the one codespace of a repository: then nobody else may make one of it until it is there.
    let making = match args.name {
        Some(_) => Vec::new(),
        None => vec![hold(context, "up", args.key(&source)).await?],
    };
    let name = match (&args.name, existing(context, &engine, &source, args).await?) {
        (Some(name), _) => name.clone(),
        (None, Some(found)) => found.name,
        (None, None) => fresh_name(),
    };
    let held = hold(context, "up", name.to_string()).await?;
    let _awaited = select::await_unfinished(context, &engine, &name).await?;
    // Whoever held it may have made, started or removed it.
    let found = named(context, &engine, &source, args, &name).await?;
    let attach = if args.no_attach { Attach::No("--no-attach was given") } else { Attach::Yes };
    let before = Before::of(context, &name);
    let sources = if found.is_some() { given.or_before(&before)? } else { given };
    let order = match found {
        Some(found) if matches!(found.state, State::Running | State::Stopped) => {
            let order = wake::order(context, &engine, &found, attach, &args.options).await?;
            let notes = order.notes.iter().cloned().chain(args.without_effect(&found)).collect();
            Order { died_in: before.died_in, notes, ..order }
        }
        Some(found) if select::workspaces(context, &found.name) == Workspaces::Kept => {
            let remake = Remake { found: &found, cache: Cache::Used, attach, options: &args.options };
            let order = remake.order(context, &engine).await?;
            let notes = order.notes.iter().cloned().chain(args.without_effect(&found)).collect();
            Order { making, notes, ..order }
        }
        found => {
            if let Some(Found { name, .. }) = found {
                remove(context, &engine, &name).await?;
            }
            let (wanted, config) = (args.wanted(context), args.config());
            let new = NewCodespace {
                name,
                purpose: args.purpose(),
                source: &source,
                wanted,
                branch: args.branch(),
                config,
                lockfile: args.lockfile(),
                dotfiles,
            };
            let mut order = if args.bind {
                bind::order(context, &engine, new, args.folder(), attach, &args.options).await?
            } else {
                let order = clone::order(context, new, attach, &args.options).await?;
                // A prebuild is of a commit, and no prebuild is made of another.
                if args.working_tree || args.as_prebuild {
                    order
                } else {
                    Box::pin(prebuilt::apply(context, &engine, order, &args.prebuild)).await?
                }
            };
            let hub = sources.hub_file();
            permissions::settle(context, &engine, &mut order, hub, args.consent()).await?;
            let making = making.into_iter().chain(order.making).collect();
            Order { making, ..order }
        }
    };
    let secrets = sources.secrets(context, Whose::of(&order)).await?;
    let order = match order.occasion {
        Occasion::Create => {
            let notes = order.notes.iter().cloned().chain(recommended::notice(context, &order, &secrets)).collect();
            Order { notes, ..order }
        }
        Occasion::Start | Occasion::Attach | Occasion::Refresh | Occasion::Rebuild => order,
    };
    Ok(Ready { engine, order, secrets, held })
}

impl Args {
    fn folder(&self) -> &str {
        self.workspace_folder.as_deref().unwrap_or(&self.repository)
    }

    const fn lockfile(&self) -> LockfileUse {
        if self.frozen_lockfile { LockfileUse::Frozen } else { LockfileUse::Written }
    }

    const fn purpose(&self) -> Purpose {
        if self.as_prebuild { Purpose::Prebuild } else { Purpose::Codespace }
    }

    const fn branch(&self) -> Branch {
        if self.fork_pull_request { Branch::ForksPullRequest } else { Branch::Own }
    }

    const fn consent(&self) -> Consent {
        if self.default_permissions { Consent::Given } else { Consent::NotGiven }
    }

    /// Returns the configuration's path, as it is kept.
    fn config(&self) -> Option<&str> {
        self.config.as_deref().map(|path| path.trim_start_matches("./"))
    }

    /// Returns what tells the codespaces of one repository apart.
    fn key(&self, source: &Source) -> String {
        let kind = if self.bind { "bind" } else { self.purpose().name() };
        Home::source_key(&format!("{} {kind} {:?}", source.location, self.config()))
    }

    fn wanted(&self, context: &Context) -> Wanted {
        Wanted {
            reference: self.reference.clone(),
            content: if self.working_tree { Content::WorkingTree } else { Content::Committed },
            name: self.called.clone(),
            owner: self.user.clone().unwrap_or_else(|| context.actor.clone()),
        }
    }

    /// Returns what a person should know who asks a codespace that is there to be another one.
    fn without_effect(&self, found: &Found) -> Option<String> {
        let differs = |asked: Option<&str>, label: &str| asked.is_some_and(|asked| asked != found.label(label));
        let called = self.called.as_ref().map(ToString::to_string);
        let is_commit =
            self.reference.as_ref().is_some_and(|asked| found.label(label::COMMIT).starts_with(asked.as_str()));
        let is_refused = matches!(found.authorization(), Authorization::Refused(_));
        let flags = [
            ("--ref", differs(self.reference.as_deref(), label::REF) && !is_commit),
            ("--user", differs(self.user.as_deref(), label::ACTOR)),
            ("--repository", differs(called.as_deref(), label::REPOSITORY)),
            ("--config", differs(self.config(), label::CONFIG)),
            ("--working-tree", self.working_tree),
            ("--dotfiles-repository", self.dotfiles.are_given()),
            ("--bind", self.bind && found.bind().is_none()),
            ("--default-permissions", self.default_permissions && is_refused),
            ("--fork-pull-request", self.fork_pull_request && found.branch() == Branch::Own),
        ];
        let given: Vec<&str> = flags.iter().filter(|(_, given)| *given).map(|(flag, _)| *flag).collect();
        (!given.is_empty()).then(|| {
            let (flags, name) = (given.join(" and "), &found.name);
            format!("{flags} changes nothing of {name}, which is there already: `localspace delete -c {name}` first, or give another --name")
        })
    }
}

/// Returns the codespace that the repository has with this configuration.
async fn existing(context: &Context, engine: &Engine, source: &Source, args: &Args) -> Result<Option<Found>, CliError> {
    if args.name.is_some() {
        return Ok(None);
    }
    let fits = |found: &Found| {
        is_of(found, source, args)
            && (!args.bind || found.bind().is_some())
            && args.config().is_none_or(|config| found.label(label::CONFIG) == config)
    };
    Ok(select::all(context, engine).await?.into_iter().find(fits))
}

/// Returns the codespace of that name; it is an error where that is another repository's.
async fn named(
    context: &Context,
    engine: &Engine,
    source: &Source,
    args: &Args,
    name: &CodespaceName,
) -> Result<Option<Found>, CliError> {
    let found = select::all(context, engine).await?.into_iter().find(|found| found.name == *name);
    if let Some(other) = found.as_ref().filter(|found| !is_of(found, source, args)) {
        let (what, repository) = (other.purpose().name(), other.label(label::REPOSITORY));
        let message = format!("the name {name} is taken by a {what} of {repository} ({})", other.label(label::SOURCE));
        return Err(CliError::new(Kind::Usage, message, Some("choose another --name".to_owned())));
    }
    Ok(found)
}

fn is_of(found: &Found, source: &Source, args: &Args) -> bool {
    found.label(label::SOURCE) == source.location && found.purpose() == args.purpose()
}

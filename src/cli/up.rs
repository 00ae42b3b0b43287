//! `localspace up`

use std::path::PathBuf;

use super::context::Context;
use super::error::{CliError, Kind};
use super::hold::hold;
use super::order::{self, NewCodespace, RunOptions};
use super::rehearse::{self, Secrets};
use super::removal::remove;
use super::select::{self, Found};
use crate::codespace::{CodespaceName, RepositoryName, label};
use crate::engine::{ContainerState, Engine};
use crate::github::Purpose;
use crate::home::Home;
use crate::plan::Attach;
use crate::repository::{self, Content, Source, Wanted};
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
    /// Do not run postAttachCommand
    #[arg(long)]
    no_attach: bool,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    pub(super) output: rehearse::Output,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let secrets = Secrets::load(args.secrets_file.clone())?;
    let source = repository::locate(&args.repository).await?;
    let engine = context.engine()?;
    let purpose = if args.as_prebuild { Purpose::Prebuild } else { Purpose::Codespace };
    let key = Home::source_key(&format!("{} {} {:?}", source.location, purpose.name(), args.config));
    let _making = hold(context, "up", key).await?;
    let mut existing = existing(context, &engine, &source, purpose, &args).await?;
    if let Some(found) = existing.take_if(|found| found.container.state == ContainerState::Created) {
        // A container that never started is what a run left that died while making it: undone, and made anew.
        remove(context, &engine, &found.name).await?;
    }
    let name = match (&existing, &args.name) {
        (Some(found), _) => found.name.clone(),
        (None, Some(name)) => name.clone(),
        (None, None) => fresh_name(),
    };
    let _held = hold(context, "up", name.to_string()).await?;
    let attach = if args.no_attach { Attach::No("--no-attach was given") } else { Attach::Yes };
    let Some(found) = existing else {
        let new = NewCodespace {
            name,
            purpose,
            source: &source,
            wanted: args.wanted(context),
            config: args.config.as_deref(),
        };
        let order = order::make(context, new, attach, &args.options).await?;
        return rehearse::rehearse(context, engine, order, secrets, &args.output).await;
    };
    let before = rehearse::Before::of(context, &name);
    let secrets = if secrets.file.is_none() { before.secrets()? } else { secrets };
    let order = order::wake(context, &engine, &found, attach, &args.options).await?;
    let notes = order.notes.iter().cloned().chain(args.without_effect(&found)).collect();
    let order = Order { died_before: before.died, notes, ..order };
    rehearse::rehearse(context, engine, order, secrets, &args.output).await
}

impl Args {
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
        let flags = [
            ("--ref", differs(self.reference.as_deref(), label::REF) && !is_commit),
            ("--user", differs(self.user.as_deref(), label::ACTOR)),
            ("--repository", differs(called.as_deref(), label::REPOSITORY)),
            ("--config", differs(self.config.as_deref().map(|path| path.trim_start_matches("./")), label::CONFIG)),
            ("--working-tree", self.working_tree),
        ];
        let given: Vec<&str> = flags.iter().filter(|(_, given)| *given).map(|(flag, _)| *flag).collect();
        (!given.is_empty()).then(|| {
            let (flags, name) = (given.join(" and "), &found.name);
            format!("{flags} changes nothing of {name}, which is there already: `localspace delete -c {name}` first, or give another --name")
        })
    }
}

/// Returns the codespace that the repository has with this configuration, or the one of that name.
async fn existing(
    context: &Context,
    engine: &Engine,
    source: &Source,
    purpose: Purpose,
    args: &Args,
) -> Result<Option<Found>, CliError> {
    let all = select::all(context, engine).await?;
    let is_ours = |found: &Found| found.label(label::SOURCE) == source.location && found.purpose() == purpose;
    let Some(name) = &args.name else {
        let config = args.config.as_deref().map(|path| path.trim_start_matches("./"));
        let has_config = |found: &Found| config.is_none_or(|config| found.label(label::CONFIG) == config);
        return Ok(all.into_iter().find(|found| is_ours(found) && has_config(found)));
    };
    let named = all.into_iter().find(|found| found.name == *name);
    if let Some(other) = named.as_ref().filter(|found| !is_ours(found)) {
        // A name that another repository's codespace has is no name for this one.
        let what = other.purpose().name();
        let message = format!("the name {name} is taken by a {what} of {}", other.label(label::REPOSITORY));
        return Err(CliError::new(Kind::Usage, message, Some("choose another --name".to_owned())));
    }
    Ok(named)
}

fn fresh_name() -> CodespaceName {
    let mut entropy = [0; 8];
    if getrandom::fill(&mut entropy).is_err() {
        entropy = std::process::id().to_le_bytes().repeat(2).try_into().unwrap_or_default();
    }
    CodespaceName::generate(entropy)
}

//! `localspace delete`

use std::collections::BTreeSet;

use super::context::Context;
use super::error::CliError;
use super::select::{self, Selector};
use super::up::hold;
use crate::codespace::{CodespaceName, label};
use crate::engine::{Engine, LabelFilter};

/// Delete a codespace with its volumes and its journal
///
/// Example: localspace delete -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// Delete all codespaces
    #[arg(long, conflicts_with = "codespace")]
    all: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    select::await_unfinished(context, &engine).await?;
    let mut names: BTreeSet<CodespaceName> = BTreeSet::new();
    if args.all {
        names.extend(select::all(&engine).await?.into_iter().map(|found| found.name));
        names.extend(context.home.codespaces());
        if names.is_empty() {
            context.ui.say("no codespaces to delete\n");
        }
    } else {
        match &args.selector.codespace {
            // What is left of a codespace whose container is gone is deleted too.
            Some(name) if context.home.codespaces().contains(name) => drop(names.insert(name.clone())),
            Some(_) | None => drop(names.insert(select::one(&args.selector, &engine).await?.name)),
        }
    }
    for name in names {
        let _held = hold(context, name.to_string()).await?;
        remove(context, &engine, &name).await?;
        context.ui.say(&format!("{name} is deleted\n"));
    }
    Ok(0)
}

/// Removes everything of a codespace: what the engine has under its label, then what this machine keeps. In this order, a removal that
/// dies half-way can be repeated.
pub(super) async fn remove(context: &Context, engine: &Engine, name: &CodespaceName) -> Result<(), CliError> {
    let filter = [LabelFilter::is(label::CODESPACE, name.as_str())];
    for container in engine.containers(&filter).await? {
        engine.remove(&container.id).await?;
    }
    for volume in engine.volumes(&filter).await? {
        engine.remove_volume(&volume).await?;
    }
    context.home.remove(name)?;
    Ok(())
}

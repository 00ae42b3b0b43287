//! `localspace delete`

use std::collections::BTreeSet;

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::hold::hold;
use super::removal::remove;
use super::select::{self, Selector};
use super::unborn;
use crate::codespace::CodespaceName;

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
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let mut names: BTreeSet<CodespaceName> = BTreeSet::new();
    if args.all {
        names.extend(select::all(context, &engine).await?.into_iter().map(|found| found.name));
        names.extend(context.home.codespaces());
        if names.is_empty() {
            context.ui.say("no codespaces to delete\n");
        }
    } else {
        unborn::sweep(context, &engine, "delete", args.selector.codespace.as_ref()).await;
        match &args.selector.codespace {
            // What is left of a codespace whose container is gone, or is only being made, is deleted too.
            Some(name) if context.home.codespaces().contains(name) => {
                let _made_by_now = select::all(context, &engine).await?;
                names.insert(name.clone());
            }
            Some(_) | None => drop(names.insert(select::one(context, &args.selector, &engine).await?.name)),
        }
    }
    for name in &names {
        let _held = hold(context, "delete", name.to_string()).await?;
        let _awaited = select::await_unfinished(context, &engine, name).await?;
        remove(context, &engine, name).await?;
        context.ui.say(&format!("{name} is deleted\n"));
    }
    if args.json {
        let names: Vec<&str> = names.iter().map(CodespaceName::as_str).collect();
        context.ui.data(&format!("{}\n", json!({ "deleted": names })))?;
    }
    Ok(0)
}

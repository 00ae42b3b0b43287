//! `localspace start`

use std::path::PathBuf;

use super::context::Context;
use super::error::{CliError, Kind};
use super::hold::hold;
use super::order::{self, RunOptions};
use super::rehearse::{self, Secrets};
use super::removal::remove;
use super::select::{self, Selector};
use crate::codespace::label;
use crate::engine::ContainerState;
use crate::plan::Attach;
use crate::steps::Order;

/// Start a codespace: log in to its registries anew and run postStartCommand
///
/// Example: localspace start -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// Secrets from another file than before
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    pub(super) output: rehearse::Output,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let found = select::one(context, &args.selector, &engine).await?;
    let _held = hold(context, "start", found.name.to_string()).await?;
    // Whoever held it may have started or removed it.
    let found = select::one(context, &Selector { codespace: Some(found.name) }, &engine).await?;
    if found.container.state == ContainerState::Created {
        // What a run left that died while making it holds no repository: undone.
        remove(context, &engine, &found.name).await?;
        let message = format!("{} was never finished: the run that made it died; it is removed", found.name);
        let hint = format!("localspace up {} --name {}", found.label(label::SOURCE), found.name);
        return Err(CliError::new(Kind::Engine, message, Some(hint)));
    }
    let before = rehearse::Before::of(context, &found.name);
    let secrets = match args.secrets_file {
        Some(file) => Secrets::load(Some(file))?,
        None => before.secrets()?,
    };
    let attach = Attach::No("`start` does not attach: `up` does");
    let order = order::wake(context, &engine, &found, attach, &args.options).await?;
    rehearse::rehearse(context, engine, Order { died_before: before.died, ..order }, secrets, &args.output).await
}

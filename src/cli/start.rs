//! `localspace start`

use super::context::Context;
use super::error::CliError;
use super::hold::hold_one;
use super::hub::Whose;
use super::order::Identity;
use super::rehearse::{Output, Ready, rehearse};
use super::removal::never_finished;
use super::run_options::RunOptions;
use super::secrets::Before;
use super::select::{self, Selector, State};
use super::sources::{SecretFlags, Sources};
use super::wake;
use crate::plan::Attach;
use crate::steps::{Order, Workspaces};

/// Start a codespace: log in to its registries anew and run postStartCommand
///
/// Example: localspace start -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    #[command(flatten)]
    secrets: SecretFlags,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    rehearse(context, &args.output, async |context| ready(&args, context).await).await
}

async fn ready(args: &Args, context: &mut Context) -> Result<Ready, CliError> {
    let engine = context.engine()?;
    let (found, held) = hold_one(context, "start", &args.selector, &engine).await?;
    let workspaces = select::workspaces(context, &found.name);
    if found.state == State::NeverStarted || (found.state == State::Gone && workspaces == Workspaces::Empty) {
        return Err(never_finished(context, &engine, &found, workspaces).await?);
    }
    let before = Before::of(context, &found.name);
    let sources = Sources::given(&args.secrets)?.or_before(&before)?;
    let secrets = sources.secrets(context, Whose::of_found(&Identity::of(&found))).await?;
    let attach = Attach::No("`start` does not attach: `up` does");
    let order = wake::order(context, &engine, &found, attach, &args.options).await?;
    Ok(Ready { engine, order: Order { died_in: before.died_in, ..order }, secrets, held })
}

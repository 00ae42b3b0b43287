//! `localspace rebuild`

use super::context::Context;
use super::error::CliError;
use super::hold::hold_one;
use super::hub::Whose;
use super::order::Identity;
use super::rehearse::{Output, Ready, rehearse};
use super::remake::Remake;
use super::removal::never_finished;
use super::run_options::RunOptions;
use super::secrets::Before;
use super::select::{self, Selector, State};
use super::sources::{SecretFlags, Sources};
use crate::plan::Attach;
use crate::steps::{Cache, Workspaces};

/// Make a codespace's container anew, from the configuration in its /workspaces as it lies there, committed or not
///
/// /workspaces and the volumes stay, everything else in the container goes; every lifecycle command runs again.
///
/// Example: localspace rebuild -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// Pull and build images anew, and remove every volume but that of /workspaces
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    secrets: SecretFlags,
    /// Do not run postAttachCommand
    #[arg(long)]
    no_attach: bool,
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
    let (found, held) = hold_one(context, "rebuild", &args.selector, &engine).await?;
    let is_whole = matches!(found.state, State::Running | State::Stopped);
    if !is_whole && select::workspaces(context, &found.name) == Workspaces::Empty {
        return Err(never_finished(context, &engine, &found, Workspaces::Empty).await?);
    }
    let sources = Sources::given(&args.secrets)?.or_before(&Before::of(context, &found.name))?;
    let secrets = sources.secrets(context, Whose::of_found(&Identity::of(&found))).await?;
    let remake = Remake {
        found: &found,
        cache: if args.full { Cache::Ignored } else { Cache::Used },
        attach: if args.no_attach { Attach::No("--no-attach was given") } else { Attach::Yes },
        options: &args.options,
    };
    let order = remake.order(context, &engine).await?;
    Ok(Ready { engine, order, secrets, held })
}

//! `localspace registry refresh`

use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hold::hold_one;
use crate::cli::hub::Whose;
use crate::cli::order::Identity;
use crate::cli::rehearse::{Output, Ready, rehearse};
use crate::cli::run_options::RunOptions;
use crate::cli::secrets::Before;
use crate::cli::select::{Selector, State};
use crate::cli::sources::Sources;
use crate::cli::wake;
use crate::github::Purpose;
use crate::plan::{Attach, Occasion};
use crate::steps::Order;

/// Log a codespace that runs in to its registries once more, with the secrets that it was started with
///
/// A token of AWS's registries is good for twelve hours: this gets another one, and so does each start.
///
/// Example: localspace registry refresh -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    rehearse(context, &args.output, async |context| ready(args, context).await).await
}

async fn ready(args: &Args, context: &mut Context) -> Result<Ready, CliError> {
    let engine = context.engine()?;
    let (found, held) = hold_one(context, "registry refresh", &args.selector, &engine).await?;
    if found.state != State::Running {
        let hint = format!("localspace start -c {} logs in to its registries too", found.name);
        return Err(CliError::new(Kind::Usage, format!("codespace {} is not running", found.name), Some(hint)));
    }
    if found.purpose() == Purpose::Prebuild {
        let hint = "a codespace that is made from it is logged in after updateContentCommand".to_owned();
        let message = format!("{} is a prebuild, which is never logged in to a registry", found.name);
        return Err(CliError::new(Kind::Usage, message, Some(hint)));
    }
    let before = Before::of(context, &found.name);
    let secrets =
        Sources::default().or_before(&before)?.secrets(context, Whose::of_found(&Identity::of(&found))).await?;
    let attach = Attach::No("`registry refresh` does not attach: `up` does");
    let order = wake::order(context, &engine, &found, attach, &RunOptions::default()).await?;
    Ok(Ready { engine, order: Order { occasion: Occasion::Refresh, died_in: before.died_in, ..order }, secrets, held })
}

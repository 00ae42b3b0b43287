//! `localspace stop`

use super::context::Context;
use super::error::CliError;
use super::select::{self, Selector};
use super::up::hold;
use crate::engine::ContainerState;
use crate::steps::EngineRunner;

/// Stop a codespace: its processes end and /tmp is emptied; everything else is kept
///
/// Example: localspace stop -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let found = select::one(&args.selector, &engine).await?;
    let _held = hold(context, found.name.to_string()).await?;
    if found.container.state != ContainerState::Running {
        context.ui.say(&format!("codespace {} is not running\n", found.name));
        return Ok(0);
    }
    EngineRunner::stop(&engine, &found.id).await?;
    context.ui.say(&format!("{} is stopped\n", found.name));
    Ok(0)
}

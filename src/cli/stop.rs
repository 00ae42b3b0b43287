//! `localspace stop`

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::hold::hold;
use super::in_hub;
use super::secrets::Before;
use super::select::{self, Selector, State};
use crate::steps;

/// Stop a codespace: its processes end and /tmp is emptied; everything else is kept
///
/// Example: localspace stop -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let found = select::one(context, &args.selector, &engine).await?;
    let _held = hold(context, "stop", found.name.to_string()).await?;
    // Whoever held it may have stopped or removed it.
    let found = select::one(context, &Selector { codespace: Some(found.name) }, &engine).await?;
    let services = select::services(context, &engine, &found).await?;
    let beside: Vec<_> = services.into_iter().filter(|service| service.runs && !service.is_own).collect();
    if found.state == State::Running {
        steps::stop(&engine, found.container()?).await?;
    }
    // What works with them has ended.
    futures_util::future::try_join_all(beside.iter().map(|service| engine.stop_as_made(&service.id))).await?;
    in_hub::leave(context, &engine, Before::of(context, &found.name).hub.as_deref(), &found.name).await;
    if found.state == State::Running || !beside.is_empty() {
        context.ui.say(&format!("{} is stopped\n", found.name));
    } else {
        context.ui.say(&format!("codespace {} is not running\n", found.name));
    }
    if args.json {
        context.ui.data(&format!("{}\n", json!({ "name": found.name.as_str(), "state": "Shutdown" })))?;
    }
    Ok(0)
}

//! `localspace start`

use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::error::{CliError, Kind};
use super::rehearse::{self, Secrets};
use super::select::{self, Selector};
use super::up::{hold, wake_order};
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
    output: rehearse::Output,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    select::await_unfinished(context, &engine).await?;
    let found = select::one(&args.selector, &engine).await?;
    let _held = hold(context, found.name.to_string()).await?;
    // Whoever held it may have started or removed it.
    let found = select::one(&Selector { codespace: Some(found.name) }, &engine).await?;
    if found.container.state == ContainerState::Created {
        // What a run left that died while making it holds no repository: undone.
        super::delete::remove(context, &engine, &found.name).await?;
        let message = format!("{} was never finished: the run that made it died; it is removed", found.name);
        let hint = format!("localspace up {} --name {}", found.label(label::SOURCE), found.name);
        return Err(CliError::new(Kind::Engine, message, Some(hint)));
    }
    let before = select::newest(context, &found.name);
    let known = before.as_ref().and_then(|run| run.run.as_ref()?.secrets_file.clone()).map(PathBuf::from);
    let secrets = Secrets::load(args.secrets_file.or(known))?;
    let died_before = before.is_some_and(|run| run.run.is_some() && run.end.is_none());
    let timeout = None::<Duration>;
    let order = Order {
        died_before,
        timeout,
        attach: Attach::No("`start` does not attach: `up` does"),
        ..wake_order(context, &found)
    };
    rehearse::rehearse(context, engine, order, secrets, &args.output).await
}

//! `localspace prebuild create`

use serde_json::json;

use super::making::{Made, Optimization, Over, Wish, kept_document, make, tell_kept};
use super::settings::{Flags, Settings};
use super::which::Which;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::rehearse::Output;
use crate::repository;

/// Make a prebuild of a repository: a codespace goes through its phases up to updateContentCommand, and everything that it keeps is kept
///
/// Example: localspace prebuild create . --hub hub.yaml
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Use no older prebuild where the newest run failed or goes on
    #[arg(long)]
    disable_optimization: bool,
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let source = repository::locate(&args.which.repository)?;
    let wish = Wish {
        verb: "prebuild create",
        source: &source,
        reference: args.which.reference.clone(),
        called: args.which.called.clone(),
        config: args.which.config(),
        over: Over::Nothing,
        optimization: if args.disable_optimization { Optimization::Off } else { Optimization::On },
        // It sets up what there may be already.
        before: &Settings::default(),
        flags: &args.flags,
        output: &args.output,
    };
    let ended = Box::pin(make(&wish, context)).await?;
    match &ended.made {
        Made::Refused { checks, message } => {
            if args.output.json {
                let document = json!({ "outcome": "error", "message": message, "checks": checks });
                context.ui.data(&format!("{document}\n"))?;
            }
            Ok(Kind::Command.exit_code())
        }
        Made::Failed { phase, kind, reason } => {
            if args.output.json {
                let document = json!({ "outcome": "error", "message": reason, "phase": phase.name() });
                context.ui.data(&format!("{document}\n"))?;
            }
            Ok(Kind::from(*kind).exit_code())
        }
        Made::Kept { record, seconds } => {
            if args.output.json {
                context.ui.data(&format!("{}\n", kept_document(&ended, record, *seconds)))?;
            } else {
                tell_kept(context, &ended, record, *seconds);
                context.ui.data(&format!("{}\n", ended.name))?;
            }
            Ok(0)
        }
    }
}

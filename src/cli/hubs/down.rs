//! `localspace hub down`

use std::path::PathBuf;

use serde_json::json;

use super::{file, identity};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::hold::hold;
use crate::hub_container::{Kept, remove};

/// Take down the simulated GitHub of a file; its packages are kept for the next `hub up`
///
/// Example: localspace hub down --volumes
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file; hub.yaml, where it is not given. It need not be there any more
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Remove what is stored, too: packages, tokens, the certificate authority
    #[arg(long, short = 'v')]
    volumes: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let id = identity(context, &file(args.file.as_ref()))?;
    let engine = context.engine()?;
    let _held = hold(context, "hub down", id.name()).await?;
    let kept = if args.volumes { Kept::Nothing } else { Kept::Volume };
    let is_clean = remove(&engine, &id, kept).await?;
    if !is_clean {
        context.ui.say(&format!("the network {} stays, as something is in it: `localspace list`\n", id.name()));
    }
    let stored = if args.volumes { "and nothing of it is kept" } else { "and what is stored is kept" };
    context.ui.say(&format!("the hub is down, {stored}\n"));
    if args.json {
        let document = json!({ "file": id.file(), "kept": !args.volumes, "networkIsGone": is_clean });
        context.ui.data(&format!("{document}\n"))?;
    }
    Ok(0)
}

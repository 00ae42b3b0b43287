//! `localspace hub`

mod ask;
mod down;
mod publish;
mod serve;
mod status;
mod up;

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CliError;
use crate::hub_container::HubId;

/// Run a simulated GitHub: its container registry, and every other one that its file names
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Up(up::Args),
    Down(down::Args),
    Status(status::Args),
    Publish(publish::Args),
    /// Answer as the registries of a hub, in its container
    #[command(hide = true)]
    Serve,
    /// Hand a question from standard input on to the hub that runs here
    #[command(hide = true)]
    Ask,
}

impl Args {
    /// Tells whether standard output is for a program.
    pub(super) const fn wants_json(&self) -> bool {
        match &self.verb {
            Verb::Up(args) => args.json,
            Verb::Down(args) => args.json,
            Verb::Status(args) => args.json,
            Verb::Publish(args) => args.json,
            Verb::Serve | Verb::Ask => false,
        }
    }
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    match args.verb {
        // Left at any point, these are gone on with by the next one.
        Verb::Up(args) => interrupts.until(Box::pin(up::run(&args, context))).await,
        Verb::Down(args) => interrupts.until(down::run(&args, context)).await,
        Verb::Status(args) => interrupts.until(status::run(&args, context)).await,
        Verb::Publish(args) => interrupts.until(Box::pin(publish::run(&args, context))).await,
        Verb::Serve => serve::run(context).await,
        Verb::Ask => ask::run(context).await,
    }
}

/// The file that is meant where none is named.
const FILE: &str = "hub.yaml";

/// Returns the hub of a file, which may be gone.
fn identity(context: &Context, file: &Path) -> Result<HubId, CliError> {
    let whole = file.canonicalize().or_else(|_| std::path::absolute(file))?;
    Ok(HubId::new(&whole, &context.home.id()))
}

fn file(named: Option<&PathBuf>) -> PathBuf {
    named.cloned().unwrap_or_else(|| PathBuf::from(FILE))
}

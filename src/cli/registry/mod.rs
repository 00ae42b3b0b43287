//! `localspace registry`

mod explain;

use super::context::Context;
use super::error::CliError;

/// Explain what a codespace may do with an image of a registry
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Explain(explain::Args),
}

impl Args {
    /// Tells whether standard output is for a program.
    pub(super) const fn wants_json(&self) -> bool {
        match &self.verb {
            Verb::Explain(args) => args.json,
        }
    }
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    match &args.verb {
        Verb::Explain(args) => explain::run(args, context).await,
    }
}

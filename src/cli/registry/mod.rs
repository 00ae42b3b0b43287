//! `localspace registry`

mod check;
mod explain;
mod refresh;

use super::context::Context;
use super::error::CliError;

/// Registries and their logins: what a codespace may pull, and a login that is made anew
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Check(check::Args),
    Explain(explain::Args),
    Refresh(refresh::Args),
}

impl Args {
    /// Tells whether standard output is for a program.
    pub(super) const fn wants_json(&self) -> bool {
        match &self.verb {
            Verb::Check(args) => args.json,
            Verb::Explain(args) => args.json,
            Verb::Refresh(args) => args.output.json,
        }
    }
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    match &args.verb {
        Verb::Check(args) => check::run(args, context).await,
        Verb::Explain(args) => explain::run(args, context).await,
        Verb::Refresh(args) => refresh::run(args, context).await,
    }
}

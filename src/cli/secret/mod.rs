//! `localspace secret`

mod delete;
mod effective;
mod list;
mod phases;
mod set;
mod target;

use super::context::Context;
use super::error::CliError;
use super::hold::hold_in;
use crate::home::Lock;
use crate::secret_store::SecretStore;

/// Set, list and delete the secrets of users, repositories and organizations, as `gh secret` does
///
/// They are kept on this machine alone, encrypted.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Set(set::Args),
    #[command(visible_alias = "ls")]
    List(list::Args),
    #[command(visible_alias = "remove")]
    Delete(delete::Args),
}

impl Args {
    /// Tells whether standard output is for a program.
    pub(super) const fn wants_json(&self) -> bool {
        match &self.verb {
            Verb::Set(args) => args.json,
            Verb::List(args) => args.json,
            Verb::Delete(args) => args.json,
        }
    }
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    match &args.verb {
        Verb::Set(args) => set::run(args, context).await,
        Verb::List(args) => list::run(args, context).await,
        Verb::Delete(args) => delete::run(args, context).await,
    }
}

/// Holds the store, so that of two who change it none undoes what the other did.
async fn hold(context: &mut Context, store: &SecretStore, verb: &str) -> Result<Lock, CliError> {
    hold_in(context, store.home(), verb, "secrets".to_owned()).await
}

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
use crate::secret_store::{KeptSecret, StoreError};

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

/// Changes the secrets that are kept, under a lock, so that of two who change them none undoes what the other did. A keyring may have to be unlocked
/// before, which an interrupt does not wait for: the thread that writes has the lock, and keeps it until it is done.
async fn change<T: Send + 'static>(
    context: &mut Context,
    verb: &str,
    change: impl FnOnce(&mut Vec<KeptSecret>) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, CliError> {
    let store = context.secret_store();
    let held = hold_in(context, store.home(), verb, "secrets".to_owned()).await?;
    let changing = move || {
        let changed = store.change(change);
        drop(held);
        changed
    };
    tokio::task::spawn_blocking(changing).await.map_err(std::io::Error::other)?.map_err(Into::into)
}

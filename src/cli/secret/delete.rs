//! `localspace secret delete`

use serde_json::json;

use super::hold;
use super::target::Target;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::github::{InvalidSecretName, SecretName};
use crate::secret_store::take;

/// Delete a secret of a repository, an organization or a user
///
/// Example: localspace secret delete TOKEN --org acme
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What it is called
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let owner = args.target.owner(context).await?;
    let name: SecretName =
        args.name.parse().map_err(|error: InvalidSecretName| CliError::new(Kind::Usage, error.to_string(), None))?;
    let store = context.secret_store();
    let _held = hold(context, &store, "secret delete").await?;
    // A store that has no such secret is not written anew.
    let mut secrets = store.load()?;
    if !take(&mut secrets, &name, &owner.scope()) {
        let hint = "`localspace secret list` shows what there is, with the same flags".to_owned();
        let message = format!("there is no secret {name} of {}", owner.scope().owner());
        return Err(CliError::new(Kind::Usage, message, Some(hint)));
    }
    store.change(|secrets| Ok(take(secrets, &name, &owner.scope())))?;
    context.ui.say(&format!("✓ Deleted Codespaces secret {name} from {}\n", owner.told()));
    if args.json {
        let document = json!({ "deleted": [name.as_str()], "level": owner.level().name(), "owner": owner.name() });
        context.ui.data(&format!("{document}\n"))?;
    }
    Ok(0)
}

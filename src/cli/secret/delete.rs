//! `localspace secret delete`

use serde_json::json;

use super::change;
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
    let is_gone = || {
        let hint = "`localspace secret list` shows what there is, with the same flags".to_owned();
        let message = format!("there is no secret {name} of {}", owner.scope().owner());
        CliError::new(Kind::Usage, message, Some(hint))
    };
    // What has no such secret is not written anew.
    if !take(&mut context.kept_secrets().await?, &name, &owner.scope()) {
        return Err(is_gone());
    }
    let (scope, wanted) = (owner.scope(), name.clone());
    // Somebody else may have been faster.
    if !change(context, "secret delete", move |secrets| Ok(take(secrets, &wanted, &scope))).await? {
        return Err(is_gone());
    }
    context.ui.say(&format!("✓ Deleted Codespaces secret {name} from {}\n", owner.told()));
    if args.json {
        let document = json!({ "deleted": [name.as_str()], "level": owner.level().name(), "owner": owner.name() });
        context.ui.data(&format!("{document}\n"))?;
    }
    Ok(0)
}

//! Whose secrets a verb is about: `gh secret`'s flags.

use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hub::here;
use crate::codespace::RepositoryName;
use crate::github::SecretLevel;
use crate::github::hub::SecretScope;
use crate::nearest::nearest;

/// Whose secrets it is about; where nothing says so, the repository's of the working directory.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Target {
    /// Yours; or another user's, as `--user=LOGIN`
    #[arg(short, long, value_name = "LOGIN", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with_all = ["org", "repo"])]
    pub(super) user: Option<String>,
    /// An organization's
    #[arg(short, long, value_name = "ORGANIZATION", conflicts_with = "repo")]
    pub(super) org: Option<String>,
    /// A repository's
    #[arg(short = 'R', long, value_name = "OWNER/NAME")]
    pub(super) repo: Option<RepositoryName>,
    #[command(flatten)]
    pub(super) app: App,
}

/// Flags of `gh secret` for what is not here.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct App {
    /// Whose secrets on GitHub: `codespaces`, which is all that there is here
    #[arg(short, long, value_name = "APPLICATION", default_value = "codespaces", hide_default_value = true)]
    app: String,
    /// An environment's, which codespaces do not have
    #[arg(short, long, value_name = "ENVIRONMENT", hide = true)]
    env: Option<String>,
}

impl App {
    pub(super) fn check(&self) -> Result<(), CliError> {
        if self.env.is_some() {
            let message = "environment secrets are not supported for codespaces";
            return Err(CliError::new(Kind::Usage, message, Some("give --repo, --org or --user".to_owned())));
        }
        if !self.app.eq_ignore_ascii_case("codespaces") {
            let known = ["codespaces", "actions", "dependabot", "agents"];
            let meant = nearest(&self.app, known.into_iter()).filter(|word| *word == "codespaces");
            let hint = meant.map_or("leave --app out".to_owned(), |word| format!("did you mean `{word}`?"));
            let message = format!("--app {}: only the secrets of codespaces are here", self.app);
            return Err(CliError::new(Kind::Usage, message, Some(hint)));
        }
        Ok(())
    }
}

/// An owner of secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    User { login: String, is_self: bool },
    Organization(String),
    Repository(RepositoryName),
}

impl Target {
    /// Returns who is meant.
    pub(super) async fn owner(&self, context: &Context) -> Result<Owner, CliError> {
        self.app.check()?;
        match (&self.user, &self.org, &self.repo) {
            (Some(login), ..) if login.is_empty() => {
                Ok(Owner::User { login: account(&context.actor, "user")?, is_self: true })
            }
            (Some(login), ..) => Ok(Owner::User { is_self: *login == context.actor, login: account(login, "user")? }),
            (None, Some(name), _) => Ok(Owner::Organization(account(name, "organization")?)),
            (None, None, Some(name)) => Ok(Owner::Repository(name.clone())),
            (None, None, None) => Ok(Owner::Repository(here(context).await?)),
        }
    }
}

/// Checks the name of a user or an organization.
fn account(name: &str, what: &str) -> Result<String, CliError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !name.is_empty() && name.bytes().all(fits) {
        return Ok(name.to_owned());
    }
    let hint = "GitHub's names have letters, digits and hyphens".to_owned();
    Err(CliError::new(Kind::Usage, format!("`{name}` is no {what}'s name"), Some(hint)))
}

impl Owner {
    /// Returns it in `gh secret`'s words.
    pub(super) fn told(&self) -> String {
        match self {
            Self::User { is_self: true, .. } => "your user".to_owned(),
            Self::User { login, .. } => format!("user {login}"),
            Self::Organization(name) => name.clone(),
            Self::Repository(name) => name.to_string(),
        }
    }

    pub(super) const fn level(&self) -> SecretLevel {
        match self {
            Self::User { .. } => SecretLevel::User,
            Self::Organization(_) => SecretLevel::Organization,
            Self::Repository(_) => SecretLevel::Repository,
        }
    }

    /// Returns its name alone.
    pub(super) fn name(&self) -> String {
        match self {
            Self::User { login, .. } => login.clone(),
            Self::Organization(name) => name.clone(),
            Self::Repository(name) => name.to_string(),
        }
    }

    /// Returns a scope of this owner's, whoever sees it.
    pub(super) fn scope(&self) -> SecretScope {
        match self {
            Self::User { login, .. } => SecretScope::User { user: login.clone(), repositories: Vec::new() },
            Self::Organization(name) => SecretScope::Organization {
                organization: name.clone(),
                policy: crate::github::hub::AccessPolicy::Private,
            },
            Self::Repository(name) => SecretScope::Repository(name.clone()),
        }
    }
}

//! `localspace secret set`

use std::path::PathBuf;

use serde_json::json;

use super::change;
use super::target::{Owner, Target};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::codespace::RepositoryName;
use crate::github::hub::{AccessPolicy, SecretScope};
use crate::github::{InvalidSecretName, MAX_VALUE, SecretName, load_secrets};
use crate::redact::Secret;
use crate::secret_store::{KeptSecret, put};

/// The most that is read of a value: what GitHub takes, and a few line ends.
const MOST: usize = MAX_VALUE + 16;

/// Set a secret of a repository, an organization or a user
///
/// The value is asked for, or read from standard input where that is no terminal. A codespace gets it at its next start.
///
/// Example: localspace secret set TOKEN --org acme --visibility selected --repos acme/app
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What it is called
    #[arg(value_name = "NAME", required_unless_present = "env_file")]
    name: Option<String>,
    #[command(flatten)]
    target: Target,
    /// The value; it is then among this command's arguments, where others on this machine may see it
    #[arg(short, long, value_name = "VALUE")]
    body: Option<String>,
    /// Which of an organization's repositories see it: all, private or selected
    #[arg(short, long, value_name = "VISIBILITY", value_parser = ["all", "private", "selected"])]
    visibility: Option<String>,
    /// The repositories that see an organization's or a user's secret
    #[arg(short, long, value_name = "REPOSITORIES", value_delimiter = ',')]
    repos: Vec<String>,
    /// Names and values as NAME=VALUE lines or a JSON object; `-` is standard input
    #[arg(short = 'f', long, value_name = "FILE", conflicts_with_all = ["name", "body"])]
    env_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let owner = args.target.owner(context).await?;
    let seen_by = args.seen_by(&owner)?;
    let values = args.values(context).await?;
    let updated = context.clock.now();
    let names: Vec<SecretName> = values.iter().map(|(name, _)| name.clone()).collect();
    let whose = owner.clone();
    let unassigned = change(context, "secret set", move |secrets| {
        let mut unassigned = false;
        for (name, value) in values {
            let before = secrets.iter().find(|one| one.name == name && one.scope.has_owner_of(&whose.scope()));
            let scope = seen_by.scope(&whose, before);
            unassigned |= matches!(&scope, SecretScope::User { repositories, .. } if repositories.is_empty());
            put(secrets, KeptSecret { name, scope, value, updated })?;
        }
        Ok(unassigned)
    });
    let unassigned = unassigned.await?;
    for name in &names {
        context.ui.say(&format!("✓ Set Codespaces secret {name} for {}\n", owner.told()));
    }
    if unassigned {
        context.ui.say("note: no repository's codespaces see it yet: assign it with --repos OWNER/NAME\n");
    }
    if args.json {
        let names: Vec<&str> = names.iter().map(SecretName::as_str).collect();
        let document = json!({ "set": names, "level": owner.level().name(), "owner": owner.name() });
        context.ui.data(&format!("{document}\n"))?;
    }
    Ok(0)
}

/// Who sees a secret, as far as that was said.
#[derive(Debug)]
enum SeenBy {
    Policy(AccessPolicy),
    Repositories(Option<Vec<RepositoryName>>),
    ItsRepository,
}

impl SeenBy {
    /// Returns the scope; a user's secret that is set again keeps its repositories where none are given.
    fn scope(&self, owner: &Owner, before: Option<&KeptSecret>) -> SecretScope {
        match (self, owner) {
            (Self::Policy(policy), Owner::Organization(name)) => {
                SecretScope::Organization { organization: name.clone(), policy: policy.clone() }
            }
            (Self::Repositories(Some(repositories)), Owner::User { login, .. }) => {
                SecretScope::User { user: login.clone(), repositories: repositories.clone() }
            }
            (Self::Repositories(None), Owner::User { .. }) => {
                before.map_or_else(|| owner.scope(), |before| before.scope.clone())
            }
            (Self::Policy(_) | Self::Repositories(_) | Self::ItsRepository, _) => owner.scope(),
        }
    }
}

impl Args {
    /// Reads `--visibility` and `--repos`, by the rules and in the words of `gh secret set`.
    fn seen_by(&self, owner: &Owner) -> Result<SeenBy, CliError> {
        let wrong = |message: &str, hint: &str| Err(CliError::new(Kind::Usage, message, Some(hint.to_owned())));
        let default_owner = owner.name();
        let repositories = || {
            let whole = |text: &String| {
                if text.contains('/') { text.clone() } else { format!("{default_owner}/{text}") }
            };
            let read = |text: &String| whole(text).parse::<RepositoryName>();
            let all: Result<Vec<_>, _> = self.repos.iter().map(read).collect();
            all.map_err(|error| CliError::new(Kind::Usage, format!("--repos: {error}"), None))
        };
        match (owner, self.visibility.as_deref(), self.repos.is_empty()) {
            (Owner::Organization(_), Some("selected"), true) => {
                wrong("`--repos` list required with `--visibility=selected`", "for example --repos app,api")
            }
            (Owner::Organization(_), Some("all" | "private"), false) => {
                wrong("`--repos` is only supported with `--visibility=selected`", "leave one of the two out")
            }
            (Owner::Organization(_), Some("all"), true) => Ok(SeenBy::Policy(AccessPolicy::All)),
            (Owner::Organization(_), _, true) => Ok(SeenBy::Policy(AccessPolicy::Private)),
            (Owner::Organization(_), _, false) => Ok(SeenBy::Policy(AccessPolicy::Selected(repositories()?))),
            (_, Some(_), _) => {
                wrong("`--visibility` is only supported with `--org`", "give --repos for a user's secret")
            }
            (Owner::User { .. }, None, true) => Ok(SeenBy::Repositories(None)),
            (Owner::User { .. }, None, false) => Ok(SeenBy::Repositories(Some(repositories()?))),
            (Owner::Repository(_), None, true) => Ok(SeenBy::ItsRepository),
            (Owner::Repository(_), None, false) => wrong(
                "`--repos` is only supported with `--org` and `--user`",
                "give --repo for one repository's secret",
            ),
        }
    }

    /// Returns the names and values.
    async fn values(&self, context: &mut Context) -> Result<Vec<(SecretName, Secret<String>)>, CliError> {
        if let Some(file) = &self.env_file {
            let file = if file.as_os_str() == "-" { PathBuf::from("/dev/stdin") } else { file.clone() };
            let read = load_secrets(&file)?;
            for warning in &read.warnings {
                context.ui.say(&format!("warning: {warning}\n"));
            }
            if read.secrets.is_empty() {
                return Err(CliError::new(Kind::Usage, format!("there is no secret in {}", file.display()), None));
            }
            return read.secrets.into_iter().map(|one| Ok((one.name, checked(&one.value)?))).collect();
        }
        let name = self.name.clone().unwrap_or_default();
        let name: SecretName =
            name.parse().map_err(|error: InvalidSecretName| CliError::new(Kind::Usage, error.to_string(), None))?;
        let value = if let Some(body) = &self.body {
            Secret::new(body.clone())
        } else {
            let read = context.ui.hidden(&format!("the value of {name}: "), MOST).await;
            read.map_err(|error| CliError::new(Kind::Usage, format!("the value cannot be read: {error}"), None))?
        };
        Ok(vec![(name, checked(&value)?)])
    }
}

/// Takes the line ends at the value's end away, as `gh` does, and refuses what GitHub or a process's environment would not take.
fn checked(value: &Secret<String>) -> Result<Secret<String>, CliError> {
    let text = value.expose().trim_end_matches(['\r', '\n']);
    let problem = if text.is_empty() {
        "is empty"
    } else if text.len() > MAX_VALUE {
        "is larger than 48 KB, the most that GitHub takes"
    } else if text.contains('\0') {
        "has a NUL in it, which no variable can hold"
    } else {
        return Ok(Secret::new(text.to_owned()));
    };
    Err(CliError::new(
        Kind::Usage,
        format!("the value {problem}"),
        Some("pipe it in, or type it where it is asked for".to_owned()),
    ))
}

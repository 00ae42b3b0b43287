//! `localspace secret list`

use std::path::PathBuf;

use serde_json::{Value, json};

use super::effective::{self, Asked};
use super::phases;
use super::target::{App, Owner, Target};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::codespace::RepositoryName;
use crate::github::hub::{AccessPolicy, SecretScope};
use crate::report::table;
use crate::secret_store::KeptSecret;
use crate::ui::Stream;

/// List secrets, without their values
///
/// With --effective, which secrets a codespace sees and why not the others; with --phases, which phase has which. Both ask about the codespace of a
/// repository (--repo) and a user (--user), and count the secrets of a hub's file too.
///
/// Example: localspace secret list --effective --repo acme/app --user mona --hub hub.yaml
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the contract")]
pub(super) struct Args {
    /// Yours, or another user's; with --effective and --phases, whose codespace it is
    #[arg(short, long, value_name = "LOGIN", num_args = 0..=1, default_missing_value = "")]
    user: Option<String>,
    /// An organization's
    #[arg(short, long, value_name = "ORGANIZATION", conflicts_with_all = ["user", "repo"])]
    org: Option<String>,
    /// A repository's; the default is that of the working directory
    #[arg(short = 'R', long, value_name = "OWNER/NAME")]
    repo: Option<RepositoryName>,
    #[command(flatten)]
    app: App,
    /// Say of each secret whether a codespace sees it, and why not
    #[arg(long, conflicts_with = "org")]
    effective: bool,
    /// Say which secret reaches which phase, in a codespace and in a prebuild
    #[arg(long, conflicts_with_all = ["org", "effective"])]
    phases: bool,
    /// The simulated GitHub, whose secrets count too
    #[arg(long, value_name = "FILE")]
    hub: Option<PathBuf>,
    /// The codespace is of a pull request from a fork
    #[arg(long)]
    fork_pull_request: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    args.app.check()?;
    let text = if args.effective || args.phases {
        let actor = args.user.clone().filter(|login| !login.is_empty()).unwrap_or_else(|| context.actor.clone());
        let asked = Asked::new(context, args.hub.as_deref(), args.repo.clone(), actor, args.fork_pull_request).await?;
        match (args.phases, args.json) {
            (true, true) => format!("{}\n", phases::document(&asked)?),
            (true, false) => phases::text(&asked)?,
            (false, true) => format!("{}\n", effective::document(&asked)?),
            (false, false) => effective::text(&asked)?,
        }
    } else {
        args.can_be_listed()?;
        let Args { user, org, repo, app, .. } = args;
        let target = Target { user: user.clone(), org: org.clone(), repo: repo.clone(), app: app.clone() };
        let owner = target.owner(context).await?;
        let mut secrets = context.kept_secrets().await?;
        secrets.retain(|one| one.scope.has_owner_of(&owner.scope()));
        secrets.sort_by(|one, other| one.name.cmp(&other.name));
        if args.json {
            format!("{}\n", Value::from(secrets.iter().map(object).collect::<Vec<_>>()))
        } else if secrets.is_empty() {
            context.ui.say("no secrets found\n");
            return Ok(0);
        } else {
            rows(&secrets, &owner, context.ui.out_stream())
        }
    };
    context.ui.data(&text)?;
    Ok(0)
}

impl Args {
    /// Refuses flags that ask about a codespace where none is asked about.
    fn can_be_listed(&self) -> Result<(), CliError> {
        let hint = "add --effective or --phases".to_owned();
        let flag = match (&self.hub, self.fork_pull_request, &self.user, &self.repo) {
            (Some(_), ..) => "--hub",
            (None, true, ..) => "--fork-pull-request",
            (None, false, Some(_), Some(_)) => "--user beside --repo",
            (None, false, ..) => return Ok(()),
        };
        Err(CliError::new(Kind::Usage, format!("{flag} asks about a codespace's secrets"), Some(hint)))
    }
}

/// Returns what a program is told, in `gh secret list`'s names; never a value.
fn object(secret: &KeptSecret) -> Value {
    let (visibility, repositories) = seen_by(&secret.scope);
    let repositories: Vec<String> = repositories.iter().map(ToString::to_string).collect();
    json!({
        "name": secret.name.as_str(),
        "updatedAt": secret.updated.to_string(),
        "visibility": visibility,
        "numSelectedRepos": repositories.len(),
        "selectedRepos": repositories,
    })
}

/// Returns who sees a secret: the word for it, and the repositories that are named.
fn seen_by(scope: &SecretScope) -> (&'static str, &[RepositoryName]) {
    match scope {
        SecretScope::User { repositories, .. } => ("selected", repositories),
        SecretScope::Repository(_) => ("", &[]),
        SecretScope::Organization { policy, .. } => match policy {
            AccessPolicy::All | AccessPolicy::Private => (policy.name(), &[]),
            AccessPolicy::Selected(repositories) => (policy.name(), repositories),
        },
    }
}

/// Returns a table as `gh secret list` prints it: for a person on a terminal, else tabs and no head.
fn rows(secrets: &[KeptSecret], owner: &Owner, stdout: Stream) -> String {
    let has_visibility = !matches!(owner, Owner::Repository(_));
    let row = |secret: &KeptSecret| {
        let mut row = vec![secret.name.to_string(), secret.updated.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()];
        row.extend(has_visibility.then(|| {
            let (word, repositories) = seen_by(&secret.scope);
            match (stdout, word) {
                (Stream::Other, word) => word.to_ascii_uppercase(),
                (Stream::Terminal, "all") => "Visible to all repositories".to_owned(),
                (Stream::Terminal, "private") => "Visible to private repositories".to_owned(),
                (Stream::Terminal, _) if repositories.len() == 1 => "Visible to 1 selected repository".to_owned(),
                (Stream::Terminal, _) => format!("Visible to {} selected repositories", repositories.len()),
            }
        }));
        row
    };
    let rows: Vec<Vec<String>> = secrets.iter().map(row).collect();
    match stdout {
        Stream::Other => rows.iter().map(|row| format!("{}\n", row.join("\t"))).collect(),
        Stream::Terminal => {
            let head = ["NAME", "UPDATED", "VISIBILITY"].into_iter().take(if has_visibility { 3 } else { 2 });
            table(head.map(str::to_owned).collect(), rows)
        }
    }
}

//! `localspace registry explain`

use std::path::PathBuf;

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hub::{here, unknown_repository};
use crate::codespace::RepositoryName;
use crate::github::hub::{self, GHCR, NPM, PackageName, Repository};
use crate::github::packages::{Action, Explanation, Linked, Rule, Subject, decide};
use crate::github::{Purpose, Request};
use crate::permissions::{Access, Key, Level, Permissions, Repositories};

/// Say whether a codespace may pull an image of ghcr.io, or a package of npm.pkg.github.com, with nothing but its own token, by which rule, and
/// what to change where it may not
///
/// Example: localspace registry explain ghcr.io/acme/api:1 --hub hub.yaml --repository acme/app
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The image; or a package of npm's, npm.pkg.github.com/@OWNER/NAME
    #[arg(value_name = "IMAGE")]
    image: String,
    /// The simulated GitHub
    #[arg(long, value_name = "FILE")]
    hub: PathBuf,
    /// The codespace's repository; that of the working directory, where it is not given
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<RepositoryName>,
    /// The GitHub user whose codespace it is
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// A repository, or OWNER/*, whose packages the codespace was authorized to read (`customizations.codespaces.repositories`); may be given several
    /// times
    #[arg(long = "permission", value_name = "OWNER/NAME")]
    permissions: Vec<Repositories>,
    /// Ask about a push
    #[arg(long)]
    push: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let hub = hub::load(&args.hub)?;
    let name = PackageName::parse(&args.image).ok_or_else(|| not_a_package(&args.image))?;
    let asked = match &args.repository {
        Some(name) => name.clone(),
        None => here(context).await?,
    };
    let (repository, Repository { visibility, .. }) =
        hub.repository(&asked).ok_or_else(|| unknown_repository(&asked, &hub, &args.hub))?;
    let user = args.user.clone().unwrap_or_else(|| context.actor.clone());
    let action = if args.push { Action::Push } else { Action::Pull };
    let package = hub.packages.get_key_value(&name);
    let linked = Linked::of(package, &user, &args.granted(repository)?, &hub);
    let rule = decide(package, repository, *visibility, linked, action);
    let explanation = rule.explain(&Subject { name: &name, repository, visibility: *visibility }, &hub);
    let text = if args.json {
        let mut document = json!({
            "image": args.image,
            "repository": repository.to_string(),
            "user": user,
            "action": action.name(),
            "allowed": rule.allows(),
            "rule": rule.name(),
        });
        if let (Some(fix), Some(fields)) = (explanation.fix, document.as_object_mut()) {
            fields.insert("fix".to_owned(), fix.into());
        }
        format!("{document}\n")
    } else {
        told(args, &user, repository, (rule, action), &explanation)
    };
    context.ui.data(&text)?;
    Ok(0)
}

impl Args {
    /// Returns what the codespace was authorized to do; it is an error where nobody could have.
    fn granted(&self, repository: &RepositoryName) -> Result<Permissions, CliError> {
        let reads = Access::Each([(Key::Packages, Level::Read)].into());
        let asked = self.permissions.iter().map(|of| (of.clone(), reads.clone())).collect();
        let Request { permissions, never } = Request::of(&asked, repository, Purpose::Codespace);
        match never.into_iter().next() {
            Some(reason) => Err(CliError::new(Kind::Usage, format!("--permission: {reason}"), None)),
            None => Ok(permissions),
        }
    }
}

/// Returns the decision in words.
fn told(
    args: &Args,
    user: &str,
    repository: &RepositoryName,
    (rule, action): (Rule, Action),
    explanation: &Explanation,
) -> String {
    let may = if rule.allows() { "may" } else { "may not" };
    let (action, image, why) = (action.name(), &args.image, &explanation.why);
    let mut text =
        format!("{user}'s codespace of {repository} {may} {action} {image}\nrule: {}\nwhy: {why}\n", rule.name());
    if let Some(fix) = &explanation.fix {
        text += &format!("fix: {fix}\n");
    }
    text
}

fn not_a_package(image: &str) -> CliError {
    let message = format!("{image} is no package of {GHCR} or {NPM}: only those are pulled by rules of GitHub's");
    let hint = format!(
        "write {GHCR}/OWNER/NAME[:TAG] or {NPM}/@OWNER/NAME; another registry wants three secrets <ID>_CONTAINER_REGISTRY_…"
    );
    CliError::new(Kind::Usage, message, Some(hint))
}

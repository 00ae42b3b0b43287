//! `localspace hub publish`

use std::path::{Path, PathBuf};

use serde_json::json;

use super::up::package;
use super::{file, identity};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hold::hold;
use crate::cli::hub::{HubFile, unknown_repository};
use crate::codespace::RepositoryName;
use crate::github::hub::{GHCR, NPM, PackageKind, PackageName, PublishedBy};
use crate::hub_container::RunningHub;
use crate::hub_server::Publication;
use crate::hub_server::admin::AboutPackage;

/// Publish a local image, or a tarball of `npm pack`, to a hub, as a workflow of a repository or a person with a token would
///
/// Example: localspace hub publish my-api ghcr.io/acme/api:1 --as actions --repository acme/api
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The local image, or the tarball's path
    #[arg(value_name = "IMAGE|TARBALL")]
    image: String,
    /// The package: ghcr.io/OWNER/NAME[:TAG] of an image, npm.pkg.github.com/@OWNER/NAME of a tarball
    #[arg(value_name = "PACKAGE")]
    package: String,
    /// How: by GitHub Actions, which lets a new package inherit its repository's access, or with a personal access token, which does not
    #[arg(long = "as", value_name = "HOW", value_enum, default_value = "actions")]
    how: How,
    /// The repository that a new package is linked to
    #[arg(long, value_name = "OWNER/NAME", required_if_eq("how", "actions"))]
    repository: Option<RepositoryName>,
    /// The hub's file; hub.yaml, where it is not given
    #[arg(long, value_name = "FILE")]
    hub: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum How {
    Actions,
    Pat,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let (name, tag) = package(&args.package).ok_or_else(|| {
        let message = format!("{} is no package of {GHCR} or {NPM}", args.package);
        CliError::new(Kind::Usage, message, Some(format!("write {GHCR}/OWNER/NAME[:TAG] or {NPM}/@OWNER/NAME")))
    })?;
    let read = HubFile::load(&file(args.hub.as_ref()))?;
    let repository = match &args.repository {
        Some(wanted) => {
            let found = read.hub.repository(wanted).map(|(name, _)| name.clone());
            Some(found.ok_or_else(|| unknown_repository(wanted, &read.hub, &read.path))?)
        }
        None => None,
    };
    let id = identity(context, &read.path)?;
    let engine = context.engine()?;
    let _held = hold(context, "hub publish", id.name()).await?;
    let hub = RunningHub::find(&engine, &id).await?;
    let before = hub.place().await?.about.packages;
    let before = before.iter().find(|one| one.name == name.to_string());
    may(args.how, &name, repository.as_ref(), before)?;
    let published_by = if args.how == How::Actions { PublishedBy::Actions } else { PublishedBy::PersonalAccessToken };
    let repository = repository.map(|name| name.to_string());
    let publication = Publication { package: name.to_string(), published_by, repository };
    let (published, local) = match name.kind() {
        PackageKind::Container => {
            let published = hub.publish(&args.image, (&name, &tag), &publication).await?;
            (published.image, Some(published.local))
        }
        PackageKind::Npm => {
            let version = hub.publish_tarball(Path::new(&args.image), &publication).await?;
            (format!("{name}@{version}"), None)
        }
    };
    if before.is_some() {
        context.ui.say(&format!("{name} was there: its settings stay as they are\n"));
    }
    if args.json {
        let document = json!({ "image": published, "local": local, "isNewPackage": before.is_none() });
        context.ui.data(&format!("{document}\n"))?;
    } else {
        context.ui.say(&format!("{} is published as {published}\n", args.image));
    }
    Ok(0)
}

/// Refuses what GitHub would: a workflow writes packages of its own repository's owner, and of those that are there its own.
fn may(
    how: How,
    name: &PackageName,
    repository: Option<&RepositoryName>,
    before: Option<&AboutPackage>,
) -> Result<(), CliError> {
    let Some(repository) = repository else { return Ok(()) };
    let is_owners = repository.owner().eq_ignore_ascii_case(name.owner());
    let linked = before.map(|package| package.repository.clone().unwrap_or_default());
    let is_its_own = linked.is_none_or(|linked| linked == repository.to_string());
    if is_owners && (how == How::Pat || is_its_own) {
        return Ok(());
    }
    let message = format!("a workflow of {repository} may not write {name}: denied: permission_denied: write_package");
    let hint = "publish it from the repository that it is linked to, or with --as pat as somebody who may write it";
    Err(CliError::new(Kind::Registry, message, Some(hint.to_owned())))
}

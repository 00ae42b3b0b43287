//! `localspace hub up`

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{file, identity};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hold::hold;
use crate::cli::hub::HubFile;
use crate::cli::values;
use crate::github::hub::{GHCR, Hub, PackageKind, PackageName, ValueSource};
use crate::hub_container::{HubPlace, RunningHub, UpOrder, up};
use crate::hub_server::Publication;

/// Bring up the simulated GitHub of a file; one that is up takes over what has changed in it
///
/// Example: localspace hub up hub.yaml
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file; hub.yaml, where it is not given
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let mut read = HubFile::load(&file(args.file.as_ref()))?;
    resolve(&mut read.hub, &read.path, context).await?;
    let id = identity(context, &read.path)?;
    let engine = context.engine()?;
    let _held = hold(context, "hub up", id.name()).await?;
    let order = UpOrder { id: &id, hub: &read.hub, image: &context.hub_image };
    let ui = &mut context.ui;
    let hub = up(&engine, &order, |text| ui.say(&format!("{text}\n"))).await?;
    publish_all(&hub, &read.hub, context).await?;
    let place = hub.place().await?;
    if args.json {
        context.ui.data(&format!("{}\n", document(id.file(), "running", Some(&place))))?;
    } else {
        context.ui.say(&told(&place));
    }
    Ok(0)
}

/// Puts every value of a login in its place. Secrets are the codespaces' business.
async fn resolve(hub: &mut Hub, file: &Path, context: &Context) -> Result<(), CliError> {
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    hub.secrets.clear();
    let tokens = hub.users.iter_mut().flat_map(|(login, user)| {
        user.tokens.iter_mut().map(move |token| (format!("the token {} of {login}", token.name), &mut token.value))
    });
    let accounts = hub.registries.iter_mut().flat_map(|(server, accounts)| {
        let both = accounts.users.iter_mut().chain(accounts.access_keys.iter_mut().map(|key| &mut key.account));
        both.map(move |account| (format!("the password of {} at {server}", account.name), &mut account.secret))
    });
    for (what, source) in tokens.chain(accounts) {
        let value = values::of(source, &folder, &context.environment).await.map_err(|problem| {
            let message = format!("{}: {what} cannot be had: {problem}", file.display());
            let hint = "`hub up` reads each value anew: it is to be there for each one";
            CliError::new(Kind::Usage, message, Some(hint.to_owned()))
        })?;
        *source = ValueSource::Given(value);
    }
    Ok(())
}

/// Publishes the local images and tarballs that the file names.
async fn publish_all(hub: &RunningHub, model: &Hub, context: &mut Context) -> Result<(), CliError> {
    for (name, package) in &model.packages {
        let publication = Publication {
            package: name.to_string(),
            published_by: package.published_by,
            repository: package.repository.as_ref().map(ToString::to_string),
        };
        if let Some(image) = &package.image {
            let published = hub.publish(image, (name, &tag(image)), &publication).await?;
            context.ui.say(&format!("{image} is published as {}\n", published.image));
        }
        if let Some(file) = &package.tarball {
            let version = hub.publish_tarball(file, &publication).await?;
            context.ui.say(&format!("{} is published as {name}@{version}\n", file.display()));
        }
    }
    Ok(())
}

/// Returns the tag of an image's name; `latest` where it has none.
fn tag(image: &str) -> String {
    match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag.to_owned(),
        Some(_) | None => "latest".to_owned(),
    }
}

fn told(place: &HubPlace) -> String {
    let registries = place.about.registries.join(", ");
    let image = place.about.packages.iter().find(|one| one.name.starts_with(GHCR));
    let example = image.map_or_else(|| format!("{GHCR}/OWNER/NAME"), |one| one.name.clone());
    format!(
        "the hub is up: {registries}\n\
         on the network {} at {}\n\
         on this machine: docker pull localhost:{}/{example}\n",
        place.network, place.address, place.port
    )
}

/// Returns what a program is told of a hub.
pub(super) fn document(file: &str, state: &str, place: Option<&HubPlace>) -> serde_json::Value {
    let packages = place.map(|place| &place.about.packages);
    json!({
        "file": file,
        "state": state,
        "network": place.map(|place| &place.network),
        "address": place.map(|place| &place.address),
        "port": place.map(|place| place.port),
        "registries": place.map(|place| &place.about.registries),
        "caCertificate": place.map(|place| &place.about.ca_certificate),
        "packages": packages,
    })
}

/// Reads `ghcr.io/OWNER/NAME[:TAG]` or `npm.pkg.github.com/@OWNER/NAME`, whose version is in its tarball.
pub(super) fn package(text: &str) -> Option<(PackageName, String)> {
    let name = PackageName::parse(text)?;
    let is_whole = match name.kind() {
        PackageKind::Container => !text.contains('@'),
        PackageKind::Npm => text.eq_ignore_ascii_case(&name.to_string()),
    };
    is_whole.then(|| (name, tag(text)))
}

//! `localspace hub status`

use std::path::{Path, PathBuf};

use super::identity;
use super::up::document;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::codespace::label;
use crate::engine::ContainerState;
use crate::hub_container::{HubError, HubId, HubPlace, RunningHub, all};

/// Show the hubs that are up, and their packages
///
/// Example: localspace hub status --json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file of one; every hub, where it is not given
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let wanted = args.file.as_ref().map(|file| identity(context, file)).transpose()?;
    let mut found = Vec::new();
    for container in all(&engine, &context.home.id()).await? {
        let file = container.labels.get(label::HUB).map_or("", String::as_str);
        let id = HubId::new(Path::new(file), &context.home.id());
        if wanted.as_ref().is_some_and(|wanted| *wanted != id) {
            continue;
        }
        let place = match container.state {
            ContainerState::Running => Some(RunningHub::find(&engine, &id).await?.place().await?),
            ContainerState::Created | ContainerState::Exited | ContainerState::Leaving => None,
        };
        found.push((id, place));
    }
    if let Some(wanted) = wanted.filter(|_| found.is_empty()) {
        return Err(HubError::Down { file: wanted.file().to_owned() }.into());
    }
    if args.json {
        let all: Vec<_> =
            found.iter().map(|(id, place)| document(id.file(), word(place.as_ref()), place.as_ref())).collect();
        context.ui.data(&format!("{}\n", serde_json::Value::from(all)))?;
    } else if found.is_empty() {
        context.ui.say("no hub is up\n");
    } else {
        let text: String = found.iter().map(|(id, place)| lines(id, place.as_ref())).collect();
        context.ui.data(&text)?;
    }
    Ok(0)
}

const fn word(place: Option<&HubPlace>) -> &'static str {
    if place.is_some() { "running" } else { "stopped" }
}

fn lines(id: &HubId, place: Option<&HubPlace>) -> String {
    let mut text = format!("{}: {}\n", id.file(), word(place));
    let Some(place) = place else { return text };
    text += &format!("  network     {} at {}\n", place.network, place.address);
    text += &format!("  port        localhost:{}\n", place.port);
    text += &format!("  registries  {}\n", place.about.registries.join(", "));
    for package in &place.about.packages {
        let by = if package.published_by == crate::github::hub::PublishedBy::Actions { "actions" } else { "pat" };
        let linked = package.repository.as_ref().map_or(String::new(), |linked| format!(", of {linked}"));
        text += &format!("  package     {}: {}, by {by}{linked}\n", package.name, package.visibility);
    }
    text
}

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
        let state = match container.state {
            ContainerState::Running => match RunningHub::find(&engine, &id).await?.place().await {
                Ok(place) => State::Running(place),
                Err(HubError::Engine(error)) => return Err(error.into()),
                Err(error) => State::Unwell(error.to_string()),
            },
            ContainerState::Created | ContainerState::Exited | ContainerState::Leaving => State::Stopped,
        };
        found.push((id, state));
    }
    if let Some(wanted) = wanted.filter(|_| found.is_empty()) {
        return Err(HubError::Down { file: wanted.file().to_owned() }.into());
    }
    if args.json {
        let all: Vec<_> = found.iter().map(|(id, state)| document(id.file(), state.word(), state.place())).collect();
        context.ui.data(&format!("{}\n", serde_json::Value::from(all)))?;
    } else if found.is_empty() {
        context.ui.say("no hub is up\n");
    } else {
        let text: String = found.iter().map(|(id, state)| lines(id, state)).collect();
        context.ui.data(&text)?;
    }
    Ok(0)
}

/// How a hub is.
enum State {
    Running(HubPlace),
    /// Its container runs, and does not answer: why.
    Unwell(String),
    Stopped,
}

impl State {
    const fn word(&self) -> &'static str {
        match self {
            Self::Running(_) => "running",
            Self::Unwell(_) => "unwell",
            Self::Stopped => "stopped",
        }
    }

    const fn place(&self) -> Option<&HubPlace> {
        match self {
            Self::Running(place) => Some(place),
            Self::Unwell(_) | Self::Stopped => None,
        }
    }
}

fn lines(id: &HubId, state: &State) -> String {
    let mut text = format!("{}: {}\n", id.file(), state.word());
    if let State::Unwell(reason) = state {
        text += &format!("  {reason}\n");
    }
    let Some(place) = state.place() else { return text };
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

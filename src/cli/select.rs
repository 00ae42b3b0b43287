//! Which codespace a verb is about.

use std::time::Duration;

use super::context::Context;
use super::error::{CliError, Kind};
use crate::codespace::{CodespaceName, label};
use crate::engine::{ContainerId, ContainerState, ContainerSummary, Engine, LabelFilter};
use crate::github::Purpose;
use crate::journal::{newest_run, read};
use crate::phase::Phase;
use crate::report::Summary;

/// `-c NAME`
#[derive(Debug, clap::Args)]
pub(super) struct Selector {
    /// The codespace's name; may be left out where there is only one
    #[arg(short, long, value_name = "NAME")]
    pub(super) codespace: Option<CodespaceName>,
}

/// A codespace that the engine has.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: CodespaceName,
    pub(super) id: ContainerId,
    pub(super) container: ContainerSummary,
}

impl Found {
    fn of(container: ContainerSummary) -> Option<Self> {
        let name = container.labels.get(label::CODESPACE)?.parse().ok()?;
        Some(Self { name, id: container.id.clone(), container })
    }

    /// Returns a label's value, empty where there is none.
    pub(super) fn label(&self, name: &str) -> &str {
        self.container.labels.get(name).map_or("", String::as_str)
    }

    pub(super) fn purpose(&self) -> Purpose {
        if self.label(label::PURPOSE) == Purpose::Prebuild.name() { Purpose::Prebuild } else { Purpose::Codespace }
    }

    /// Returns the state in `gh codespace`'s words.
    pub(super) fn state(&self) -> &'static str {
        match self.container.state {
            ContainerState::Running => "Available",
            ContainerState::Exited => "Shutdown",
            ContainerState::Created => "Created",
            ContainerState::Leaving => "Deleted",
        }
    }
}

/// How long an engine may take to make a container whose order came from a process that has died since.
const MAKING: Duration = Duration::from_secs(2);

/// Returns every codespace of this home, newest first.
///
/// Containers that were ordered by a process that died right after are waited for: the engine makes them all the same, and what looks
/// for them a moment too early would leave them behind.
pub(super) async fn all(context: &Context, engine: &Engine) -> Result<Vec<Found>, CliError> {
    let found = list(context, engine).await?;
    let known = |name: &CodespaceName| found.iter().any(|one| one.name == *name);
    let unfinished: Vec<_> = context.home.codespaces().into_iter().filter(|name| !known(name)).collect();
    let mut awaited = false;
    for name in unfinished {
        awaited |= await_unfinished(context, engine, &name).await?;
    }
    if awaited { list(context, engine).await } else { Ok(found) }
}

async fn list(context: &Context, engine: &Engine) -> Result<Vec<Found>, CliError> {
    let filters = [LabelFilter::has(label::CODESPACE), LabelFilter::is(label::HOME, &context.home.id())];
    Ok(engine.containers(&filters).await?.into_iter().filter_map(Found::of).collect())
}

/// Waits for a container that a run ordered which has died since; returns whether there was anything to wait for.
async fn await_unfinished(context: &Context, engine: &Engine, name: &CodespaceName) -> Result<bool, CliError> {
    let Some(run) = newest(context, name) else { return Ok(false) };
    let Some(began) = run.began.filter(|_| run.running == Some(Phase::Create) && run.end.is_none()) else {
        return Ok(false);
    };
    if context.clock.now().as_second() - began.as_second() >= 60 {
        return Ok(false);
    }
    let filter = LabelFilter::is(label::CODESPACE, name.as_str());
    engine.await_created(&filter, began.as_second(), MAKING).await?;
    Ok(true)
}

/// Returns the codespace that is meant.
pub(super) async fn one(context: &Context, selector: &Selector, engine: &Engine) -> Result<Found, CliError> {
    let mut found = all(context, engine).await?;
    let names = found.iter().map(|one| one.name.to_string()).collect::<Vec<_>>().join(", ");
    if let Some(name) = &selector.codespace {
        found.retain(|one| one.name == *name);
        let hint =
            if names.is_empty() { "`localspace up` makes one".to_owned() } else { format!("there are: {names}") };
        return found
            .pop()
            .ok_or_else(|| CliError::new(Kind::Usage, format!("there is no codespace {name}"), Some(hint)));
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => {
            Err(CliError::new(Kind::Usage, "you have no codespaces", Some("`localspace up` makes one".to_owned())))
        }
        (Some(_), false) => Err(CliError::new(
            Kind::Usage,
            "there are several codespaces",
            Some(format!("choose one with -c: {names}")),
        )),
    }
}

/// Returns what the newest run of a codespace came to, as its journal tells; nothing where it has none.
pub(super) fn newest(context: &Context, name: &CodespaceName) -> Option<Summary> {
    let path = context.home.journal(name);
    let records = read(&path, newest_run(&path).ok()?).ok()?;
    Some(Summary::of(records.map_while(Result::ok)))
}

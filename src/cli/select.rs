//! Which codespace a verb is about.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::error::{CliError, Kind};
use crate::codespace::{CodespaceName, label};
use crate::devcontainer::Mount;
use crate::engine::{ContainerId, ContainerState, ContainerSummary, Engine, LabelFilter, VolumeSummary};
use crate::github::{Authorization, Branch, Purpose};
use crate::journal::{Event, Outcome, newest_run, read_outline};
use crate::phase::Phase;
use crate::report::{PhaseOutcome, Summary};
use crate::repository::top_of;
use crate::steps::{Bind, Workspaces, found_by};

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
    pub(super) state: State,
    /// When it was made, in seconds since 1970.
    pub(super) created: i64,
    id: Option<ContainerId>,
    labels: BTreeMap<String, String>,
    /// Containers that a rebuild has left which died before it put one of them in the place of this one.
    pub(super) unfinished: Vec<ContainerId>,
}

/// A service of a codespace's Compose project.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: String,
    /// Whether its container is the codespace's own.
    pub(super) is_own: bool,
    pub(super) runs: bool,
    /// What `docker ps` says of it.
    pub(super) status: String,
    pub(super) id: ContainerId,
}

/// What a codespace's container is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Stopped,
    /// A run died while it made the container.
    NeverStarted,
    /// The engine is removing it.
    Leaving,
    /// It was removed behind our back: what is left is the work in `/workspaces`.
    Gone,
}

impl Found {
    /// A codespace is one container, whatever services are beside it: only that one has the labels of the repository.
    fn of_container(container: ContainerSummary) -> Option<Self> {
        if !label::is_own(&container.labels) {
            return None;
        }
        let name = container.labels.get(label::CODESPACE)?.parse().ok()?;
        let state = match container.state {
            ContainerState::Running => State::Running,
            ContainerState::Exited => State::Stopped,
            ContainerState::Created => State::NeverStarted,
            ContainerState::Leaving => State::Leaving,
        };
        Some(Self {
            name,
            state,
            created: container.created,
            id: Some(container.id),
            labels: container.labels,
            unfinished: Vec::new(),
        })
    }

    /// The volume of `/workspaces` has the labels of its container.
    fn of_volume(volume: VolumeSummary) -> Option<Self> {
        let _is_workspaces = volume.labels.get(label::SOURCE)?;
        let name = volume.labels.get(label::CODESPACE)?.parse().ok()?;
        Some(Self {
            name,
            state: State::Gone,
            created: volume.created,
            id: None,
            labels: volume.labels,
            unfinished: Vec::new(),
        })
    }

    /// Returns a label's value, empty where there is none.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// Returns a label's value, where it has one.
    pub(super) fn labelled(&self, name: &str) -> Option<String> {
        Some(self.label(name).to_owned()).filter(|value| !value.is_empty())
    }

    /// Returns all of them.
    pub(super) const fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// Returns what of this machine is mounted into it; nothing where the repository was cloned.
    pub(super) fn bind(&self) -> Option<Bind> {
        let target = self.labels.get(label::BIND)?.clone();
        let folder = PathBuf::from(self.label(label::LOCAL_FOLDER));
        let mount = Mount { target: target.clone(), ..Bind::mount_of(top_of(&folder)) };
        // A container that is there has its user's number.
        Some(Bind { mount: Some(mount), folder, target, ids: None })
    }

    /// Tells whether its container is a recovery container.
    pub(super) fn is_in_recovery(&self) -> bool {
        !self.label(label::RECOVERY).is_empty()
    }

    pub(super) fn branch(&self) -> Branch {
        Branch::of_label(self.label(label::BRANCH))
    }

    /// Returns what came of asking for permissions when it was made.
    pub(super) fn authorization(&self) -> Authorization {
        Authorization::of_label(self.label(label::PERMISSIONS))
    }

    pub(super) fn purpose(&self) -> Purpose {
        if self.label(label::PURPOSE) == Purpose::Prebuild.name() { Purpose::Prebuild } else { Purpose::Codespace }
    }

    /// Returns the container's id in full; empty where it is gone.
    pub(super) fn container_id(&self) -> &str {
        self.id.as_ref().map_or("", ContainerId::as_str)
    }

    /// Returns the container, or says that it is gone and what can be done.
    pub(super) fn container(&self) -> Result<&ContainerId, CliError> {
        self.id.as_ref().ok_or_else(|| {
            let (name, source) = (&self.name, self.label(label::SOURCE));
            let message = format!("the container of {name} was removed by something else; its /workspaces is there");
            let hint = format!(
                "`localspace up {source} --name {name}` makes a new one around it, `localspace delete -c {name}` removes it"
            );
            CliError::new(Kind::Usage, message, Some(hint))
        })
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
    // A volume is there before its container.
    let known = |name: &CodespaceName| found.iter().any(|one| one.name == *name && one.state != State::Gone);
    let unfinished: Vec<_> = context.home.codespaces().into_iter().filter(|name| !known(name)).collect();
    let mut awaited = false;
    for name in unfinished {
        awaited |= await_unfinished(context, engine, &name).await?;
    }
    if awaited { list(context, engine).await } else { Ok(found) }
}

async fn list(context: &Context, engine: &Engine) -> Result<Vec<Found>, CliError> {
    let filters = [LabelFilter::has(label::CODESPACE), LabelFilter::is(label::HOME, &context.home.id())];
    let (containers, volumes) = tokio::try_join!(engine.containers(&filters), engine.volumes(&filters))?;
    let mut found = one_each(containers.into_iter().filter_map(Found::of_container).collect());
    let mut bare: Vec<Found> = volumes.into_iter().filter_map(Found::of_volume).collect();
    bare.retain(|one| !found.iter().any(|other| other.name == one.name));
    bare.sort_by_key(|one| std::cmp::Reverse(one.created));
    found.append(&mut bare);
    Ok(found)
}

/// Makes one of each codespace: what never ran is left over where there is a container that did.
fn one_each(containers: Vec<Found>) -> Vec<Found> {
    let (unfinished, mut found): (Vec<_>, Vec<_>) =
        containers.into_iter().partition(|one| one.state == State::NeverStarted);
    for one in unfinished {
        match found.iter_mut().find(|other| other.name == one.name) {
            Some(other) => other.unfinished.extend(one.id),
            None => found.push(one),
        }
    }
    found
}

/// Waits for a container that a run ordered which has died since; returns whether there was anything to wait for. A codespace that is rebuilt has
/// another one meanwhile, so whoever changes something of it waits for this first.
pub(super) async fn await_unfinished(
    context: &Context,
    engine: &Engine,
    name: &CodespaceName,
) -> Result<bool, CliError> {
    let Some(run) = newest(context, name) else { return Ok(false) };
    // What a run did last may not have come into its journal.
    let may_have_ordered = run.end.is_none() && matches!(run.running, None | Some(Phase::Create));
    let Some(began) = run.began.filter(|_| may_have_ordered) else { return Ok(false) };
    if context.clock.now().as_second() - began.as_second() >= 60 {
        return Ok(false);
    }
    let filter = LabelFilter::is(label::CODESPACE, name.as_str());
    engine.await_created(&filter, began.as_second(), MAKING).await?;
    Ok(true)
}

/// Returns the containers of a codespace's Compose project, by the names of their services; none where it is not made of one.
pub(super) async fn services(context: &Context, engine: &Engine, found: &Found) -> Result<Vec<Service>, CliError> {
    if found.label(label::SERVICE).is_empty() {
        return Ok(Vec::new());
    }
    let [name, home] = found_by(&found.name, &context.home.id());
    let filters = [name, home, LabelFilter::has(label::SERVICE)];
    let of = |container: ContainerSummary| {
        let name = container.labels.get(label::SERVICE)?.clone();
        let is_own = label::is_own(&container.labels);
        let runs = container.state == ContainerState::Running;
        Some(Service { name, is_own, runs, status: container.status, id: container.id })
    };
    let mut all: Vec<Service> = engine.containers(&filters).await?.into_iter().filter_map(of).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
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

/// Tells what is in a codespace's volume: work, where any run has made its container whole. One without a journal may have been.
pub(super) fn workspaces(context: &Context, name: &CodespaceName) -> Workspaces {
    let whole = |event: &Event| matches!(event, Event::PhaseFinished(ended) if ended.phase == Phase::Create && ended.outcome == Outcome::Succeeded);
    let Ok(records) = read_outline(&context.home.journal(name), 0) else { return Workspaces::Kept };
    let ever_whole = records.map_while(Result::ok).any(|record| whole(&record.event));
    if ever_whole { Workspaces::Kept } else { Workspaces::Empty }
}

/// Returns what the newest run of a codespace came to, as its journal tells, without what its commands wrote; nothing where it has no journal.
pub(super) fn newest(context: &Context, name: &CodespaceName) -> Option<Summary> {
    let path = context.home.journal(name);
    let records = read_outline(&path, newest_run(&path).ok()?).ok()?;
    Some(Summary::of(records.map_while(Result::ok)))
}

/// Tells whether a codespace could be used before its newest run.
pub(super) fn was_ready(context: &Context, name: &CodespaceName) -> bool {
    let Ok(records) = read_outline(&context.home.journal(name), 0) else { return true };
    let (mut run, mut before) = (Summary::default(), None);
    for record in records.map_while(Result::ok) {
        let made = run.phases.iter().any(|one| one.phase == Phase::Create && one.outcome == PhaseOutcome::Succeeded);
        // A run that made no container and started none left everything as it was.
        if matches!(record.event, Event::RunStarted(_)) && made {
            before = Some(run.ready.is_some());
        }
        run.add(&record);
    }
    before.unwrap_or(true)
}

//! A container that is there: started, and what is known of it gathered.

use super::parts::{find_user, gone, unusable};
use super::uid;
use crate::codespace::label;
use crate::devcontainer::{MergedConfiguration, read_label};
use crate::engine::ContainerDetails;
use crate::lifecycle::StepFailure;
use crate::phase::Phase;
use crate::plan::{Marks, Occasion};
use crate::steps::runner::EngineRunner;
use crate::steps::running::Found;
use crate::steps::{compose, marks};

use super::parts::SMALL_FILE;

/// Starts a container that is there; its hooks are those it was made with (its metadata label).
pub(super) async fn wake(runner: &mut EngineRunner) -> Result<Found, StepFailure> {
    let id = runner.order.container.clone().ok_or_else(gone)?;
    let (waits, service) = (uid::waits(runner, &id).await?, runner.order.service.clone());
    match (runner.order.occasion == Occasion::Start, &service) {
        // The others may wait for it.
        (true, Some(own)) if waits => compose::start_own(runner, own).await?,
        (true, Some(_)) => compose::start(runner).await?,
        (true, None) => runner.engine.start(&id).await?,
        // A run that died may have left it without the others.
        (false, Some(_)) if runner.order.died_in == Some(Phase::Create) && !waits => compose::start(runner).await?,
        (false, Some(_)) if !waits => compose::look(runner).await?,
        (false, _) => {}
    }
    let details = runner.engine.inspect(&id).await?.ok_or_else(gone)?;
    let metadata = details.labels.get(label::METADATA).cloned().unwrap_or_default();
    let (entries, problem) = read_label(&metadata, &runner.order.name.to_string());
    if let Some(problem) = problem {
        runner.warn(Phase::Create, problem, None).await;
    }
    let merged = MergedConfiguration::of(&entries, &runner.variables()).map_err(|problem| unusable(&problem))?;
    let user = find_user(runner, &id, &merged, &details.user).await?;
    uid::finish(runner, &details, &user).await?;
    if waits && service.is_some() {
        compose::start(runner).await?;
    }
    let marks = read_marks(runner, &details).await?;
    Ok(Found { details, merged, user, marks })
}

/// Returns what has succeeded in a container.
pub(in crate::steps) async fn read_marks(
    runner: &EngineRunner,
    details: &ContainerDetails,
) -> Result<Marks, StepFailure> {
    let tar = runner.engine.read_folder(&details.id, marks::FOLDER, SMALL_FILE).await?;
    let started_at = details.started_at.as_deref().unwrap_or_default();
    Ok(tar.map_or_else(Marks::default, |tar| marks::read(&tar, started_at)))
}

//! What makes way for a new container: the one that is there, and in a full rebuild every volume but that of `/workspaces`.

use crate::codespace::label;
use crate::engine::{ContainerId, LabelFilter};
use crate::lifecycle::StepFailure;
use crate::steps::choices::Cache;
use crate::steps::container::workspaces_volume;
use crate::steps::processes::STOP_GRACE;
use crate::steps::runner::EngineRunner;

/// Returns what everything of the codespace is found by.
fn filter(runner: &EngineRunner) -> [LabelFilter; 2] {
    let order = &runner.order;
    [LabelFilter::is(label::CODESPACE, order.name.as_str()), LabelFilter::is(label::HOME, &order.home)]
}

/// Removes what a run that died while it made a container has left of it.
pub(super) async fn clear(runner: &EngineRunner) -> Result<(), StepFailure> {
    for container in runner.engine.containers(&filter(runner)).await? {
        if Some(&container.id) != runner.order.container.as_ref() {
            runner.engine.remove(&container.id).await?;
        }
    }
    Ok(())
}

/// Removes the container that is there. It is stopped first, as it may hold files open in volumes that stay.
pub(in crate::steps) async fn make(runner: &mut EngineRunner) -> Result<(), StepFailure> {
    if let Some(old) = runner.order.container.clone() {
        remove(runner, &old).await?;
        runner.order.container = None;
    }
    if runner.order.cache == Cache::Used {
        return Ok(());
    }
    let kept = workspaces_volume(&runner.order.name);
    for volume in runner.engine.volumes(&filter(runner)).await? {
        if volume.name != kept {
            runner.engine.remove_volume(&volume.name).await?;
        }
    }
    Ok(())
}

async fn remove(runner: &EngineRunner, old: &ContainerId) -> Result<(), StepFailure> {
    runner.engine.unpause(old).await?;
    runner.engine.stop(old, STOP_GRACE).await?;
    Ok(runner.engine.remove(old).await?)
}

//! A container that is not there yet: made, filled and started.

use super::{find_user, gone, unfit, unusable};
use crate::devcontainer::MergedConfiguration;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::plan::Marks;
use crate::steps::container::spec;
use crate::steps::order::Workspaces;
use crate::steps::runner::EngineRunner;
use crate::steps::running::Found;
use crate::steps::{env_file, workspace};

/// Makes the container, puts the repository into it, and starts it.
pub(super) async fn make(runner: &mut EngineRunner) -> Result<Found, StepFailure> {
    let (Some(config), Some(checkout)) = (&runner.order.config, &runner.order.checkout) else {
        return Err(StepFailure::new(FailureKind::Engine, "there is nothing to make a container from".to_owned()));
    };
    let mut entries = runner.image.entries.clone();
    entries.push(config.entry.clone());
    let merged = MergedConfiguration::of(&entries, &runner.variables()).map_err(|problem| unusable(&problem))?;
    let metadata: serde_json::Value = entries.into_iter().map(|entry| entry.properties).collect();
    let metadata = metadata.to_string();
    let (mut spec, warnings) = spec(&runner.order, &runner.image.details, &merged, metadata);
    for message in warnings {
        runner.warn(Phase::Create, message, None).await;
    }
    let clone = checkout.path().to_owned();
    spec.env.splice(0..0, env_file::read(&runner.order, config, &clone)?);
    // `runArgs` may have named another one.
    let first_user = spec.user.clone().unwrap_or_else(|| runner.image.details.user.clone());
    let id = runner.engine.create(spec).await?;
    runner.order.container = Some(id.clone());
    let user = find_user(runner, &id, &merged, &first_user).await?;
    let filling = async {
        let left_out = match runner.order.workspaces {
            Workspaces::Empty => {
                let name = runner.order.repository.name();
                workspace::fill(&runner.engine, &id, &clone, name, &user).await?
            }
            Workspaces::Kept => None,
        };
        runner.engine.upload(&id, "/", workspace::marks_folder(&user)).await?;
        Ok::<_, StepFailure>(left_out)
    };
    // A container that was never started is undone, so a large repository's way into it may be cut short.
    let left_out = runner.cancel.run_until_cancelled(filling).await.transpose()?.flatten();
    runner.uninterrupted()?;
    if let Some(message) = left_out {
        runner.warn(Phase::Create, message, None).await;
    }
    // Nothing reads the clone any more.
    let checkout = runner.order.checkout.take();
    let removing = async {
        if let Some(checkout) = checkout {
            checkout.remove().await;
        }
    };
    let (started, ()) = tokio::join!(runner.engine.start(&id), removing);
    if let Err(error) = started {
        return Err(unfit::image(config, &error).unwrap_or_else(|| error.into()));
    }
    let details = runner.engine.inspect(&id).await?.ok_or_else(gone)?;
    Ok(Found { details, merged, user, marks: Marks::default() })
}

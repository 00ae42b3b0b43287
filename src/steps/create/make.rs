//! A container that is not there yet: made, filled and started. In a rebuild it takes the place of another one.

use super::parts::{find_user, first_user, gone, lockfile, wanted};
use super::wake::read_marks;
use super::{owner, uid, unfit, way};
use crate::devcontainer::MergedConfiguration;
use crate::engine::{ContainerDetails, ContainerId, ContainerSpec, ContainerState};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::plan::{Marks, Occasion};
use crate::steps::choices::{Cache, Workspaces};
use crate::steps::container::WORKSPACES;
use crate::steps::image::made::Image;
use crate::steps::remote_user::RemoteUser;
use crate::steps::runner::EngineRunner;
use crate::steps::running::Found;
use crate::steps::workspace;
use crate::steps::{compose, hub, snapshot};

/// Makes the container, puts the repository into it, and starts it.
pub(super) async fn make(runner: &mut EngineRunner) -> Result<Found, StepFailure> {
    let Some(config) = runner.order.config.clone() else {
        return Err(StepFailure::new(FailureKind::Engine, "there is nothing to make a container from".to_owned()));
    };
    if let Some(prebuilt) = runner.order.prebuilt.clone() {
        let (details, entries) = prebuilt.image();
        let stack = compose::of_prebuild(runner, &config, &prebuilt).await?;
        runner.image = Image { details, entries, stack, lock: None };
    }
    if let Some(stack) = runner.image.stack.take() {
        return compose::make(runner, stack).await;
    }
    let (mut spec, merged) = wanted(runner, &config).await?;
    snapshot::mount(&runner.order, &mut spec);
    snapshot::restore(runner, &spec).await?;
    // `runArgs` may have named another one.
    let first_user = first_user(runner, &spec);
    if runner.order.occasion == Occasion::Rebuild {
        way::clear(runner).await?;
    }
    if runner.order.cache == Cache::Ignored {
        // A volume that a container has cannot be removed.
        way::make(runner).await?;
    }
    let (id, user) = if runner.order.container.is_some() {
        in_place_of_another(runner, spec, &merged, &first_user).await?
    } else {
        let id = runner.engine.create(spec).await?;
        runner.order.container = Some(id.clone());
        (id.clone(), fill(runner, &id, &merged, &first_user).await?)
    };
    hub::enter(runner, &id).await?;
    // Nothing reads the clone any more.
    let checkout = runner.order.checkout.take();
    let removing = async {
        if let Some(checkout) = checkout {
            checkout.remove().await;
        }
    };
    let (started, ()) = tokio::join!(runner.engine.start(&id), removing);
    if let Err(error) = started {
        return Err(unfit::image(&config, &error).unwrap_or_else(|| error.into()));
    }
    let details = runner.engine.inspect(&id).await?.ok_or_else(gone)?;
    if details.state == ContainerState::Running {
        uid::finish(runner, &details, &user).await?;
        // A working tree of this machine's is its owner's.
        if runner.order.workspaces == Workspaces::Kept && runner.order.bind.is_none() {
            owner::hand_over(runner, &id, &user, &details.binds).await?;
        }
    }
    let marks = marks_of_new(runner, &details).await?;
    Ok(Found { details, merged, user, marks })
}

/// Returns what has succeeded in a container that was just made: something in one that is made of a prebuild.
pub(in crate::steps) async fn marks_of_new(
    runner: &EngineRunner,
    details: &ContainerDetails,
) -> Result<Marks, StepFailure> {
    if runner.order.prebuilt.is_some() { read_marks(runner, details).await } else { Ok(Marks::default()) }
}

/// Makes a container that takes another's place. It is called otherwise until it is whole: what is wrong with it, as a user that it does not
/// have, leaves the other one as it was.
async fn in_place_of_another(
    runner: &mut EngineRunner,
    spec: ContainerSpec,
    merged: &MergedConfiguration,
    first_user: &str,
) -> Result<(ContainerId, RemoteUser), StepFailure> {
    let name = format!("{}.next", spec.name);
    let id = runner.engine.create(ContainerSpec { name, ..spec }).await?;
    let filled = fill(runner, &id, merged, first_user).await;
    if filled.is_err() {
        runner.engine.remove(&id).await?;
    }
    let user = filled?;
    way::make(runner).await?;
    runner.engine.rename(&id, runner.order.name.as_str()).await?;
    runner.order.container = Some(id.clone());
    Ok((id, user))
}

/// Puts into a container what it has to have before it starts; returns its remote user.
async fn fill(
    runner: &EngineRunner,
    id: &ContainerId,
    merged: &MergedConfiguration,
    first_user: &str,
) -> Result<RemoteUser, StepFailure> {
    let user = find_user(runner, id, merged, first_user).await?;
    let order = &runner.order;
    let clone = match (order.workspaces, &order.checkout) {
        (Workspaces::Empty, Some(checkout)) => Some((checkout.path(), order.repository.name())),
        (Workspaces::Empty | Workspaces::Kept, _) => None,
    };
    let filling = async {
        let user = uid::update(runner, id, user, merged, first_user).await?;
        let mut small = workspace::of_container(&runner.engine, id, &user).await?;
        if order.repository_folder() != WORKSPACES {
            small.extend(workspace::of_volume(order, &user));
        }
        small.extend(lockfile(runner, &user));
        let left_out = workspace::fill(&runner.engine, id, small, clone, &user).await?;
        Ok::<_, StepFailure>((left_out, user))
    };
    // A container that was never started is undone, so a large repository's way into it may be cut short.
    let filled = runner.cancel.run_until_cancelled(filling).await.transpose()?;
    runner.uninterrupted()?;
    let Some((left_out, user)) = filled else { return Err(gone()) };
    if let Some(message) = left_out {
        runner.warn(Phase::Create, message, None).await;
    }
    Ok(user)
}

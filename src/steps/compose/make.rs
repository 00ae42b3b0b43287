//! A project that is not there yet: `/workspaces` filled, the containers made, and started.

use std::collections::BTreeSet;

use super::binds::{Lies, Repository};
use super::dev_service::Dressed;
use super::follow::{Call, follow};
use super::making::Ground;
use super::project::{Made, project};
use super::stack::Stack;
use super::subnets::taken;
use super::{restored, services, start};
use crate::codespace::label;
use crate::compose::Ends;
use crate::devcontainer::{DevContainer, MergedConfiguration};
use crate::engine::{ContainerId, ContainerSpec, ContainerState, EngineError, LabelFilter, MountSpec};
use crate::home::write_whole;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::plan::Occasion;
use crate::steps::choices::{Cache, Workspaces};
use crate::steps::container::workspaces_volume;
use crate::steps::create::make::marks_of_new;
use crate::steps::create::owner::hand_over;
use crate::steps::create::parts::{find_user, first_user, gone, lockfile, wanted};
use crate::steps::create::{uid, unfit, way};
use crate::steps::pack::Tar;
use crate::steps::remote_user::RemoteUser;
use crate::steps::runner::EngineRunner;
use crate::steps::running::Found;
use crate::steps::{snapshot, workspace};

/// The first version of the engine's API that mounts a part of a volume.
const PARTS_SINCE: (u32, u32) = (1, 45);

/// Makes the project, puts the repository into its `/workspaces`, and starts it. In a rebuild the other services stay as they are, unless
/// their part of the files has changed.
pub(in crate::steps) async fn make(runner: &mut EngineRunner, stack: Stack) -> Result<Found, StepFailure> {
    let Some(config) = runner.order.config.clone() else { return Err(gone()) };
    let (mut spec, merged) = wanted(runner, &config).await?;
    snapshot::mount(&runner.order, &mut spec);
    let networks = runner.engine.all_networks().await?;
    let taken = taken(&stack.model, &runner.order.name, &networks);
    let made = of_codespace(runner, &config, &stack, &merged, (&spec, &taken))?;
    for message in &made.warnings {
        runner.warn(Phase::Create, message.clone(), None).await;
    }
    possible(runner, &config, &made).await?;
    snapshot::restore(runner, &spec).await?;
    if runner.order.occasion == Occasion::Rebuild {
        services::clear(runner).await?;
    }
    let user = fill(runner, &merged, &spec, &stack, &made).await?;
    for (path, text) in &made.profiles {
        write_whole(path, text.as_bytes())?;
    }
    write_whole(&runner.order.compose_file(), made.file.to_string().as_bytes())?;
    let others: Vec<&str> = stack.others().collect();
    match runner.order.cache {
        // A volume that a container has cannot be removed.
        Cache::Ignored => services::remove(runner).await?,
        // What is wrong with the others, or with what they need, leaves the container that is there as it was.
        Cache::Used if runner.order.container.is_some() && !others.is_empty() => create(runner, &others).await?,
        Cache::Used => {}
    }
    way::make(runner).await?;
    create(runner, &["--remove-orphans"]).await?;
    let id = container(runner).await?;
    runner.order.container = Some(id.clone());
    let user = uid::update(runner, &id, user, &merged, &first_user(runner, &spec)).await?;
    let mut small = workspace::of_container(&runner.engine, &id, &user).await?;
    if runner.order.bind.is_some() && made.has_workspaces {
        small.extend(workspace::of_volume(&runner.order, &user));
    }
    runner.engine.upload(&id, "/", Tar::of_small(small).stream().0).await?;
    runner.uninterrupted()?;
    if uid::waits(runner, &id).await? {
        // The others may wait for it, and it waits for us.
        up(runner, &config, &stack, Some(&stack.service)).await?;
        let details = runner.engine.inspect(&id).await?.ok_or_else(gone)?;
        if details.state == ContainerState::Running {
            uid::finish(runner, &details, &user).await?;
        }
    }
    up(runner, &config, &stack, None).await?;
    services::look(runner).await?;
    let details = runner.engine.inspect(&id).await?.ok_or_else(gone)?;
    let is_running = details.state == ContainerState::Running;
    // A working tree of this machine's is its owner's.
    if runner.order.workspaces == Workspaces::Kept && runner.order.bind.is_none() && is_running {
        hand_over(runner, &id, &user, &details.binds).await?;
    }
    let marks = marks_of_new(runner, &details).await?;
    Ok(Found { details, merged, user, marks })
}

/// Starts a service with what it depends on, or all of them.
async fn up(
    runner: &EngineRunner,
    config: &DevContainer,
    stack: &Stack,
    service: Option<&str>,
) -> Result<(), StepFailure> {
    let ended = start::up(runner, service).await?;
    if ended.success {
        return Ok(());
    }
    let (operation, subject) = ("start", stack.service.clone());
    let said = EngineError::Refused { operation, subject, message: ended.tail.clone(), status: 0 };
    Err(match unfit::image(config, &said) {
        Some(failure) => failure,
        None => start::failure(runner, &ended).await,
    })
}

/// Makes the containers of the services that are named, or of all.
async fn create(runner: &EngineRunner, more: &[&str]) -> Result<(), StepFailure> {
    let words = [&["create", "--no-build", "--pull", "never"], more].concat();
    let ended = follow(runner, Call::create(&words, Ends::ByItself)).await?;
    if !ended.success {
        let reason = format!("docker compose could not make the containers: {}", ended.reason());
        let hint = "a service's bind of the repository takes docker compose 2.26".to_owned();
        let hint = ended.reason().contains("subpath").then_some(hint);
        return Err(StepFailure { hint, ..StepFailure::new(FailureKind::Engine, reason) });
    }
    runner.uninterrupted()
}

fn of_codespace(
    runner: &EngineRunner,
    config: &DevContainer,
    stack: &Stack,
    merged: &MergedConfiguration,
    (spec, taken): (&ContainerSpec, &BTreeSet<String>),
) -> Result<Made, StepFailure> {
    let order = &runner.order;
    let labels = order.own_labels();
    let ground = Ground {
        name: &order.name,
        labels: &labels,
        repository: match order.bind {
            Some(_) => Repository { root: &stack.root, name: order.folder_name(), lies: Lies::Here },
            None => Repository { root: &stack.root, name: order.repository.name(), lies: Lies::InVolume },
        },
        images: &stack.images,
        workspaces: &workspaces_volume(&order.name),
        folder: &order.compose_folder(),
        taken,
    };
    // It waits for its user's home directory.
    let waits = merged.update_remote_user_uid && order.bind.as_ref().is_some_and(|bind| bind.ids.is_some());
    let wraps = merged.override_command == Some(true) || !merged.entrypoints.is_empty() || waits;
    let dressed = Dressed { spec, wraps };
    let mut made = project(&stack.model, &ground, (&stack.service, &dressed))
        .map_err(|problem| StepFailure::from(config.error(config.source.span().clone(), problem, None)))?;
    if let Some(prebuilt) = &order.prebuilt {
        restored::take(&mut made.file, &order.name, &prebuilt.kept.record.volumes);
    }
    Ok(made)
}

/// Fails where the engine cannot do it, before anything is made.
async fn possible(runner: &EngineRunner, config: &DevContainer, made: &Made) -> Result<(), StepFailure> {
    if made.has_parts {
        let version = runner.engine.version().await?;
        let mut numbers = version.api.split('.').map(|number| number.parse().unwrap_or(0));
        if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < PARTS_SINCE {
            let reason =
                format!("the engine is {}: a service's bind of the repository takes Engine 26", version.version);
            let hint =
                "use a newer engine, or leave the bind out: /workspaces has the repository in any case".to_owned();
            return Err(StepFailure { hint: Some(hint), ..StepFailure::new(FailureKind::Engine, reason) });
        }
    }
    if !made.external.is_empty() {
        let all = runner.engine.volumes(&[LabelFilter::has(label::CODESPACE)]).await?;
        if let Some(other) = all.iter().find(|volume| made.external.contains(&volume.name)) {
            let problem = format!("the external volume {} is another codespace's", other.name);
            return Err(config.error(config.source.span().clone(), problem, None).into());
        }
    }
    Ok(())
}

/// Fills the volume of `/workspaces` through a container that is never started: a service may mount a part of it, which has to be there
/// before its own container is made. It looks like a container of the codespace that never came to be, so what dies here is undone. Of
/// a working tree that is mounted itself nothing is put there: the user is looked up, and the volume made.
async fn fill(
    runner: &mut EngineRunner,
    merged: &MergedConfiguration,
    spec: &ContainerSpec,
    stack: &Stack,
    made: &Made,
) -> Result<RemoteUser, StepFailure> {
    let workspaces = workspaces_volume(&runner.order.name);
    let is_ours = |mount: &&MountSpec| made.has_workspaces && mount.source.as_deref() == Some(&workspaces);
    let filler = ContainerSpec {
        name: format!("{}_filling", spec.name),
        image: spec.image.clone(),
        labels: spec.labels.clone(),
        entrypoint: vec!["/bin/sh".to_owned()],
        mounts: spec.mounts.iter().filter(is_ours).cloned().collect(),
        ..ContainerSpec::default()
    };
    let id = runner.engine.create(filler).await?;
    let filled = fill_through(runner, &id, merged, (spec, stack, made)).await;
    runner.engine.remove(&id).await?;
    let user = filled?;
    if let Some(checkout) = runner.order.checkout.take() {
        checkout.remove().await;
    }
    Ok(user)
}

async fn fill_through(
    runner: &EngineRunner,
    id: &ContainerId,
    merged: &MergedConfiguration,
    (spec, stack, made): (&ContainerSpec, &Stack, &Made),
) -> Result<RemoteUser, StepFailure> {
    let user = find_user(runner, id, merged, &first_user(runner, spec)).await?;
    if runner.order.bind.is_some() {
        return Ok(user);
    }
    let filling = async {
        let order = &runner.order;
        let clone = match order.workspaces {
            Workspaces::Empty => Some((stack.root.as_path(), order.repository.name())),
            Workspaces::Kept => None,
        };
        let mut small = workspace::of_volume(order, &user);
        small.extend(lockfile(runner, &user));
        let left_out = workspace::fill(&runner.engine, id, small, clone, &user).await?;
        for folder in &made.folders {
            if !runner.engine.has(id, &format!("/workspaces/{folder}")).await? {
                let folder = workspace::empty_folder(&format!("workspaces/{folder}"));
                runner.engine.upload(id, "/", Tar::of_small(vec![folder]).stream().0).await?;
            }
        }
        Ok::<_, StepFailure>(left_out)
    };
    let left_out = runner.cancel.run_until_cancelled(filling).await.transpose()?.flatten();
    runner.uninterrupted()?;
    if let Some(message) = left_out {
        runner.warn(Phase::Create, message, None).await;
    }
    Ok(user)
}

/// Returns the container of the codespace's service.
async fn container(runner: &EngineRunner) -> Result<ContainerId, StepFailure> {
    let found = runner.engine.containers(&services::filters(runner)).await?;
    let own = found.into_iter().find(|one| label::is_own(&one.labels));
    own.map(|own| own.id).ok_or_else(gone)
}

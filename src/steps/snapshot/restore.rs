//! A prebuild put into a codespace that is to be made: its volumes, before any container has them.

use std::path::PathBuf;

use super::SnapshotError;
use super::copying::Copying;
use super::keep::KeptPrebuild;
use crate::devcontainer::{Entry, read_label};
use crate::engine::{ContainerSpec, ImageDetails, MountDetails, MountKind, MountSpec};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::prebuild::{KeptVolume, Place, Record};
use crate::repository::RepositoryError;
use crate::steps::container::workspaces_volume;
use crate::steps::disk::look_image;
use crate::steps::order::Order;
use crate::steps::runner::EngineRunner;

/// The largest index of git's that is taken over, in bytes.
const LARGEST_INDEX: usize = 128 * 1024 * 1024;

/// A prebuild that a codespace is made of, and how far the codespace is ahead of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Prebuilt {
    /// The prebuild.
    pub kept: KeptPrebuild,
    /// The commits that it has not seen, the newest first: hash and subject.
    pub commits: Vec<String>,
}

impl Prebuilt {
    /// Returns what a container is made from: the prebuild's own image, as the one that its container was made from.
    pub(in crate::steps) fn image(&self) -> (ImageDetails, Vec<Entry>) {
        let image = &self.kept.record.image;
        let details = ImageDetails {
            id: self.kept.image.clone(),
            user: image.user.clone(),
            env: image.env.clone(),
            entrypoint: image.entrypoint.clone(),
            command: image.command.clone(),
            ..ImageDetails::default()
        };
        (details, read_label(&image.metadata, self.kept.name.as_str()).0)
    }
}

/// Adds to the mounts of the codespace's own container those that nobody has named, as the image has them.
pub(in crate::steps) fn mount(order: &Order, spec: &mut ContainerSpec) {
    for volume in order.prebuilt.iter().flat_map(|one| &one.kept.record.volumes) {
        let Place::Anonymous { service, target } = &volume.place else { continue };
        let is_own = service.is_none() || *service == order.own_service();
        if is_own && !spec.mounts.iter().any(|other| other.target == *target) {
            let source = volume.place.volume_of(order.name.as_str());
            spec.mounts.push(MountSpec { target: target.clone(), ..of_codespace(order, source) });
        }
    }
}

/// Fills the codespace's volumes from a prebuild's, and leaves of the clone what they lack.
pub(in crate::steps) async fn restore(runner: &mut EngineRunner, spec: &ContainerSpec) -> Result<(), StepFailure> {
    let Some(Prebuilt { kept, .. }) = runner.order.prebuilt.clone() else { return Ok(()) };
    let removed = advance(runner, &kept.record).await?;
    let order = &runner.order;
    let pairs: Vec<_> = kept
        .record
        .volumes
        .iter()
        .map(|volume| {
            let own = volume.place.volume_of(order.name.as_str());
            let named = spec.mounts.iter().find(|mount| mount.source.as_deref() == Some(own.as_str())).cloned();
            (volume.volume.clone(), named.unwrap_or_else(|| of_codespace(order, own)))
        })
        .collect();
    let workspaces = workspaces_volume(&order.name);
    let at = pairs.iter().position(|(_, to)| to.source.as_deref() == Some(workspaces.as_str()));
    let folder = order.repository.name().to_owned();
    let removed = at.filter(|_| !removed.is_empty()).map(|at| (at, folder, removed.as_slice()));
    let copying = Copying { name: order.name.to_string(), labels: order.own_labels(), pairs, removed };
    let copied = runner.cancel.run_until_cancelled(Box::pin(copying.run(&runner.engine))).await;
    runner.uninterrupted()?;
    match copied {
        Some(Ok(_)) => Ok(()),
        Some(Err(SnapshotError::Engine(error))) => Err(error.into()),
        Some(Err(error)) => {
            let name = &kept.name;
            let hint = format!(
                "`--prebuild never` makes the codespace without it, `localspace prebuild delete {name}` removes it"
            );
            let reason = format!("the prebuild {name} cannot be used: {error}");
            Err(StepFailure { hint: Some(hint), ..StepFailure::new(FailureKind::Engine, reason) })
        }
        None => Err(StepFailure::new(FailureKind::Interrupted, "it was interrupted".to_owned())),
    }
}

/// Leaves of the clone what the prebuild's files lack; returns what they have too much.
async fn advance(runner: &mut EngineRunner, record: &Record) -> Result<Vec<PathBuf>, StepFailure> {
    let failed = |error: RepositoryError| {
        let reason = format!("the newest commit cannot be brought to the prebuild: {error}");
        StepFailure::new(FailureKind::Engine, reason)
    };
    let index = index(runner, record).await?;
    let Some(checkout) = &mut runner.order.checkout else { return Ok(Vec::new()) };
    if let Some(index) = index {
        checkout.take_index(&record.commit, &index).await.map_err(failed)?;
    }
    let advance = checkout.reduce(&record.commit).await.map_err(failed)?;
    let is_other = |name: &&str| advance.changed.iter().chain(&advance.removed).any(|path| path.as_os_str() == *name);
    let changed = record.changed_files.iter().flatten().map(String::as_str);
    let lost: Vec<&str> = changed.filter(is_other).collect();
    if !lost.is_empty() {
        let message = format!(
            "newer commits change files that the prebuild's commands had changed: what is committed counts: {}",
            lost.join(", ")
        );
        runner.warn(Phase::Create, message, None).await;
    }
    Ok(advance.removed)
}

/// Returns what git of the prebuild has staged, where newer commits are to be brought to it.
async fn index(runner: &EngineRunner, record: &Record) -> Result<Option<Vec<u8>>, StepFailure> {
    let order = &runner.order;
    if order.checkout.is_none() || order.commit.as_ref() == Some(&record.commit) {
        return Ok(None);
    }
    let workspaces = workspaces_volume(&order.name);
    let is_workspaces = |volume: &&KeptVolume| volume.place.volume_of(order.name.as_str()) == workspaces;
    let Some(volume) = record.volumes.iter().find(is_workspaces) else { return Ok(None) };
    let mounts =
        vec![MountSpec { read_only: true, target: "/from".to_owned(), ..of_codespace(order, volume.volume.clone()) }];
    let image = look_image(&order.name);
    runner.engine.make_empty_image(&image).await?;
    let spec = ContainerSpec {
        name: format!("{}_copying", order.name),
        image: image.clone(),
        labels: order.own_labels(),
        // The engine wants one.
        command: vec!["-".to_owned()],
        mounts,
        ..ContainerSpec::default()
    };
    let id = runner.engine.create(spec).await?;
    let path = format!("/from/{}/.git/index", order.repository.name());
    let read = runner.engine.read_file(&id, &path, LARGEST_INDEX).await;
    runner.engine.remove(&id).await?;
    // One that cannot be read, or is too large, is the clone's.
    Ok(read.ok().flatten())
}

/// Returns a volume of the codespace's that is mounted nowhere yet.
fn of_codespace(order: &Order, name: String) -> MountSpec {
    MountSpec {
        kind: MountKind::Volume,
        source: Some(name),
        target: String::new(),
        read_only: false,
        labels: order.own_labels(),
        details: MountDetails::default(),
    }
}

//! The prebuilds that are kept: listed, removed, and what is left of those that never came to be.

use std::collections::{BTreeMap, BTreeSet};

use super::SnapshotError;
use crate::codespace::{CodespaceName, label};
use crate::engine::{Engine, LabelFilter, LabelledImage};
use crate::prebuild::Record;

/// What the images of prebuilds are called, before their names.
const REPOSITORY: &str = "localspace-prebuild";

/// A prebuild that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptPrebuild {
    /// Its name.
    pub name: CodespaceName,
    /// What is known of it.
    pub record: Record,
    /// Its image's id.
    pub image: String,
    /// That image's size, in bytes, with what it shares with others.
    pub size: u64,
}

/// Returns the image's name and tag.
pub(super) fn image_name(name: &CodespaceName, service: Option<&str>) -> (&'static str, String) {
    (REPOSITORY, service.map_or_else(|| name.to_string(), |service| format!("{name}.{service}")))
}

impl KeptPrebuild {
    /// Returns those of a home, the newest first. One that this version cannot read is none, and so is one that something of is gone: an engine may
    /// finish an image whose maker was killed, and whose volumes were swept meanwhile.
    pub async fn all(engine: &Engine, home: &str) -> Result<Vec<Self>, SnapshotError> {
        Self::among(engine, home, engine.labelled_images(&filters(home)).await?).await
    }

    async fn among(engine: &Engine, home: &str, images: Vec<LabelledImage>) -> Result<Vec<Self>, SnapshotError> {
        let names: BTreeSet<String> = images.iter().flat_map(|image| image.names.clone()).collect();
        let mut all: Vec<Self> = images.into_iter().filter_map(Self::of).collect();
        if all.is_empty() {
            return Ok(all);
        }
        let volumes: BTreeSet<String> = engine.volumes(&filters(home)).await?.into_iter().map(|one| one.name).collect();
        let is_whole = |Record { volumes: kept, services, .. }: &Record| {
            kept.iter().all(|one| volumes.contains(&one.volume)) && services.values().all(|image| names.contains(image))
        };
        all.retain(|one| is_whole(&one.record));
        all.sort_by(|one, other| other.record.created.cmp(&one.record.created));
        Ok(all)
    }

    fn of(image: LabelledImage) -> Option<Self> {
        let name: CodespaceName = image.labels.get(label::PREBUILD)?.parse().ok()?;
        let (repository, tag) = image_name(&name, None);
        // One that has lost its name is one that was removed while something used it.
        if !image.names.contains(&format!("{repository}:{tag}")) {
            return None;
        }
        let record = Record::parse(image.labels.get(label::PREBUILD_RECORD)?).ok()?;
        Some(Self { name, record, image: image.id, size: image.size })
    }
}

fn filters(home: &str) -> [LabelFilter; 2] {
    [LabelFilter::has(label::PREBUILD), LabelFilter::is(label::HOME, home)]
}

/// Removes a prebuild: it is offered to nobody from the first step on. What something still uses of it goes with the next [`sweep`].
pub async fn remove(
    engine: &Engine,
    home: &str,
    name: &CodespaceName,
    is_being_made: impl Fn(&CodespaceName) -> bool,
) -> Result<(), SnapshotError> {
    let (repository, tag) = image_name(name, None);
    engine.untag(&format!("{repository}:{tag}")).await?;
    sweep(engine, home, is_being_made).await
}

/// Removes what is there of prebuilds that are not: of runs that died, and of those that were removed while something used them.
/// `is_being_made` tells of those that somebody makes now.
pub async fn sweep(
    engine: &Engine,
    home: &str,
    is_being_made: impl Fn(&CodespaceName) -> bool,
) -> Result<(), SnapshotError> {
    let images = engine.labelled_images(&filters(home)).await?;
    sweep_among(engine, home, images, is_being_made).await
}

/// Does the same for who has listed the images of the home already, which costs an engine more than any other list.
pub async fn sweep_among(
    engine: &Engine,
    home: &str,
    images: Vec<LabelledImage>,
    is_being_made: impl Fn(&CodespaceName) -> bool,
) -> Result<(), SnapshotError> {
    let of_home = filters(home);
    let (containers, volumes) = tokio::try_join!(engine.containers(&of_home), engine.volumes(&of_home))?;
    let labels = containers.iter().map(|one| &one.labels).chain(volumes.iter().map(|one| &one.labels));
    let named = labels.chain(images.iter().map(|one| &one.labels)).filter_map(part_of);
    let mut left: BTreeSet<CodespaceName> = named.collect();
    for kept in KeptPrebuild::among(engine, home, images).await? {
        left.remove(&kept.name);
    }
    left.retain(|name| !is_being_made(name));
    if left.is_empty() {
        return Ok(());
    }
    // Whoever made one may have finished it since the images were listed. One that nobody makes by now is there, or never will be.
    let images = engine.labelled_images(&of_home).await?;
    for kept in KeptPrebuild::among(engine, home, images.clone()).await? {
        left.remove(&kept.name);
    }
    let is_left = |labels: &BTreeMap<String, String>| part_of(labels).is_some_and(|name| left.contains(&name));
    for container in containers.iter().filter(|one| is_left(&one.labels)) {
        engine.remove(&container.id).await?;
    }
    for volume in volumes.iter().filter(|one| is_left(&one.labels)) {
        // One that is being copied is in use.
        let _in_use = engine.remove_volume(&volume.name).await;
    }
    for image in images.iter().filter(|one| is_left(&one.labels)) {
        for name in &image.names {
            engine.untag(name).await?;
        }
        let _in_use = engine.remove_image(&image.id).await?;
    }
    Ok(())
}

/// Returns the prebuild that something is a part of. A codespace's container has the labels of the image that it was made from, too.
fn part_of(labels: &BTreeMap<String, String>) -> Option<CodespaceName> {
    let is_codespaces = labels.get(label::CODESPACE).is_some_and(|name| !name.is_empty());
    labels.get(label::PREBUILD).filter(|_| !is_codespaces)?.parse().ok()
}

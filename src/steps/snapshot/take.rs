//! A prebuild taken of a container that has gone through its phases.

use std::collections::{BTreeMap, BTreeSet};

use super::SnapshotError;
use super::copying::Copying;
use super::keep::image_name;
use crate::codespace::{CodespaceName, label};
use crate::engine::{ContainerState, ContainerSummary, Engine, LabelFilter, MountDetails, MountKind, MountSpec};
use crate::prebuild::{KeptImage, KeptVolume, NestedImage, Place, Record};
use crate::steps::gate::{Gate, ROOT};
use crate::steps::runner::EngineRunner;
use crate::steps::shell::quote;

/// How many changed files, and images of a nested engine, are named at most.
const MOST_NAMED: usize = 200;
/// Where a nested engine keeps its images.
const NESTED: &str = "/var/lib/docker";

/// What a run leaves that its prebuild needs.
#[derive(Debug)]
pub struct Keepsake {
    engine: Engine,
    name: CodespaceName,
    home: String,
    folder: String,
    record: Record,
    /// The places of the prebuild that it is made over: a volume that nobody had named has a name by now.
    places: Vec<Place>,
}

/// What is added when it is taken.
#[derive(Debug)]
pub struct Taking {
    /// When it is made, RFC 3339.
    pub created: String,
    /// The digest of the configuration's files.
    pub configuration: String,
    /// The phases that ran.
    pub phases: Vec<crate::prebuild::KeptPhase>,
}

impl Keepsake {
    /// Returns what a run's prebuild needs, before the run is over and gone.
    pub fn of(runner: &EngineRunner) -> Self {
        let (order, image) = (&runner.order, &runner.image);
        let entries: serde_json::Value = image.entries.iter().map(|entry| entry.properties.clone()).collect();
        let record = Record {
            repository: order.repository.to_string(),
            source: order.source.clone(),
            branch: order.reference.clone(),
            commit: order.commit.clone().unwrap_or_default(),
            config_path: order.config_path.clone(),
            image: KeptImage {
                user: image.details.user.clone(),
                env: image.details.env.clone(),
                entrypoint: image.details.entrypoint.clone(),
                command: image.details.command.clone(),
                metadata: entries.to_string(),
            },
            over: order.prebuilt.as_ref().map(|before| before.kept.name.to_string()),
            snapshots: order.prebuilt.as_ref().map_or(0, |before| before.kept.record.snapshots).saturating_add(1),
            ..Record::empty()
        };
        let before = order.prebuilt.iter().flat_map(|before| &before.kept.record.volumes);
        let places = before.map(|volume| volume.place.clone()).collect();
        let (engine, name, home) = (runner.engine.clone(), order.name.clone(), order.home.clone());
        Self { engine, name, home, folder: order.repository_folder(), record, places }
    }

    /// Takes it: everything is stopped, the volumes are copied, then the containers become images, the codespace's own last.
    pub async fn take(self, taking: Taking) -> Result<Record, SnapshotError> {
        let Self { engine, name, home, folder, mut record, places } = self;
        let Taking { created, configuration, phases } = taking;
        (record.created, record.configuration, record.phases) = (created, configuration, phases);
        let filters = [LabelFilter::is(label::CODESPACE, name.as_str()), LabelFilter::is(label::HOME, &home)];
        let containers = engine.containers(&filters).await?;
        let own = containers.iter().find(|one| label::is_own(&one.labels)).ok_or(SnapshotError::Nothing)?;
        record.changed_files = changed_files(&engine, own, &folder).await;
        let all = volumes(&engine, &name, &containers, &places).await?;
        let is_nested = |one: &Mounted| one.service.is_none() && one.target == NESTED;
        if all.values().any(is_nested) {
            record.nested_images = nested_images(&engine, own).await;
        }
        stop(&engine, &containers, own).await?;
        let labels: BTreeMap<String, String> = [(label::PREBUILD, name.to_string()), (label::HOME, home)]
            .map(|(key, value)| (key.to_owned(), value))
            .into();
        let kept = |at: usize| format!("{}.{name}.{at}", image_name(&name, None).0);
        let pairs = all.values().enumerate().map(|(at, one)| (one.volume.clone(), target(kept(at), &labels)));
        let copying = Copying { name: name.to_string(), labels: labels.clone(), pairs: pairs.collect(), removed: None };
        let copied = copying.run(&engine).await?;
        let volume = |(at, ((place, mounted), copied)): (usize, ((Place, Mounted), crate::tree::Copied))| KeptVolume {
            volume: kept(at),
            place,
            entries: copied.entries,
            bytes: copied.bytes,
            target: mounted.target,
            service: mounted.service,
        };
        record.volumes = all.into_iter().zip(copied).enumerate().map(volume).collect();
        for service in containers.iter().filter(|one| one.id != own.id) {
            let Some(called) = service.labels.get(label::SERVICE) else { continue };
            let (repository, tag) = image_name(&name, Some(called));
            let _id = engine.commit(&service.id, (repository, &tag), &of_image(service, &labels)).await?;
            record.services.insert(called.clone(), format!("{repository}:{tag}"));
        }
        let mut last = of_image(own, &labels);
        last.insert(label::PREBUILD_RECORD.to_owned(), record.text());
        let (repository, tag) = image_name(&name, None);
        let _id = engine.commit(&own.id, (repository, &tag), &last).await?;
        Ok(record)
    }
}

fn target(name: String, labels: &BTreeMap<String, String>) -> MountSpec {
    MountSpec {
        kind: MountKind::Volume,
        source: Some(name),
        target: String::new(),
        read_only: false,
        labels: labels.clone(),
        details: MountDetails::default(),
    }
}

/// Stops everything of the codespace: what works with the services first.
async fn stop(engine: &Engine, containers: &[ContainerSummary], own: &ContainerSummary) -> Result<(), SnapshotError> {
    if own.state == ContainerState::Running {
        crate::steps::stop(engine, &own.id).await?;
    }
    let beside = containers.iter().filter(|one| one.id != own.id && one.state == ContainerState::Running);
    futures_util::future::try_join_all(beside.map(|service| engine.stop_as_made(&service.id))).await?;
    Ok(())
}

/// A volume, and where it is.
#[derive(Debug)]
struct Mounted {
    volume: String,
    target: String,
    service: Option<String>,
}

/// Returns the codespace's volumes, each once.
async fn volumes(
    engine: &Engine,
    name: &CodespaceName,
    containers: &[ContainerSummary],
    before: &[Place],
) -> Result<BTreeMap<Place, Mounted>, SnapshotError> {
    let mut all = BTreeMap::new();
    // The codespace's own container tells best what a volume is that several have.
    let (own, others): (Vec<_>, Vec<_>) = containers.iter().partition(|one| label::is_own(&one.labels));
    for container in own.iter().chain(&others) {
        let service = container.labels.get(label::SERVICE).map(String::as_str);
        let shown = service.filter(|_| !label::is_own(&container.labels)).map(str::to_owned);
        let details = engine.inspect(&container.id).await?.unwrap_or_default();
        for volume in details.volumes {
            let same = before.iter().find(|place| place.volume_of(name.as_str()) == volume.name).cloned();
            let place = same.or_else(|| Place::of(name.as_str(), &volume.name, &volume.target, service));
            if let Some(place) = place {
                let mounted = Mounted { volume: volume.name, target: volume.target, service: shown.clone() };
                let _first = all.entry(place).or_insert(mounted);
            }
        }
    }
    Ok(all)
}

/// Returns the labels of an image: none of a container's own is left, by which the image would be taken for a codespace's.
fn of_image(container: &ContainerSummary, labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_ours = |name: &&String| {
        label::RESERVED.iter().any(|reserved| name.starts_with(reserved)) && name.as_str() != label::METADATA
    };
    let cleared = container.labels.keys().filter(is_ours).map(|name| (name.clone(), String::new()));
    let compose = container.labels.keys().filter(|name| name.starts_with("com.docker.compose."));
    let cleared = cleared.chain(compose.map(|name| (name.clone(), String::new())));
    cleared.chain(labels.clone()).collect()
}

/// Returns the repository's files that the commands have changed, as git there tells; nothing where there is no git.
async fn changed_files(engine: &Engine, own: &ContainerSummary, folder: &str) -> Option<Vec<String>> {
    if own.state != ContainerState::Running {
        return None;
    }
    let folder = quote(folder);
    let text = format!(
        "git -c safe.directory={folder} -c core.fsmonitor=false -c core.hooksPath=/dev/null -C {folder} status --porcelain -z --untracked-files=no 2>/dev/null && printf .\n"
    );
    let printed = Gate::open(engine, &own.id, ROOT).await.ok()?.print(&text).await.ok()?;
    let listed = printed.strip_suffix('.')?;
    let names: BTreeSet<String> = listed.split('\0').filter_map(|line| line.get(3..)).map(str::to_owned).collect();
    Some(names.into_iter().filter(|name| !name.is_empty()).take(MOST_NAMED).collect())
}

/// Returns the images of a nested engine, as that tells; nothing where it does not answer.
async fn nested_images(engine: &Engine, own: &ContainerSummary) -> Option<Vec<NestedImage>> {
    if own.state != ContainerState::Running {
        return None;
    }
    let format = quote("{{.Repository}}:{{.Tag}}\t{{.ID}}\t{{.Size}}");
    let text = format!("docker image ls --format {format} 2>/dev/null && printf .\n");
    let printed = Gate::open(engine, &own.id, ROOT).await.ok()?.print(&text).await.ok()?;
    let listed = printed.strip_suffix('.')?;
    Some(listed.lines().filter_map(NestedImage::parse).take(MOST_NAMED).collect())
}

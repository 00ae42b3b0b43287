//! A prebuild taken of a container that has gone through its phases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::SnapshotError;
use super::checking::{Checking, Stopped};
use super::copying::Copying;
use super::keep::image_name;
use crate::codespace::{CodespaceName, label};
use crate::engine::{ContainerState, ContainerSummary, Engine, MountDetails, MountKind, MountSpec};
use crate::github::Purpose;
use crate::prebuild::{Allowed, Checks, KeptImage, KeptVolume, NestedImage, Place, Record, Watched};
use crate::shell_word::quote;
use crate::steps::gate::{Gate, ROOT};
use crate::steps::heard::Heard;
use crate::steps::order::found_by;
use crate::steps::runner::EngineRunner;

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
    checking: Checking,
    heard: Heard,
    tracked: Vec<PathBuf>,
    /// What is in the prebuild that it is made over, and so in its layers for ever.
    before: Option<Checks>,
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
    /// Which files are the configuration.
    pub watched: Watched,
    /// What it may be kept with.
    pub allowed: Allowed,
    /// What a person should know of its commands.
    pub advice: Vec<String>,
}

/// What became of it.
#[derive(Debug)]
pub enum Taken {
    /// It is kept.
    Kept(Box<Record>),
    /// It has something in it that is not to be kept, and is not.
    Refused(Checks),
}

/// A volume of the codespace's.
#[derive(Debug)]
pub(super) struct Volume {
    pub(super) place: Place,
    /// What the engine calls it.
    pub(super) name: String,
    /// Where it is mounted.
    pub(super) target: String,
    /// The service that has it, where that is not the codespace's own.
    pub(super) service: Option<String>,
}

/// The volumes, each once, by their places' order.
pub(super) type Volumes = Vec<Volume>;

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
        let before = order.prebuilt.as_ref().and_then(|before| before.kept.record.checks.clone());
        let tracked = order.tracked.clone().unwrap_or_default();
        let (checking, heard) = (checking(runner), runner.heard.clone());
        Self { engine, name, home, folder: order.repository_folder(), record, places, checking, heard, tracked, before }
    }

    /// Takes it: everything is stopped and looked through, the volumes are copied, then the containers become images, the codespace's own last. Nothing
    /// where it was cancelled, which an engine that makes an image does not know: that is waited for, so that it can be removed.
    pub async fn take(self, taking: Taking, cancel: &CancellationToken) -> Result<Option<Taken>, SnapshotError> {
        let Self { engine, name, home, folder, mut record, places, mut checking, heard, tracked, before } = self;
        let Taking { created, configuration, phases, watched, allowed, advice } = taking;
        (record.created, record.configuration, record.phases) = (created, configuration, phases);
        let containers = engine.containers(&found_by(&name, &home)).await?;
        let own = containers.iter().find(|one| label::is_own(&one.labels)).ok_or(SnapshotError::Nothing)?;
        record.changed_files = changed_files(&engine, own, &folder).await;
        let stopped = details(&engine, &containers).await?;
        let volumes = volumes(&name, &stopped, &places);
        let is_nested = |one: &Volume| one.service.is_none() && one.target == NESTED;
        if volumes.iter().any(is_nested) {
            record.nested_images = nested_images(&engine, own).await;
        }
        stop(&engine, &containers, own).await?;
        let labels: BTreeMap<String, String> = [(label::PREBUILD, name.to_string()), (label::HOME, home)]
            .map(|(key, value)| (key.to_owned(), value))
            .into();
        checking.committed = committed(&folder, &tracked, record.changed_files.as_deref());
        // What looks at its volumes goes with the codespace.
        let own_name = (label::CODESPACE.to_owned(), name.to_string());
        let own_labels: BTreeMap<String, String> = labels.clone().into_iter().chain([own_name]).collect();
        let checking = checking.run(&engine, (name.as_str(), &own_labels), &stopped, &volumes);
        let Some(checked) = cancel.run_until_cancelled(Box::pin(checking)).await else { return Ok(None) };
        let mut checks = checked?;
        checks.add_older(before);
        (checks.drift, checks.advice) = (heard.drift(&watched), advice);
        if checks.refuse(&allowed) {
            return Ok(Some(Taken::Refused(checks)));
        }
        record.checks = Some(checks);
        let kept = |at: usize| format!("{}.{name}.{at}", image_name(&name, None).0);
        let pairs = volumes.iter().enumerate().map(|(at, one)| (one.name.clone(), target(kept(at), &labels)));
        let copying = Copying { name: name.to_string(), labels: own_labels, pairs: pairs.collect(), removed: None };
        let Some(copied) = cancel.run_until_cancelled(Box::pin(copying.run(&engine))).await.transpose()? else {
            return Ok(None);
        };
        let volume = |(at, (mounted, copied)): (usize, (Volume, crate::tree::Copied))| KeptVolume {
            volume: kept(at),
            place: mounted.place,
            entries: copied.entries,
            bytes: copied.bytes,
            target: mounted.target,
            service: mounted.service,
        };
        record.volumes = volumes.into_iter().zip(copied).enumerate().map(volume).collect();
        for service in containers.iter().filter(|one| one.id != own.id) {
            let Some(called) = service.labels.get(label::SERVICE) else { continue };
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let (repository, tag) = image_name(&name, Some(called));
            let _id = engine.commit(&service.id, (repository, &tag), &of_image(service, &labels)).await?;
            record.services.insert(called.clone(), format!("{repository}:{tag}"));
        }
        let mut last = of_image(own, &labels);
        last.insert(label::PREBUILD_RECORD.to_owned(), record.text());
        let (repository, tag) = image_name(&name, None);
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let _id = engine.commit(&own.id, (repository, &tag), &last).await?;
        Ok(Some(Taken::Kept(Box::new(record))))
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

/// Returns what is looked for in a run's prebuild. A codespace is nothing that is given away.
fn checking(runner: &EngineRunner) -> Checking {
    let world = &runner.world;
    if runner.order.purpose == Purpose::Codespace {
        return Checking::default();
    }
    let is_shown =
        |name: &str| name.ends_with("_CONTAINER_REGISTRY_SERVER") || name.ends_with("_CONTAINER_REGISTRY_USER");
    let named = world.secrets.iter().map(|secret| (secret.name.to_string(), secret.value.clone()));
    let token = world.token.iter().map(|token| (token.source().to_owned(), token.value.clone()));
    Checking {
        secrets: named.filter(|(name, _)| !is_shown(name)).chain(token).collect(),
        homes: runner.running.iter().map(|running| running.home.clone()).chain(["/root".to_owned()]).collect(),
        hooks: runner.heard.hooks.clone(),
        committed: BTreeSet::new(),
        // Elsewhere another clock goes.
        objects: runner
            .engine
            .endpoint()
            .address
            .is_on_this_machine()
            .then(|| format!("{}/.git/objects/", runner.order.repository_folder())),
    }
}

/// Returns the files that are as the commit has them: whatever is in these was there before any secret was.
fn committed(folder: &str, tracked: &[PathBuf], changed: Option<&[String]>) -> BTreeSet<String> {
    // Where it is not known what was changed, anything may have been, and what is named may be not all of it.
    let Some(changed) = changed.filter(|changed| changed.len() < MOST_NAMED) else { return BTreeSet::new() };
    let same = tracked.iter().filter(|path| !changed.iter().any(|other| Path::new(other) == path.as_path()));
    same.map(|path| format!("{folder}/{}", path.display())).collect()
}

async fn details<'a>(engine: &Engine, containers: &'a [ContainerSummary]) -> Result<Vec<Stopped<'a>>, SnapshotError> {
    let mut all = Vec::new();
    for about in containers {
        all.push(Stopped { about, details: engine.inspect(&about.id).await?.unwrap_or_default() });
    }
    Ok(all)
}

/// Returns the codespace's volumes, each once.
fn volumes(name: &CodespaceName, containers: &[Stopped<'_>], before: &[Place]) -> Volumes {
    let mut all = BTreeMap::new();
    // The codespace's own container tells best what a volume is that several have.
    let (own, others): (Vec<_>, Vec<_>) = containers.iter().partition(|one| label::is_own(&one.about.labels));
    for Stopped { about, details } in own.into_iter().chain(others) {
        let called = about.labels.get(label::SERVICE).map(String::as_str);
        let service = called.filter(|_| !label::is_own(&about.labels)).map(str::to_owned);
        for volume in &details.volumes {
            let same = before.iter().find(|place| place.volume_of(name.as_str()) == volume.name).cloned();
            let place = same.or_else(|| Place::of(name.as_str(), &volume.name, &volume.target, called));
            if let Some(place) = place {
                let (name, target, service) = (volume.name.clone(), volume.target.clone(), service.clone());
                let _first = all.entry(place.clone()).or_insert(Volume { place, name, target, service });
            }
        }
    }
    all.into_values().collect()
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

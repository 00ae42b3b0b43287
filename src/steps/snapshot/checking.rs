//! What a prebuild would give away: looked for in everything that is to be kept, before it is. Values go into the program beside the volumes
//! over its standard input, and everything else is looked through on this machine.

use std::collections::{BTreeMap, BTreeSet};

use super::SnapshotError;
use super::alone::{Alone, to_be_read};
use super::layer::{Layer, search};
use super::take::Volumes;
use crate::codespace::label;
use crate::engine::{ContainerDetails, ContainerSummary, Engine, MountSpec};
use crate::github::logged_in;
use crate::phase::Phase;
use crate::prebuild::{Checks, Leak, LeakKind, StoredLogin};
use crate::redact::{Hit, Searcher, Secret};
use crate::tree::Scanned;

/// The largest Docker configuration that is read, in bytes.
const MOST_CONFIG: usize = 1 << 20;

/// How far a file's time may be behind the clock, in seconds: a kernel takes it from its last tick.
const TICK: f64 = 0.01;

/// How many places are named.
const MOST: usize = 100;

/// What is looked for in a prebuild, and what helps to say where it is from.
#[derive(Debug, Default)]
pub(super) struct Checking {
    /// The secrets that its commands had, by name.
    pub(super) secrets: Vec<(String, Secret<String>)>,
    /// The image that its container was made from.
    pub(super) image: String,
    /// The homes in its container.
    pub(super) homes: BTreeSet<String>,
    /// When its hooks ran, in seconds since 1970.
    pub(super) hooks: Vec<(Phase, [f64; 2])>,
    /// Files that were there before any secret was, as paths in the codespace.
    pub(super) committed: BTreeSet<String>,
}

/// A container that is stopped, and what is known of it.
#[derive(Debug)]
pub(super) struct Stopped<'a> {
    pub(super) about: &'a ContainerSummary,
    pub(super) details: ContainerDetails,
}

impl Checking {
    /// Looks through everything.
    pub(super) async fn run(
        &self,
        engine: &Engine,
        (name, labels): (&str, &BTreeMap<String, String>),
        containers: &[Stopped<'_>],
        volumes: &Volumes,
    ) -> Result<Checks, SnapshotError> {
        let is_short = |(_, value): &&(String, Secret<String>)| Searcher::is_too_short(value.expose());
        let too_short = self.secrets.iter().filter(is_short).map(|(name, _)| name.clone()).collect();
        let mut checks = Checks { too_short, ..Checks::default() };
        let mut changed = BTreeSet::new();
        let searcher = Searcher::new(self.secrets.iter().cloned());
        for container in containers {
            let layer = Layer::of(engine, container).await?;
            if let Some(searcher) = &searcher {
                self.container(engine, searcher, container, &layer, &mut checks).await?;
            }
            if label::is_own(&container.about.labels) {
                changed.extend(layer.changed);
            }
        }
        if searcher.is_some() {
            self.volumes(engine, (name, labels), volumes, &mut checks).await?;
        }
        if let Some(own) = containers.iter().find(|one| label::is_own(&one.about.labels)) {
            self.logins(engine, own, &changed, volumes, &mut checks).await?;
        }
        checks.leaks.sort();
        checks.leaks.dedup();
        checks.more_leaks += checks.leaks.len().saturating_sub(MOST) as u64;
        checks.leaks.truncate(MOST);
        Ok(checks)
    }

    /// Looks through a container: its variables, its labels, what made its image, and what it has that its image has not.
    async fn container(
        &self,
        engine: &Engine,
        searcher: &Searcher,
        container: &Stopped<'_>,
        layer: &Layer,
        checks: &mut Checks,
    ) -> Result<(), SnapshotError> {
        let service = container.about.labels.get(label::SERVICE).cloned();
        let is_own = label::is_own(&container.about.labels);
        let mut add = |kind, place: &str, hit: Hit, phase: Option<Phase>| {
            let service = service.clone().filter(|_| !is_own);
            let Hit { secret, form } = hit;
            let phase = phase.map(|phase| phase.to_string());
            checks.leaks.push(Leak { secret, kind, place: place.to_owned(), service, form, phase });
        };
        for entry in &container.details.env {
            let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
            for hit in searcher.hits_in(value.as_bytes()) {
                add(LeakKind::Environment, name, hit, None);
            }
        }
        for (name, value) in &container.about.labels {
            for hit in searcher.hits_in(value.as_bytes()) {
                add(LeakKind::Label, name, hit, None);
            }
        }
        if is_own && !self.image.is_empty() {
            for (at, made) in engine.layers(&self.image).await?.iter().enumerate() {
                let place = format!("its entry {}", at + 1);
                let hits = searcher.hits_in(made.made_by.as_bytes());
                for hit in hits {
                    add(LeakKind::History, &place, hit, None);
                }
            }
        }
        for found in search(engine, container, layer, searcher).await? {
            let phase = self.phase(&[found.changed]);
            add(LeakKind::File, &found.path, found.hit, phase);
        }
        Ok(())
    }

    async fn volumes(
        &self,
        engine: &Engine,
        (name, labels): (&str, &BTreeMap<String, String>),
        volumes: &Volumes,
        checks: &mut Checks,
    ) -> Result<(), SnapshotError> {
        let place = |at: usize| format!("/from/{at}");
        let mounts: Vec<MountSpec> =
            volumes.iter().enumerate().map(|(at, volume)| to_be_read(&volume.name, place(at))).collect();
        if mounts.is_empty() {
            return Ok(());
        }
        let words = ["tree", "scan"].map(str::to_owned).into_iter().chain((0..mounts.len()).map(place)).collect();
        let values: BTreeMap<&str, &str> =
            self.secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
        let input = Secret::new(serde_json::to_string(&values).unwrap_or_default());
        let (name, labels) = (name.to_owned(), labels.clone());
        let alone = Alone { name, what: "looking", labels, words, mounts, entries: Vec::new(), input: Some(input) };
        let said = |said: String| SnapshotError::Look { said };
        let printed = alone.run(engine).await?.map_err(said)?;
        let scanned: Scanned = serde_json::from_slice(&printed).map_err(|error| said(error.to_string()))?;
        checks.more_leaks += scanned.more;
        for found in scanned.found {
            let Some(volume) = volumes.get(found.tree) else { continue };
            let place =
                if found.path.is_empty() { volume.target.clone() } else { format!("{}/{}", volume.target, found.path) };
            if self.committed.contains(&place) {
                continue;
            }
            let phase = self.phase(&found.changed).map(|phase| phase.to_string());
            let Hit { secret, form } = found.hit;
            let service = volume.service.clone();
            checks.leaks.push(Leak { secret, kind: LeakKind::File, place, service, form, phase });
        }
        Ok(())
    }

    /// Looks for registry logins in the container that were not in its image.
    async fn logins(
        &self,
        engine: &Engine,
        own: &Stopped<'_>,
        changed: &BTreeSet<String>,
        volumes: &Volumes,
        checks: &mut Checks,
    ) -> Result<(), SnapshotError> {
        let is_in = |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        for home in &self.homes {
            let file = format!("{}/.docker/config.json", home.trim_end_matches('/'));
            let is_linked = changed.contains(&format!("{}/.docker", home.trim_end_matches('/')));
            let is_new =
                changed.contains(&file) || is_linked || volumes.iter().any(|volume| is_in(&file, &volume.target));
            if !is_new {
                continue;
            }
            let text = engine.read_file(&own.about.id, &file, MOST_CONFIG).await.ok().flatten().unwrap_or_default();
            let mut registries = logged_in(&String::from_utf8_lossy(&text));
            if registries.is_empty() {
                continue;
            }
            registries.sort();
            let written = modified(engine, own, &file).await.unwrap_or_default();
            let phase = self.phase(&[written]).map(|phase| phase.to_string());
            let login = |registry| StoredLogin { registry, file: file.clone(), phase: phase.clone() };
            checks.logins.extend(registries.into_iter().map(login));
        }
        Ok(())
    }

    /// Returns the hook in which something happened, where only one comes into question. A time without a fraction stands for its second.
    fn phase(&self, times: &[f64]) -> Option<Phase> {
        times.iter().find_map(|time| {
            let span = if time.fract() == 0.0 { [*time, *time + 1.0] } else { [*time, *time] };
            let mut met = self.hooks.iter().filter(|(_, [began, ended])| span[1] + TICK >= *began && span[0] <= *ended);
            met.next().filter(|_| met.next().is_none()).map(|(phase, _)| *phase)
        })
    }
}

/// Returns when a file of a container was written, in seconds since 1970.
async fn modified(engine: &Engine, own: &Stopped<'_>, path: &str) -> Option<f64> {
    let tar = engine.read_folder(&own.about.id, path, MOST_CONFIG).await.ok()??;
    let mut archive = tar::Archive::new(tar.as_slice());
    let entry = archive.entries().ok()?.next()?.ok()?;
    #[allow(clippy::cast_precision_loss, reason = "a time to the microsecond is enough")]
    let seconds = entry.header().mtime().ok()? as f64;
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_named_where_no_other_one_comes_into_question() {
        let hooks = vec![(Phase::OnCreateCommand, [10.2, 12.6]), (Phase::UpdateContentCommand, [12.7, 15.1])];
        let checking = Checking { hooks, ..Checking::default() };
        for (times, expected) in [
            (&[11.0][..], Some(Phase::OnCreateCommand)),
            (&[12.0], None),
            (&[12.65], None),
            (&[12.75], Some(Phase::UpdateContentCommand)),
            (&[3.0, 14.2], Some(Phase::UpdateContentCommand)),
            (&[3.0, 99.5], None),
        ] {
            assert_eq!(checking.phase(times), expected, "{times:?}");
        }
    }
}

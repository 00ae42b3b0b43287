//! What a prebuild would give away: looked for in everything that is to be kept, before it is. Values go into the program beside the volumes
//! over its standard input, and everything else is looked through on this machine.

use std::collections::{BTreeMap, BTreeSet};

use super::SnapshotError;
use super::alone::to_be_read;
use super::layer::Layer;
use super::looking::Looked;
use super::scanner::Scanner;
use super::take::{Volume, Volumes};
use super::{image, layer};
use crate::codespace::label;
use crate::engine::{ContainerDetails, ContainerSummary, Engine};
use crate::github::logged_in;
use crate::phase::Phase;
use crate::prebuild::{Checks, Leak, LeakKind, StoredLogin};
use crate::redact::{Hit, Places, Searcher, Secret};

/// The largest Docker configuration that is read, in bytes.
const MOST_CONFIG: usize = 1 << 20;

/// How far a file's time may be behind the clock, in seconds: a kernel takes it from its last tick.
const TICK: f64 = 0.01;

/// What is looked for in a prebuild, and what helps to say where it is from.
#[derive(Debug, Default)]
pub(super) struct Checking {
    /// The secrets that its commands had, by name.
    pub(super) secrets: Vec<(String, Secret<String>)>,
    /// The homes in its container.
    pub(super) homes: BTreeSet<String>,
    /// When its hooks ran, in seconds since 1970.
    pub(super) hooks: Vec<(Phase, [f64; 2])>,
    /// Files that were there before any secret was, as paths in the codespace.
    pub(super) committed: BTreeSet<String>,
    /// Where git keeps what was committed, in the codespace; nothing where files have their times from another clock than the hooks.
    pub(super) objects: Option<String>,
}

/// A container that is stopped, and what is known of it.
#[derive(Debug)]
pub(super) struct Stopped<'a> {
    pub(super) about: &'a ContainerSummary,
    pub(super) details: ContainerDetails,
}

impl Stopped<'_> {
    /// Returns the service that it is of, where that is not the codespace's own.
    fn service(&self) -> Option<String> {
        self.about.labels.get(label::SERVICE).filter(|_| !label::is_own(&self.about.labels)).cloned()
    }
}

/// What was looked through already.
#[derive(Debug, Default)]
struct Known {
    images: BTreeSet<String>,
    layers: BTreeSet<String>,
}

/// What is found in one container.
struct Findings<'a> {
    checks: &'a mut Checks,
    service: Option<String>,
}

impl Findings<'_> {
    fn add(&mut self, kind: LeakKind, place: &str, hit: Hit, phase: Option<Phase>) {
        let Hit { secret, form } = hit;
        let (place, service, phase) = (place.to_owned(), self.service.clone(), phase.map(|phase| phase.to_string()));
        self.checks.leaks.push(Leak { secret, kind, place, service, form, phase });
    }

    fn text(&mut self, searcher: &Searcher, kind: LeakKind, place: &str, text: &str) {
        for hit in searcher.hits_in(text.as_bytes()) {
            self.add(kind, place, hit, None);
        }
    }

    fn files(&mut self, kind: LeakKind, looked: Looked, phase: impl Fn(f64) -> Option<Phase>) {
        add_more(self.checks, &looked.places);
        let whose = self.service.as_ref().map_or(String::new(), |service| format!(" of the service {service}"));
        self.checks.unread.extend(looked.unread.into_iter().map(|what| what + &whose));
        for one in looked.found {
            let phase = phase(one.changed);
            self.add(kind, &one.path, one.hit, phase);
        }
    }
}

/// Adds how many places there are that are not named.
fn add_more(checks: &mut Checks, places: &Places) {
    for (secret, more) in places.more() {
        *checks.more_leaks.entry(secret.to_owned()).or_default() += more;
    }
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
        let (mut changed, mut known) = (BTreeSet::new(), Known::default());
        let searcher = Searcher::new(self.secrets.iter().cloned());
        // What several have is told of the codespace's own container.
        let (own, others): (Vec<_>, Vec<_>) = containers.iter().partition(|one| label::is_own(&one.about.labels));
        for container in own.into_iter().chain(others) {
            let layer = Layer::of(engine, container).await?;
            if let Some(searcher) = &searcher {
                let found = Findings { checks: &mut checks, service: container.service() };
                let scanner = Scanner { engine, searcher, secrets: &self.secrets, name, labels };
                self.container(&scanner, container, &layer, found, &mut known).await?;
            }
            if label::is_own(&container.about.labels) {
                changed.extend(layer.changed);
            }
        }
        if let Some(searcher) = &searcher {
            let scanner = Scanner { engine, searcher, secrets: &self.secrets, name, labels };
            self.volumes(&scanner, volumes, &mut checks).await?;
        }
        if let Some(own) = containers.iter().find(|one| label::is_own(&one.about.labels)) {
            self.logins(engine, own, &changed, volumes, &mut checks).await?;
        }
        checks.leaks.sort();
        checks.leaks.dedup();
        let mut places = Places::default();
        checks.leaks.retain(|leak| places.is_one_of_few(&leak.secret));
        add_more(&mut checks, &places);
        Ok(checks)
    }

    /// Looks through a container: its settings, what made its image, the layers of that, and what it has that its image has not.
    async fn container(
        &self,
        scanner: &Scanner<'_>,
        container: &Stopped<'_>,
        layer: &Layer,
        mut found: Findings<'_>,
        known: &mut Known,
    ) -> Result<(), SnapshotError> {
        let Scanner { engine, searcher, .. } = *scanner;
        let details = &container.details;
        for entry in &details.env {
            let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
            found.text(searcher, LeakKind::Environment, name, value);
        }
        found.text(searcher, LeakKind::Command, "the command", &details.command.join("\n"));
        for (name, value) in &container.about.labels {
            found.text(searcher, LeakKind::Label, name, value);
        }
        if !details.image.is_empty() && known.images.insert(details.image.clone()) {
            for (at, made) in engine.layers(&details.image).await?.iter().enumerate() {
                found.text(searcher, LeakKind::History, &format!("entry {}", at + 1), &made.made_by);
            }
            let looked = image::search(scanner, &details.image, &mut known.layers).await?;
            // It was made before any command ran.
            found.files(LeakKind::Layer, looked, |_| None);
        }
        let looked = layer::search(engine, container, layer, searcher).await?;
        found.files(LeakKind::File, looked, |changed| self.phase(&[changed]));
        Ok(())
    }

    async fn volumes(
        &self,
        scanner: &Scanner<'_>,
        volumes: &Volumes,
        checks: &mut Checks,
    ) -> Result<(), SnapshotError> {
        let scanned = scanner.scan(volumes, |volume, place| to_be_read(&volume.name, place)).await?;
        add_more(checks, &scanned.places);
        let place = |volume: &Volume, path: &str| match path {
            "" => volume.target.clone(),
            path => format!("{}/{path}", volume.target),
        };
        let unread = scanned.unread.iter().filter_map(|(tree, path)| Some((volumes.get(*tree)?, path)));
        checks.unread.extend(unread.map(|(volume, path)| format!("{} to its end", place(volume, path))));
        for found in scanned.found {
            let Some(volume) = volumes.get(found.tree) else { continue };
            let place = place(volume, &found.path);
            if self.is_of_clone(&place, found.changed) {
                continue;
            }
            let phase = self.phase(&found.changed).map(|phase| phase.to_string());
            let Hit { secret, form } = found.hit;
            let service = volume.service.clone();
            checks.leaks.push(Leak { secret, kind: LeakKind::File, place, service, form, phase });
        }
        Ok(())
    }

    /// Looks for registry logins in the container, also those that were in its image.
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
            let text = engine.read_file(&own.about.id, &file, MOST_CONFIG).await.ok().flatten().unwrap_or_default();
            let mut registries = logged_in(&String::from_utf8_lossy(&text));
            if registries.is_empty() {
                continue;
            }
            registries.sort();
            let written = modified(engine, own, &file).await.unwrap_or_default();
            let phase = self.phase(&[written]).filter(|_| is_new).map(|phase| phase.to_string());
            let of_image = !is_new;
            let login = |registry| StoredLogin { registry, file: file.clone(), of_image, phase: phase.clone() };
            checks.logins.extend(registries.into_iter().map(login));
        }
        Ok(())
    }

    /// Tells whether it is there since the repository was cloned. What git takes for unchanged may have been committed since, or be kept from its eyes.
    fn is_of_clone(&self, place: &str, [written, changed]: [f64; 2]) -> bool {
        let is_committed = self.committed.contains(place);
        let Some(objects) = &self.objects else { return is_committed };
        let is_older = |time: f64| self.hooks.iter().all(|(_, [began, _])| time + TICK < *began);
        // Whoever notes which files are read changes those that are tracked, and nothing in them.
        is_committed && is_older(written) || place.starts_with(objects) && is_older(changed)
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

    #[test]
    fn what_was_cloned_is_older_than_the_hooks() {
        let hooks = vec![(Phase::OnCreateCommand, [10.0, 12.0]), (Phase::UpdateContentCommand, [13.0, 15.0])];
        let (committed, objects) = (BTreeSet::from(["/w/app/a".to_owned()]), Some("/w/app/.git/objects/".to_owned()));
        let here = Checking { hooks, committed, objects, ..Checking::default() };
        for (place, time, expected) in [
            ("/w/app/a", 9.0, true),
            ("/w/app/a", 10.0, false),
            ("/w/app/a", 14.0, false),
            ("/w/app/b", 9.0, false),
            ("/w/app/.git/objects/ab/cd", 9.0, true),
            ("/w/app/.git/objects/ab/cd", 11.0, false),
            ("/w/app/.git/config", 9.0, false),
        ] {
            let times = if place.contains("objects") { [1.0, time] } else { [time, 14.0] };
            assert_eq!(here.is_of_clone(place, times), expected, "{place} {time}");
        }
        let elsewhere = Checking { objects: None, ..here };
        assert!(elsewhere.is_of_clone("/w/app/a", [14.0, 14.0]));
        assert!(!elsewhere.is_of_clone("/w/app/.git/objects/ab/cd", [1.0, 9.0]));
    }
}

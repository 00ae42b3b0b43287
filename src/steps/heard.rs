//! What is noted while the hooks of a prebuild run: when, and which of the repository's files they read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::container::workspaces_volume;
use super::runner::EngineRunner;
use super::snapshot::{Alone, SnapshotError, list};
use crate::engine::{MountDetails, MountKind, MountSpec};
use crate::github::Purpose;
use crate::phase::{Hook, Phase};
use crate::prebuild::{Drift, Reads, Watched};
use crate::program::Entry;
use crate::tree::ReadFiles;

/// The list of the files, in the container that looks at them.
const TRACKED: &str = "opt/localspace/tracked";

/// What was noted.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    /// When each hook ran, in seconds since 1970.
    pub(super) hooks: Vec<(Phase, [f64; 2])>,
    /// How many files git tracks.
    tracked: usize,
    reads: Vec<Reads>,
    /// Why it is not known what they read.
    unknown: Option<String>,
}

impl Heard {
    /// Returns which of the files that were read make no new prebuild.
    pub(super) fn drift(&self, watched: &Watched) -> Drift {
        match &self.unknown {
            Some(why) => Drift::unknown(why),
            None => Drift::of(watched, self.tracked, &self.reads),
        }
    }
}

/// Has reads noted from now on, where somebody is to be told of them.
pub(super) async fn listen(runner: &mut EngineRunner) {
    if runner.order.tracked.is_some() {
        let _before = read(runner).await;
    }
}

/// Begins to note what a hook does.
pub(super) fn begin(runner: &mut EngineRunner, hook: Hook) {
    let now = now();
    runner.heard.hooks.push((hook.phase(), [now, now]));
}

/// Notes what a hook did that is over.
pub(super) async fn end(runner: &mut EngineRunner, hook: Hook) {
    if let Some((_, [_, ended])) = runner.heard.hooks.last_mut() {
        *ended = now();
    }
    if is_of_prebuild(runner, hook)
        && let Some(read) = read(runner).await
    {
        runner.heard.tracked = read.there;
        runner.heard.reads.push(Reads { phase: hook.phase().to_string(), files: read.files });
    }
}

fn is_of_prebuild(runner: &EngineRunner, hook: Hook) -> bool {
    let is_its = hook.phase() <= Phase::UpdateContentCommand && runner.order.purpose == Purpose::Prebuild;
    is_its && runner.order.tracked.is_some() && runner.heard.unknown.is_none()
}

#[allow(clippy::cast_precision_loss, reason = "a time to the microsecond is enough")]
fn now() -> f64 {
    jiff::Timestamp::now().as_microsecond() as f64 / 1e6
}

/// Returns what was read since this was last asked; nothing where that cannot be known.
async fn read(runner: &mut EngineRunner) -> Option<ReadFiles> {
    let asked = asked(runner).await;
    let why = match asked {
        Ok(Ok(read)) if read.is_noted => return Some(read),
        Ok(Ok(read)) if read.there == 0 => "none of the repository's files is there".to_owned(),
        Ok(Ok(_)) => "the file system does not note when a file is read".to_owned(),
        Ok(Err(said)) => said,
        Err(error) => error.to_string(),
    };
    runner.heard.unknown = Some(why);
    None
}

async fn asked(runner: &EngineRunner) -> Result<Result<ReadFiles, String>, SnapshotError> {
    let order = &runner.order;
    let volume = workspaces_volume(&order.name);
    let labels = order.own_labels();
    let mount = MountSpec {
        kind: MountKind::Volume,
        source: Some(volume),
        target: "/from".to_owned(),
        read_only: false,
        labels: BTreeMap::new(),
        details: MountDetails { no_copy: true, ..MountDetails::default() },
    };
    let tracked: &[PathBuf] = order.tracked.as_deref().unwrap_or_default();
    let alone = Alone {
        name: order.name.to_string(),
        what: "looking",
        labels,
        words: ["tree", "reads", &format!("/from/{}", order.repository.name()), &format!("/{TRACKED}")]
            .map(str::to_owned)
            .into(),
        mounts: vec![mount],
        entries: vec![Entry::Private(TRACKED.to_owned(), list(tracked))],
        input: None,
    };
    let printed = match alone.run(&runner.engine).await? {
        Ok(printed) => printed,
        Err(said) => return Ok(Err(said)),
    };
    Ok(serde_json::from_slice(&printed).map_err(|error| error.to_string()))
}

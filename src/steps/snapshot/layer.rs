//! What a container has that its image has not.

use std::collections::BTreeSet;
use std::io::Read;

use bytes::Bytes;
use futures_util::Stream;

use super::SnapshotError;
use super::checking::Stopped;
use super::looking::{Looked, read_through};
use crate::engine::{Engine, EngineError};
use crate::redact::Searcher;

/// So many places are asked for one by one; where there are more, everything is.
const FEW: usize = 100;

/// What has changed in a container.
#[derive(Debug)]
pub(super) struct Layer {
    /// Every path that is new or other than in the image.
    pub(super) changed: BTreeSet<String>,
}

impl Layer {
    /// Asks what has changed.
    pub(super) async fn of(engine: &Engine, container: &Stopped<'_>) -> Result<Self, SnapshotError> {
        let all = engine.changed_paths(&container.about.id).await?;
        let is_mounted = |path: &String| {
            let mounts = container.details.volumes.iter().map(|volume| volume.target.as_str());
            mounts.chain(container.details.binds.iter().map(String::as_str)).any(|target| is_at(path, target))
        };
        Ok(Self { changed: all.into_iter().filter(|path| !is_mounted(path)).collect() })
    }

    /// Returns the last of the paths: those with nothing of the others in them.
    fn ends(&self) -> Vec<&str> {
        let mut ends: Vec<&str> = Vec::new();
        for path in self.changed.iter().rev() {
            let has_more = self.changed.range(format!("{path}/")..).next().is_some_and(|next| is_at(next, path));
            if !has_more {
                ends.push(path);
            }
        }
        ends
    }
}

fn is_at(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Looks through a container's own files.
pub(super) async fn search(
    engine: &Engine,
    container: &Stopped<'_>,
    layer: &Layer,
    searcher: &Searcher,
) -> Result<Looked, SnapshotError> {
    let id = &container.about.id;
    let ends = layer.ends();
    if ends.len() > FEW {
        return through(Looked::default(), engine.export(id), String::new(), layer.changed.clone(), searcher).await;
    }
    let mut looked = Looked::default();
    for end in ends {
        let (folder, _) = end.rsplit_once('/').unwrap_or(("", end));
        let (stream, folder) = (engine.folder_stream(id, end), folder.to_owned());
        looked = through(looked, stream, folder, layer.changed.clone(), searcher).await?;
    }
    Ok(looked)
}

/// Looks through a tar of a folder's content, as far as it has changed.
async fn through(
    mut looked: Looked,
    tar: impl Stream<Item = Result<Bytes, EngineError>> + Send + 'static,
    folder: String,
    changed: BTreeSet<String>,
    searcher: &Searcher,
) -> Result<Looked, SnapshotError> {
    let searcher = searcher.clone();
    let read = move |tar: &mut dyn Read| {
        looked.tar(tar, &folder, |path| changed.contains(path), &searcher)?;
        Ok(looked)
    };
    read_through(tar, read).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_holds_nothing_else_that_has_changed_is_asked_for() {
        let changed = ["/etc", "/etc/a", "/etc-b", "/home", "/home/u", "/home/u/x", "/home/u/y", "/top"];
        let layer = Layer { changed: changed.map(str::to_owned).into() };
        let mut ends = layer.ends();
        ends.sort_unstable();
        assert_eq!(ends, ["/etc-b", "/etc/a", "/home/u/x", "/home/u/y", "/top"]);
    }
}

//! What a container has that its image has not: looked through as tar streams, of which nobody holds more than a piece.

use std::collections::BTreeSet;
use std::io::Read;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::SnapshotError;
use super::checking::Stopped;
use crate::engine::{Engine, EngineError};
use crate::redact::{Hit, Searcher};

/// So many places are asked for one by one; where there are more, everything is.
const FEW: usize = 100;

/// How much is read at a time, in bytes.
const PIECE: usize = 256 * 1024;

/// How many findings are kept of one container.
const MOST: usize = 1000;

/// What has changed in a container.
#[derive(Debug)]
pub(super) struct Layer {
    /// Every path that is new or other than in the image.
    pub(super) changed: BTreeSet<String>,
}

/// A secret in a file.
#[derive(Debug)]
pub(super) struct InFile {
    pub(super) path: String,
    pub(super) hit: Hit,
    /// When it was written, in seconds since 1970.
    pub(super) changed: f64,
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
) -> Result<Vec<InFile>, SnapshotError> {
    let id = &container.about.id;
    let ends = layer.ends();
    if ends.len() > FEW {
        let changed = layer.changed.clone();
        return through(engine.export(id), String::new(), changed, searcher.clone()).await;
    }
    let mut found = Vec::new();
    for end in ends {
        let (folder, _) = end.rsplit_once('/').unwrap_or(("", end));
        let changed = layer.changed.clone();
        found.extend(through(engine.folder_stream(id, end), folder.to_owned(), changed, searcher.clone()).await?);
    }
    Ok(found)
}

/// Looks through a tar of a folder's content, as far as it has changed.
async fn through(
    tar: impl Stream<Item = Result<Bytes, EngineError>> + Send + 'static,
    folder: String,
    changed: BTreeSet<String>,
    searcher: Searcher,
) -> Result<Vec<InFile>, SnapshotError> {
    let tar = SyncIoBridge::new(StreamReader::new(Box::pin(tar.map(|piece| piece.map_err(std::io::Error::other)))));
    let looked = tokio::task::spawn_blocking(move || look(tar, &folder, &changed, &searcher)).await;
    let looked = looked.map_err(std::io::Error::other).and_then(|looked| looked);
    looked.map_err(|error| SnapshotError::Look { said: error.to_string() })
}

fn look(tar: impl Read, folder: &str, changed: &BTreeSet<String>, searcher: &Searcher) -> std::io::Result<Vec<InFile>> {
    let mut archive = tar::Archive::new(tar);
    let mut found = Vec::new();
    let mut buffer = vec![0; PIECE];
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = format!("{folder}/{}", name.trim_start_matches("./").trim_matches('/'));
        if !changed.contains(&path) {
            continue;
        }
        let mut hits = searcher.hits_in(path.rsplit('/').next().unwrap_or_default().as_bytes());
        if let Some(target) = entry.link_name_bytes().filter(|_| entry.header().entry_type().is_symlink()) {
            hits.extend(searcher.hits_in(&target));
        }
        let mut search = searcher.search();
        loop {
            let read = entry.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            search.read(buffer.get(..read).unwrap_or_default());
        }
        hits.extend(search.finish());
        #[allow(clippy::cast_precision_loss, reason = "a time to the microsecond is enough")]
        let changed = entry.header().mtime().unwrap_or_default() as f64;
        let room = MOST.saturating_sub(found.len());
        found.extend(hits.into_iter().take(room).map(|hit| InFile { path: path.clone(), hit, changed }));
    }
    Ok(found)
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

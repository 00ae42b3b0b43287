//! Tar streams of files looked through for secrets; nobody holds more than a piece of one.

use std::io::Read;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::SnapshotError;
use crate::engine::EngineError;
use crate::redact::{Hit, Places, Searcher};

/// How much is read at a time, in bytes.
const PIECE: usize = 256 * 1024;

/// How the names of extended attributes begin in a tar.
const ATTRIBUTE: &[u8] = b"SCHILY.xattr.";

/// How many files are named that could not be looked through.
const MOST_UNREAD: usize = 20;

/// A secret in a file.
#[derive(Debug)]
pub(super) struct InFile {
    pub(super) path: String,
    pub(super) hit: Hit,
    /// When it was written, in seconds since 1970.
    pub(super) changed: f64,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) found: Vec<InFile>,
    pub(super) places: Places,
    /// What could not be looked into.
    pub(super) unread: Vec<String>,
}

/// Has a stream read where waiting for it keeps nobody else from working.
pub(super) async fn read_through<T: Send + 'static>(
    stream: impl Stream<Item = Result<Bytes, EngineError>> + Send + 'static,
    read: impl FnOnce(&mut dyn Read) -> std::io::Result<T> + Send + 'static,
) -> Result<T, SnapshotError> {
    let pieces = stream.map(|piece| piece.map_err(std::io::Error::other));
    let mut stream = SyncIoBridge::new(StreamReader::new(Box::pin(pieces)));
    let done = tokio::task::spawn_blocking(move || read(&mut stream)).await;
    let done = done.map_err(std::io::Error::other).and_then(|done| done);
    done.map_err(|error| SnapshotError::Look { said: error.to_string() })
}

impl Looked {
    /// Looks through a tar of what is in a folder, as far as that is wanted.
    pub(super) fn tar(
        &mut self,
        tar: impl Read,
        folder: &str,
        is_wanted: impl Fn(&str) -> bool,
        searcher: &Searcher,
    ) -> std::io::Result<()> {
        let mut archive = tar::Archive::new(tar);
        let mut buffer = vec![0; PIECE];
        for entry in archive.entries()? {
            let mut entry = entry?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let path = format!("{folder}/{}", name.trim_start_matches("./").trim_matches('/'));
            if !is_wanted(&path) {
                continue;
            }
            let mut hits = searcher.hits_in(path.rsplit('/').next().unwrap_or_default().as_bytes());
            if let Some(target) = entry.link_name_bytes().filter(|_| entry.header().entry_type().is_symlink()) {
                hits.extend(searcher.hits_in(&target));
            }
            for extension in entry.pax_extensions().ok().flatten().into_iter().flatten().flatten() {
                if extension.key_bytes().starts_with(ATTRIBUTE) {
                    hits.extend(searcher.hits_in(extension.value_bytes()));
                }
            }
            let mut content = searcher.content();
            loop {
                let read = entry.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                content.read(buffer.get(..read).unwrap_or_default());
            }
            let held = content.finish();
            hits.extend(held.hits);
            if !held.is_whole && self.unread.len() < MOST_UNREAD {
                self.unread.push(format!("{path} to its end"));
            }
            #[allow(clippy::cast_precision_loss, reason = "a time to the microsecond is enough")]
            let changed = entry.header().mtime().unwrap_or_default() as f64;
            for hit in hits {
                if self.places.is_one_of_few(&hit.secret) {
                    self.found.push(InFile { path: path.clone(), hit, changed });
                }
            }
        }
        Ok(())
    }
}

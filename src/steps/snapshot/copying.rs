//! Volumes copied into others.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::SnapshotError;
use super::alone::{Alone, to_be_read};
use crate::engine::{Engine, MountDetails, MountSpec};
use crate::program::Entry;
use crate::tree::Copied;

/// Where the volumes are in the container.
const FROM: &str = "/from";
const TO: &str = "/to";
/// The list of what goes after the copy.
const REMOVED: &str = "opt/localspace/removed";

/// What is to be copied.
#[derive(Debug)]
pub(super) struct Copying<'a> {
    /// Whose work it is.
    pub(super) name: String,
    /// The container's labels.
    pub(super) labels: BTreeMap<String, String>,
    /// Which volumes, and into which, which are made with their labels.
    pub(super) pairs: Vec<(String, MountSpec)>,
    /// What goes there afterwards: the volume by its place in the list, a folder of it, and paths in that.
    pub(super) removed: Option<(usize, String, &'a [PathBuf])>,
}

impl Copying<'_> {
    /// Copies; returns what each came to.
    pub(super) async fn run(self, engine: &Engine) -> Result<Vec<Copied>, SnapshotError> {
        if self.pairs.is_empty() {
            return Ok(Vec::new());
        }
        let mut words = vec!["tree".to_owned(), "copy".to_owned()];
        let (mut mounts, mut entries) = (Vec::new(), Vec::new());
        for (at, (from, to)) in self.pairs.iter().enumerate() {
            words.extend([format!("{FROM}/{at}"), format!("{TO}/{at}")]);
            mounts.push(to_be_read(from, format!("{FROM}/{at}")));
            let details = MountDetails { no_copy: true, ..MountDetails::default() };
            mounts.push(MountSpec { target: format!("{TO}/{at}"), read_only: false, details, ..to.clone() });
        }
        if let Some((at, folder, paths)) = &self.removed {
            words.extend([
                "--remove-in".to_owned(),
                format!("{TO}/{at}/{folder}"),
                "--remove".to_owned(),
                format!("/{REMOVED}"),
            ]);
            entries.push(Entry::Private(REMOVED.to_owned(), list(paths)));
        }
        let alone =
            Alone { name: self.name, what: "copying", labels: self.labels, words, mounts, entries, input: None };
        let printed = alone.run(engine).await?.map_err(|said| SnapshotError::Copy { said })?;
        serde_json::from_slice(&printed).map_err(|error| SnapshotError::Copy { said: error.to_string() })
    }
}

/// Returns a list of paths for the program: a zero byte after each.
pub(in crate::steps) fn list(paths: &[PathBuf]) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    paths.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect()
}

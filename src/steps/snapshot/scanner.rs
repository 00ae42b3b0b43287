//! Trees of files looked through where they are: by this program in a container that has them.

use std::collections::BTreeMap;

use super::SnapshotError;
use super::alone::Alone;
use crate::engine::{Engine, MountSpec};
use crate::redact::{Searcher, Secret};
use crate::tree::Scanned;

/// What looks for secrets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    pub(super) engine: &'a Engine,
    pub(super) searcher: &'a Searcher,
    pub(super) secrets: &'a [(String, Secret<String>)],
    /// Whose work it is, and the labels of the container.
    pub(super) name: &'a str,
    pub(super) labels: &'a BTreeMap<String, String>,
}

impl Scanner<'_> {
    /// Looks through trees; `mount` says what is mounted at a path. Values go over standard input.
    pub(super) async fn scan<T>(
        &self,
        trees: &[T],
        mount: impl Fn(&T, String) -> MountSpec,
    ) -> Result<Scanned, SnapshotError> {
        let place = |at: usize| format!("/from/{at}");
        let mounts: Vec<MountSpec> = trees.iter().enumerate().map(|(at, tree)| mount(tree, place(at))).collect();
        if mounts.is_empty() {
            return Ok(Scanned::default());
        }
        let words = ["tree", "scan"].map(str::to_owned).into_iter().chain((0..mounts.len()).map(place)).collect();
        let values: BTreeMap<&str, &str> =
            self.secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
        let input = Some(Secret::new(serde_json::to_string(&values).unwrap_or_default()));
        let (name, labels) = (self.name.to_owned(), self.labels.clone());
        let alone = Alone { name, what: "looking", labels, words, mounts, entries: Vec::new(), input };
        let said = |said: String| SnapshotError::Look { said };
        let printed = alone.run(self.engine).await?.map_err(said)?;
        serde_json::from_slice(&printed).map_err(|error| said(error.to_string()))
    }
}

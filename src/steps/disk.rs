//! What lies in a codespace's `/workspaces`: read through the engine, before a run, whether or not there is a container.

use std::collections::BTreeMap;
use std::path::Path;

use super::container::workspaces;
use super::unpack::{Most, UnpackError, unpack};
use crate::codespace::CodespaceName;
use crate::engine::{ContainerId, ContainerSpec, Engine, EngineError};

/// The most that is taken of a repository's files.
const MOST: Most = Most { bytes: 8_000_000_000, entries: 1_000_000 };

/// A codespace's `/workspaces`.
#[derive(Debug)]
pub struct Disk {
    engine: Engine,
    container: ContainerId,
    /// The image of a container that was made for looking.
    look: Option<String>,
}

/// Why a codespace's files could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("the files in {folder} of the codespace cannot be taken: {source}")]
pub struct DiskError {
    folder: String,
    source: UnpackError,
}

impl Disk {
    /// Opens the one of a container, running or not.
    pub const fn of_container(engine: Engine, container: ContainerId) -> Self {
        Self { engine, container, look: None }
    }

    /// Opens the one of a codespace whose container is gone: through a container with nothing in it, which is never started. It has the codespace's
    /// `labels`: one that is left behind is what a run left that died while it made a container.
    pub async fn of_volume(
        engine: Engine,
        name: &CodespaceName,
        labels: &BTreeMap<String, String>,
    ) -> Result<Self, EngineError> {
        let image = look_image(name);
        engine.make_empty_image(&image).await?;
        let spec = ContainerSpec {
            name: name.to_string(),
            image: image.clone(),
            labels: labels.clone(),
            // The engine wants one.
            command: vec!["-".to_owned()],
            mounts: vec![workspaces(name, labels)],
            ..ContainerSpec::default()
        };
        let container = engine.create(spec).await?;
        Ok(Self { engine, container, look: Some(image) })
    }

    /// Returns a file's content; nothing where there is no file.
    pub async fn file(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.read_file(&self.container, path, most).await
    }

    /// Copies everything in a folder into another one, which is empty and of this machine.
    pub async fn copy(&self, folder: &str, to: &Path) -> Result<(), DiskError> {
        let tar = self.engine.folder_stream(&self.container, folder);
        let unpacked = unpack(Box::pin(tar), to.to_owned(), MOST).await;
        unpacked.map_err(|source| DiskError { folder: folder.to_owned(), source })
    }

    /// Leaves nothing behind of it.
    pub async fn close(self) -> Result<(), EngineError> {
        let Some(image) = self.look else { return Ok(()) };
        self.engine.remove(&self.container).await?;
        self.engine.remove_image(&image).await.map(drop)
    }
}

/// Returns the image of a container that is made to look at a codespace's volume.
pub fn look_image(name: impl std::fmt::Display) -> String {
    format!("localspace-look:{name}")
}

//! What a container has become, as an image: committed, listed, looked at.

use std::collections::BTreeMap;

use bollard::models::ContainerConfig;
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CommitContainerOptionsBuilder, ListImagesOptionsBuilder, LogsOptionsBuilder,
    RemoveImageOptionsBuilder,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::AsyncWriteExt;

use super::client::Engine;
use super::container::{ContainerId, LabelFilter};
use super::error::EngineError;

/// An image and its labels, of the engine's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledImage {
    /// `sha256:…`.
    pub id: String,
    /// What it is called.
    pub names: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its size, in bytes, with what it shares with others.
    pub size: u64,
}

/// A layer of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What made it.
    pub made_by: String,
    /// Its size, in bytes.
    pub size: u64,
}

/// How a container that was started for one thing has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RanToEnd {
    /// Its exit code.
    pub exit_code: i64,
    /// What it printed to standard output.
    pub stdout: Vec<u8>,
    /// What it printed to standard error.
    pub stderr: Vec<u8>,
}

/// The most that is kept of what such a container prints, in bytes.
const MOST_PRINTED: usize = 16 * 1024 * 1024;

impl Engine {
    /// Makes an image of a container's file system under a name; `labels` are the image's, over those of the container.
    pub async fn commit(
        &self,
        id: &ContainerId,
        (repository, tag): (&str, &str),
        labels: &BTreeMap<String, String>,
    ) -> Result<String, EngineError> {
        let options = CommitContainerOptionsBuilder::default().container(id.as_str()).repo(repository).tag(tag);
        let labels = labels.clone().into_iter().collect();
        let config = ContainerConfig { labels: Some(labels), ..ContainerConfig::default() };
        let made = self.docker.commit_container(options.build(), config).await;
        made.map(|image| image.id).map_err(|error| self.explain("keep the container", &id.to_string(), error))
    }

    /// Takes a name from an image, also where a container uses it: that keeps the image itself. One that is gone is no error.
    pub async fn untag(&self, name: &str) -> Result<(), EngineError> {
        let options = RemoveImageOptionsBuilder::default().force(true).build();
        match self.docker.remove_image(name, Some(options), None).await {
            Ok(_) => Ok(()),
            Err(error) => match self.explain("remove the image", name, error) {
                error if error.is_not_found() => Ok(()),
                error => Err(error),
            },
        }
    }

    /// Returns the images that have every one of the labels, those without a name too.
    pub async fn labelled_images(&self, filters: &[LabelFilter]) -> Result<Vec<LabelledImage>, EngineError> {
        let labels: Vec<String> = filters.iter().map(|filter| filter.0.clone()).collect();
        let filters = [("label".to_owned(), labels)].into();
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let listed = self.quick.list_images(Some(options)).await;
        let listed = listed.map_err(|error| self.explain("list", "its images", error))?;
        let labelled = |image: bollard::models::ImageSummary| LabelledImage {
            id: image.id,
            names: image.repo_tags.into_iter().filter(|name| name != "<none>:<none>").collect(),
            labels: image.labels.into_iter().collect(),
            size: u64::try_from(image.size).unwrap_or(0),
        };
        Ok(listed.into_iter().map(labelled).collect())
    }

    /// Returns an image's layers, the newest first.
    pub async fn layers(&self, image: &str) -> Result<Vec<Layer>, EngineError> {
        let listed = self.quick.image_history(image).await;
        let listed = listed.map_err(|error| self.explain("look into the image", image, error))?;
        let layer = |one: bollard::models::ImageHistoryResponseItem| Layer {
            made_by: one.created_by,
            size: u64::try_from(one.size).unwrap_or(0),
        };
        Ok(listed.into_iter().map(layer).collect())
    }

    /// Returns a tar of an image, as `docker save` has it.
    pub fn save(&self, image: &str) -> impl Stream<Item = Result<Bytes, EngineError>> + Send + use<> {
        let (engine, name) = (self.clone(), image.to_owned());
        let stream = self.docker.export_image(image);
        stream.map(move |piece| piece.map_err(|error| engine.explain("read the image", &name, error)))
    }

    /// Starts a container that reads its input, sends it that, and waits until it has ended. Nothing of what it is sent is in a request.
    pub async fn run_with_input(&self, id: &ContainerId, input: &[u8]) -> Result<RanToEnd, EngineError> {
        let options = AttachContainerOptionsBuilder::default().stdin(true).stream(true).build();
        let attached = self.docker.attach_container(id.as_str(), Some(options)).await;
        let mut attached = attached.map_err(|error| self.explain("speak to the container", &id.to_string(), error))?;
        self.start(id).await?;
        let sent = async {
            attached.input.write_all(input).await?;
            attached.input.flush().await?;
            attached.input.shutdown().await
        };
        // Where it could not be sent, what the container printed says why.
        let _sent = sent.await;
        self.ended(id).await
    }

    /// Starts a container, and waits until it has ended.
    pub async fn run_to_end(&self, id: &ContainerId) -> Result<RanToEnd, EngineError> {
        self.start(id).await?;
        self.ended(id).await
    }

    /// Returns the paths that are in a container and not, or not so, in its image. Volumes are no part of it.
    pub async fn changed_paths(&self, id: &ContainerId) -> Result<Vec<String>, EngineError> {
        use bollard::models::ChangeType;
        let changes = self.docker.container_changes(id.as_str()).await;
        let changes = changes.map_err(|error| self.explain("look into the container", &id.to_string(), error))?;
        let there = changes.unwrap_or_default().into_iter().filter(|change| change.kind != ChangeType::_2);
        Ok(there.map(|change| change.path).collect())
    }

    /// Returns a tar of a container's file system, without its volumes.
    pub fn export(&self, id: &ContainerId) -> impl Stream<Item = Result<Bytes, EngineError>> + Send + use<> {
        let (engine, subject) = (self.clone(), id.to_string());
        let stream = self.docker.export_container(id.as_str());
        stream.map(move |piece| piece.map_err(|error| engine.explain("read the container", &subject, error)))
    }

    /// Follows what a container prints until it has ended.
    async fn ended(&self, id: &ContainerId) -> Result<RanToEnd, EngineError> {
        use bollard::container::LogOutput;
        let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).build();
        let mut logs = self.docker.logs(id.as_str(), Some(options));
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Some(chunk) = logs.next().await {
            let chunk = chunk.map_err(|error| self.explain("read the log of", &id.to_string(), error))?;
            let to = if matches!(chunk, LogOutput::StdErr { .. }) { &mut stderr } else { &mut stdout };
            let bytes = chunk.into_bytes();
            let room = MOST_PRINTED.saturating_sub(to.len());
            to.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        }
        let details = self.inspect(id).await?.unwrap_or_default();
        Ok(RanToEnd { exit_code: details.exit_code, stdout, stderr })
    }
}

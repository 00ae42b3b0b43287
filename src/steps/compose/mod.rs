//! A codespace whose container is a service of a Docker Compose project: the project is one codespace.
//!
//! What compose makes of the repository's files ([`crate::compose`]) is turned into a project of the codespace's own (`project`, pure): its
//! labels are on everything, so that what exists is known without any file; binds of the repository are its `/workspaces`, wherever the engine
//! is; names and ports meet nobody else's. `docker compose` is given that file alone.

mod binds;
mod build;
mod dev_service;
mod follow;
mod image;
mod make;
mod project;
mod service;
mod services;
mod start;
mod subnets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) use image::ready as image;
pub(super) use make::make;
pub(super) use services::look;
pub(super) use start::{start, start_own};

use super::order::Order;
use super::runner::EngineRunner;
use crate::compose::{ComposeError, Docker, Model};
use crate::engine::ImageDetails;

/// A project whose images are on the engine.
#[derive(Debug)]
pub(super) struct Stack {
    /// What compose makes of its files.
    model: Model,
    /// The service that is the codespace's container.
    service: String,
    /// The repository's folder on this machine, without links.
    root: PathBuf,
    /// Where the service has the whole of the working tree, where that is mounted itself.
    place: Option<String>,
    /// The images of the services, by what each is called now.
    images: BTreeMap<String, String>,
}

impl Stack {
    /// Has the codespace's container run another image.
    pub(super) fn run(&mut self, image: String) {
        self.images.insert(self.service.clone(), image);
    }

    /// Returns an image as the codespace's service runs it.
    pub(super) fn as_run(&self, image: ImageDetails) -> ImageDetails {
        image::as_run(image, &self.model, &self.service)
    }

    /// Returns where the codespace's container has the working tree; nothing where it has none.
    pub(super) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// Returns what the service is called that is the codespace's container.
    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// Returns the services beside the codespace's own that do not need it.
    fn others(&self) -> impl Iterator<Item = &str> {
        self.model.services().map(|(name, _)| name).filter(|name| !self.model.needs(name, &self.service))
    }
}

/// Ends what a run that died has left of its `docker compose`; `folder` is where the codespace's state is kept.
pub async fn end(folder: &Path) -> Result<(), ComposeError> {
    Ok(crate::compose::end_leftover(&folder.join(FOLDER)).await?)
}

/// Where a codespace's compose keeps what is its own, beside the rest of the codespace's state.
const FOLDER: &str = "compose";

impl Order {
    /// Returns where the codespace's compose keeps what is its own.
    fn compose_folder(&self) -> PathBuf {
        self.environment_file.with_file_name(FOLDER)
    }

    /// Returns the project that compose was given last.
    fn compose_file(&self) -> PathBuf {
        self.compose_folder().join("project.json")
    }
}

impl EngineRunner {
    fn docker(&self) -> Docker {
        let engine = self.engine.endpoint().for_docker_command();
        Docker::new(&self.order.compose_folder(), engine, &self.order.local_env)
    }
}

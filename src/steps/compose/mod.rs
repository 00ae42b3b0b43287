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
mod making;
mod of_hub;
mod project;
mod restored;
mod service;
mod services;
pub(super) mod stack;
mod start;
mod subnets;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(super) use image::{of_prebuild, ready as image};
pub(super) use make::make;
pub(super) use services::look;
pub(super) use start::{start, start_own};

use super::order::Order;
use super::runner::EngineRunner;
use crate::compose::{ComposeError, Docker};

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

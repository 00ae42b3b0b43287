//! A local image published to a hub: the engine pushes it through the hub's port on its own loopback, under a name that is gone afterwards. A tarball
//! of npm's is put into the hub's container.

use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::error::HubError;
use super::running::{RunningHub, unexpected};
use crate::engine::{Engine, EngineError, Push, RegistryCredentials};
use crate::github::hub::PackageName;
use crate::hub_server::admin::{Answer, Question, TARBALL};
use crate::hub_server::{Places, Publication};
use crate::program::{Entry, tar};

/// How long a push may take.
const LIFE: Duration = Duration::from_hours(1);
/// Whom the token is shown with; it alone counts.
const USER: &str = "localspace";

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its name, with the tag.
    pub image: String,
    /// The same for the engine of this machine.
    pub local: String,
}

impl RunningHub {
    /// Publishes a local image as a package. Whoever calls this holds the hub.
    pub async fn publish(
        &self,
        image: &str,
        (name, tag): (&PackageName, &str),
        publication: &Publication,
    ) -> Result<Published, HubError> {
        let found = self.engine.image(image).await?.ok_or_else(|| HubError::NoImage { image: image.to_owned() })?;
        let (beginning, port) = (beginning(&self.port().to_string()), self.port());
        sweep(&self.engine, &port.to_string()).await?;
        // To take an image its last name is to remove it.
        if found.names.iter().all(|name| name.starts_with(&beginning)) {
            return Err(HubError::Nameless { image: image.to_owned() });
        }
        let token = self.publisher_token(publication, LIFE).await?;
        let (named, server) = (format!("{beginning}{name}:{tag}"), format!("127.0.0.1:{port}"));
        self.engine.tag(&found.id, &named).await?;
        let pushed =
            self.engine.push(&named, RegistryCredentials { server: &server, user: USER, password: &token }).await;
        let _removed = self.engine.remove_image(&named).await?;
        match pushed? {
            Push::Done => {
                Ok(Published { image: format!("{name}:{tag}"), local: format!("localhost:{port}/{name}:{tag}") })
            }
            Push::Refused(reason) => Err(HubError::Push { image: format!("{name}:{tag}"), reason }),
        }
    }
}

/// The largest tarball that is published, in bytes.
const MAX_TARBALL: u64 = 24 * 1024 * 1024;

impl RunningHub {
    /// Publishes a tarball that `npm pack` has made; returns the version. Whoever calls this holds the hub.
    pub async fn publish_tarball(&self, file: &Path, publication: &Publication) -> Result<String, HubError> {
        let unreadable = |reason: String| HubError::Tarball { file: file.display().to_string(), reason };
        let read = tokio::fs::File::open(file).await.map_err(|error| unreadable(error.to_string()))?;
        let mut bytes = Vec::new();
        read.take(MAX_TARBALL + 1).read_to_end(&mut bytes).await.map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > MAX_TARBALL {
            return Err(unreadable("it is larger than a hub takes (24 MB)".to_owned()));
        }
        let at = format!("{}/{TARBALL}", Places::of_container().runtime.display());
        let entry = Entry::Private(at.trim_start_matches('/').to_owned(), bytes);
        self.engine.upload(&self.container, "/", tar(vec![entry])).await?;
        match self.ask(&Question::PublishTarball { publication: publication.clone() }).await? {
            Answer::Published { version } => Ok(version),
            Answer::Failed { reason } => Err(unreadable(reason)),
            other @ (Answer::About(_) | Answer::Token { .. } | Answer::Explained(_) | Answer::Done) => {
                Err(unexpected(&other))
            }
        }
    }
}

/// Removes the names that builds have left for images of the hub's, which were killed.
pub(super) async fn sweep_pulled(engine: &Engine, port: &str) -> Result<(), EngineError> {
    remove_names(engine, &format!("localhost:{port}/")).await
}

/// Returns what the names begin with that images are pushed under. Everybody else calls the port `localhost`.
fn beginning(port: &str) -> String {
    format!("127.0.0.1:{port}/")
}

/// Removes the names that one has left who was killed.
pub(super) async fn sweep(engine: &Engine, port: &str) -> Result<(), EngineError> {
    remove_names(engine, &beginning(port)).await
}

async fn remove_names(engine: &Engine, beginning: &str) -> Result<(), EngineError> {
    for name in engine.image_names(beginning).await? {
        let _removed = engine.remove_image(&name).await?;
    }
    Ok(())
}

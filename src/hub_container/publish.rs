//! A local image published to a hub: the engine pushes it through the hub's port on its own loopback, under a name that is gone afterwards.

use std::time::Duration;

use super::error::HubError;
use super::running::RunningHub;
use crate::engine::{Engine, EngineError, Push, RegistryCredentials};
use crate::github::hub::PackageName;
use crate::hub_server::Publication;

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

/// Returns what the names begin with that images are pushed under. Everybody else calls the port `localhost`.
fn beginning(port: &str) -> String {
    format!("127.0.0.1:{port}/")
}

/// Removes the names that one has left who was killed.
pub(super) async fn sweep(engine: &Engine, port: &str) -> Result<(), EngineError> {
    for name in engine.image_names(&beginning(port)).await? {
        let _removed = engine.remove_image(&name).await?;
    }
    Ok(())
}

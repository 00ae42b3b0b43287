//! A Compose project whose images are on the engine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::compose::Model;
use crate::engine::ImageDetails;

/// A project whose images are on the engine.
#[derive(Debug)]
pub(in crate::steps) struct Stack {
    /// What compose makes of its files.
    pub(in crate::steps::compose) model: Model,
    /// The service that is the codespace's container.
    pub(in crate::steps::compose) service: String,
    /// The repository's folder on this machine, without links.
    pub(in crate::steps::compose) root: PathBuf,
    /// Where the service has the whole of the working tree, where that is mounted itself.
    pub(in crate::steps::compose) place: Option<String>,
    /// The images of the services, by what each is called now.
    pub(in crate::steps::compose) images: BTreeMap<String, String>,
}

impl Stack {
    /// Has the codespace's container run another image.
    pub(in crate::steps) fn run(&mut self, image: String) {
        self.images.insert(self.service.clone(), image);
    }

    /// Returns an image as the codespace's service runs it.
    pub(in crate::steps) fn as_run(&self, image: ImageDetails) -> ImageDetails {
        as_run(image, &self.model, &self.service)
    }

    /// Returns where the codespace's container has the working tree; nothing where it has none.
    pub(in crate::steps) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// Returns what the service is called that is the codespace's container.
    pub(in crate::steps) fn service(&self) -> &str {
        &self.service
    }

    /// Returns the services beside the codespace's own that do not need it.
    pub(in crate::steps::compose) fn others(&self) -> impl Iterator<Item = &str> {
        self.model.services().map(|(name, _)| name).filter(|name| !self.model.needs(name, &self.service))
    }
}

/// Returns an image as a service runs it: its own user, entrypoint and command count.
pub(super) fn as_run(image: ImageDetails, model: &Model, service: &str) -> ImageDetails {
    let (entrypoint, command) = (model.words(service, "entrypoint"), model.words(service, "command"));
    ImageDetails {
        user: model.text(service, "user").unwrap_or(image.user),
        // As the engine has it: an entrypoint of one's own takes the image's command away.
        command: command.unwrap_or(if entrypoint.is_some() { Vec::new() } else { image.command }),
        entrypoint: entrypoint.unwrap_or(image.entrypoint),
        ..image
    }
}

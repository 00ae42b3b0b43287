//! The image under a service of a Compose project: what `docker compose` says it is, or what the service's Dockerfile builds on.

use std::path::Path;

use super::place::Place;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::compose::{Docker, Model, Request, read};
use crate::devcontainer::{ComposeService, Configuration, Dockerfile};
use crate::engine::architecture;
use crate::report::plain;

/// Returns the image whose label counts; nothing where that cannot be told.
pub(super) async fn image(
    context: &mut Context,
    config: &Configuration,
    service: &ComposeService,
    place: &Place,
) -> Result<Option<String>, CliError> {
    let folder = tempfile::tempdir()?;
    // The engine takes no part in it: one that is not there is no error.
    let engine = context.endpoint().map(|endpoint| endpoint.for_docker_command()).unwrap_or_default();
    let docker = Docker::new(folder.path(), engine, &context.environment);
    let (root, folder) = (place.root().canonicalize()?, place.files().canonicalize()?);
    let path = place.path().display().to_string();
    let request =
        Request { root: &root, folder: &folder, config: &path, text: &config.text, service, name: "localspace-config" };
    let project = read(&docker, &request).await?;
    for warning in &project.warnings {
        context.ui.say(&format!("warning: {}\n", plain(warning)));
    }
    let name = &service.service.value;
    let base = match project.model.build(name) {
        // What is built has the metadata of what it builds on, whatever it is called.
        Some(_) => built_on(&project.model, name, &root)?,
        None => project.model.text(name, "image"),
    };
    if base.is_none() {
        context
            .ui
            .say(&format!("note: what the service {} builds on cannot be told: there is no metadata\n", plain(name)));
    }
    Ok(base)
}

fn built_on(model: &Model, service: &str, root: &Path) -> Result<Option<String>, CliError> {
    let Some(build) = model.build(service) else { return Ok(None) };
    let path = Path::new(&build.context).join(&build.dockerfile);
    let dockerfile = match (&build.inline, path.strip_prefix(root).ok().and_then(Path::to_str)) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) => crate::cli::configuration::read(root, path)?,
        // A repository that the builder fetches.
        (None, None) => return Ok(None),
    };
    Ok(Dockerfile::read(&dockerfile).base_image(
        &build.args.into_iter().collect(),
        build.target.as_deref(),
        architecture(),
    ))
}

//! The phase `image` of a Compose project: its files are read, the images of its services built or pulled.

use std::collections::BTreeMap;
use std::path::Path;

use super::binds::{Lies, Repository};
use super::build::{Builds, builds};
use super::follow::{Call, Logins, follow};
use super::of_hub::OfHub;
use super::stack::Stack;
use crate::compose::{ComposeError, Ends, Model, Request, read};
use crate::devcontainer::{ComposeService, ContainerSource, DevContainer, Spanned, Variables};
use crate::diagnosis::{Failed, diagnose_pull};
use crate::engine::ImageDetails;
use crate::home::write_whole;
use crate::journal::Event;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::steps::choices::Cache;
use crate::steps::image::failure::Cause;
use crate::steps::image::pull;
use crate::steps::runner::EngineRunner;
use crate::steps::snapshot::Prebuilt;

/// The largest Dockerfile that is looked into, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Reads the project and makes its images be there. Returns it, and the image that the codespace's container runs, as its service runs it.
pub(in crate::steps) async fn ready(
    runner: &EngineRunner,
    config: &DevContainer,
    service: &ComposeService,
) -> Result<(Stack, ImageDetails), StepFailure> {
    let mut stack = Box::pin(project(runner, config, service)).await?;
    stack.images = images(runner, config, &stack.model).await?;
    let image = stack.images.get(&stack.service).map_or("", String::as_str);
    let details = runner.engine.image(image).await?.unwrap_or_default();
    let details = stack.as_run(details);
    Ok((stack, details))
}

/// Returns the project of a prebuild, whose services run what has become of their containers there; nothing where there is no project.
pub(in crate::steps) async fn of_prebuild(
    runner: &EngineRunner,
    config: &DevContainer,
    prebuilt: &Prebuilt,
) -> Result<Option<Stack>, StepFailure> {
    let ContainerSource::Compose(service) = &config.source else { return Ok(None) };
    let mut stack = Box::pin(project(runner, config, service)).await?;
    for (service, image) in &prebuilt.kept.record.services {
        // By its id: the prebuild may be deleted before the codespace, with its names.
        let known = runner.engine.image(image).await?.map_or_else(|| image.clone(), |details| details.id);
        stack.images.insert(service.clone(), known);
    }
    stack.run(prebuilt.kept.image.clone());
    Ok(Some(stack))
}

/// Reads the project.
async fn project(runner: &EngineRunner, config: &DevContainer, service: &ComposeService) -> Result<Stack, StepFailure> {
    let Some(files) = runner.order.files() else {
        return Err(StepFailure::new(FailureKind::Engine, "there is nothing to read the project from".to_owned()));
    };
    let folder = files.canonicalize().map_err(ComposeError::Disk)?;
    let top = runner.order.top().map(Path::canonicalize).transpose().map_err(ComposeError::Disk)?;
    // A folder that is opened in a repository; where it is so by a link alone, it is on its own.
    let root = top.filter(|top| folder.starts_with(top)).unwrap_or_else(|| folder.clone());
    let service =
        replaced(service, &Variables { local_folder: Some(folder.display().to_string()), ..runner.variables() });
    let path = folder.strip_prefix(&root).unwrap_or(Path::new("")).join(&config.file);
    let request = Request {
        root: &root,
        folder: &folder,
        config: &path.display().to_string(),
        text: &config.text,
        service: &service,
        name: runner.order.name.as_str(),
    };
    let docker = runner.docker();
    let reading = read(&docker, &request);
    let project = runner.cancel.run_until_cancelled(reading).await;
    let Some(project) = project else {
        return Err(StepFailure::new(
            FailureKind::Interrupted,
            "the project's files were not read to their end".to_owned(),
        ));
    };
    let project = project?;
    for warning in project.warnings {
        runner.warn(Phase::Image, warning, None).await;
    }
    let model = project.model.with_profiles(&request, &project.folder)?;
    let service = service.service.value.clone();
    let repository = Repository { root: &root, name: runner.order.folder_name(), lies: Lies::Here };
    let own = model.service(&service).filter(|_| runner.order.bind.is_some());
    let place = own.and_then(|own| repository.place(own, &runner.order.workspace_folder));
    Ok(Stack { model, service, root, place, images: BTreeMap::new() })
}

/// Returns what a configuration says of the project, variables replaced.
fn replaced(service: &ComposeService, variables: &Variables) -> ComposeService {
    let one = |text: &Spanned<String>| Spanned { value: variables.apply(&text.value), span: text.span.clone() };
    ComposeService {
        files: service.files.iter().map(one).collect(),
        files_span: service.files_span.clone(),
        service: one(&service.service),
        run_services: service.run_services.iter().map(one).collect(),
    }
}

/// Returns the text of a service's Dockerfile, where it is on this machine.
fn dockerfile(model: &Model, service: &str) -> Option<String> {
    let build = model.build(service)?;
    let path = Path::new(&build.context).join(build.dockerfile);
    let read = || {
        let is_small = path.metadata().is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
        is_small.then(|| std::fs::read_to_string(&path).ok()).flatten()
    };
    build.inline.or_else(read)
}

/// Builds what is built and pulls what is not there; returns what the images are called.
async fn images(
    runner: &EngineRunner,
    config: &DevContainer,
    model: &Model,
) -> Result<BTreeMap<String, String>, StepFailure> {
    let (name, labels) = (&runner.order.name, runner.order.own_labels());
    let Builds { mut file, images, groups, warnings } =
        builds(model, name, &labels, |service| dockerfile(model, service));
    for warning in warnings {
        runner.warn(Phase::Image, warning, None).await;
    }
    let is_built = |service: &str| model.build(service).is_some();
    let of_hub = Box::pin(OfHub::ready(runner, config, model, &mut file, |service| dockerfile(model, service))).await?;
    if !groups.is_empty() {
        write_whole(&runner.order.compose_file(), file.to_string().as_bytes())?;
    }
    let built = build(runner, config, &groups, &of_hub).await;
    of_hub.end(runner).await?;
    built?;
    let mut pulled: Vec<&str> = Vec::new();
    for (service, image) in images.iter().filter(|(service, _)| !is_built(service)) {
        if !pulled.contains(&image.as_str()) && !images.iter().any(|(other, own)| own == image && is_built(other)) {
            pulled.push(image);
            pull::ready(runner, config, image, model.text(service, "platform").as_deref()).await?;
        }
    }
    Ok(images)
}

/// Builds the images of the services, group by group.
async fn build(
    runner: &EngineRunner,
    config: &DevContainer,
    groups: &[Vec<String>],
    of_hub: &OfHub,
) -> Result<(), StepFailure> {
    for (at, group) in groups.iter().enumerate() {
        let mut words = match (runner.order.cache, at) {
            (Cache::Used, _) => vec!["build"],
            (Cache::Ignored, 0) if of_hub.is_empty() => vec!["build", "--no-cache", "--pull"],
            // What it is built from was just built, and is in no registry, or was just asked for.
            (Cache::Ignored, _) => vec!["build", "--no-cache"],
        };
        words.extend(group.iter().map(String::as_str));
        let call = Call { phase: Phase::Image, words: &words, logins: Logins::Secrets, ends: Ends::AtOnce };
        let ended = follow(runner, call).await?;
        if !ended.success {
            return Err(unbuilt(runner, config, &ended.tail, ended.reason()).await);
        }
    }
    Ok(())
}

/// An image that could not be built: a registry's refusal is told from a Dockerfile that fails.
async fn unbuilt(runner: &EngineRunner, config: &DevContainer, tail: &str, reason: &str) -> StepFailure {
    const REFUSED: [&str; 5] =
        ["unauthorized", "denied", "no basic auth credentials", "401 Unauthorized", "403 Forbidden"];
    if reason.contains("pull access denied")
        || tail.lines().any(|line| line.contains("failed to") && REFUSED.iter().any(|text| line.contains(text)))
    {
        let image = refused_image(tail);
        let failed = Failed {
            phase: Phase::Image,
            purpose: runner.order.purpose,
            command: "",
            exit_code: None,
            output: tail,
            registries: &runner.world.registries,
        };
        runner.record.record(Event::Diagnosis(diagnose_pull(&failed, &image))).await;
        return StepFailure::new(FailureKind::Registry, format!("the registry refused the image {image}: {reason}"));
    }
    let problem = format!("docker compose could not build the images of the services: {reason}");
    if Cause::of(reason).is_the_engines() {
        return StepFailure::new(FailureKind::Engine, problem);
    }
    config.error(config.source.span().clone(), problem, None).into()
}

/// Returns the image that a build could not have, as the builder names it.
fn refused_image(tail: &str) -> String {
    let named = tail.lines().rev().find_map(|line| {
        let (before, _) = line.split_once(": failed to ")?;
        let name = before.rsplit(' ').next()?;
        name.contains(['/', ':']).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| "that it builds on".to_owned())
}

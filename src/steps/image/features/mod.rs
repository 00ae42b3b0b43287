//! Features: found, put in order, fetched, and installed in an image by a build of their own.

mod lock;

use std::path::Path;

use super::build::{Outcome, Shown, build};
use super::dockerfile::{details, diagnosed};
use super::failure::Cause;
use super::made::Image;
use super::name;
use crate::devcontainer::feature::{Build, Feature, Installation, Ordered, Worklist};
use crate::devcontainer::{Configuration, DevContainer, Entry, ImageReference, MergedConfiguration};
use crate::engine::{BuildFailure, BuildSpec, ImageDetails, Reuse};
use crate::feature_store::{Content, FeatureStore, FetchError, Reach, Surroundings, read_lockfile};
use crate::journal::Event;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::steps::choices::Cache;
use crate::steps::hub::{HubAccess, Rule};
use crate::steps::limits::{deadline, within};
use crate::steps::pack::Tar;
use crate::steps::runner::EngineRunner;

/// What Features are installed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base<'a> {
    /// What a Dockerfile calls the image.
    pub(crate) name: &'a str,
    /// What the engine says of it.
    pub(crate) details: &'a ImageDetails,
    /// What its metadata says, raw.
    pub(crate) entries: &'a [Entry],
}

/// Installs a configuration's Features in an image. The new one has the whole metadata, the configuration's own part too.
pub(crate) async fn install(
    runner: &EngineRunner,
    config: &DevContainer,
    base: Base<'_>,
) -> Result<Image, StepFailure> {
    let Some(files) = runner.order.files() else {
        return Err(StepFailure::new(FailureKind::Engine, "there is nothing to install Features from".to_owned()));
    };
    let configuration = Configuration::read(&config.text, &config.file)?;
    let work = resolve(runner, &configuration, files);
    let limit = runner.order.timeout;
    let cut = within(&runner.cancel, deadline(limit), Box::pin(work)).await;
    let Resolved { features, contents, lock } = cut.map_err(|cut| cut.failure(limit))??;
    let entries: Vec<Entry> = base.entries.iter().cloned().chain(features.iter().map(Feature::entry)).collect();
    let all = [entries.clone(), vec![config.entry.clone()]].concat();
    let reference =
        ImageReference::parse(base.name).map_err(|problem| StepFailure::new(FailureKind::Engine, problem))?;
    let prepared = installation(runner, &configuration, &reference, base, (&features, &all))?;
    let spec = spec(runner);
    let shown = |step: &str| shown(step, &features, &prepared);
    match build(runner, &spec, tar(&prepared, &contents), Shown::As(&shown)).await? {
        Outcome::Built(id) => {
            let details = details(runner, &id).await?;
            let lock = lock.write(files, &config.file)?;
            Ok(Image { details, entries, lock, stack: None })
        }
        Outcome::Failed { failure, output } => {
            diagnosed(runner, &failure, &output).await;
            Err(failed(config, &features, &prepared, &failure))
        }
    }
}

/// Features in order, with their files.
struct Resolved {
    features: Vec<Feature>,
    contents: Vec<Content>,
    lock: lock::Locked,
}

async fn resolve(runner: &EngineRunner, config: &Configuration, files: &Path) -> Result<Resolved, StepFailure> {
    let store = FeatureStore::new(Surroundings {
        repository: files.to_owned(),
        top: files.to_owned(),
        registries: runner.world.registries.complete.clone(),
        hub: runner.hub.as_ref().map(HubAccess::for_features),
        ..runner.order.features.clone()
    });
    let text = "resolving Features".to_owned();
    runner.record.record(Event::Progress { phase: Phase::Image, text }).await;
    let old = read_lockfile(files, &config.file)?;
    let variables = runner.variables();
    let worklist = Worklist::new(config, &variables, Vec::new());
    let resolution = Box::pin(store.resolve(worklist, old.as_ref(), Reach::Everywhere)).await;
    for note in resolution.notes {
        runner.warn(Phase::Image, note, None).await;
    }
    let (said, fault) = (said(config, &resolution.ordered), resolution.fault);
    let features = match resolution.ordered.features {
        Ok(features) => features,
        Err(error) => {
            let failure = StepFailure::from(error);
            let kind = fault.map_or(failure.kind, FailureKind::from);
            return Err(with_rule(runner, StepFailure { kind, ..failure }).await);
        }
    };
    for line in said {
        runner.warn(Phase::Image, line, None).await;
    }
    let mut lock = lock::Locked::of(&features, old.as_ref(), runner.order.lockfile, config)?;
    if let Some(note) = lock.note.take() {
        runner.warn(Phase::Image, note, None).await;
    }
    let text = "fetching Features".to_owned();
    runner.record.record(Event::Progress { phase: Phase::Image, text }).await;
    let contents = Box::pin(store.contents(&features)).await;
    match contents {
        Ok(contents) => Ok(Resolved { features, contents, lock }),
        Err((feature, error)) => Err(with_rule(runner, not_had(config, feature, &error)).await),
    }
}

/// Adds the rule by which a hub refuses the Feature that a failure names.
async fn with_rule(runner: &EngineRunner, failure: StepFailure) -> StepFailure {
    let Some(hub) = runner.hub.as_ref().filter(|_| failure.kind == FailureKind::Registry) else { return failure };
    for named in failure.reason.split('`').skip(1).step_by(2) {
        if let Some(Rule { why, fix }) = hub.refusal(named, &runner.order.repository).await {
            let reason = format!("{} ({why})", failure.reason);
            return StepFailure { reason, hint: fix.or(failure.hint), ..failure };
        }
    }
    failure
}

/// Returns what is to be said of Features, each with its place.
fn said(config: &Configuration, ordered: &Ordered) -> Vec<String> {
    let own = ordered.findings.iter().map(|finding| config.line(finding));
    let others = ordered.local.iter().flat_map(|one| one.findings.iter().map(|finding| one.line(finding)));
    own.chain(others).collect()
}

/// Returns the failure of a Feature whose files cannot be had, at the place that asks for it.
fn not_had(config: &Configuration, feature: &Feature, error: &FetchError) -> StepFailure {
    let place = feature.root.clone().unwrap_or(0..1);
    let failure = StepFailure::from(config.error(place, error.to_string(), error.hint()));
    StepFailure { kind: error.fault().into(), ..failure }
}

/// Returns the build that installs them.
fn installation(
    runner: &EngineRunner,
    config: &Configuration,
    reference: &ImageReference,
    base: Base<'_>,
    (features, entries): (&[Feature], &[Entry]),
) -> Result<Build, StepFailure> {
    let variables = runner.variables();
    let merged = MergedConfiguration::of(entries, &variables)
        .map_err(|problem| StepFailure::new(FailureKind::Configuration, problem))?;
    // devcontainer-semantics.md section 1.8: the metadata's, Compose's (which is the image's by now), the image's.
    let container_user = merged.container_user.as_deref().unwrap_or(&base.details.user);
    let own = entries.last().and_then(|own| own.properties.get("containerEnv")).and_then(serde_json::Value::as_object);
    let text = |(name, value): (&String, &serde_json::Value)| Some((name.clone(), variables.apply(value.as_str()?)));
    let container_env: Vec<(String, String)> = own.into_iter().flatten().filter_map(text).collect();
    let installation = Installation {
        base: reference,
        base_user: &base.details.user,
        container_user,
        remote_user: merged.remote_user.as_deref().unwrap_or(container_user),
        features,
        entries,
        container_env: &container_env,
        config,
    };
    Ok(installation.build()?)
}

fn spec(runner: &EngineRunner) -> BuildSpec {
    let mut spec = BuildSpec {
        dockerfile: DOCKERFILE.to_owned(),
        name: name::whole(&runner.order),
        labels: name::labels(&runner.order),
        platform: name::platform(&runner.order).map(str::to_owned),
        ..BuildSpec::default()
    };
    runner.order.build_options.apply_to_steps(&mut spec);
    if runner.order.cache == Cache::Ignored {
        // The base image was just made.
        spec.reuse = Reuse::BaseImages;
    }
    spec
}

/// What the generated Dockerfile is called: no Feature's folder is.
const DOCKERFILE: &str = "Dockerfile";

fn tar(prepared: &Build, contents: &[Content]) -> Tar {
    let generated = prepared.files.iter().map(|file| ((&file.path).into(), file.text.clone().into_bytes()));
    let dockerfile = (DOCKERFILE.into(), prepared.dockerfile.clone().into_bytes());
    let folders =
        contents.iter().zip(&prepared.folders).map(|(content, name)| (content.path().to_owned(), name.into()));
    Tar::of_folders(folders.collect(), generated.chain([dockerfile]).collect())
}

/// Returns which Feature a step of the build installs, and what it is called; nothing for the steps around them.
fn shown(step: &str, features: &[Feature], prepared: &Build) -> Option<(String, String)> {
    let (feature, _) = features.iter().zip(&prepared.folders).find(|(_, folder)| installs(step, folder))?;
    Some((feature.written.clone(), format!("Feature {}", feature.metadata.title())))
}

fn installs(step: &str, folder: &str) -> bool {
    step.contains(&format!("source={folder},"))
}

/// Returns the failure of an install script, at the place that asks for the Feature.
fn failed(config: &DevContainer, features: &[Feature], prepared: &Build, failure: &BuildFailure) -> StepFailure {
    let step = failure.step.as_ref().map_or("", |step| step.name.as_str());
    let found = features.iter().zip(&prepared.folders).find(|(_, folder)| installs(step, folder));
    let Some((feature, _)) = found else {
        let reason = format!("the Features could not be installed: {}", failure.message);
        return StepFailure::new(FailureKind::Engine, reason);
    };
    let (title, id) = (feature.metadata.title(), &feature.written);
    let named = if title == id { format!("`{id}`") } else { format!("`{id}` ({title})") };
    let cause = Cause::of(&failure.message);
    if cause.is_the_engines() {
        let reason = format!("the engine could not install the Feature {named}: {}", failure.message);
        return StepFailure::new(FailureKind::Engine, reason);
    }
    let said = if cause.exit_code().is_some() { String::new() } else { format!(": {}", failure.message) };
    let hint = feature.metadata.documentation_url.as_ref().map(|url| format!("its documentation is at {url}"));
    let place = feature.root.clone().unwrap_or(0..1);
    let error = config.error(place, format!("the Feature {named} failed to install{said}"), hint);
    StepFailure { exit_code: cause.exit_code(), ..StepFailure::from(error) }
}

//! The Features of a configuration: found, put in order, each as the lockfile says.

use std::path::Path;

use super::context::Context;
use super::error::{CliError, Kind};
use crate::devcontainer::feature::{Feature, Lockfile, Ordered, Requested, Worklist};
use crate::devcontainer::{Advice, Configuration, Finding, Variables};
use crate::feature_store::{Reach, Resolution};
use crate::github::Registry;
use crate::report::plain;

/// What Features are resolved from.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    /// The configuration.
    pub(super) config: &'a Configuration,
    /// What variables in options stand for.
    pub(super) variables: &'a Variables,
    /// The folder of this machine that is opened.
    pub(super) repository: &'a Path,
    /// The top folder of the repository that it is in.
    pub(super) top: &'a Path,
    /// Features that the command line adds.
    pub(super) additional: Vec<Requested>,
    /// The codespace's own registries.
    pub(super) registries: Vec<Registry>,
    /// What each Feature has to be; nothing for what it is today.
    pub(super) lock: Option<Lockfile>,
}

/// Returns the Features, the first to be installed first; what a person should know is told.
pub(super) async fn resolve(context: &mut Context, sources: Sources<'_>) -> Result<Vec<Feature>, CliError> {
    let config = sources.config;
    let Some(resolution) = look(context, sources, Reach::Everywhere).await else { return Ok(Vec::new()) };
    let Resolution { ordered, notes, fault } = resolution;
    for note in notes {
        context.ui.say(&format!("note: {}\n", plain(&note)));
    }
    let features = ordered.features.map_err(|error| {
        let mut error = CliError::from(error);
        error.kind = fault.map_or(error.kind, Kind::from);
        error
    })?;
    let own = ordered.findings.iter().map(|finding| config.line(finding));
    let others = ordered.local.iter().flat_map(|one| one.findings.iter().map(|finding| one.line(finding)));
    for line in own.chain(others) {
        context.ui.say(&format!("warning: {}\n", plain(&line)));
    }
    Ok(features)
}

/// Returns what is to be said about the Features of a configuration, told from the repository alone: in the configuration, and in their own
/// files.
pub(super) async fn check(context: &mut Context, sources: Sources<'_>) -> (Vec<Finding>, Vec<Advice>) {
    let Some(resolution) = look(context, sources, Reach::Repository).await else { return Default::default() };
    let Ordered { findings, local, .. } = resolution.ordered;
    (findings, local.iter().filter_map(Advice::of_feature).collect())
}

/// Returns nothing where there are no Features: then nothing else is looked at.
async fn look(context: &Context, sources: Sources<'_>, reach: Reach) -> Option<Resolution> {
    let Sources { config, variables, repository, top, additional, registries, lock } = sources;
    if config.features(variables).is_ok_and(|own| own.is_empty()) && additional.is_empty() {
        return None;
    }
    let store = context.feature_store(repository, top, registries);
    let worklist = Worklist::new(config, variables, additional);
    Some(Box::pin(store.resolve(worklist, lock.as_ref(), reach)).await)
}

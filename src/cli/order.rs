//! From what was typed to what is to be done: a new codespace of a repository, or one that is there and is to be woken.

use std::time::Duration;

use super::configuration;
use super::context::Context;
use super::error::{CliError, Kind};
use super::select::{Found, State};
use crate::codespace::{CodespaceName, RepositoryName, label};
use crate::devcontainer::{
    Configuration, ContainerSource, DevContainer, ImageReference, LifecycleCommand, Variables, changed,
};
use crate::engine::{Engine, EngineError};
use crate::feature_store::Surroundings;
use crate::github::Purpose;
use crate::lifecycle::StepFailure;
use crate::plan::{Attach, InitializeConsent, Occasion};
use crate::report::plain;
use crate::repository::{self, Checkout, Content, Source, Wanted};
use crate::steps::{
    BuildOptions, Cache, Dotfiles, ImageUse, LockfileUse, OnFailure, Order, RunArgs, Workspaces, recovery_configuration,
};
use crate::ui::Answer;

/// How a run is to be.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct RunOptions {
    /// Let initializeCommand run on this machine, without asking
    #[arg(long)]
    allow_initialize: bool,
    /// How long a phase's commands may take, for example 90s, 10m or 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) timeout_per_phase: Option<Duration>,
    /// Where the codespace cannot be made, open a recovery container in its place, as GitHub does
    #[arg(long)]
    recovery: bool,
}

impl RunOptions {
    /// Returns the options of an image that is built alone: nothing of it runs on this machine, so nobody is asked.
    pub(super) const fn of_image() -> Self {
        Self { allow_initialize: true, timeout_per_phase: None, recovery: false }
    }

    /// Returns what a failure leads to.
    pub(super) fn on_failure(&self, context: &Context) -> OnFailure {
        if self.recovery { OnFailure::Recover { image: context.recovery_image.clone() } } else { OnFailure::Keep }
    }
}

/// A codespace that is not there yet.
#[derive(Debug)]
pub(super) struct NewCodespace<'a> {
    pub(super) name: CodespaceName,
    pub(super) purpose: Purpose,
    pub(super) source: &'a Source,
    pub(super) wanted: Wanted,
    pub(super) config: Option<&'a str>,
    /// What becomes of the lockfile of its Features.
    pub(super) lockfile: LockfileUse,
    pub(super) dotfiles: Option<Dotfiles>,
}

/// Clones the repository, reads its configuration, and returns the order to make a codespace of them.
pub(super) async fn make(
    context: &mut Context,
    new: NewCodespace<'_>,
    attach: Attach,
    options: &RunOptions,
) -> Result<Order, CliError> {
    let checkout = repository::check_out(new.source, &new.wanted, &context.home.codespace(&new.name)).await?;
    let config_path = configuration::find(&mut context.ui, checkout.path(), new.source, new.config).await?;
    let folder = format!("/workspaces/{}", checkout.name.name());
    let on_failure = options.on_failure(context);
    let read = || match &config_path {
        Some(path) => Ok(DevContainer::parse(&configuration::read(checkout.path(), path)?, path)?),
        None => Ok(DevContainer::of(&Configuration::none())?),
    };
    let variables = variables(context, folder.clone());
    let made = read().and_then(|config| Made::of(config, &variables, &folder));
    let (made, fault) = Made::or_recovery(made, &on_failure, &variables, &folder)?;
    let initialize = made.config.initialize.clone();
    let consent = consent(context, options, initialize.as_ref(), &checkout.name).await;
    let notes = made.notes_of_clone().into_iter().chain(checkout.notes.iter().cloned()).collect();
    Ok(Order {
        environment_file: context.home.environment(&new.name),
        home: context.home.id(),
        name: new.name,
        repository: checkout.name.clone(),
        actor: new.wanted.owner,
        source: new.source.location.clone(),
        config_path: config_path.unwrap_or_default(),
        workspace_folder: made.workspace_folder,
        occasion: Occasion::Create,
        purpose: new.purpose,
        config: Some(made.config),
        image: made.image,
        run_args: made.run_args,
        build_options: made.build_options,
        service: None,
        features: context.feature_surroundings(),
        lockfile: new.lockfile,
        image_use: ImageUse::Codespace,
        reference: checkout.reference.clone(),
        commit: checkout.commit.clone(),
        checkout: Some(checkout),
        bind: None,
        initialize,
        container: None,
        died_in: None,
        workspaces: Workspaces::Empty,
        cache: Cache::Used,
        fault,
        on_failure,
        recovery: None,
        making: None,
        consent,
        attach,
        timeout: options.timeout_per_phase,
        local_env: context.environment.clone(),
        dotfiles: new.dotfiles,
        notes,
    })
}

/// What a container is made of, as far as a configuration tells.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) config: DevContainer,
    pub(super) image: Option<ImageReference>,
    pub(super) run_args: RunArgs,
    pub(super) build_options: BuildOptions,
    pub(super) workspace_folder: String,
}

impl Made {
    /// Reads a configuration; `folder` is what is opened in the container where it names none.
    pub(super) fn of(config: DevContainer, variables: &Variables, folder: &str) -> Result<Self, CliError> {
        let image = ImageReference::of(&config, variables)?;
        let run_args = match config.source {
            // They are `docker run`'s, and it is told that they have no effect.
            ContainerSource::Compose(_) => RunArgs::default(),
            ContainerSource::Image(_) | ContainerSource::Dockerfile(_) => RunArgs::parse(&config, variables)?,
        };
        let build_options = BuildOptions::parse(&config, variables)?;
        let own = config.workspace_folder.as_ref();
        let workspace_folder = own.map_or(folder.to_owned(), |own| variables.apply(&own.value));
        Ok(Self { config, image, run_args, build_options, workspace_folder })
    }

    /// Returns what was read, or, where a recovery container is to take the place of what cannot be read, that one and what is wrong.
    pub(super) fn or_recovery(
        read: Result<Self, CliError>,
        on_failure: &OnFailure,
        variables: &Variables,
        folder: &str,
    ) -> Result<(Self, Option<StepFailure>), CliError> {
        match (read, on_failure) {
            (Err(fault), OnFailure::Recover { image }) if fault.kind == Kind::Usage => {
                Ok((Self::of(recovery_configuration(image)?, variables, folder)?, Some(fault.into())))
            }
            (read, OnFailure::Recover { .. } | OnFailure::Keep) => Ok((read?, None)),
        }
    }

    /// Returns what a person should know of it, in words.
    pub(super) fn notes(&self) -> Vec<String> {
        let known = self.config.warnings.iter().chain(self.run_args.warnings());
        known.chain(self.build_options.warnings()).cloned().collect()
    }

    /// Returns what a person should know of it where the repository is not mounted but cloned.
    pub(super) fn notes_of_clone(&self) -> Vec<String> {
        let left_out = self.config.workspace_mount.as_ref().map(|mount| {
            let what =
                "`workspaceMount` is left out, as on Codespaces: the repository is in /workspaces; it acts with --bind";
            self.config.error(mount.span.clone(), what, None).to_string()
        });
        self.notes().into_iter().chain(left_out).collect()
    }
}

/// Returns a name that no codespace has.
pub(super) fn fresh_name() -> CodespaceName {
    let mut entropy = [0; 8];
    if getrandom::fill(&mut entropy).is_err() {
        entropy = std::process::id().to_le_bytes().repeat(2).try_into().unwrap_or_default();
    }
    CodespaceName::generate(entropy)
}

/// Returns the order to wake a codespace that is there.
pub(super) async fn wake(
    context: &mut Context,
    engine: &Engine,
    found: &Found,
    attach: Attach,
    options: &RunOptions,
) -> Result<Order, CliError> {
    let container = found.container()?.clone();
    for unfinished in &found.unfinished {
        engine.remove(unfinished).await?;
    }
    let mut order = Order {
        name: found.name.clone(),
        repository: found.label(label::REPOSITORY).parse().unwrap_or_else(|_| RepositoryName::unknown()),
        actor: found.label(label::ACTOR).to_owned(),
        source: found.label(label::SOURCE).to_owned(),
        home: context.home.id(),
        config_path: found.label(label::CONFIG).to_owned(),
        workspace_folder: found.label(label::WORKSPACE_FOLDER).to_owned(),
        occasion: if found.state == State::Running { Occasion::Attach } else { Occasion::Start },
        purpose: found.purpose(),
        config: None,
        image: None,
        run_args: RunArgs::default(),
        build_options: BuildOptions::default(),
        service: Some(found.label(label::SERVICE).to_owned()).filter(|service| !service.is_empty()),
        features: Surroundings::default(),
        lockfile: LockfileUse::default(),
        image_use: ImageUse::Codespace,
        checkout: None,
        initialize: None,
        container: Some(container),
        died_in: None,
        bind: found.bind(),
        reference: found.labelled(label::REF),
        commit: found.labelled(label::COMMIT),
        workspaces: Workspaces::Kept,
        cache: Cache::Used,
        fault: None,
        on_failure: options.on_failure(context),
        recovery: None,
        making: None,
        consent: InitializeConsent::NotGiven,
        attach,
        timeout: options.timeout_per_phase,
        local_env: context.environment.clone(),
        environment_file: context.home.environment(&found.name),
        dotfiles: None,
        notes: Vec::new(),
    };
    if found.is_in_recovery() {
        order.notes.push(format!(
            "This codespace is currently running in recovery mode due to a container error: mend the configuration in its /workspaces, then `localspace rebuild -c {}`",
            found.name
        ));
    }
    let is_start = order.occasion == Occasion::Start;
    if let Some(configuration) = configuration_of(engine, &mut order).await? {
        order.notes.extend(changed_note(found, &configuration));
        match DevContainer::of(&configuration) {
            Ok(config) => order.initialize = config.initialize.filter(|_| is_start),
            Err(error) => order.notes.push(format!("an initializeCommand is not looked for: {}", error.problem)),
        }
        order.consent = consent(context, options, order.initialize.as_ref(), &order.repository).await;
        if order.consent == InitializeConsent::Given && order.bind.is_none() {
            order.checkout = Some(clone_for_initialize(context, &order, found).await?);
        }
    }
    Ok(order)
}

/// Reads a codespace's own configuration: its `initializeCommand` is in no label, and it may have changed. One that cannot be read is told of: a
/// person who works in the codespace may be in the middle of changing it.
async fn configuration_of(engine: &Engine, order: &mut Order) -> Result<Option<Configuration>, CliError> {
    let Some(container) = order.container.as_ref().filter(|_| !order.config_path.is_empty()) else { return Ok(None) };
    let file = format!("{}/{}", order.repository_folder(), order.config_path);
    let text = match &order.bind {
        Some(bind) => configuration::read(&bind.folder, &order.config_path).map_err(|error| error.message().to_owned()),
        None => match engine.read_file(container, &file, configuration::LARGEST).await {
            Ok(Some(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(None) => Err(format!("{file} is gone")),
            Err(EngineError::TooLarge { .. }) => Err(format!("{file} is too large")),
            Err(error) => return Err(error.into()),
        },
    };
    let read = text.and_then(|text| Configuration::read(&text, &order.config_path).map_err(|error| error.problem));
    match read {
        Ok(configuration) => Ok(Some(configuration)),
        Err(problem) => {
            order.notes.push(format!("an initializeCommand is not looked for: {problem}"));
            Ok(None)
        }
    }
}

/// Returns what a person should know of a configuration that has changed since the container was made from it.
fn changed_note(found: &Found, configuration: &Configuration) -> Option<String> {
    let names = changed(found.label(label::FINGERPRINT), configuration);
    (!names.is_empty() && !found.is_in_recovery()).then(|| {
        let (names, name) = (names.join(", "), &found.name);
        format!(
            "{names} changed in {} since the container was made: it takes effect at `localspace rebuild -c {name}`",
            found.label(label::CONFIG)
        )
    })
}

/// Clones the repository again, at the commit that the codespace was made from.
async fn clone_for_initialize(context: &Context, order: &Order, found: &Found) -> Result<Checkout, CliError> {
    let source = repository::locate(&order.source)?;
    let commit = Some(found.label(label::COMMIT)).filter(|commit| !commit.is_empty() && source.has_commits());
    let wanted = Wanted {
        reference: commit.map(str::to_owned),
        content: Content::Committed,
        name: Some(order.repository.clone()),
        owner: order.actor.clone(),
    };
    Ok(repository::check_out(&source, &wanted, &context.home.codespace(&order.name)).await?)
}

/// What variables stand for before there is a container. On GitHub, the clone is on the machine under the same path as in the container.
pub(super) fn variables(context: &Context, folder: String) -> Variables {
    Variables {
        local_env: context.environment.clone(),
        local_folder: Some(folder.clone()),
        container_folder: Some(folder),
        ..Variables::default()
    }
}

/// Asks whether `initializeCommand` may run, where that was not said and somebody is there to answer.
pub(super) async fn consent(
    context: &mut Context,
    options: &RunOptions,
    initialize: Option<&LifecycleCommand>,
    repository: &RepositoryName,
) -> InitializeConsent {
    let Some(command) = initialize else { return InitializeConsent::NotGiven };
    if options.allow_initialize {
        return InitializeConsent::Given;
    }
    let lines: String = command.lines().iter().map(|line| format!("  | {}\n", plain(line))).collect();
    let question =
        format!("the initializeCommand of {repository} runs on this machine, not in the codespace:\n{lines}run it?");
    match context.ui.confirm(&question).await {
        Ok(Answer::Yes) => InitializeConsent::Given,
        Ok(Answer::No | Answer::NobodyThere) | Err(_) => InitializeConsent::NotGiven,
    }
}

/// Reads `90s`, `10m`, `1h`, or seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let factor = match text.get(number.len()..).unwrap_or_default() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("expected a number and ms, s, m or h".to_owned()),
    };
    let seconds: f64 = number.parse().map_err(|_| "expected a number and ms, s, m or h".to_owned())?;
    match Duration::try_from_secs_f64(seconds * factor) {
        Ok(time) if time.is_zero() => Err("no command ends in no time".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_or_is_seconds() {
        for (text, expected) in [("90s", 90_000), ("10m", 600_000), ("1h", 3_600_000), ("1.5", 1500), ("250ms", 250)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(expected)), "{text}");
        }
        for text in ["", "s", "-1s", "1d", "0", "inf", "nan", "1e400", "ten"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}

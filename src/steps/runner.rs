//! Carries the phases out on a real engine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::command::{Ahead, CommandEnd, CommandOrder, How, Leftovers, Place};
use super::remote_user::RemoteUser;
use super::shell::Words;
use super::{initialize, login, marks};
use crate::codespace::{CodespaceName, RepositoryName, label};
use crate::devcontainer::{
    ConfigError, DevContainer, LifecycleCommand, MergedConfiguration, SingleCommand, SourcedCommand,
};
use crate::diagnosis::{Failed, diagnose};
use crate::engine::{ContainerId, Engine, EngineError, ImageDetails};
use crate::github::{Purpose, World};
use crate::journal::{Event, Recorder};
use crate::lifecycle::{
    ContentReady, FailureKind, HookPlan, OpeningPlan, Planned, StepFailure, StepResult, StepRunner,
};
use crate::phase::{Hook, Phase};
use crate::plan::{self, Attach, Facts, InitializeConsent, Marks, Occasion};
use crate::redact::Redactor;
use crate::repository::Checkout;

/// How long a background process may still write after the last phase before it is said that it holds its output.
const GRACE: Duration = Duration::from_millis(300);

/// What is to be rehearsed: everything that is decided before anything is done.
#[derive(Debug)]
pub struct Order {
    /// The codespace.
    pub name: CodespaceName,
    /// Of which repository.
    pub repository: RepositoryName,
    /// For whom.
    pub actor: String,
    /// Where the repository is: an absolute path or a URL.
    pub source: String,
    /// The configuration's path in the repository.
    pub config_path: String,
    /// The folder in the container that the repository is in.
    pub workspace_folder: String,
    /// Why.
    pub occasion: Occasion,
    /// What for.
    pub purpose: Purpose,
    /// The configuration and the repository's clone: what a new codespace is made from.
    pub new: Option<(DevContainer, Checkout)>,
    /// The container, where there is one.
    pub container: Option<ContainerId>,
    /// Whether an earlier run died in this container, so that a command of its may still run there.
    pub died_before: bool,
    /// Whether `initializeCommand` may run.
    pub consent: InitializeConsent,
    /// Whether the run ends in an attach.
    pub attach: Attach,
    /// How long a phase may take.
    pub timeout: Option<Duration>,
    /// The host's environment, for `${localEnv:…}`.
    pub local_env: BTreeMap<String, String>,
    /// Where to keep what the remote user's login shell has in its environment.
    pub environment_file: PathBuf,
}

impl Order {
    /// Returns the labels by which the codespace is found again.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::from([
            (label::REPOSITORY.to_owned(), self.repository.to_string()),
            (label::ACTOR.to_owned(), self.actor.clone()),
            (label::SOURCE.to_owned(), self.source.clone()),
            (label::CONFIG.to_owned(), self.config_path.clone()),
            (label::WORKSPACE_FOLDER.to_owned(), self.workspace_folder.clone()),
            (label::PURPOSE.to_owned(), self.purpose.name().to_owned()),
            (label::LOCAL_FOLDER.to_owned(), self.source.clone()),
        ]);
        if let Some((_, checkout)) = &self.new {
            labels.extend(checkout.reference.clone().map(|name| (label::REF.to_owned(), name)));
            labels.extend(checkout.commit.clone().map(|hash| (label::COMMIT.to_owned(), hash)));
        }
        labels
    }
}

/// A container that runs, and what is known of it.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) place: Arc<Place>,
    pub(crate) user: RemoteUser,
    pub(crate) home: String,
    pub(crate) started_at: String,
    pub(crate) merged: MergedConfiguration,
    pub(crate) marks: Marks,
    /// The variables of every command, secrets apart.
    pub(crate) env: Vec<(String, Option<String>)>,
    pub(crate) ahead: Ahead,
}

/// Carries the phases out on an engine.
#[derive(Debug)]
pub struct EngineRunner {
    pub(crate) engine: Engine,
    pub(crate) order: Order,
    pub(crate) world: World,
    pub(crate) record: Recorder,
    pub(crate) redactor: Redactor,
    pub(crate) cancel: CancellationToken,
    pub(crate) image: ImageDetails,
    pub(crate) running: Option<Running>,
    leftovers: Leftovers,
}

impl EngineRunner {
    /// Returns a runner for one run.
    pub fn new(
        engine: Engine,
        order: Order,
        world: World,
        record: Recorder,
        redactor: Redactor,
        cancel: CancellationToken,
    ) -> Self {
        let (image, leftovers) = (ImageDetails::default(), Leftovers::new());
        Self { engine, order, world, record, redactor, cancel, image, running: None, leftovers }
    }

    /// Returns the container, where there is one by now.
    pub fn container(&self) -> Option<&ContainerId> {
        self.order.container.as_ref()
    }

    /// Returns who commands run as, where that is known by now.
    pub fn remote_user(&self) -> Option<&str> {
        self.running.as_ref().map(|running| running.user.name.as_str())
    }

    /// Ends the run: says which background processes still hold the output of a phase that is over.
    pub async fn finish(mut self) {
        let all_closed = async { while self.leftovers.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all_closed).await.is_ok() {
            return;
        }
        let message =
            "a background process of a lifecycle command still holds its output open; the phases did not wait for it";
        let hint = Some("start it with its output sent elsewhere: `nohup CMD >/tmp/log 2>&1 &`".to_owned());
        self.warn(None, message.to_owned(), hint).await;
        self.leftovers.abort_all();
    }

    pub(crate) async fn warn(&self, phase: Option<Phase>, message: String, hint: Option<String>) {
        self.record.record(Event::Warning { phase, message, hint }).await;
    }

    /// Runs one hook's commands in order; the last one's success marks the hook.
    async fn commands(&mut self, hook: Hook, all: &[SourcedCommand]) -> Result<(), StepFailure> {
        let phase = hook.phase();
        let deadline = self.order.timeout.map(|timeout| tokio::time::Instant::now() + timeout);
        let mark = marks::file(phase);
        let Some(running) = &self.running else { return Err(no_container()) };
        let mut env = running.env.clone();
        for secret in self.world.environment(phase, self.order.purpose) {
            env.push((secret.name.to_string(), Some(secret.value.expose().clone())));
        }
        let (place, started_at) = (Arc::clone(&running.place), running.started_at.clone());
        let folder = self.order.workspace_folder.clone();
        let words = Words::Shell("");
        let plain = CommandOrder { phase, label: None, words, folder: &folder, env: &env, success: None, deadline };
        for (at, sourced) in all.iter().enumerate() {
            let success = mark.as_deref().filter(|_| at + 1 == all.len()).map(|file| (file, started_at.as_str()));
            let label = sourced.feature.clone();
            match &sourced.command {
                LifecycleCommand::Single(command) => {
                    let order =
                        CommandOrder { label: label.clone(), words: self::words(command), success, ..plain.clone() };
                    let ahead = match &mut self.running {
                        Some(running) => running.ahead.next().await,
                        None => None,
                    };
                    let end = place.run(&order, ahead, &mut self.leftovers).await;
                    self.judge(phase, label, &end.map_err(|error| engine_failed(&error))?).await?;
                }
                LifecycleCommand::Parallel(entries) => {
                    self.parallel(&place, entries, &plain).await?;
                    if let (Some((file, content)), Some(running)) = (success, &self.running) {
                        let marked = mark_done(&place, file, content, &running.user).await;
                        marked.map_err(|error| engine_failed(&error))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs the entries of an object side by side. All are waited for, then the first that failed fails the phase (specification,
    /// "Lifecycle scripts": object syntax).
    async fn parallel(
        &mut self,
        place: &Place,
        entries: &[(String, SingleCommand)],
        plain: &CommandOrder<'_>,
    ) -> Result<(), StepFailure> {
        let run = |(label, command): &'_ (String, SingleCommand)| {
            let (label, command) = (label.clone(), command.clone());
            async move {
                let began = std::time::Instant::now();
                let mut leftovers = Leftovers::new();
                let order = CommandOrder { label: Some(label.clone()), words: words(&command), ..plain.clone() };
                let end = place.run(&order, None, &mut leftovers).await;
                if let Ok(CommandEnd { how: How::Exited(exit_code), .. }) = end {
                    let (phase, command, seconds) = (plain.phase, label.clone(), began.elapsed().as_secs_f64());
                    place.record.record(Event::CommandFinished { phase, command, exit_code, seconds }).await;
                }
                (label, end, leftovers)
            }
        };
        let ended = futures_util::future::join_all(entries.iter().map(run)).await;
        let mut ends = Vec::new();
        for (label, end, mut leftovers) in ended {
            ends.push((label, end));
            self.leftovers.spawn(async move {
                while leftovers.join_next().await.is_some() {}
                String::new()
            });
        }
        for (label, end) in ends {
            self.judge(plain.phase, Some(label), &end.map_err(|error| engine_failed(&error))?).await?;
        }
        Ok(())
    }

    /// Turns a command's end into the phase's, with a diagnosis where it failed.
    async fn judge(&self, phase: Phase, label: Option<String>, end: &CommandEnd) -> Result<(), StepFailure> {
        let (kind, exit_code, reason) = match end.how {
            How::Exited(0) => return Ok(()),
            How::Exited(code) => {
                let whose = label.map_or(String::new(), |label| format!(" of `{label}`"));
                (FailureKind::Command, Some(code), format!("the command{whose} ended with exit code {code}"))
            }
            How::TimedOut => {
                let limit = self.order.timeout.unwrap_or_default().as_secs_f64();
                (FailureKind::Command, None, format!("it took longer than {limit} s; its processes were ended"))
            }
            How::Interrupted => {
                let reason = "it was interrupted; its processes were ended";
                (FailureKind::Interrupted, None, reason.to_owned())
            }
        };
        let failed = Failed {
            phase,
            purpose: self.order.purpose,
            exit_code,
            output: &end.tail,
            registries: &self.world.registries,
        };
        if kind == FailureKind::Command
            && let Some(diagnosis) = diagnose(&failed)
        {
            self.record.record(Event::Diagnosis(diagnosis)).await;
        }
        Err(StepFailure { kind, exit_code, reason, hint: None })
    }
}

impl StepRunner for EngineRunner {
    fn opening(&mut self) -> OpeningPlan {
        let has_initialize = self.order.new.as_ref().is_some_and(|(config, _)| config.initialize.is_some());
        plan::opening(self.order.occasion, has_initialize, self.order.consent)
    }

    async fn initialize(&mut self) -> StepResult {
        initialize::run(self).await
    }

    async fn image(&mut self) -> StepResult {
        Box::pin(self.ready_image()).await
    }

    async fn create(&mut self) -> StepResult {
        Box::pin(self.ready_container()).await
    }

    fn hooks(&mut self) -> HookPlan {
        let (commands, wait_for, marks) = match &self.running {
            Some(running) => (
                running.merged.hooks.keys().copied().collect(),
                running.merged.wait_for.unwrap_or(Phase::UpdateContentCommand),
                running.marks.clone(),
            ),
            None => (std::collections::BTreeSet::new(), Phase::UpdateContentCommand, Marks::default()),
        };
        let registries = self.world.registries.complete.len();
        let facts =
            Facts { purpose: self.order.purpose, wait_for, commands, marks, registries, attach: self.order.attach };
        let plan = plan::hooks(&facts);
        if let Some(running) = &mut self.running {
            running.ahead = Ahead::open(&running.place, shells(&plan, &running.merged, self.order.purpose));
        }
        plan
    }

    async fn hook(&mut self, hook: Hook) -> StepResult {
        let commands = self.running.as_ref().and_then(|running| running.merged.hooks.get(&hook).cloned());
        Box::pin(self.commands(hook, &commands.unwrap_or_default())).await.map(|()| Some(0))
    }

    async fn login(&mut self, ready: &ContentReady<'_>) -> StepResult {
        let Some(running) = &mut self.running else { return Err(no_container()) };
        let ahead = running.ahead.next().await;
        let registries = &self.world.registries.complete;
        let written = login::write(ready, &running.place, &running.home, registries, &running.started_at, ahead).await;
        match written {
            Ok(()) => Ok(None),
            Err(login::LoginError::Engine(error)) => Err(engine_failed(&error)),
            Err(error) => Err(StepFailure {
                kind: FailureKind::Registry,
                exit_code: None,
                reason: error.to_string(),
                hint: Some("mend or remove the file in the codespace, then stop and start it".to_owned()),
            }),
        }
    }
}

/// Returns how many shells will be wanted one after the other: one for each command of the hooks to run, and one for the login.
fn shells(plan: &HookPlan, merged: &MergedConfiguration, purpose: Purpose) -> usize {
    let count = |planned: &Planned, hook: Hook| {
        let all = merged.hooks.get(&hook).filter(|_| *planned == Planned::Run);
        let single = |one: &&SourcedCommand| matches!(one.command, LifecycleCommand::Single(_));
        all.map_or(0, |all| all.iter().filter(single).count())
    };
    let first = count(&plan.on_create, Hook::OnCreate) + count(&plan.update_content, Hook::UpdateContent);
    if purpose == Purpose::Prebuild {
        return first;
    }
    first
        + usize::from(plan.login == Planned::Run)
        + count(&plan.post_create, Hook::PostCreate)
        + count(&plan.post_start, Hook::PostStart)
        + count(&plan.post_attach, Hook::PostAttach)
}

fn words(command: &SingleCommand) -> Words<'_> {
    match command {
        SingleCommand::Shell(text) => Words::Shell(text),
        SingleCommand::Exec(words) => Words::Exec(words),
    }
}

/// Marks a hook whose last command had several parts.
async fn mark_done(place: &Place, file: &str, content: &str, user: &RemoteUser) -> Result<(), EngineError> {
    let name = file.rsplit('/').next().unwrap_or(file);
    place.engine.upload(&place.container, marks::FOLDER, marks::one(name, content, user)).await
}

/// Returns what a fault of the engine means for a phase.
pub(crate) fn engine_failed(error: &EngineError) -> StepFailure {
    let source = std::error::Error::source(error).map_or(String::new(), |source| format!(": {source}"));
    StepFailure { kind: FailureKind::Engine, exit_code: None, reason: format!("{error}{source}"), hint: error.hint() }
}

/// Returns what a fault of the configuration means for a phase.
pub(crate) fn config_failed(error: &ConfigError) -> StepFailure {
    let hint = error.hint.clone();
    StepFailure { kind: FailureKind::Configuration, exit_code: None, reason: error.to_string(), hint }
}

/// The machine asks for a container's steps after it was made: this is not reached.
fn no_container() -> StepFailure {
    let reason = "there is no container".to_owned();
    StepFailure { kind: FailureKind::Engine, exit_code: None, reason, hint: None }
}

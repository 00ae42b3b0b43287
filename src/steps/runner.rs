//! One run on a real engine: what every phase works with. The phases themselves are in `phases`.

use std::sync::Arc;

use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::command::Leftovers;
use super::creation_log::{LogPiece, Writing};
use super::heard::Heard;
use super::hub::HubAccess;
use super::image::made::Image;
use super::order::Order;
use super::running::Running;
use crate::devcontainer::{LifecycleCommand, MergedConfiguration, SourcedCommand};
use crate::engine::{ContainerId, Engine};
use crate::github::{Purpose, World};
use crate::journal::{Event, Recorder};
use crate::lifecycle::{FailureKind, HookPlan, Planned, StepFailure};
use crate::phase::{Hook, Phase};
use crate::plan::{self, Facts, Marks, Occasion};
use crate::redact::Redactor;

/// Carries the phases out on an engine.
#[derive(Debug)]
pub struct EngineRunner {
    pub(super) engine: Engine,
    pub(super) order: Order,
    pub(super) world: World,
    /// The hub that the codespace is in, where that runs.
    pub(super) hub: Option<HubAccess>,
    pub(super) record: Recorder,
    pub(super) redactor: Redactor,
    pub(super) cancel: CancellationToken,
    pub(super) image: Image,
    /// Whether the engine has GPUs for containers; known where a configuration asks for one.
    pub(super) has_gpus: bool,
    pub(super) running: Option<Running>,
    /// What is to be written into the codespace's creation log, until somebody writes it.
    log: Option<Receiver<LogPiece>>,
    writing: Option<Writing>,
    pub(super) leftovers: Leftovers,
    /// What was noted while hooks ran.
    pub(super) heard: Heard,
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
        let (image, leftovers) = (Image::default(), Leftovers::default());
        Self {
            engine,
            order,
            world,
            hub: None,
            record,
            redactor,
            cancel,
            image,
            has_gpus: false,
            running: None,
            log: None,
            writing: None,
            leftovers,
            heard: Heard::default(),
        }
    }

    /// Takes the hub that the codespace is in.
    #[must_use]
    pub fn in_hub(self, hub: Option<HubAccess>) -> Self {
        Self { hub, ..self }
    }

    /// Takes what is to be written into the codespace's creation log.
    #[must_use]
    pub fn with_log(self, log: Receiver<LogPiece>) -> Self {
        Self { log: Some(log), ..self }
    }

    /// Returns the container, where there is one by now.
    pub fn container(&self) -> Option<&ContainerId> {
        self.order.container.as_ref()
    }

    /// Returns who commands run as, where that is known by now.
    pub fn remote_user(&self) -> Option<&str> {
        self.running.as_ref().map(|running| running.user.name.as_str())
    }

    /// Returns the folder that commands run in.
    pub fn workspace_folder(&self) -> &str {
        &self.order.workspace_folder
    }

    /// Ends the run: says which commands left a background process that still holds their output.
    pub async fn finish(mut self) {
        // First of all: an engine lets go of what a background process holds open two seconds after its command.
        let leftovers = std::mem::take(&mut self.leftovers);
        for (phase, label) in leftovers.still_open().await {
            let whose = label.map_or(String::new(), |label| format!(" (`{label}`)"));
            let message = format!(
                "{phase}{whose} left a background process that still holds its output open; the phase did not wait for it"
            );
            let hint = "send its output elsewhere: `nohup CMD >/tmp/log 2>&1 &`".to_owned();
            self.warn(phase, message, Some(hint)).await;
        }
        self.end_log().await;
    }

    /// Waits until the creation log is written, as far as it goes; says why where it is not whole.
    pub(super) async fn end_log(&mut self) {
        if let Some(writing) = self.writing.take()
            && let Err(why) = writing.finish().await
        {
            let message = format!("the codespace's own creation log is not whole: {}", self.redactor.redact(&why));
            self.warn(Phase::Create, message, Some("`localspace logs` has all of it".to_owned())).await;
        }
    }

    pub(super) async fn warn(&self, phase: Phase, message: String, hint: Option<String>) {
        self.record.record(Event::Warning { phase: Some(phase), message, hint }).await;
    }

    /// Returns what is to be done from `onCreateCommand` on.
    pub(super) fn plan(&self, merged: &MergedConfiguration, marks: &Marks) -> HookPlan {
        plan::hooks(&Facts {
            occasion: self.order.occasion,
            purpose: self.order.purpose,
            wait_for: merged.wait_for.unwrap_or(Phase::UpdateContentCommand),
            commands: merged.hooks.keys().copied().collect(),
            marks: marks.clone(),
            registries: self.world.registries.complete.len(),
            refused: self.world.registries.refused.len(),
            attach: self.order.attach,
            prebuild: self.order.prebuilt.as_ref().map(|one| one.kept.name.to_string()),
            dotfiles: self.order.dotfiles.is_some(),
        })
    }

    /// Begins to write the creation log, but for a mere attach: that writes none on GitHub either. `tmpfs` is where the container has memory mounted.
    pub(super) fn write_log(&mut self, tmpfs: &[String]) {
        let Some(running) = &self.running else { return };
        let HookPlan { on_create, update_content, login, post_create, post_start, .. } =
            self.plan(&running.merged, &running.marks);
        let is_attach =
            [on_create, update_content, login, post_create, post_start].iter().all(|one| *one != Planned::Run);
        let is_mere = self.order.occasion == Occasion::Attach;
        if let Some(log) =
            self.log.take().filter(|_| self.order.occasion != Occasion::Refresh && !(is_mere && is_attach))
        {
            self.writing = Some(Writing::begin(Arc::clone(&running.place), running.user.clone(), tmpfs, log));
        }
    }

    /// Returns how many shells will be wanted one after the other.
    pub(super) fn shells(&self, merged: &MergedConfiguration, marks: &Marks) -> usize {
        shells(&self.plan(merged, marks), merged, self.order.purpose)
    }

    /// Fails where the run was interrupted: a phase that has not begun need not begin.
    pub(super) fn uninterrupted(&self) -> Result<(), StepFailure> {
        if self.cancel.is_cancelled() {
            return Err(StepFailure::new(FailureKind::Interrupted, "it was interrupted".to_owned()));
        }
        Ok(())
    }

    /// Returns the container that runs. The machine asks for a container's steps only after it was made.
    pub(super) fn running(&self) -> Result<&Running, StepFailure> {
        self.running.as_ref().ok_or_else(no_container)
    }
}

pub(super) fn no_container() -> StepFailure {
    StepFailure::new(FailureKind::Engine, "there is no container".to_owned())
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

//! How a run is to be, as far as it was typed or is asked.

use std::time::Duration;

use super::context::Context;
use crate::codespace::RepositoryName;
use crate::devcontainer::LifecycleCommand;
use crate::duration::duration;
use crate::plan::InitializeConsent;
use crate::report::plain;
use crate::steps::OnFailure;
use crate::ui::Answer;

/// How a run is to be.
#[derive(Debug, Clone, Default, clap::Args)]
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

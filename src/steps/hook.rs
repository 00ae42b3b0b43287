//! One hook: its commands in order, those of an object side by side, and what their ends mean for the phase.

use std::sync::Arc;
use std::time::Instant;

use super::command::{CommandEnd, CommandOrder, How, Leftovers, Place};
use super::dotfiles;
use super::limits::deadline;
use super::marks;
use super::runner::EngineRunner;
use super::running::Running;
use super::settle::ended;
use super::shell::Words;
use crate::devcontainer::{LifecycleCommand, SingleCommand, SourcedCommand, uses_variable};
use crate::diagnosis::{Failed, diagnose};
use crate::engine::EngineError;
use crate::github::SecretLevel;
use crate::journal::Event;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::{Hook, Phase};

/// Runs one hook's commands in order; the last one's success marks the hook.
pub(super) async fn run(runner: &mut EngineRunner, hook: Hook) -> Result<(), StepFailure> {
    let phase = hook.phase();
    let running = runner.running()?;
    let commands = running.merged.hooks.get(&hook).cloned().unwrap_or_default();
    warn_of_user_secrets(runner, phase, &commands).await;
    let mut env = running.env.clone();
    env.extend(runner.world.variables(phase, runner.order.purpose, &running.env));
    let (place, started_at) = (Arc::clone(&running.place), running.started_at.clone());
    let (mark, folder) = (marks::file(phase), runner.order.workspace_folder.clone());
    let deadline = deadline(runner.order.timeout);
    let plain = CommandOrder {
        phase,
        label: None,
        words: Words::Shell(""),
        shown: None,
        folder: &folder,
        env: &env,
        success: None,
        deadline,
    };
    for (at, sourced) in commands.iter().enumerate() {
        let is_last = at + 1 == commands.len();
        let success = mark.as_deref().filter(|_| is_last).map(|file| (file, started_at.as_str()));
        match &sourced.command {
            LifecycleCommand::Single(command) => {
                let order = CommandOrder { words: words(command), success, ..plain.clone() };
                single(runner, &place, sourced, order).await?;
            }
            LifecycleCommand::Parallel(entries) => {
                parallel(runner, &place, entries, &plain).await?;
                if let Some((file, content)) = success {
                    mark_done(runner.running()?, file, content).await?;
                }
            }
        }
    }
    match hook {
        Hook::PostCreate => dotfiles::install(runner, &env).await,
        Hook::OnCreate | Hook::UpdateContent | Hook::PostStart | Hook::PostAttach => Ok(()),
    }
}

/// Says which secrets of the user's the commands use that a prebuild of the same configuration would not have (DESIGN section 2).
async fn warn_of_user_secrets(runner: &EngineRunner, phase: Phase, commands: &[SourcedCommand]) {
    if phase > Phase::UpdateContentCommand {
        return;
    }
    let secrets = runner.world.environment(phase, runner.order.purpose);
    for secret in secrets.filter(|secret| secret.level == SecretLevel::User) {
        let name = secret.name.as_str();
        let lines = || commands.iter().flat_map(|sourced| sourced.command.lines());
        if lines().any(|line| uses_variable(&line, name)) {
            let message = format!("{phase} uses {name}, a secret of the user's: a prebuild does not have it");
            let hint = "use it in postCreateCommand, or make it a secret of the repository's".to_owned();
            runner.warn(phase, message, Some(hint)).await;
        }
    }
}

/// Runs one command, in the next of the shells that were opened ahead.
async fn single(
    runner: &mut EngineRunner,
    place: &Place,
    sourced: &SourcedCommand,
    order: CommandOrder<'_>,
) -> Result<(), StepFailure> {
    let (phase, label) = (order.phase, sourced.feature.clone());
    let ahead = match &mut runner.running {
        Some(running) => running.ahead.next().await,
        None => None,
    };
    let order = CommandOrder { label: label.clone(), ..order };
    let end = place.run(&order, ahead, &mut runner.leftovers).await?;
    judge(runner, phase, label, order.words, &end).await
}

/// Runs the entries of an object side by side. All are waited for, then the first that failed fails the phase (specification,
/// "Lifecycle scripts": object syntax).
async fn parallel(
    runner: &mut EngineRunner,
    place: &Place,
    entries: &[(String, SingleCommand)],
    plain: &CommandOrder<'_>,
) -> Result<(), StepFailure> {
    let run = |(label, command): &'_ (String, SingleCommand)| {
        let (label, command) = (label.clone(), command.clone());
        async move {
            let began = Instant::now();
            let mut leftovers = Leftovers::default();
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
    for (label, end, leftovers) in ended {
        ends.push((label, end));
        runner.leftovers.extend(leftovers);
    }
    for ((label, end), (_, command)) in ends.into_iter().zip(entries) {
        judge(runner, plain.phase, Some(label), words(command), &end?).await?;
    }
    Ok(())
}

/// Turns a command's end into the phase's, with a diagnosis where it failed.
async fn judge(
    runner: &EngineRunner,
    phase: Phase,
    label: Option<String>,
    words: Words<'_>,
    end: &CommandEnd,
) -> Result<(), StepFailure> {
    let failure = match end.how {
        How::Exited(0) => return Ok(()),
        How::Exited(code) => {
            let whose = label.map_or(String::new(), |label| format!(" of `{label}`"));
            let reason = format!("the command{whose} ended with exit code {code}");
            StepFailure { exit_code: Some(code), ..StepFailure::new(FailureKind::Command, reason) }
        }
        How::Cut(cut) => cut.failure(runner.order.timeout),
        How::Gone => match runner.engine.inspect(&runner.running()?.place.container).await? {
            Some(details) => ended(runner, &details).await,
            None => StepFailure::new(FailureKind::Engine, "the container was removed while a command ran".to_owned()),
        },
    };
    let command = words.shown();
    let command = runner.redactor.redact(&command);
    let failed = Failed {
        phase,
        purpose: runner.order.purpose,
        command: &command,
        exit_code: failure.exit_code,
        output: &end.tail,
        registries: &runner.world.registries,
    };
    if failure.kind == FailureKind::Command
        && let Some(diagnosis) = diagnose(&failed)
    {
        runner.record.record(Event::Diagnosis(diagnosis)).await;
    }
    Err(failure)
}

fn words(command: &SingleCommand) -> Words<'_> {
    match command {
        SingleCommand::Shell(text) => Words::Shell(text),
        SingleCommand::Exec(words) => Words::Exec(words),
    }
}

/// Marks a hook whose last command had several parts.
async fn mark_done(running: &Running, file: &str, content: &str) -> Result<(), EngineError> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let place = &running.place;
    place.engine.upload(&place.container, marks::FOLDER, marks::one(name, content, &running.user)).await
}

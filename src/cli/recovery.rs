//! What GitHub does where a codespace could not be made: it opens a recovery container in its place.

use std::time::Instant;

use super::notices;
use crate::github::Registry;
use crate::journal::{Clock, CreationError, Event, LoginOutcome, Outcome, Recorder, RegistryLogin};
use crate::lifecycle::{Ending, FailureKind, ForCodespace, StepFailure, StepResult};
use crate::phase::Phase;
use crate::report::recovery_log;
use crate::steps::EngineRunner;

/// What carried a run out, and the phase that failed.
pub(super) type Ended = (EngineRunner, Option<(Phase, StepFailure)>);

/// Returns what failed, in words; nothing where that was the user's wish.
pub(super) fn reason<P>(ending: &Ending<P, EngineRunner>) -> Option<String> {
    let (phase, failure) = ending.failure.as_ref()?;
    (failure.kind != FailureKind::Interrupted).then(|| format!("{phase}: {}", failure.reason))
}

/// Tells whether a codespace came to nothing.
pub(super) fn is_due(ending: &Ending<ForCodespace, EngineRunner>) -> bool {
    !ending.usable && reason(ending).is_some()
}

/// Opens a recovery container, with its login, and tells of both.
pub(super) async fn open(
    mut ending: Ending<ForCodespace, EngineRunner>,
    recorder: &Recorder,
    clock: &Clock,
    registries: Vec<Registry>,
) -> Ended {
    let reason = reason(&ending).unwrap_or_default();
    recorder.record(Event::CreationFailed { error: CreationError::Container, reason: reason.clone() }).await;
    let began = Instant::now();
    let recovered = ending.recover().await;
    let failed = recovered.as_ref().err();
    recorder
        .record(Event::RecoveryContainer {
            outcome: if failed.is_some() { Outcome::Failed } else { Outcome::Succeeded },
            seconds: began.elapsed().as_secs_f64(),
            reason: failed.map(|failure| failure.reason.clone()),
            hint: failed.and_then(|failure| failure.hint.clone()),
        })
        .await;
    match recovered {
        Err(_) => notices::all_left_out(recorder, registries, "the codespace could not be made").await,
        Ok(login) => {
            warn(recorder, login.as_ref()).await;
            let is_command_s = ending.failure.as_ref().is_some_and(|(_, failure)| failure.exit_code.is_some());
            let told = (!is_command_s).then_some(reason.as_str());
            let logins = logins(registries, login);
            let runner = &mut ending.runner;
            let (user, folder) =
                (runner.remote_user().unwrap_or_default().to_owned(), runner.workspace_folder().to_owned());
            let text = recovery_log(clock.now(), told, (&user, &folder), &logins);
            runner.tell_of_recovery(&text).await;
        }
    }
    (ending.runner, ending.failure)
}

/// Says of a login that was not made why: the recovery container is there all the same.
async fn warn(recorder: &Recorder, login: Option<&StepResult>) {
    if let Some(Err(StepFailure { reason, hint, .. })) = login {
        let message = format!("the recovery container has no registry login: {reason}");
        recorder.record(Event::Warning { phase: None, message, hint: hint.clone() }).await;
    }
}

/// Returns what the log says of the logins.
fn logins(registries: Vec<Registry>, login: Option<StepResult>) -> Vec<RegistryLogin> {
    let (outcome, reason) = match login {
        None => return Vec::new(),
        Some(Ok(_)) => (LoginOutcome::Written, None),
        Some(Err(failure)) => (LoginOutcome::Failed, Some(failure.reason)),
    };
    let of = |registry: Registry| RegistryLogin {
        expires_at: registry.expires_at().filter(|_| outcome == LoginOutcome::Written),
        id: registry.id,
        server: registry.server.to_string(),
        user: registry.user,
        outcome,
        reason: reason.clone(),
    };
    registries.into_iter().map(of).collect()
}

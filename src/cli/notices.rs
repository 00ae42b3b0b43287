//! What a person should know about a run beside what its phases do.

use crate::github::{Purpose, RefusedRegistry, Registries, Registry};
use crate::journal::{Event, LoginOutcome, Recorder, RegistryLogin};
use crate::lifecycle::Ending;
use crate::phase::Phase;

/// Says what a person should know before anything runs.
pub(super) async fn before(
    recorder: &Recorder,
    texts: impl Iterator<Item = String>,
    registries: &Registries,
    too_short: usize,
) {
    let mut warnings: Vec<(String, Option<String>)> = texts.map(|text| (text, None)).collect();
    for half in &registries.incomplete {
        let hint = "a registry needs all three of SERVER, USER and PASSWORD with one ID".to_owned();
        let missing = half.lack();
        warnings.push((format!("the registry {} is left out: {missing}", half.id), Some(hint)));
        let server = half.server.as_ref().map(ToString::to_string).unwrap_or_default();
        left_out(recorder, half.id.clone(), server, String::new(), missing).await;
    }
    for RefusedRegistry { registry, reason, hint } in &registries.refused {
        let Registry { id, server, user, .. } = registry;
        warnings.push((format!("there is no login to {server} for {id}: {reason}"), Some(hint.clone())));
        let (id, server, user) = (id.clone(), server.to_string(), user.clone());
        let login = RegistryLogin {
            id,
            server,
            user,
            outcome: LoginOutcome::Failed,
            reason: Some(reason.clone()),
            expires_at: None,
        };
        recorder.record(Event::RegistryLogin(login)).await;
    }
    warnings.extend(registries.notes.iter().map(|note| (note.clone(), None)));
    if too_short > 0 {
        warnings
            .push((format!("{too_short} secret value(s) of fewer than 4 characters are not masked in outputs"), None));
    }
    for (message, hint) in warnings {
        recorder.record(Event::Warning { phase: None, message, hint }).await;
    }
}

/// Says of each registry why there was no login to it, where the phase `registryLogin` did not succeed.
pub(super) async fn logins_left_out<P, R>(
    recorder: &Recorder,
    registries: Vec<Registry>,
    purpose: Purpose,
    ending: &Ending<P, R>,
) {
    let reason = match (purpose, &ending.failure) {
        (_, Some((phase, _))) if *phase < Phase::RegistryLogin => format!("{phase} failed"),
        (_, Some((Phase::RegistryLogin, failure))) => failure.reason.clone(),
        (Purpose::Prebuild, _) => "this is a prebuild: a registry login is never made in one".to_owned(),
        (Purpose::Codespace, _) if ending.ran.contains(&Phase::RegistryLogin) => return,
        (Purpose::Codespace, _) => "it was made when the codespace was started".to_owned(),
    };
    all_left_out(recorder, registries, &reason).await;
}

/// Says of each registry that there was no login to it, and why.
pub(super) async fn all_left_out(recorder: &Recorder, registries: Vec<Registry>, reason: &str) {
    for Registry { id, server, user, .. } in registries {
        left_out(recorder, id, server.to_string(), user, reason.to_owned()).await;
    }
}

async fn left_out(recorder: &Recorder, id: String, server: String, user: String, reason: String) {
    let login =
        RegistryLogin { id, server, user, outcome: LoginOutcome::Skipped, reason: Some(reason), expires_at: None };
    recorder.record(Event::RegistryLogin(login)).await;
}

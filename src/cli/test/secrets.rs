//! The values that a case's report must not show.

use super::attempt::Settings;
use super::find::Planned;
use crate::cli::secrets::is_hidden;
use crate::cli::values;
use crate::github::hub::{self, HubSecret};
use crate::github::load_secrets;
use crate::redact::{Redactor, Secret};
use crate::scenario::{Action, Failure, Value, life};

/// Returns the filter that hides them. What cannot be had no codespace has either.
pub(super) async fn redactor(planned: &Planned, settings: &Settings) -> Redactor {
    let mut all: Vec<Secret<String>> = Vec::new();
    if let Some(Ok(file)) = planned.secrets_file.as_ref().map(|path| load_secrets(path)) {
        all.extend(
            file.secrets.into_iter().filter(|secret| is_hidden(secret.name.as_str())).map(|secret| secret.value),
        );
    }
    if let Some(Ok(hub)) = planned.hub.as_ref().map(|path| hub::load(path)) {
        let secrets: Vec<HubSecret> =
            hub.secrets.into_iter().filter(|secret| is_hidden(secret.name.as_str())).collect();
        for secret in secrets {
            all.extend(values::get(&secret, &settings.environment).await);
        }
    }
    for step in life(&planned.scenario, &planned.case) {
        match step.action {
            Action::SetSecret { value: Value::Given(value), .. } => all.push(value),
            Action::SetSecret { value: Value::Environment(name), .. } => {
                all.extend(settings.environment.get(&name).cloned().map(Secret::new));
            }
            Action::Create(_)
            | Action::Prebuild
            | Action::Stop
            | Action::Start
            | Action::Rebuild { .. }
            | Action::Exec(_)
            | Action::DeleteSecret(_)
            | Action::Push(_) => {}
        }
    }
    Redactor::new(all.iter().map(|value| value.expose().as_str()))
}

/// Hides values in what is told of a failure.
pub(super) fn hide(failure: &mut Failure, redactor: &Redactor) {
    let Failure { what, expected, actual, around, hint, .. } = failure;
    for text in [what, expected, actual].into_iter().chain(around).chain(hint) {
        *text = redactor.redact(text).into_owned();
    }
}

//! What is typed: the words of each call of localspace.

use std::ffi::OsString;

use super::find::Planned;
use crate::repository::Checkout;
use crate::scenario::SecretName;

/// Whom and what calls are for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose<'a> {
    pub(super) planned: &'a Planned,
    /// The GitHub user.
    pub(super) actor: &'a str,
}

/// Returns the flags that say which repository it is, and what for.
pub(super) fn of_repository(of: Whose<'_>, pushed: Option<&Checkout>) -> Vec<OsString> {
    let Whose { planned, .. } = of;
    let scenario = &planned.scenario;
    let named = scenario.repository.as_ref().or(pushed.map(|checkout| &checkout.name));
    let mut all = given(of);
    all.extend(flag("--repository", named.map(|name| name.to_string().into())));
    all.extend(flag("--config", planned.case.config.as_ref().map(Into::into)));
    // What is pushed to has that one checked out.
    all.extend(flag("--ref", scenario.reference().filter(|_| pushed.is_none()).map(Into::into)));
    all
}

/// Returns the flags that say what it is given.
pub(super) fn given(of: Whose<'_>) -> Vec<OsString> {
    let Whose { planned, actor } = of;
    let secrets = planned.secrets_file.as_ref().filter(|_| planned.case.with_secrets);
    let mut all = words(["--user", actor]);
    all.extend(flag("--hub", planned.hub.as_ref().map(Into::into)));
    all.extend(flag("--secrets-file", secrets.map(Into::into)));
    all.extend(planned.scenario.grants_permissions().then(|| OsString::from("--default-permissions")));
    all
}

/// Returns a flag with its value, where it has one.
fn flag(name: &str, value: Option<OsString>) -> impl Iterator<Item = OsString> {
    value.into_iter().flat_map(move |value| [OsString::from(name), value])
}

/// Returns the flags of every verb that leads a codespace through its phases.
pub(super) fn of_run(of: Whose<'_>) -> Vec<OsString> {
    let scenario = &of.planned.scenario;
    let mut all = Vec::new();
    if let Some(limit) = scenario.timeout_per_phase() {
        all.extend(["--timeout-per-phase".into(), format!("{}ms", limit.as_millis()).into()]);
    }
    all.extend(scenario.allows_initialize().then(|| OsString::from("--allow-initialize")));
    all
}

/// Returns what sets or deletes a secret.
pub(super) fn secret_words(verb: &str, secret: &SecretName, of: Whose<'_>) -> Vec<OsString> {
    let SecretName { name, organization, repository } = secret;
    let mut all = words(["secret", verb, name.as_str()]);
    let sets = verb == "set";
    let own = of.planned.scenario.repository.as_ref().map(ToString::to_string);
    match (organization, repository) {
        (Some(organization), repository) => {
            all.extend(words(["--org", organization]));
            if let Some(repository) = repository.as_ref().filter(|_| sets) {
                all.extend(words(["--visibility", "selected", "--repos", repository]));
            }
        }
        (None, Some(repository)) => all.extend(words(["--repo", repository])),
        (None, None) => {
            all.push(format!("--user={}", of.actor).into());
            if let Some(own) = own.filter(|_| sets) {
                all.extend(words(["--repos", &own]));
            }
        }
    }
    all
}

/// Returns words.
pub(super) fn words<const N: usize>(words: [&str; N]) -> Vec<OsString> {
    words.map(OsString::from).to_vec()
}

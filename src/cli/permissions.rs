//! What a new codespace asks to be let do with other repositories (`customizations.codespaces.repositories`): asked of the user once, remembered until
//! it changes, and said where it is not authorized.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::CliError;
use super::in_hub;
use super::select::Found;
use crate::devcontainer::DevContainer;
use crate::engine::Engine;
use crate::github::{Authorization, Request};
use crate::home::{make_folder, write_whole};
use crate::permissions::Permissions;
use crate::steps::Order;
use crate::ui::Answer;

/// The property, for people.
const PROPERTY: &str = "customizations.codespaces.repositories";

/// The version of the file.
const VERSION: u32 = 1;

/// What the user has answered for a repository.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    version: u32,
    repository: String,
    actor: String,
    permissions: Permissions,
    granted: bool,
}

/// Whether the user was asked on the command line already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// `--default-permissions`
    Given,
    /// The user is asked.
    NotGiven,
}

/// Decides what becomes of what the configuration of a new codespace asks for. The codespace keeps it for its life.
pub(super) async fn settle(
    context: &mut Context,
    engine: &Engine,
    order: &mut Order,
    hub: Option<&Path>,
    consent: Consent,
) -> Result<(), CliError> {
    let Some(config) = &order.config else { return Ok(()) };
    let Request { permissions, never } = Request::of(&config.repositories, &order.repository, order.purpose);
    order.notes.extend(never.into_iter().map(|text| format!("{PROPERTY}: {text}")));
    if permissions.is_empty() {
        return Ok(());
    }
    let has_hub = in_hub::runs(context, engine, hub).await;
    if !has_hub {
        order.notes.push(format!(
            "{PROPERTY} asks for {permissions}: there is no GitHub here whose token that could widen (`up --hub FILE` of a hub that runs has one)"
        ));
    }
    let key = format!("{} {}", order.repository, order.actor).to_lowercase();
    let file = context.answer_file(&key);
    let answered = Answered {
        version: VERSION,
        repository: order.repository.to_string(),
        actor: order.actor.clone(),
        permissions: permissions.clone(),
        granted: true,
    };
    let is_granted = match (consent, remembered(&file, &permissions)) {
        (Consent::Given | Consent::NotGiven, Some(true)) => true,
        (Consent::Given, Some(false) | None) => {
            remember(&file, &answered)?;
            true
        }
        (Consent::NotGiven, Some(false)) => false,
        // Where nothing could be widened nobody is asked.
        (Consent::NotGiven, None) if !has_hub => false,
        (Consent::NotGiven, None) => match context.ui.confirm(&question(order, &permissions)).await {
            Ok(Answer::Yes) => {
                remember(&file, &answered)?;
                true
            }
            Ok(Answer::No) => {
                remember(&file, &Answered { granted: false, ..answered })?;
                false
            }
            Ok(Answer::NobodyThere) | Err(_) => false,
        },
    };
    if !is_granted && has_hub {
        order.notes.push(format!(
            "{PROPERTY} asks for {permissions}: it is not authorized, and the codespace is made without (--default-permissions authorizes it, for a new codespace)"
        ));
    }
    order.authorization =
        if is_granted { Authorization::Granted(permissions) } else { Authorization::Refused(permissions) };
    Ok(())
}

/// Returns what a person should know who rebuilds a codespace whose configuration asks for something else than when it was made: that takes effect in
/// a new one.
pub(super) fn unchanged(found: &Found, config: &DevContainer) -> Option<String> {
    let repository = found.label(crate::codespace::label::REPOSITORY).parse().ok()?;
    let asked = Request::of(&config.repositories, &repository, found.purpose()).permissions;
    let differs = asked != found.authorization().asked();
    differs.then(|| {
        format!(
            "{PROPERTY} asks for something else than when the codespace was made: it takes effect in a new codespace"
        )
    })
}

/// Asks in gh's words (codespaces-facts.md section 4).
fn question(order: &Order, permissions: &Permissions) -> String {
    let each: String = permissions.iter().map(|(of, access)| format!("  {of}: {access}\n")).collect();
    format!(
        "You must authorize or deny additional permissions requested by this codespace before continuing.\n{}'s codespace of {} asks for:\n{each}authorize them?",
        order.actor, order.repository
    )
}

/// Returns what was answered to these permissions; nothing where it was to others.
fn remembered(file: &Path, permissions: &Permissions) -> Option<bool> {
    let answered: Answered = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    (answered.version == VERSION && answered.permissions == *permissions).then_some(answered.granted)
}

fn remember(file: &Path, answered: &Answered) -> Result<(), CliError> {
    make_folder(file.parent().unwrap_or(Path::new(".")))?;
    let text = serde_json::to_vec(answered).map_err(std::io::Error::other)?;
    Ok(write_whole(file, &text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_something_else_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("permissions/one.json");
        let permissions: Permissions = "acme/api: packages read".parse().expect("permissions");
        assert_eq!(remembered(&file, &permissions), None);
        for granted in [true, false] {
            let (repository, actor) = ("acme/app".to_owned(), "mona".to_owned());
            let answered = Answered { version: VERSION, repository, actor, permissions: permissions.clone(), granted };
            remember(&file, &answered).expect("written");
            assert_eq!(remembered(&file, &permissions), Some(granted));
        }
        assert_eq!(remembered(&file, &"acme/api: packages read, issues read".parse().expect("others")), None);
        let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata().expect("there"));
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&file, "{").expect("written");
        assert_eq!(remembered(&file, &permissions), None);
    }
}

//! The secrets of a run, and what the run before had. Where they are from, `sources` says.

use std::path::PathBuf;

use super::context::Context;
use super::github_token::{OwnToken, TokenSource};
use super::select;
use super::sources::Hidden;
use crate::codespace::CodespaceName;
use crate::github::{CodespaceSecret, SecretsFile, World, auth};
use crate::phase::Phase;
use crate::redact::{Redactor, Secret};
use crate::steps::Kept;

/// The secrets of a run and where they are from.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// The secrets file, where it can be read again.
    pub(super) file: Option<PathBuf>,
    /// The hub's file, where it can be read again.
    pub(super) hub: Option<PathBuf>,
    /// The user's own token in the place of the codespace's.
    pub(super) token: OwnToken,
    pub(super) content: SecretsFile,
    /// Those that the codespace does not see.
    pub(super) hidden: Vec<Hidden>,
}

/// What an earlier run of a codespace left for the next one.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) secrets_file: Option<PathBuf>,
    pub(super) hub: Option<PathBuf>,
    pub(super) token: Option<TokenSource>,
    /// The phase in which it died.
    pub(super) died_in: Option<Phase>,
}

impl Before {
    /// Reads the journal of a codespace.
    pub(super) fn of(context: &Context, name: &CodespaceName) -> Self {
        let before = select::newest(context, name).filter(|run| run.run.is_some());
        let died_in = before.as_ref().filter(|run| run.end.is_none()).and_then(|run| run.running);
        let Some(run) = before.and_then(|run| run.run) else {
            return Self { secrets_file: None, hub: None, token: None, died_in };
        };
        let token = run.github_token.as_deref().and_then(TokenSource::of_name);
        Self { secrets_file: run.secrets_file.map(PathBuf::from), hub: run.hub.map(PathBuf::from), token, died_in }
    }
}

/// What a codespace that runs may see of its secrets: those that it was started with (DESIGN section 3; source document: "you may need to stop
/// and then start the codespace").
#[derive(Debug)]
pub(super) struct StartedWith {
    pub(super) world: World,
    /// The names of those that were set or changed since.
    pub(super) newer: Vec<String>,
}

impl StartedWith {
    pub(super) fn of(secrets: Vec<CodespaceSecret>, kept: &Kept) -> Self {
        let (old, new): (Vec<_>, Vec<_>) = secrets.into_iter().partition(|secret| kept.secrets.has(secret));
        Self { world: World::new(old), newer: new.iter().map(|secret| secret.name.to_string()).collect() }
    }
}

/// Returns what a person should know of secrets that a codespace lacks.
pub(super) fn newer_warning(newer: &[String], name: &CodespaceName) -> Option<String> {
    (!newer.is_empty()).then(|| {
        format!(
            "{} changed since {name} was started: a codespace gets its secrets at its start (`localspace stop -c {name}`, `localspace start -c {name}`)",
            newer.join(", ")
        )
    })
}

/// Tells whether a secret's value must not be shown: reports show the servers and users of registries.
pub(super) fn is_hidden(name: &str) -> bool {
    !name.ends_with("_CONTAINER_REGISTRY_SERVER") && !name.ends_with("_CONTAINER_REGISTRY_USER")
}

/// Returns the filter that hides every secret: all values but the servers and users of registries, which reports show; and `more`.
pub(super) fn redactor(world: &World, more: &[Secret<String>]) -> Redactor {
    let hidden = world.secrets.iter().filter(|secret| is_hidden(secret.name.as_str()));
    let logins: Vec<_> = world.registries.complete.iter().map(auth).collect();
    let token = world.token.iter().map(|token| token.value.expose().as_str());
    let tokens =
        world.registries.complete.iter().filter_map(|registry| Some(registry.token.as_ref()?.value.expose().as_str()));
    let values = hidden.map(|secret| secret.value.expose().as_str());
    Redactor::new(
        values.chain(token).chain(tokens).chain(logins.iter().chain(more).map(|login| login.expose().as_str())),
    )
}

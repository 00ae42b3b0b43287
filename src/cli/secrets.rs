//! The secrets of a run: from its file, or from the file of the run before.

use std::path::PathBuf;

use super::context::Context;
use super::error::CliError;
use super::select;
use crate::codespace::CodespaceName;
use crate::github::{CodespaceSecret, SecretsFile, World, auth, load_secrets};
use crate::phase::Phase;
use crate::redact::{Redactor, Secret};
use crate::steps::Kept;

/// The secrets of a run and where they are from.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// The file, where it can be read again.
    pub(super) file: Option<PathBuf>,
    pub(super) content: SecretsFile,
}

impl Secrets {
    /// Reads a secrets file.
    pub(super) fn load(file: Option<PathBuf>) -> Result<Self, CliError> {
        let Some(file) = file else { return Ok(Self::default()) };
        let mut content = load_secrets(&file)?;
        if file.is_file() {
            return Ok(Self { file: Some(file.canonicalize().unwrap_or(file)), content });
        }
        // A pipe gives what it has once.
        content.warnings.push(format!(
            "{} is no file that can be read again: `exec` and `start` do without these secrets unless they are given again",
            file.display()
        ));
        Ok(Self { file: None, content })
    }
}

/// What an earlier run of a codespace left for the next one.
#[derive(Debug)]
pub(super) struct Before {
    secrets_file: Option<PathBuf>,
    /// The phase in which it died.
    pub(super) died_in: Option<Phase>,
}

impl Before {
    /// Reads the journal of a codespace.
    pub(super) fn of(context: &Context, name: &CodespaceName) -> Self {
        let before = select::newest(context, name).filter(|run| run.run.is_some());
        let died_in = before.as_ref().filter(|run| run.end.is_none()).and_then(|run| run.running);
        let secrets_file = before.and_then(|run| run.run?.secrets_file).map(PathBuf::from);
        Self { secrets_file, died_in }
    }

    /// Reads the secrets file that is given, or else the one that the earlier run had.
    pub(super) fn secrets_or(&self, given: Option<&PathBuf>) -> Result<Secrets, CliError> {
        given.map_or_else(|| Ok(self.secrets()), |file| Secrets::load(Some(file.clone())))
    }

    /// Reads the secrets file again that the earlier run had. One that cannot be read is a warning: the codespace is there, and can be used
    /// without.
    pub(super) fn secrets(&self) -> Secrets {
        match Secrets::load(self.secrets_file.clone()) {
            Ok(secrets) => secrets,
            Err(error) => {
                let warning = format!("{}: it goes on without secrets", error.message());
                // The next run looks for the file again.
                let content = SecretsFile { warnings: vec![warning], ..SecretsFile::default() };
                Secrets { file: self.secrets_file.clone(), content }
            }
        }
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

/// Returns the filter that hides every secret: all values but the servers and users of registries, which reports show; and `more`.
pub(super) fn redactor(world: &World, more: &[Secret<String>]) -> Redactor {
    let shown = |name: &str| name.ends_with("_CONTAINER_REGISTRY_SERVER") || name.ends_with("_CONTAINER_REGISTRY_USER");
    let hidden = world.secrets.iter().filter(|secret| !shown(secret.name.as_str()));
    let logins: Vec<_> = world.registries.complete.iter().map(auth).collect();
    let values = hidden.map(|secret| secret.value.expose().as_str());
    Redactor::new(values.chain(logins.iter().chain(more).map(|login| login.expose().as_str())))
}

//! The logins in the remote user's Docker configuration.

use super::gate::{Gate, fresh_mark};
use super::marks;
use super::running::Running;
use super::shell::EndMark;
use crate::engine::EngineError;
use crate::github::{DockerConfigError, Registry, merge};
use crate::journal::{Event, LoginOutcome, RegistryLogin};
use crate::lifecycle::ContentReady;
use crate::phase::Phase;
use crate::shell_word::quote;

/// The largest Docker configuration that is read, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// Logins that could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginError {
    /// The file that is there cannot be merged into.
    #[error(transparent)]
    Config(#[from] DockerConfigError),
    /// It could not be written.
    #[error("cannot write {file}: {said}")]
    Unwritable {
        /// The file.
        file: String,
        /// What the container said.
        said: String,
    },
    /// The engine did not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Merges the logins into `HOME/.docker/config.json` of the remote user: 0600, whole or not at all.
///
/// `_ready` is what this function is about: no one has one before `updateContentCommand` is over, or in a prebuild.
pub(super) async fn write(
    _ready: &ContentReady<'_>,
    running: &Running,
    registries: &[Registry],
    ahead: Option<Gate>,
) -> Result<(), LoginError> {
    let place = &running.place;
    let file = format!("{}/.docker/config.json", running.home.trim_end_matches('/'));
    let existing = place.engine.read_file(&place.container, &file, LARGEST).await?;
    let existing = existing.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let merged = merge(existing.as_deref(), registries)?;
    for note in merged.notes {
        place.record.record(Event::Warning { phase: Some(Phase::RegistryLogin), message: note, hint: None }).await;
    }
    let gate = match ahead {
        Some(gate) => gate,
        None => Gate::open(&place.engine, &place.container, &place.user).await?,
    };
    let mark = fresh_mark();
    let text = script(&file, merged.text.expose(), &running.started_at, &mark);
    let (code, said) = gate.run_to_end(&text, &mark).await?;
    let outcome = if code == 0 { LoginOutcome::Written } else { LoginOutcome::Failed };
    let said = place.redactor.redact(String::from_utf8_lossy(&said).trim()).into_owned();
    for registry in registries {
        let reason = (code != 0).then(|| said.clone());
        let (id, user) = (registry.id.clone(), registry.user.clone());
        let expires_at = registry.expires_at().filter(|_| outcome == LoginOutcome::Written);
        let login = RegistryLogin { id, server: registry.server.to_string(), user, outcome, reason, expires_at };
        place.record.record(Event::RegistryLogin(login)).await;
    }
    if code == 0 { Ok(()) } else { Err(LoginError::Unwritable { file, said }) }
}

/// Writes beside the file and renames; a link is followed, as Codespaces makes `~/.docker` one.
fn script(file: &str, text: &str, started_at: &str, mark: &EndMark) -> String {
    let success = marks::file(Phase::RegistryLogin).unwrap_or_default();
    format!(
        "{{\numask 077\nf={file}\ncode=0\n\
         if [ -L \"$f\" ]; then l=$(readlink -f \"$f\"); \
         [ -n \"$l\" ] || {{ echo \"it is a link that leads nowhere\" >&2; code=1; }}; f=$l; fi\n\
         [ -d \"$f\" ] && {{ echo \"it is a folder\" >&2; code=1; }}\n\
         if [ $code = 0 ]; then t=\"$f.$$\"\n\
         mkdir -p \"$(dirname \"$f\")\" && printf %s {text} >\"$t\" && mv -f \"$t\" \"$f\"\ncode=$?\n\
         [ $code = 0 ] || rm -f \"$t\"\nfi\n\
         [ $code = 0 ] && printf %s {started} >{success}\n{mark}\nexit $code\n}}\n",
        file = quote(file),
        text = quote(text),
        started = quote(started_at),
        success = quote(&success),
        mark = mark.script(),
    )
}

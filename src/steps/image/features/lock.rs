//! The lockfile of a codespace: it lies beside the configuration in the clone, so that it is in `/workspaces` as a file that is not committed yet,
//! where there was none or another one.

use std::path::Path;

use crate::devcontainer::feature::{Feature, Lockfile};
use crate::devcontainer::{ConfigError, Configuration};
use crate::feature_store::write_lockfile;
use crate::lifecycle::StepFailure;
use crate::steps::choices::LockfileUse;
use crate::steps::image::made::NewLockfile;

/// The lockfile of Features that were resolved.
#[derive(Debug)]
pub(super) struct Locked {
    text: Option<String>,
    /// What a person should know of it, in words.
    pub(super) note: Option<String>,
}

impl Locked {
    /// Holds the Features against the lockfile that is there. One that has to stay and would be another one is an error.
    pub(super) fn of(
        features: &[Feature],
        old: Option<&Lockfile>,
        lock: LockfileUse,
        config: &Configuration,
    ) -> Result<Self, StepFailure> {
        let today = Lockfile::of(features);
        match lock {
            LockfileUse::Written => Ok(Self { text: today.to_write(old).map(str::to_owned), note: None }),
            LockfileUse::Told => Ok(Self { text: None, note: today.to_write(old).map(|_| would_change(old, config)) }),
            LockfileUse::Frozen => match today.frozen(old) {
                Ok(()) => Ok(Self { text: None, note: None }),
                Err(thawed) => Err(frozen(config, &thawed.to_string()).into()),
            },
        }
    }

    /// Writes it into the clone, once the Features are installed; returns what was written.
    pub(super) fn write(self, files: &Path, config: &str) -> Result<Option<NewLockfile>, StepFailure> {
        let Some(text) = self.text else { return Ok(None) };
        write_lockfile(files, config, &text)?;
        Ok(Some(NewLockfile { path: Lockfile::path(config), text }))
    }
}

fn would_change(old: Option<&Lockfile>, config: &Configuration) -> String {
    let (path, what) =
        (Lockfile::path(&config.file), if old.is_some() { "is another one today" } else { "is not there" });
    format!("the lockfile {path} {what}: `build` leaves the repository as it is; `up` writes it into its codespace")
}

fn frozen(config: &Configuration, problem: &str) -> ConfigError {
    let span = config.span_at(&["features"]).unwrap_or(0..1);
    let hint = "without --frozen-lockfile it is written; commit it then".to_owned();
    config.error(span, problem.to_owned(), Some(hint))
}

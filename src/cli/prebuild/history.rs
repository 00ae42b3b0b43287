//! What is known of a repository's prebuilds beside themselves: how the newest run ended, and what was chosen for them. A file each, by repository,
//! branch and configuration.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::home::{Home, Locked, make_folder, write_whole};
use crate::prebuild::LastRun;

/// How many versions are kept where nobody says so (codespaces-facts.md section 1.6, "Template history").
pub(super) const KEEP: u8 = 2;

/// The version of the file.
const VERSION: u32 = 1;

/// What is known of the prebuilds of one branch and configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::cli) struct History {
    version: u32,
    /// How many are kept.
    pub(super) keep: u8,
    /// Whether an older one may take the place of one whose run has failed.
    pub(in crate::cli) optimized: bool,
    /// How the newest run ended; nothing where there was none.
    pub(super) last: Option<Run>,
}

/// A run that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Run {
    /// The prebuild's name.
    pub(super) name: String,
    /// The commit.
    pub(super) commit: String,
    /// When it ended, RFC 3339.
    pub(super) ended: String,
    /// Whether it came to be.
    pub(super) succeeded: bool,
}

impl Default for History {
    fn default() -> Self {
        Self { version: VERSION, keep: KEEP, optimized: true, last: None }
    }
}

/// Returns what tells the prebuilds of one repository, branch and configuration from others.
pub(in crate::cli) fn key(source: &str, branch: Option<&str>, config_path: &str) -> String {
    Home::source_key(&format!("{source} prebuild {branch:?} {config_path:?}"))
}

fn file(context: &Context, key: &str) -> PathBuf {
    context.home.prebuilds().join(format!("{key}.json"))
}

impl History {
    /// Reads it; one that is not there, or cannot be read, says nothing.
    pub(in crate::cli) fn load(context: &Context, key: &str) -> Self {
        let read = std::fs::read(file(context, key)).ok();
        let known: Option<Self> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        known.filter(|history| history.version == VERSION).unwrap_or_default()
    }

    /// Writes it.
    pub(super) fn save(&self, context: &Context, key: &str) -> Result<(), CliError> {
        make_folder(&context.home.prebuilds())?;
        let text = serde_json::to_vec(self).map_err(std::io::Error::other)?;
        Ok(write_whole(&file(context, key), &text)?)
    }

    /// Returns how the newest run ended, or that one goes on.
    pub(in crate::cli) fn last_run(&self, context: &Context, key: &str) -> LastRun {
        // Who makes one holds it.
        if matches!(context.home.try_lock_key(key, "localspace up"), Ok(Locked::No { .. })) {
            return LastRun::Running;
        }
        match &self.last {
            Some(run) if !run.succeeded => LastRun::Failed,
            Some(_) | None => LastRun::Succeeded,
        }
    }
}

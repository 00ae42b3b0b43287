//! What is known of a repository's prebuilds beside themselves: how the newest run ended, and what was chosen for them. A file each, by repository,
//! branch and configuration.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::figures::at;
use super::settings::Settings;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::home::{Home, Locked, make_folder, write_whole};
use crate::prebuild::{LastRun, Record};
use crate::steps::Order;

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
    /// Whose prebuilds they are; absent where that was not written yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<Of>,
    /// What the next run is given too.
    #[serde(default)]
    pub(super) settings: Settings,
}

/// Whose prebuilds they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Of {
    /// `owner/name` of the repository.
    pub(super) repository: String,
    /// Where it is.
    pub(super) source: String,
    /// The branch; absent where the commit is on none.
    pub(super) branch: Option<String>,
    /// The configuration's path in the repository.
    pub(super) config_path: String,
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
    /// The phase that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) phase: Option<String>,
}

impl Of {
    /// Returns the one of an order.
    pub(super) fn order(order: &Order) -> Self {
        Self {
            repository: order.repository.to_string(),
            source: order.source.clone(),
            branch: order.reference.clone(),
            config_path: order.config_path.clone(),
        }
    }

    /// Returns the one of a prebuild.
    pub(super) fn record(record: &Record) -> Self {
        Self {
            repository: record.repository.clone(),
            source: record.source.clone(),
            branch: record.branch.clone(),
            config_path: record.config_path.clone(),
        }
    }

    /// Returns what tells these prebuilds from others.
    pub(super) fn key(&self) -> String {
        key(&self.source, self.branch.as_deref(), &self.config_path)
    }

    /// Tells whether a prebuild is one of them.
    pub(super) fn has(&self, record: &Record) -> bool {
        self.source == record.source && self.branch == record.branch && self.config_path == record.config_path
    }
}

impl Run {
    /// Returns how it failed, for a program.
    pub(super) fn failure(&self) -> String {
        self.failed_at(&self.ended)
    }

    /// Returns how it failed, for a person.
    pub(super) fn told(&self) -> String {
        self.failed_at(&at(&self.ended))
    }

    fn failed_at(&self, time: &str) -> String {
        let commit = self.commit.get(..7).unwrap_or(&self.commit);
        let phase = self.phase.as_ref().map_or(String::new(), |phase| format!(" in {phase}"));
        format!("the last run, of {commit}, failed{phase} at {time}")
    }
}

impl Default for History {
    fn default() -> Self {
        Self { version: VERSION, keep: KEEP, optimized: true, last: None, of: None, settings: Settings::default() }
    }
}

/// Returns what tells the prebuilds of one repository, branch and configuration from others.
pub(in crate::cli) fn key(source: &str, branch: Option<&str>, config_path: &str) -> String {
    Home::source_key(&format!("{source} prebuild {branch:?} {config_path:?}"))
}

fn file(context: &Context, key: &str) -> PathBuf {
    context.home.prebuilds().join(format!("{key}.json"))
}

/// Returns who makes a prebuild now, where somebody does.
pub(super) fn running(context: &Context, key: &str) -> Option<String> {
    // Who makes one has it alone; who only looks keeps nobody else from looking.
    match context.home.try_share(key, "localspace") {
        Ok(Locked::No { holder }) => Some(holder),
        Ok(Locked::Yes(_)) | Err(_) => None,
    }
}

impl History {
    /// Reads it; one that is not there, or cannot be read, says nothing.
    pub(in crate::cli) fn load(context: &Context, key: &str) -> Self {
        let read = std::fs::read(file(context, key)).ok();
        let known: Option<Self> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        known.filter(|history| history.version == VERSION).unwrap_or_default()
    }

    /// Reads those of one prebuild's repository, branch and configuration.
    pub(super) fn of_record(context: &Context, record: &Record) -> (Self, LastRun) {
        let key = key(&record.source, record.branch.as_deref(), &record.config_path);
        let history = Self::load(context, &key);
        let last = history.last_run(context, &key);
        (history, last)
    }

    /// Returns all those that say whose they are.
    pub(super) fn all(context: &Context) -> Vec<(Of, Self)> {
        let listed = std::fs::read_dir(context.home.prebuilds()).into_iter().flatten().flatten();
        let keys = listed.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json").map(str::to_owned));
        let known = keys.map(|key| Self::load(context, &key));
        let mut all: Vec<_> = known.filter_map(|history| Some((history.of.clone()?, history))).collect();
        all.sort_by_key(|(of, _)| (of.repository.clone(), of.branch.clone(), of.config_path.clone()));
        all
    }

    /// Returns whose prebuilds those of a repository are that were last made, of a branch and a configuration where these are said, with what they were
    /// given.
    pub(super) fn newest(
        context: &Context,
        source: &str,
        branch: Option<&str>,
        config: Option<&str>,
    ) -> Option<(Of, Settings)> {
        let is_meant = |of: &Of| {
            of.source == source
                && (branch.is_none() || of.branch.as_deref() == branch)
                && config.is_none_or(|config| of.config_path == config)
        };
        let all = Self::all(context).into_iter().filter(|(of, _)| is_meant(of));
        let newest = all.max_by_key(|(_, history)| history.last.as_ref().map(|run| run.ended.clone()));
        newest.map(|(of, history)| (of, history.settings))
    }

    /// Writes it.
    pub(super) fn save(&self, context: &Context, key: &str) -> Result<(), CliError> {
        make_folder(&context.home.prebuilds())?;
        let text = serde_json::to_vec(self).map_err(std::io::Error::other)?;
        Ok(write_whole(&file(context, key), &text)?)
    }

    /// Returns how the newest run ended, or that one goes on.
    pub(in crate::cli) fn last_run(&self, context: &Context, key: &str) -> LastRun {
        if running(context, key).is_some() {
            return LastRun::Running;
        }
        match &self.last {
            Some(run) if !run.succeeded => LastRun::Failed,
            Some(_) | None => LastRun::Succeeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_version_kept_is_read() {
        let kept = r#"{"version":1,"keep":3,"optimized":false,"last":null}"#;
        let read: History = serde_json::from_str(kept).expect("read");
        assert_eq!(read, History { keep: 3, optimized: false, ..History::default() });
    }
}

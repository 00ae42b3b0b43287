//! What is told of a run, and to whom: people, programs, files, and GitHub Actions.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Args;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::report::scenario::{Log, STEP_SUMMARY, Text, annotations, junit, step_summary};
use crate::scenario::{CaseResult, RunResult, TestEvent};

/// Whoever is told.
#[derive(Debug)]
pub(super) struct Reports {
    text: Text,
    json: bool,
    junit: Option<PathBuf>,
    actions: Option<Actions>,
    results: Vec<CaseResult>,
}

/// A step of a workflow of GitHub.
#[derive(Debug)]
struct Actions {
    /// The file of the step's summary.
    summary: Option<PathBuf>,
    /// The folder that the scenarios run in, as a path in the repository that is checked out.
    folder: String,
}

impl Reports {
    /// Returns whoever is told.
    pub(super) fn of(args: &Args, context: &Context) -> Self {
        let actions = Actions::of(&context.environment);
        let log = if actions.is_some() { Log::Actions } else { Log::Plain };
        Self {
            text: Text { look: context.ui.err_look(), log, tries: Some(u32::from(args.retries) + 1) },
            json: args.json,
            junit: args.junit.clone(),
            actions,
            results: Vec::new(),
        }
    }

    /// Tells of one more event.
    pub(super) fn tell(&mut self, context: &mut Context, event: &TestEvent) -> Result<(), CliError> {
        if self.json {
            let line = serde_json::to_string(event).map_err(std::io::Error::other)?;
            context.ui.data(&format!("{}\n", self.text.log.json(&line)))?;
        }
        match event {
            TestEvent::CaseFinished(result) => {
                context.ui.say(&self.text.case(result));
                self.results.push(result.as_ref().clone());
            }
            TestEvent::RunFinished(run) => self.end(context, run)?,
            TestEvent::RunStarted { .. }
            | TestEvent::CaseStarted { .. }
            | TestEvent::StepStarted { .. }
            | TestEvent::PhaseStarted { .. } => {}
        }
        Ok(())
    }

    fn end(&self, context: &mut Context, run: &RunResult) -> Result<(), CliError> {
        context.ui.say(&self.text.end(&self.results, run));
        if let Some(actions) = &self.actions {
            context.ui.say(&annotations(&self.results, &actions.folder));
            if let Some(file) = &actions.summary {
                append_summary(file, &self.results, run)?;
            }
        }
        if let Some(file) = &self.junit {
            let document = junit(&self.results, run).map_err(std::io::Error::other)?;
            write(file, |out| out.write_all(document.as_bytes()))?;
        }
        Ok(())
    }
}

impl Actions {
    fn of(environment: &BTreeMap<String, String>) -> Option<Self> {
        let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let _is_there = get("GITHUB_ACTIONS").filter(|value| *value == "true")?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
        let top = get("GITHUB_WORKSPACE").and_then(|top| Path::new(top).canonicalize().ok());
        let folder = top.and_then(|top| here.strip_prefix(top).ok().map(|folder| folder.display().to_string()));
        Some(Self { summary: get("GITHUB_STEP_SUMMARY").map(PathBuf::from), folder: folder.unwrap_or_default() })
    }
}

/// Appends to the summary of a step, as far as it takes more.
fn append_summary(file: &Path, results: &[CaseResult], run: &RunResult) -> Result<(), CliError> {
    let there = file.metadata().map_or(0, |about| usize::try_from(about.len()).unwrap_or(STEP_SUMMARY));
    let page = step_summary(results, run, STEP_SUMMARY.saturating_sub(there));
    let failed = |error| CliError::new(Kind::Engine, format!("cannot write {}: {error}", file.display()), None);
    let mut out = std::fs::OpenOptions::new().create(true).append(true).open(file).map_err(failed)?;
    out.write_all(page.as_bytes()).map_err(failed)
}

/// Writes a file, whole or not at all, with the folders around it.
fn write(file: &Path, content: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), CliError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        let mut whole = tempfile::Builder::new().permissions(public()).tempfile_in(folder)?;
        content(&mut whole)?;
        whole.persist(file).map(drop).map_err(|error| error.error)
    });
    written.map_err(|error| CliError::new(Kind::Engine, format!("cannot write {}: {error}", file.display()), None))
}

/// Returns the permissions of a file that others read too.
fn public() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

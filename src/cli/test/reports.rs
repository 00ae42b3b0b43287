//! What is told of a run, and to whom: people, programs, files, and GitHub Actions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Args;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::report::{add_summary, log_of, write_junit};
use crate::report::scenario::{Log, annotations};
use crate::scenario::{CaseResult, RunResult, TestEvent};
use crate::ui::Scenarios;

/// Whoever is told.
pub(super) struct Reports {
    people: Scenarios,
    log: Log,
    json: bool,
    junit: Option<PathBuf>,
    /// The file of a step's summary.
    summary: Option<PathBuf>,
    /// The folder that the scenarios run in, as a path in the repository that is checked out.
    folder: String,
    results: Vec<CaseResult>,
}

impl Reports {
    /// Returns whoever is told.
    pub(super) fn of(args: &Args, context: &Context) -> Self {
        let log = log_of(context);
        let summary = context.environment.get("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty());
        Self {
            people: context.ui.scenarios(context.clock.clone(), log, Some(u32::from(args.retries) + 1)),
            log,
            json: args.json,
            junit: args.junit.clone(),
            summary: summary.map(PathBuf::from).filter(|_| log == Log::Actions),
            folder: folder(&context.environment),
            results: Vec::new(),
        }
    }

    /// Tells of one more event.
    pub(super) fn tell(&mut self, context: &mut Context, event: &TestEvent) -> Result<(), CliError> {
        if self.json {
            let line = serde_json::to_string(event).map_err(std::io::Error::other)?;
            context.ui.data(&format!("{}\n", self.log.json(&line)))?;
        }
        self.people.event(event);
        match event {
            TestEvent::CaseFinished(result) => self.results.push(result.as_ref().clone()),
            TestEvent::RunFinished(run) => self.end(context, run)?,
            TestEvent::RunStarted { .. }
            | TestEvent::CaseStarted { .. }
            | TestEvent::StepStarted { .. }
            | TestEvent::PhaseStarted { .. } => {}
        }
        Ok(())
    }

    /// Says what has still not ended, once in a while.
    pub(super) fn remind(&mut self) {
        self.people.still_running();
    }

    fn end(&mut self, context: &mut Context, run: &RunResult) -> Result<(), CliError> {
        self.people.finish();
        if self.log == Log::Actions {
            context.ui.say(&annotations(&self.results, &self.folder));
        }
        if let Some(file) = &self.summary {
            add_summary(file, &self.results, run)?;
        }
        self.junit.as_ref().map_or(Ok(()), |file| write_junit(file, &self.results, run))
    }
}

/// Returns the folder that the scenarios run in, as a path in the repository that a workflow has checked out.
fn folder(environment: &BTreeMap<String, String>) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let top = environment.get("GITHUB_WORKSPACE").and_then(|top| Path::new(top).canonicalize().ok());
    let folder = top.and_then(|top| here.strip_prefix(top).ok().map(|folder| folder.display().to_string()));
    folder.unwrap_or_default()
}

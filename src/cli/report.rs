//! `localspace report`

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::{CliError, Kind};
use crate::report::plain;
use crate::report::scenario::{Log, STEP_SUMMARY, Stream, Text, junit, merge, step_summary};
use crate::scenario::{CaseResult, RunResult};
use crate::ui::Reader;

/// Reports of scenarios that were run elsewhere
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Merge(Merge),
}

/// Make the runs of several shards one
///
/// Reads what `localspace test --shard I/N --json` has printed on each machine, and tells what failed. The exit code is that of one run of
/// them all: 1 where something failed, 3 where it could not be found out, so also where a shard did not end.
///
/// Example: localspace report merge shard-*.json --junit junit.xml --summary "$GITHUB_STEP_SUMMARY"
#[derive(Debug, clap::Args)]
#[allow(clippy::doc_markdown, reason = "a help text is no Markdown")]
struct Merge {
    /// The events of each shard
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write JUnit's XML into this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Add a summary for GitHub Actions to this file
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Print the events of the whole, as JSON lines
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Tells whether standard output is for a program.
    pub(super) const fn wants_json(&self) -> bool {
        let Verb::Merge(args) = &self.verb;
        args.json
    }
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let Verb::Merge(args) = &args.verb;
    let files = args.files.iter().map(|file| read(file)).collect::<Result<Vec<_>, CliError>>()?;
    let streams: Vec<_> = files.iter().map(|(name, content)| Stream { name, content }).collect();
    let merged = merge(&streams)
        .map_err(|error| CliError::new(Kind::Usage, error.to_string(), Some(error.hint().to_owned())))?;
    let text = Text { look: context.ui.err_look(), log: log_of(context), tries: None };
    for result in &merged.results {
        context.ui.say(&text.case(result));
    }
    for name in &merged.unended {
        let warning = format!("warning: {} did not end\n", plain(name));
        context.ui.say(&text.log.guard(warning));
    }
    context.ui.say(&text.end(&merged.results, &merged.run));
    if let Some(file) = &args.junit {
        write_junit(file, &merged.results, &merged.run)?;
    }
    if let Some(file) = &args.summary {
        add_summary(file, &merged.results, &merged.run)?;
    }
    if args.json {
        for event in merged.events() {
            let line = serde_json::to_string(&event).map_err(std::io::Error::other)?;
            if context.ui.data(&format!("{}\n", text.log.json(&line)))? == Reader::Gone {
                break;
            }
        }
    }
    let code = exit_code(&merged.run);
    Ok(if code == 0 && !merged.unended.is_empty() { Kind::Engine.exit_code() } else { code })
}

fn read(file: &Path) -> Result<(String, Vec<u8>), CliError> {
    let name = file.display().to_string();
    match std::fs::read(file) {
        Ok(content) => Ok((name, content)),
        Err(error) => {
            let hint = "name a file that `localspace test --json` has written".to_owned();
            Err(CliError::new(Kind::Usage, format!("cannot read {name}: {error}"), Some(hint)))
        }
    }
}

/// Returns who reads what is written, besides people.
pub(super) fn log_of(context: &Context) -> Log {
    let is_actions = context.environment.get("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    if is_actions { Log::Actions } else { Log::Plain }
}

/// Returns the exit code of a run of scenarios.
pub(super) const fn exit_code(run: &RunResult) -> u8 {
    match (run.interrupted, run.failed, run.errors) {
        (1.., ..) => Kind::Interrupted.exit_code(),
        (0, 1.., _) => Kind::Command.exit_code(),
        (0, 0, 1..) => Kind::Engine.exit_code(),
        (0, 0, 0) => 0,
    }
}

/// Writes the document of a run into a file, whole or not at all, and makes the folder that it is in.
pub(super) fn write_junit(file: &Path, results: &[CaseResult], run: &RunResult) -> Result<(), CliError> {
    let text = junit(results, run).map_err(|error| CliError::new(Kind::Engine, error.to_string(), None))?;
    write(file, text.as_bytes()).map_err(|error| unwritable(file, &error))
}

/// Adds the summary of a run to a file that others write to as well: `$GITHUB_STEP_SUMMARY`.
pub(super) fn add_summary(file: &Path, results: &[CaseResult], run: &RunResult) -> Result<(), CliError> {
    let add = || {
        let mut opened = OpenOptions::new().create(true).append(true).open(file)?;
        let there = usize::try_from(opened.metadata()?.len()).unwrap_or(usize::MAX);
        opened.write_all(step_summary(results, run, STEP_SUMMARY.saturating_sub(there)).as_bytes())
    };
    add().map_err(|error| unwritable(file, &error))
}

fn unwritable(file: &Path, error: &std::io::Error) -> CliError {
    let hint = "choose another file, or free space on that disk; the run itself is over".to_owned();
    CliError::new(Kind::Engine, format!("cannot write {}: {error}", file.display()), Some(hint))
}

fn write(file: &Path, content: &[u8]) -> std::io::Result<()> {
    let there = std::fs::metadata(file);
    if there.is_ok_and(|there| !there.is_file()) {
        // A pipe, or a terminal.
        return std::fs::write(file, content);
    }
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Others of the machine, as those who collect a job's files, may read it as far as the user lets them (umask).
    let everybody = std::fs::Permissions::from_mode(0o666);
    let mut whole = tempfile::Builder::new().permissions(everybody).tempfile_in(folder)?;
    whole.write_all(content)?;
    whole.as_file().sync_all()?;
    whole.persist(&file)?;
    Ok(())
}

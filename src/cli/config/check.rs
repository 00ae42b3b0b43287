//! `config --check`: what reading alone shows, in three formats.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::devcontainer::{Configuration, Finding, RepositoryFile, Severity, advise};
use crate::report::plain;

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// Annotations of GitHub Actions.
    Github,
}

/// How many findings are shown.
const MOST: usize = 100;

/// How much of a script is looked at, in bytes.
const START: u64 = 4096;

/// Writes the findings; the exit code is 1 where one is an error.
pub(super) fn run(
    context: &mut Context,
    config: &Configuration,
    folder: &Path,
    format: Format,
) -> Result<u8, CliError> {
    let findings = advise(config, &|path| file(folder, path));
    let shown = findings.get(..MOST).unwrap_or(&findings);
    let text = match format {
        Format::Text => shown.iter().map(|finding| for_people(config, finding)).collect(),
        Format::Json => format!("{}\n", document(config, shown, findings.len() - shown.len())),
        Format::Github => shown.iter().map(|finding| annotation(config, finding)).collect::<String>(),
    };
    context.ui.data(&text)?;
    if format == Format::Text {
        let errors = findings.iter().filter(|finding| is_error(finding)).count();
        let file = if config.file.is_empty() { "no devcontainer.json" } else { &config.file };
        context.ui.say(&format!("{}: {errors} errors, {} warnings\n", plain(file), findings.len() - errors));
    }
    Ok(u8::from(findings.iter().any(is_error)))
}

fn is_error(finding: &Finding) -> bool {
    finding.rule.severity_in_check() == Severity::Error
}

/// Returns what is known of a file of the repository; what leads out of it is none of its files.
fn file(folder: &Path, path: &str) -> Option<RepositoryFile> {
    let whole = folder.join(path).canonicalize().ok()?;
    let about = whole.metadata().ok()?;
    if !about.is_file() || !whole.starts_with(folder.canonicalize().ok()?) {
        return None;
    }
    let mut start = Vec::new();
    std::fs::File::open(&whole).ok()?.take(START).read_to_end(&mut start).ok()?;
    Some(RepositoryFile { start, is_executable: about.permissions().mode() & 0o111 != 0 })
}

fn for_people(config: &Configuration, finding: &Finding) -> String {
    let (line, column) = config.place(finding.span.start);
    let severity = finding.rule.severity_in_check().name();
    let place = config.error(finding.span.clone(), "", None);
    let excerpt =
        place.excerpt().map_or(String::new(), |lines| lines.lines().map(|line| format!("{}\n", plain(line))).collect());
    let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!("  hint: {}\n", plain(hint)));
    let problem = plain(&finding.problem);
    format!(
        "{}:{line}:{column}: {severity}: {problem}\n{excerpt}{hint}  see {}\n\n",
        plain(&config.file),
        finding.rule.link()
    )
}

fn document(config: &Configuration, findings: &[Finding], left_out: usize) -> Value {
    let row = |finding: &Finding| {
        let ((line, column), (end_line, end_column)) =
            (config.place(finding.span.start), config.place(finding.span.end));
        json!({
            "rule": finding.rule.name(),
            "severity": finding.rule.severity_in_check().name(),
            "line": line,
            "column": column,
            "endLine": end_line,
            "endColumn": end_column,
            "problem": finding.problem,
            "hint": finding.hint,
            "link": finding.rule.link(),
        })
    };
    json!({ "file": config.file, "findings": findings.iter().map(row).collect::<Vec<_>>(), "leftOut": left_out })
}

/// Escaped as the runner reads it back.
fn annotation(config: &Configuration, finding: &Finding) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
    let (line, column) = config.place(finding.span.start);
    let (severity, rule) = (finding.rule.severity_in_check().name(), finding.rule.name());
    let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!(" ({hint})"));
    let message = escaped(&format!("{}{hint} {}", finding.problem, finding.rule.link()));
    format!("::{severity} file={},line={line},col={column},title={rule}::{message}\n", property(&config.file))
}

//! `config --check`: what reading alone shows, in three formats.

use serde_json::{Value, json};

use super::files::Files;
use super::place::Place;
use crate::cli::configuration::Fault;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::features::{self, Sources};
use crate::devcontainer::{
    Advice, ConfigError, Configuration, Finding, ImageFacts, Known, Severity, Variables, advise, base_image,
};
use crate::feature_store::read_lockfile;
use crate::report::plain;
use crate::steps::image_facts;

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

/// A finding, and the file that it is about.
type Told<'a> = (&'a Advice, &'a Finding);

/// Writes the findings; the exit code is 1 where one is an error. A file that cannot be read at all is one too.
pub(super) async fn run(
    context: &mut Context,
    config: Result<Configuration, Fault>,
    place: &Place,
    format: Format,
) -> Result<u8, CliError> {
    let files = Files { place };
    let (file, advice) = match config {
        Ok(config) => {
            let known = Known { image: facts(context, &config, &files).await, owner: place.owner().await };
            let mut advice = advise(&config, &files, &known);
            of_features(context, &config, place, &mut advice).await?;
            (config.file, advice)
        }
        Err(fault) => {
            let advice = unreadable(fault);
            (advice.file.clone(), vec![advice])
        }
    };
    let told: Vec<Told<'_>> =
        advice.iter().flat_map(|one| one.findings.iter().map(move |finding| (one, finding))).collect();
    let shown = told.get(..MOST).unwrap_or(&told);
    let text = match format {
        Format::Text => shown.iter().map(for_people).collect(),
        Format::Json => format!("{}\n", document(&file, shown, told.len() - shown.len())),
        Format::Github => shown.iter().map(|told| annotation(&files, told)).collect::<String>(),
    };
    context.ui.data(&text)?;
    if format == Format::Text {
        let file = if file.is_empty() { "no devcontainer.json" } else { &file };
        context.ui.say(&format!("{}: {}\n", plain(file), counted(&told)));
    }
    Ok(u8::from(advice.iter().any(Advice::has_errors)))
}

fn unreadable(fault: Fault) -> Advice {
    match fault {
        Fault::Inside(error) => Advice::of_error(*error),
        Fault::Whole { file, problem, hint } => {
            Advice::of_error(ConfigError { file, text: String::new(), span: 0..0, problem, hint: Some(hint) })
        }
    }
}

/// Looks into the image, where the engine has it. Without an engine less is known, and that is all.
async fn facts(context: &Context, config: &Configuration, files: &Files<'_>) -> Option<ImageFacts> {
    let image = base_image(config, files)?;
    let engine = context.engine().ok()?;
    image_facts(&engine, &context.home.id(), &image, context.clock.now().as_second()).await.ok().flatten()
}

/// Adds what is to be said about Features, as far as the repository's files show it.
async fn of_features(
    context: &mut Context,
    config: &Configuration,
    place: &Place,
    advice: &mut Vec<Advice>,
) -> Result<(), CliError> {
    let variables = Variables::default();
    let (additional, registries) = (Vec::new(), Vec::new());
    let lock = read_lockfile(place.files(), &config.file)?;
    let (repository, top) = (place.files(), place.root());
    let sources = Sources { config, variables: &variables, repository, top, additional, registries, lock };
    let (own, others) = features::check(context, sources).await;
    if let Some(first) = advice.first_mut() {
        first.findings.extend(own);
        first.findings.sort_by_key(|finding| finding.span.start);
    }
    advice.extend(others);
    Ok(())
}

/// Returns how many findings there are of each weight.
fn counted(told: &[Told<'_>]) -> String {
    let count = |severity| told.iter().filter(|(_, finding)| finding.rule.severity_in_check() == severity).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let notes = if notes > 0 { format!(", {}", of(notes, "note")) } else { String::new() };
    format!("{}, {}{notes}", of(errors, "error"), of(warnings, "warning"))
}

fn for_people((advice, finding): &Told<'_>) -> String {
    let (line, column) = advice.place(finding.span.start);
    let severity = finding.rule.severity_in_check().name();
    let excerpt = advice.excerpt(finding);
    let excerpt =
        excerpt.map_or(String::new(), |lines| lines.lines().map(|line| format!("{}\n", plain(line))).collect());
    let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!("  hint: {}\n", plain(hint)));
    let (file, problem, link) = (plain(&advice.file), plain(&finding.problem), finding.rule.link());
    format!("{file}:{line}:{column}: {severity}: {problem}\n{excerpt}{hint}  see {link}\n\n")
}

fn document(file: &str, told: &[Told<'_>], left_out: usize) -> Value {
    let row = |(advice, finding): &Told<'_>| {
        let ((line, column), (end_line, end_column)) =
            (advice.place(finding.span.start), advice.place(finding.span.end));
        json!({
            "rule": finding.rule.name(),
            "severity": finding.rule.severity_in_check().name(),
            "file": advice.file,
            "line": line,
            "column": column,
            "endLine": end_line,
            "endColumn": end_column,
            "problem": finding.problem,
            "hint": finding.hint,
            "link": finding.rule.link(),
        })
    };
    json!({ "file": file, "findings": told.iter().map(row).collect::<Vec<_>>(), "leftOut": left_out })
}

/// Escaped as the runner reads it back; the runner knows files from the repository's top.
fn annotation(files: &Files<'_>, (advice, finding): &Told<'_>) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
    let (line, column) = advice.place(finding.span.start);
    let command = match finding.rule.severity_in_check() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!(" ({hint})"));
    let message = escaped(&format!("{}{hint} {}", finding.problem, finding.rule.link()));
    let (file, rule) = (property(&files.as_from_top(&advice.file)), finding.rule.name());
    format!("::{command} file={file},line={line},col={column},title={rule}::{message}\n")
}

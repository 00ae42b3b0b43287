//! `localspace list`

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::select::{self, Found};
use crate::codespace::label;
use crate::github::Purpose;

/// List codespaces
///
/// Example: localspace list --json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let found = select::all(context, &engine).await?;
    if args.json {
        let all: Vec<_> = found.iter().map(|one| object(context, one)).collect();
        context.ui.data(&format!("{}\n", json!(all)))?;
        return Ok(0);
    }
    if found.is_empty() {
        context.ui.say("no codespaces found\n");
        return Ok(0);
    }
    let mut rows = vec![["NAME", "REPOSITORY", "BRANCH", "STATE", "CREATED AT"].map(str::to_owned)];
    rows.extend(found.iter().map(|one| row(context, one)));
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    context.ui.data(&rows.iter().map(line).collect::<String>())?;
    Ok(0)
}

/// Returns the phase that failed in the codespace's newest run.
pub(super) fn failed_phase(context: &Context, found: &Found) -> Option<String> {
    Some(select::newest(context, &found.name)?.failure?.phase.to_string())
}

/// Returns when the codespace was made, RFC 3339.
pub(super) fn created_at(found: &Found) -> String {
    jiff::Timestamp::from_second(found.container.created).map(|time| time.to_string()).unwrap_or_default()
}

/// Returns what a program is told of a codespace.
pub(super) fn object(context: &Context, found: &Found) -> serde_json::Value {
    json!({
        "name": found.name.as_str(),
        "owner": found.label(label::ACTOR),
        "repository": found.label(label::REPOSITORY),
        "state": found.state(),
        "gitStatus": { "ref": found.label(label::REF), "commit": found.label(label::COMMIT) },
        "prebuild": found.purpose() == Purpose::Prebuild,
        "createdAt": created_at(found),
        "containerId": found.id.as_str(),
        "failedPhase": failed_phase(context, found),
    })
}

fn row(context: &Context, found: &Found) -> [String; 5] {
    let prebuild = if found.purpose() == Purpose::Prebuild { ", prebuild" } else { "" };
    let failed = failed_phase(context, found).map_or(String::new(), |phase| format!(", {phase} failed"));
    [
        found.name.to_string(),
        found.label(label::REPOSITORY).to_owned(),
        found.label(label::REF).to_owned(),
        format!("{}{prebuild}{failed}", found.state()),
        created_at(found),
    ]
}

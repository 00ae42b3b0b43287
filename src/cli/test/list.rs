//! Which codespaces there are to be tested, for a person, a program, or the matrix of a workflow.

use serde_json::json;

use super::find::Planned;
use crate::report::plain;

/// How they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// A line each, for a person
    Text,
    /// A JSON array
    Json,
    /// What `strategy.matrix` of a workflow of GitHub takes
    GithubMatrix,
}

/// Returns the list.
pub(super) fn list(planned: &[Planned], format: Format, shards: Option<u16>) -> String {
    let one = |planned: &Planned| json!({ "name": planned.case.name, "file": planned.scenario.file });
    match format {
        Format::Text => planned
            .iter()
            .map(|planned| format!("{}: {}\n", plain(&planned.scenario.file), plain(&planned.case.name)))
            .collect(),
        Format::Json => format!("{}\n", json!(planned.iter().map(one).collect::<Vec<_>>())),
        // A job for each part; no more of them than there is to do.
        Format::GithubMatrix => {
            let most = planned.len().max(1);
            let count = shards.map_or(most, usize::from).min(most);
            let parts: Vec<String> = (1..=count).map(|part| format!("{part}/{count}")).collect();
            format!("{}\n", json!({ "shard": parts }))
        }
    }
}

//! `localspace prebuild list`

use serde_json::json;

use super::figures::at;
use super::history::{History, Of, Run};
use super::standing::{self, Standing};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::report::{plain, table};
use crate::steps::KeptPrebuild;

/// List prebuilds: how many commits are newer, whether one is being made, and the last run that failed
///
/// Example: localspace prebuild list --json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A prebuild, and how it stands.
struct Listed {
    kept: KeptPrebuild,
    state: &'static str,
    failure: Option<Run>,
    standing: Option<Standing>,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let mut all = Vec::new();
    for kept in KeptPrebuild::all(&engine, &context.home.id()).await? {
        let (state, failure) = standing::state(context, &kept.record);
        let standing = standing::of(&kept.record).await;
        all.push(Listed { kept, state, failure, standing });
    }
    let is_without = |of: &Of| !all.iter().any(|one| of.has(&one.kept.record));
    let failed: Vec<(Of, Run)> = History::all(context)
        .into_iter()
        .filter_map(|(of, history)| Some((of, history.last.filter(|run| !run.succeeded)?)))
        .filter(|(of, _)| is_without(of))
        .collect();
    if args.json {
        let all: Vec<_> = all.iter().map(object).chain(failed.iter().map(failed_object)).collect();
        context.ui.data(&format!("{}\n", json!(all)))?;
        return Ok(0);
    }
    if all.is_empty() && failed.is_empty() {
        context.ui.say("no prebuilds found\n");
        return Ok(0);
    }
    let head = ["NAME", "REPOSITORY", "BRANCH", "COMMIT", "BEHIND", "STATE", "CONFIGURATION", "CREATED AT"];
    let rows = all.iter().map(row).chain(failed.iter().map(failed_row)).collect();
    context.ui.data(&table(head.map(str::to_owned).to_vec(), rows))?;
    Ok(0)
}

/// Returns what a program is told of a prebuild, in `list` as in `view`.
pub(super) fn object_of(
    kept: &KeptPrebuild,
    (state, failure): (&str, Option<&Run>),
    standing: Option<&Standing>,
) -> serde_json::Value {
    let record = &kept.record;
    let behind = match standing {
        Some(Standing::Before(commits)) => Some(commits.len()),
        Some(Standing::Beside | Standing::Unknown) | None => None,
    };
    json!({
        "name": kept.name.as_str(),
        "repository": record.repository,
        "source": record.source,
        "branch": record.branch,
        "commit": record.commit,
        "config": record.config_path,
        "createdAt": record.created,
        "volumeBytes": record.volume_bytes(),
        "state": state,
        "lastFailure": failure.map(Run::failure),
        "behind": behind,
    })
}

fn object(one: &Listed) -> serde_json::Value {
    object_of(&one.kept, (one.state, one.failure.as_ref()), one.standing.as_ref())
}

/// Of a run that failed where there is no prebuild: it has no name that anything could be done with.
fn failed_object((of, run): &(Of, Run)) -> serde_json::Value {
    json!({
        "name": null,
        "repository": of.repository,
        "source": of.source,
        "branch": of.branch,
        "commit": run.commit,
        "config": of.config_path,
        "createdAt": null,
        "state": "Failed",
        "lastFailure": run.failure(),
    })
}

fn row(one: &Listed) -> Vec<String> {
    let record = &one.kept.record;
    let failed = if one.failure.is_some() && one.state == standing::READY { ", last run failed" } else { "" };
    vec![
        one.kept.name.to_string(),
        record.repository.clone(),
        plain(record.branch.as_deref().unwrap_or_default()).into_owned(),
        record.commit.get(..7).unwrap_or(&record.commit).to_owned(),
        standing::behind(one.standing.as_ref()),
        format!("{}{failed}", one.state),
        plain(&record.config_path).into_owned(),
        at(&record.created),
    ]
}

fn failed_row((of, run): &(Of, Run)) -> Vec<String> {
    vec![
        "-".to_owned(),
        of.repository.clone(),
        plain(of.branch.as_deref().unwrap_or_default()).into_owned(),
        run.commit.get(..7).unwrap_or(&run.commit).to_owned(),
        "-".to_owned(),
        format!("Failed{}", run.phase.as_ref().map_or(String::new(), |phase| format!(" in {}", plain(phase)))),
        plain(&of.config_path).into_owned(),
        at(&run.ended),
    ]
}

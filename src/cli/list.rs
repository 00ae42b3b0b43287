//! `localspace list`

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::select::{self, Found};
use super::status::Status;
use crate::codespace::label;
use crate::github::Purpose;
use crate::phase::Phase;
use crate::report::{plain, table};

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
        let all: Vec<_> = found
            .iter()
            .map(|one| object(one, &Status::of(context, one, select::newest(context, &one.name).as_ref())))
            .collect();
        context.ui.data(&format!("{}\n", json!(all)))?;
        return Ok(0);
    }
    if found.is_empty() {
        context.ui.say("no codespaces found\n");
        return Ok(0);
    }
    let head = ["NAME", "REPOSITORY", "BRANCH", "STATE", "CREATED AT"].map(str::to_owned).to_vec();
    let rows = found.iter().map(|one| row(context, one)).collect();
    context.ui.data(&table(head, rows))?;
    Ok(0)
}

/// Returns when the codespace was made, RFC 3339.
pub(super) fn created_at(found: &Found) -> String {
    jiff::Timestamp::from_second(found.created).map(|time| time.to_string()).unwrap_or_default()
}

/// Returns what a program is told of a codespace.
pub(super) fn object(found: &Found, status: &Status) -> serde_json::Value {
    json!({
        "name": found.name.as_str(),
        "owner": found.label(label::ACTOR),
        "repository": found.label(label::REPOSITORY),
        "state": status.word,
        "usable": status.usable,
        "gitStatus": { "ref": found.label(label::REF), "commit": found.label(label::COMMIT) },
        "bind": found.bind().map(|bind| bind.folder),
        "recovery": found.is_in_recovery(),
        "prebuild": found.purpose() == Purpose::Prebuild,
        "createdAt": created_at(found),
        "containerId": found.container_id(),
        "failedPhase": status.failed.map(Phase::name),
        "remark": status.remark,
    })
}

fn row(context: &Context, found: &Found) -> Vec<String> {
    let status = Status::of(context, found, select::newest(context, &found.name).as_ref());
    let prebuild = if found.purpose() == Purpose::Prebuild { ", prebuild" } else { "" };
    let remark = status.remark.map_or(String::new(), |remark| format!(", {remark}"));
    vec![
        found.name.to_string(),
        found.label(label::REPOSITORY).to_owned(),
        plain(found.label(label::REF)).into_owned(),
        format!("{}{prebuild}{remark}", status.word),
        created_at(found),
    ]
}

//! `localspace prebuild list`

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::report::{moment, plain, table};
use crate::steps::KeptPrebuild;

/// List prebuilds
///
/// Example: localspace prebuild list --json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let all = KeptPrebuild::all(&engine, &context.home.id()).await?;
    if args.json {
        let all: Vec<_> = all.iter().map(object).collect();
        context.ui.data(&format!("{}\n", json!(all)))?;
        return Ok(0);
    }
    if all.is_empty() {
        context.ui.say("no prebuilds found\n");
        return Ok(0);
    }
    let head = ["NAME", "REPOSITORY", "BRANCH", "COMMIT", "CONFIGURATION", "CREATED AT"].map(str::to_owned).to_vec();
    context.ui.data(&table(head, all.iter().map(row).collect()))?;
    Ok(0)
}

fn object(one: &KeptPrebuild) -> serde_json::Value {
    let record = &one.record;
    json!({
        "name": one.name.as_str(),
        "repository": record.repository,
        "source": record.source,
        "branch": record.branch,
        "commit": record.commit,
        "config": record.config_path,
        "createdAt": record.created,
        "volumeBytes": record.volumes.iter().map(|volume| volume.bytes).sum::<u64>(),
    })
}

fn row(one: &KeptPrebuild) -> Vec<String> {
    let record = &one.record;
    vec![
        one.name.to_string(),
        record.repository.clone(),
        plain(record.branch.as_deref().unwrap_or_default()).into_owned(),
        record.commit.get(..7).unwrap_or(&record.commit).to_owned(),
        plain(&record.config_path).into_owned(),
        record.created.parse().map_or_else(|_| record.created.clone(), moment),
    ]
}

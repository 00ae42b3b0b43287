//! `localspace prebuild delete`

use serde_json::json;

use super::history::History;
use super::settings::Settings;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::hold::hold;
use crate::cli::unborn;
use crate::codespace::CodespaceName;
use crate::steps::{KeptPrebuild, remove_prebuild};

/// Delete a prebuild; codespaces that were made of it stay as they are
///
/// Example: localspace prebuild delete calm-lamp-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The prebuild
    #[arg(value_name = "NAME", required_unless_present = "all")]
    name: Option<CodespaceName>,
    /// Delete all of them
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    unborn::sweep(context, &engine, "prebuild delete", None).await;
    let home = context.home.id();
    let kept = KeptPrebuild::all(&engine, &home).await?;
    if let Some(name) = args.name.as_ref().filter(|name| !kept.iter().any(|one| one.name == **name)) {
        let names: Vec<&str> = kept.iter().map(|one| one.name.as_str()).collect();
        let hint = if names.is_empty() { "there are none".to_owned() } else { names.join(", ") };
        return Err(CliError::new(Kind::Usage, format!("there is no prebuild {name}"), Some(hint)));
    }
    let gone: Vec<_> = kept.into_iter().filter(|one| args.all || Some(&one.name) == args.name.as_ref()).collect();
    for one in &gone {
        // A codespace that is being made of it is made first.
        let _held = hold(context, "prebuild delete", one.name.to_string()).await?;
        remove_prebuild(&engine, &home, &one.name, |name| *name != one.name && context.is_held(name)).await?;
    }
    let left = KeptPrebuild::all(&engine, &home).await?;
    for (of, before) in History::all(context) {
        let mut history = before.clone();
        let is_of = |one: &KeptPrebuild| of.has(&one.record);
        // Without a prebuild there is nothing left that its settings are of.
        if gone.iter().any(is_of) && !left.iter().any(is_of) {
            history.settings = Settings::default();
        }
        // Whoever has no prebuild has no failed run of one either.
        if args.all {
            let _failed = history.last.take_if(|run| !run.succeeded);
        }
        if history != before {
            history.save(context, &of.key())?;
        }
    }
    let names: Vec<&str> = gone.iter().map(|one| one.name.as_str()).collect();
    if args.json {
        context.ui.data(&format!("{}\n", json!({ "deleted": names })))?;
    } else if names.is_empty() {
        context.ui.say("no prebuilds to delete\n");
    } else {
        context.ui.say(&format!("deleted: {}\n", names.join(", ")));
    }
    Ok(0)
}

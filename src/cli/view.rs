//! `localspace view`

use super::context::Context;
use super::error::CliError;
use super::list::{created_at, failed_phase, object};
use super::select::{self, Selector};
use crate::codespace::label;
use crate::report::{Place, UpDocument, timeline};

/// Show one codespace and what its newest run came to
///
/// Example: localspace view -c brisk-parakeet-x7k2p9 --json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let found = select::one(context, &args.selector, &engine).await?;
    let summary = select::newest(context, &found.name);
    if args.json {
        let mut all = object(context, &found);
        if let (Some(summary), Some(fields)) = (&summary, all.as_object_mut()) {
            let run = UpDocument::new(summary, Place { name: found.name.to_string(), ..Place::default() });
            for (name, value) in [
                ("phases", serde_json::to_value(&run.phases)),
                ("registries", serde_json::to_value(&run.registries)),
                ("diagnoses", serde_json::to_value(&run.diagnoses)),
            ] {
                fields.insert(name.to_owned(), value.unwrap_or_default());
            }
        }
        context.ui.data(&format!("{all}\n"))?;
        return Ok(0);
    }
    let rows = [
        ("Name", found.name.to_string()),
        ("State", found.state().to_owned()),
        ("Failed Phase", failed_phase(context, &found).unwrap_or_default()),
        ("Repository", found.label(label::REPOSITORY).to_owned()),
        (
            "Git Status",
            format!("{} {}", found.label(label::REF), found.label(label::COMMIT).get(..12).unwrap_or_default()),
        ),
        ("Devcontainer Path", found.label(label::CONFIG).to_owned()),
        ("Workspace Folder", found.label(label::WORKSPACE_FOLDER).to_owned()),
        ("Container", found.id.to_string()),
        ("Created At", created_at(&found)),
    ];
    let line = |(name, value): &(&str, String)| format!("{name:18}  {value}\n");
    let mut text: String = rows.iter().filter(|(_, value)| !value.trim().is_empty()).map(line).collect();
    if let Some(summary) = &summary {
        text = format!("{text}\n{}", timeline(summary, context.ui.out_look()));
    }
    context.ui.data(&text)?;
    Ok(0)
}

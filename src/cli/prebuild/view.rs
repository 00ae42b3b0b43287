//! `localspace prebuild view`

use serde_json::json;

use super::figures::{at, size};
use super::history::{History, Run};
use super::list::object_of;
use super::settings::Settings;
use super::standing::{self, Standing};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::select;
use crate::codespace::{CodespaceName, label};
use crate::engine::{Engine, Layer};
use crate::prebuild::{Checks, Record};
use crate::report::plain;
use crate::steps::KeptPrebuild;

/// How many commits and images a person is told of by name.
const MOST: usize = 10;

/// Show what is in a prebuild: its commit and how far the branch is ahead, layers, volumes, phases, and the codespaces that were made of it
///
/// Example: localspace prebuild view calm-lamp-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The prebuild
    #[arg(value_name = "NAME")]
    name: CodespaceName,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What is shown of a prebuild.
struct Shown {
    kept: KeptPrebuild,
    state: &'static str,
    failure: Option<Run>,
    standing: Option<Standing>,
    /// The layers that are its own.
    own: Vec<Layer>,
    /// Those of the image that it was made from.
    base: Vec<Layer>,
    codespaces: Vec<String>,
    /// What the next version is made with.
    settings: Settings,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let kept = named(context, &engine, &args.name).await?;
    let shown = shown(context, &engine, kept).await?;
    let text = if args.json { format!("{}\n", document(&shown)) } else { rows(&shown) };
    context.ui.data(&text)?;
    Ok(0)
}

/// Returns the prebuild of a name.
pub(super) async fn named(context: &Context, engine: &Engine, name: &CodespaceName) -> Result<KeptPrebuild, CliError> {
    let mut all = KeptPrebuild::all(engine, &context.home.id()).await?;
    if let Some(at) = all.iter().position(|one| one.name == *name) {
        return Ok(all.swap_remove(at));
    }
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    let hint = if names.is_empty() {
        "there are none: `localspace prebuild create` makes one".to_owned()
    } else {
        format!("there are: {}", names.join(", "))
    };
    Err(CliError::new(Kind::Usage, format!("there is no prebuild {name}"), Some(hint)))
}

async fn shown(context: &Context, engine: &Engine, kept: KeptPrebuild) -> Result<Shown, CliError> {
    let (state, failure) = standing::state(context, &kept.record);
    let room = context.room_for_clone(&kept.name).await;
    let standing = standing::of_any(context, &kept.record, &room).await;
    // The room was for a clone alone.
    let _is_a_codespaces = std::fs::remove_dir(&room);
    let mut own = engine.layers(&kept.image).await?;
    let snapshots = usize::try_from(kept.record.snapshots).unwrap_or(usize::MAX).min(own.len());
    let base = own.split_off(snapshots);
    let of_it = |one: &select::Found| one.label(label::FROM_PREBUILD) == kept.name.as_str();
    let all = select::all(context, engine).await?;
    let codespaces = all.iter().filter(|one| of_it(one)).map(|one| one.name.to_string()).collect();
    let (History { settings, .. }, _) = History::of_record(context, &kept.record);
    Ok(Shown { kept, state, failure, standing, own, base, codespaces, settings })
}

fn document(shown: &Shown) -> serde_json::Value {
    let Shown { kept, state, failure, standing, own, base, codespaces, settings } = shown;
    let record = &kept.record;
    let mut all = object_of(kept, (state, failure.as_ref()), standing.as_ref());
    let layer = |layer: &Layer| json!({ "bytes": layer.size, "madeBy": layer.made_by });
    let volume = |one: &crate::prebuild::KeptVolume| {
        json!({
            "volume": one.volume,
            "target": one.target,
            "service": one.service,
            "what": one.what(),
            "bytes": one.bytes,
            "entries": one.entries,
        })
    };
    let newer = match standing {
        Some(Standing::Before(commits)) => Some(commits.clone()),
        Some(Standing::Beside | Standing::Unknown) | None => None,
    };
    let more = json!({
        "over": record.over,
        "image": { "id": kept.image, "bytes": kept.size },
        "layers": own.iter().map(layer).collect::<Vec<_>>(),
        "baseLayers": base.iter().map(layer).collect::<Vec<_>>(),
        "services": record.services,
        "volumes": record.volumes.iter().map(volume).collect::<Vec<_>>(),
        "nestedImages": record.nested_images,
        "phases": record.phases,
        "changedFiles": record.changed_files,
        "newerCommits": newer,
        "checks": record.checks,
        "codespaces": codespaces,
        "settings": settings,
    });
    if let (Some(fields), serde_json::Value::Object(more)) = (all.as_object_mut(), more) {
        fields.extend(more);
    }
    all
}

fn rows(shown: &Shown) -> String {
    let Shown { kept, state, failure, standing, own, base, codespaces, settings } = shown;
    let record = &kept.record;
    let mut rows: Vec<(&str, String)> = vec![
        ("Name", kept.name.to_string()),
        ("State", (*state).to_owned()),
        ("Last Failure", failure.as_ref().map(Run::told).unwrap_or_default()),
        ("Repository", record.repository.clone()),
        ("Source", record.source.clone()),
        ("Branch", record.branch.clone().unwrap_or_default()),
        ("Commit", record.commit.get(..12).unwrap_or(&record.commit).to_owned()),
        ("Behind", newer(standing.as_ref())),
    ];
    if let Some(Standing::Before(commits)) = standing {
        rows.extend(named_few("", commits.clone()));
    }
    rows.extend([
        ("Devcontainer Path", record.config_path.clone()),
        ("Created At", at(&record.created)),
        ("Made Over", record.over.clone().unwrap_or_default()),
        ("Settings", settings.words("").join(" ")),
        ("Codespaces", codespaces.join(", ")),
        ("Image", format!("{} in all, {} of the image that it was made from", size(kept.size), size(sum(base)))),
    ]);
    for layer in own {
        rows.push(("Layer", size(layer.size)));
    }
    rows.extend(record.services.keys().map(|service| ("Service", service.clone())));
    for volume in &record.volumes {
        let what = volume.what();
        rows.push(("Volume", format!("{:>9}  {what} ({} files and folders)", size(volume.bytes), volume.entries)));
    }
    let images = record.nested_images.iter().flatten();
    rows.extend(named_few("Nested Image", images.map(|image| format!("{:>9}  {}", image.size, image.name)).collect()));
    rows.extend(phases(record));
    rows.extend(named_few("Changed File", record.changed_files.clone().unwrap_or_default()));
    rows.extend(record.checks.iter().flat_map(Checks::lines).map(|line| ("Check", line)));
    // A repository chooses some of these texts.
    let line = |(name, value): &(&str, String)| format!("{name:18}  {}\n", plain(value.trim_end()));
    rows.iter().filter(|(_, value)| !value.trim().is_empty()).map(line).collect()
}

fn phases(record: &Record) -> impl Iterator<Item = (&'static str, String)> {
    record.phases.iter().map(|phase| ("Phase", format!("{:>7.1} s  {}", phase.seconds, phase.phase)))
}

fn named_few(name: &'static str, all: Vec<String>) -> Vec<(&'static str, String)> {
    let more = all.len().saturating_sub(MOST);
    let rest = (more > 0).then(|| (name, format!("and {more} more")));
    all.into_iter().take(MOST).map(|one| (name, one)).chain(rest).collect()
}

fn newer(standing: Option<&Standing>) -> String {
    match standing {
        Some(Standing::Before(commits)) if commits.is_empty() => "it is of the newest commit".to_owned(),
        Some(Standing::Before(commits)) if commits.len() == 1 => "1 commit is newer".to_owned(),
        Some(Standing::Before(commits)) => format!("{} commits are newer", commits.len()),
        Some(Standing::Beside) => "its commit is not in the branch's history any more".to_owned(),
        Some(Standing::Unknown) => "its commit is not in the repository any more".to_owned(),
        None => "the repository cannot be reached, or has no such branch".to_owned(),
    }
}

fn sum(layers: &[Layer]) -> u64 {
    layers.iter().map(|layer| layer.size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_told_as_few_and_a_count() {
        let told = named_few("x", (0..12).map(|number| number.to_string()).collect());
        assert_eq!(told.len(), 11);
        assert_eq!(told.last().map(|(_, text)| text.as_str()), Some("and 2 more"));
        assert!(named_few("x", Vec::new()).is_empty());
    }
}

//! `localspace config`, also called `read-configuration`

mod check;
mod compose;
mod container;
mod files;
mod metadata;
mod place;
mod reference;
mod show;

use place::{Asked, Place};
use reference::ReferenceFlags;
use serde_json::Value;

use super::context::Context;
use super::error::{CliError, Kind};
use crate::cli::configuration::Fault;
use crate::cli::features::{self, Sources};
use crate::devcontainer::feature::{Feature, features_configuration};
use crate::devcontainer::{Configuration, DEFAULT_IMAGE, Effect, Entry, Own, Rule, Variables, added, effect, explain};
use crate::feature_store::read_lockfile;
use crate::report::plain;
use crate::ui::Stream;

/// Show what a repository's configuration comes to
///
/// A folder is read as it lies, uncommitted files included. Without --json, a terminal gets text; anything else gets the JSON document that
/// the reference CLI's read-configuration prints.
///
/// Example: localspace config . --explain
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the contract")]
pub(super) struct Args {
    /// The folder of a repository, or anything that git can clone
    ///
    /// Left out, it is the folder you are in; with --container-id or --id-label, none.
    #[arg(value_name = "REPO")]
    repository: Option<String>,
    /// The configuration, as a path in the repository
    #[arg(long, value_name = "PATH")]
    config: Option<String>,
    /// Merge the image's metadata into it
    #[arg(long, visible_alias = "include-merged-configuration")]
    merged: bool,
    /// Add the Features that it installs
    #[arg(long, visible_alias = "include-features-configuration")]
    features: bool,
    /// Say of each property where it comes from, when it acts, and what Codespaces makes of it
    #[arg(long, conflicts_with = "features")]
    explain: bool,
    /// Say what is wrong or will be, told from reading alone; exit code 1 where that is an error
    #[arg(long, conflicts_with_all = ["features", "merged", "explain"])]
    check: bool,
    /// How --check writes its findings
    #[arg(long, value_enum, requires = "check")]
    format: Option<check::Format>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reference: ReferenceFlags,
}

impl Args {
    /// Tells whether standard output is asked to be one JSON document, whatever goes wrong.
    pub(super) const fn wants_json(&self) -> bool {
        self.json || matches!(self.format, Some(check::Format::Json))
    }
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let flags = &args.reference;
    if let Some(given) = flags.without_effect() {
        context.ui.say(&format!("note: {given}: no effect here\n"));
    }
    let named = args.repository.as_deref().or(flags.workspace_folder.as_deref());
    if named.is_none() && args.config.is_none() && flags.override_config.is_none() && flags.names_container() {
        return of_container_alone(args, context).await;
    }
    let asked = Asked { repository: named.unwrap_or("."), config: args.config.as_deref(), flags };
    let place = Place::find(context, &asked).await?;
    let config = read(&place);
    if args.check {
        let default = if args.json { check::Format::Json } else { check::Format::Text };
        return check::run(context, config, &place, args.format.unwrap_or(default)).await;
    }
    let config = config?;
    config.fault(is_fatal)?;
    say_findings(context, &config);
    // The reference runs on the machine that the codespace would run on.
    let variables = Variables { local_env: context.environment.clone(), ..Variables::default() };
    let effect = effect(&config, &place.found, variables);
    show(args, context, &Shown { place, config, effect }).await
}

fn read(place: &Place) -> Result<Configuration, Fault> {
    match place.text()? {
        Some((text, name)) => Ok(Configuration::read(&text, &name)?),
        None => Ok(Configuration::none()),
    }
}

/// What is to be shown.
struct Shown {
    place: Place,
    config: Configuration,
    effect: Effect,
}

async fn show(args: &Args, context: &mut Context, shown: &Shown) -> Result<u8, CliError> {
    let Shown { place, config, effect } = shown;
    let is_for_people = !args.json && (args.explain || context.ui.out_stream() == Stream::Terminal);
    let container = if args.explain { None } else { container::find(context, &args.reference, Some(place)).await? };
    if let Some(container) = container {
        let features = if args.features { installed(args, context, shown).await? } else { Vec::new() };
        let effect = effect.clone().with_container(container.variables);
        let entries = effect.entries(&container.entries, container.own);
        return document(context, &effect, shown.features(context, &features), args.merged.then_some(&entries));
    }
    let features = match installed_if(args, context, shown).await {
        // What else there is can be explained all the same.
        Err(error) if args.explain => {
            context.ui.say(&format!("warning: what Features bring is left out: {}\n", plain(error.message())));
            Vec::new()
        }
        features => features?,
    };
    let mut image = String::new();
    let mut label = Vec::new();
    if args.merged || args.explain {
        image = metadata::image(context, config, effect, place).await?.unwrap_or_default();
        label = metadata::entries(context, &image).await;
        label.extend(features.iter().map(Feature::entry));
    }
    let entries = effect.entries(&label, Own::Whole);
    if !args.explain && !is_for_people {
        return document(context, effect, shown.features(context, &features), args.merged.then_some(&entries));
    }
    let mut rows = explain(config, &image, effect, &features, &entries);
    if args.explain {
        rows.extend(added());
    }
    let text = match (is_for_people, args.explain) {
        (true, true) => show::explained(config, &rows, context.ui.out_look()),
        (true, false) => show::values(config, &rows, context.ui.out_look()),
        (false, _) => format!("{}\n", show::document(config, &rows)),
    };
    context.ui.data(&text)?;
    Ok(0)
}

/// Shows a container's metadata where no folder is told.
async fn of_container_alone(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let Some(container) = container::find(context, &args.reference, None).await? else {
        let hint =
            "give --workspace-folder too, and the configuration is shown as it is without a container".to_owned();
        return Err(CliError::new(Kind::Usage, "no container has these labels", Some(hint)));
    };
    let variables = Variables { local_env: context.environment.clone(), ..Variables::default() };
    let effect = Effect::of_nothing(variables).with_container(container.variables);
    let entries = effect.entries(&container.entries, container.own);
    document(context, &effect, None, args.merged.then_some(&entries))
}

fn document(
    context: &mut Context,
    effect: &Effect,
    features: Option<Value>,
    entries: Option<&Vec<Entry>>,
) -> Result<u8, CliError> {
    context.ui.data(&format!("{}\n", effect.document(features, entries.map(Vec::as_slice))))?;
    Ok(0)
}

impl Shown {
    /// Returns what the document says of Features.
    fn features(&self, context: &Context, features: &[Feature]) -> Option<Value> {
        features_configuration(features, &self.place.found.folder, &context.feature_cache().display().to_string())
    }
}

/// Returns the Features where something that is shown comes from them. (Reference CLI: shows them with the merged configuration too.)
async fn installed_if(args: &Args, context: &mut Context, shown: &Shown) -> Result<Vec<Feature>, CliError> {
    if args.features || args.merged || args.explain { installed(args, context, shown).await } else { Ok(Vec::new()) }
}

async fn installed(args: &Args, context: &mut Context, shown: &Shown) -> Result<Vec<Feature>, CliError> {
    // Reference CLI: its read-configuration does not look at the lockfile.
    let lock = if args.explain { read_lockfile(shown.place.files(), &shown.config.file)? } else { None };
    let sources = Sources {
        lock,
        config: &shown.config,
        variables: &shown.effect.variables,
        repository: shown.place.files(),
        top: shown.place.root(),
        additional: args.reference.additional_features(),
        registries: Vec::new(),
    };
    features::resolve(context, sources).await
}

/// Tells which faults leave nothing to show. A wrong type does not: the reference prints such a value too.
const fn is_fatal(rule: Rule) -> bool {
    matches!(rule, Rule::Conflict | Rule::VariableName | Rule::Nul | Rule::Folder)
}

fn say_findings(context: &mut Context, config: &Configuration) {
    for line in config.lines(|finding| !finding.rule.is_ours()) {
        context.ui.say(&format!("warning: {}\n", plain(&line)));
    }
    if config.file.is_empty() {
        context.ui.say(&format!(
            "note: there is no devcontainer.json: Codespaces takes its default image, {DEFAULT_IMAGE}\n"
        ));
    } else if config.kind == crate::devcontainer::Kind::Default {
        let file = plain(&config.file);
        context.ui.say(&format!("note: {file} names no image: Codespaces takes its default one, {DEFAULT_IMAGE}\n"));
    }
}

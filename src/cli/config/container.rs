//! The container that a configuration is about, where there is one: its label and environment count then.

use std::collections::BTreeMap;

use super::place::Place;
use super::reference::ReferenceFlags;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::codespace::label;
use crate::devcontainer::{Entry, Own, Variables, devcontainer_id};
use crate::engine::{ContainerState, ContainerSummary, Engine, LabelFilter};
use crate::report::plain;

/// What is known of it.
#[derive(Debug)]
pub(super) struct Container {
    /// What variables stand for with it.
    pub(super) variables: Variables,
    /// The entries of its metadata label; an image's label is there too, as containers inherit it.
    pub(super) entries: Vec<Entry>,
    /// What of the configuration counts beside them.
    pub(super) own: Own,
}

/// Finds the container that is named, or that has the labels given; or else, where the reference's flag tells the folder, one made of it.
pub(super) async fn find(
    context: &mut Context,
    flags: &ReferenceFlags,
    place: Option<&Place>,
) -> Result<Option<Container>, CliError> {
    if flags.names_container() {
        let engine = context.engine()?;
        let given = flags.id_labels();
        let found = match &flags.container_id {
            Some(id) => Some(named(&engine, id).await?),
            None => with(&engine, &given).await?,
        };
        let known_by = if given.is_empty() { inferred(place, found.as_ref()) } else { given };
        return read(context, &engine, found, &known_by).await;
    }
    let Some(known_by) = place.filter(|_| flags.workspace_folder.is_some()).and_then(labels) else { return Ok(None) };
    match made_of(context, &known_by).await {
        Ok(found) => Ok(found),
        Err(error) => {
            let why = plain(error.message()).into_owned();
            context.ui.say(&format!("note: whether there is a container of it is not known: {why}\n"));
            Ok(None)
        }
    }
}

/// Returns the labels that the reference gives a container of a folder.
fn labels(place: &Place) -> Option<BTreeMap<String, String>> {
    let file = place.found.file.clone()?;
    Some([(label::LOCAL_FOLDER.to_owned(), place.found.folder.clone()), (label::CONFIG_FILE.to_owned(), file)].into())
}

/// Returns the labels that a container is known by which was named: those of the folder, or, without one, its own.
fn inferred(place: Option<&Place>, found: Option<&ContainerSummary>) -> BTreeMap<String, String> {
    let none = BTreeMap::new();
    let has = found.map_or(&none, |found| &found.labels);
    let Some(mut labels) = place.and_then(labels) else {
        // (Reference CLI: the labels of a folder called "undefined", so that the id is none of the container's.)
        let own = [label::LOCAL_FOLDER, label::CONFIG_FILE].into_iter().filter_map(|name| has.get_key_value(name));
        return own.map(|(name, value)| (name.clone(), value.clone())).collect();
    };
    if !has.contains_key(label::CONFIG_FILE) {
        labels.remove(label::CONFIG_FILE);
    }
    labels
}

/// Finds a container by the labels of its folder. One of an older reference has no label of its file.
async fn made_of(context: &mut Context, known_by: &BTreeMap<String, String>) -> Result<Option<Container>, CliError> {
    let engine = context.engine()?;
    let mut known_by = known_by.clone();
    let mut found = with(&engine, &known_by).await?;
    if found.is_none() {
        known_by.remove(label::CONFIG_FILE);
        found = with(&engine, &known_by).await?.filter(|found| !found.labels.contains_key(label::CONFIG_FILE));
    }
    read(context, &engine, found, &known_by).await
}

async fn with(engine: &Engine, known_by: &BTreeMap<String, String>) -> Result<Option<ContainerSummary>, CliError> {
    let filters: Vec<LabelFilter> = known_by.iter().map(|(name, value)| LabelFilter::is(name, value)).collect();
    let found = engine.containers(&filters).await?;
    Ok(found.into_iter().find(|one| one.state != ContainerState::Leaving))
}

/// Returns the container that is meant: by its whole id or its name, as docker takes them, by its codespace's, or by how its id begins.
async fn named(engine: &Engine, named: &str) -> Result<ContainerSummary, CliError> {
    let all = engine.containers(&[]).await?;
    let is_it = |one: &&ContainerSummary| {
        one.id.as_str() == named
            || one.name == named
            || one.labels.get(label::CODESPACE).is_some_and(|name| name == named) && label::is_own(&one.labels)
    };
    if let Some(one) = all.iter().find(is_it) {
        return Ok(one.clone());
    }
    let mut fitting: Vec<_> =
        all.into_iter().filter(|one| !named.is_empty() && one.id.as_str().starts_with(named)).collect();
    match (fitting.pop(), fitting.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => {
            Err(CliError::new(Kind::Usage, format!("several containers have ids that begin with {named}"), None))
        }
        (None, _) => {
            let hint = "give its id or name, as `docker ps -a` shows them, or the name of a codespace".to_owned();
            Err(CliError::new(Kind::Usage, format!("the engine has no container {named}"), Some(hint)))
        }
    }
}

async fn read(
    context: &mut Context,
    engine: &Engine,
    found: Option<ContainerSummary>,
    known_by: &BTreeMap<String, String>,
) -> Result<Option<Container>, CliError> {
    let Some(found) = found else { return Ok(None) };
    let Some(details) = engine.inspect(&found.id).await? else { return Ok(None) };
    let metadata = details.labels.get(label::METADATA).filter(|text| !text.is_empty());
    let entries = match metadata.map(|text| Entry::of_label(text)) {
        Some(Ok(entries)) => entries,
        Some(Err(problem)) => {
            let problem = format!("the devcontainer.metadata label of {} is ignored: {problem}", found.id);
            context.ui.say(&format!("warning: {}\n", plain(&problem)));
            Vec::new()
        }
        None => Vec::new(),
    };
    let is_known_by = |name: &String| details.labels.get(name).is_some_and(|value| !value.is_empty());
    let is_whole = metadata.is_none() || known_by.is_empty() || !known_by.keys().all(is_known_by);
    Ok(Some(Container {
        variables: Variables {
            id: (!known_by.is_empty()).then(|| devcontainer_id(known_by)),
            container_env: Some(details.env.iter().filter_map(|one| one.split_once('=')).map(owned).collect()),
            ..Variables::default()
        },
        entries,
        own: if is_whole { Own::Whole } else { Own::Changeable },
    }))
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

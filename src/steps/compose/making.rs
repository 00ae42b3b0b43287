//! What is known, and found out, while a codespace's own project is made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::binds::{Repository, escaped};
use crate::codespace::CodespaceName;
use crate::compose::Model;

/// What a project is made for.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) name: &'a CodespaceName,
    /// The labels of everything that is the codespace's.
    pub(super) labels: &'a BTreeMap<String, String>,
    pub(super) repository: Repository<'a>,
    /// The images of the services.
    pub(super) images: &'a BTreeMap<String, String>,
    /// The volume of `/workspaces`, which is there.
    pub(super) workspaces: &'a str,
    /// The folder of what compose is given.
    pub(super) folder: &'a Path,
    /// The networks, by their keys, whose fixed addresses others have.
    pub(super) taken: &'a BTreeSet<String>,
}

/// What is found out while a project is made.
#[derive(Debug)]
pub(super) struct Making<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) model: &'a Model,
    pub(super) warnings: Vec<String>,
    pub(super) folders: BTreeSet<String>,
    pub(super) profiles: BTreeMap<PathBuf, String>,
    pub(super) has_parts: bool,
    pub(super) has_workspaces: bool,
}

/// Adds labels of ours, and takes those away that would be taken for ours.
pub(super) fn label(fields: &mut Map<String, Value>, labels: &BTreeMap<String, String>) {
    let own = fields.entry("labels").or_insert_with(|| json!({}));
    let Some(own) = own.as_object_mut() else { return };
    own.retain(|name, _| !crate::codespace::label::RESERVED.iter().any(|reserved| name.starts_with(reserved)));
    own.extend(escaped_labels(labels));
}

pub(super) fn escaped_labels(labels: &BTreeMap<String, String>) -> impl Iterator<Item = (String, Value)> {
    labels.iter().map(|(name, value)| (name.clone(), escaped(value).into()))
}

/// Returns what a network of the codespace's is called.
pub(super) fn network_name(name: &CodespaceName, definition: &Map<String, Value>, key: &str) -> String {
    let called = called(name, definition, key);
    if called == key { format!("{name}_{key}") } else { format!("{name}.{called}") }
}

pub(super) fn definitions<'a>(model: &'a Model, kind: &str) -> Vec<(&'a str, Map<String, Value>)> {
    let all = model.fields().get(kind).and_then(Value::as_object).into_iter().flatten();
    all.map(|(key, one)| (key.as_str(), one.as_object().cloned().unwrap_or_default())).collect()
}

pub(super) fn is_external(definition: &Map<String, Value>) -> bool {
    definition.get("external").and_then(Value::as_bool) == Some(true)
}

/// Returns what something is called in its file: by its own name, or by its key, before which compose has put the project.
pub(super) fn called(name: &CodespaceName, definition: &Map<String, Value>, key: &str) -> String {
    let own = definition.get("name").and_then(Value::as_str).unwrap_or(key);
    if own == format!("{name}_{key}") { key.to_owned() } else { own.to_owned() }
}

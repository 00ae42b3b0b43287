//! The document that the reference's `read-configuration` prints.

use serde_json::{Map, Value, json};

use super::configuration::{Configuration, DEFAULT_IMAGE, Kind};
use super::merge::{Effective, Entry, Origin, document, merge};
use super::variables::Variables;

/// Where a configuration was found, all paths absolute.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The folder that is opened.
    pub folder: String,
    /// The top folder of the repository around it; the folder itself where there is none.
    pub top: String,
    /// The configuration; nothing where there is none.
    pub file: Option<String>,
    /// How it was found.
    pub by: FoundBy,
}

/// How a configuration was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FoundBy {
    /// In one of its places.
    #[default]
    Search,
    /// It was named.
    Name,
}

/// A configuration with its variables replaced, as far as they are known without a container.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The configuration.
    pub configuration: Map<String, Value>,
    /// What variables stand for.
    pub variables: Variables,
    /// The opened folder, and what is mounted there.
    pub workspace: Map<String, Value>,
}

/// Returns what a configuration comes to; `variables` are those of the machine. An error is a `workspaceFolder` that is no string.
pub fn effect(config: &Configuration, found: &Found, variables: Variables) -> Effect {
    let name = found.top.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let inside = found.folder.strip_prefix(&found.top).unwrap_or_default().trim_matches('/');
    let default_folder = format!("/workspaces/{name}/{inside}");
    let default_folder = match config.kind {
        Kind::Compose { .. } => "/",
        Kind::Image(_) | Kind::Dockerfile(_) | Kind::Default => default_folder.trim_end_matches('/'),
    };
    let raw = config.to_json();
    let local = Variables { local_folder: Some(found.folder.clone()), container_folder: None, ..variables };
    // The folder may hold other variables; itself it is not known yet.
    let folder =
        raw.get("workspaceFolder").and_then(Value::as_str).map_or(default_folder.to_owned(), |own| local.apply(own));
    let variables = Variables { container_folder: Some(folder.clone()), ..local };
    let mut configuration = variables.apply_to_fields(&raw);
    let own_folder = configuration.get_mut("workspaceFolder");
    if let Some(own) = own_folder.filter(|own| own.is_string()) {
        *own = folder.clone().into();
    }
    let mut workspace = Map::new();
    workspace.insert("workspaceFolder".to_owned(), folder.into());
    if !matches!(config.kind, Kind::Compose { .. }) {
        let mount = configuration.get("workspaceMount").cloned();
        workspace.insert("workspaceMount".to_owned(), mount.unwrap_or_else(|| default_mount(&found.top, name).into()));
    }
    match &found.file {
        Some(file) => {
            let scheme = match found.by {
                FoundBy::Search => "vscode-fileHost",
                FoundBy::Name => "file",
            };
            let path = json!({ "$mid": 1, "fsPath": file, "path": file, "scheme": scheme });
            configuration.insert("configFilePath".to_owned(), path);
        }
        None => drop(configuration.insert("image".to_owned(), DEFAULT_IMAGE.into())),
    }
    Effect { configuration, variables, workspace }
}

impl Effect {
    /// Returns the entries of the image's label and of the configuration, variables replaced.
    pub fn entries(&self, label: &[Entry]) -> Vec<Entry> {
        let mut entries: Vec<_> = label.iter().map(|entry| entry.substituted(&self.variables)).collect();
        let own = Entry::picked(&self.configuration, Origin::File);
        entries.extend((!own.properties.is_empty()).then_some(own));
        entries
    }

    /// Returns the document; with the merged configuration where the entries are given.
    pub fn document(&self, entries: Option<&[Entry]>) -> Value {
        let mut fields = Map::new();
        fields.insert("configuration".to_owned(), self.configuration.clone().into());
        fields.insert("workspace".to_owned(), self.workspace.clone().into());
        if let Some(entries) = entries {
            let effective: Vec<Effective> = merge(entries);
            fields.insert("mergedConfiguration".to_owned(), document(&self.configuration, &effective).into());
        }
        fields.into()
    }
}

/// A part with a comma stands in quotes, as CSV has it.
fn default_mount(top: &str, name: &str) -> String {
    let quoted = |part: String| if part.contains(',') { format!("\"{part}\"") } else { part };
    let (source, target) = (quoted(format!("source={top}")), quoted(format!("target=/workspaces/{name}")));
    format!("type=bind,{source},{target}")
}

#[cfg(test)]
mod tests;

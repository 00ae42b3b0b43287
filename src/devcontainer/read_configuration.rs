//! The document that the reference's `read-configuration` prints.

use serde_json::{Map, Value, json};

use super::configuration::{Configuration, DEFAULT_IMAGE, Kind};
use super::merge::{Effective, Entry, Origin, document, merge};
use super::variables::Variables;
use super::workspace::mounted;

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
    /// What the top folder's `.git` file names, where what a linked worktree has in common with its repository is to be mounted too.
    pub gitdir: Option<String>,
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

/// What of a configuration is merged with the entries of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// All that it adds.
    Whole,
    /// What may change while a container made from it is there; the rest is in the container's label.
    Changeable,
}

/// What may change of a configuration while a container made from it is there (devcontainer-semantics.md section 1.3).
const CHANGEABLE: [&str; 3] = ["remoteUser", "userEnvProbe", "remoteEnv"];

/// A configuration with its variables replaced, as far as they are known.
#[derive(Debug, Clone, Default)]
pub struct Effect {
    /// The configuration.
    pub configuration: Map<String, Value>,
    /// What variables stand for.
    pub variables: Variables,
    /// What more of them stand for once there is a container: replaced in what the first ones leave.
    later: Option<Variables>,
    /// The opened folder, and what is mounted there.
    pub workspace: Map<String, Value>,
}

/// Returns what a configuration comes to; `variables` are those of the machine. An error is a `workspaceFolder` that is no string.
pub fn effect(config: &Configuration, found: &Found, variables: Variables) -> Effect {
    let is_compose = matches!(config.kind, Kind::Compose { .. });
    let raw = config.to_json();
    let mounted = mounted(&found.top, found.gitdir.as_deref());
    let inside = found.folder.strip_prefix(&found.top).unwrap_or_default().trim_matches('/');
    let default_folder = if is_compose { "/".to_owned() } else { format!("{}/{inside}", mounted.target) };
    let default_folder = if default_folder == "/" { "/" } else { default_folder.trim_end_matches('/') };
    let local = Variables { local_folder: Some(found.folder.clone()), container_folder: None, ..variables };
    // The folder may hold other variables; itself it is not known yet.
    let own_folder = raw.get("workspaceFolder").and_then(Value::as_str);
    let folder = own_folder.map_or(default_folder.to_owned(), |own| local.apply(own));
    let variables = Variables { container_folder: Some(folder.clone()), ..local };
    let mut configuration = variables.apply_to_fields(&raw);
    if let Some(own) = configuration.get_mut("workspaceFolder").filter(|own| own.is_string()) {
        *own = folder.clone().into();
    }
    let mut workspace = Map::new();
    workspace.insert("workspaceFolder".to_owned(), folder.into());
    if !is_compose {
        let own_mount = configuration.get("workspaceMount").cloned();
        let common = mounted.common.filter(|_| own_folder.is_none() || own_mount.is_none());
        workspace.insert("workspaceMount".to_owned(), own_mount.unwrap_or_else(|| mounted.mount.into()));
        workspace.extend(common.map(|common| ("additionalMountString".to_owned(), common.into())));
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
    Effect { configuration, variables, later: None, workspace }
}

impl Effect {
    /// Returns that of no configuration: a container alone is asked about.
    pub fn of_nothing(variables: Variables) -> Self {
        Self { variables, ..Self::default() }
    }

    /// Returns it as it is with a container: `later` are the container's id and environment.
    #[must_use]
    pub fn with_container(mut self, later: Variables) -> Self {
        // A path is what it is.
        let file = self.configuration.shift_remove("configFilePath");
        self.configuration = later.apply_to_fields(&self.configuration);
        self.configuration.extend(file.map(|file| ("configFilePath".to_owned(), file)));
        self.later = Some(later);
        self
    }

    /// Returns the entries of a label and of the configuration, variables replaced.
    pub fn entries(&self, label: &[Entry], own: Own) -> Vec<Entry> {
        let replaced = |entry: &Entry| {
            let entry = entry.substituted(&self.variables);
            self.later.as_ref().map_or(entry.clone(), |later| entry.substituted(later))
        };
        let mut entries: Vec<_> = label.iter().map(replaced).collect();
        let mut picked = Entry::picked(&self.configuration, Origin::File);
        match own {
            Own::Whole => {}
            Own::Changeable => picked.properties.retain(|name, _| CHANGEABLE.contains(&name.as_str())),
        }
        entries.extend((!picked.properties.is_empty()).then_some(picked));
        entries
    }

    /// Returns the document; with `featuresConfiguration` and the merged configuration where Features and the entries are given.
    pub fn document(&self, features: Option<Value>, entries: Option<&[Entry]>) -> Value {
        let mut fields = Map::new();
        fields.insert("configuration".to_owned(), self.configuration.clone().into());
        // There is none where a container alone is asked about.
        if !self.workspace.is_empty() {
            fields.insert("workspace".to_owned(), self.workspace.clone().into());
        }
        fields.extend(features.map(|features| ("featuresConfiguration".to_owned(), features)));
        if let Some(entries) = entries {
            let effective: Vec<Effective> = merge(entries);
            fields.insert("mergedConfiguration".to_owned(), document(&self.configuration, &effective).into());
        }
        fields.into()
    }
}

#[cfg(test)]
mod tests;

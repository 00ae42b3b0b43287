//! What holds for a codespace, and why: for each property and command where it comes from, in which phase it acts, and what Codespaces makes
//! of it. The words are those of the table of properties.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use serde_json::{Value, json};

use super::configuration::{Configuration, DEFAULT_IMAGE, Kind};
use super::feature::Feature;
use super::merge::{Entry, Origin, merge};
use super::mount::Mount;
use super::read_configuration::Effect;
use super::schema::property;

/// Where something comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A place in the configuration.
    File {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
    /// The metadata label of this image.
    Image(String),
    /// The metadata label of an image, of a Feature with this id.
    Feature(String),
    /// A Feature that the configuration installs.
    Installed {
        /// Its id.
        id: String,
        /// Where it is asked for.
        place: String,
    },
    /// Another Feature, or the command line: `file:line:column`, or words.
    Asked(String),
    /// Nobody says it.
    Default,
    /// Codespaces adds it to every configuration.
    Codespaces,
}

/// One thing that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The property, or a name in it: `remoteEnv.PATH`.
    pub property: String,
    /// What it is.
    pub value: Value,
    /// Where it comes from.
    pub source: Source,
    /// The phase in which it acts; "editor" and "-" are none.
    pub acts: &'static str,
    /// What Codespaces makes of it; empty where nothing else than the reference.
    pub codespaces: &'static str,
}

/// The most names in a property that are explained one by one.
const MOST: usize = 500;

/// What holds where nobody says anything (devcontainer-semantics.md).
const DEFAULTS: [(&str, &str); 2] = [("userEnvProbe", "loginInteractiveShell"), ("waitFor", "updateContentCommand")];

/// Explains a configuration; `entries` are those of the image's label, of its Features and its own, variables replaced. In the order of the
/// phases.
pub fn explain(
    config: &Configuration,
    image: &str,
    effect: &Effect,
    features: &[Feature],
    entries: &[Entry],
) -> Vec<Explained> {
    let explainer = Explainer { config, image, entries };
    let mut rows = explainer.own(effect);
    if !features.is_empty() {
        rows.retain(|row| row.property != "features");
        rows.extend(features.iter().map(|feature| explainer.feature(feature)));
    }
    let effective = merge(entries);
    for one in &effective {
        match &one.value {
            Value::Array(items)
                if one.property == one.name || one.name == "entrypoints" || one.name.ends_with("Commands") =>
            {
                rows.extend(
                    items
                        .iter()
                        .zip(&one.from)
                        .map(|(item, from)| explainer.row(one.property, None, item, Some(*from))),
                );
            }
            Value::Object(fields)
                if ["remoteEnv", "containerEnv", "portsAttributes"].contains(&one.name) && fields.len() <= MOST =>
            {
                for (name, value) in fields {
                    let says =
                        |entry: &Entry| entry.properties.get(one.property).is_some_and(|all| all.get(name).is_some());
                    rows.push(explainer.row(one.property, Some(name), value, entries.iter().rposition(says)));
                }
            }
            Value::Object(fields) if one.name == "customizations" => {
                for (name, values) in fields {
                    let says = |(_, entry): &(usize, &Entry)| {
                        entry.properties.get("customizations").is_some_and(|all| all.get(name).is_some())
                    };
                    let from = entries.iter().enumerate().filter(says).map(|(at, _)| at);
                    let values = values.as_array().into_iter().flatten();
                    rows.extend(
                        values
                            .zip(from)
                            .map(|(value, from)| explainer.row("customizations", Some(name), value, Some(from))),
                    );
                }
            }
            // Nobody says so, and it is what an engine does anyway.
            Value::Bool(false) if one.from.is_empty() => {}
            value => rows.push(explainer.row(one.property, None, value, one.from.last().copied())),
        }
    }
    for (name, value) in DEFAULTS {
        if !effective.iter().any(|one| one.name == name) {
            rows.push(explainer.row(name, None, &value.into(), None));
        }
    }
    rows.sort_by_key(|row| order(row.acts));
    rows
}

/// Returns where a phase stands among the others.
fn order(acts: &str) -> usize {
    let order = [
        "initializeCommand",
        "image",
        "create",
        "onCreateCommand",
        "updateContentCommand",
        "postCreateCommand",
        "postStartCommand",
        "postAttachCommand",
        "editor",
    ];
    order.iter().position(|phase| *phase == acts).unwrap_or(order.len())
}

struct Explainer<'a> {
    config: &'a Configuration,
    image: &'a str,
    entries: &'a [Entry],
}

impl Explainer<'_> {
    /// Explains what only the configuration may say.
    fn own(&self, effect: &Effect) -> Vec<Explained> {
        let own = Entry::picked(&effect.configuration, Origin::File);
        let is_own = |name: &&String| {
            !own.properties.contains_key(*name) && *name != "configFilePath" && property(name).is_some()
        };
        let names = effect.configuration.keys().filter(is_own);
        let mut rows: Vec<_> = names
            .map(|name| self.of_file(name, None, effect.configuration.get(name).unwrap_or(&Value::Null)))
            .collect();
        if self.config.kind == Kind::Default {
            rows.retain(|row| row.property != "image");
            rows.push(self.row("image", None, &DEFAULT_IMAGE.into(), None));
        }
        for name in ["workspaceFolder", "workspaceMount"] {
            let value = effect.workspace.get(name).filter(|_| !effect.configuration.contains_key(name));
            rows.extend(value.map(|value| self.row(name, None, value, None)));
        }
        rows
    }

    /// Explains a Feature; they come in the order of their installation.
    fn feature(&self, feature: &Feature) -> Explained {
        let (id, options) = (&feature.written, feature.options.to_json());
        if self.config.place_of(&["features", id]).is_some() {
            return self.of_file("features", Some(id), &options);
        }
        explained("features", Some(id), &options, Source::Asked(feature.place.clone()))
    }

    fn row(&self, property: &str, inside: Option<&str>, value: &Value, from: Option<usize>) -> Explained {
        let source = match from.and_then(|from| self.entries.get(from)).map(|entry| &entry.origin) {
            Some(Origin::File) => return self.of_file(property, inside, value),
            Some(Origin::Image) => Source::Image(self.image.to_owned()),
            Some(Origin::Feature(id)) => Source::Feature(id.clone()),
            Some(Origin::Installed { id, place }) => Source::Installed { id: id.clone(), place: place.clone() },
            None => Source::Default,
        };
        explained(property, inside, value, source)
    }

    fn of_file(&self, property: &str, inside: Option<&str>, value: &Value) -> Explained {
        let path: Vec<&str> = std::iter::once(property).chain(inside).collect();
        // What an older property has been moved to has no place of its own.
        let place = self.config.place_of(&path).or_else(|| self.config.place_of(&[property]));
        let (line, column) = place.or_else(|| self.config.place_of(&["extensions"])).unwrap_or((1, 1));
        explained(property, inside, value, Source::File { file: self.config.file.clone(), line, column })
    }
}

fn explained(name: &str, inside: Option<&str>, value: &Value, source: Source) -> Explained {
    let known = property(name);
    let codespaces = if holds(name, inside, value, &source) { known.map_or("", |known| known.codespaces) } else { "" };
    let name = inside.map_or_else(|| name.to_owned(), |inside| format!("{name}.{inside}"));
    Explained { property: name, value: value.clone(), source, acts: known.map_or("-", |known| known.acts), codespaces }
}

/// Tells whether what Codespaces makes of a property is about this value.
fn holds(property: &str, inside: Option<&str>, value: &Value, source: &Source) -> bool {
    match property {
        "mounts" => is_bind(value),
        "forwardPorts" => value.as_str().is_some_and(|port| !port.starts_with("localhost:")),
        "portsAttributes" => inside.is_some_and(|port| port.contains(':') && !port.starts_with("localhost:")),
        "customizations" => inside == Some("codespaces") && !matches!(source, Source::File { .. }),
        _ => true,
    }
}

/// Tells whether a mount is left out on Codespaces: a bind mount, the Docker socket's apart.
fn is_bind(mount: &Value) -> bool {
    let field = |name: &str| mount.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, source) = match mount.as_str() {
        Some(text) => Mount::parse(text).map_or((String::new(), None), |mount| (mount.kind, mount.source)),
        None => (field("type"), Some(field("source"))),
    };
    kind == "bind" && source.is_none_or(|source| source != "/var/run/docker.sock")
}

impl Explained {
    /// Returns it as JSON.
    pub fn to_json(&self) -> Value {
        let from = match &self.source {
            Source::File { file, line, column } => json!({ "file": file, "line": line, "column": column }),
            Source::Image(image) => json!({ "image": image }),
            Source::Feature(id) => json!({ "feature": id }),
            Source::Installed { id, place } => json!({ "feature": id, "place": place }),
            Source::Asked(place) => json!({ "place": place }),
            Source::Default => json!({ "default": true }),
            Source::Codespaces => json!({ "codespaces": true }),
        };
        let mut row = json!({ "property": self.property, "value": self.value, "from": from });
        for (name, text) in [("phase", self.acts), ("codespaces", self.codespaces)] {
            if !["", "-", "editor"].contains(&text) {
                row[name] = text.into();
            }
        }
        row
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { file, line, column } => write!(out, "{file}:{line}:{column}"),
            Self::Image(image) => write!(out, "metadata label of {image}"),
            Self::Feature(id) => write!(out, "Feature {id}, in the image's metadata label"),
            Self::Installed { id, place } => write!(out, "Feature {id}, {place}"),
            Self::Asked(place) => out.write_str(place),
            Self::Default => out.write_str("default"),
            Self::Codespaces => out.write_str("added by Codespaces"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::{Found, Own, Variables, effect};

    #[test]
    fn each_row_says_whence_when_and_what_codespaces_changes() {
        let text = "{\"image\": \"x\",\n\"mounts\": [\"type=bind,source=/a,target=/b\", \"source=v,target=/v,type=volume\"],\n\"remoteEnv\": {\"A\": \"1\",\n\"B\": \"2\"},\n\"onCreateCommand\": \"two\"}";
        let config = Configuration::read(text, "d.json").expect("read");
        let found = Found {
            folder: "/app".to_owned(),
            top: "/app".to_owned(),
            file: Some("/app/d.json".to_owned()),
            ..Found::default()
        };
        let effect = effect(&config, &found, Variables::default());
        let label = Entry::of_label(r#"[{"id": "f", "onCreateCommand": "one", "remoteEnv": {"A": "0", "C": "3"}}]"#)
            .expect("a label");
        let rows = explain(&config, "x", &effect, &[], &effect.entries(&label, Own::Whole));
        let rows: Vec<String> = rows
            .iter()
            .map(|row| format!("{} {} | {} | {} | {}", row.property, row.value, row.source, row.acts, row.codespaces))
            .collect();
        for expected in [
            "image \"x\" | d.json:1:2 | image | a private one is pulled with registry secrets, before anything else",
            "mounts \"type=bind,source=/a,target=/b\" | d.json:2:1 | create | bind mounts are left out, the Docker socket's apart",
            "mounts \"source=v,target=/v,type=volume\" | d.json:2:1 | create | ",
            "remoteEnv.A \"1\" | d.json:3:15 | onCreateCommand | ",
            "remoteEnv.B \"2\" | d.json:4:1 | onCreateCommand | ",
            "remoteEnv.C \"3\" | Feature f, in the image's metadata label | onCreateCommand | ",
            "onCreateCommand \"one\" | Feature f, in the image's metadata label | onCreateCommand | no registry login yet; user secrets are not there in a prebuild",
            "onCreateCommand \"two\" | d.json:5:1 | onCreateCommand | no registry login yet; user secrets are not there in a prebuild",
            "waitFor \"updateContentCommand\" | default | - | a failure up to it opens a recovery container",
            "workspaceFolder \"/workspaces/app\" | default | onCreateCommand | the folder that is opened; the repository is in /workspaces in any case",
        ] {
            assert!(rows.iter().any(|row| row == expected), "{expected}\n{rows:#?}");
        }
        assert!(rows.first().is_some_and(|row| row.starts_with("image ")), "{rows:#?}");
    }
}

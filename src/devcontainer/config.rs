//! A repository's `devcontainer.json`.

use super::command::LifecycleCommand;
use super::document::{ConfigError, Document, Spanned};
use super::properties::Properties;
use super::reader::Reader;

/// A configuration as its file says it: nothing merged, no variable replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct DevContainer {
    /// The file, for what is said about it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// `name`.
    pub name: Option<String>,
    /// `image`.
    pub image: Spanned<String>,
    /// `initializeCommand`.
    pub initialize: Option<LifecycleCommand>,
    /// `workspaceFolder`.
    pub workspace_folder: Option<String>,
    /// `runArgs`.
    pub run_args: Vec<Spanned<String>>,
    /// What image metadata may hold as well.
    pub properties: Properties,
    /// The properties that go into the container's metadata label, raw.
    pub label_entry: serde_json::Value,
    /// Things a person should know, in words.
    pub warnings: Vec<String>,
}

/// The properties that the reference writes into the metadata label (devcontainer-semantics.md section 1.3).
const LABELLED: [&str; 24] = [
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
    "waitFor",
    "customizations",
    "mounts",
    "containerEnv",
    "containerUser",
    "init",
    "privileged",
    "capAdd",
    "securityOpt",
    "remoteUser",
    "userEnvProbe",
    "remoteEnv",
    "overrideCommand",
    "portsAttributes",
    "otherPortsAttributes",
    "forwardPorts",
    "shutdownAction",
    "updateRemoteUserUID",
    "hostRequirements",
];

/// The other properties there are (devContainer.base.schema.json).
const OTHERS: [&str; 18] = [
    "$schema",
    "name",
    "image",
    "build",
    "dockerFile",
    "context",
    "dockerComposeFile",
    "service",
    "runServices",
    "features",
    "overrideFeatureInstallOrder",
    "initializeCommand",
    "workspaceFolder",
    "workspaceMount",
    "runArgs",
    "appPort",
    "secrets",
    "entrypoint",
];

/// What is read, and does not act yet.
const NOT_YET: [(&str, &str); 5] = [
    ("dockerComposeFile", "Docker Compose"),
    ("build", "building an image"),
    ("dockerFile", "building an image"),
    ("features", "installing Features"),
    ("workspaceMount", "a workspace mount of one's own"),
];

impl DevContainer {
    /// Reads a configuration's text.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let text = text.trim_start_matches('\u{feff}');
        let document = Document { text, file };
        let object = document.object()?;
        let reader = Reader { document: &document, object: &object };
        for (name, what) in NOT_YET {
            let empty = |value: &jsonc_parser::ast::Value<'_>| {
                value.as_object().is_some_and(|object| object.properties.is_empty())
            };
            if let Some(property) =
                object.properties.iter().find(|property| property.name.as_str() == name && !empty(&property.value))
            {
                let mut error = document.error(
                    property.range.start..property.range.end,
                    format!("`{name}`: {what} is not supported by this version"),
                );
                error.hint = Some("use an `image` that has what you need".to_owned());
                return Err(error);
            }
        }
        let Some(image) = reader.string("image")? else {
            let mut error = document.error(0..1, "missing one of \"image\", \"dockerFile\" or \"dockerComposeFile\"");
            error.hint = Some("name the image that the codespace is made from: \"image\": \"mcr.microsoft.com/devcontainers/base:debian\"".to_owned());
            return Err(error);
        };
        Ok(Self {
            file: file.to_owned(),
            text: text.to_owned(),
            name: reader.string("name")?.map(|name| name.value),
            image,
            initialize: reader.command("initializeCommand")?,
            workspace_folder: reader.string("workspaceFolder")?.map(|folder| folder.value),
            run_args: reader.list("runArgs")?,
            properties: Properties::read(&document, &object)?,
            label_entry: label_entry(&document),
            warnings: warnings(&document, &object),
        })
    }

    /// Returns an error about a place in this configuration.
    pub fn error(&self, span: std::ops::Range<usize>, problem: impl Into<String>, hint: Option<String>) -> ConfigError {
        ConfigError { hint, ..Document { text: &self.text, file: &self.file }.error(span, problem) }
    }
}

fn label_entry(document: &Document<'_>) -> serde_json::Value {
    let whole = jsonc_parser::parse_to_serde_value(document.text, &jsonc_parser::ParseOptions::default());
    match whole {
        Ok(serde_json::Value::Object(mut entry)) => {
            entry.retain(|name, _| LABELLED.contains(&name.as_str()));
            serde_json::Value::Object(entry)
        }
        Ok(_) | Err(_) => serde_json::json!({}),
    }
}

/// Finds what the reference accepts in silence: unknown and double properties.
fn warnings(document: &Document<'_>, object: &jsonc_parser::ast::Object<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (at, property) in object.properties.iter().enumerate() {
        let name = property.name.as_str();
        let span = property.range.start..property.range.end;
        if object.properties.iter().skip(at + 1).any(|later| later.name.as_str() == name) {
            warnings.push(document.warning(&span, &format!("`{name}` is set again below: the last one counts")));
        } else if !LABELLED.iter().chain(&OTHERS).any(|known| *known == name) {
            let nearest = LABELLED.iter().chain(&OTHERS).map(|known| (distance(name, known), *known)).min();
            let hint = match nearest {
                Some((edits, known)) if edits <= 3 => format!(": did you mean `{known}`?"),
                Some(_) | None => String::new(),
            };
            warnings.push(document.warning(&span, &format!("`{name}` is no property of a dev container{hint}")));
        }
    }
    warnings
}

/// Returns how many letters have to change to make one word of the other (Levenshtein), case aside.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        let mut next = vec![left];
        for (column, expected) in other.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or(usize::MAX - 1);
            left = (diagonal + usize::from(letter != *expected)).min(left + 1).min(above + 1);
            diagonal = above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::SingleCommand;
    use crate::phase::Hook;

    fn check_error(text: &str, expected: &str) {
        let error = DevContainer::parse(text, "d.json").expect_err(text).to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn commands_have_three_forms_and_empty_ones_are_none() {
        let text = r#"{"image": "x", "onCreateCommand": "a b", "postCreateCommand": ["a", "b"],
            "postStartCommand": {"one": "x", "two": ["y"], "none": ""}, "postAttachCommand": "", "updateContentCommand": []}"#;
        let parsed = DevContainer::parse(text, "f").expect("parsed");
        let shell = |text: &str| SingleCommand::Shell(text.to_owned());
        let hooks = &parsed.properties.hooks;
        assert_eq!(hooks.get(&Hook::OnCreate), Some(&LifecycleCommand::Single(shell("a b"))));
        let words = SingleCommand::Exec(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(hooks.get(&Hook::PostCreate), Some(&LifecycleCommand::Single(words)));
        let entries =
            vec![("one".to_owned(), shell("x")), ("two".to_owned(), SingleCommand::Exec(vec!["y".to_owned()]))];
        assert_eq!(hooks.get(&Hook::PostStart), Some(&LifecycleCommand::Parallel(entries)));
        assert_eq!(hooks.len(), 3);
    }

    #[test]
    fn wrong_types_are_named_with_their_place() {
        check_error("{}", "d.json:1:1: missing one of");
        check_error(r#"{"image": 1}"#, "d.json:1:11: `image` is expected to be a string");
        check_error(
            "{\"image\": \"x\",\n \"onCreateCommand\": {\"a\": 1}}",
            "d.json:2:27: `onCreateCommand.a` is expected to be",
        );
        check_error(r#"{"image": "x", "waitFor": "never"}"#, "d.json:1:27: `waitFor` is expected to be one of");
        check_error(r#"{"image": "x", "mounts": ["type=volume"]}"#, "d.json:1:27: a mount needs a target");
        check_error(r#"{"image": "x", "features": {"a": {}}}"#, "d.json:1:16: `features`: installing Features");
    }

    #[test]
    fn a_misspelt_hook_gets_the_right_name() {
        let parsed = DevContainer::parse("{\"image\": \"x\",\n\"onCreateComand\": \"x\", \"image\": \"y\"}", "f")
            .expect("parsed");
        assert_eq!(parsed.image.value, "y");
        assert_eq!(
            parsed.warnings,
            [
                "f:1:2: `image` is set again below: the last one counts",
                "f:2:1: `onCreateComand` is no property of a dev container: did you mean `onCreateCommand`?",
            ]
        );
    }
}

//! A repository's `devcontainer.json`.

use super::command::LifecycleCommand;
use super::document::{ConfigError, Document, Spanned};
use super::properties::Properties;
use super::reader::Reader;
use super::remarks::remarks;

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
    pub workspace_folder: Option<Spanned<String>>,
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

impl DevContainer {
    /// Reads a configuration's text.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let text = text.trim_start_matches('\u{feff}');
        let document = Document { text, file };
        let object = document.object()?;
        let reader = Reader { document: &document, object: &object };
        let warnings = remarks(&document, &object)?;
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
            workspace_folder: reader.string("workspaceFolder")?,
            run_args: reader.list("runArgs")?,
            // These two are Features' (devcontainer-semantics.md section 1.3: what is picked from a configuration).
            properties: Properties { id: None, entrypoint: None, ..Properties::read(&document, &object)? },
            label_entry: label_entry(&document),
            warnings,
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
    fn of_two_with_one_name_the_last_counts() {
        let text = r#"{"image": "x", "image": "y", "onCreateCommand": {"a": "1", "b": "2", "a": "3"},
            "remoteEnv": {"A": "1", "A": "2"}, "mounts": [{"target": "/a", "target": "/b"}]}"#;
        let parsed = DevContainer::parse(text, "f").expect("parsed");
        assert_eq!(parsed.image.value, "y");
        let shell = |label: &str, text: &str| (label.to_owned(), SingleCommand::Shell(text.to_owned()));
        let entries = vec![shell("b", "2"), shell("a", "3")];
        assert_eq!(parsed.properties.hooks.get(&Hook::OnCreate), Some(&LifecycleCommand::Parallel(entries)));
        assert_eq!(parsed.properties.remote_env, [("A".to_owned(), Some("2".to_owned()))]);
        assert_eq!(parsed.properties.mounts[0].target, "/b");
        assert_eq!(parsed.label_entry["onCreateCommand"]["a"], "3");
        assert_eq!(parsed.label_entry["remoteEnv"]["A"], "2");
    }

    #[test]
    fn a_variable_has_a_name_that_an_environment_can_hold() {
        for (name, at) in [("containerEnv", 33), ("remoteEnv", 30)] {
            for key in ["", "A=B", "="] {
                let text = format!("{{\"image\": \"x\", \"{name}\": {{\"{key}\": \"1\"}}}}");
                check_error(
                    &text,
                    &format!("d.json:1:{at}: `{name}`: a variable's name is not empty and holds no `=`"),
                );
            }
        }
    }

    #[test]
    fn what_only_features_have_does_not_act() {
        let text = r#"{"image": "x", "entrypoint": "/x", "id": "y"}"#;
        let properties = DevContainer::parse(text, "f").expect("parsed").properties;
        assert_eq!((properties.entrypoint, properties.id), (None, None));
    }
}

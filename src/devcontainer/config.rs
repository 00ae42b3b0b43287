//! What `up` takes of a configuration, typed; what this version cannot make a codespace of is an error.

use super::app_port::AppPort;
use super::changes::fingerprint;
use super::command::LifecycleCommand;
use super::configuration::{Configuration, DEFAULT_IMAGE, Kind};
use super::container_source::ContainerSource;
use super::document::{ConfigError, Document, Spanned};
use super::finding::Severity;
use super::merge::{Entry, Origin};
use super::properties::Properties;
use super::reader::Reader;
use super::recommended::RecommendedSecret;
use super::repositories::Asked;
use crate::permissions::Permissions;

/// A configuration as its file says it: nothing merged, no variable replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct DevContainer {
    /// The file, for what is said about it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// `name`.
    pub name: Option<String>,
    /// What the container is made from.
    pub source: ContainerSource,
    /// Whether it has `features`.
    pub has_features: bool,
    /// `initializeCommand`.
    pub initialize: Option<LifecycleCommand>,
    /// `workspaceFolder`.
    pub workspace_folder: Option<Spanned<String>>,
    /// `workspaceMount`.
    pub workspace_mount: Option<Spanned<String>>,
    /// `runArgs`.
    pub run_args: Vec<Spanned<String>>,
    /// `appPort`.
    pub app_ports: Vec<AppPort>,
    /// `secrets`.
    pub recommended: Vec<RecommendedSecret>,
    /// What image metadata may hold as well.
    pub properties: Properties,
    /// What it adds to an image's metadata, raw: what goes into the container's metadata label too.
    pub entry: Entry,
    /// What it asks to be let do with other repositories (`customizations.codespaces.repositories`).
    pub repositories: Permissions,
    /// What it is told from a later one by.
    pub fingerprint: String,
    /// Things a person should know, in words.
    pub warnings: Vec<String>,
}

impl DevContainer {
    /// Reads a configuration's text.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        Self::of(&Configuration::read(text, file)?)
    }

    /// Returns what acts of a configuration.
    pub fn of(config: &Configuration) -> Result<Self, ConfigError> {
        config.fault(|_| true)?;
        let document = config.document();
        let reader = Reader { document: &document, object: &config.root };
        let mut warnings = config.lines(|finding| finding.rule.severity() == Severity::Warning);
        if config.kind == Kind::Default {
            let whose = if config.file.is_empty() {
                "the repository has no devcontainer.json".to_owned()
            } else {
                format!("{} names no image", config.file)
            };
            warnings.push(format!("{whose}: the codespace is made from Codespaces' default image, {DEFAULT_IMAGE}"));
            if sets_itself_up(config) {
                warnings.push(format!("{whose}, and no postCreateCommand: Codespaces then tries to set the project up by itself, which is not rehearsed"));
            }
        }
        Ok(Self {
            file: config.file.clone(),
            text: config.text.clone(),
            name: reader.string("name")?.map(|name| name.value),
            source: ContainerSource::of(config)?,
            has_features: config.root.get("features").is_some_and(|features| !features.node.members().is_empty()),
            initialize: reader.command("initializeCommand")?,
            workspace_folder: reader.string("workspaceFolder")?,
            workspace_mount: reader.string("workspaceMount")?,
            run_args: reader.list("runArgs")?,
            app_ports: reader.ports("appPort"),
            recommended: config.recommended(),
            // These two are Features' (devcontainer-semantics.md section 1.3: what is picked from a configuration).
            properties: Properties { id: None, entrypoint: None, ..Properties::read(&document, &config.root)? },
            repositories: Asked::of(&config.root).permissions(),
            fingerprint: fingerprint(config),
            entry: Entry::picked(&config.to_json(), Origin::File),
            warnings,
        })
    }

    /// Returns the files that Codespaces opens in an editor when a codespace is new.
    pub fn open_files(&self) -> Vec<String> {
        let customizations = self.entry.properties.get("customizations");
        let files = customizations.and_then(|all| all.get("codespaces")?.get("openFiles")?.as_array());
        files.into_iter().flatten().filter_map(|file| Some(file.as_str()?.to_owned())).collect()
    }

    /// Returns an error about a place in this configuration.
    pub fn error(&self, span: std::ops::Range<usize>, problem: impl Into<String>, hint: Option<String>) -> ConfigError {
        ConfigError { hint, ..Document { text: &self.text, file: &self.file }.error(span, problem) }
    }
}

/// Tells whether Codespaces tries to set a project up by itself (codespaces-facts.md section 1.9).
fn sets_itself_up(config: &Configuration) -> bool {
    let json = config.to_json();
    let codespaces = json.get("customizations").and_then(|all| all.get("codespaces"));
    let is_off = codespaces.and_then(|own| own.get("disableAutomaticConfiguration")) == Some(&true.into());
    !json.contains_key("postCreateCommand") && !is_off
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
        check_error(r#"{"image": 1}"#, "d.json:1:11: `image` is expected to be a string");
        check_error(
            "{\"image\": \"x\",\n \"onCreateCommand\": {\"a\": 1}}",
            "d.json:2:27: `onCreateCommand.a` is expected to be",
        );
        check_error(r#"{"image": "x", "waitFor": "never"}"#, "d.json:1:27: `waitFor` is expected to be one of");
        check_error(r#"{"image": "x", "mounts": ["type=volume"]}"#, "d.json:1:27: a mount needs a target");
    }

    #[test]
    fn a_configuration_that_names_no_image_has_the_default_one() {
        let parsed = DevContainer::parse("{}", "d.json").expect("parsed");
        assert_eq!(parsed.source.image().expect("an image").value, DEFAULT_IMAGE);
        assert_eq!(parsed.warnings.len(), 2);
        for more in [
            r#""postCreateCommand": "x""#,
            r#""customizations": {"codespaces": {"disableAutomaticConfiguration": true}}"#,
        ] {
            assert_eq!(DevContainer::parse(&format!("{{{more}}}"), "f").expect("parsed").warnings.len(), 1, "{more}");
        }
    }

    #[test]
    fn of_two_with_one_name_the_last_counts() {
        let text = r#"{"image": "x", "image": "y", "onCreateCommand": {"a": "1", "b": "2", "a": "3"},
            "remoteEnv": {"A": "1", "A": "2"}, "mounts": [{"target": "/a", "target": "/b"}]}"#;
        let parsed = DevContainer::parse(text, "f").expect("parsed");
        assert_eq!(parsed.source.image().expect("an image").value, "y");
        let shell = |label: &str, text: &str| (label.to_owned(), SingleCommand::Shell(text.to_owned()));
        let entries = vec![shell("b", "2"), shell("a", "3")];
        assert_eq!(parsed.properties.hooks.get(&Hook::OnCreate), Some(&LifecycleCommand::Parallel(entries)));
        assert_eq!(parsed.properties.remote_env, [("A".to_owned(), Some("2".to_owned()))]);
        assert_eq!(parsed.properties.mounts[0].target, "/b");
        assert_eq!(parsed.entry.properties["onCreateCommand"]["a"], "3");
        assert_eq!(parsed.entry.properties["remoteEnv"]["A"], "2");
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

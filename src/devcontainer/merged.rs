//! What holds for a codespace: image metadata and the configuration, merged (devcontainer-semantics.md section 1.3).

use std::collections::BTreeMap;

use super::command::{LifecycleCommand, SingleCommand};
use super::document::Document;
use super::jsonc::Node;
use super::merge::{Effective, Entry, Origin, merge};
use super::mount::Mount;
use super::properties::{Properties, UserEnvProbe};
use super::reader::Reader;
use super::variables::Variables;
use crate::phase::{Hook, Phase};

/// One hook's command and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcedCommand {
    /// The Feature that brings it; nothing for the image's and the configuration's own.
    pub feature: Option<String>,
    /// The command.
    pub command: LifecycleCommand,
}

/// The merged configuration.
#[allow(clippy::struct_excessive_bools, reason = "each is a property of the specification")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedConfiguration {
    /// Each hook's commands, in order: the image's, the Features', the configuration's.
    pub hooks: BTreeMap<Hook, Vec<SourcedCommand>>,
    /// `waitFor`.
    pub wait_for: Option<Phase>,
    /// `remoteUser`.
    pub remote_user: Option<String>,
    /// `containerUser`.
    pub container_user: Option<String>,
    /// `remoteEnv`; nothing unsets a variable.
    pub remote_env: Vec<(String, Option<String>)>,
    /// `containerEnv`.
    pub container_env: Vec<(String, String)>,
    /// `userEnvProbe`.
    pub user_env_probe: UserEnvProbe,
    /// `mounts`.
    pub mounts: Vec<Mount>,
    /// The entrypoints of Features, in order.
    pub entrypoints: Vec<String>,
    /// `init`.
    pub init: bool,
    /// `privileged`.
    pub privileged: bool,
    /// `overrideCommand`; where nothing says it, it depends on what the container is made from.
    pub override_command: Option<bool>,
    /// `capAdd`.
    pub cap_add: Vec<String>,
    /// `securityOpt`.
    pub security_opt: Vec<String>,
    /// `updateRemoteUserUID`: acts where a working tree is mounted.
    pub update_remote_user_uid: bool,
}

/// Reads a metadata label. What cannot be used is told, and left out.
pub fn read_label(label: &str, whose: &str) -> (Vec<Entry>, Option<String>) {
    let read = Entry::of_label(label).and_then(|entries| {
        let check = |entry: &Entry| typed(&entry.properties.clone().into()).map(|_| ());
        entries.iter().try_for_each(check).map(|()| entries)
    });
    match read {
        Ok(entries) => (entries, None),
        Err(problem) => (Vec::new(), Some(format!("the devcontainer.metadata label of {whose} is ignored: {problem}"))),
    }
}

fn typed(properties: &serde_json::Value) -> Result<Properties, String> {
    let document = Document { text: "", file: "devcontainer.metadata" };
    Properties::read(&document, &Node::of_json(properties)).map_err(|error| error.problem)
}

impl MergedConfiguration {
    /// Returns what holds by several entries, the image's first and the configuration's last, with the variables replaced that are known
    /// before there is a container. An error is what a value has become that it must not be, in words.
    pub fn of(entries: &[Entry], variables: &Variables) -> Result<Self, String> {
        let entries: Vec<Entry> = entries.iter().map(|entry| entry.substituted(variables)).collect();
        let effective = merge(&entries);
        let one = |one: &&Effective| one.property == one.name && one.name != "customizations";
        let single = effective.iter().filter(one).map(|one| (one.name.to_owned(), one.value.clone())).collect();
        let properties = typed(&serde_json::Value::Object(single))?;
        let mut merged = Self {
            hooks: BTreeMap::new(),
            wait_for: properties.wait_for,
            remote_user: properties.remote_user.map(|user| user.value),
            container_user: properties.container_user.map(|user| user.value),
            remote_env: properties.remote_env,
            container_env: properties.container_env,
            user_env_probe: properties.user_env_probe.unwrap_or_default(),
            mounts: properties.mounts,
            entrypoints: Vec::new(),
            init: properties.init == Some(true),
            privileged: properties.privileged == Some(true),
            override_command: properties.override_command,
            cap_add: properties.cap_add,
            security_opt: properties.security_opt.into_iter().map(|one| one.value).collect(),
            update_remote_user_uid: properties.update_remote_user_uid.unwrap_or(true),
        };
        for one in effective.iter().filter(|one| one.name == "entrypoints") {
            let texts = one.value.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
            merged.entrypoints.extend(texts.map(str::to_owned));
        }
        for hook in Hook::ALL {
            let commands = hook_commands(hook, &effective, &entries)?;
            if !commands.is_empty() {
                merged.hooks.insert(hook, commands);
            }
        }
        Ok(merged)
    }
}

fn hook_commands(hook: Hook, effective: &[Effective], entries: &[Entry]) -> Result<Vec<SourcedCommand>, String> {
    let property = hook.phase().name();
    let document = Document { text: "", file: "" };
    let mut commands = Vec::new();
    let Some(one) = effective.iter().find(|one| one.property == property) else { return Ok(commands) };
    for (value, from) in one.value.as_array().into_iter().flatten().zip(&one.from) {
        let node = Node::of_json(value);
        let reader = Reader { document: &document, object: &node };
        let feature = entries.get(*from).and_then(|entry| match &entry.origin {
            Origin::Feature(id) | Origin::Installed { id, .. } => Some(id.clone()),
            Origin::Image | Origin::File => None,
        });
        let command = reader.command_of(&node, property).map_err(|error| error.problem)?;
        commands.extend(command.map(|command| SourcedCommand { feature, command }));
    }
    Ok(commands)
}

/// Replaces the variables in a command.
pub fn substitute(command: &LifecycleCommand, variables: &Variables) -> LifecycleCommand {
    let single = |command: &SingleCommand| match command {
        SingleCommand::Shell(text) => SingleCommand::Shell(variables.apply(text)),
        SingleCommand::Exec(words) => SingleCommand::Exec(words.iter().map(|word| variables.apply(word)).collect()),
    };
    match command {
        LifecycleCommand::Single(command) => LifecycleCommand::Single(single(command)),
        LifecycleCommand::Parallel(entries) => LifecycleCommand::Parallel(
            entries.iter().map(|(label, command)| (label.clone(), single(command))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::DevContainer;

    #[test]
    fn the_image_comes_first_and_the_configuration_wins() {
        let label = r#"[{"id": "f", "onCreateCommand": "one", "privileged": true, "remoteEnv": {"A": "1", "B": "1"},
            "mounts": ["source=v-${devcontainerId},target=/x,type=volume"], "entrypoint": "/init.sh"},
            {"remoteUser": "vscode", "capAdd": ["A"]}]"#;
        let config = r#"{"image": "x", "onCreateCommand": "two", "remoteEnv": {"A": "2", "B": null}, "remoteUser": "dev",
            "capAdd": ["A", "B"], "privileged": false, "mounts": [{"source": "w", "target": "/x", "type": "volume"}]}"#;
        let (mut entries, problem) = read_label(label, "x");
        assert_eq!(problem, None);
        let config = DevContainer::parse(config, "f").expect("parsed");
        entries.push(config.entry);
        let variables = Variables { id: Some("ID".to_owned()), ..Variables::default() };
        let merged = MergedConfiguration::of(&entries, &variables).expect("merged");
        let commands: Vec<_> = merged.hooks[&Hook::OnCreate].iter().map(|one| one.feature.as_deref()).collect();
        assert_eq!(commands, [Some("f"), None]);
        assert_eq!(merged.remote_env, [("A".to_owned(), Some("2".to_owned())), ("B".to_owned(), None)]);
        assert_eq!(merged.remote_user.as_deref(), Some("dev"));
        assert_eq!((merged.cap_add.len(), merged.privileged, merged.entrypoints.len()), (2, true, 1));
        assert_eq!(merged.mounts.len(), 1);
        assert_eq!(merged.mounts[0].source.as_deref(), Some("w"));
    }

    #[test]
    fn a_label_that_is_no_metadata_is_told() {
        assert!(read_label("{", "x").1.is_some());
        assert!(read_label("[{\"mounts\": 1}]", "x").1.is_some());
        assert!(read_label("{\"remoteUser\": \"a\"}", "x").1.is_none());
    }
}

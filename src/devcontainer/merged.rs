//! What holds for a codespace: image metadata and the configuration, merged (devcontainer-semantics.md section 1.3).

use std::collections::BTreeMap;

use super::command::{LifecycleCommand, SingleCommand};
use super::document::{ConfigError, Document};
use super::mount::Mount;
use super::properties::{Properties, UserEnvProbe};
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
    /// `overrideCommand`.
    pub override_command: bool,
    /// `capAdd`.
    pub cap_add: Vec<String>,
    /// `securityOpt`.
    pub security_opt: Vec<String>,
}

/// Reads a metadata label: an array of entries, or one. What cannot be read is told, and left out.
pub fn read_label(label: &str, whose: &str) -> (Vec<Properties>, Vec<serde_json::Value>, Option<String>) {
    let raw = match serde_json::from_str(label) {
        Ok(serde_json::Value::Array(entries)) => entries,
        Ok(entry) => vec![entry],
        Err(error) => {
            return (
                Vec::new(),
                Vec::new(),
                Some(format!("the devcontainer.metadata label of {whose} is ignored: {error}")),
            );
        }
    };
    let read = |entry: &serde_json::Value| -> Result<Properties, ConfigError> {
        let text = entry.to_string();
        let document = Document { text: &text, file: "devcontainer.metadata" };
        Properties::read(&document, &document.object()?)
    };
    let parsed: Result<Vec<_>, _> = raw.iter().map(read).collect();
    match parsed {
        Ok(entries) => (entries, raw, None),
        Err(error) => (
            Vec::new(),
            Vec::new(),
            Some(format!("the devcontainer.metadata label of {whose} is ignored: {}", error.problem)),
        ),
    }
}

/// Merges entries, the image's first and the configuration's last, and replaces the variables that are known before there is a container.
pub fn merge(entries: &[Properties], variables: &Variables) -> MergedConfiguration {
    let mut merged = MergedConfiguration { override_command: true, ..MergedConfiguration::default() };
    for entry in entries {
        for (hook, command) in &entry.hooks {
            let command = substitute(command, variables);
            merged.hooks.entry(*hook).or_default().push(SourcedCommand { feature: entry.id.clone(), command });
        }
        merged.wait_for = entry.wait_for.or(merged.wait_for);
        merged.init |= entry.init == Some(true);
        merged.privileged |= entry.privileged == Some(true);
        merged.override_command = entry.override_command.unwrap_or(merged.override_command);
        merged.user_env_probe = entry.user_env_probe.unwrap_or(merged.user_env_probe);
        for (slot, value) in
            [(&mut merged.remote_user, &entry.remote_user), (&mut merged.container_user, &entry.container_user)]
        {
            if let Some(user) = value.as_ref().filter(|user| !user.value.is_empty()) {
                *slot = Some(variables.apply(&user.value));
            }
        }
        for (name, value) in &entry.remote_env {
            merged.remote_env.retain(|(other, _)| other != name);
            merged.remote_env.push((name.clone(), value.as_ref().map(|value| variables.apply(value))));
        }
        for (name, value) in &entry.container_env {
            merged.container_env.retain(|(other, _)| other != name);
            merged.container_env.push((name.clone(), variables.apply(value)));
        }
        for mount in &entry.mounts {
            let source = mount.source.as_ref().map(|source| variables.apply(source));
            let mount = Mount { source, target: variables.apply(&mount.target), ..mount.clone() };
            merged.mounts.retain(|other| other.target != mount.target);
            merged.mounts.push(mount);
        }
        merged.entrypoints.extend(entry.entrypoint.iter().map(|entrypoint| variables.apply(entrypoint)));
        union(&mut merged.cap_add, &entry.cap_add);
        union(&mut merged.security_opt, &entry.security_opt);
    }
    merged
}

fn union(all: &mut Vec<String>, more: &[String]) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
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
        let (mut entries, _, problem) = read_label(label, "x");
        assert_eq!(problem, None);
        let config = DevContainer::parse(config, "f").expect("parsed");
        entries.push(config.properties);
        let merged = merge(&entries, &Variables { id: Some("ID".to_owned()), ..Variables::default() });
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
        assert!(read_label("{", "x").2.is_some());
        assert!(read_label("[{\"mounts\": 1}]", "x").2.is_some());
        assert!(read_label("{\"remoteUser\": \"a\"}", "x").2.is_none());
    }
}

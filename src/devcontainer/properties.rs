//! The properties that a configuration and an image's metadata share, typed.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::collections::BTreeMap;
use std::ops::Range;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;

use super::document::{ConfigError, Document, Spanned};
use crate::phase::{Hook, Phase};

/// A lifecycle command in one of its forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifecycleCommand {
    /// One command.
    Single(SingleCommand),
    /// Several, by name, in parallel.
    Parallel(Vec<(String, SingleCommand)>),
}

impl LifecycleCommand {
    /// Returns the command for a person, one line for each of its parts and of their lines.
    pub fn lines(&self) -> Vec<String> {
        let lines = |label: &str, command: &SingleCommand| -> Vec<String> {
            let text = match command {
                SingleCommand::Shell(text) => text.clone(),
                SingleCommand::Exec(words) => format!("{words:?}"),
            };
            text.lines().map(|line| format!("{label}{line}")).collect()
        };
        match self {
            Self::Single(command) => lines("", command),
            Self::Parallel(entries) => {
                entries.iter().flat_map(|(label, command)| lines(&format!("{label}: "), command)).collect()
            }
        }
    }
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SingleCommand {
    /// Through a shell.
    Shell(String),
    /// Without one.
    Exec(Vec<String>),
}

/// How a login shell's environment is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserEnvProbe {
    /// Not at all.
    None,
    /// `-lc`.
    LoginShell,
    /// `-ic`.
    InteractiveShell,
    /// `-lic`; Codespaces' default too.
    #[default]
    LoginInteractiveShell,
}

/// Something mounted into the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// `volume`, `bind` or `tmpfs`.
    pub kind: String,
    /// The volume or the path; an anonymous volume where absent.
    pub source: Option<String>,
    /// Where inside.
    pub target: String,
    /// May not be written.
    pub read_only: bool,
}

/// What one entry of the metadata says: an image's, a Feature's or the configuration's own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Properties {
    /// A Feature's id.
    pub id: Option<String>,
    /// The hooks' commands.
    pub hooks: BTreeMap<Hook, LifecycleCommand>,
    /// `waitFor`.
    pub wait_for: Option<Phase>,
    /// `remoteUser`.
    pub remote_user: Option<Spanned<String>>,
    /// `containerUser`.
    pub container_user: Option<Spanned<String>>,
    /// `remoteEnv`; nothing unsets a variable.
    pub remote_env: Vec<(String, Option<String>)>,
    /// `containerEnv`.
    pub container_env: Vec<(String, String)>,
    /// `userEnvProbe`.
    pub user_env_probe: Option<UserEnvProbe>,
    /// `mounts`.
    pub mounts: Vec<Mount>,
    /// `entrypoint` of a Feature.
    pub entrypoint: Option<String>,
    /// `init`.
    pub init: Option<bool>,
    /// `privileged`.
    pub privileged: Option<bool>,
    /// `overrideCommand`.
    pub override_command: Option<bool>,
    /// `capAdd`.
    pub cap_add: Vec<String>,
    /// `securityOpt`.
    pub security_opt: Vec<String>,
}

impl Properties {
    /// Reads the properties of one object.
    pub(super) fn read(document: &Document<'_>, object: &Object<'_>) -> Result<Self, ConfigError> {
        let reader = Reader { document, object };
        let mut hooks = BTreeMap::new();
        for hook in Hook::ALL {
            if let Some(command) = reader.command(hook.phase().name())? {
                hooks.insert(hook, command);
            }
        }
        Ok(Self {
            id: reader.string("id")?.map(|id| id.value),
            hooks,
            wait_for: reader.choice("waitFor", &WAIT_FOR)?,
            remote_user: reader.string("remoteUser")?,
            container_user: reader.string("containerUser")?,
            remote_env: reader.map("remoteEnv")?,
            container_env: reader.strings_by_name("containerEnv")?,
            user_env_probe: reader.choice("userEnvProbe", &PROBES)?,
            mounts: reader.mounts()?,
            entrypoint: reader.string("entrypoint")?.map(|entrypoint| entrypoint.value),
            init: reader.boolean("init")?,
            privileged: reader.boolean("privileged")?,
            override_command: reader.boolean("overrideCommand")?,
            cap_add: reader.list("capAdd")?.into_iter().map(|one| one.value).collect(),
            security_opt: reader.list("securityOpt")?.into_iter().map(|one| one.value).collect(),
        })
    }
}

const WAIT_FOR: [(&str, Phase); 6] = [
    ("initializeCommand", Phase::InitializeCommand),
    ("onCreateCommand", Phase::OnCreateCommand),
    ("updateContentCommand", Phase::UpdateContentCommand),
    ("postCreateCommand", Phase::PostCreateCommand),
    ("postStartCommand", Phase::PostStartCommand),
    ("postAttachCommand", Phase::PostAttachCommand),
];

const PROBES: [(&str, UserEnvProbe); 4] = [
    ("none", UserEnvProbe::None),
    ("loginShell", UserEnvProbe::LoginShell),
    ("interactiveShell", UserEnvProbe::InteractiveShell),
    ("loginInteractiveShell", UserEnvProbe::LoginInteractiveShell),
];

/// Reads typed values out of one object.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) object: &'a Object<'a>,
}

fn span(value: &Value<'_>) -> Range<usize> {
    value.start()..value.end()
}

impl<'a> Reader<'a> {
    /// Returns a property's value; `null` counts as absent. Of two with one name, the last counts.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value<'a>> {
        let found = self.object.properties.iter().rev().find(|property| property.name.as_str() == name);
        found.map(|property| &property.value).filter(|value| !matches!(value, Value::NullKeyword(_)))
    }

    fn expected(&self, value: &Value<'_>, name: &str, what: &str) -> ConfigError {
        self.document.error(span(value), format!("`{name}` is expected to be {what}"))
    }

    /// Returns a string.
    pub(super) fn string(&self, name: &str) -> Result<Option<Spanned<String>>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::StringLit(text)) => {
                Ok(Some(Spanned { value: text.value.to_string(), span: text.range.start..text.range.end }))
            }
            Some(other) => Err(self.expected(other, name, "a string")),
        }
    }

    fn boolean(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::BooleanLit(value)) => Ok(Some(value.value)),
            Some(other) => Err(self.expected(other, name, "true or false")),
        }
    }

    fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        if let Some((_, value)) = choices.iter().find(|(choice, _)| *choice == text.value) {
            Ok(Some(*value))
        } else {
            let known: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
            Err(self.document.error(text.span, format!("`{name}` is expected to be one of {}", known.join(", "))))
        }
    }

    /// Returns a list of strings.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Spanned<String>>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let Value::Array(array) = value else { return Err(self.expected(value, name, "a list of strings")) };
        let item = |item: &Value<'_>| match item {
            Value::StringLit(text) => Ok(Spanned { value: text.value.to_string(), span: span(item) }),
            other => Err(self.expected(other, name, "a list of strings")),
        };
        array.elements.iter().map(item).collect()
    }

    fn map(&self, name: &str) -> Result<Vec<(String, Option<String>)>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let Value::Object(object) = value else { return Err(self.expected(value, name, "an object of strings")) };
        let entry = |property: &jsonc_parser::ast::ObjectProp<'_>| {
            let key = property.name.as_str().to_owned();
            match &property.value {
                Value::StringLit(text) => Ok((key, Some(text.value.to_string()))),
                Value::NullKeyword(_) => Ok((key, None)),
                other => Err(self.expected(other, &format!("{name}.{key}"), "a string")),
            }
        };
        object.properties.iter().map(entry).collect()
    }

    fn strings_by_name(&self, name: &str) -> Result<Vec<(String, String)>, ConfigError> {
        Ok(self.map(name)?.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }

    /// Returns a lifecycle command; an empty one is none.
    pub(super) fn command(&self, name: &str) -> Result<Option<LifecycleCommand>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if let Value::Object(object) = value {
            let mut entries = Vec::new();
            for property in &object.properties {
                let label = property.name.as_str();
                if let Some(command) = self.single(&property.value, &format!("{name}.{label}"))? {
                    entries.push((label.to_owned(), command));
                }
            }
            return Ok((!entries.is_empty()).then_some(LifecycleCommand::Parallel(entries)));
        }
        Ok(self.single(value, name)?.map(LifecycleCommand::Single))
    }

    fn single(&self, value: &Value<'_>, name: &str) -> Result<Option<SingleCommand>, ConfigError> {
        let what = "a string, a list of strings or an object of them";
        match value {
            Value::StringLit(text) if text.value.trim().is_empty() => Ok(None),
            Value::StringLit(text) => Ok(Some(SingleCommand::Shell(text.value.to_string()))),
            Value::Array(array) => {
                let word = |item: &Value<'_>| match item {
                    Value::StringLit(text) => Ok(text.value.to_string()),
                    other => Err(self.expected(other, name, what)),
                };
                let words = array.elements.iter().map(word).collect::<Result<Vec<_>, _>>()?;
                Ok((!words.is_empty()).then_some(SingleCommand::Exec(words)))
            }
            Value::NullKeyword(_) => Ok(None),
            other => Err(self.expected(other, name, what)),
        }
    }

    fn mounts(&self) -> Result<Vec<Mount>, ConfigError> {
        let Some(value) = self.get("mounts") else { return Ok(Vec::new()) };
        let Value::Array(array) = value else { return Err(self.expected(value, "mounts", "a list")) };
        array.elements.iter().map(|item| self.mount(item)).collect()
    }

    fn mount(&self, item: &Value<'_>) -> Result<Mount, ConfigError> {
        let fields: Vec<(String, String)> = match item {
            Value::StringLit(text) => text
                .value
                .split(',')
                .map(|field| field.split_once('=').map_or((field, "true"), |(key, value)| (key, value)))
                .map(|(key, value)| (key.trim().to_owned(), value.to_owned()))
                .collect(),
            Value::Object(object) => {
                let text = |property: &jsonc_parser::ast::ObjectProp<'_>| match &property.value {
                    Value::StringLit(text) => Some((property.name.as_str().to_owned(), text.value.to_string())),
                    Value::BooleanLit(value) => Some((property.name.as_str().to_owned(), value.value.to_string())),
                    _ => None,
                };
                object.properties.iter().filter_map(text).collect()
            }
            other => return Err(self.expected(other, "mounts", "a list of strings or objects")),
        };
        let field = |names: &[&str]| {
            fields.iter().find(|(key, _)| names.contains(&key.as_str())).map(|(_, value)| value.clone())
        };
        let Some(target) = field(&["target", "dst", "destination"]) else {
            return Err(self.document.error(span(item), "a mount needs a target"));
        };
        let kind = field(&["type"]).unwrap_or_else(|| "volume".to_owned());
        if !["volume", "bind", "tmpfs"].contains(&kind.as_str()) {
            return Err(self
                .document
                .error(span(item), format!("`{kind}` is no kind of mount: volume, bind or tmpfs")));
        }
        let read_only = field(&["readonly", "ro"]).is_some_and(|value| value != "false");
        Ok(Mount { kind, source: field(&["source", "src"]), target, read_only })
    }
}

//! The properties that a configuration and an image's metadata share, typed.

use std::collections::BTreeMap;

use super::command::LifecycleCommand;
use super::document::{ConfigError, Document, Spanned};
use super::jsonc::Node;
use super::mount::Mount;
use super::reader::Reader;
use crate::phase::{Hook, Phase};

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
    pub security_opt: Vec<Spanned<String>>,
    /// `updateRemoteUserUID`.
    pub update_remote_user_uid: Option<bool>,
}

impl Properties {
    /// Reads the properties of one object.
    pub(super) fn read(document: &Document<'_>, object: &Node) -> Result<Self, ConfigError> {
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
            remote_env: reader.environment("remoteEnv")?,
            container_env: reader
                .environment("containerEnv")?
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            user_env_probe: reader.choice("userEnvProbe", &PROBES)?,
            mounts: reader.mounts()?,
            entrypoint: reader.string("entrypoint")?.map(|entrypoint| entrypoint.value),
            init: reader.boolean("init")?,
            privileged: reader.boolean("privileged")?,
            override_command: reader.boolean("overrideCommand")?,
            cap_add: reader.list("capAdd")?.into_iter().map(|one| one.value).collect(),
            security_opt: reader.list("securityOpt")?,
            update_remote_user_uid: reader.boolean("updateRemoteUserUID")?,
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

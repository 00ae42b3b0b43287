//! The phases of a codespace's life and their names (DESIGN section 2).

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of a codespace's life. The order of the variants is the order of the phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// On the host, and only with the user's consent.
    InitializeCommand,
    /// The engine pulls or builds the image; registry secrets serve here for a private base image.
    Image,
    /// The engine creates the container and the repository is cloned into it.
    Create,
    /// Once per container; no registry login yet.
    OnCreateCommand,
    /// Once per container, and again when a prebuild is refreshed; no registry login yet.
    UpdateContentCommand,
    /// The logins are written into the remote user's Docker configuration; never in a prebuild.
    RegistryLogin,
    /// Once per container.
    PostCreateCommand,
    /// At every start.
    PostStartCommand,
    /// At every attach.
    PostAttachCommand,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 9] = [
        Self::InitializeCommand,
        Self::Image,
        Self::Create,
        Self::OnCreateCommand,
        Self::UpdateContentCommand,
        Self::RegistryLogin,
        Self::PostCreateCommand,
        Self::PostStartCommand,
        Self::PostAttachCommand,
    ];

    /// Returns the phase's name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InitializeCommand => "initializeCommand",
            Self::Image => "image",
            Self::Create => "create",
            Self::OnCreateCommand => "onCreateCommand",
            Self::UpdateContentCommand => "updateContentCommand",
            Self::RegistryLogin => "registryLogin",
            Self::PostCreateCommand => "postCreateCommand",
            Self::PostStartCommand => "postStartCommand",
            Self::PostAttachCommand => "postAttachCommand",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// The phases that run lifecycle commands in the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// `onCreateCommand`.
    OnCreate,
    /// `updateContentCommand`.
    UpdateContent,
    /// `postCreateCommand`.
    PostCreate,
    /// `postStartCommand`.
    PostStart,
    /// `postAttachCommand`.
    PostAttach,
}

impl Hook {
    /// Every hook, in order.
    pub const ALL: [Self; 5] =
        [Self::OnCreate, Self::UpdateContent, Self::PostCreate, Self::PostStart, Self::PostAttach];

    /// Returns the phase in which the hook's commands run.
    pub const fn phase(self) -> Phase {
        match self {
            Self::OnCreate => Phase::OnCreateCommand,
            Self::UpdateContent => Phase::UpdateContentCommand,
            Self::PostCreate => Phase::PostCreateCommand,
            Self::PostStart => Phase::PostStartCommand,
            Self::PostAttach => Phase::PostAttachCommand,
        }
    }
}

//! What happens to a codespace in a scenario, one step after the other.

use std::collections::BTreeMap;

use super::at::{At, Spot};
use super::expect::Expect;
use crate::phase::Phase;
use crate::redact::Secret;

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it stands.
    pub spot: Spot,
    /// What happens.
    pub action: Action,
    /// What must be true after it.
    pub expect: Option<At<Expect>>,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum Action {
    /// The codespace is made.
    Create(Of),
    /// A prebuild is made, or made anew over the last one.
    Prebuild,
    /// The codespace is stopped.
    Stop,
    /// It is started.
    Start,
    /// Its container is made anew; with nothing that the engine has kept of the build where that is `full`.
    Rebuild { full: bool },
    /// A command runs in it.
    Exec(String),
    /// A secret is set.
    SetSecret { secret: SecretName, value: Value },
    /// A secret is removed.
    DeleteSecret(SecretName),
    /// The repository has a newer commit.
    Push(Push),
}

/// What a codespace is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// No prebuild.
    Nothing,
    /// The prebuild that the step before has made.
    LastPrebuild,
    /// A prebuild that fits.
    WhatFits,
}

/// A secret of GitHub's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName {
    /// Its name.
    pub name: String,
    /// The organization whose it is.
    pub organization: Option<String>,
    /// The repository whose it is, or that may have it.
    pub repository: Option<String>,
}

/// Where a secret's value is from.
#[derive(Debug, Clone)]
pub enum Value {
    /// The file.
    Given(Secret<String>),
    /// A variable of this machine.
    Environment(String),
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// One that the repository has.
    Reference(String),
    /// A new one: what its files hold, and those that go.
    Files {
        /// By path.
        files: BTreeMap<String, Option<String>>,
        /// What it says of itself.
        message: String,
    },
}

impl Action {
    /// Returns the name that it has in a file.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Prebuild => "prebuild",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Rebuild { .. } => "rebuild",
            Self::Exec(_) => "exec",
            Self::SetSecret { .. } | Self::DeleteSecret(_) => "secret",
            Self::Push(_) => "push",
        }
    }

    /// Tells whether there has to be a codespace already.
    pub(super) const fn wants_codespace(&self) -> bool {
        match self {
            Self::Stop | Self::Start | Self::Rebuild { .. } | Self::Exec(_) => true,
            Self::Create(_) | Self::Prebuild | Self::SetSecret { .. } | Self::DeleteSecret(_) | Self::Push(_) => false,
        }
    }

    /// Tells whether it goes through the phases of a codespace's life.
    pub const fn has_phases(&self) -> bool {
        match self {
            Self::Create(_) | Self::Prebuild | Self::Start | Self::Rebuild { .. } => true,
            Self::Stop | Self::Exec(_) | Self::SetSecret { .. } | Self::DeleteSecret(_) | Self::Push(_) => false,
        }
    }

    /// Tells why a phase never runs in it; nothing where it may (DESIGN section 2).
    pub(super) const fn never_runs(&self, phase: Phase) -> Option<&'static str> {
        match (self, phase) {
            (Self::Prebuild, Phase::RegistryLogin) => Some("no registry login is made in a prebuild"),
            (Self::Prebuild, Phase::PostCreateCommand | Phase::PostStartCommand | Phase::PostAttachCommand) => {
                Some("a prebuild ends with updateContentCommand")
            }
            // What failed before runs again at a start, so of the hooks none is ruled out.
            (Self::Start, Phase::Image) => Some("a start makes no image"),
            _ => None,
        }
    }
}

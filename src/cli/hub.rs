//! The hub's file of a verb: read, and asked about a repository and a user.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::{CliError, Kind};
use super::order::Identity;
use crate::codespace::RepositoryName;
use crate::github::hub::{self, Hub};
use crate::github::{Branch, Purpose, Unknown, Viewer};
use crate::repository::{self, Content, Wanted};
use crate::steps::Order;

/// A hub and its file.
#[derive(Debug, Default)]
pub(super) struct HubFile {
    pub(super) path: PathBuf,
    pub(super) hub: Hub,
}

/// Whose codespace is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose<'a> {
    pub(super) repository: &'a RepositoryName,
    pub(super) actor: &'a str,
    pub(super) branch: Branch,
    pub(super) purpose: Purpose,
}

impl<'a> Whose<'a> {
    /// Returns whose a codespace is that a run is to make or wake.
    pub(super) const fn of(order: &'a Order) -> Self {
        let Order { repository, actor, branch, purpose, .. } = order;
        Self { repository, actor: actor.as_str(), branch: *branch, purpose: *purpose }
    }

    /// Returns whose a codespace is that is there.
    pub(super) const fn of_found(identity: &'a Identity) -> Self {
        let Identity { repository, actor, branch, purpose, .. } = identity;
        Self { repository, actor: actor.as_str(), branch: *branch, purpose: *purpose }
    }
}

impl HubFile {
    /// Reads a hub's file. Its path is made absolute: values in it are named from its folder, by a later verb too.
    pub(super) fn load(path: &Path) -> Result<Self, CliError> {
        let path = if path.is_file() { path.canonicalize()? } else { path.to_owned() };
        let hub = hub::load(&path)?;
        Ok(Self { path, hub })
    }

    /// Returns its path, where it can be read again: none where there is no file.
    pub(super) fn again(self) -> Option<PathBuf> {
        Some(self.path).filter(|path| path.is_file())
    }

    /// Returns who asks; whom the file does not know is an error that names those it knows.
    pub(super) fn viewer<'a>(&self, whose: Whose<'a>) -> Result<Viewer<'a>, CliError> {
        let Whose { repository, actor, branch, purpose } = whose;
        self.hub.viewer(repository, actor, branch, purpose).map_err(|unknown| match unknown {
            Unknown::Repository => unknown_repository(repository, &self.hub, &self.path),
            Unknown::User => {
                let known: Vec<&str> = self.hub.users.keys().map(String::as_str).collect();
                let hint = format!("--user or GITHUB_USER names one ({}); or list it under `users`", known.join(", "));
                CliError::new(Kind::Usage, format!("there is no user {actor} in {}", self.path.display()), Some(hint))
            }
        })
    }
}

/// Says that a file does not have a repository, and which it has.
pub(super) fn unknown_repository(name: &RepositoryName, hub: &Hub, file: &Path) -> CliError {
    let known: Vec<String> = hub.repositories.keys().map(ToString::to_string).collect();
    let hint = if known.is_empty() {
        "it has none: list them under `repositories`".to_owned()
    } else {
        format!("choose one with --repository: {}", known.join(", "))
    };
    CliError::new(Kind::Usage, format!("there is no repository {name} in {}", file.display()), Some(hint))
}

/// Returns the repository of the working directory.
pub(super) async fn here(context: &Context) -> Result<RepositoryName, CliError> {
    let source = repository::locate(".")?;
    let wanted = Wanted { reference: None, content: Content::WorkingTree, name: None, owner: context.actor.clone() };
    Ok(repository::look(&source, &wanted).await?.name)
}

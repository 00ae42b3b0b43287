//! `/workspaces/.codespaces`: what Codespaces keeps beside the repository (codespaces-facts.md section 1.8).
//!
//! Made are the files that people and scripts read, and that hold no secret: a secret's value is in the environment of commands and shells,
//! and nowhere else (DESIGN section 3). So there is no `user-secrets-envs.json`, `.user-secrets.json`, `.env` or `.env-secrets`. Not made
//! either is what is about the agent of GitHub's machine alone: its socket, its telemetry, its copy of the configuration.

use bytes::Bytes;
use futures_util::Stream;
use serde_json::{Map, Value};

use super::codespaces;
use super::order::Order;
use super::pack::{Small, Tar};
use super::remote_user::RemoteUser;
use crate::github::Purpose;

/// The folder of what lasts.
const PERSISTED: &str = "workspaces/.codespaces/.persistedshare";

/// The folder of what is about this codespace.
const SHARED: &str = "workspaces/.codespaces/shared";

/// The log of how the codespace was made.
pub(super) const CREATION_LOG: &str = "/workspaces/.codespaces/.persistedshare/creation.log";

/// Returns a tar of the list of steps, as `gh codespace create --status` reads it.
pub(super) fn steps(text: String, owner: &RemoteUser) -> impl Stream<Item = std::io::Result<Bytes>> + use<> {
    Tar::of_small(vec![owned(&format!("{SHARED}/postCreateOutput.json"), text, owner)]).stream().0
}

/// Returns a tar of the whole creation log, and of the list of steps where that has changed.
pub(super) fn log(
    text: String,
    steps: Option<String>,
    owner: &RemoteUser,
) -> impl Stream<Item = std::io::Result<Bytes>> + use<> {
    let mut files = vec![owned(CREATION_LOG, text, owner)];
    files.extend(steps.map(|steps| owned(&format!("{SHARED}/postCreateOutput.json"), steps, owner)));
    Tar::of_small(files).stream().0
}

fn owned(path: &str, text: String, owner: &RemoteUser) -> Small {
    let path = path.trim_start_matches('/').to_owned();
    Small { path, mode: 0o644, owner: (owner.uid, owner.gid), content: Some(text.into_bytes()) }
}

/// Returns the files and folders that a new codespace has from the beginning.
pub(super) fn files(order: &Order, owner: &RemoteUser) -> Vec<Small> {
    let owner = (owner.uid, owner.gid);
    let entry = |path: String, content: Option<Vec<u8>>| Small {
        path,
        mode: if content.is_some() { 0o644 } else { 0o755 },
        owner,
        content,
    };
    let mut files = vec![
        entry("workspaces/.codespaces/".to_owned(), None),
        entry(format!("{PERSISTED}/"), None),
        entry(format!("{SHARED}/"), None),
        entry(format!("{SHARED}/environment-variables.json"), Some(variables(order).into_bytes())),
    ];
    // Whoever is in a recovery container wants to read what went wrong.
    if order.recovery.is_none() {
        files.push(entry(CREATION_LOG.trim_start_matches('/').to_owned(), Some(Vec::new())));
        files.push(entry(format!("{SHARED}/postCreateOutput.json"), Some(b"{\"steps\":[]}\n".to_vec())));
    }
    files
}

/// Returns what is told of the codespace: its variables, and how it came to be.
fn variables(order: &Order) -> String {
    let action = match (order.purpose, &order.prebuilt) {
        (Purpose::Codespace, None) => "create",
        (Purpose::Codespace, Some(_)) => "createFromPrebuild",
        (Purpose::Prebuild, _) => "createPrebuildTemplate",
    };
    let mut all = Map::from_iter([("ACTION_NAME".to_owned(), Value::from(action))]);
    for entry in codespaces::container_env(order) {
        let (name, value) = entry.split_once('=').unwrap_or((&entry, ""));
        all.insert(name.to_owned(), value.into());
    }
    all.extend(codespaces::command_env(order).into_iter().map(|(name, value)| (name, value.into())));
    format!("{:#}\n", Value::Object(all))
}

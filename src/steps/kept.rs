//! What is kept of a codespace between runs: who its user is, what a shell of theirs has in its environment, and which secrets it was
//! started with, by fingerprint.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::github::Fingerprints;
use crate::home::{HomeError, write_whole};
use crate::redact::Secret;

/// What `up` and `start` found out of a codespace, for as long as its container is not started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// The container's id.
    pub container: String,
    /// When it was started, RFC 3339.
    pub started_at: String,
    /// The remote user, as the engine is told it.
    pub user: String,
    /// Their home.
    pub home: String,
    /// The variables of a command, secrets apart; nothing unsets one.
    pub env: Vec<(String, Option<String>)>,
    /// The secrets that the codespace was started with.
    pub secrets: Fingerprints,
    /// The token that it was started with: of a hub, and good for nothing after a stop.
    #[serde(default, with = "hidden", skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret<String>>,
}

/// A value that is kept for its owner's eyes, and shown in no output.
mod hidden {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::redact::Secret;

    #[allow(clippy::ref_option, reason = "what serde asks for")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Secret<String>>, into: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Secret::expose).serialize(into)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret<String>>, D::Error> {
        Option::<String>::deserialize(from).map(|value| value.map(Secret::new))
    }
}

impl Kept {
    /// Reads what is kept of a container; nothing where that is not there, or is another container's.
    pub fn load(path: &Path, container: &str) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let kept: Self = serde_json::from_str(&text).ok()?;
        (kept.container == container).then_some(kept)
    }

    /// Keeps it, for its owner's eyes only.
    pub(super) fn save(&self, path: &Path) -> Result<(), HomeError> {
        // Every field is text: there is nothing that JSON could not hold.
        write_whole(path, &serde_json::to_vec(self).unwrap_or_default())
    }
}

//! The text inside the encrypted file: JSON, with a version.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::codespace::RepositoryName;
use crate::github::SecretName;
use crate::github::hub::{AccessPolicy, HubSecret, SecretScope, ValueSource};
use crate::redact::Secret;

const VERSION: u32 = 1;

/// A secret that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSecret {
    /// Its name.
    pub name: SecretName,
    /// Whose it is, and who may see it.
    pub scope: SecretScope,
    /// Its value.
    pub value: Secret<String>,
    /// When it was last set.
    pub updated: Timestamp,
}

impl From<KeptSecret> for HubSecret {
    fn from(kept: KeptSecret) -> Self {
        Self { name: kept.name, scope: kept.scope, value: ValueSource::Given(kept.value), place: None }
    }
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    secrets: Vec<Entry>,
}

/// One secret. Fields are not enums with content: what a later version adds can be told by its name.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    level: String,
    owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repositories: Vec<String>,
    value: String,
    updated_at: Timestamp,
}

/// Returns the text.
pub(super) fn write(secrets: &[KeptSecret]) -> Vec<u8> {
    let document = Document { version: VERSION, secrets: secrets.iter().map(Entry::of).collect() };
    // Every field is text: there is nothing that JSON could not hold.
    let text = serde_json::to_vec(&document).unwrap_or_default();
    for Entry { mut value, .. } in document.secrets {
        zeroize::Zeroize::zeroize(&mut value);
    }
    text
}

/// Reads the text. What is wrong is told without any of it.
pub(super) fn read(text: &[u8]) -> Result<Vec<KeptSecret>, String> {
    let document: Document =
        serde_json::from_slice(text).map_err(|error| format!("line {}, column {}", error.line(), error.column()))?;
    if document.version != VERSION {
        return Err(format!(
            "its version is {}, and this program knows {VERSION}: a newer one wrote it",
            document.version
        ));
    }
    document.secrets.into_iter().map(Entry::kept).collect::<Option<_>>().ok_or("a secret in it is none".to_owned())
}

impl Entry {
    fn of(kept: &KeptSecret) -> Self {
        let names = |all: &[RepositoryName]| all.iter().map(ToString::to_string).collect();
        let (owner, visibility, repositories) = match &kept.scope {
            SecretScope::User { user, repositories } => (user.clone(), None, names(repositories)),
            SecretScope::Repository(name) => (name.to_string(), None, Vec::new()),
            SecretScope::Organization { organization, policy } => {
                let selected = match policy {
                    AccessPolicy::Selected(repositories) => names(repositories),
                    AccessPolicy::All | AccessPolicy::Private => Vec::new(),
                };
                (organization.clone(), Some(policy.name().to_owned()), selected)
            }
        };
        Self {
            name: kept.name.to_string(),
            level: kept.scope.level().name().to_owned(),
            owner,
            visibility,
            repositories,
            value: kept.value.expose().clone(),
            updated_at: kept.updated,
        }
    }

    fn kept(self) -> Option<KeptSecret> {
        let value = Secret::new(self.value);
        let repositories: Vec<RepositoryName> =
            self.repositories.iter().map(|name| name.parse()).collect::<Result<_, _>>().ok()?;
        let scope = match (self.level.as_str(), self.visibility.as_deref()) {
            ("user", None) => SecretScope::User { user: self.owner, repositories },
            ("repository", None) => SecretScope::Repository(self.owner.parse().ok()?),
            ("organization", Some(word)) => {
                let policy = match word {
                    "all" => AccessPolicy::All,
                    "private" => AccessPolicy::Private,
                    "selected" => AccessPolicy::Selected(repositories),
                    _ => return None,
                };
                SecretScope::Organization { organization: self.owner, policy }
            }
            _ => return None,
        };
        Some(KeptSecret { name: self.name.parse().ok()?, scope, value, updated: self.updated_at })
    }
}

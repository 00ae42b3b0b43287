//! Codespaces secrets: their names, levels and limits (codespaces-facts.md section 2).

use std::fmt;
use std::str::FromStr;

use crate::redact::Secret;

/// The largest value, in bytes.
pub const MAX_VALUE: usize = 48 * 1024;

/// The most secrets that a user, a repository or an organization may have.
pub const MAX_SECRETS: usize = 100;

/// A secret's name: letters, digits and underscores; kept in upper case, as names are not case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

/// A text that cannot name a secret, by the rule it breaks. The text itself is not told: it may be a value, or a line of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this cannot name a secret: a name {rule}")]
pub struct InvalidSecretName {
    rule: &'static str,
}

impl SecretName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether it is the name of the secret that a prebuild has as its token, and no codespace sees.
    pub fn is_of_prebuilds(&self) -> bool {
        self.0 == "CODESPACES_PREBUILD_TOKEN"
    }
}

impl FromStr for SecretName {
    type Err = InvalidSecretName;

    fn from_str(text: &str) -> Result<Self, InvalidSecretName> {
        let name = text.to_ascii_uppercase();
        let rule = if name.is_empty() {
            "is not empty"
        } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            "has letters, digits and underscores only"
        } else if name.starts_with(|first: char| first.is_ascii_digit()) {
            "does not start with a digit"
        } else if name.starts_with("GITHUB_") {
            "does not start with GITHUB_"
        } else {
            return Ok(Self(name));
        };
        Err(InvalidSecretName { rule })
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Where a secret is set, the highest level first: of several of one name, the lowest counts. What a prebuild may see depends on it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretLevel {
    /// By an organization.
    Organization,
    /// In one repository.
    Repository,
    /// By a user.
    User,
}

impl SecretLevel {
    /// Returns the word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Repository => "repository",
            Self::User => "user",
        }
    }
}

/// One secret that a codespace may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodespaceSecret {
    /// Its name.
    pub name: SecretName,
    /// Its value.
    pub value: Secret<String>,
    /// Where it is set.
    pub level: SecretLevel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_githubs_rules() {
        assert_eq!("acr_user".parse::<SecretName>().map(|name| name.to_string()), Ok("ACR_USER".to_owned()));
        for (text, rule) in [
            ("", "not empty"),
            ("A B", "letters"),
            ("A-B", "letters"),
            ("1A", "digit"),
            ("github_x", "GITHUB_"),
            ("É", "letters"),
        ] {
            let error = text.parse::<SecretName>().expect_err(text);
            assert!(error.to_string().contains(rule), "{error}");
        }
    }
}

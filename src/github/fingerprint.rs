//! Which secrets a codespace was started with, told without their values (DESIGN section 3: a secret that was set since reaches the codespace at
//! its next start).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::secret::CodespaceSecret;

/// Salted digests of secrets, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprints {
    salt: String,
    by_name: BTreeMap<String, String>,
}

impl Fingerprints {
    /// Returns the fingerprints of `secrets`. `salt` is fresh random bytes, so that equal values of two codespaces do not look equal.
    pub fn of(secrets: &[CodespaceSecret], salt: [u8; 16]) -> Self {
        let salt = hex(&salt);
        let by_name = secrets.iter().map(|secret| (secret.name.to_string(), fingerprint(&salt, secret))).collect();
        Self { salt, by_name }
    }

    /// Tells whether a secret is one of these, with the same value.
    pub fn has(&self, secret: &CodespaceSecret) -> bool {
        self.by_name.get(secret.name.as_str()).is_some_and(|known| *known == fingerprint(&self.salt, secret))
    }
}

/// Eight bytes tell two values apart, and are too few to guess a value by.
fn fingerprint(salt: &str, secret: &CodespaceSecret) -> String {
    let digest = Sha256::new()
        .chain_update(salt)
        .chain_update([0])
        .chain_update(secret.name.as_str())
        .chain_update([0])
        .chain_update(secret.value.expose())
        .finalize();
    hex(digest.get(..8).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::secret::SecretLevel;
    use super::*;
    use crate::redact::Secret;

    #[test]
    fn a_new_and_a_changed_secret_are_told_from_the_old_ones() {
        let secret = |name: &str, value: &str| CodespaceSecret {
            name: name.parse().expect("a name"),
            value: Secret::new(value.to_owned()),
            level: SecretLevel::Repository,
        };
        let known = Fingerprints::of(&[secret("A", "1"), secret("B", "2")], [7; 16]);
        let kept: Fingerprints = serde_json::from_str(&serde_json::to_string(&known).expect("json")).expect("read");
        assert!(kept.has(&secret("A", "1")));
        assert!(!kept.has(&secret("A", "2")));
        assert!(!kept.has(&secret("C", "1")));
        assert!(!Fingerprints::default().has(&secret("A", "1")));
    }
}

//! AWS's Elastic Container Registry: what its names and its tokens say of themselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::redact::Secret;

/// A token of AWS's Elastic Container Registry, for its user [`EcrServer::USER`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrToken {
    /// The token.
    pub value: Secret<String>,
    /// When it is good no longer, where that is known.
    pub expires_at: Option<jiff::Timestamp>,
}

impl EcrToken {
    /// Returns when a token ends, as AWS's say of themselves: they are JSON in base64, with the time in `expiration`. Nothing where it says nothing.
    pub fn end_of(token: &str) -> Option<jiff::Timestamp> {
        let document: Value = serde_json::from_slice(&STANDARD.decode(token.trim()).ok()?).ok()?;
        jiff::Timestamp::from_second(document.get("expiration")?.as_i64()?).ok()
    }

    /// Returns a token of AWS's form: nothing but `payload` and the time when it ends, in seconds since 1970.
    pub fn form(payload: &str, until: i64) -> String {
        let document = json!({ "payload": payload, "version": "2", "type": "DATA_KEY", "expiration": until });
        STANDARD.encode(document.to_string())
    }
}

/// What the name of a registry of AWS's says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EcrServer<'a> {
    /// The account's number.
    pub account: &'a str,
    /// The region, such as `us-east-1`.
    pub region: &'a str,
}

impl EcrServer<'_> {
    /// The user of every login.
    pub const USER: &'static str = "AWS";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_it_ends() {
        let end = |token: &str| EcrToken::end_of(token).map(jiff::Timestamp::as_second);
        assert_eq!(end(&EcrToken::form("x", 1_757_147_299)), Some(1_757_147_299));
        for token in ["", "a-token", "123456789012-auth-token", &STANDARD.encode("{}"), &STANDARD.encode("[1]")] {
            assert_eq!(end(token), None, "{token}");
        }
        assert_eq!(end(&EcrToken::form("x", i64::MAX)), None);
    }
}

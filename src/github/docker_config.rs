//! The Docker configuration that logins are merged into: everything else in it stays as it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::registry::{Registry, RegistryServer};
use crate::redact::Secret;

/// A configuration that a login cannot be merged into.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DockerConfigError {
    /// It is there, and is no JSON object.
    #[error("~/.docker/config.json is no JSON object (line {line}, column {column}): it is left as it is")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
}

/// A configuration with the logins in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The file's new text.
    pub text: Secret<String>,
    /// Things a person should know, in words.
    pub notes: Vec<String>,
}

/// Returns the configuration `existing` with the logins of `registries` in it. Other logins, credential helpers, unknown keys and
/// their order stay.
pub fn merge(existing: Option<&str>, registries: &[Registry]) -> Result<Merged, DockerConfigError> {
    let mut config = match existing.map(str::trim).filter(|text| !text.is_empty()) {
        None => Map::new(),
        Some(text) => match serde_json::from_str(text) {
            Ok(Value::Object(config)) => config,
            Ok(_) => return Err(DockerConfigError::Malformed { line: 1, column: 1 }),
            Err(error) => {
                return Err(DockerConfigError::Malformed { line: error.line(), column: error.column() });
            }
        },
    };
    let notes = registries.iter().filter_map(|registry| helper_note(&config, registry)).collect();
    let auths = config.entry("auths").or_insert_with(|| json!({}));
    if !auths.is_object() {
        *auths = json!({});
    }
    if let Value::Object(auths) = auths {
        for registry in registries {
            auths.insert(registry.server.config_key().to_owned(), json!({ "auth": auth(registry).expose() }));
        }
    }
    let text = serde_json::to_string_pretty(&Value::Object(config)).unwrap_or_default() + "\n";
    Ok(Merged { text: Secret::new(text), notes })
}

/// Returns the value of `auth` for a registry: `user:password` in base64.
pub fn auth(registry: &Registry) -> Secret<String> {
    let (user, password) = registry.credentials();
    Secret::new(STANDARD.encode(format!("{user}:{}", password.expose())))
}

/// Returns the value of `auth` that a configuration has for a server.
pub fn stored_auth(config: &str, server: &RegistryServer) -> Option<Secret<String>> {
    let config: Value = serde_json::from_str(config).ok()?;
    let auth = config.get("auths")?.get(server.config_key())?.get("auth")?.as_str()?;
    Some(Secret::new(auth.to_owned()))
}

/// Returns the servers for which a configuration has a login, by their keys.
pub fn logged_in(config: &str) -> Vec<String> {
    let Ok(config) = serde_json::from_str::<Value>(config) else { return Vec::new() };
    let Some(auths) = config.get("auths").and_then(Value::as_object) else { return Vec::new() };
    let holds = |login: &Value| {
        let keys = ["auth", "password", "identitytoken", "registrytoken"];
        keys.iter().any(|key| login.get(key).and_then(Value::as_str).is_some_and(|value| !value.is_empty()))
    };
    auths.iter().filter(|(_, login)| holds(login)).map(|(server, _)| server.clone()).collect()
}

/// Returns the user and the password that are in a value of `auth`.
pub fn login_of(auth: &Secret<String>) -> Option<(String, Secret<String>)> {
    let pair = String::from_utf8(STANDARD.decode(auth.expose()).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some((user.to_owned(), Secret::new(password.to_owned())))
}

/// Returns what is secret in a configuration: each login as it stands there, and its password.
pub fn logins(config: &str) -> Vec<Secret<String>> {
    let Ok(Value::Object(config)) = serde_json::from_str(config) else { return Vec::new() };
    let auths = config.get("auths").and_then(Value::as_object);
    let encoded = auths.into_iter().flat_map(Map::values).filter_map(|login| login.get("auth")?.as_str());
    let mut secrets = Vec::new();
    for auth in encoded {
        let auth = Secret::new(auth.to_owned());
        let password = login_of(&auth).map(|(_, password)| password);
        secrets.push(auth);
        secrets.extend(password);
    }
    secrets
}

/// Docker asks a credential helper before it looks at `auths` (docker/cli: `GetCredentialsStore`).
fn helper_note(config: &Map<String, Value>, registry: &Registry) -> Option<String> {
    let key = registry.server.config_key();
    let own = config.get("credHelpers").and_then(|helpers| helpers.get(key)).and_then(Value::as_str);
    let helper =
        own.or_else(|| config.get("credsStore").and_then(Value::as_str)).filter(|helper| !helper.is_empty())?;
    Some(format!(
        "~/.docker/config.json names the credential helper `{helper}`, which docker asks before the login to {key}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> Registry {
        Registry {
            id: "A".to_owned(),
            server: RegistryServer::normalise("a.example"),
            user: "me".to_owned(),
            password: Secret::new("pw".to_owned()),
            token: None,
        }
    }

    fn check(existing: Option<&str>, expected: &str) {
        let merged = merge(existing, &[registry()]).expect("merged");
        let compact: String = merged.text.expose().split_whitespace().collect();
        assert_eq!(compact, expected);
    }

    #[test]
    fn a_login_is_added_and_everything_else_stays() {
        check(None, r#"{"auths":{"a.example":{"auth":"bWU6cHc="}}}"#);
        check(Some("  "), r#"{"auths":{"a.example":{"auth":"bWU6cHc="}}}"#);
        check(
            Some(
                r#"{"z":1,"auths":{"b":{"auth":"x"},"a.example":{"auth":"old","identitytoken":"t"}},"credHelpers":{"c":"h"}}"#,
            ),
            r#"{"z":1,"auths":{"b":{"auth":"x"},"a.example":{"auth":"bWU6cHc="}},"credHelpers":{"c":"h"}}"#,
        );
    }

    #[test]
    fn the_passwords_of_a_configuration_are_known() {
        let merged = merge(None, &[registry()]).expect("merged");
        let found: Vec<_> = logins(merged.text.expose()).iter().map(|one| one.expose().clone()).collect();
        assert_eq!(found, ["bWU6cHc=", "pw"]);
        let server = RegistryServer::normalise("a.example");
        let auth = stored_auth(merged.text.expose(), &server).expect("there");
        assert_eq!(
            login_of(&auth).map(|(user, password)| format!("{user} {}", password.expose())),
            Some("me pw".to_owned())
        );
        assert_eq!(stored_auth("{", &server), None);
        assert!(login_of(&Secret::new("%".to_owned())).is_none());
        assert!(logins("{").is_empty() && logins(r#"{"auths": {"a": {"auth": 1}, "b": 2}}"#).is_empty());
    }

    #[test]
    fn a_configuration_that_is_no_object_is_left_alone() {
        assert_eq!(merge(Some("[]"), &[registry()]), Err(DockerConfigError::Malformed { line: 1, column: 1 }));
        assert!(matches!(merge(Some("{\n  x"), &[registry()]), Err(DockerConfigError::Malformed { line: 2, .. })));
    }

    #[test]
    fn a_helper_that_docker_asks_first_is_named() {
        let notes = |existing| merge(Some(existing), &[registry()]).expect("merged").notes;
        assert_eq!(notes(r#"{"credHelpers":{"other":"x"}}"#).len(), 0);
        assert!(notes(r#"{"credHelpers":{"a.example":"pass"}}"#)[0].contains("`pass`"));
        assert!(notes(r#"{"credsStore":"desktop"}"#)[0].contains("`desktop`"));
    }
}

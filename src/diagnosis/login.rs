//! A registry's login, looked at: what docker says of it, and what is odd about its values (codespaces-facts.md section 5, rows 1 to 5).

use super::verdict::EXPIRED;
use crate::github::{CodespaceSecret, DOCKER_HUB, RegistryServer};

/// What became of a login that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginVerdict {
    /// The registry takes it.
    Good,
    /// The registry refuses it.
    Refused,
    /// It was good once.
    Expired,
    /// Nobody answers under that name.
    Unreachable,
    /// Somebody answers, and it is no registry.
    NoRegistry,
    /// Docker says something else.
    Unclear,
}

impl LoginVerdict {
    /// Returns its name, as it stands in output for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Good => "login-good",
            Self::Refused => "login-refused",
            Self::Expired => "token-expired",
            Self::Unreachable => "server-unreachable",
            Self::NoRegistry => "no-registry",
            Self::Unclear => "login-failed",
        }
    }

    /// Reads docker's words.
    pub fn of_docker(is_good: bool, said: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if is_good {
            Self::Good
        } else if said.contains(EXPIRED) {
            Self::Expired
        } else if has(&[
            "no such host",
            "connection refused",
            "i/o timeout",
            "no route to host",
            "context deadline",
            "server misbehaving",
            "connection reset",
        ]) {
            Self::Unreachable
        } else if has(&["HTTP response to HTTPS", "404", "not found", "failed to verify certificate", "malformed"]) {
            Self::NoRegistry
        } else if has(&[
            "unauthorized",
            "denied",
            "incorrect username or password",
            "401",
            "403",
            "bad credentials",
            "authentication required",
            "no basic auth",
        ]) {
            Self::Refused
        } else {
            Self::Unclear
        }
    }

    /// Returns the one next step.
    pub fn next(&self, id: &str, server: &str) -> String {
        match self {
            Self::Good => "nothing: the login works".to_owned(),
            Self::Refused | Self::Expired => format!(
                "make a new token at {server} with the right to pull, and set {id}_CONTAINER_REGISTRY_USER and {id}_CONTAINER_REGISTRY_PASSWORD to its user and itself"
            ),
            Self::Unreachable => {
                format!("look at the name in {id}_CONTAINER_REGISTRY_SERVER, and at the network of the codespace")
            }
            Self::NoRegistry => format!("set {id}_CONTAINER_REGISTRY_SERVER to a registry, by its name alone"),
            Self::Unclear => format!("try it by hand in the codespace: docker login -u USER {server}"),
        }
    }
}

/// Something odd about a value, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// What, without the value.
    pub what: String,
    /// What to do.
    pub next: String,
}

/// Returns a secret of a registry's and its value.
fn part<'a>(id: &str, part: &str, secrets: &'a [CodespaceSecret]) -> Option<(String, &'a str)> {
    let name = format!("{id}_CONTAINER_REGISTRY_{part}");
    let secret = secrets.iter().find(|secret| secret.name.as_str() == name)?;
    Some((name, secret.value.expose()))
}

/// Returns the quote that a text stands in.
fn quote(text: &str) -> Option<char> {
    ['"', '\''].into_iter().find(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote))
}

/// Returns what is odd about a registry's user or password: it may be why a login is refused. No value is shown.
pub fn odd_value(id: &str, secrets: &[CodespaceSecret]) -> Option<Oddity> {
    ["USER", "PASSWORD"].into_iter().filter_map(|one| part(id, one, secrets)).find_map(|(name, value)| {
        let bare = value.trim();
        let what = if quote(bare).is_some() {
            "stands in quotes, which are a part of it"
        } else if value.ends_with('\n') {
            "ends with a line break"
        } else if value.len() != bare.len() {
            "has blanks around it"
        } else {
            return None;
        };
        Some(Oddity { what: format!("{name} {what}"), next: format!("set {name} again, without them") })
    })
}

/// Returns what is wrong with a registry's server as it is written: not the name that docker keeps a login under, or none that an image could have
/// (source document, "Common image registry servers").
pub fn misnamed(id: &str, secrets: &[CodespaceSecret]) -> Option<Oddity> {
    let (name, value) = part(id, "SERVER", secrets)?;
    let bare = value.trim();
    let bare = quote(bare).map_or(bare, |quote| bare.trim_matches(quote));
    let server = RegistryServer::normalise(bare);
    let wanted = server.config_key();
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let is_hub = wanted == DOCKER_HUB;
    if !is_hub && (wanted.is_empty() || !wanted.bytes().all(is_host)) {
        let what = format!("{name} is no name of a server");
        return Some(Oddity {
            what,
            next: format!("set {name} to the registry's host alone, such as acme.azurecr.io"),
        });
    }
    if !is_hub && !wanted.contains(['.', ':']) && wanted != "localhost" {
        let what = format!(
            "{name} is no registry to docker: an image's name begins with one only where that has a dot or a port"
        );
        return Some(Oddity {
            what,
            next: format!("set {name} to the registry's whole name, such as acme.azurecr.io"),
        });
    }
    (value != wanted).then(|| Oddity {
        what: format!("{name} is not the name that docker keeps the login under"),
        next: format!("set {name} to {wanted}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::SecretLevel;
    use crate::redact::Secret;

    #[test]
    fn docker_words_are_told_apart() {
        for (said, expected) in [
            ("Error response from daemon: Get \"https://ghcr.io/v2/\": denied: denied", LoginVerdict::Refused),
            (
                "Error response from daemon: Get \"https://registry-1.docker.io/v2/\": unauthorized: incorrect username or password",
                LoginVerdict::Refused,
            ),
            (
                "Error response from daemon: Get \"https://x.example/v2/\": dial tcp: lookup x.example: no such host",
                LoginVerdict::Unreachable,
            ),
            (
                "Error response from daemon: login attempt to https://x/v2/ failed with status: 404 Not Found",
                LoginVerdict::NoRegistry,
            ),
            ("http: server gave HTTP response to HTTPS client", LoginVerdict::NoRegistry),
            (
                "login attempt failed with status: 403 Forbidden denied: Your authorization token has expired. Reauthenticate and try again.",
                LoginVerdict::Expired,
            ),
            ("something new", LoginVerdict::Unclear),
        ] {
            assert_eq!(LoginVerdict::of_docker(false, said), expected, "{said}");
        }
        assert_eq!(LoginVerdict::of_docker(true, "Login Succeeded"), LoginVerdict::Good);
    }

    #[test]
    fn odd_values_are_told_without_being_shown() {
        let told = |part: &str, value: &str| {
            let secret = CodespaceSecret {
                name: format!("A_CONTAINER_REGISTRY_{part}").parse().expect("a name"),
                value: Secret::new(value.to_owned()),
                level: SecretLevel::User,
            };
            let all = [odd_value("A", std::slice::from_ref(&secret)), misnamed("A", &[secret])];
            all.into_iter().flatten().map(|odd| format!("{}; {}", odd.what, odd.next)).collect::<String>()
        };
        for (part, value, expected) in [
            ("PASSWORD", "hunter2\n", "ends with a line break"),
            ("USER", " hunter2 ", "blanks around it"),
            ("PASSWORD", "\"hunter2\"", "in quotes"),
            ("PASSWORD", "'hunter2'\n", "in quotes"),
            ("SERVER", "docker.io", "to https://index.docker.io/v1/"),
            ("SERVER", "https://acme.azurecr.io", "to acme.azurecr.io"),
            ("SERVER", "acme.azurecr.io/v2/", "to acme.azurecr.io"),
            ("SERVER", "Acme.azurecr.io", "to acme.azurecr.io"),
            ("SERVER", "acme.azurecr.io\n", "to acme.azurecr.io"),
            ("SERVER", "'acme.azurecr.io'", "to acme.azurecr.io"),
            ("SERVER", "acme", "a dot or a port"),
            ("SERVER", "acme azurecr io", "is no name of a server"),
        ] {
            let told = told(part, value);
            assert!(told.contains(expected) && !told.contains("hunter2"), "{value}: {told}");
        }
        for (part, value) in [
            ("SERVER", "acme.azurecr.io"),
            ("SERVER", DOCKER_HUB),
            ("SERVER", "localhost:5000"),
            ("SERVER", "localhost"),
            ("SERVER", "[::1]:5000"),
            ("USER", "me"),
            ("PASSWORD", "a b"),
            ("PASSWORD", "\""),
        ] {
            assert_eq!(told(part, value), "", "{value}");
        }
    }
}

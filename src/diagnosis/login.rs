//! A registry's login, looked at: does it work, and if not, whose fault it is (source document, "Debugging private image registry access";
//! codespaces-facts.md section 5, rows 1 to 5).

use crate::github::{CodespaceSecret, DOCKER_HUB, RegistryServer};

/// What became of a login that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginVerdict {
    /// The registry takes it.
    Good,
    /// The registry refuses it.
    Refused,
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
    pub fn next(&self, id: &str, server: &RegistryServer) -> String {
        match self {
            Self::Good => "nothing: the login works".to_owned(),
            Self::Refused => format!(
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

/// Returns what is odd about the values of a registry's secrets, each with what to do: it may be why a login is refused. No value is shown.
pub fn oddities(id: &str, secrets: &[CodespaceSecret]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in ["SERVER", "USER", "PASSWORD"] {
        let name = format!("{id}_CONTAINER_REGISTRY_{part}");
        let Some(secret) = secrets.iter().find(|secret| secret.name.as_str() == name) else { continue };
        let value = secret.value.expose();
        let bare = value.trim();
        if value.len() != bare.len() {
            let what = if value.ends_with('\n') { "ends with a line break" } else { "has blanks around it" };
            found.push((format!("{name} {what}"), format!("set {name} again, without them")));
        }
        let is_quoted = |quote: char| bare.len() > 1 && bare.starts_with(quote) && bare.ends_with(quote);
        if is_quoted('"') || is_quoted('\'') {
            found.push((
                format!("{name} stands in quotes, which are a part of it"),
                format!("set {name} again, without them"),
            ));
        }
        if part == "SERVER" {
            found.extend(form(bare).map(|wanted| {
                (format!("{name} is not the name that docker keeps the login under"), format!("set {name} to {wanted}"))
            }));
        }
    }
    found
}

/// Returns how a server is to be written where it is not so (source document, "Common image registry servers").
fn form(text: &str) -> Option<String> {
    let server = RegistryServer::normalise(text);
    let wanted = server.config_key();
    let is_hub_itself = wanted == DOCKER_HUB && text == DOCKER_HUB;
    (text != wanted && !is_hub_itself && !text.starts_with(['"', '\''])).then(|| wanted.to_owned())
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
            ("something new", LoginVerdict::Unclear),
        ] {
            assert_eq!(LoginVerdict::of_docker(false, said), expected, "{said}");
        }
        assert_eq!(LoginVerdict::of_docker(true, "Login Succeeded"), LoginVerdict::Good);
    }

    #[test]
    fn odd_values_are_told_without_being_shown() {
        let odd = |part: &str, value: &str| {
            let secret = CodespaceSecret {
                name: format!("A_CONTAINER_REGISTRY_{part}").parse().expect("a name"),
                value: Secret::new(value.to_owned()),
                level: SecretLevel::User,
            };
            oddities("A", &[secret])
                .into_iter()
                .map(|(what, next)| format!("{what}; {next}"))
                .collect::<Vec<_>>()
                .join("|")
        };
        assert!(odd("PASSWORD", "hunter2\n").contains("ends with a line break"));
        assert!(odd("USER", " me ").contains("blanks around it"));
        assert!(
            odd("PASSWORD", "\"hunter2\"").contains("in quotes") && !odd("PASSWORD", "\"hunter2\"").contains("hunter2")
        );
        assert!(odd("SERVER", "docker.io").contains("to https://index.docker.io/v1/"));
        assert!(odd("SERVER", "https://acme.azurecr.io").contains("to acme.azurecr.io"));
        for (part, value) in
            [("SERVER", "acme.azurecr.io"), ("SERVER", DOCKER_HUB), ("USER", "me"), ("PASSWORD", "a b")]
        {
            assert_eq!(odd(part, value), "", "{value}");
        }
    }
}

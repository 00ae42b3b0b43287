//! Logins for registries, and the order in which they are looked for.
//!
//! Reference CLI: `DEVCONTAINERS_OCI_AUTH`, the user's Docker configuration, `GITHUB_TOKEN`; a codespace's own registries come before all of
//! them here, for on GitHub they are what a private Feature is fetched with.

use super::credential::{Credential, Found, Login, Origin};
use super::docker_config::DockerConfig;
use crate::feature_store::surroundings::Surroundings;
use crate::github::{CodespaceToken, RegistryServer};
use crate::redact::Secret;

/// Returns the login for a registry: the first that there is.
pub(super) async fn find(around: &Surroundings, registry: &str) -> Found {
    let server = RegistryServer::normalise(registry);
    let own = of_secrets(around, &server);
    // A login of this machine is the real registry's.
    if own.is_some() || around.is_hubs(registry) {
        return Found { login: own, notes: Vec::new() };
    }
    if let Some(login) = of_variable(around, &server) {
        return Found { login: Some(login), notes: Vec::new() };
    }
    let mut found = DockerConfig::read(&around.docker_config).login(&server).await;
    if found.login.is_none() {
        found.login = of_github(around, &server);
    }
    found
}

fn of_secrets(around: &Surroundings, server: &RegistryServer) -> Option<Login> {
    let registry = around.registries.iter().find(|registry| registry.server == *server)?;
    let (user, password) = registry.credentials();
    Some(Login {
        origin: if registry.id == CodespaceToken::NAME {
            Origin::GithubToken
        } else {
            Origin::Secrets(registry.id.clone())
        },
        credential: Credential::Password { user: user.to_owned(), password: password.clone() },
    })
}

fn of_variable(around: &Surroundings, server: &RegistryServer) -> Option<Login> {
    around.oci_auth.as_ref()?.expose().split(',').find_map(|entry| {
        let mut parts = entry.trim().splitn(3, '|');
        let (host, user, token) = (parts.next()?, parts.next()?, parts.next()?);
        (RegistryServer::normalise(host) == *server).then(|| Login {
            origin: Origin::OciAuth,
            credential: Credential::Password { user: user.to_owned(), password: Secret::new(token.to_owned()) },
        })
    })
}

/// The token is github.com's, unless the machine says that it works with another GitHub.
fn of_github(around: &Surroundings, server: &RegistryServer) -> Option<Login> {
    let is_elsewhere = around.github_host.as_deref().is_some_and(|host| host != "github.com");
    let token = around.github_token.as_ref().filter(|_| server.config_key() == "ghcr.io" && !is_elsewhere)?;
    Some(Login {
        origin: Origin::GithubToken,
        credential: Credential::Password { user: "USERNAME".to_owned(), password: token.clone() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature_store::Loopback;
    use crate::github::Registry;

    fn around() -> Surroundings {
        let secret = |text: &str| Secret::new(text.to_owned());
        Surroundings {
            registries: vec![Registry {
                id: "ACME".to_owned(),
                server: RegistryServer::normalise("acme.example"),
                user: "robot".to_owned(),
                password: secret("p"),
                token: None,
            }],
            oci_auth: Some(secret("acme.example|no|no, other.example:5000|me|a|b,bad,docker.io|hub|h")),
            docker_config: "/nonexistent".into(),
            github_token: Some(secret("t")),
            ..Surroundings::default()
        }
    }

    async fn shown(around: &Surroundings, registry: &str) -> String {
        match find(around, registry).await.login {
            None => "none".to_owned(),
            Some(Login { origin, credential: Credential::Password { user, password } }) => {
                format!("{user}:{} {origin}", password.expose())
            }
            Some(Login { credential: Credential::Refresh(_), .. }) => "refresh".to_owned(),
        }
    }

    #[tokio::test]
    async fn the_first_source_that_has_one_counts() {
        for (registry, expected) in [
            ("acme.example", "robot:p with the secrets ACME_CONTAINER_REGISTRY_USER and _PASSWORD"),
            ("other.example:5000", "me:a|b with the login in DEVCONTAINERS_OCI_AUTH"),
            ("registry-1.docker.io", "hub:h with the login in DEVCONTAINERS_OCI_AUTH"),
            ("other.example", "none"),
            ("ghcr.io", "USERNAME:t with GITHUB_TOKEN"),
            ("ghcr.io.evil.example", "none"),
        ] {
            assert_eq!(shown(&around(), registry).await, expected, "{registry}");
        }
        let elsewhere = Surroundings { github_host: Some("git.acme.example".to_owned()), ..around() };
        assert_eq!(shown(&elsewhere, "ghcr.io").await, "none");
        let same = Surroundings { github_host: Some("github.com".to_owned()), ..around() };
        assert!(shown(&same, "ghcr.io").await.ends_with("GITHUB_TOKEN"));
    }

    #[tokio::test]
    async fn a_hub_is_shown_no_login_of_this_machine() {
        let hub = |registries: &[&str]| {
            let registries = registries.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
            Surroundings { hub: Some(Loopback { server: "localhost:1".to_owned(), registries }), ..around() }
        };
        let all = hub(&["ghcr.io", "other.example:5000", "acme.example"]);
        for (registry, expected) in [("ghcr.io", "none"), ("other.example:5000", "none"), ("acme.example", "robot:p")] {
            assert!(shown(&all, registry).await.starts_with(expected), "{registry}");
        }
        assert!(shown(&hub(&["acme.example"]), "ghcr.io").await.ends_with("GITHUB_TOKEN"));
        let mut given = all;
        given.registries[0].server = RegistryServer::normalise("ghcr.io");
        CodespaceToken::NAME.clone_into(&mut given.registries[0].id);
        assert_eq!(shown(&given, "ghcr.io").await, "robot:p with GITHUB_TOKEN");
    }

    #[test]
    fn a_login_does_not_show_itself() {
        let login = of_secrets(&around(), &RegistryServer::normalise("acme.example")).expect("one");
        assert!(!format!("{login:?}").contains("\"p\""), "{login:?}");
    }
}

//! Registries from secrets: `<ID>_CONTAINER_REGISTRY_SERVER`, `_USER` and `_PASSWORD` (source document, "Accessing images stored in
//! other registries"; DESIGN section 3).

use std::collections::BTreeMap;
use std::fmt;

use super::ecr::{EcrServer, EcrToken};
use super::secret::CodespaceSecret;
use crate::redact::Secret;

/// The key of Docker Hub in a Docker configuration.
pub const DOCKER_HUB: &str = "https://index.docker.io/v1/";

const PARTS: [&str; 3] = ["SERVER", "USER", "PASSWORD"];
const INFIX: &str = "_CONTAINER_REGISTRY_";

/// The registries that a set of secrets makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registries {
    /// Those with all three secrets, by id; one for each server.
    pub complete: Vec<Registry>,
    /// Those whose access key AWS does not exchange, with why.
    pub refused: Vec<RefusedRegistry>,
    /// Those that lack one or two.
    pub incomplete: Vec<IncompleteRegistry>,
    /// Things a person should know, in words.
    pub notes: Vec<String>,
}

/// A registry and how to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The `<ID>` of its three secrets.
    pub id: String,
    /// Where it is.
    pub server: RegistryServer,
    /// As whom.
    pub user: String,
    /// With what.
    pub password: Secret<String>,
    /// What AWS gave for an access key: the login is made with that.
    pub token: Option<EcrToken>,
}

impl Registry {
    /// Returns the user and the password of the login.
    pub fn credentials(&self) -> (&str, &Secret<String>) {
        match &self.token {
            Some(token) => (EcrServer::USER, &token.value),
            None => (&self.user, &self.password),
        }
    }

    /// Returns when the login is good no longer, where that is known: of tokens of AWS's.
    pub fn expires_at(&self) -> Option<jiff::Timestamp> {
        match &self.token {
            Some(token) => token.expires_at,
            None => self.server.ecr().and_then(|_| EcrToken::end_of(self.password.expose())),
        }
    }

    /// Returns the registry of AWS's whose token its access key is to be exchanged for; nothing where it was, or is no access key (source document,
    /// "Accessing AWS Elastic Container Registry": the server tells, and `USER=AWS` passes a token through).
    pub fn wants_exchange(&self) -> Option<EcrServer<'_>> {
        self.server.ecr().filter(|_| self.token.is_none() && self.user != EcrServer::USER)
    }
}

/// A registry of AWS's to which there is no login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRegistry {
    /// The registry, with its access key.
    pub registry: Registry,
    /// Why, in words.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

/// Some of the three secrets of a registry, not all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncompleteRegistry {
    /// The `<ID>`.
    pub id: String,
    /// The server, where that secret is there.
    pub server: Option<RegistryServer>,
    /// The names of the secrets that are missing or empty.
    pub missing: Vec<String>,
}

impl IncompleteRegistry {
    /// Returns a registry of whose secrets none is there.
    pub fn of_nothing(id: String) -> Self {
        let missing = PARTS.map(|part| format!("{id}{INFIX}{part}")).to_vec();
        Self { id, server: None, missing }
    }

    /// Returns what it lacks, as a clause.
    pub fn lack(&self) -> String {
        let verb = if self.missing.len() == 1 { "is" } else { "are" };
        format!("{} {verb} missing", listed(&self.missing))
    }
}

/// Returns names as a person lists them: `A`, `A and B`, `A, B and C`.
fn listed(names: &[String]) -> String {
    match names {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => names.concat(),
    }
}

/// A registry's server as Docker names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryServer(String);

impl RegistryServer {
    /// Returns what `docker login` makes of `text`: no scheme, no path, a lower-case host; Docker Hub by its one key.
    pub fn normalise(text: &str) -> Self {
        let text = text.trim();
        let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let host = bare.split('/').next().unwrap_or_default().to_ascii_lowercase();
        match host.as_str() {
            "docker.io" | "index.docker.io" | "registry-1.docker.io" | "hub.docker.com" | "registry.hub.docker.com" => {
                Self(DOCKER_HUB.to_owned())
            }
            _ => Self(host),
        }
    }

    /// Returns the key in a Docker configuration's `auths`.
    pub fn config_key(&self) -> &str {
        &self.0
    }

    /// Tells whether an image is this registry's (Docker's rule: the part before the first slash is a host where it has a dot or a
    /// colon or is `localhost`; else the image is Docker Hub's).
    pub fn serves(&self, image: &str) -> bool {
        Self::of_image(image) == *self
    }

    /// Returns the registry that an image is pulled from.
    pub fn of_image(image: &str) -> Self {
        match image.split_once('/') {
            Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => Self::normalise(host),
            _ => Self(DOCKER_HUB.to_owned()),
        }
    }

    /// Returns what it says where it is one of AWS's Elastic Container Registry: `ACCOUNT.dkr.ecr.REGION.amazonaws.com`.
    pub fn ecr(&self) -> Option<EcrServer<'_>> {
        let name = self.0.strip_suffix(".cn").unwrap_or(&self.0).strip_suffix(".amazonaws.com");
        let (account, region) =
            name.and_then(|name| name.split_once(".dkr.ecr.").or_else(|| name.split_once(".dkr.ecr-fips.")))?;
        let is_part =
            |part: &str| !part.is_empty() && part.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-');
        (is_part(account) && is_part(region)).then_some(EcrServer { account, region })
    }

    /// Tells whether this is one of AWS's Elastic Container Registry.
    pub fn is_ecr(&self) -> bool {
        self.ecr().is_some()
    }
}

impl fmt::Display for RegistryServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Groups secrets into registries. A secret with an empty value counts as missing.
pub fn registries(secrets: &[CodespaceSecret]) -> Registries {
    let mut groups: BTreeMap<&str, [Option<&CodespaceSecret>; 3]> = BTreeMap::new();
    for secret in secrets {
        let Some((id, part)) = secret.name.as_str().rsplit_once(INFIX) else { continue };
        let Some(part) = PARTS.iter().position(|known| *known == part) else { continue };
        if id.is_empty() {
            continue;
        }
        if let Some(slot) = groups.entry(id).or_default().get_mut(part) {
            *slot = Some(secret).filter(|secret| !secret.value.expose().trim().is_empty());
        }
    }
    let mut all = Registries::default();
    for (id, group) in groups {
        match group {
            [Some(server), Some(user), Some(password)] => all.add(Registry {
                id: id.to_owned(),
                server: RegistryServer::normalise(server.value.expose()),
                user: user.value.expose().trim().to_owned(),
                password: Secret::new(password.value.expose().trim_end_matches(['\r', '\n']).to_owned()),
                token: None,
            }),
            [server, ..] => {
                let absent = group.iter().zip(PARTS).filter(|(secret, _)| secret.is_none());
                all.incomplete.push(IncompleteRegistry {
                    id: id.to_owned(),
                    server: server.map(|secret| RegistryServer::normalise(secret.value.expose())),
                    missing: absent.map(|(_, part)| format!("{id}{INFIX}{part}")).collect(),
                });
            }
        }
    }
    all
}

/// Returns the registries that names are parts of, by id, each with the names that it lacks: what can be told without a value.
pub fn parts_of_registries<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(String, Vec<String>)> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        if let Some((id, part)) = name.rsplit_once(INFIX).filter(|(id, part)| !id.is_empty() && PARTS.contains(part)) {
            groups.entry(id).or_default().push(part);
        }
    }
    let missing = |(id, has): (&str, Vec<&str>)| {
        let absent = PARTS.iter().filter(|part| !has.contains(part)).map(|part| format!("{id}{INFIX}{part}"));
        (id.to_owned(), absent.collect())
    };
    groups.into_iter().map(missing).collect()
}

impl Registries {
    fn add(&mut self, registry: Registry) {
        // A Docker configuration has one login for a server.
        if let Some(at) = self.complete.iter().position(|other| other.server == registry.server) {
            let before = self.complete.remove(at);
            self.notes.push(format!(
                "{} and {} are both logins to {}: a Docker configuration holds one, that of {}",
                before.id, registry.id, registry.server, registry.id
            ));
        }
        self.complete.push(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::SecretLevel;
    use super::*;

    fn secrets(list: &[(&str, &str)]) -> Vec<CodespaceSecret> {
        let secret = |(name, value): &(&str, &str)| CodespaceSecret {
            name: name.parse().expect("a name"),
            value: Secret::new((*value).to_owned()),
            level: SecretLevel::Repository,
        };
        list.iter().map(secret).collect()
    }

    #[test]
    fn servers_are_named_as_docker_names_them() {
        for (text, expected) in [
            ("mycompany.azurecr.io", "mycompany.azurecr.io"),
            (" https://MyCompany.azurecr.io/v2/ ", "mycompany.azurecr.io"),
            ("localhost:5000/", "localhost:5000"),
            ("docker.io", DOCKER_HUB),
            ("https://index.docker.io/v1/", DOCKER_HUB),
            ("registry-1.docker.io", DOCKER_HUB),
            ("ghcr.io", "ghcr.io"),
        ] {
            assert_eq!(RegistryServer::normalise(text).config_key(), expected, "{text}");
        }
    }

    #[test]
    fn an_image_names_its_registry() {
        for (image, expected) in [
            ("busybox", DOCKER_HUB),
            ("acme/app:1", DOCKER_HUB),
            ("ghcr.io/acme/app", "ghcr.io"),
            ("localhost/x", "localhost"),
            ("localhost:5000/x@sha256:0", "localhost:5000"),
        ] {
            assert_eq!(RegistryServer::of_image(image).config_key(), expected, "{image}");
        }
        assert!(RegistryServer::normalise("docker.io").serves("busybox:1"));
    }

    #[test]
    fn three_secrets_are_a_registry_and_fewer_are_named() {
        let found = registries(&secrets(&[
            ("A_CONTAINER_REGISTRY_SERVER", "a.example"),
            ("A_CONTAINER_REGISTRY_USER", "me"),
            ("A_CONTAINER_REGISTRY_PASSWORD", "pw\n"),
            ("B_C_CONTAINER_REGISTRY_SERVER", "b.example"),
            ("B_C_CONTAINER_REGISTRY_USER", ""),
            ("_CONTAINER_REGISTRY_USER", "x"),
            ("D_CONTAINER_REGISTRY_TOKEN", "x"),
            ("OTHER", "x"),
        ]));
        assert_eq!(found.complete.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["A"]);
        assert_eq!(found.complete[0].password.expose(), "pw");
        assert_eq!(found.incomplete[0].missing, ["B_C_CONTAINER_REGISTRY_USER", "B_C_CONTAINER_REGISTRY_PASSWORD"]);
        assert_eq!(found.incomplete.len(), 1);
        assert!(found.incomplete[0].lack().ends_with("_USER and B_C_CONTAINER_REGISTRY_PASSWORD are missing"));
        assert!(IncompleteRegistry::of_nothing("A".to_owned()).lack().starts_with("A_CONTAINER_REGISTRY_SERVER, A_"));
        let half = registries(&secrets(&[("A_CONTAINER_REGISTRY_SERVER", "x"), ("A_CONTAINER_REGISTRY_USER", "x")]));
        assert_eq!(half.incomplete[0].lack(), "A_CONTAINER_REGISTRY_PASSWORD is missing");
    }

    #[test]
    fn names_alone_tell_which_registries_lack_what() {
        let names = ["A_CONTAINER_REGISTRY_USER", "B_CONTAINER_REGISTRY_TOKEN", "OTHER", "_CONTAINER_REGISTRY_USER"];
        let all = PARTS.map(|part| format!("C{INFIX}{part}"));
        let told = parts_of_registries(names.into_iter().chain(all.iter().map(String::as_str)));
        let missing = ["A_CONTAINER_REGISTRY_SERVER", "A_CONTAINER_REGISTRY_PASSWORD"].map(str::to_owned).to_vec();
        assert_eq!(told, [("A".to_owned(), missing), ("C".to_owned(), Vec::new())]);
    }

    #[test]
    fn one_server_has_one_login_and_it_is_said_whose() {
        let triple = |id: &str, server: &str| {
            PARTS.map(|part| {
                (format!("{id}{INFIX}{part}"), if part == "SERVER" { server.to_owned() } else { id.to_owned() })
            })
        };
        let owned: Vec<(String, String)> =
            triple("A", "docker.io").into_iter().chain(triple("B", "https://index.docker.io/v1/")).collect();
        let list: Vec<(&str, &str)> = owned.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let found = registries(&secrets(&list));
        assert_eq!(found.complete.len(), 1);
        assert_eq!(found.complete[0].id, "B");
        assert!(found.notes[0].contains("that of B"), "{:?}", found.notes);
    }

    #[test]
    fn ecr_is_known_by_its_server() {
        for (server, expected) in [
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", true),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", true),
            ("ecr.example.com", false),
            ("amazonaws.com", false),
            ("1.dkr.ecr..amazonaws.com", false),
            ("1.dkr.ecr.eu.west.amazonaws.com", false),
            (".dkr.ecr.eu-west-1.amazonaws.com", false),
        ] {
            assert_eq!(RegistryServer::normalise(server).is_ecr(), expected, "{server}");
        }
        let server = RegistryServer::normalise("https://123456789012.dkr.ecr.us-gov-west-1.amazonaws.com");
        assert_eq!(server.ecr(), Some(EcrServer { account: "123456789012", region: "us-gov-west-1" }));
    }

    #[test]
    fn an_access_key_is_to_be_exchanged_and_a_token_is_not() {
        let wants = |server: &str, user: &str| {
            let found = registries(&secrets(&[
                ("E_CONTAINER_REGISTRY_SERVER", server),
                ("E_CONTAINER_REGISTRY_USER", user),
                ("E_CONTAINER_REGISTRY_PASSWORD", "x"),
            ]));
            found.complete[0].wants_exchange().is_some()
        };
        let server = "1.dkr.ecr.eu-west-1.amazonaws.com";
        assert!(wants(server, "AKIAEXAMPLE") && !wants(server, "AWS") && !wants("acme.azurecr.io", "AKIAEXAMPLE"));
    }
}

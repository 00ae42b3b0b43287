//! Which registry is meant: by the name that a client asks under, or on the loopback port by the first part of the repository's name.

use crate::github::RegistryServer;
use crate::github::hub::{GHCR, Hub, NPM};

/// A registry that the hub stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Whose manners it has.
    pub kind: Kind,
    /// What an image's name begins with: `ghcr.io`.
    pub name: String,
    /// What its repositories are kept under, and begin with on the loopback port: the name, as far as a repository's name may have it.
    pub folder: String,
    /// As a Docker configuration names it.
    pub server: RegistryServer,
}

/// Whose manners a registry has: how it wants to be logged in to, and what it says when it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// GitHub's: a token for each repository, by the rules of packages.
    Github,
    /// GitHub's of npm's packages: the same tokens, shown as they are.
    Npm,
    /// Docker Hub: a token, which it gives to anybody.
    DockerHub,
    /// Azure's: a token, for whom it knows.
    Azure,
    /// AWS's: a password that expires.
    Aws,
    /// Any other: a user and a password.
    Plain,
}

impl Kind {
    /// Tells whether a client is to get a token first, and does not show its password to each request.
    pub const fn gives_tokens(self) -> bool {
        match self {
            Self::Github | Self::DockerHub | Self::Azure => true,
            Self::Npm | Self::Aws | Self::Plain => false,
        }
    }

    /// Returns the path where tokens are got.
    pub const fn token_path(self) -> &'static str {
        match self {
            Self::Azure => "/oauth2/token",
            Self::Github | Self::Npm | Self::DockerHub | Self::Aws | Self::Plain => "/token",
        }
    }
}

impl Site {
    /// Returns the site of a registry; nothing where its name cannot be served.
    pub fn of(server: &RegistryServer) -> Option<Self> {
        let key = server.config_key();
        let is_hub = key == crate::github::DOCKER_HUB;
        let name = if is_hub { "docker.io" } else { key };
        let kind = match name {
            GHCR => Kind::Github,
            NPM => Kind::Npm,
            _ if is_hub => Kind::DockerHub,
            _ if server.is_ecr() => Kind::Aws,
            _ if name.ends_with(".azurecr.io") => Kind::Azure,
            _ => Kind::Plain,
        };
        let folder = Self::folder_of(name);
        let (host, port) = name.split_once(':').unwrap_or((name, "443"));
        let fits = super::request::is_component(&folder)
            && super::request::is_component(host)
            && host.split('.').all(|label| !label.is_empty() && label.len() < 64)
            && folder.len() < 128
            && port.parse::<u16>().is_ok_and(|port| port != 0 && port != super::LOOPBACK);
        fits.then(|| Self { kind, name: name.to_owned(), folder, server: server.clone() })
    }

    /// Returns what the repositories of a registry are kept under.
    pub fn folder_of(name: &str) -> String {
        name.replacen(':', "_", 1)
    }

    /// Returns the names that clients ask under, without a port.
    pub fn hosts(&self) -> Vec<&str> {
        match self.kind {
            // The daemon asks the second, shows logins to the third, and is sent to the fourth for tokens.
            Kind::DockerHub => vec!["docker.io", "registry-1.docker.io", "index.docker.io", "auth.docker.io"],
            Kind::Github | Kind::Npm | Kind::Azure | Kind::Aws | Kind::Plain => {
                vec![self.name.split_once(':').map_or(self.name.as_str(), |(host, _)| host)]
            }
        }
    }

    /// Returns the port that it is asked at.
    pub fn port(&self) -> u16 {
        self.name.split_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(443)
    }

    /// Returns where tokens are got, and what for.
    pub fn realm(&self) -> (String, String) {
        if self.kind == Kind::DockerHub {
            return ("https://auth.docker.io/token".to_owned(), "registry.docker.io".to_owned());
        }
        (format!("https://{}{}", self.name, self.kind.token_path()), self.name.clone())
    }
}

/// Every registry of a hub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sites(Vec<Site>);

impl Sites {
    /// Returns those of a hub, or the first whose name cannot be served.
    pub fn of(hub: &Hub) -> Result<Self, String> {
        let github = [GHCR, NPM].map(RegistryServer::normalise);
        let all = github.iter().chain(hub.registries.keys());
        all.map(|server| Site::of(server).ok_or_else(|| server.to_string())).collect::<Result<_, _>>().map(Self)
    }

    /// Returns all of them.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.0.iter()
    }

    /// Returns every name that is asked under.
    pub fn hosts(&self) -> Vec<String> {
        self.iter().flat_map(Site::hosts).map(str::to_owned).collect()
    }

    /// Returns every port that is asked at.
    pub fn ports(&self) -> Vec<u16> {
        let mut all: Vec<u16> = self.iter().map(Site::port).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Returns the registry that is asked under `host`, the text of that header, at a port.
    pub fn by_host(&self, host: &str, port: u16) -> Option<&Site> {
        let (name, asked) = match host.rsplit_once(':') {
            Some((name, asked)) => (name, asked.parse().ok()?),
            None => (host, 443),
        };
        let name = name.to_ascii_lowercase();
        self.iter().find(|site| asked == port && site.port() == port && site.hosts().contains(&name.as_str()))
    }

    /// Returns the registry whose a repository of the loopback port is, and its name there.
    pub fn by_folder<'a>(&self, path: &'a str) -> Option<(&Site, &'a str)> {
        let (folder, rest) = path.split_once('/')?;
        self.iter().find(|site| site.folder == folder).map(|site| (site, rest))
    }

    /// Returns the registry of that name.
    pub fn by_name(&self, name: &str) -> Option<&Site> {
        self.iter().find(|site| site.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(names: &[&str]) -> Sites {
        let list: String = names.iter().map(|name| format!("  {name}:\n")).collect();
        let hub = crate::github::hub::parse(&format!("registries:\n{list}"), "hub.yaml").expect("a hub");
        Sites::of(&hub).expect("sites")
    }

    #[test]
    fn a_registry_is_known_by_its_host_and_port() {
        let sites =
            sites(&["docker.io", "acme.azurecr.io", "\"r.test:5000\"", "1.dkr.ecr.us-east-1.amazonaws.com", "r.test"]);
        for (host, port, expected) in [
            ("ghcr.io", 443, Some(("ghcr.io", Kind::Github))),
            ("GHCR.io:443", 443, Some(("ghcr.io", Kind::Github))),
            ("ghcr.io", 5000, None),
            ("npm.pkg.github.com", 443, Some(("npm.pkg.github.com", Kind::Npm))),
            ("registry-1.docker.io", 443, Some(("docker.io", Kind::DockerHub))),
            ("auth.docker.io", 443, Some(("docker.io", Kind::DockerHub))),
            ("acme.azurecr.io", 443, Some(("acme.azurecr.io", Kind::Azure))),
            ("r.test:5000", 5000, Some(("r.test:5000", Kind::Plain))),
            ("r.test", 443, Some(("r.test", Kind::Plain))),
            ("r.test", 5000, None),
            ("1.dkr.ecr.us-east-1.amazonaws.com", 443, Some(("1.dkr.ecr.us-east-1.amazonaws.com", Kind::Aws))),
            ("evil.ghcr.io", 443, None),
            ("ghcr.io:", 443, None),
            ("ghcr.io:x", 443, None),
            ("", 443, None),
        ] {
            let found = sites.by_host(host, port).map(|site| (site.name.as_str(), site.kind));
            assert_eq!(found, expected, "{host} at {port}");
        }
        assert_eq!(sites.ports(), [443, 5000]);
        assert_eq!(sites.by_folder("r.test_5000/a/b").map(|(site, rest)| (site.port(), rest)), Some((5000, "a/b")));
        assert_eq!(sites.by_folder("ghcr.io"), None);
        assert_eq!(sites.by_folder("other/a"), None);
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for name in ["a..b", "a b", "r.test:0", "r.test:80", "r.test:x", "-a", "[::1]:5000", "a_:1", ""] {
            assert_eq!(Site::of(&RegistryServer::normalise(name)), None, "{name}");
        }
    }
}

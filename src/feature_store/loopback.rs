//! Registries of a simulated GitHub: asked on a port of this machine, and called by their own names.

use url::Url;

use super::address;
use crate::github::RegistryServer;

/// A port that answers for registries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loopback {
    /// `localhost:PORT`.
    pub server: String,
    /// The registries: their names, and what their repositories' names begin with at the port.
    pub registries: Vec<(String, String)>,
}

impl Loopback {
    /// Returns where a repository of a registry is, `folder/path`; nothing where the registry is another one.
    pub(super) fn path(&self, registry: &str, path: &str) -> Option<String> {
        let server = RegistryServer::normalise(registry);
        let is_it = |(name, _): &&(String, String)| RegistryServer::normalise(name) == server;
        self.registries.iter().find(is_it).map(|(_, folder)| format!("{folder}/{path}"))
    }

    /// Returns the address of something in a repository of a registry.
    pub(super) fn address(&self, registry: &str, path: &str) -> Option<Result<Url, String>> {
        let path = self.path(registry, path)?;
        Some(address::checked(&format!("http://{}/v2/{path}", self.server)))
    }

    /// Returns an address of the port as the registry itself would have it, for a person.
    pub(super) fn shown(&self, url: &Url) -> Option<String> {
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        if format!("{}{port}", url.host_str()?) != self.server {
            return None;
        }
        let own = |path: &str| {
            let one = self
                .registries
                .iter()
                .find_map(|(name, folder)| Some((name, path.strip_prefix(folder.as_str())?.strip_prefix('/')?)));
            one.map(|(name, rest)| (name.clone(), rest.to_owned()))
        };
        if let Some(path) = url.path().strip_prefix("/v2/") {
            return own(path).map(|(name, rest)| format!("https://{name}/v2/{rest}"));
        }
        let scope = url.query_pairs().find(|(name, _)| name == "scope")?.1.into_owned();
        own(scope.strip_prefix("repository:")?).map(|(name, _)| format!("https://{name}{}", url.path()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_asked_at_the_port_and_called_by_its_name() {
        let registries = [("ghcr.io", "ghcr.io"), ("r.test:5000", "r.test_5000"), ("docker.io", "docker.io")];
        let registries = registries.map(|(name, folder)| (name.to_owned(), folder.to_owned())).to_vec();
        let loopback = Loopback { server: "localhost:20000".to_owned(), registries };
        for (registry, expected) in [
            ("ghcr.io", Some("http://localhost:20000/v2/ghcr.io/a/x/manifests/1")),
            ("r.test:5000", Some("http://localhost:20000/v2/r.test_5000/a/x/manifests/1")),
            ("index.docker.io", Some("http://localhost:20000/v2/docker.io/a/x/manifests/1")),
            ("ghcr.io.evil.test", None),
            ("localhost:20000", None),
        ] {
            let url = loopback.address(registry, "a/x/manifests/1").map(|url| url.expect("an address"));
            assert_eq!(url.as_ref().map(Url::as_str), expected, "{registry}");
        }
        for (url, expected) in [
            ("http://localhost:20000/v2/r.test_5000/a/x/blobs/1?y", Some("https://r.test:5000/v2/a/x/blobs/1")),
            (
                "http://localhost:20000/token?service=a&scope=repository%3Aghcr.io%2Fa%2Fx%3Apull",
                Some("https://ghcr.io/token"),
            ),
            ("http://localhost:20000/v2/other/a", None),
            ("http://localhost:20000/token", None),
            ("http://localhost:20001/v2/ghcr.io/a", None),
            ("https://ghcr.io/v2/ghcr.io/a", None),
        ] {
            assert_eq!(loopback.shown(&Url::parse(url).expect(url)).as_deref(), expected, "{url}");
        }
    }
}

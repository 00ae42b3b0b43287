//! Which engine: decided as the `docker` command does, then from the sockets that its distributions use.
//!
//! Pure over [`Surroundings`], so that every order of precedence is a row of a table.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// One engine's address and why it is that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it listens.
    pub address: Address,
    /// What led there, for a person: `DOCKER_HOST`, `docker context "x"`, ….
    pub found_by: String,
}

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket's path.
    Unix(String),
    /// `tcp://host:port`, without TLS.
    Http(String),
    /// `tcp://host:port` with client certificates.
    Tls {
        /// `tcp://host:port`.
        url: String,
        /// The client's key.
        key: PathBuf,
        /// The client's certificate.
        certificate: PathBuf,
        /// Who signed the engine's.
        ca: PathBuf,
    },
}

impl Address {
    /// Tells whether the engine's networks are this machine's.
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Unix(_))
    }

    /// Tells whether the engine is on this machine, as far as its address tells.
    pub fn is_on_this_machine(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Http(url) | Self::Tls { url, .. } => {
                let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                ["localhost", "127.0.0.1", "[::1]"].iter().any(|here| {
                    host.strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
                })
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(out, "unix://{path}"),
            Self::Http(url) | Self::Tls { url, .. } => out.write_str(url),
        }
    }
}

impl Endpoint {
    /// Returns the variables that tell the `docker` command of it.
    pub fn for_docker_command(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("DOCKER_HOST", self.address.to_string())];
        if let Address::Tls { ca, .. } = &self.address {
            let folder = ca.parent().unwrap_or(ca).display().to_string();
            variables.extend([("DOCKER_TLS_VERIFY", "1".to_owned()), ("DOCKER_CERT_PATH", folder)]);
        }
        variables
    }
}

/// What the decision looks at, besides files.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub docker_context: Option<String>,
    /// `DOCKER_TLS_VERIFY` is set and not empty.
    pub tls_verify: bool,
    /// `DOCKER_CERT_PATH`.
    pub cert_path: Option<PathBuf>,
    /// `DOCKER_CONFIG`, or `~/.docker`.
    pub docker_config: PathBuf,
    /// The home directory.
    pub home: PathBuf,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
}

/// The disk, as far as the decision reads it.
pub trait Files {
    /// Returns a file's text, if it is there.
    fn read(&self, path: &Path) -> Option<String>;
    /// Tells whether something is at `path`.
    fn exists(&self, path: &Path) -> bool;
}

/// The real disk.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }
}

/// Why no engine could be named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The address is of a kind that we do not speak.
    #[error("`{address}` (from {found_by}) is no engine address that can be used")]
    Unsupported {
        /// The address.
        address: String,
        /// Where it is from.
        found_by: String,
    },
    /// The context that is named does not exist, or says nothing.
    #[error("the docker context \"{name}\" (from {found_by}) cannot be read: {problem}")]
    Context {
        /// The context's name.
        name: String,
        /// Where the name is from.
        found_by: String,
        /// What is wrong.
        problem: String,
    },
    /// Nothing names an engine, and none of the usual sockets is there.
    #[error("no Docker Engine was found: DOCKER_HOST is not set, and none of the usual sockets is there")]
    NoneFound {
        /// The sockets that were looked for.
        tried: Vec<PathBuf>,
    },
}

impl EndpointError {
    /// Returns what to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unsupported { address, .. } if address.starts_with("ssh://") => {
                let host = address.trim_start_matches("ssh://");
                format!(
                    "forward its socket: `ssh -NL /tmp/engine.sock:/var/run/docker.sock {host}`, then DOCKER_HOST=unix:///tmp/engine.sock"
                )
            }
            Self::Unsupported { .. } => "use unix:///PATH or tcp://HOST:PORT".to_owned(),
            Self::Context { .. } => "`docker context ls` shows the contexts there are".to_owned(),
            Self::NoneFound { .. } => "install and start Docker, or set DOCKER_HOST".to_owned(),
        }
    }
}

/// Returns the engine to use (precedence of the `docker` command: `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context; then the
/// usual sockets).
pub fn find(around: &Surroundings, files: &dyn Files) -> Result<Endpoint, EndpointError> {
    if let Some(host) = around.docker_host.as_deref().filter(|host| !host.is_empty()) {
        let tls = around.tls_verify.then(|| around.cert_path.clone().unwrap_or_else(|| around.docker_config.clone()));
        return address(host, tls.as_deref(), "DOCKER_HOST");
    }
    if let Some(name) = around.docker_context.as_deref().filter(|name| !name.is_empty()) {
        if name != "default" {
            return context(name, "DOCKER_CONTEXT", around, files);
        }
    } else if let Some(name) = current_context(around, files) {
        return context(&name, "docker's current context", around, files);
    }
    usual_socket(around, files)
}

fn current_context(around: &Surroundings, files: &dyn Files) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct DockerConfig {
        current_context: Option<String>,
    }
    let text = files.read(&around.docker_config.join("config.json"))?;
    let config: DockerConfig = serde_json::from_str(&text).ok()?;
    config.current_context.filter(|name| !name.is_empty() && name != "default")
}

/// Reads a context as the `docker` command stores it: a folder named by the SHA-256 of the context's name.
fn context(name: &str, found_by: &str, around: &Surroundings, files: &dyn Files) -> Result<Endpoint, EndpointError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Meta {
        endpoints: Endpoints,
    }
    #[derive(Deserialize)]
    struct Endpoints {
        docker: Docker,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Docker {
        host: String,
    }
    let problem =
        |problem: String| EndpointError::Context { name: name.to_owned(), found_by: found_by.to_owned(), problem };
    let folder: String = Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let file = around.docker_config.join("contexts/meta").join(&folder).join("meta.json");
    let text = files.read(&file).ok_or_else(|| problem(format!("{} is not there", file.display())))?;
    let meta: Meta = serde_json::from_str(&text).map_err(|error| problem(format!("{}: {error}", file.display())))?;
    let tls = around.docker_config.join("contexts/tls").join(&folder).join("docker");
    let tls = files.exists(&tls.join("ca.pem")).then_some(tls);
    address(&meta.endpoints.docker.host, tls.as_deref(), &format!("docker context \"{name}\""))
}

fn address(host: &str, tls: Option<&Path>, found_by: &str) -> Result<Endpoint, EndpointError> {
    let found_by = found_by.to_owned();
    let address = if let Some(path) = host.strip_prefix("unix://") {
        Address::Unix(path.to_owned())
    } else if host.starts_with("tcp://") || host.starts_with("http://") || host.starts_with("https://") {
        match tls {
            Some(folder) => Address::Tls {
                url: host.to_owned(),
                key: folder.join("key.pem"),
                certificate: folder.join("cert.pem"),
                ca: folder.join("ca.pem"),
            },
            None => Address::Http(host.to_owned()),
        }
    } else {
        return Err(EndpointError::Unsupported { address: host.to_owned(), found_by });
    };
    Ok(Endpoint { address, found_by })
}

fn usual_socket(around: &Surroundings, files: &dyn Files) -> Result<Endpoint, EndpointError> {
    let mut tried = vec![PathBuf::from("/var/run/docker.sock")];
    tried.extend(around.runtime_dir.iter().map(|folder| folder.join("docker.sock")));
    let at_home = [
        ".docker/run/docker.sock",
        ".docker/desktop/docker.sock",
        ".colima/default/docker.sock",
        ".orbstack/run/docker.sock",
        ".rd/docker.sock",
    ];
    tried.extend(at_home.iter().map(|path| around.home.join(path)));
    match tried.iter().find(|path| files.exists(path)) {
        Some(path) => {
            Ok(Endpoint { address: Address::Unix(path.display().to_string()), found_by: "the usual socket".to_owned() })
        }
        None => Err(EndpointError::NoneFound { tried }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Fake(BTreeMap<PathBuf, String>);

    impl Files for Fake {
        fn read(&self, path: &Path) -> Option<String> {
            self.0.get(path).cloned()
        }
        fn exists(&self, path: &Path) -> bool {
            self.0.contains_key(path)
        }
    }

    fn around() -> Surroundings {
        Surroundings { docker_config: "/h/.docker".into(), home: "/h".into(), ..Surroundings::default() }
    }

    fn check(around: &Surroundings, files: &[(&str, &str)], expected: &str) {
        let fake = Fake(files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect());
        let found = match find(around, &fake) {
            Ok(endpoint) => format!("{} by {}", endpoint.address, endpoint.found_by),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn an_engine_is_on_this_machine_where_its_address_says_so() {
        for (address, expected) in [
            (Address::Unix("/run/docker.sock".into()), true),
            (Address::Http("tcp://localhost:2375".into()), true),
            (Address::Http("tcp://127.0.0.1:2375".into()), true),
            (Address::Http("tcp://[::1]:2375".into()), true),
            (Address::Http("tcp://localhost.example.com:2375".into()), false),
            (Address::Http("tcp://build.example.com:2375".into()), false),
        ] {
            assert_eq!(address.is_on_this_machine(), expected, "{address}");
        }
    }

    #[test]
    fn the_docker_command_is_told_of_it() {
        let mut around = around();
        around.docker_host = Some("tcp://far:2376".into());
        let variables = |around: &Surroundings| {
            let found = find(around, &Fake(BTreeMap::new())).expect("found").for_docker_command();
            found.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(variables(&around), "DOCKER_HOST=tcp://far:2376");
        (around.tls_verify, around.cert_path) = (true, Some("/c".into()));
        assert_eq!(variables(&around), "DOCKER_HOST=tcp://far:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/c");
    }

    #[test]
    fn docker_host_comes_before_everything() {
        let mut around = around();
        around.docker_host = Some("unix:///x.sock".into());
        around.docker_context = Some("far".into());
        check(&around, &[("/var/run/docker.sock", "")], "unix:///x.sock by DOCKER_HOST");
    }

    #[test]
    fn an_empty_docker_host_is_none() {
        let mut around = around();
        around.docker_host = Some(String::new());
        check(&around, &[("/var/run/docker.sock", "")], "unix:///var/run/docker.sock by the usual socket");
    }

    #[test]
    fn the_current_context_comes_before_the_sockets() {
        let folder: String = Sha256::digest(b"far").iter().map(|byte| format!("{byte:02x}")).collect();
        let meta = format!("/h/.docker/contexts/meta/{folder}/meta.json");
        let files = [
            ("/var/run/docker.sock", ""),
            ("/h/.docker/config.json", r#"{"currentContext":"far"}"#),
            (meta.as_str(), r#"{"Name":"far","Endpoints":{"docker":{"Host":"tcp://10.0.0.1:2375"}}}"#),
        ];
        check(&around(), &files, "tcp://10.0.0.1:2375 by docker context \"far\"");
        let mut default = around();
        default.docker_context = Some("default".into());
        check(&default, &files, "unix:///var/run/docker.sock by the usual socket");
    }

    #[test]
    fn a_context_that_is_not_there_is_named() {
        let mut around = around();
        around.docker_context = Some("far".into());
        let fake = Fake(BTreeMap::new());
        let error = find(&around, &fake).expect_err("not there");
        assert!(error.to_string().contains("\"far\" (from DOCKER_CONTEXT)"), "{error}");
    }

    #[test]
    fn ssh_is_refused_with_the_way_round() {
        let mut around = around();
        around.docker_host = Some("ssh://me@far".into());
        let error = find(&around, &Fake(BTreeMap::new())).expect_err("ssh");
        assert!(error.hint().contains("ssh -NL"), "{}", error.hint());
    }

    #[test]
    fn without_anything_the_sockets_that_were_tried_are_known() {
        match find(&around(), &Fake(BTreeMap::new())) {
            Err(EndpointError::NoneFound { tried }) => assert_eq!(tried.len(), 6),
            other => panic!("{other:?}"),
        }
    }
}

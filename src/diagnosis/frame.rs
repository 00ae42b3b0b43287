//! One line that a registry's refusal stands in: which registry, which image, pulled or pushed, and why not (codespaces-facts.md section
//! 3.4, and the words of docker, buildx, compose, containerd, podman, skopeo and crane).
//!
//! `unauthorized`, `denied` and `403` are everybody's words. They are a registry's only in a frame that nobody else uses.

use crate::github::RegistryServer;

/// Why a registry would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nobody was logged in.
    NoLogin,
    /// Nobody was logged in, the login may not, or there is no such image: the registry does not say which.
    NoLoginOrNoImage,
    /// The login is good, and may not do this.
    NoPermission,
    /// The login is not good.
    BadCredential,
    /// It was good once.
    Expired,
    /// It was asked too often.
    RateLimit,
}

/// What was to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Pull,
    Push,
    Login,
}

/// A refusal in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: Refusal,
    /// Absent where the line does not say.
    pub(super) action: Option<Action>,
    pub(super) server: Option<RegistryServer>,
    /// With its host, where that is not Docker Hub.
    pub(super) image: Option<String>,
}

/// Texts of registries, most telling first. `denied` alone is a login without permission, doubled it is a bad one.
const WORDS: [(&str, Refusal); 24] = [
    ("toomanyrequests", Refusal::RateLimit),
    ("429 too many requests", Refusal::RateLimit),
    ("authorization token has expired", Refusal::Expired),
    ("denied: denied", Refusal::BadCredential),
    ("incorrect username or password", Refusal::BadCredential),
    ("invalid username/password", Refusal::BadCredential),
    ("cannot be authenticated with the token", Refusal::BadCredential),
    ("http basic: access denied", Refusal::BadCredential),
    ("no basic auth credentials", Refusal::NoLogin),
    ("permission_denied", Refusal::NoPermission),
    ("installation not allowed to", Refusal::NoPermission),
    ("may require 'docker login'", Refusal::NoLoginOrNoImage),
    ("may require authorization", Refusal::NoLoginOrNoImage),
    ("insufficient_scope", Refusal::NoLoginOrNoImage),
    ("requested access to the resource is denied", Refusal::NoLoginOrNoImage),
    ("not authorized", Refusal::NoLogin),
    ("authentication required", Refusal::NoLogin),
    ("unauthenticated", Refusal::NoLogin),
    ("unauthorized", Refusal::NoLogin),
    ("403 forbidden", Refusal::NoPermission),
    ("403 (forbidden)", Refusal::NoPermission),
    ("forbidden", Refusal::NoPermission),
    ("access denied", Refusal::NoPermission),
    ("denied", Refusal::NoPermission),
];

/// Texts that stand alone on a line, or after a client's `Error: `; only registries and their clients have them.
const WHOLE_LINES: [(&str, Option<Action>); 12] = [
    ("unauthorized: authentication required", None),
    ("unauthorized: access to the requested resource is not authorized", None),
    ("unauthorized: unauthenticated: user cannot be authenticated with the token", None),
    ("no basic auth credentials", None),
    ("denied: denied", None),
    ("denied: requested access to the resource is denied", None),
    ("denied: permission_denied: read_package", Some(Action::Pull)),
    ("denied: permission_denied: ", Some(Action::Push)),
    ("denied: installation not allowed to ", Some(Action::Push)),
    ("denied: your authorization token has expired", None),
    ("toomanyrequests: ", None),
    ("requested access to the resource is denied", None),
];

/// What clients put before such a text.
const PREFIXES: [&str; 9] = [
    "docker: ",
    "error response from daemon: ",
    "error from registry: ",
    "error: ",
    "fatal: ",
    "buildx failed with: ",
    "failed to build: ",
    "failed to solve: ",
    "error pulling image configuration: ",
];

impl Refusal {
    /// Returns what a text says, where it says anything of the kind.
    pub(super) fn of(text: &str) -> Option<Self> {
        // What a file system says is none of a registry's words.
        let lower = text.to_ascii_lowercase().replace("permission denied", "");
        WORDS.iter().find(|(words, _)| lower.contains(words)).map(|(_, refusal)| *refusal)
    }
}

impl Refused {
    /// Reads a line; nothing where it is no refusal in a frame.
    pub(super) fn of(line: &str) -> Option<Self> {
        Self::at_url(line)
            .or_else(|| Self::of_pull(line))
            .or_else(|| Self::of_login(line))
            .or_else(|| Self::of_reference(line))
            .or_else(|| Self::of_token(line))
            .or_else(|| Self::of_whole_line(line))
    }

    /// `Head "https://HOST/v2/NAME/manifests/TAG": unauthorized`, of every client.
    fn at_url(line: &str) -> Option<Self> {
        let (before, url) = line.split_once("https://").or_else(|| line.split_once("http://"))?;
        let end = url.find(['"', ' ', '\t']).unwrap_or(url.len());
        let (url, after) = url.split_at(end);
        let (host, path) = url.split_once("/v2/")?;
        if host.is_empty() || host.contains('/') {
            return None;
        }
        let method = before.trim_end_matches(['"', ' ']).trim_end_matches(" request to").rsplit(' ').next();
        let method = method.unwrap_or_default().to_ascii_uppercase();
        let path = path.trim_end_matches(':');
        let (image, action) = match of_path(path) {
            Some((name, _))
                if path.contains("/blobs/uploads") || ["PUT", "POST", "PATCH"].contains(&method.as_str()) =>
            {
                (Some(name.to_owned()), Action::Push)
            }
            Some((name, tag)) => (Some(format!("{name}{tag}")), Action::Pull),
            // What `docker login` asks for, in the words of Go.
            None if path.is_empty() && (url.ends_with(':') || after.starts_with("\":")) => {
                (None, if method == "GET" { Action::Login } else { Action::Pull })
            }
            None => return None,
        };
        let server = server(host);
        let image = image.map(|image| with_host(host, &server, &image));
        Some(Self { why: Refusal::of(after)?, action: Some(action), server: Some(server), image })
    }

    /// `pull access denied for IMAGE, repository does not exist or may require 'docker login': …`.
    fn of_pull(line: &str) -> Option<Self> {
        let (_, after) = line.split_once("pull access denied for ")?;
        let (image, after) = after.split_once([',', ' '])?;
        let why = Refusal::of(after).unwrap_or(Refusal::NoLoginOrNoImage);
        Some(Self {
            why,
            action: Some(Action::Pull),
            server: Some(RegistryServer::of_image(image)),
            image: Some(image.to_owned()),
        })
    }

    /// A login that is none of ours: `logging into "HOST": …`, `login attempt to https://HOST/v2/ failed with status: 401 Unauthorized`.
    fn of_login(line: &str) -> Option<Self> {
        let lower = line.to_ascii_lowercase();
        let at = ["login attempt to ", "logging into \"", "authenticating creds for \""]
            .iter()
            .find_map(|start| Some(lower.find(start)? + start.len()))?;
        let after = line.get(at..)?;
        let (host, after) = after.split_once(['"', ' '])?;
        let (why, host) = (Refusal::of(after)?, host.trim_start_matches("https://"));
        host.contains(['.', ':']).then(|| Self {
            why,
            action: Some(Action::Login),
            server: Some(server(host)),
            image: None,
        })
    }

    /// A refusal that names an image as the client was given it: containerd, buildx, podman, skopeo, Kubernetes.
    fn of_reference(line: &str) -> Option<Self> {
        const FRAMES: [(&str, Action); 11] = [
            ("failed to push ", Action::Push),
            ("failed to resolve reference \"", Action::Pull),
            ("failed to resolve source metadata for ", Action::Pull),
            ("failed to pull and unpack image \"", Action::Pull),
            ("Failed to pull image \"", Action::Pull),
            ("failed to copy to registry ", Action::Push),
            ("failed to read from destination repository ", Action::Push),
            ("initializing source docker://", Action::Pull),
            ("Error parsing image name \"docker://", Action::Pull),
            ("fetching manifest ", Action::Pull),
            ("failed to solve: ", Action::Pull),
        ];
        let (image, after, action) = FRAMES.iter().find_map(|(start, action)| {
            let (_, after) = line.split_once(start)?;
            let (image, after) = after.split_once(['"', ' '])?;
            Some((image.trim_end_matches(':'), after, *action))
        })?;
        // `failed to solve: ` and `failed to push ` may have other words after them.
        let is_image = image.starts_with(|first: char| first.is_ascii_alphanumeric())
            && (image.contains(['/', ':', '.']) || after.contains("pull access denied"));
        is_image.then_some(())?;
        let server = RegistryServer::of_image(image);
        Some(Self {
            why: Refusal::of(after)?,
            action: Some(action),
            server: Some(server),
            image: Some(image.to_owned()),
        })
    }

    /// A token that was not given: `GET https://HOST/token?scope=repository%3ANAME%3Apull&service=HOST: DENIED: …`.
    fn of_token(line: &str) -> Option<Self> {
        let (_, url) = line.split_once("https://")?;
        let (url, after) = url.split_once([' ', '"'])?;
        let (host, query) = url.split_once('?')?;
        let query = query.trim_end_matches(':').replace("%3A", ":").replace("%2F", "/").replace("%2C", ",");
        let (_, scope) = query.split_once("scope=repository:")?;
        let (name, rest) = scope.split_once(':')?;
        let rights = rest.split('&').next().unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        let server = server(host);
        Some(Self {
            why: Refusal::of(after)?,
            action: Some(if rights.contains("push") { Action::Push } else { Action::Pull }),
            image: Some(with_host(host, &server, name)),
            server: Some(server),
        })
    }

    /// A text that only registries and their clients have, alone on its line.
    fn of_whole_line(line: &str) -> Option<Self> {
        let lower = line.trim_start_matches(|one: char| !one.is_alphanumeric()).to_ascii_lowercase();
        let mut text = lower.as_str();
        // buildx: `#15 ERROR: …`.
        if let Some((number, after)) = text.split_once(' ')
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            text = after;
        }
        let mut from_daemon = false;
        while let Some((prefix, after)) = PREFIXES.iter().find_map(|prefix| Some((*prefix, text.strip_prefix(prefix)?)))
        {
            from_daemon |=
                prefix.starts_with("error response from daemon") || prefix.starts_with("error from registry");
            text = after;
        }
        let framed = WHOLE_LINES.iter().find(|(start, _)| text.starts_with(start));
        let from_daemon = from_daemon && ["unauthorized", "denied"].iter().any(|start| text.starts_with(start));
        // buildx does not always say of what: `failed to solve: unexpected status: 403 Forbidden`.
        let from_builder = lower.contains("failed to solve: ") && text.starts_with("unexpected status");
        if framed.is_none() && !from_daemon && !from_builder {
            return None;
        }
        let action = framed.and_then(|(_, action)| *action);
        Some(Self { why: Refusal::of(text)?, action, server: None, image: None })
    }
}

/// Returns the name and the `:TAG` or `@DIGEST` of a path behind `/v2/`; nothing where it is none of the distribution protocol's.
fn of_path(path: &str) -> Option<(&str, String)> {
    if let Some((name, reference)) = path.split_once("/manifests/") {
        let separator = if reference.contains(':') { '@' } else { ':' };
        let tag = if reference.is_empty() { String::new() } else { format!("{separator}{reference}") };
        return (!name.is_empty()).then_some((name, tag));
    }
    let (name, _) = path.split_once("/blobs/").or_else(|| path.split_once("/tags/list"))?;
    (!name.is_empty()).then_some((name, String::new()))
}

/// Returns the registry of a host that its clients ask.
fn server(host: &str) -> RegistryServer {
    if host == "auth.docker.io" { RegistryServer::normalise("docker.io") } else { RegistryServer::normalise(host) }
}

/// Returns the image as `docker pull` takes it: Docker Hub's have no host.
fn with_host(host: &str, server: &RegistryServer, name: &str) -> String {
    if *server == RegistryServer::normalise("docker.io") {
        return name.strip_prefix("library/").unwrap_or(name).to_owned();
    }
    format!("{host}/{name}")
}

#[cfg(test)]
mod tests;

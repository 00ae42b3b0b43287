//! The id of a Feature in a registry: `<registry>/<namespace>/<id>[:<tag>|@<digest>]`.

use super::id_error::IdError;

/// A Feature in a registry. All of it is in lower case, as the reference asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OciReference {
    /// The registry, `host[:port]`.
    pub registry: String,
    /// The repository in it: what requests name.
    pub path: String,
    /// Registry and repository as they are written, which is what a lockfile and the order go by.
    pub resource: String,
    /// Which version.
    pub version: Version,
}

/// A version of a Feature in a registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Version {
    /// What a tag names today.
    Tag(String),
    /// A manifest, `sha256:` and 64 hexadecimal digits.
    Digest(String),
}

/// The longest tag, in bytes.
const LONGEST_TAG: usize = 128;

/// Where the Features of one owner have moved (reference CLI: requests go there, all else keeps the old name).
const MOVED_OWNER: (&str, &str) = ("devcontainers-contrib", "devcontainers-extra");

impl OciReference {
    /// Reads a reference.
    pub fn parse(written: &str) -> Result<Self, IdError> {
        let text = written.to_lowercase();
        let (resource, version) = match text.split_once('@') {
            Some((resource, digest)) => (resource, Version::Digest(checked_digest(digest)?)),
            None => match text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
                Some((resource, tag)) => (resource, Version::Tag(checked_tag(tag)?)),
                None => (text.as_str(), Version::Tag("latest".to_owned())),
            },
        };
        let (registry, path) = resource
            .split_once('/')
            .ok_or_else(|| IdError::new("it has no registry", "an id is <registry>/<namespace>/<id>"))?;
        check_registry(registry)?;
        if !path.contains('/') {
            // The specification's own example `ghcr.io/x:1` has none, and the reference refuses it.
            let hint = "an id is <registry>/<namespace>/<id>, such as ghcr.io/devcontainers/features/node";
            return Err(IdError::new("it has no namespace between registry and id", hint));
        }
        if !path.split('/').all(is_component) {
            let hint = "each part has letters, digits and single `.`, `_` or `-` between them";
            return Err(IdError::new(&format!("`{path}` is no path in a registry"), hint));
        }
        let moved = path.split('/').map(|part| if part == MOVED_OWNER.0 { MOVED_OWNER.1 } else { part });
        let path = moved.collect::<Vec<_>>().join("/");
        Ok(Self { registry: registry.to_owned(), path, resource: resource.to_owned(), version })
    }

    /// Returns the last part of the path.
    pub fn id(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the path without its last part.
    pub fn namespace(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(namespace, _)| namespace)
    }

    /// Returns the first part of the path.
    pub fn owner(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// Returns the same Feature under a digest.
    #[must_use]
    pub fn at(&self, digest: &str) -> Self {
        Self { version: Version::Digest(digest.to_owned()), ..self.clone() }
    }
}

impl Version {
    /// Returns what a request for the manifest names.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tag(version) | Self::Digest(version) => version,
        }
    }
}

impl std::fmt::Display for OciReference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = match self.version {
            Version::Tag(_) => ':',
            Version::Digest(_) => '@',
        };
        write!(out, "{}{mark}{}", self.resource, self.version.as_str())
    }
}

/// Tells whether a text is the digest of a manifest or a file.
pub(super) fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

// Reference CLI: takes any text after `sha256:`, and asks the registry for it.
fn checked_digest(digest: &str) -> Result<String, IdError> {
    if is_digest(digest) {
        return Ok(digest.to_owned());
    }
    Err(IdError::new(&format!("`{digest}` is no digest"), "a digest is sha256: and 64 hexadecimal digits"))
}

fn checked_tag(tag: &str) -> Result<String, IdError> {
    // Reference CLI: an empty tag is `latest`.
    if tag.is_empty() {
        return Ok("latest".to_owned());
    }
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = tag.len() <= LONGEST_TAG
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || b".-".contains(&byte));
    if fits {
        Ok(tag.to_owned())
    } else {
        Err(IdError::new(&format!("`{tag}` is no tag"), "a tag is such as 1 or 1.2"))
    }
}

/// What a request is sent to: nothing that ends a host's name may be in it.
fn check_registry(registry: &str) -> Result<(), IdError> {
    let (host, port) = registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port)));
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if host.split('.').all(part) && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Ok(());
    }
    Err(IdError::new(&format!("`{registry}` is no registry"), "an id is <registry>/<namespace>/<id>"))
}

/// Letters and digits, with single dots, underscores or hyphens between them.
fn is_component(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.split(['.', '_', '-']).all(|word| !word.is_empty() && word.bytes().all(is_letter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const VECTORS: &str = include_str!("../../../integration/vectors/features/getref.json");

    fn as_in_the_reference(reference: &OciReference) -> Value {
        let mut fields = json!({
            "id": reference.id(),
            "owner": reference.owner(),
            "namespace": reference.namespace(),
            "registry": reference.registry,
            "resource": reference.resource,
            "path": reference.path,
            "version": reference.version.as_str(),
        });
        match &reference.version {
            Version::Tag(tag) => fields["tag"] = tag.as_str().into(),
            Version::Digest(digest) => fields["digest"] = digest.as_str().into(),
        }
        fields
    }

    #[test]
    fn references_are_read_as_in_the_reference() {
        let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
        assert_eq!(vectors.len(), 30);
        for vector in vectors {
            let input = vector["input"].as_str().expect("an id");
            let read = OciReference::parse(input).map_or(Value::Null, |read| as_in_the_reference(&read));
            let mut expected = vector["ref"].clone();
            match input {
                // Decided: what is no digest is refused before a registry is asked for it.
                "ghcr.io/a/b@sha256:xyz!" => expected = Value::Null,
                // The reference's own tag is empty, and its version `latest`.
                "ghcr.io/a/b:" => expected["tag"] = "latest".into(),
                _ => {}
            }
            assert_eq!(read, expected, "{input}");
        }
    }

    #[test]
    fn a_registry_is_a_host_and_nothing_else() {
        for registry in ["gh cr.io", "ghcr.io?x", "ghcr.io#", "a:b:1", "ghcr.io:", "ghcr.io:0", "-a.b", "a..b", ""] {
            let error = OciReference::parse(&format!("{registry}/a/b")).expect_err(registry);
            assert!(error.problem.ends_with("is no registry"), "{registry}: {error}");
        }
        assert!(OciReference::parse("localhost:5000/a/b").is_ok());
    }

    #[test]
    fn it_shows_as_what_it_names() {
        let reference = OciReference::parse("ghcr.io/A/b:1").expect("read");
        assert_eq!(reference.to_string(), "ghcr.io/a/b:1");
        assert_eq!(reference.at("sha256:0").to_string(), "ghcr.io/a/b@sha256:0");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-zA-Z0-9:@/._ \\-é]{0,40}") {
            let _either = OciReference::parse(&text);
        }
    }
}

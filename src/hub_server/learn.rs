//! The repository that a pushed image says it is from (`org.opencontainers.image.source`): what links a new package to it.

use bytes::Bytes;
use serde_json::Value;

use super::backend::Backend;
use super::forward::document;
use super::request::is_digest;
use crate::codespace::RepositoryName;

const SOURCE: &str = "org.opencontainers.image.source";
const MANIFESTS: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Returns the repository that an image names, by its manifest, which the storage has taken. `stored` is the repository's path there.
pub(super) async fn source(backend: &Backend, stored: &str, manifest: &Bytes) -> Option<RepositoryName> {
    let mut manifest: Value = serde_json::from_slice(manifest).ok()?;
    if let Some(found) = annotated(&manifest) {
        return Some(found);
    }
    if let Some(first) = digest(manifest.pointer("/manifests/0/digest")) {
        let text = document(backend, &format!("/v2/{stored}/manifests/{first}"), MANIFESTS).await?;
        manifest = serde_json::from_slice(&text).ok()?;
        if let Some(found) = annotated(&manifest) {
            return Some(found);
        }
    }
    let config = digest(manifest.pointer("/config/digest"))?;
    let text = document(backend, &format!("/v2/{stored}/blobs/{config}"), "*/*").await?;
    let config: Value = serde_json::from_slice(&text).ok()?;
    named(config.get("config")?.get("Labels")?.get(SOURCE)?)
}

fn annotated(manifest: &Value) -> Option<RepositoryName> {
    named(manifest.get("annotations")?.get(SOURCE)?)
}

fn digest(value: Option<&Value>) -> Option<&str> {
    value?.as_str().filter(|text| is_digest(text))
}

/// Returns the repository that a package of npm's names in its `package.json`: an address, or an object that has one.
pub(super) fn source_of_npm(manifest: &Value) -> Option<RepositoryName> {
    let written = manifest.get("repository")?;
    let text = written.get("url").unwrap_or(written).as_str()?;
    let text = text.strip_prefix("git+").unwrap_or(text);
    let plain = text.strip_prefix("git://").or_else(|| text.strip_prefix("ssh://git@"));
    let short = text.strip_prefix("github:").map(|path| format!("github.com/{path}"));
    match short.as_deref().or(plain) {
        Some(rest) => named(&Value::from(format!("https://{rest}"))),
        None => named(&Value::from(text)),
    }
}

/// Returns the repository of an address at GitHub.
fn named(value: &Value) -> Option<RepositoryName> {
    let path = value.as_str()?.trim().strip_prefix("https://github.com/")?;
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git").unwrap_or(path).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_of_npms_names_its_repository() {
        for (written, expected) in [
            (serde_json::json!("github:acme/lib"), Some("acme/lib")),
            (serde_json::json!({ "type": "git", "url": "git+https://github.com/acme/lib.git" }), Some("acme/lib")),
            (serde_json::json!({ "url": "git://github.com/acme/lib.git" }), Some("acme/lib")),
            (serde_json::json!({ "url": "ssh://git@github.com/acme/lib.git" }), Some("acme/lib")),
            (serde_json::json!({ "url": "https://gitlab.com/acme/lib.git" }), None),
            (serde_json::json!(7), None),
        ] {
            let manifest = serde_json::json!({ "repository": written });
            assert_eq!(source_of_npm(&manifest).map(|name| name.to_string()).as_deref(), expected, "{manifest}");
        }
    }

    #[test]
    fn an_address_at_github_names_a_repository() {
        for (text, expected) in [
            ("https://github.com/acme/api", Some("acme/api")),
            ("https://github.com/acme/api.git", Some("acme/api")),
            ("https://github.com/acme/api/", Some("acme/api")),
            ("https://github.com/acme/api/tree/main", None),
            ("https://github.com.evil.example/acme/api", None),
            ("https://example.com/acme/api", None),
            ("", None),
        ] {
            assert_eq!(named(&Value::from(text)).map(|name| name.to_string()).as_deref(), expected, "{text}");
        }
    }
}

//! The manifest of a published Feature (devcontainers/spec, "Features distribution": OCI registry). Pure.

use serde_json::Value;

use super::digest::Digest;

/// The manifests that are asked for.
pub(super) const MEDIA_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// By which a Feature's manifest differs from any other image's.
const CONFIG_TYPE: &str = "application/vnd.devcontainers";
/// Where its `devcontainer-feature.json` stands too.
const METADATA: &str = "dev.containers.metadata";

/// The manifest of a Feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Manifest {
    /// All of it, as it was served.
    pub(super) value: Value,
    pub(super) layer: Layer,
    /// The text of `devcontainer-feature.json`; older Features have it in the layer alone.
    pub(super) metadata: Option<String>,
}

/// The archive with a Feature's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) digest: Digest,
    /// In bytes.
    pub(super) size: u64,
}

/// A text that is no Feature's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is something else's.
    NotAFeature(String),
    /// It is no manifest.
    Malformed(String),
}

impl Manifest {
    /// Reads a manifest.
    pub(super) fn read(text: &[u8]) -> Result<Self, Fault> {
        let malformed = |reason: &str| Fault::Malformed(reason.to_owned());
        let value: Value =
            serde_json::from_slice(text).map_err(|error| Fault::Malformed(format!("it is no JSON: {error}")))?;
        if !value.is_object() {
            return Err(malformed("it is no manifest"));
        }
        let config = value.pointer("/config/mediaType").and_then(Value::as_str);
        if config != Some(CONFIG_TYPE) {
            return Err(Fault::NotAFeature(kind(&value, config)));
        }
        let first = value.pointer("/layers/0").ok_or_else(|| malformed("it has no layer"))?;
        let digest = first.get("digest").and_then(Value::as_str).ok_or_else(|| malformed("its layer has no digest"))?;
        let digest = digest.parse().map_err(|error| Fault::Malformed(format!("its layer's digest: {error}")))?;
        let size = first.get("size").and_then(Value::as_u64).ok_or_else(|| malformed("its layer has no size"))?;
        let metadata = value.get("annotations").and_then(|all| all.get(METADATA)).and_then(Value::as_str);
        Ok(Self { layer: Layer { digest, size }, metadata: metadata.map(str::to_owned), value })
    }
}

/// Says what is there instead.
fn kind(manifest: &Value, config: Option<&str>) -> String {
    match config {
        Some("application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json") => {
            "it is a container image".to_owned()
        }
        Some(other) => format!("its configuration is {}", other.chars().take(100).collect::<String>()),
        None if manifest.get("manifests").is_some() => "it is an index of images".to_owned(),
        None => "it says nothing of a configuration".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_reference_published_is_read() {
        let text = include_bytes!("../../integration/vectors/features/registry/tool.manifest.json");
        let manifest = Manifest::read(text).expect("a manifest");
        assert_eq!(
            Digest::of(text).to_string(),
            "sha256:5965903e1452bb2f59e17f8d65390aacb4cf42bd9a1bd976b32c8825d835e23a"
        );
        assert_eq!(manifest.layer.size, 3584);
        assert!(manifest.layer.digest.to_string().starts_with("sha256:bb9cc322"), "{manifest:?}");
        let metadata: Value = serde_json::from_str(&manifest.metadata.expect("metadata")).expect("JSON");
        assert_eq!(metadata["id"], "tool");
    }

    #[test]
    fn a_manifest_of_anything_else_is_told() {
        let layer = json!([{"digest": format!("sha256:{}", "0".repeat(64)), "size": 1}]);
        let own = json!({"mediaType": CONFIG_TYPE});
        for (manifest, part) in [
            (json!({"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}}), "it is a container image"),
            (json!({"config": {"mediaType": "application/x"}, "layers": layer}), "its configuration is application/x"),
            (json!({"manifests": []}), "it is an index"),
            (json!({"layers": layer}), "nothing of a configuration"),
            (json!({"config": own}), "no layer"),
            (json!({"config": own, "layers": []}), "no layer"),
            (json!({"config": own, "layers": [{"size": 1}]}), "no digest"),
            (json!({"config": own, "layers": [{"size": 1, "digest": "sha256:../../../etc/passwd"}]}), "is no digest"),
            (
                json!({"config": own, "layers": [{"size": -1, "digest": format!("sha256:{}", "0".repeat(64))}]}),
                "no size",
            ),
            (json!([]), "it is no manifest"),
            (json!("<html>"), "it is no manifest"),
        ] {
            match Manifest::read(manifest.to_string().as_bytes()) {
                Err(Fault::NotAFeature(reason) | Fault::Malformed(reason)) => {
                    assert!(reason.contains(part), "{reason}");
                }
                Ok(found) => panic!("{found:?}"),
            }
        }
        assert!(matches!(Manifest::read(b"<html>"), Err(Fault::Malformed(_))));
        let old = Manifest::read(json!({"config": own, "layers": layer}).to_string().as_bytes()).expect("a manifest");
        assert_eq!(old.metadata, None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _either = Manifest::read(&text);
        }
    }
}

//! The store against servers that answer as each test says.

mod kept;
mod logins;
mod requests;
mod server;
mod tarballs;

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use self::server::{Asked, Reply, Server};
use super::*;
use crate::devcontainer::feature::Named;

/// A Feature as it is published.
#[derive(Debug, Clone)]
struct Published {
    manifest: Vec<u8>,
    layer: Vec<u8>,
}

const METADATA: &str = r#"{"id":"tool","version":"1.2.3"}"#;

impl Published {
    fn new() -> Self {
        Self::of(&[("./devcontainer-feature.json", METADATA), ("./install.sh", "echo hi")], Some(METADATA))
    }

    fn of(files: &[(&str, &str)], annotation: Option<&str>) -> Self {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o755);
            builder.append_data(&mut header, path, text.as_bytes()).expect("added");
        }
        let layer = builder.into_inner().expect("ended");
        let mut manifest = json!({
            "schemaVersion": 2,
            "config": {"mediaType": "application/vnd.devcontainers", "digest": Digest::of(b"{}").to_string(), "size": 2},
            "layers": [{"mediaType": "application/vnd.devcontainers.layer.v1+tar", "size": layer.len(),
                        "digest": Digest::of(&layer).to_string()}],
        });
        if let Some(annotation) = annotation {
            manifest["annotations"] = json!({ "dev.containers.metadata": annotation });
        }
        Self { manifest: manifest.to_string().into_bytes(), layer }
    }

    fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    fn layer_path(&self) -> String {
        format!("/v2/acme/f/tool/blobs/{}", Digest::of(&self.layer))
    }

    /// Answers as a registry that knows this Feature alone, as `acme/f/tool:1` and by its digest.
    fn answer(&self, asked: &Asked) -> Reply {
        let path = asked.line.strip_prefix("GET ").unwrap_or_default();
        let by_digest = format!("/v2/acme/f/tool/manifests/{}", self.digest());
        if path == "/v2/acme/f/tool/manifests/1" || path == by_digest {
            assert_eq!(asked.accept, "application/vnd.oci.image.manifest.v1+json");
            Reply::new(200, self.manifest.clone()).with("Docker-Content-Digest", self.digest().to_string())
        } else if path == self.layer_path() {
            Reply::new(200, self.layer.clone())
        } else {
            Reply::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)
        }
    }
}

/// A machine with a home of its own.
struct Machine {
    folder: TempDir,
    around: Surroundings,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let around = Surroundings {
            cache: folder.path().join("cache"),
            repository: folder.path().join("repository"),
            top: folder.path().join("repository"),
            docker_config: folder.path().join("docker"),
            ..Surroundings::default()
        };
        Self { folder, around }
    }

    /// One that waits for nobody.
    fn impatient() -> Self {
        let (mut machine, silence) = (Self::new(), Duration::from_millis(300));
        machine.around.limits = Limits { silence, ..Limits::default() };
        machine
    }

    fn docker_config(&self, config: &serde_json::Value) {
        std::fs::create_dir_all(&self.around.docker_config).expect("made");
        std::fs::write(self.around.docker_config.join("config.json"), config.to_string()).expect("written");
    }

    /// Runs as one process would.
    async fn find(&self, written: &str) -> Result<Found, FetchError> {
        self.find_locked(written, None).await
    }

    async fn find_locked(&self, written: &str, locked: Option<&Digest>) -> Result<Found, FetchError> {
        let Named { id, .. } = FeatureId::read(written, ".devcontainer").expect(written);
        FeatureStore::new(self.around.clone()).find(&id, written, locked).await
    }

    /// Finds a Feature and gets its files, and returns what `install.sh` has in it.
    async fn install(&self, written: &str, locked: Option<&Digest>) -> Result<String, FetchError> {
        let found = self.find_locked(written, locked).await?;
        let content = FeatureStore::new(self.around.clone()).content(&found.source, written).await?;
        Ok(std::fs::read_to_string(content.path().join("install.sh")).unwrap_or_default())
    }
}

fn tool(server: &Server) -> String {
    format!("127.0.0.1:{}/acme/f/tool:1", server.port)
}

#[track_caller]
fn problem<T: std::fmt::Debug>(result: Result<T, FetchError>) -> String {
    result.expect_err("it fails").to_string()
}

//! Features in registries (OCI distribution specification): the manifest that a tag or a digest names, and the layer that it names.

use http::StatusCode;
use http::header::HeaderMap;
use tempfile::NamedTempFile;

use super::address;
use super::auth::{Asker, Repository, Wanted};
use super::digest::Digest;
use super::error::{ExpectedBy, Problem};
use super::explain::Explained;
use super::http::{Answer, Client};
use super::manifest::{self, Layer, Manifest};
use super::surroundings::Limits;

/// A manifest, and what it is called.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) manifest: Manifest,
    pub(super) digest: Digest,
    /// As it was served: the digest is that of these bytes.
    pub(super) text: Vec<u8>,
}

/// What a manifest has to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pin<'a> {
    pub(super) digest: &'a Digest,
    pub(super) by: ExpectedBy,
}

/// A registry's side of a Feature.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remote<'a> {
    pub(super) client: &'a Client,
    pub(super) asker: &'a Asker,
    pub(super) limits: Limits,
    pub(super) repository: &'a Repository,
}

impl Remote<'_> {
    /// Gets the manifest that has a digest, or the one that a tag names.
    pub(super) async fn manifest(&self, tag: &str, pin: Option<Pin<'_>>) -> Result<Served, Problem> {
        let version = pin.map_or_else(|| tag.to_owned(), |pin| pin.digest.to_string());
        let accept = Some(manifest::MEDIA_TYPE);
        let wanted = self.wanted(&format!("manifests/{version}"), accept, self.limits.small)?;
        let answer = self.get(&wanted).await?;
        let (request, headers) = (answer.request.clone(), answer.headers.clone());
        let text = answer.bytes(self.limits.manifest).await?;
        let digest = pin.map_or_else(|| Digest::of(&text), |pin| pin.digest.same_of(&text));
        let said = said(&headers);
        let of_registry = said.as_ref().filter(|said| said.is_like(&digest));
        let of_registry = of_registry.map(|digest| Pin { digest, by: ExpectedBy::Registry });
        for Pin { digest: expected, by } in pin.into_iter().chain(of_registry) {
            if *expected != digest {
                let subject = format!("the manifest of {}", self.repository);
                return Err(Problem::Digest { subject, actual: digest, expected: expected.clone(), by });
            }
        }
        let manifest = read(&text, &self.repository.to_string(), &request)?;
        Ok(Served { manifest, digest, text })
    }

    /// Gets a layer into a file.
    pub(super) async fn layer(&self, layer: &Layer, into: &NamedTempFile) -> Result<(), Problem> {
        let wanted = self.wanted(&format!("blobs/{}", layer.digest), None, self.limits.large)?;
        if layer.size > self.limits.layer {
            let reason = format!("its layer has {} bytes, and at most {} are taken", layer.size, self.limits.layer);
            return Err(Problem::NotAFeature { subject: self.repository.to_string(), reason });
        }
        let answer = self.get(&wanted).await?;
        let digest = answer.save(into, layer.digest.hasher(), layer.size).await?;
        if digest != layer.digest {
            let subject = format!("the layer of {}", self.repository);
            let (expected, by) = (layer.digest.clone(), ExpectedBy::Manifest);
            return Err(Problem::Digest { subject, actual: digest, expected, by });
        }
        Ok(())
    }

    fn wanted(&self, what: &str, accept: Option<&'static str>, within: std::time::Duration) -> Result<Wanted, Problem> {
        let Repository { registry, path } = self.repository;
        let path = format!("{path}/{what}");
        let of_hub = self.asker.hub().and_then(|hub| hub.address(registry, &path));
        let url = of_hub.unwrap_or_else(|| address::of_registry(registry, &path));
        let url = url.map_err(|reason| Problem::Answer { request: self.repository.to_string(), reason })?;
        Ok(Wanted { url, accept, within })
    }

    async fn get(&self, wanted: &Wanted) -> Result<Answer, Problem> {
        let answer = self.asker.get(self.client, self.repository, wanted).await?;
        if answer.status == StatusCode::OK { Ok(answer) } else { Err(Explained::read(answer).await.problem()) }
    }
}

/// Reads a manifest. `request` is what it answers, `subject` what it is of.
pub(super) fn read(text: &[u8], subject: &str, request: &str) -> Result<Manifest, Problem> {
    Manifest::read(text).map_err(|fault| match fault {
        manifest::Fault::NotAFeature(reason) => Problem::NotAFeature { subject: subject.to_owned(), reason },
        manifest::Fault::Malformed(reason) => Problem::Answer { request: request.to_owned(), reason },
    })
}

/// Returns the digest that a registry says a manifest has.
fn said(headers: &HeaderMap) -> Option<Digest> {
    headers.get("docker-content-digest")?.to_str().ok()?.parse().ok()
}

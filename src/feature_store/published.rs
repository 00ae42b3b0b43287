//! The way of a Feature from its registry, or from what is kept of it.

use super::archive::Members;
use super::auth::Repository;
use super::digest::Digest;
use super::error::{ExpectedBy, Problem};
use super::manifest::{Layer, Manifest};
use super::registry::{self, Pin, Remote, Served};
use super::{Content, FeatureStore, Found};
use crate::devcontainer::feature::{OciReference, Source, Version};

impl FeatureStore {
    /// Finds a Feature in its registry: not asked where a digest is known, and the manifest is there.
    pub(super) async fn find_in_registry(
        &self,
        reference: &OciReference,
        locked: Option<&Digest>,
    ) -> Result<Found, Problem> {
        let repository = repository(reference);
        let own =
            match &reference.version {
                Version::Digest(digest) => Some(digest.parse::<Digest>().map_err(|error| Problem::NotAFeature {
                    subject: reference.to_string(),
                    reason: error.to_string(),
                })?),
                Version::Tag(_) => None,
            };
        // Reference CLI: the lockfile's digest takes the place of whatever version the id has.
        let pin = locked.map(|digest| Pin { digest, by: ExpectedBy::Lockfile });
        let pin = pin.or_else(|| own.as_ref().map(|digest| Pin { digest, by: ExpectedBy::Id }));
        // Who may have what a hub has is what the hub is for: it is asked each time, and what others were given stands in for nothing.
        let is_hubs = self.around.is_hubs(&reference.registry);
        if !is_hubs
            && let Some(Pin { digest, .. }) = pin
            && let Some(served) = self.kept(&repository, digest)?
        {
            return self.found(reference, served, Vec::new()).await;
        }
        let (name, remote) = (reference.to_string(), self.remote(&repository).await?);
        match (remote.manifest(reference.version.as_str(), pin).await, pin) {
            (Ok(served), pin) => {
                let mut notes = Vec::new();
                let noted = if pin.is_none() && !is_hubs { self.known.put(&name, &served.digest) } else { Ok(()) };
                let kept = self.blobs.write(&served.digest, &served.text).and(noted);
                notes.extend(kept.err().map(|problem| format!("Feature {name} is not kept: {problem}")));
                self.found(reference, served, notes).await
            }
            (Err(problem), None) if problem.is_passing() && !is_hubs => {
                let known = self.known.get(&name);
                let kept = known.map(|digest| self.kept(&repository, &digest)).transpose()?.flatten();
                let served = kept.ok_or(problem)?;
                let note =
                    format!("{} cannot be reached: {name} is taken as it was, {}", reference.registry, served.digest);
                self.found(reference, served, vec![note]).await
            }
            (Err(problem), _) => Err(problem),
        }
    }

    /// Gets the files of a Feature whose manifest is known.
    pub(super) async fn layer_content(
        &self,
        reference: &OciReference,
        manifest: &serde_json::Value,
    ) -> Result<Content, Problem> {
        let text = serde_json::to_vec(manifest).unwrap_or_default();
        let Manifest { layer, .. } = registry::read(&text, &reference.to_string(), &reference.to_string())?;
        self.unpack_layer(reference, &layer).await
    }

    async fn found(&self, reference: &OciReference, served: Served, notes: Vec<String>) -> Result<Found, Problem> {
        let Served { manifest, digest, .. } = served;
        let metadata = if let Some(metadata) = manifest.metadata {
            metadata
        } else {
            let content = self.unpack_layer(reference, &manifest.layer).await?;
            super::local::metadata(content.path(), &reference.to_string())?
        };
        let source = Source::Oci { reference: reference.clone(), digest: digest.to_string(), manifest: manifest.value };
        Ok(Found { source, metadata, notes })
    }

    async fn unpack_layer(&self, reference: &OciReference, layer: &Layer) -> Result<Content, Problem> {
        if let Some(file) = self.open(&layer.digest).await? {
            return self.unpack(file, Members::All, reference.to_string()).await;
        }
        let file = self.blobs.new_file()?;
        self.remote(&repository(reference)).await?.layer(layer, &file).await?;
        self.keep_and_unpack(&layer.digest, file, Members::All, reference.to_string()).await
    }

    /// Returns a manifest that was fetched before.
    fn kept(&self, repository: &Repository, digest: &Digest) -> Result<Option<Served>, Problem> {
        let Some(text) = self.blobs.read(digest, self.around.limits.manifest)? else { return Ok(None) };
        let subject = repository.to_string();
        let manifest = registry::read(&text, &subject, &subject)?;
        Ok(Some(Served { manifest, digest: digest.clone(), text }))
    }

    async fn remote<'a>(&'a self, repository: &'a Repository) -> Result<Remote<'a>, Problem> {
        let (client, asker, limits) = (self.client().await?, &self.asker, self.around.limits);
        Ok(Remote { client, asker, limits, repository })
    }
}

fn repository(reference: &OciReference) -> Repository {
    Repository { registry: reference.registry.clone(), path: reference.path.clone() }
}

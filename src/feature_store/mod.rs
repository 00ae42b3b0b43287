//! Features from wherever they are: a registry, an address, the repository. What was fetched is kept under its digest, so that it is fetched
//! once.
//!
//! A tag is asked for each time, as the reference does; what it named before stands in while its registry cannot be reached, with a note. What
//! a digest names, from an id or a lockfile, is asked for only where it is not there yet. Which Features there have to be is not decided here:
//! that is [`crate::devcontainer::feature`].

mod address;
mod archive;
mod auth;
mod blobs;
mod digest;
mod error;
mod explain;
mod http;
mod known;
mod links;
mod local;
mod lockfile;
mod loopback;
mod manifest;
mod published;
mod registry;
mod resolve;
mod surroundings;
mod tarball;
#[cfg(test)]
mod tests;
mod tree;

use std::fs::File;
use std::path::Path;

use tempfile::{NamedTempFile, TempDir};
use tokio::sync::OnceCell;

use archive::Members;
use auth::Asker;
use blobs::Blobs;
pub use digest::{Digest, InvalidDigest};
pub use error::{ExpectedBy, Fault, FetchError, Problem};
use http::Client;
use known::Known;
pub use lockfile::{LockfileError, read as read_lockfile, write as write_lockfile};
pub use loopback::Loopback;
pub use resolve::{Reach, Resolution};
pub use surroundings::{Limits, Network, Surroundings};

use crate::devcontainer::feature::{FeatureId, LocalFeature, Source};

/// Gets Features, and keeps them.
#[derive(Debug)]
pub struct FeatureStore {
    around: Surroundings,
    blobs: Blobs,
    known: Known,
    asker: Asker,
    /// Made when the first request is: most runs need none.
    client: OnceCell<Client>,
}

/// A Feature that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where it was found.
    pub source: Source,
    /// Its devcontainer-feature.json.
    pub metadata: String,
    /// Things a person should know.
    pub notes: Vec<String>,
}

/// A Feature's files, in a folder of this run's own. Dropping it removes them.
#[derive(Debug)]
pub struct Content {
    folder: TempDir,
}

impl Content {
    /// Returns the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl FeatureStore {
    /// Returns a store, and sweeps what killed runs have left in its folder. Nothing is sent yet.
    pub fn new(around: Surroundings) -> Self {
        let blobs = Blobs::new(around.cache.clone());
        blobs.sweep();
        let known = Known::new(around.cache.join("names"));
        Self { asker: Asker::new(around.clone()), around, blobs, known, client: OnceCell::new() }
    }

    /// Finds a Feature: what it is today, or what `integrity` in a lockfile says that it is. `written` is its id as a person knows it.
    pub async fn find(&self, id: &FeatureId, written: &str, locked: Option<&Digest>) -> Result<Found, FetchError> {
        let found = match id {
            FeatureId::Local(feature) => self.find_local(feature),
            FeatureId::Tarball(feature) => self.find_tarball(feature, locked).await,
            FeatureId::Oci(reference) => self.find_in_registry(reference, locked).await,
        };
        found.map_err(|problem| problem.of(written))
    }

    /// Gets the files of a Feature that was found.
    pub async fn content(&self, source: &Source, written: &str) -> Result<Content, FetchError> {
        let content = match source {
            Source::Local(feature) => self.copy_local(feature).await,
            Source::Tarball { feature, digest } => self.tarball_content(feature, digest).await,
            Source::Oci { reference, manifest, .. } => self.layer_content(reference, manifest).await,
        };
        content.map_err(|problem| problem.of(written))
    }

    fn find_local(&self, feature: &LocalFeature) -> Result<Found, Problem> {
        let folder = local::find(&self.around.repository, &self.around.top, feature.folder())?;
        let metadata = local::metadata(&folder, feature.folder())?;
        Ok(Found { source: Source::Local(feature.clone()), metadata, notes: Vec::new() })
    }

    async fn copy_local(&self, feature: &LocalFeature) -> Result<Content, Problem> {
        let (folder, path) =
            (local::find(&self.around.repository, &self.around.top, feature.folder())?, feature.folder().to_owned());
        let into = self.blobs.new_folder()?;
        blocking(move || {
            local::copy(&folder, into.path(), tree::BOUNDS, &path)?;
            Ok(Content { folder: into })
        })
        .await
    }

    /// Opens what has a digest, looked at again from its beginning to its end.
    async fn open(&self, digest: &Digest) -> Result<Option<File>, Problem> {
        let (blobs, digest) = (self.blobs.clone(), digest.clone());
        blocking(move || blobs.open(&digest)).await
    }

    async fn unpack(&self, file: File, members: Members, subject: String) -> Result<Content, Problem> {
        let folder = self.blobs.new_folder()?;
        blocking(move || {
            archive::unpack(file, folder.path(), members, tree::BOUNDS, &subject)?;
            Ok(Content { folder })
        })
        .await
    }

    /// Unpacks what was just fetched, and keeps it if that can be done.
    async fn keep_and_unpack(
        &self,
        digest: &Digest,
        fetched: NamedTempFile,
        members: Members,
        subject: String,
    ) -> Result<Content, Problem> {
        let content =
            self.unpack(fetched.reopen().map_err(Problem::disk("read", fetched.path()))?, members, subject).await?;
        let (blobs, digest) = (self.blobs.clone(), digest.clone());
        blocking(move || blobs.keep(&digest, fetched)).await?;
        Ok(content)
    }

    async fn client(&self) -> Result<&Client, Problem> {
        let (network, limits, hub) = (self.around.network.clone(), self.around.limits, self.around.hub.clone());
        self.client.get_or_try_init(|| blocking(move || Client::new(&network, limits, hub))).await
    }
}

/// Does what takes a while and awaits nothing, where it holds up no other task.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Problem::Setting { what: "a thread", reason: error.to_string() }),
    }
}

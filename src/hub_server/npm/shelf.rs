//! Where npm's packages are kept: a folder each in the hub's volume, a tarball for each version, and one document. Whole or not there.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use super::document::{Document, Release, Unfit};
use super::request::Version;
use crate::github::hub::PackageName;
use crate::home::write_whole;

/// The largest `package.json`, in bytes.
const MAX_MANIFEST: u64 = 1024 * 1024;

/// Every package of npm's.
#[derive(Debug)]
pub(in crate::hub_server) struct Shelf {
    folder: PathBuf,
    /// Whoever publishes holds it: two at once would lose a version, and each holds a whole tarball.
    publishing: Mutex<()>,
}

/// Why something is not put there.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    /// It does not fit.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The disk.
    #[error("the hub's storage does not take it: {0}")]
    Disk(#[from] std::io::Error),
}

impl Shelf {
    /// Returns the shelf in the hub's folder.
    pub(in crate::hub_server) fn new(data: &Path) -> Self {
        Self { folder: data.join("npm"), publishing: Mutex::new(()) }
    }

    /// Waits until nobody publishes.
    pub(super) async fn publishing(&self) -> MutexGuard<'_, ()> {
        self.publishing.lock().await
    }

    /// Returns what is known of a package; nothing where it has no version.
    pub(super) fn document(&self, name: &PackageName) -> std::io::Result<Option<Document>> {
        match std::fs::read(self.of(name).join("document.json")) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the file of a version's tarball.
    pub(super) fn tarball(&self, name: &PackageName, version: &Version) -> PathBuf {
        self.of(name).join(format!("{}.tgz", version.as_str()))
    }

    /// Adds a version. Whoever calls this is [`Self::publishing`].
    pub(super) fn add(&self, name: &PackageName, release: &Release, now: &str) -> Result<(), ShelfError> {
        let mut document = self.document(name)?.unwrap_or_default();
        document.add(release, now)?;
        std::fs::create_dir_all(self.of(name))?;
        // A tarball that nothing tells of is written over by the next one.
        let keep = |path: &Path, bytes: &[u8]| write_whole(path, bytes).map_err(std::io::Error::other);
        keep(&self.tarball(name, &release.version), &release.tarball)?;
        keep(&self.of(name).join("document.json"), &serde_json::to_vec(&document).map_err(std::io::Error::other)?)?;
        Ok(())
    }

    /// Names have nothing in them that a path could be led astray by.
    fn of(&self, name: &PackageName) -> PathBuf {
        self.folder.join(name.owner()).join(name.name())
    }
}

/// Reads a release of the tarball that `npm pack` makes: its `package.json` lies in its only folder.
pub(super) fn release(name: &PackageName, tarball: Vec<u8>) -> Result<Release, Unfit> {
    let manifest = manifest(&tarball).ok_or(Unfit::Malformed("it is no tarball of `npm pack`"))?;
    Release::new(name, manifest, vec!["latest".to_owned()], tarball)
}

fn manifest(tarball: &[u8]) -> Option<Value> {
    let mut archive = tar::Archive::new(GzDecoder::new(tarball));
    for entry in archive.entries().ok()? {
        let entry = entry.ok()?;
        let path = entry.path().ok()?.into_owned();
        if path.components().count() == 2 && path.file_name().is_some_and(|file| file == "package.json") {
            let mut text = String::new();
            entry.take(MAX_MANIFEST).read_to_string(&mut text).ok()?;
            return serde_json::from_str(&text).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(path: &str, text: &str) -> Vec<u8> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes()).expect("appended");
        tar.into_inner().and_then(GzEncoder::finish).expect("packed")
    }

    #[test]
    fn what_npm_packed_is_kept_and_there_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path());
        let name = PackageName::of_npm("@acme/lib").expect("a name");
        assert_eq!(shelf.document(&name).expect("read"), None);
        let text = r#"{"name": "@acme/lib", "version": "1.0.0"}"#;
        let one = release(&name, packed("package/package.json", text)).expect("a release");
        shelf.add(&name, &one, "now").expect("added");
        assert!(matches!(shelf.add(&name, &one, "now"), Err(ShelfError::Unfit(Unfit::Exists))));
        let again = Shelf::new(folder.path()).document(&name).expect("read").expect("there");
        assert!(again.has(&one.version));
        assert_eq!(std::fs::read(shelf.tarball(&name, &one.version)).expect("there"), one.tarball);
    }

    #[test]
    fn what_npm_did_not_pack_is_no_package() {
        let name = PackageName::of_npm("@acme/lib").expect("a name");
        let other = packed("package/other.json", "{}");
        for bytes in [Vec::new(), b"text".to_vec(), other, packed("package/package.json", "{")] {
            assert!(release(&name, bytes).is_err());
        }
    }
}

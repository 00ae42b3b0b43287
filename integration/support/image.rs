//! An image of a test's own.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::{NEXT, docker};

/// An image; it goes when this is dropped. Made before the sandbox whose codespaces use it, so that it goes after them.
#[derive(Debug)]
pub(crate) struct Image(pub(crate) String);

impl Image {
    /// Builds an image from a Dockerfile and the files that it copies.
    pub(crate) fn build(dockerfile: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        write("Dockerfile", dockerfile);
        for (name, text) in files {
            write(name, text);
        }
        let tag = format!("localspace-test/i{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path: &Path = folder.path();
        let _built = docker(&["build", "-q", "-t", &tag, &path.display().to_string()]).expect(0);
        Self(tag)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _gone = docker(&["rmi", &self.0]);
    }
}

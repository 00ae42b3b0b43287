//! Which digest a tag or an address had when it was last asked for: what stands in while its server cannot be reached.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::blobs::make_folder;
use super::digest::Digest;
use super::error::Problem;
use crate::home::write_whole;

/// One file per name: two processes that learn different names at once do not undo each other's.
#[derive(Debug, Clone)]
pub(super) struct Known {
    folder: PathBuf,
}

/// What a file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    version: u32,
    /// The tag or address.
    name: String,
    digest: String,
}

/// The form of these files.
const VERSION: u32 = 1;

impl Known {
    /// Returns the ones in `folder`, which need not be there yet.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns the digest that `name` had, if that is known. A file that cannot be read, or is of another form, knows nothing.
    pub(super) fn get(&self, name: &str) -> Option<Digest> {
        let text = std::fs::read_to_string(self.path(name)).ok()?;
        let entry: Entry = serde_json::from_str(&text).ok()?;
        (entry.version == VERSION && entry.name == name).then(|| entry.digest.parse().ok()).flatten()
    }

    /// Notes the digest that `name` has now.
    pub(super) fn put(&self, name: &str, digest: &Digest) -> Result<(), Problem> {
        if self.get(name).as_ref() == Some(digest) {
            return Ok(());
        }
        make_folder(&self.folder)?;
        let entry = Entry { version: VERSION, name: name.to_owned(), digest: digest.to_string() };
        let text = serde_json::to_string(&entry).unwrap_or_default();
        write_whole(&self.path(name), text.as_bytes())?;
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(Digest::of(name.as_bytes()).hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_digest_that_was_seen_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let known = Known::new(folder.path().join("tags"));
        assert_eq!(known.get("ghcr.io/a/b:1"), None);
        for content in [&b"one"[..], b"two", b"two"] {
            known.put("ghcr.io/a/b:1", &Digest::of(content)).expect("noted");
            assert_eq!(known.get("ghcr.io/a/b:1"), Some(Digest::of(content)));
        }
        assert_eq!(known.get("ghcr.io/a/b:2"), None);
        assert_eq!(std::fs::read_dir(&known.folder).expect("there").count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_read_knows_nothing_and_is_written_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let known = Known::new(folder.path().to_owned());
        let digest = Digest::of(b"x");
        for text in
            ["", "{", r#"{"version":2,"name":"a","digest":"x"}"#, r#"{"version":1,"name":"a","digest":"sha256:../x"}"#]
        {
            std::fs::write(known.path("a"), text).expect("written");
            assert_eq!(known.get("a"), None, "{text}");
            known.put("a", &digest).expect("noted");
            assert_eq!(known.get("a"), Some(digest.clone()));
        }
    }
}

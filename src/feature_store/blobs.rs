//! What was fetched, kept under its digest: `<algorithm>/<digits>`, whole or not there, and looked at again before it is used.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::{NamedTempFile, TempDir};

use super::digest::Digest;
use super::error::Problem;

/// After which time what a run left is swept: one that was killed, for no download takes that long.
const LEFT: Duration = Duration::from_hours(24);

/// A folder of content under its digest.
#[derive(Debug, Clone)]
pub(super) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// Returns the ones in `folder`, which need not be there yet.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Opens what has a digest. What is there and has another one is removed, as if it had never been fetched.
    pub(super) fn open(&self, digest: &Digest) -> Result<Option<File>, Problem> {
        let path = self.path(digest);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Problem::disk("open", &path)(error)),
        };
        let is_whole = file.metadata().is_ok_and(|about| about.is_file())
            && digest.same_of_reader(&mut file).map_err(Problem::disk("read", &path))? == *digest;
        if is_whole {
            file.rewind().map_err(Problem::disk("read", &path))?;
            return Ok(Some(file));
        }
        match std::fs::remove_file(&path) {
            // Another process saw it too.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Problem::disk("remove", &path)(error)),
            Ok(()) | Err(_) => Ok(None),
        }
    }

    /// Reads what has a digest, where it is there and has at most `limit` bytes.
    pub(super) fn read(&self, digest: &Digest, limit: u64) -> Result<Option<Vec<u8>>, Problem> {
        let Some(file) = self.open(digest)? else { return Ok(None) };
        let mut content = Vec::new();
        file.take(limit).read_to_end(&mut content).map_err(Problem::disk("read", &self.path(digest)))?;
        Ok(Some(content))
    }

    /// Keeps content under its digest.
    pub(super) fn write(&self, digest: &Digest, content: &[u8]) -> Result<(), Problem> {
        let mut file = self.new_file()?;
        std::io::Write::write_all(&mut file, content).map_err(Problem::disk("write", file.path()))?;
        self.keep(digest, file)
    }

    /// Keeps a file under its digest, which it has.
    pub(super) fn keep(&self, digest: &Digest, file: NamedTempFile) -> Result<(), Problem> {
        let path = self.path(digest);
        make_folder(path.parent().unwrap_or(&self.folder))?;
        file.as_file().sync_all().map_err(Problem::disk("write", &path))?;
        // Two processes may do so at once: what they put there is the same.
        file.persist(&path).map_err(|error| Problem::disk("write", &path)(error.error))?;
        Ok(())
    }

    /// Returns a file for what is being fetched; it goes when it is not kept.
    pub(super) fn new_file(&self) -> Result<NamedTempFile, Problem> {
        let folder = self.work()?;
        NamedTempFile::new_in(&folder).map_err(Problem::disk("write in", &folder))
    }

    /// Returns a folder for what is being unpacked; it goes when it is dropped.
    pub(super) fn new_folder(&self) -> Result<TempDir, Problem> {
        let folder = self.work()?;
        TempDir::new_in(&folder).map_err(Problem::disk("write in", &folder))
    }

    /// Removes what killed processes have left.
    pub(super) fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(self.folder.join("work")) else { return };
        let is_left = |entry: &std::fs::DirEntry| {
            let changed = entry.metadata().and_then(|about| about.modified());
            changed.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > LEFT))
        };
        for entry in entries.flatten().filter(is_left) {
            // What cannot be removed is in nobody's way.
            let _gone = std::fs::remove_file(entry.path()).or_else(|_| std::fs::remove_dir_all(entry.path()));
        }
    }

    fn work(&self) -> Result<PathBuf, Problem> {
        let folder = self.folder.join("work");
        make_folder(&folder)?;
        Ok(folder)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.algorithm()).join(digest.hex())
    }
}

pub(super) fn make_folder(path: &Path) -> Result<(), Problem> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Problem::disk("make", path))
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;

    use super::*;

    fn blobs() -> (TempDir, Blobs) {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = Blobs::new(folder.path().join("a/b"));
        (folder, blobs)
    }

    #[test]
    fn content_is_found_by_its_digest() {
        let (_folder, blobs) = blobs();
        let digest = Digest::of(b"content");
        assert_eq!(blobs.read(&digest, 100).expect("looked"), None);
        blobs.write(&digest, b"content").expect("written");
        blobs.write(&digest, b"content").expect("written twice");
        assert_eq!(blobs.read(&digest, 100).expect("looked").as_deref(), Some(&b"content"[..]));
        assert_eq!(std::fs::read_dir(blobs.folder.join("work")).expect("there").count(), 0);
    }

    #[test]
    fn content_that_was_changed_is_not_there() {
        let (_folder, blobs) = blobs();
        let digest = Digest::of(b"content");
        for other in [&b"c0ntent"[..], b"", b"content\n"] {
            blobs.write(&digest, other).expect("written");
            assert_eq!(blobs.read(&digest, 100).expect("looked"), None);
            assert!(!blobs.path(&digest).exists());
        }
    }

    #[test]
    fn what_cannot_be_looked_at_is_told() {
        let (_folder, blobs) = blobs();
        let digest = Digest::of(b"content");
        std::fs::create_dir_all(blobs.path(&digest)).expect("made");
        assert!(matches!(blobs.open(&digest), Err(Problem::Disk { .. })));
        std::fs::write(blobs.folder.join("work"), "").expect("written");
        assert!(matches!(blobs.new_file(), Err(Problem::Disk { operation: "make", .. })));
    }

    #[test]
    fn what_a_killed_process_left_is_swept_and_what_runs_is_not() {
        let (_folder, blobs) = blobs();
        let (kept, folder) = (blobs.new_file().expect("made"), blobs.new_folder().expect("made"));
        let left = blobs.new_file().expect("made");
        let old = SystemTime::now() - 2 * LEFT;
        left.as_file().set_times(FileTimes::new().set_modified(old)).expect("set");
        blobs.sweep();
        assert!(kept.path().exists() && folder.path().exists() && !left.path().exists());
    }
}

//! A tree of files looked through for secrets: in what its files hold, their attributes, what they are called, and where
//! its links lead.

use std::collections::{BTreeSet, HashSet};
use std::ffi::CStr;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, SeekFrom, lgetxattr, llistxattr, open, seek};
use rustix::io::Errno;

use super::{TreeError, fail};
use crate::redact::{Content, Held, Hit, Places, Searcher};

/// How much is read at a time, in bytes.
const PIECE: usize = 256 * 1024;

/// How many files are named that could not be looked through.
const MOST_UNREAD: usize = 20;

/// What was found in trees.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Scanned {
    /// The places.
    pub found: Vec<Found>,
    /// How many there are of each secret.
    pub places: Places,
    /// Files that were not looked through to their end: which tree, and the path in it.
    pub unread: Vec<(usize, String)>,
    /// How many bytes were read.
    pub bytes: u64,
}

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Found {
    /// Which tree.
    pub tree: usize,
    /// The file's path in it.
    pub path: String,
    /// The secret, and its form.
    pub hit: Hit,
    /// When it was written, and when anything of it was changed, in seconds since 1970.
    pub changed: [f64; 2],
}

impl Scanned {
    /// Looks through a folder.
    pub fn scan(&mut self, tree: usize, folder: &Path, searcher: &Searcher) -> Result<(), TreeError> {
        let mut open = vec![folder.to_owned()];
        let mut known = HashSet::new();
        let mut buffer = vec![0; PIECE];
        while let Some(path) = open.pop() {
            let about = path.symlink_metadata().map_err(fail("read", &path))?;
            if about.nlink() > 1 && !about.is_dir() && !known.insert((about.dev(), about.ino())) {
                continue;
            }
            let inside = path.strip_prefix(folder).unwrap_or(&path);
            let Held { mut hits, is_whole } = self.content(&path, &about, searcher, &mut buffer)?;
            if !is_whole && self.unread.len() < MOST_UNREAD {
                self.unread.push((tree, inside.display().to_string()));
            }
            hits.extend(attributes(&path, searcher, &mut buffer));
            hits.extend(searcher.hits_in(path.file_name().unwrap_or_default().as_bytes()));
            self.add(tree, inside, &about, hits);
            if about.is_dir() {
                let entries = std::fs::read_dir(&path).map_err(fail("read", &path))?;
                let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
                open.extend(paths.map_err(fail("read", &path))?);
            }
        }
        Ok(())
    }

    fn add(&mut self, tree: usize, path: &Path, about: &Metadata, hits: BTreeSet<Hit>) {
        #[allow(clippy::cast_precision_loss, reason = "a time to the microsecond is enough")]
        let time = |seconds: i64, nanoseconds: i64| seconds as f64 + nanoseconds as f64 / 1e9;
        let changed = [time(about.mtime(), about.mtime_nsec()), time(about.ctime(), about.ctime_nsec())];
        for hit in hits {
            if self.places.is_one_of_few(&hit.secret) {
                self.found.push(Found { tree, path: path.display().to_string(), hit, changed });
            }
        }
    }

    fn content(
        &mut self,
        path: &Path,
        about: &Metadata,
        searcher: &Searcher,
        buffer: &mut [u8],
    ) -> Result<Held, TreeError> {
        let mut content = searcher.content();
        if about.is_symlink() {
            let target = std::fs::read_link(path).map_err(fail("read", path))?;
            content.read(target.as_os_str().as_bytes());
        } else if about.is_file() && about.size() > 0 {
            self.bytes += file(path, about, &mut content, buffer).map_err(fail("read", path))?;
        }
        Ok(content.finish())
    }
}

/// Reads a file, but for its holes; returns how many bytes that was.
fn file(path: &Path, about: &Metadata, content: &mut Content<'_>, buffer: &mut [u8]) -> std::io::Result<u64> {
    let mut reading = File::from(open(path, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?);
    let has_holes = about.blocks().saturating_mul(512) < about.size();
    let (mut at, mut done) = (0, 0);
    loop {
        if has_holes {
            match seek(&reading, SeekFrom::Data(at)) {
                Ok(start) => at = start,
                Err(Errno::NXIO) => return Ok(done),
                // This file system knows no holes.
                Err(_) => _ = seek(&reading, SeekFrom::Start(at))?,
            }
        }
        let read = reading.read(buffer)?;
        if read == 0 {
            return Ok(done);
        }
        content.read(buffer.get(..read).unwrap_or_default());
        (at, done) = (at + read as u64, done + read as u64);
    }
}

/// Looks through the extended attributes of what is at a path. Those that cannot be read, a copy does not have either.
fn attributes(path: &Path, searcher: &Searcher, buffer: &mut [u8]) -> BTreeSet<Hit> {
    let length = llistxattr(path, &mut *buffer).unwrap_or(0);
    let names = buffer.get(..length).unwrap_or_default().to_vec();
    let mut hits = BTreeSet::new();
    for name in names.split_inclusive(|byte| *byte == 0).filter_map(|name| CStr::from_bytes_with_nul(name).ok()) {
        hits.extend(searcher.hits_in(name.to_bytes()));
        let length = lgetxattr(path, name, &mut *buffer).unwrap_or(0);
        hits.extend(searcher.hits_in(buffer.get(..length).unwrap_or_default()));
    }
    hits
}

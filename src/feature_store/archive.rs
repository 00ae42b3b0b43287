//! Unpacks the archive of a Feature: a tar, as the reference publishes it, or a gzip of one, as its name says. Nobody vouches for what is in it.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::error::Problem;
use super::tree::{Bounds, Fault, Tree};

/// The longest name that is given in an entry of its own, in bytes.
const LONGEST_NAME: u64 = 64 * 1024;

/// Which entries are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// None.
    All,
    /// Those whose path begins with `./.` (reference CLI: of a tarball at an address).
    WithoutHidden,
}

/// Unpacks what `file` holds into an empty folder. `subject` is what it is called.
pub(super) fn unpack(file: File, into: &Path, members: Members, bounds: Bounds, subject: &str) -> Result<(), Problem> {
    let mut reader = BufReader::new(file);
    let archive = |reason| Problem::Archive { subject: subject.to_owned(), reason };
    let is_gzip = reader.fill_buf().map_err(|error| archive(error.to_string()))?.starts_with(&[0x1f, 0x8b]);
    let result = if is_gzip {
        entries(MultiGzDecoder::new(reader), into, members, bounds)
    } else {
        entries(reader, into, members, bounds)
    };
    result.map_err(|fault| match fault {
        Broken::Reading(error) => archive(format!("it is damaged: {error}")),
        Broken::Entry { path, fault: Fault::Refused(reason) } => archive(format!("{}: {reason}", path.display())),
        Broken::Entry { path, fault: Fault::Disk(error) } => match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                archive(format!("{}: it is damaged: {error}", path.display()))
            }
            _ => Problem::disk("write", &into.join(path))(error),
        },
    })
}

#[derive(Debug)]
enum Broken {
    Reading(io::Error),
    Entry { path: PathBuf, fault: Fault },
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Reading(error)
    }
}

/// What entries say of the next one, whose own head has no room for it.
#[derive(Debug, Default)]
struct Ahead {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

/// Reads entry by entry as they lie there. (The crate's own reading would take names of any size into memory.)
fn entries(reader: impl Read, into: &Path, members: Members, bounds: Bounds) -> Result<(), Broken> {
    // Heads count for as much as the largest name, so that entries without content come to an end too.
    let room = bounds.bytes.saturating_add(bounds.entries as u64 * 4096);
    let mut archive = Archive::new(reader.take(room));
    let mut tree = Tree::new(into, bounds);
    let mut ahead = Ahead::default();
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        match entry.header().entry_type() {
            EntryType::GNULongName => ahead.path = Some(long_name(&mut entry)?),
            EntryType::GNULongLink => ahead.target = Some(long_name(&mut entry)?),
            EntryType::XHeader => ahead.read(&mut entry)?,
            EntryType::XGlobalHeader => {}
            kind => {
                let this = std::mem::take(&mut ahead);
                let path = this.path.unwrap_or_else(|| entry.path_bytes().into_owned());
                if members == Members::WithoutHidden && path.starts_with(b"./.") {
                    continue;
                }
                let target = this.target.or_else(|| entry.link_name_bytes().map(std::borrow::Cow::into_owned));
                let path = PathBuf::from(OsStr::from_bytes(&path));
                let target = PathBuf::from(OsStr::from_bytes(&target.unwrap_or_default()));
                let written = write(&mut tree, &mut entry, kind, &path, &target);
                written.map_err(|fault| Broken::Entry { path, fault })?;
            }
        }
    }
    Ok(())
}

fn write(
    tree: &mut Tree<'_>,
    entry: &mut Entry<'_, impl Read>,
    kind: EntryType,
    path: &Path,
    target: &Path,
) -> Result<(), Fault> {
    match kind {
        EntryType::Regular | EntryType::Continuous => {
            // A file's content ends with the archive where that is cut off: its length says so.
            let (mode, expected) = (entry.header().mode()?, entry.header().entry_size()?);
            let mut content = Counted { inner: entry, count: 0 };
            tree.file(path, mode, &mut content)?;
            if content.count < expected {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            Ok(())
        }
        EntryType::Directory => tree.folder(path),
        EntryType::Symlink => tree.link(path, target),
        EntryType::Link => tree.copy(path, target),
        _ => Err(Fault::Refused("it is no file, folder or link".to_owned())),
    }
}

struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

/// Reads a name that has an entry of its own, up to its end.
fn long_name(entry: &mut Entry<'_, impl Read>) -> io::Result<Vec<u8>> {
    let mut name = whole(entry)?;
    name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
    Ok(name)
}

fn whole(entry: &mut Entry<'_, impl Read>) -> io::Result<Vec<u8>> {
    if entry.header().entry_size()? > LONGEST_NAME {
        return Err(io::Error::other(format!("a name has more than {LONGEST_NAME} bytes")));
    }
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    Ok(content)
}

impl Ahead {
    fn read(&mut self, entry: &mut Entry<'_, impl Read>) -> io::Result<()> {
        let content = whole(entry)?;
        for extension in PaxExtensions::new(&content) {
            let extension = extension?;
            match extension.key_bytes() {
                b"path" => self.path = Some(extension.value_bytes().to_vec()),
                b"linkpath" => self.target = Some(extension.value_bytes().to_vec()),
                // Only what is larger than is taken has one.
                b"size" | b"GNU.sparse.major" => return Err(io::Error::other("an entry is too large, or has holes")),
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

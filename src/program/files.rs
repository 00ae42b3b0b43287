//! What a container is given, as a tar stream that nobody holds whole.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::Stream;
use tokio_util::io::{ReaderStream, SyncIoBridge};

/// How much waits to be sent, in bytes.
const WAITING: usize = 256 * 1024;

/// A file for the container, root's own.
#[derive(Debug)]
pub enum Entry {
    /// A folder.
    Folder(&'static str),
    /// A file of this machine, that may be run.
    Program(PathBuf, String),
    /// A text that nobody else may read.
    Private(String, Vec<u8>),
}

/// Returns the tar of these files.
pub fn tar(entries: Vec<Entry>) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    let (ours, theirs) = tokio::io::duplex(WAITING);
    let ours = SyncIoBridge::new(ours);
    // Where it breaks off, the engine says that the tar has no end.
    tokio::task::spawn_blocking(move || write(entries, ours));
    ReaderStream::new(theirs)
}

fn write(entries: Vec<Entry>, out: impl io::Write) -> io::Result<()> {
    let mut tar = tar::Builder::new(out);
    for entry in entries {
        match entry {
            Entry::Folder(path) => {
                tar.append_data(&mut header(tar::EntryType::Directory, 0o755, 0), path, io::empty())?;
            }
            Entry::Private(path, text) => {
                let mut header = header(tar::EntryType::Regular, 0o600, text.len() as u64);
                tar.append_data(&mut header, path, text.as_slice())?;
            }
            Entry::Program(from, path) => {
                let file = File::open(from)?;
                let mut header = header(tar::EntryType::Regular, 0o755, file.metadata()?.len());
                tar.append_data(&mut header, path, file)?;
            }
        }
    }
    tar.into_inner()?.flush()
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

//! A clone, or a build's context, as a tar stream that nobody holds whole.
//!
//! What is in it is what git takes for the same: contents, modes, links to the byte, and names that need not be text. Formats are GNU's,
//! which the engine reads, for what is too long for a plain header.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::{mpsc, oneshot};

use super::remote_user::RemoteUser;
use crate::devcontainer::DockerIgnore;

/// How much is sent at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// How many chunks wait to be sent.
const WAITING: usize = 4;

/// The longest target of a link that a header holds, in bytes.
const HEADER_LINK: usize = 100;

/// What became of a tar: the files that are not in it, or why it ends too soon.
pub(super) type Packed = oneshot::Receiver<Result<Vec<PathBuf>>>;

/// A folder as a tar.
#[derive(Debug)]
pub(super) struct Tar {
    /// Folders, and what each is called in the tar; empty where its content stands at the top.
    folders: Vec<(PathBuf, PathBuf)>,
    owner: (u64, u64),
    /// What is left out, by the path in the tar.
    ignore: DockerIgnore,
    /// Files that the folder does not have, or that stand in the place of one that it has.
    more: Vec<(PathBuf, Vec<u8>)>,
    /// What has an owner and permissions of its own.
    small: Vec<Small>,
}

impl Tar {
    /// Returns the content of a folder for a build, every file root's, as BuildKit takes it.
    pub(super) fn of_context(folder: PathBuf, ignore: DockerIgnore, more: Vec<(PathBuf, Vec<u8>)>) -> Self {
        Self { folders: vec![(folder, PathBuf::new())], owner: (0, 0), ignore, more, small: Vec::new() }
    }

    /// Returns folders and files for a build, all of it root's.
    pub(super) fn of_folders(folders: Vec<(PathBuf, PathBuf)>, more: Vec<(PathBuf, Vec<u8>)>) -> Self {
        Self { folders, owner: (0, 0), ignore: DockerIgnore::default(), more, small: Vec::new() }
    }

    /// Returns files and folders of which each has an owner.
    pub(super) fn of_small(small: Vec<Small>) -> Self {
        Self { small, ..Self::of_folders(Vec::new(), Vec::new()) }
    }

    /// Returns the tar as a stream. Where the folder cannot be read to its end it ends with an error: a tar that is merely cut between two
    /// files would pass for a whole one.
    pub(super) fn stream(self) -> (impl Stream<Item = Result<Bytes>> + use<>, Packed) {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let (tell, told) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let writer = Chunks { sender: sender.clone(), waiting: Vec::with_capacity(CHUNK) };
            let Self { folders, owner, ignore, more, small } = self;
            let mut packer = Packer { tar: tar::Builder::new(writer), owner, ignore, more, left_out: Vec::new() };
            let packed = small.iter().try_for_each(|one| packer.add_small(one));
            let packed = packed.and_then(|()| packer.all(&folders)).and_then(|()| packer.tar.into_inner()?.flush());
            if let Err(error) = &packed {
                // The reader may be gone: then nobody is to be told.
                let _reader_gone = sender.blocking_send(Err(Error::new(error.kind(), error.to_string())));
            }
            let _reader_gone = tell.send(packed.map(|()| packer.left_out));
        });
        (futures_util::stream::poll_fn(move |context| receiver.poll_recv(context)), told)
    }
}

/// A file or folder of ours, small enough to be held whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Small {
    /// Its path, without a slash at its beginning.
    pub(super) path: String,
    /// Its permissions.
    pub(super) mode: u32,
    /// The numbers of its user and group.
    pub(super) owner: (u64, u64),
    /// What is in it; nothing for a folder.
    pub(super) content: Option<Vec<u8>>,
}

/// Returns a tar of what is small, and of a folder of this machine as the folder of that name. Where that cannot be read to its end the stream
/// ends with an error: a tar that is merely cut between two files would pass for a whole one.
pub(super) fn pack(
    small: Vec<Small>,
    folder: Option<(PathBuf, String)>,
    owner: &RemoteUser,
) -> (impl Stream<Item = Result<Bytes>> + use<>, Packed) {
    let owner = (owner.uid, owner.gid);
    let folders = folder.map(|(folder, name)| (folder, PathBuf::from(name))).into_iter().collect();
    Tar { folders, owner, ignore: DockerIgnore::default(), more: Vec::new(), small }.stream()
}

/// Returns the header of an entry that belongs to a user and a group.
pub(super) fn header(kind: tar::EntryType, mode: u32, size: u64, owner: (u64, u64)) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(owner.0);
    header.set_gid(owner.1);
    header
}

struct Packer {
    tar: tar::Builder<Chunks>,
    owner: (u64, u64),
    ignore: DockerIgnore,
    more: Vec<(PathBuf, Vec<u8>)>,
    left_out: Vec<PathBuf>,
}

impl Packer {
    fn all(&mut self, folders: &[(PathBuf, PathBuf)]) -> Result<()> {
        for (name, content) in &self.more {
            let mut header = header(tar::EntryType::Regular, 0o644, content.len() as u64, self.owner);
            self.tar.append_data(&mut header, name, content.as_slice())?;
        }
        folders.iter().try_for_each(|(folder, name)| {
            if name.as_os_str().is_empty() { self.inside(folder, name) } else { self.add(folder, name, Some(0o755)) }
        })
    }

    /// Adds everything in a folder.
    fn inside(&mut self, folder: &Path, name: &Path) -> Result<()> {
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>>>);
        let mut entries = entries.map_err(of(name))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        entries.iter().try_for_each(|entry| self.add(&entry.path(), &name.join(entry.file_name()), None))
    }

    fn add_small(&mut self, small: &Small) -> Result<()> {
        let Small { path, mode, owner, content } = small;
        let kind = if content.is_some() { tar::EntryType::Regular } else { tar::EntryType::Directory };
        let content = content.as_deref().unwrap_or_default();
        let mut header = header(kind, *mode, content.len() as u64, *owner);
        header.set_mtime(u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0));
        self.tar.append_data(&mut header, path, content)
    }

    /// Adds a file, a link, or a folder with everything in it.
    fn add(&mut self, path: &Path, name: &Path, mode: Option<u32>) -> Result<()> {
        if self.more.iter().any(|(other, _)| other == name) {
            return Ok(());
        }
        if self.ignore.leaves_out(&name.to_string_lossy()) {
            let is_folder = self.ignore.may_take_in() && path.symlink_metadata().is_ok_and(|about| about.is_dir());
            return if is_folder { self.inside(path, name) } else { Ok(()) };
        }
        let about = path.symlink_metadata().map_err(of(name))?;
        let mode = mode.unwrap_or(about.mode() & 0o7777);
        if about.is_symlink() {
            let target = std::fs::read_link(path).map_err(of(name))?;
            self.add_link(target.as_os_str().as_bytes(), name, &about)
        } else if about.is_dir() {
            let mut header = self.header(tar::EntryType::Directory, mode, 0, &about);
            self.tar.append_data(&mut header, name, std::io::empty())?;
            self.inside(path, name)
        } else if about.is_file() {
            let file = File::open(path).map_err(of(name))?;
            let mut header = self.header(tar::EntryType::Regular, mode, about.len(), &about);
            self.tar.append_data(&mut header, name, Exactly { file, name, left: about.len() })
        } else {
            self.left_out.push(name.to_owned());
            Ok(())
        }
    }

    /// Adds a symbolic link. The crate's own way would tidy its target up, and git would see a change.
    fn add_link(&mut self, target: &[u8], name: &Path, about: &Metadata) -> Result<()> {
        if target.len() > HEADER_LINK {
            let size = u64::try_from(target.len()).unwrap_or(u64::MAX).saturating_add(1);
            let mut header = header(tar::EntryType::GNULongLink, 0o644, size, (0, 0));
            self.tar.append_data(&mut header, "././@LongLink", target.chain(&[0][..]))?;
        }
        let mut header = self.header(tar::EntryType::Symlink, 0o777, 0, about);
        header.set_link_name_literal(target.get(..HEADER_LINK).unwrap_or(target))?;
        self.tar.append_data(&mut header, name, std::io::empty())
    }

    fn header(&self, kind: tar::EntryType, mode: u32, size: u64, about: &Metadata) -> tar::Header {
        let mut header = header(kind, mode, size, self.owner);
        header.set_mtime(u64::try_from(about.mtime()).unwrap_or(0));
        header
    }
}

/// Says of which file an error is.
fn of(name: &Path) -> impl Fn(Error) -> Error {
    move |error| Error::new(error.kind(), format!("{}: {error}", name.display()))
}

/// As many bytes of a file as its header says, whatever becomes of it meanwhile.
struct Exactly<'a> {
    file: File,
    name: &'a Path,
    left: u64,
}

impl Read for Exactly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(part) = buffer.get_mut(..most).filter(|part| !part.is_empty()) else { return Ok(0) };
        let count = self.file.read(part).map_err(of(self.name))?;
        if count == 0 {
            let error = Error::new(ErrorKind::UnexpectedEof, "it became shorter while it was read");
            return Err(of(self.name)(error));
        }
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

/// A writer whose chunks are sent.
struct Chunks {
    sender: mpsc::Sender<Result<Bytes>>,
    waiting: Vec<u8>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        let chunk = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK));
        self.sender.blocking_send(Ok(chunk.into())).map_err(|_| ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests;

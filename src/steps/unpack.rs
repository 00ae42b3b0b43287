//! A folder of a container as a folder of this machine.
//!
//! Who works in a codespace may have put anything into it, so what comes out is taken with care: nothing is written but below the folder that it
//! is unpacked into, which is empty, nothing through a link, nothing over what is there, no device, and no more than fits.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use crate::engine::EngineError;

/// How many pieces wait to be written.
const WAITING: usize = 4;

/// How much may come, so that no codespace fills this machine's disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    /// In bytes.
    pub(super) bytes: u64,
    /// Files, folders and links.
    pub(super) entries: u64,
}

/// Why a folder was not unpacked.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    /// The engine did not send it to its end.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// It is no tar, or more than may come, or this machine's disk would not take it.
    #[error(transparent)]
    Disk(#[from] Error),
}

/// Unpacks a tar of one folder into `to`, an empty folder, and leaves out what is neither file, folder nor link.
pub(super) async fn unpack(
    mut tar: impl Stream<Item = std::result::Result<Bytes, EngineError>> + Unpin,
    to: PathBuf,
    most: Most,
) -> std::result::Result<(), UnpackError> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let writing = tokio::task::spawn_blocking(move || {
        Unpacker { to, most, bytes: 0, entries: 0, folders: HashSet::from([PathBuf::new()]), made: HashMap::new() }
            .take(Pieces { receiver, piece: Bytes::new() })
    });
    // A writer that is gone has its reason; where the engine breaks off, the writer sees an error and not an end.
    let mut broken = None;
    while let Some(piece) = tar.next().await {
        let piece = match piece {
            Ok(piece) => Ok(piece),
            Err(error) => {
                broken = Some(error);
                Err(ErrorKind::UnexpectedEof.into())
            }
        };
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    let written = writing.await.unwrap_or_else(|panic| Err(Error::other(panic)));
    match broken {
        Some(error) => Err(error.into()),
        None => Ok(written?),
    }
}

/// What has been sent, as a reader.
struct Pieces {
    receiver: mpsc::Receiver<Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}

struct Unpacker {
    to: PathBuf,
    most: Most,
    bytes: u64,
    entries: u64,
    /// Folders that were made: only into those is anything written, so never through a link.
    folders: HashSet<PathBuf>,
    /// What came besides folders: only that may have a second name.
    made: HashMap<PathBuf, Made>,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy)]
enum Made {
    File,
    Link,
    /// A pipe or a device, which is left out.
    Nothing,
}

impl Unpacker {
    fn take(mut self, tar: impl Read) -> Result<()> {
        let mut archive = tar::Archive::new(tar);
        for entry in archive.entries()? {
            let mut entry = entry?;
            self.entries += 1;
            if self.entries > self.most.entries {
                return Err(Error::new(ErrorKind::FileTooLarge, format!("more than {} files", self.most.entries)));
            }
            let name = inside(&entry.path_bytes())?;
            // The first one is the folder itself.
            if name.as_os_str().is_empty() {
                continue;
            }
            self.one(&mut entry, &name)
                .map_err(|error| Error::new(error.kind(), format!("{}: {error}", name.display())))?;
        }
        Ok(())
    }

    fn one(&mut self, entry: &mut tar::Entry<'_, impl Read>, name: &Path) -> Result<()> {
        let path = self.to.join(name);
        if !self.folders.contains(name.parent().unwrap_or(Path::new(""))) {
            return Err(Error::new(ErrorKind::InvalidData, "it is in no folder"));
        }
        let mode = entry.header().mode()? & 0o777;
        let kind = entry.header().entry_type();
        let made = if kind.is_dir() {
            if self.folders.insert(name.to_owned()) {
                DirBuilder::new().mode(0o700).create(&path)?;
                fs::set_permissions(&path, Permissions::from_mode(mode | 0o700))?;
            }
            return Ok(());
        } else if kind.is_symlink() {
            let target = entry.link_name_bytes().unwrap_or_default();
            symlink(OsStr::from_bytes(&target), &path)?;
            Made::Link
        } else if kind.is_hard_link() {
            self.again(&inside(&entry.link_name_bytes().unwrap_or_default())?, &path)?
        } else if kind.is_file() {
            self.file(entry, &path, mode)?;
            Made::File
        } else {
            Made::Nothing
        };
        self.made.insert(name.to_owned(), made);
        Ok(())
    }

    fn file(&mut self, entry: &mut tar::Entry<'_, impl Read>, path: &Path, mode: u32) -> Result<()> {
        self.bytes = self.bytes.saturating_add(entry.size());
        if self.bytes > self.most.bytes {
            let message = format!("more than {} MB", self.most.bytes / 1_000_000);
            return Err(Error::new(ErrorKind::FileTooLarge, message));
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        std::io::copy(entry, &mut file)?;
        file.set_permissions(Permissions::from_mode(mode | 0o600))
    }

    /// Gives what came as `first` a second name. The engine calls links and pipes so too.
    fn again(&self, first: &Path, path: &Path) -> Result<Made> {
        let Some(made) = self.made.get(first) else {
            return Err(Error::new(ErrorKind::InvalidData, "it is another name of no file"));
        };
        let first = self.to.join(first);
        match made {
            Made::File => fs::hard_link(first, path)?,
            Made::Link => symlink(fs::read_link(first)?, path)?,
            Made::Nothing => {}
        }
        Ok(*made)
    }
}

/// Returns an entry's path in the folder that the tar is of; one that leads out of it is an error.
fn inside(name: &[u8]) -> Result<PathBuf> {
    let path = Path::new(OsStr::from_bytes(name));
    let outside = || Error::new(ErrorKind::InvalidData, format!("{} leads out of its folder", path.display()));
    let mut parts = path.components().filter(|part| *part != Component::CurDir);
    let mut whole = PathBuf::new();
    match parts.next() {
        Some(Component::Normal(_)) => {}
        Some(_) | None => return Err(outside()),
    }
    for part in parts {
        let Component::Normal(part) = part else { return Err(outside()) };
        whole.push(part);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    const MOST: Most = Most { bytes: 1000, entries: 50 };

    /// One entry of a tar: its kind, its name to the byte, its content or the target of a link.
    type Part<'a> = (tar::EntryType, &'a str, &'a str);

    /// Returns a tar with names that the crate itself would not write.
    fn tar(parts: &[Part<'_>]) -> Vec<u8> {
        let mut all = Vec::new();
        for (kind, name, content) in parts {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o6755);
            let is_link = kind.is_symlink() || kind.is_hard_link();
            let size = if is_link { 0 } else { content.len() };
            header.set_size(size as u64);
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            if is_link {
                header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
            }
            header.set_cksum();
            all.extend_from_slice(header.as_bytes());
            if !is_link {
                all.extend_from_slice(content.as_bytes());
                all.resize(all.len().next_multiple_of(512), 0);
            }
        }
        all.extend_from_slice(&[0; 1024]);
        all
    }

    fn unpacked(tar: &[u8], most: Most) -> (tempfile::TempDir, std::result::Result<(), UnpackError>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let to = folder.path().join("to");
        fs::create_dir(&to).expect("made");
        // Split in odd places.
        let pieces: Vec<_> = tar.chunks(700).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let ended = runtime.block_on(unpack(futures_util::stream::iter(pieces), to, most));
        (folder, ended)
    }

    use tar::EntryType as Kind;
    const TOP: Part<'static> = (Kind::Directory, "app/", "");

    #[test]
    fn files_folders_and_links_come_as_they_are_without_the_powers_of_their_modes() {
        let tar = tar(&[
            TOP,
            (Kind::Directory, "app/d/", ""),
            (Kind::Regular, "app/d/file", "text"),
            (Kind::Symlink, "app/link", "/etc/passwd"),
            (Kind::Link, "app/again", "app/d/file"),
            (Kind::Fifo, "app/pipe", ""),
            (Kind::Char, "app/device", ""),
            // As the engine has what has two names.
            (Kind::Link, "app/other link", "app/link"),
            (Kind::Link, "app/other pipe", "app/pipe"),
        ]);
        let (folder, ended) = unpacked(&tar, MOST);
        ended.expect("unpacked");
        let to = folder.path().join("to");
        assert_eq!(fs::read(to.join("d/file")).expect("there"), b"text");
        assert_eq!(to.join("d/file").metadata().expect("there").mode() & 0o7777, 0o755);
        assert_eq!(fs::read_link(to.join("link")).expect("a link"), Path::new("/etc/passwd"));
        assert_eq!(fs::read(to.join("again")).expect("there"), b"text");
        assert_eq!(fs::read_link(to.join("other link")).expect("a link"), Path::new("/etc/passwd"));
        for name in ["pipe", "other pipe", "device"] {
            assert!(to.join(name).symlink_metadata().is_err(), "{name}");
        }
    }

    #[test]
    fn nothing_is_written_anywhere_else() {
        for parts in [
            &[TOP, (Kind::Regular, "app/../../evil", "x")][..],
            &[TOP, (Kind::Regular, "../evil", "x")],
            &[TOP, (Kind::Regular, "/evil", "x")],
            &[TOP, (Kind::Symlink, "app/out", "../.."), (Kind::Regular, "app/out/evil", "x")],
            &[TOP, (Kind::Symlink, "app/out", "../../evil"), (Kind::Regular, "app/out", "x")],
            &[
                TOP,
                (Kind::Symlink, "app/out", "../.."),
                (Kind::Directory, "app/out/", ""),
                (Kind::Regular, "app/out/evil", "x"),
            ],
            &[TOP, (Kind::Link, "app/evil", "app/../../etc/passwd")],
            &[TOP, (Kind::Link, "app/evil", "/etc/passwd")],
            &[
                TOP,
                (Kind::Symlink, "app/s", "../.."),
                (Kind::Link, "app/t", "app/s"),
                (Kind::Regular, "app/t/evil", "x"),
            ],
            &[
                TOP,
                (Kind::Symlink, "app/s", "../../evil"),
                (Kind::Link, "app/t", "app/s"),
                (Kind::Regular, "app/t", "x"),
            ],
            &[TOP, (Kind::Regular, "app/none/evil", "x")],
            &[TOP, (Kind::Regular, "app/a", "x"), (Kind::Regular, "app/a", "y")],
        ] {
            let (folder, ended) = unpacked(&tar(parts), MOST);
            ended.expect_err(&format!("{parts:?}"));
            assert!(!folder.path().join("evil").exists(), "{parts:?}");
        }
    }

    #[test]
    fn no_more_comes_than_may() {
        let big = "x".repeat(600);
        let check = |tar: &[u8], most, problem: &str| {
            let error = unpacked(tar, most).1.expect_err(problem).to_string();
            assert!(error.contains(problem), "{error}");
        };
        check(&tar(&[TOP, (Kind::Regular, "app/a", &big), (Kind::Regular, "app/b", &big)]), MOST, "more than 0 MB");
        check(
            &tar(&[TOP, (Kind::Regular, "app/a", ""), (Kind::Regular, "app/b", "")]),
            Most { entries: 2, ..MOST },
            "more than 2 files",
        );
        let mut endless = tar(&[TOP, (Kind::Regular, "app/a", "x")]);
        endless.truncate(512 + 512 + 100);
        check(&endless, MOST, "");
        check(b"no tar at all, but long enough to be taken for the beginning of one", MOST, "");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..3000)) {
            let _ended = unpacked(&bytes, MOST);
        }
    }
}

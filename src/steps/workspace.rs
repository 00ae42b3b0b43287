//! The repository's way into the container: a tar stream that nobody holds whole.

use std::path::PathBuf;

use bytes::Bytes;
use futures_util::Stream;
use tokio_util::io::{ReaderStream, SyncIoBridge};

use super::marks;
use super::remote_user::RemoteUser;

/// How much of a stream waits to be sent, in bytes.
const WAITING: usize = 256 * 1024;

/// Returns a tar of `folder` as the folder `name`, every file the remote user's.
pub(super) fn pack(
    folder: PathBuf,
    name: &str,
    owner: &RemoteUser,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + use<> {
    let (reader, writer) = tokio::io::duplex(WAITING);
    let (name, uid, gid) = (name.to_owned(), owner.uid, owner.gid);
    tokio::task::spawn_blocking(move || {
        let mut builder = tar::Builder::new(SyncIoBridge::new(writer));
        builder.follow_symlinks(false);
        // A stream that is cut short has no end mark: the engine refuses it.
        let packed = append(&mut builder, &folder, std::path::Path::new(&name), (uid, gid));
        if packed.is_ok() {
            let _reader_gone = builder.finish();
        }
    });
    ReaderStream::with_capacity(reader, 64 * 1024)
}

/// Returns a tar of the folder that the marks are written into.
pub(super) fn marks_folder(owner: &RemoteUser) -> impl Stream<Item = Result<Bytes, std::io::Error>> + use<> {
    let mut header = header(tar::EntryType::Directory, 0o755, 0, (owner.uid, owner.gid));
    let mut builder = tar::Builder::new(Vec::new());
    let path = format!("{}/", marks::FOLDER.trim_start_matches('/'));
    let made = builder.append_data(&mut header, path, std::io::empty()).and_then(|()| builder.into_inner());
    futures_util::stream::iter([made.map(Bytes::from)])
}

fn header(kind: tar::EntryType, mode: u32, size: u64, owner: (u64, u64)) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(owner.0);
    header.set_gid(owner.1);
    header
}

fn append<W: std::io::Write>(
    builder: &mut tar::Builder<W>,
    folder: &std::path::Path,
    name: &std::path::Path,
    owner: (u64, u64),
) -> std::io::Result<()> {
    let about = folder.symlink_metadata()?;
    let modified = about.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let stamp = |mut header: tar::Header| {
        header.set_mtime(modified.map_or(0, |time| time.as_secs()));
        header
    };
    let mode = std::os::unix::fs::MetadataExt::mode(&about) & 0o7777;
    if about.is_symlink() {
        let mut header = stamp(header(tar::EntryType::Symlink, 0o777, 0, owner));
        builder.append_link(&mut header, name, std::fs::read_link(folder)?)
    } else if about.is_dir() {
        let mode = if mode == 0o700 { 0o755 } else { mode };
        builder.append_data(&mut stamp(header(tar::EntryType::Directory, mode, 0, owner)), name, std::io::empty())?;
        let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        entries.iter().try_for_each(|entry| append(builder, &entry.path(), &name.join(entry.file_name()), owner))
    } else if about.is_file() {
        let file = std::fs::File::open(folder)?;
        builder.append_data(&mut stamp(header(tar::EntryType::Regular, mode, about.len(), owner)), name, file)
    } else {
        Ok(())
    }
}

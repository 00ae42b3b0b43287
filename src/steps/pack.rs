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
fn header(kind: tar::EntryType, mode: u32, size: u64, owner: (u64, u64)) -> tar::Header {
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
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::{Command, Stdio};

    use futures_util::StreamExt;
    use tempfile::TempDir;

    use super::*;

    fn owner() -> RemoteUser {
        RemoteUser {
            name: "mona".to_owned(),
            uid: 3_000_000,
            gid: 1000,
            home: "/home/mona".to_owned(),
            shell: "/bin/sh".to_owned(),
        }
    }

    fn folder() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clone = folder.path().join("clone");
        fs::create_dir(&clone).expect("made");
        (folder, clone)
    }

    /// Reads a stream to its end.
    async fn bytes(stream: impl Stream<Item = Result<Bytes>>) -> Result<Vec<u8>> {
        let chunks: Vec<Result<Bytes>> = stream.collect().await;
        Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    /// Runs a program on a tar, and returns what it printed.
    fn tar(folder: &Path, words: &[&str], archive: &[u8]) -> String {
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(folder).args(words).env("LC_ALL", "C").env("TZ", "UTC");
        let mut child = tar.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("tar runs");
        child.stdin.take().expect("a pipe").write_all(archive).expect("written");
        let output = child.wait_with_output().expect("tar ends");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[tokio::test]
    async fn everything_that_git_knows_comes_through() {
        let (around, clone) = folder();
        let long = "d".repeat(90);
        fs::create_dir_all(clone.join(&long).join(&long)).expect("made");
        let names = [&b"c\xffd"[..], b"new\nline", b"plain"].map(OsStr::from_bytes);
        let deep = Path::new(&long).join(&long).join(OsStr::from_bytes(&[b"\xfe".repeat(120), b"x".to_vec()].concat()));
        for name in names.iter().map(Path::new).chain([deep.as_path()]) {
            fs::write(clone.join(name), name.as_os_str().as_bytes()).expect("written");
        }
        let targets = ["./plain", "a//b/", "/absolute/", "..", &"t/".repeat(100), &"x".repeat(100), &"x".repeat(101)];
        for (number, target) in targets.iter().enumerate() {
            symlink(target, clone.join(format!("link{number}"))).expect("linked");
        }
        for mode in [0o755, 0o600, 0o444, 0o700] {
            let path = clone.join(format!("mode{mode:o}"));
            fs::write(&path, "").expect("written");
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("set");
        }
        fs::create_dir(clone.join("private")).expect("made");
        fs::set_permissions(clone.join("private"), PermissionsExt::from_mode(0o700)).expect("set");
        fs::set_permissions(&clone, PermissionsExt::from_mode(0o700)).expect("set");
        let time = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000));
        fs::File::options().write(true).open(clone.join("plain")).and_then(|file| file.set_times(time)).expect("set");
        let sparse = fs::File::create(clone.join("sparse")).expect("made");
        sparse.set_len(3_000_000).expect("long");

        let (stream, told) = pack(Vec::new(), Some((clone.clone(), "app".to_owned())), &owner());
        let archive = bytes(stream).await.expect("a whole tar");
        assert!(told.await.expect("told").expect("packed").is_empty());
        let unpacked = around.path().join("unpacked");
        fs::create_dir(&unpacked).expect("made");
        tar(&unpacked, &["-xp", "--no-same-owner", "-f", "-"], &archive);
        let app = unpacked.join("app");
        for name in names.iter().map(Path::new).chain([deep.as_path()]) {
            assert_eq!(fs::read(app.join(name)).expect("there"), name.as_os_str().as_bytes(), "{name:?}");
        }
        for (number, target) in targets.iter().enumerate() {
            let there = app.join(format!("link{number}")).read_link().expect("a link");
            assert_eq!(there.as_os_str(), OsStr::new(target));
        }
        let mode = |path: &Path| path.metadata().expect("there").mode() & 0o777;
        for expected in [0o755, 0o600, 0o444, 0o700] {
            assert_eq!(mode(&app.join(format!("mode{expected:o}"))), expected);
        }
        assert_eq!((mode(&app), mode(&app.join("private"))), (0o755, 0o700));
        assert_eq!(app.join("plain").metadata().expect("there").mtime(), 1_000_000);
        assert!(fs::read(app.join("sparse")).expect("there") == vec![0; 3_000_000]);
        let listed = tar(&unpacked, &["-tv", "--numeric-owner", "-f", "-"], &archive);
        assert!(listed.lines().all(|line| line.contains(" 3000000/1000 ")), "{listed}");
    }

    #[tokio::test]
    async fn what_is_no_file_is_left_out_and_told() {
        let (_around, clone) = folder();
        let _socket = std::os::unix::net::UnixListener::bind(clone.join("socket")).expect("bound");
        assert!(Command::new("mkfifo").arg(clone.join("pipe")).status().expect("runs").success());
        let (stream, told) = pack(Vec::new(), Some((clone, "app".to_owned())), &owner());
        let archive = bytes(stream).await.expect("a whole tar");
        assert_eq!(tar(Path::new("/"), &["-t", "-f", "-"], &archive), "app\n");
        assert_eq!(told.await.expect("told").expect("packed"), [Path::new("app/pipe"), Path::new("app/socket")]);
    }

    /// Changes the clone while the first file, larger than what waits to be sent, is on its way.
    async fn changed(change: impl FnOnce(&Path)) -> String {
        let (_around, clone) = folder();
        fs::write(clone.join("a"), vec![1; CHUNK * (WAITING + 20)]).expect("written");
        fs::write(clone.join("b"), "second").expect("written");
        let (mut stream, told) = pack(Vec::new(), Some((clone.clone(), "app".to_owned())), &owner());
        let first = stream.next().await.expect("a chunk").expect("read");
        assert!(!first.is_empty());
        change(&clone);
        let error = bytes(stream).await.expect_err("no whole tar").to_string();
        assert_eq!(told.await.expect("told").expect_err("not packed").to_string(), error);
        error
    }

    #[tokio::test]
    async fn a_clone_that_changes_meanwhile_is_an_error_and_no_shorter_tar() {
        let shrunk = changed(|clone| drop(fs::File::create(clone.join("a")).expect("emptied"))).await;
        assert_eq!(shrunk, "app/a: it became shorter while it was read");
        let gone = changed(|clone| fs::remove_file(clone.join("b")).expect("removed")).await;
        assert_eq!(gone, "app/b: No such file or directory (os error 2)");
    }

    #[tokio::test]
    async fn a_context_has_what_is_not_left_out_and_what_is_added() {
        let (_around, clone) = folder();
        fs::create_dir_all(clone.join("out/deep")).expect("made");
        fs::create_dir_all(clone.join("src")).expect("made");
        for name in ["Dockerfile", "src/a.rs", "out/a", "out/deep/kept", "x.log"] {
            fs::write(clone.join(name), name).expect("written");
        }
        let ignore = DockerIgnore::read("out\n!out/deep\n*.log\n").expect("read");
        let more = vec![(PathBuf::from("Dockerfile"), b"another".to_vec())];
        let (stream, told) = Tar::of_context(clone, ignore, more).stream();
        let archive = bytes(stream).await.expect("a whole tar");
        assert!(told.await.expect("told").is_ok());
        let listed = tar(Path::new("/"), &["-tv", "--numeric-owner", "-f", "-"], &archive);
        let names: Vec<_> = listed.lines().filter_map(|line| line.rsplit(' ').next()).collect();
        assert_eq!(names, ["Dockerfile", "out/deep", "out/deep/kept", "src", "src/a.rs"]);
        assert!(listed.lines().all(|line| line.contains(" 0/0 ")), "{listed}");
        assert!(listed.contains(" 7 "), "{listed}");
    }

    #[tokio::test]
    async fn a_file_that_grows_is_as_long_as_it_was() {
        let (_around, clone) = folder();
        fs::write(clone.join("a"), vec![1; CHUNK * (WAITING + 20)]).expect("written");
        let (mut stream, told) = pack(Vec::new(), Some((clone.clone(), "app".to_owned())), &owner());
        let first = stream.next().await.expect("a chunk").expect("read");
        let mut file = fs::OpenOptions::new().append(true).open(clone.join("a")).expect("opened");
        file.write_all(&[2; 1000]).expect("written");
        let archive = [first.to_vec(), bytes(stream).await.expect("a whole tar")].concat();
        assert!(told.await.expect("told").is_ok());
        assert!(tar(Path::new("/"), &["-tv", "-f", "-"], &archive).contains(&format!(" {} ", CHUNK * (WAITING + 20))));
    }

    #[tokio::test]
    async fn a_reader_that_goes_ends_the_packing() {
        let (_around, clone) = folder();
        fs::write(clone.join("a"), vec![1; CHUNK * (WAITING + 20)]).expect("written");
        let (stream, told) = pack(Vec::new(), Some((clone, "app".to_owned())), &owner());
        drop(stream);
        assert_eq!(told.await.expect("told").expect_err("not packed").kind(), ErrorKind::BrokenPipe);
    }
}

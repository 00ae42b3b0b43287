//! A tree of files copied as it is: owners, modes, times, extended attributes, hard links, holes, links, sockets, pipes and devices. What a
//! nested engine keeps consists of all of these.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr};
use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, SeekFrom, Timespec, Timestamps, Uid, XattrFlags, chmodat, chownat,
    copy_file_range, ioctl_ficlone, lgetxattr, llistxattr, lsetxattr, mkdirat, mknodat, open, seek, symlinkat,
    utimensat,
};
use rustix::io::Errno;

use super::{TreeError, fail};

/// How much is read at a time where the kernel does not copy by itself, in bytes.
const PIECE: usize = 256 * 1024;
/// The longest list of attributes, and the longest value (`XATTR_LIST_MAX`, `XATTR_SIZE_MAX`).
const LONGEST_ATTRIBUTE: usize = 64 * 1024;

/// What a copy came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Copied {
    /// How many files, folders, links and others.
    pub entries: u64,
    /// How many bytes are in its files; a hole is none.
    pub bytes: u64,
    /// How many attributes the file system there does not take.
    pub lost_attributes: u64,
}

/// Copies what is in a folder into another one, which is empty, and gives that the first one's owner, mode, times and attributes. Files are
/// copied by several threads, as most of a small one's time is the kernel's.
pub fn copy(from: &Path, to: &Path) -> Result<Copied, TreeError> {
    let count = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    let (give, take) = mpsc::sync_channel::<Vec<Job>>(WAITING);
    let take = Mutex::new(take);
    let work = || {
        let mut copier = Copier::new();
        loop {
            // Held for as long as it takes to be given some.
            let jobs = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(jobs) = jobs else { return Ok(copier.copied) };
            for job in jobs {
                copier.job(job)?;
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        let mut walker = Copier::new();
        let walked = walker.folder(from, to, &mut Giver { give, some: Vec::new(), bytes: 0 });
        let mut copied = walker.copied;
        let mut fault = None;
        for worker in workers {
            match worker.join() {
                Ok(Ok(more)) => copied.add(more),
                Ok(Err(error)) => fault = Some(error),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        // Where all workers have failed, the walker only knows that nobody takes what it gives.
        match (walked, fault) {
            (Err(Stopped::Fault(error)), _) | (_, Some(error)) => Err(error),
            (Ok(()) | Err(Stopped::Nobody), None) => Ok(copied),
        }
    })
}

/// How many threads copy at the most.
const MOST_THREADS: usize = 4;

/// How many times as many files as are given at a time wait to be copied at the most.
const WAITING: usize = 16;

/// How many files are given to a thread at a time, and how many bytes, but for a file that is larger: of small files a thread that waits for the next
/// one costs as much as the file.
const AT_A_TIME: usize = 32;
/// See `AT_A_TIME`.
const BYTES_AT_A_TIME: u64 = 1024 * 1024;

/// A file that is to be copied.
struct Job {
    from: PathBuf,
    to: PathBuf,
    about: Metadata,
    folder: Arc<Folder>,
}

/// Gives files to the threads that copy, several at a time.
struct Giver {
    give: SyncSender<Vec<Job>>,
    some: Vec<Job>,
    bytes: u64,
}

impl Giver {
    fn add(&mut self, job: Job) -> Result<(), Stopped> {
        self.bytes = self.bytes.saturating_add(job.about.size());
        self.some.push(job);
        if self.some.len() >= AT_A_TIME || self.bytes >= BYTES_AT_A_TIME { self.give() } else { Ok(()) }
    }

    fn give(&mut self) -> Result<(), Stopped> {
        self.bytes = 0;
        self.give.send(std::mem::take(&mut self.some)).map_err(|_| Stopped::Nobody)
    }
}

/// Why a walk ended early.
enum Stopped {
    Fault(TreeError),
    /// Nobody takes files any more: each of the threads has failed.
    Nobody,
}

impl From<TreeError> for Stopped {
    fn from(error: TreeError) -> Self {
        Self::Fault(error)
    }
}

impl Copied {
    fn add(&mut self, more: Self) {
        self.entries += more.entries;
        self.bytes += more.bytes;
        self.lost_attributes += more.lost_attributes;
    }
}

/// A folder that is being copied. It is finished after everything that is in it: nothing that is written there changes its times again.
struct Folder {
    from: PathBuf,
    to: PathBuf,
    about: Metadata,
    /// How much of it is to come: its own listing, and what is in it.
    open: AtomicUsize,
    around: Option<Arc<Self>>,
}

/// A folder whose names are gone through.
struct Listing {
    folder: Arc<Folder>,
    names: Vec<PathBuf>,
}

struct Copier {
    copied: Copied,
    /// Files that have several names, and the first of these there.
    linked: HashMap<(u64, u64), PathBuf>,
    buffer: Vec<u8>,
}

impl Copier {
    fn new() -> Self {
        Self { copied: Copied::default(), linked: HashMap::new(), buffer: vec![0; LONGEST_ATTRIBUTE] }
    }

    /// Goes through folder by folder, and gives away the files that are to be copied. No folder is entered by a call of its own: they may be
    /// nested as deep as a path can be.
    fn folder(&mut self, from: &Path, to: &Path, giver: &mut Giver) -> Result<(), Stopped> {
        let mut open = vec![enter(from, to, None)?];
        while let Some(listing) = open.last_mut() {
            let Some(name) = listing.names.pop() else {
                if let Some(Listing { folder, .. }) = open.pop() {
                    self.one_less(folder)?;
                }
                continue;
            };
            let folder = Arc::clone(&listing.folder);
            let (from, to) = (folder.from.join(&name), folder.to.join(&name));
            let about = from.symlink_metadata().map_err(fail("read", &from))?;
            folder.open.fetch_add(1, Ordering::Relaxed);
            if about.is_dir() {
                mkdirat(CWD, &to, Mode::RWXU).map_err(fail("make", &to))?;
                open.push(enter(&from, &to, Some(folder))?);
            } else if about.is_file() && about.nlink() == 1 {
                giver.add(Job { from, to, about, folder })?;
            } else {
                self.other(&from, &to, &about)?;
                self.one_less(folder)?;
            }
        }
        giver.give()
    }

    /// Copies a file.
    fn job(&mut self, Job { from, to, about, folder }: Job) -> Result<(), TreeError> {
        self.copied.bytes += content(&from, &to, &about)?;
        self.finish(&from, &to, &about)?;
        self.one_less(folder)
    }

    /// Says that something of a folder is done; finishes it, and those around it, with the last thing.
    fn one_less(&mut self, mut folder: Arc<Folder>) -> Result<(), TreeError> {
        while folder.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            let Folder { from, to, about, .. } = folder.as_ref();
            self.finish(from, to, about)?;
            let Some(around) = folder.around.clone() else { break };
            folder = around;
        }
        Ok(())
    }

    /// Copies what is neither a folder nor a file of one name.
    fn other(&mut self, from: &Path, to: &Path, about: &Metadata) -> Result<(), TreeError> {
        if about.nlink() > 1 {
            let known = self.linked.get(&(about.dev(), about.ino()));
            if let Some(first) = known {
                std::fs::hard_link(first, to).map_err(fail("link", to))?;
                self.copied.entries += 1;
                return Ok(());
            }
            self.linked.insert((about.dev(), about.ino()), to.to_owned());
        }
        let kind = about.file_type();
        if kind.is_symlink() {
            let target = std::fs::read_link(from).map_err(fail("read", from))?;
            symlinkat(&target, CWD, to).map_err(fail("write", to))?;
        } else if kind.is_file() {
            self.copied.bytes += content(from, to, about)?;
        } else {
            let kind = if kind.is_fifo() {
                FileType::Fifo
            } else if kind.is_socket() {
                FileType::Socket
            } else if kind.is_char_device() {
                FileType::CharacterDevice
            } else {
                FileType::BlockDevice
            };
            mknodat(CWD, to, kind, Mode::RUSR, about.rdev()).map_err(fail("make", to))?;
        }
        self.finish(from, to, about)
    }

    /// Gives what is there everything that is not its content. The owner comes before the mode, which a change of owner may take something from.
    fn finish(&mut self, from: &Path, to: &Path, about: &Metadata) -> Result<(), TreeError> {
        let owner = (Uid::from_raw(about.uid()), Gid::from_raw(about.gid()));
        let not_followed = AtFlags::SYMLINK_NOFOLLOW;
        chownat(CWD, to, Some(owner.0), Some(owner.1), not_followed).map_err(fail("give away", to))?;
        if !about.is_symlink() {
            chmodat(CWD, to, Mode::from_raw_mode(about.mode() & 0o7777), AtFlags::empty())
                .map_err(fail("set the mode of", to))?;
        }
        self.attributes(from, to)?;
        let time = |seconds: i64, nanoseconds: i64| Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
        let times = Timestamps {
            last_access: time(about.atime(), about.atime_nsec()),
            last_modification: time(about.mtime(), about.mtime_nsec()),
        };
        utimensat(CWD, to, &times, not_followed).map_err(fail("set the times of", to))?;
        self.copied.entries += 1;
        Ok(())
    }

    fn attributes(&mut self, from: &Path, to: &Path) -> Result<(), TreeError> {
        let length = match llistxattr(from, self.buffer.as_mut_slice()) {
            Ok(length) => length,
            // The file system has none.
            Err(Errno::NOTSUP | Errno::PERM) => return Ok(()),
            Err(error) => return Err(fail("read the attributes of", from)(error)),
        };
        let list = self.buffer.get(..length).unwrap_or_default().to_vec();
        for name in list.split_inclusive(|byte| *byte == 0).filter_map(|name| CStr::from_bytes_with_nul(name).ok()) {
            let length = match lgetxattr(from, name, self.buffer.as_mut_slice()) {
                Ok(length) => length,
                Err(Errno::NODATA) => continue,
                Err(error) => return Err(fail("read the attributes of", from)(error)),
            };
            let value = self.buffer.get(..length).unwrap_or_default();
            match lsetxattr(to, name, value, XattrFlags::empty()) {
                Ok(()) => {}
                Err(Errno::NOTSUP) => self.copied.lost_attributes += 1,
                // What labels the machine's security sets are the machine's.
                Err(_) if OsStr::from_bytes(name.to_bytes()) == "security.selinux" => self.copied.lost_attributes += 1,
                Err(error) => return Err(fail("set the attributes of", to)(error)),
            }
        }
        Ok(())
    }
}

/// Lists a folder.
fn enter(from: &Path, to: &Path, around: Option<Arc<Folder>>) -> Result<Listing, TreeError> {
    let about = from.symlink_metadata().map_err(fail("read", from))?;
    let entries = std::fs::read_dir(from).map_err(fail("read", from))?;
    let names = entries.map(|entry| entry.map(|entry| PathBuf::from(entry.file_name())));
    let names = names.collect::<Result<_, _>>().map_err(fail("read", from))?;
    let open = AtomicUsize::new(1);
    Ok(Listing { folder: Arc::new(Folder { from: from.to_owned(), to: to.to_owned(), about, open, around }), names })
}

/// Copies a file's content; returns how many bytes that was.
fn content(from: &Path, to: &Path, about: &Metadata) -> Result<u64, TreeError> {
    let reading = open(from, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
    let mut reading = File::from(reading.map_err(fail("read", from))?);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut writing = File::from(open(to, flags, Mode::RUSR | Mode::WUSR).map_err(fail("write", to))?);
    let size = about.size();
    if size == 0 {
        return Ok(0);
    }
    // A file system that can shares the content until one of both is written to.
    if ioctl_ficlone(&writing, &reading).is_ok() {
        return Ok(size);
    }
    let has_holes = about.blocks().saturating_mul(512) < size;
    if !has_holes {
        return piece(&mut reading, &mut writing, size).map_err(|error| fail("copy", from)(error));
    }
    let mut copied = 0;
    let mut at = 0;
    while at < size {
        let start = match seek(&reading, SeekFrom::Data(at)) {
            Ok(start) => start,
            // There is nothing more but a hole.
            Err(Errno::NXIO) => break,
            Err(error) => return Err(fail("read", from)(error)),
        };
        let end = seek(&reading, SeekFrom::Hole(start)).map_err(fail("read", from))?;
        seek(&reading, SeekFrom::Start(start)).map_err(fail("read", from))?;
        seek(&writing, SeekFrom::Start(start)).map_err(fail("write", to))?;
        copied +=
            piece(&mut reading, &mut writing, end.saturating_sub(start)).map_err(|error| fail("copy", from)(error))?;
        at = end;
    }
    writing.set_len(size).map_err(fail("write", to))?;
    Ok(copied)
}

/// Copies a part of a file, from where both are now; in the kernel where it can.
fn piece(reading: &mut File, writing: &mut File, length: u64) -> std::io::Result<u64> {
    let mut left = length;
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(1 << 30);
        match copy_file_range(&*reading, None, &*writing, None, wanted) {
            // Some file systems say so of what they cannot; of another one it has become shorter.
            Ok(0) if left == length => return by_hand(reading, writing, length),
            Ok(0) => return Ok(length - left),
            Ok(done) => left -= done as u64,
            Err(Errno::XDEV | Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP | Errno::PERM) => {
                return by_hand(reading, writing, left).map(|rest| length - left + rest);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(length)
}

fn by_hand(reading: &mut File, writing: &mut File, length: u64) -> std::io::Result<u64> {
    let mut buffer = vec![0; usize::try_from(length).unwrap_or(PIECE).min(PIECE)];
    let mut from = reading.take(length);
    let mut copied = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(copied);
        }
        writing.write_all(buffer.get(..read).unwrap_or_default())?;
        copied += read as u64;
    }
}

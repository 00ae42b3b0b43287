//! Reading a journal while it is written: `logs -f`.

use std::io;
use std::path::{Path, PathBuf};

use bytes::BytesMut;
use futures_util::Stream;
use futures_util::stream;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::format::{self, Record};
use super::reader::ReadError;

/// How much is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// Returns the events of a journal from `offset` on (in bytes), and then each new one as it is written. Ends when `cancel`
/// is cancelled, when the journal is deleted, and after an error. The journal may not be there yet; its folder must be.
pub fn follow(
    path: &Path,
    offset: u64,
    cancel: CancellationToken,
) -> Result<impl Stream<Item = Result<Record, ReadError>> + Send + use<>, ReadError> {
    // Watched first and read then: what is written in between is seen by the one or by the other.
    let (changes, watcher) = watch(path)?;
    let follower = Follower {
        path: path.to_owned(),
        offset,
        file: None,
        unread: BytesMut::new(),
        searched: 0,
        changes,
        cancel,
        _watcher: watcher,
    };
    Ok(stream::unfold(Some(follower), |follower| async {
        let mut follower = follower?;
        match follower.next().await {
            Ok(record) => Some((Ok(record?), Some(follower))),
            Err(cause) => Some((Err(cause), None)),
        }
    }))
}

struct Follower {
    path: PathBuf,
    offset: u64,
    file: Option<File>,
    /// What was read and not returned yet.
    unread: BytesMut,
    /// How much of `unread` is known to hold no end of a line.
    searched: usize,
    changes: mpsc::Receiver<notify::Result<()>>,
    cancel: CancellationToken,
    /// Stops watching when it is dropped.
    _watcher: RecommendedWatcher,
}

impl Follower {
    async fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            while let Some(line) = self.take_line() {
                if let Some(record) = format::decode(&line) {
                    return Ok(Some(record));
                }
            }
            let read = self.read().await;
            if read.map_err(|source| ReadError::Read { path: self.path.clone(), source })? > 0 {
                continue;
            }
            // Only now: a journal that was deleted is read to its end first.
            if !self.may_grow() || !self.changed().await? {
                return Ok(None);
            }
        }
    }

    fn take_line(&mut self) -> Option<BytesMut> {
        let end = self.unread.iter().skip(self.searched).position(|byte| *byte == b'\n');
        if let Some(end) = end {
            let line = self.unread.split_to(self.searched + end + 1);
            self.searched = 0;
            return Some(line);
        }
        self.searched = self.unread.len();
        None
    }

    /// Reads more, and returns how much: 0 at the end, or where there is no journal yet.
    async fn read(&mut self) -> io::Result<usize> {
        if self.file.is_none() {
            match File::open(&self.path).await {
                Ok(mut file) => {
                    file.seek(io::SeekFrom::Start(self.offset)).await?;
                    self.file = Some(file);
                }
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(0),
                Err(cause) => return Err(cause),
            }
        }
        match &mut self.file {
            Some(file) => {
                self.unread.reserve(CHUNK);
                file.read_buf(&mut self.unread).await
            }
            None => Ok(0),
        }
    }

    /// Waits until something happened beside the journal, and returns whether to go on.
    async fn changed(&mut self) -> Result<bool, ReadError> {
        let change = tokio::select! {
            () = self.cancel.cancelled() => return Ok(false),
            change = self.changes.recv() => change,
        };
        match change {
            None => Ok(false),
            Some(Err(source)) => Err(ReadError::Watch { path: self.path.clone(), source }),
            Some(Ok(())) => Ok(true),
        }
    }

    fn may_grow(&self) -> bool {
        if self.file.is_some() { self.path.exists() } else { folder(&self.path).exists() }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Watches the folder of `path`, since the file itself may not be there yet. One waiting notice is enough, however much
/// was written.
fn watch(path: &Path) -> Result<(mpsc::Receiver<notify::Result<()>>, RecommendedWatcher), ReadError> {
    let error = |source| ReadError::Watch { path: path.to_owned(), source };
    let (sender, changes) = mpsc::channel(1);
    let notice = move |change: notify::Result<notify::Event>| {
        // Our own reading is a change to the watcher, too.
        if !matches!(&change, Ok(event) if matches!(event.kind, EventKind::Access(_))) {
            sender.try_send(change.map(drop)).ok();
        }
    };
    let mut watcher = notify::recommended_watcher(notice).map_err(error)?;
    watcher.watch(folder(path), RecursiveMode::NonRecursive).map_err(error)?;
    Ok((changes, watcher))
}

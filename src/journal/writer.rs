//! The file that events are appended to, whole line by whole line.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::event::Event;
use super::format;
use super::sink::{Sink, SinkError};
use crate::codespace::CodespaceName;

/// How many bytes of output lines may wait while more come.
const BUFFERED: usize = 16 * 1024;

/// Writes the events of one codespace to a file.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    codespace: CodespaceName,
    keeps: Keeps,
    state: State,
    /// Whole lines that are not written yet.
    lines: Vec<u8>,
}

/// Which events a file gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    /// All of them: someone reads along.
    Everything,
    /// All but `progress`, which means nothing afterwards.
    NoProgress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The reader of a pipe went away; that is its right.
    Closed,
    Failed,
}

impl Writer {
    /// Opens a codespace's journal (0600) at its end, and makes it if it is not there. A line that a dying process left
    /// torn is ended, so that the next one is whole.
    pub fn journal(path: &Path, codespace: CodespaceName) -> Result<Self, SinkError> {
        let open = || {
            let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
            end_torn_line(&mut file)?;
            Ok(file)
        };
        Self::opened(path, open(), codespace, Keeps::NoProgress)
    }

    /// Opens the file of `--events`: a file (made anew), a pipe or a device. Waits for the reader of a named pipe.
    pub fn events(path: &Path, codespace: CodespaceName) -> Result<Self, SinkError> {
        let open = || {
            let file = OpenOptions::new().append(true).create(true).open(path)?;
            if file.metadata()?.is_file() {
                file.set_len(0)?;
            }
            Ok(file)
        };
        Self::opened(path, open(), codespace, Keeps::Everything)
    }

    fn opened(path: &Path, file: io::Result<File>, codespace: CodespaceName, keeps: Keeps) -> Result<Self, SinkError> {
        let path = path.to_owned();
        match file {
            Ok(file) => Ok(Self { path, file, codespace, keeps, state: State::Open, lines: Vec::new() }),
            Err(source) => Err(SinkError::Open { path, source }),
        }
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        // One call: with O_APPEND no other process's line comes between.
        let written = self.file.write_all(&self.lines);
        self.lines.clear();
        written.or_else(|cause| self.fail(cause))
    }

    fn fail(&mut self, source: io::Error) -> Result<(), SinkError> {
        if source.kind() == io::ErrorKind::BrokenPipe {
            self.state = State::Closed;
            return Ok(());
        }
        self.state = State::Failed;
        Err(SinkError::Write { path: self.path.clone(), source })
    }

    fn wants(&self, event: &Event) -> bool {
        self.keeps == Keeps::Everything || !matches!(event, Event::Progress { .. })
    }
}

impl Sink for Writer {
    fn event(&mut self, time: Timestamp, event: &Event) -> Result<(), SinkError> {
        match self.state {
            State::Closed => return Ok(()),
            State::Failed => return Err(SinkError::Refused { path: self.path.clone() }),
            State::Open if !self.wants(event) => return Ok(()),
            State::Open => {}
        }
        let may_wait = matches!(event, Event::Output(_));
        if !may_wait {
            self.flush()?;
        }
        if let Err(cause) = format::encode(&mut self.lines, time, &self.codespace, event) {
            return self.fail(cause);
        }
        if may_wait && self.lines.len() < BUFFERED { Ok(()) } else { self.flush() }
    }

    fn idle(&mut self) -> Result<(), SinkError> {
        self.flush()
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.flush()
    }
}

fn end_torn_line(file: &mut File) -> io::Result<()> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

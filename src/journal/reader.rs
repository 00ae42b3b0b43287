//! Reading a journal, which another process may be writing and which a dying one may have left torn.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use memchr::{memmem, memrchr};

use super::format::{self, Record};

/// A journal that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be opened or read; that there is none is told by the kind of `source`.
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// The system does not tell when it grows.
    #[error("cannot watch {}", path.display())]
    Watch { path: PathBuf, source: notify::Error },
}

/// The events of a journal, in order.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    file: BufReader<File>,
    line: Vec<u8>,
    skipped: usize,
    outline: bool,
}

/// Opens a journal for reading from `offset`, in bytes: 0, or what [`newest_run`] returned.
pub fn read(path: &Path, offset: u64) -> Result<Records, ReadError> {
    let open = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    };
    match open() {
        Ok(file) => Ok(Records {
            path: path.to_owned(),
            file: BufReader::new(file),
            line: Vec::new(),
            skipped: 0,
            outline: false,
        }),
        Err(source) => Err(ReadError::Read { path: path.to_owned(), source }),
    }
}

/// Opens a journal for reading without what commands wrote, which is most of it.
pub fn read_outline(path: &Path, offset: u64) -> Result<Records, ReadError> {
    Ok(Records { outline: true, ..read(path, offset)? })
}

/// Returns where in a journal the newest run begins, in bytes; 0 where it records none. Looks from the end, as the newest run is most often a
/// short one.
pub fn newest_run(path: &Path) -> Result<u64, ReadError> {
    let scan = || -> io::Result<u64> {
        let mut file = File::open(path)?;
        let mut end = file.metadata()?.len();
        let mut block = Vec::new();
        while end > 0 {
            let begin = end.saturating_sub(BLOCK);
            file.seek(SeekFrom::Start(begin))?;
            block.clear();
            // A mark that lies across two blocks is whole in one of them: they overlap.
            file.by_ref().take(end - begin + HEAD).read_to_end(&mut block)?;
            if let Some(at) = last_run_in(&block, begin == 0) {
                return Ok(begin + at);
            }
            end = begin;
        }
        Ok(0)
    };
    scan().map_err(|source| ReadError::Read { path: path.to_owned(), source })
}

/// How much is looked at at once, in bytes.
const BLOCK: u64 = 1 << 20;

/// Every line names its event within so many bytes.
const HEAD: u64 = 256;

/// Returns where the last line begins, in a block, that begins a run. A block need not begin with a line, but the first one does.
fn last_run_in(block: &[u8], is_first: bool) -> Option<u64> {
    let mut until = block.len();
    while let Some(at) = block.get(..until).and_then(|part| memmem::rfind(part, RUN_STARTED)) {
        let line = match memrchr(b'\n', block.get(..at)?) {
            Some(newline) => newline + 1,
            None if is_first => 0,
            None => return None,
        };
        if names_event(block.get(line..)?, RUN_STARTED) {
            return Some(line as u64);
        }
        until = at;
    }
    None
}

const RUN_STARTED: &[u8] = br#","event":"runStarted","#;
const OUTPUT: &[u8] = br#","event":"output","#;

/// Tells a line's event without decoding it. A quote inside a JSON text has a backslash before it, so no output of a command can look like
/// this.
fn names_event(line: &[u8], event: &[u8]) -> bool {
    let head = line.get(..line.len().min(usize::try_from(HEAD).unwrap_or(0))).unwrap_or_default();
    memmem::find(head, event).is_some()
}

impl Records {
    /// Returns how many lines were skipped so far: those of a newer version of localspace, and torn ones. A torn last line
    /// is not counted; its writer may still be at it.
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// Reads the next whole line, and returns whether there was one.
    fn read_line(&mut self) -> Result<bool, ReadError> {
        self.line.clear();
        match self.file.read_until(b'\n', &mut self.line) {
            Ok(_) => Ok(self.line.ends_with(b"\n")),
            Err(source) => Err(ReadError::Read { path: self.path.clone(), source }),
        }
    }
}

impl Iterator for Records {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read_line() {
                Err(cause) => return Some(Err(cause)),
                Ok(false) => return None,
                Ok(true) if self.outline && names_event(&self.line, OUTPUT) => {}
                Ok(true) => match format::decode(&self.line) {
                    Some(record) => return Some(Ok(record)),
                    None => self.skipped += 1,
                },
            }
        }
    }
}

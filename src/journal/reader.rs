//! Reading a journal, which another process may be writing and which a dying one may have left torn.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

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
}

/// Opens a journal for reading from `offset`, in bytes: 0, or what [`newest_run`] returned.
pub fn read(path: &Path, offset: u64) -> Result<Records, ReadError> {
    let open = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    };
    match open() {
        Ok(file) => Ok(Records { path: path.to_owned(), file: BufReader::new(file), line: Vec::new(), skipped: 0 }),
        Err(source) => Err(ReadError::Read { path: path.to_owned(), source }),
    }
}

/// Returns where in a journal the newest run begins, in bytes; 0 where it records none.
pub fn newest_run(path: &Path) -> Result<u64, ReadError> {
    let mut records = read(path, 0)?;
    let mut newest = 0;
    let mut offset = 0;
    while records.read_line()? {
        if begins_run(&records.line) {
            newest = offset;
        }
        offset += records.line.len() as u64;
    }
    Ok(newest)
}

/// Tells a run's first line without decoding the others. A quote inside a JSON text has a backslash before it, so no output
/// of a command can look like this.
fn begins_run(line: &[u8]) -> bool {
    const MARK: &[u8] = br#","event":"runStarted","#;
    line.windows(MARK.len()).take(256).any(|window| window == MARK)
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
                Ok(true) => match format::decode(&self.line) {
                    Some(record) => return Some(Ok(record)),
                    None => self.skipped += 1,
                },
            }
        }
    }
}

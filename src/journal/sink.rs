//! Where events go: what a journal file, an `--events` file and a terminal have in common.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::event::Event;

/// Takes the events of a run, one after the other.
pub trait Sink: Send {
    /// Takes one event. After an error the sink gets no more of them.
    fn event(&mut self, time: Timestamp, event: &Event) -> Result<(), SinkError>;

    /// Nothing else is waiting: whoever looks at the sink should see now what it has.
    fn idle(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// The last event was that; not called after an error.
    fn finish(&mut self) -> Result<(), SinkError>;
}

/// A file of events that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// It could not be opened, created or mended.
    #[error("cannot open {}", path.display())]
    Open { path: PathBuf, source: io::Error },
    /// A write failed, for want of space as a rule. What is in the file stays.
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// An earlier write failed, so that this one would leave a hole.
    #[error("cannot write {}: an earlier write failed", path.display())]
    Refused { path: PathBuf },
}

impl SinkError {
    /// Returns what kind of fault of the disk it is, where it is one.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Open { source, .. } | Self::Write { source, .. } => Some(source.kind()),
            Self::Refused { .. } => None,
        }
    }
}

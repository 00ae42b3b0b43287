//! What happened: the events of a run, and the file that keeps them.
//!
//! Whoever works on a codespace holds a [`Recorder`]. Its events go over a bounded channel to [`fan_out`], which hands each
//! to every [`Sink`]: the journal file and the `--events` file ([`Writer`]), and the terminal. Reports are made from the
//! file alone ([`read`], [`follow`]).

mod clock;
mod event;
mod follow;
mod format;
mod reader;
mod recorder;
mod sink;
mod writer;

pub use clock::Clock;
pub use event::{
    BuildStep, CreationError, Diagnosis, Event, LoginOutcome, Outcome, Output, OutputStream, PhaseFinished,
    PrebuildUse, RegistryLogin, RunStarted, StepState,
};
pub use follow::follow;
pub use format::{Record, decode, encode};
pub use reader::{ReadError, Records, newest_run, read, read_outline};
pub use recorder::{Events, Recorder, Recording, fan_out};
pub use sink::{Sink, SinkError};
pub use writer::Writer;

#[cfg(test)]
mod tests;

//! What happened: the events of a run, and the file that keeps them.

mod event;

pub use event::{
    Diagnosis, Event, LoginOutcome, Outcome, Output, OutputStream, PhaseFinished, RegistryLogin, RunStarted,
};

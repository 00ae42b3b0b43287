//! Reports, from the events alone: what a run came to ([`Summary`]), and how that reads for a program ([`UpDocument`]) and for
//! a person ([`timeline`], [`failure`], [`LogText`]). Pure: nothing here reads, writes or asks what time it is.

mod creation_log;
mod failure;
mod json;
mod lines;
mod log_text;
mod logins;
mod look;
mod moment;
mod prebuild;
mod sanitise;
pub mod scenario;
mod side_by_side;
mod summary;
mod table;
mod tail;
mod timeline;

pub use creation_log::{CreationLog, recovery_log};
pub use failure::{Remains, failure};
pub use json::{DiagnosisDocument, PhaseDocument, Place, RecoveryDocument, RegistryDocument, UpDocument, UpOutcome};
pub use lines::LineBuffer;
pub(crate) use log_text::build_step;
pub use log_text::{LogText, log_text};
pub use logins::logins;
pub use look::{Charset, Colour, Look, Paint, wrap};
pub use moment::moment;
pub use prebuild::prebuild;
pub use sanitise::{coloured, plain};
pub use side_by_side::SideBySide;
pub use summary::{End, Failure, PhaseOutcome, PhaseSummary, Recovery, Summary, Warning};
pub use table::table;
pub use timeline::timeline;

#[cfg(test)]
mod tests;

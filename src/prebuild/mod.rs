//! Prebuilds: what is kept of one, which one a codespace is made from, and what a push would do to them. Pure (codespaces-facts.md section 1.6).

mod checks;
mod choose;
mod drift;
mod over;
mod record;
mod trigger;
mod watched;

pub use checks::{Allowed, Checks, Leak, LeakKind, StoredLogin};
pub use choose::{Candidate, Chosen, Distance, LastRun, Unfit, Wanted, choose};
pub use drift::{Drift, ReadFile, Reads};
pub use over::{Anew, over, takes_more};
pub use record::{KeptImage, KeptPhase, KeptVolume, NestedImage, Place, Record, RecordError};
pub use trigger::{Decision, Push, Start, Trigger, meanwhile};
pub use watched::Watched;

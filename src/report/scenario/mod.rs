//! What a run of scenarios came to, from its events alone: for people ([`Text`]), for programs that read `JUnit`'s XML ([`junit`]), and for
//! GitHub Actions ([`annotations`], [`step_summary`]); and several runs made one ([`merge`]). Pure.

mod annotations;
mod junit;
mod log;
mod merge;
mod parts;
mod step_summary;
mod text;

pub use annotations::annotations;
pub use junit::{JunitError, junit};
pub use log::Log;
pub use merge::{MergeError, Merged, Stream, merge};
pub use step_summary::{STEP_SUMMARY, step_summary};
pub use text::{Text, counts};

#[cfg(test)]
mod tests;

//! Everything that a codespace keeps, taken as a prebuild and put into a new codespace: the file systems of its containers as images, its volumes
//! as other volumes.
//!
//! A prebuild is there once its own image is, which is made last; what is there without it is what a run left that died (`sweep`). The image has the
//! record of all the rest.

mod alone;
mod checking;
mod copying;
mod image;
mod keep;
mod layer;
mod looking;
mod restore;
mod scanner;
mod take;

pub(super) use alone::Alone;
pub(super) use copying::list;
pub use keep::{KeptPrebuild, remove, sweep, sweep_among};
pub use restore::Prebuilt;
pub(super) use restore::{mount, restore};
pub use take::{Keepsake, Taken, Taking};

use crate::engine::EngineError;

/// A prebuild that cannot be taken, or a codespace that cannot be made of one.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The engine's fault.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// This program cannot run in a container.
    #[error("this localspace cannot be put into a container: {0}")]
    Program(std::io::Error),
    /// A tree of files cannot be copied.
    #[error("a volume cannot be copied: {said}")]
    Copy {
        /// Its words.
        said: String,
    },
    /// It cannot be looked through for secrets.
    #[error("it cannot be looked through for secrets: {said}")]
    Look {
        /// Its words.
        said: String,
    },
    /// There is nothing to take.
    #[error("there is no container to make a prebuild of")]
    Nothing,
}

//! Trees of files in volumes: copied exactly, and looked through. Runs in a container that has the volumes, as root there.

mod copy;
mod reads;
mod remove;
mod scan;

pub use copy::{Copied, copy};
pub use reads::{ReadFiles, reads};
pub use remove::{clear, remove};
pub use scan::{Found, Scanned};

use std::path::Path;

/// A tree that cannot be copied or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {path}: {source}")]
pub struct TreeError {
    operation: &'static str,
    path: String,
    source: std::io::Error,
}

/// Returns what makes an error of what went wrong with a path.
fn fail<E: Into<std::io::Error>>(operation: &'static str, path: &Path) -> impl FnOnce(E) -> TreeError {
    let path = path.display().to_string();
    move |source| TreeError { operation, path, source: source.into() }
}

#[cfg(test)]
mod tests;

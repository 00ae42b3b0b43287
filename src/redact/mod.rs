//! Secret values, and the filter that every output goes through.

mod automaton;
mod content;
mod decode;
mod encoding;
mod escape;
mod filter;
mod forms;
mod places;
mod scan;
pub(crate) mod screen;
mod search;
mod sieve;
mod spans;
mod view;
mod walker;

use std::fmt;

use zeroize::Zeroize;

pub use content::{Content, Held};
pub use decode::ChunkDecoder;
pub use filter::{RedactStream, Redactor};
pub use places::Places;
pub use search::{Hit, Search, Searcher};

/// A value that must not be shown: it has no `Display`, no `Serialize`, and a `Debug` that hides it; its memory is wiped
/// when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value, for the one place that has to use it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

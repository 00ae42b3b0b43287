//! What can be wrong with a hub's file, and what to do about it. No value of it is told.

/// A hub's file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HubFileError {
    /// It cannot be read.
    #[error("cannot read the hub's file {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than any hub.
    #[error("the hub's file {file} is larger than 8 MiB")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// Something in it is wrong.
    #[error("{file}:{line}:{column}: {problem}")]
    Malformed {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// Counted from 1, in characters.
        column: u64,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl HubFileError {
    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unreadable { .. } => Some("give --hub a readable file"),
            Self::TooLarge { .. } => None,
            Self::Malformed { hint, .. } => hint.as_deref(),
        }
    }
}

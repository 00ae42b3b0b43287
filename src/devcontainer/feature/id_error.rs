//! Why an id names no Feature.

/// An id that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct IdError {
    /// What is wrong, in words that fit behind the id.
    pub problem: String,
    /// What to do about it.
    pub hint: String,
}

impl IdError {
    pub(super) fn new(problem: &str, hint: &str) -> Self {
        Self { problem: problem.to_owned(), hint: hint.to_owned() }
    }
}

//! What can go wrong with an engine, as a person has to know it.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use bollard::errors::Error as Bollard;

/// An order to the engine that it did not carry out. No variant holds a credential.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing answers at the endpoint.
    #[error("no Docker Engine answers at {address} (found by {found_by})")]
    Unreachable {
        /// The address that was tried.
        address: String,
        /// Why that address.
        found_by: String,
        /// What the connection said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The engine answered, and would not.
    #[error("the engine refused to {operation} {subject}: {message}")]
    Refused {
        /// What was asked, as a verb ("create container").
        operation: &'static str,
        /// Of what.
        subject: String,
        /// Its answer.
        message: String,
        /// Its HTTP status; 0 where the answer came in a stream.
        status: u16,
    },
    /// Something listens there, and does not answer.
    #[error("the engine at {address} did not answer in time when it was asked to {operation} {subject}")]
    Silent {
        /// What was asked.
        operation: &'static str,
        /// Of what.
        subject: String,
        /// The engine's address.
        address: String,
    },
    /// The connection ended in the middle of an answer: the engine died or was restarted.
    #[error("the engine went away while it was asked to {operation} {subject}")]
    Gone {
        /// What was asked.
        operation: &'static str,
        /// Of what.
        subject: String,
        /// What the connection said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file is larger than it may be.
    #[error("{path} is larger than {most} bytes")]
    TooLarge {
        /// Its path in the container.
        path: String,
        /// How large it may be.
        most: usize,
    },
    /// The engine's answer makes no sense to us.
    #[error("the engine's answer to {operation} {subject} was not understood: {message}")]
    Garbled {
        /// What was asked.
        operation: &'static str,
        /// Of what.
        subject: String,
        /// What is wrong with it.
        message: String,
    },
}

impl EngineError {
    /// Returns what to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { source, .. } if chain(source.as_ref()).contains("ermission denied") => Some(
                "you may not use this engine: `sudo usermod -aG docker $USER` and log in again, or run localspace with sudo"
                    .to_owned(),
            ),
            Self::Unreachable { .. } => Some(
                "start Docker, or set DOCKER_HOST to an engine that runs; `localspace doctor` shows what was tried"
                    .to_owned(),
            ),
            Self::Silent { .. } => {
                Some("it hangs, or is no Docker Engine: restart it, or set DOCKER_HOST to another".to_owned())
            }
            Self::Gone { .. } => {
                Some("when the engine is back, the same command goes on where this one ended".to_owned())
            }
            Self::Refused { message, .. } if message.contains("no space left on device") => {
                Some("free space on the engine's disk: `docker system df` shows what takes it".to_owned())
            }
            Self::Refused { .. } | Self::TooLarge { .. } | Self::Garbled { .. } => None,
        }
    }

    /// Tells whether the engine said that the subject does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Tells whether the engine said that something else stands in the way.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { status: 409, .. })
    }

    /// Wraps what bollard said of `operation` on `subject`.
    pub(crate) fn from_bollard(operation: &'static str, subject: &str, error: Bollard) -> Self {
        let subject = subject.to_owned();
        match error {
            Bollard::DockerResponseServerError { status_code, message } => {
                Self::Refused { operation, subject, message, status: status_code }
            }
            Bollard::DockerStreamError { error } => Self::Refused { operation, subject, message: error, status: 0 },
            Bollard::JsonDataError { message, .. } => Self::Garbled { operation, subject, message },
            // Every other kind is a fault of the connection, or of the URL that we made, which no input reaches.
            other => Self::Gone { operation, subject, source: Box::new(other) },
        }
    }
}

/// Joins an error and its causes.
fn chain(error: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

//! Why a Feature could not be had: what was asked, of whom, and whose fault it is.

use std::path::PathBuf;
use std::time::Duration;

use super::digest::Digest;
use crate::home::HomeError;

/// A Feature that could not be had. No variant holds a credential.
#[derive(Debug, thiserror::Error)]
#[error("cannot get the Feature `{feature}`: {problem}")]
pub struct FetchError {
    /// Its id, as it is written.
    pub feature: String,
    /// What is wrong.
    #[source]
    pub problem: Box<Problem>,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// No answer came: no such host, nothing listens, no TLS, no network.
    #[error("{request} had no answer: {cause}")]
    Unreachable {
        /// Method and address.
        request: String,
        /// What the connection said.
        cause: String,
    },
    /// An answer did not come, or did not end, in time.
    #[error("{request} was not answered in full within {} seconds", within.as_secs_f32())]
    Silent {
        /// Method and address.
        request: String,
        /// How long was waited.
        within: Duration,
    },
    /// The server answers, but not now: an error of its own, or too many requests.
    #[error("{request} failed: {status}{answer}")]
    Failing {
        /// Method and address.
        request: String,
        /// The status.
        status: u16,
        /// What it says, with a colon in front; empty where it says nothing.
        answer: String,
    },
    /// It may not be read by whoever asks.
    #[error("{request} was refused {asked}: {status}{answer}; there may be no permission for it, or no login")]
    Refused {
        /// Method and address.
        request: String,
        /// The status.
        status: u16,
        /// What the server says, with a colon in front; empty where it says nothing.
        answer: String,
        /// With which login it was asked.
        asked: String,
        /// What may help.
        hint: String,
    },
    /// It is not there.
    #[error("{request}: not found{answer}")]
    NotFound {
        /// Method and address, or a path.
        request: String,
        /// What the server says, with a colon in front; empty where it says nothing.
        answer: String,
    },
    /// What is there is no Feature.
    #[error("{subject} is no Feature: {reason}")]
    NotAFeature {
        /// Where it is.
        subject: String,
        /// Why it is none.
        reason: String,
    },
    /// The content is not what was asked for.
    #[error("{subject} is {actual}, and not {expected}, which {by} names")]
    Digest {
        /// The content.
        subject: String,
        /// Its digest.
        actual: Digest,
        /// The one that it has to have.
        expected: Digest,
        /// What names that: the lockfile, the id, the manifest, the registry.
        by: ExpectedBy,
    },
    /// An answer that makes no sense, or more than is taken.
    #[error("the answer to {request} cannot be used: {reason}")]
    Answer {
        /// Method and address.
        request: String,
        /// Why not.
        reason: String,
    },
    /// Content that is not unpacked.
    #[error("{subject} is not unpacked: {reason}")]
    Archive {
        /// Where it is from.
        subject: String,
        /// What is in it that is not taken.
        reason: String,
    },
    /// A folder of the repository that is not taken.
    #[error("{path}: {reason}")]
    Local {
        /// The path in the repository.
        path: String,
        /// Why not.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A file of this machine that could not be read or written.
    #[error("cannot {operation} {path}: {source}")]
    Disk {
        /// What was to be done.
        operation: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of the cache that could not be written whole.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A setting of this machine that cannot be used.
    #[error("{what} cannot be used: {reason}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Why not.
        reason: String,
    },
}

/// Who says what digest some content has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedBy {
    /// `integrity` in the lockfile.
    Lockfile,
    /// The Feature's id.
    Id,
    /// The manifest, of its layer.
    Manifest,
    /// The registry's answer.
    Registry,
}

impl std::fmt::Display for ExpectedBy {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Lockfile => "the lockfile",
            Self::Id => "its id",
            Self::Manifest => "its manifest",
            Self::Registry => "the registry's answer",
        })
    }
}

/// Whose fault it is (DESIGN section 4, exit codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A registry's, a server's, or a credential's.
    Registry,
    /// The configuration's, its lockfile's or the Feature's.
    Configuration,
    /// This machine's.
    Machine,
}

impl FetchError {
    /// Returns whose fault it is.
    pub fn fault(&self) -> Fault {
        match self.problem.as_ref() {
            Problem::Unreachable { .. }
            | Problem::Silent { .. }
            | Problem::Failing { .. }
            | Problem::Refused { .. }
            | Problem::NotFound { .. }
            | Problem::Answer { .. } => Fault::Registry,
            Problem::Digest { by, .. } => match by {
                ExpectedBy::Lockfile | ExpectedBy::Id => Fault::Configuration,
                ExpectedBy::Manifest | ExpectedBy::Registry => Fault::Registry,
            },
            Problem::NotAFeature { .. } | Problem::Archive { .. } | Problem::Local { .. } => Fault::Configuration,
            Problem::Disk { .. } | Problem::Home(_) | Problem::Setting { .. } => Fault::Machine,
        }
    }

    /// Returns what to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        let text = match self.problem.as_ref() {
            Problem::Refused { hint, .. } | Problem::Local { hint, .. } => hint,
            Problem::Unreachable { .. } | Problem::Silent { .. } => {
                "see that this machine reaches it (HTTPS_PROXY, SSL_CERT_FILE); it is not needed for what was fetched before"
            }
            Problem::Failing { .. } => "try again later; it is not needed for what was fetched before",
            Problem::NotFound { .. } => {
                "look at the id and its version; some registries say so too of what may not be read without a login"
            }
            Problem::Digest { by: ExpectedBy::Lockfile, .. } => {
                "it was published anew, or changed on its way: if that is right, remove its entry from the lockfile"
            }
            Problem::Home(error) => return error.hint(),
            Problem::Disk { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "free space on that disk"
            }
            Problem::Digest { .. }
            | Problem::NotAFeature { .. }
            | Problem::Answer { .. }
            | Problem::Archive { .. }
            | Problem::Disk { .. }
            | Problem::Setting { .. } => return None,
        };
        Some(text.to_owned())
    }
}

impl Problem {
    /// Names the Feature.
    pub(super) fn of(self, feature: &str) -> FetchError {
        FetchError { feature: feature.to_owned(), problem: Box::new(self) }
    }

    /// Tells whether the same request may be answered at another time or place: then what is known from before may stand in.
    pub(super) const fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Silent { .. } | Self::Failing { .. })
    }

    /// Wraps what the system said.
    pub(super) fn disk(operation: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Disk { operation, path: path.to_owned(), source }
    }
}

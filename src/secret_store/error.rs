//! What can be wrong with the file of secrets and its key, and what to do about it. No value and no key is told.

use super::key::{KEY, KEY_FILE};
use crate::home::HomeError;

/// Secrets that could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file could not be read or written.
    #[error("cannot {operation} {path}: {source}")]
    Disk {
        /// What was to be done.
        operation: &'static str,
        /// To which.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The folder could not be made, or the lock not be had.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// It was encrypted with another key.
    #[error("the key of {from} does not open {file}: it was encrypted with another one")]
    WrongKey {
        /// The file.
        file: String,
        /// Where the key is from.
        from: String,
    },
    /// There is no key for a file that is there.
    #[error("there is no key for {file}{}", keyring.as_ref().map(|why| format!("; the keyring does not answer: {why}")).unwrap_or_default())]
    NoKey {
        /// The file.
        file: String,
        /// Why the keyring does not answer, where it was asked.
        keyring: Option<String>,
    },
    /// What should be a key is none.
    #[error("{from} holds no age identity: {problem}")]
    BadKey {
        /// Where it is from.
        from: String,
        /// What is wrong.
        problem: String,
    },
    /// It is no file that was written here, or not all of one.
    #[error("{file} is damaged: {problem}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// It could not be encrypted.
    #[error("the secrets could not be encrypted: {problem}")]
    Unsealable {
        /// Why.
        problem: String,
    },
    /// An owner has as many as GitHub takes.
    #[error("{owner} has 100 secrets, the most that GitHub takes")]
    Full {
        /// Whose.
        owner: String,
    },
}

impl StoreError {
    /// Tells whether it is what the user gave, and not this machine, that is at fault.
    pub fn is_users(&self) -> bool {
        match self {
            Self::Disk { .. } | Self::Home(_) | Self::Unsealable { .. } => false,
            Self::WrongKey { .. }
            | Self::NoKey { .. }
            | Self::BadKey { .. }
            | Self::Damaged { .. }
            | Self::Full { .. } => true,
        }
    }

    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Disk { .. } => {
                Some("make it readable and writable for you, or set LOCALSPACE_HOME to a folder that is".to_owned())
            }
            Self::Home(error) => error.hint(),
            Self::NoKey { keyring: Some(_), .. } => Some(format!("open the keyring, or {}", give_the_key())),
            Self::WrongKey { .. } | Self::NoKey { keyring: None, .. } => Some(give_the_key()),
            Self::BadKey { .. } => {
                Some("an identity is a line that begins with AGE-SECRET-KEY-1, as `age-keygen` prints it".to_owned())
            }
            Self::Damaged { .. } => {
                Some("it is left as it is: put a copy of it back, or remove it and set its secrets anew".to_owned())
            }
            Self::Unsealable { .. } => None,
            Self::Full { .. } => Some("delete one: `localspace secret delete NAME`".to_owned()),
        }
    }
}

fn give_the_key() -> String {
    format!(
        "give the key that it was encrypted with in {KEY} or {KEY_FILE}; without it, only removing the file helps, and setting its secrets anew"
    )
}

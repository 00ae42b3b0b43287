//! This machine's keyring: the Secret Service of a desktop, or the keychain of macOS.
//!
//! It may ask its owner to unlock it, and waits for that; so it is asked on a thread of its own, and not for ever.

use std::fmt;
use std::sync::mpsc;
use std::time::Duration;

use crate::redact::Secret;

/// How long it may take: somebody may have to type a password.
const PATIENCE: Duration = Duration::from_mins(1);

/// What an entry is called there.
const ENTRY: (&str, &str) = ("localspace", "secrets");

/// Where a key can be kept beside the disk.
pub trait Keyring: fmt::Debug + Send + Sync {
    /// Returns what is kept; nothing where there is nothing yet. An error is told in words, where there is no keyring or it does not open.
    fn get(&self) -> Result<Option<Secret<String>>, String>;

    /// Keeps a key.
    fn set(&self, key: &Secret<String>) -> Result<(), String>;
}

/// The keyring of whoever is logged in.
#[derive(Debug, Clone, Copy)]
pub struct SystemKeyring;

impl Keyring for SystemKeyring {
    fn get(&self) -> Result<Option<Secret<String>>, String> {
        in_time(|entry| match entry.get_password() {
            Ok(key) => Ok(Some(Secret::new(key))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn set(&self, key: &Secret<String>) -> Result<(), String> {
        let key = key.clone();
        in_time(move |entry| entry.set_password(key.expose()))
    }
}

/// Asks the keyring. A thread that is not answered goes with the process.
fn in_time<T: Send + 'static>(
    ask: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, String> {
    let (sender, answer) = mpsc::channel();
    let asking = move || {
        let told = match keyring::Entry::store_status() {
            Ok(()) => {
                keyring::Entry::new(ENTRY.0, ENTRY.1).and_then(|entry| ask(&entry)).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        // Whoever asked may have gone.
        let _gone = sender.send(told);
    };
    std::thread::Builder::new().name("keyring".to_owned()).spawn(asking).map_err(|error| error.to_string())?;
    answer.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(format!("it has not answered in {} s", PATIENCE.as_secs())))
}

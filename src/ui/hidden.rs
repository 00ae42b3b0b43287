//! A question whose answer nobody sees.

use std::io::{self, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::say;
use crate::redact::Secret;

/// Asks, and reads one line that the terminal does not show.
pub(super) async fn ask(
    stdin: &mut (dyn AsyncBufRead + Send + Unpin),
    stderr: &mut (dyn Write + Send),
    question: &str,
) -> io::Result<Secret<String>> {
    let silent = Silent::enter();
    say(stderr, question);
    let mut line = String::new();
    let read = stdin.read_line(&mut line).await;
    drop(silent);
    say(stderr, "\n");
    let line = Secret::new(line);
    read.map(|_| line)
}

/// A terminal that does not show what is typed, until this is dropped: by an interrupt too.
struct Silent(Termios);

impl Silent {
    fn enter() -> Option<Self> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent).ok()?;
        Some(Self(before))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

//! A question with two answers.

use std::io::{self, Write};

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::say;

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    /// Also where the input ended, or was left empty.
    No,
    /// There is no terminal to ask on.
    NobodyThere,
}

pub(super) async fn ask(
    stdin: &mut (dyn AsyncBufRead + Send + Unpin),
    stderr: &mut (dyn Write + Send),
    question: &str,
) -> io::Result<Answer> {
    loop {
        say(stderr, &format!("{question} [y/N] "));
        let mut line = String::new();
        if stdin.read_line(&mut line).await? == 0 {
            say(stderr, "\n");
            return Ok(Answer::No);
        }
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(Answer::Yes),
            "" | "n" | "no" => return Ok(Answer::No),
            _ => say(stderr, "please answer `y` or `n`\n"),
        }
    }
}

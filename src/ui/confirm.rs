//! A question with two answers.

use std::io::{self, BufRead, Write};

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

pub(super) fn ask(stdin: &mut dyn BufRead, stderr: &mut dyn Write, question: &str) -> io::Result<Answer> {
    loop {
        say(stderr, &format!("{question} [y/N] "));
        let mut line = String::new();
        if stdin.read_line(&mut line)? == 0 {
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

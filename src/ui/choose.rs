//! A question with several answers.

use std::io::{self, Write};

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::say;

/// Asks which of several is meant, by its number; nothing where the input ends or is left empty.
pub(super) async fn ask(
    stdin: &mut (dyn AsyncBufRead + Send + Unpin),
    stderr: &mut (dyn Write + Send),
    question: &str,
    choices: &[String],
) -> io::Result<Option<usize>> {
    let list: String = choices.iter().enumerate().map(|(at, choice)| format!("  {}  {choice}\n", at + 1)).collect();
    say(stderr, &format!("{question}\n{list}"));
    loop {
        say(stderr, &format!("which one? [1-{}] ", choices.len()));
        let mut line = String::new();
        if stdin.read_line(&mut line).await? == 0 {
            say(stderr, "\n");
            return Ok(None);
        }
        match line.trim() {
            "" => return Ok(None),
            number => match number.parse::<usize>() {
                Ok(number) if (1..=choices.len()).contains(&number) => return Ok(Some(number - 1)),
                Ok(_) | Err(_) => say(stderr, "please answer with a number of the list\n"),
            },
        }
    }
}

//! The last lines of each command of a phase.

use std::collections::{HashMap, VecDeque};

use super::lines::LineBuffer;
use super::sanitise;
use crate::journal::{Output, OutputStream};

/// The longest line that is kept, in bytes.
const LINE: usize = 4096;

/// Keeps the last lines that each command of a phase wrote.
#[derive(Debug, Clone)]
pub(crate) struct Tails {
    kept: usize,
    commands: HashMap<Option<String>, Tail>,
    /// Who wrote last.
    newest: Option<String>,
}

#[derive(Debug, Clone)]
struct Tail {
    stdout: LineBuffer,
    stderr: LineBuffer,
    lines: VecDeque<String>,
}

impl Tails {
    /// Returns room for `kept` lines of each command.
    pub(crate) fn new(kept: usize) -> Self {
        Self { kept, commands: HashMap::new(), newest: None }
    }

    /// Takes what a command wrote.
    pub(crate) fn push(&mut self, output: &Output) {
        let tail = self.commands.entry(output.command.clone()).or_insert_with(|| Tail {
            stdout: LineBuffer::new(LINE),
            stderr: LineBuffer::new(LINE),
            lines: VecDeque::new(),
        });
        let buffer = match output.stream {
            OutputStream::Stdout => &mut tail.stdout,
            OutputStream::Stderr => &mut tail.stderr,
        };
        buffer.push(&output.text, |line| {
            if tail.lines.len() == self.kept {
                tail.lines.pop_front();
            }
            tail.lines.push_back(line);
        });
        self.newest.clone_from(&output.command);
    }

    /// Forgets everything: another phase began.
    pub(crate) fn clear(&mut self) {
        self.commands.clear();
        self.newest = None;
    }

    /// Returns the command that wrote last.
    pub(crate) fn newest(&self) -> Option<&String> {
        self.newest.as_ref()
    }

    /// Returns the last lines of a command, without control characters; what was not ended yet is the last.
    pub(crate) fn lines(&self, command: Option<&String>) -> Vec<String> {
        let Some(tail) = self.commands.get(&command.cloned()) else { return Vec::new() };
        let partial = [&tail.stdout, &tail.stderr].map(LineBuffer::partial).into_iter().filter(|line| !line.is_empty());
        let lines: Vec<&str> = tail.lines.iter().map(String::as_str).chain(partial).collect();
        let skipped = lines.len().saturating_sub(self.kept);
        lines.into_iter().skip(skipped).map(|line| sanitise::plain(line).trim_end().to_owned()).collect()
    }
}

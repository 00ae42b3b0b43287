//! The last lines that a phase's commands wrote, whichever wrote them.

use std::collections::{BTreeMap, VecDeque};

use crate::journal::{BuildStep, Output};
use crate::report::{self, LineBuffer};

/// The longest line that is kept, in bytes: more than any terminal is wide.
const LINE: usize = 2048;

/// Keeps the last lines of a phase.
#[derive(Debug)]
pub(super) struct Recent {
    kept: usize,
    lines: VecDeque<String>,
    /// The lines that have not ended, by command and stream.
    partial: BTreeMap<Source, LineBuffer>,
    newest: Option<Source>,
}

type Source = (Option<String>, &'static str);

impl Recent {
    /// Returns room for `kept` lines.
    pub(super) const fn new(kept: usize) -> Self {
        Self { kept, lines: VecDeque::new(), partial: BTreeMap::new(), newest: None }
    }

    /// Takes what a command wrote.
    pub(super) fn push(&mut self, output: &Output) {
        let source = (output.command.clone(), output.stream.name());
        let buffer = self.partial.entry(source.clone()).or_insert_with(|| LineBuffer::new(LINE));
        buffer.push(&output.text, |line| {
            if self.lines.len() == self.kept {
                self.lines.pop_front();
            }
            self.lines.push_back(labelled(output.command.as_deref(), &line));
        });
        self.newest = Some(source);
    }

    /// Takes what became of a step of a build.
    pub(super) fn step(&mut self, step: &BuildStep) {
        if self.lines.len() == self.kept {
            self.lines.pop_front();
        }
        self.lines.push_back(labelled(Some(&step.step), &report::build_step(step)));
    }

    /// Returns the last lines as they may be shown; one that has not ended is there if nothing came after it.
    pub(super) fn lines(&self) -> Vec<String> {
        let newest = self.newest.as_ref().and_then(|source| Some((source, self.partial.get(source)?)));
        let partial = newest.filter(|(_, buffer)| !buffer.partial().is_empty());
        let partial = partial.map(|((command, _), buffer)| labelled(command.as_deref(), buffer.partial()));
        let shown = self.lines.iter().cloned().chain(partial).map(|line| report::plain(&line).trim_end().to_owned());
        let shown: Vec<String> = shown.filter(|line| !line.is_empty()).collect();
        let skipped = shown.len().saturating_sub(self.kept);
        shown.into_iter().skip(skipped).collect()
    }
}

fn labelled(command: Option<&str>, line: &str) -> String {
    command.map_or_else(|| line.to_owned(), |command| format!("[{command}] {line}"))
}

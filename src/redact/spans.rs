//! The parts of a stream that are of secrets.

use std::collections::VecDeque;
use std::ops::Range;

use super::automaton::LONGEST;

/// A part that is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) range: Range<usize>,
    /// It begins inside an escape sequence.
    pub(super) cuts: bool,
}

/// What was found and is not shown yet; spans that overlap or touch are one.
#[derive(Debug, Default)]
pub(super) struct Spans {
    found: VecDeque<Span>,
    /// Where the last one ended, whether shown or not.
    end: usize,
    sequences: Sequences,
}

/// Where the escape sequences are in the bytes that a match may reach back to.
#[derive(Debug, Default)]
struct Sequences {
    past: VecDeque<Range<usize>>,
    /// Where the one begins that has not ended.
    open: Option<usize>,
}

impl Spans {
    /// Adds a span that ends with the last byte that was read.
    pub(super) fn add(&mut self, mut range: Range<usize>) {
        let mut cuts = self.sequences.hold(range.start);
        while self.found.back().is_some_and(|last| last.range.end >= range.start) {
            let Some(last) = self.found.pop_back() else { break };
            if last.range.start <= range.start {
                (range.start, cuts) = (last.range.start, last.cuts);
            }
            range.end = range.end.max(last.range.end);
        }
        self.end = self.end.max(range.end);
        self.found.push_back(Span { range, cuts });
    }

    /// Tells of a character that belongs to an escape sequence. One that a span ends in is masked to its end, so that what comes then is
    /// read as it was before.
    pub(super) fn in_sequence(&mut self, place: Range<usize>) {
        if self.end > 0 && self.end == place.start && self.sequences.open.is_some() {
            self.add(place.clone());
        }
        self.sequences.open.get_or_insert(place.start);
    }

    /// Tells that the last character was the last of a sequence.
    pub(super) fn end_sequence(&mut self, end: usize) {
        self.sequences.close(end);
    }

    /// Tells of a character outside.
    pub(super) fn outside(&mut self, start: usize) {
        // It is what ended the sequence, which would go on if a mask stood there.
        self.sequences.close(start + 1);
    }

    /// Takes the first span if it begins at `at` or before.
    pub(super) fn take(&mut self, at: usize) -> Option<Span> {
        if self.found.front()?.range.start > at {
            return None;
        }
        self.found.pop_front()
    }
}

impl Sequences {
    fn close(&mut self, end: usize) {
        if let Some(start) = self.open.take() {
            while self.past.front().is_some_and(|past| past.end + LONGEST < end) {
                self.past.pop_front();
            }
            self.past.push_back(start..end);
        }
    }

    /// Returns whether `at` is inside one: neither before its first byte nor behind its last.
    fn hold(&self, at: usize) -> bool {
        self.open.is_some_and(|start| start < at) || self.past.iter().rev().any(|past| past.start < at && at < past.end)
    }
}

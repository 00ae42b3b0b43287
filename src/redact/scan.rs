//! Finds the secrets of a stream, read in three ways at once: its bytes as they are, for what an escape sequence holds; what is seen of
//! it; and what is seen of it with lines joined, for base64 that was broken. In ordinary text the three are the same, and so they are
//! told apart only where they differ.

use std::sync::Arc;

use super::automaton::Wanted;
use super::forms::Forms;
use super::screen::{Seen, TAB};
use super::spans::{Span, Spans};
use super::view::{Glyph, View};
use super::walker::Walker;

/// A line whose last so many characters could be base64 may have been broken there, …
const RUN: usize = 16;

/// … as may any that ends with so many characters of a secret. With fewer, half of all lines would wait for the next one.
const BEGUN: usize = 3;

/// What is seen may be held back for so many bytes that are not: more than a line has that any report shows.
const INVISIBLE: usize = 2 << 20;

/// The search of one stream.
pub(super) struct Scan {
    forms: Arc<Forms>,
    /// How many bytes were read.
    at: usize,
    view: View,
    raw: Walker,
    seen: Walker,
    joined: Walker,
    /// How many of the last characters could be base64; counted up to [`RUN`].
    run: usize,
    /// A line was joined with the next one, of which no character came.
    in_indent: bool,
    spans: Spans,
}

impl Scan {
    pub(super) fn new(forms: Arc<Forms>) -> Self {
        Self {
            forms,
            at: 0,
            view: View::default(),
            raw: Walker::new(Wanted::All),
            seen: Walker::new(Wanted::All),
            joined: Walker::new(Wanted::Folding),
            run: 0,
            in_indent: false,
            spans: Spans::default(),
        }
    }

    /// Reads bytes.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let read = if self.is_together() { self.read_together(bytes) } else { 0 };
            bytes = bytes.get(read..).unwrap_or_default();
            if let Some((byte, rest)) = bytes.split_first() {
                self.read_byte(*byte);
                bytes = rest;
            }
        }
        if self.at - self.undecided() > INVISIBLE {
            self.seen.reset();
            self.joined.reset();
        }
    }

    /// Returns from where on it is open what is of a secret.
    pub(super) fn undecided(&self) -> usize {
        let walkers = [&self.raw, &self.seen, &self.joined];
        let begins = walkers.map(|walker| walker.undecided(&self.forms, self.at));
        begins.into_iter().fold(self.at - self.view.pending(), usize::min)
    }

    /// Returns how many bytes were read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Takes the first span if it begins at `at` or before.
    pub(super) fn take(&mut self, at: usize) -> Option<Span> {
        self.spans.take(at)
    }

    /// Returns whether the three ways have led to the same place.
    fn is_together(&self) -> bool {
        let state = self.raw.state();
        let open = self.raw.open(&self.forms);
        let same = |walker: &Walker| {
            walker.state() == state && !walker.is_following() && (open == 0 || walker.start_of(open) == self.at - open)
        };
        self.view.is_clear() && !self.in_indent && !self.raw.is_following() && same(&self.seen) && same(&self.joined)
    }

    /// Reads what is the same in all three; returns how many bytes that are.
    fn read_together(&mut self, bytes: &[u8]) -> usize {
        let automaton = &self.forms.automaton;
        let (mut state, mut read) = (self.raw.state(), 0);
        for byte in bytes.iter().copied().take_while(|byte| (b' '..=b'~').contains(byte)) {
            state = automaton.next(state, byte);
            read += 1;
            if automaton.may_end(state) && automaton.ends(state, Wanted::All).longest > 0 {
                break;
            }
        }
        if read > 0 {
            let run = bytes.get(..read).unwrap_or_default().iter().rev().take(RUN).take_while(|byte| is_base64(**byte));
            let run = run.count();
            self.run = if run == read { self.run + run } else { run };
            self.at += read;
            self.view.skip();
            for walker in [&mut self.raw, &mut self.seen, &mut self.joined] {
                walker.skip_to(&self.forms, state, read, self.at);
                walker.ended(&self.forms, self.at, |range| self.spans.add(range));
            }
        }
        read
    }

    fn read_byte(&mut self, byte: u8) {
        self.at += 1;
        self.raw.read(&self.forms, byte, self.at - 1..self.at, |range| self.spans.add(range));
        for glyph in self.view.push(byte, self.at).into_iter().flatten() {
            self.read_glyph(glyph);
        }
    }

    fn read_glyph(&mut self, glyph: Glyph) {
        let place = glyph.start..glyph.end;
        if glyph.in_sequence {
            self.spans.in_sequence(place);
            if !self.view.is_in_sequence() {
                self.spans.end_sequence(glyph.end);
            }
        } else {
            self.spans.outside(glyph.start);
        }
        match (glyph.seen, glyph.char) {
            (Seen::Nothing, '\n') => self.read_line_end(&glyph),
            (Seen::Text, '\t') => TAB.bytes().for_each(|byte| self.read_symbol(byte, &glyph)),
            (Seen::Text, char) => char.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| self.read_symbol(byte, &glyph)),
            (Seen::Nothing | Seen::Joiner, _) => {}
        }
    }

    fn read_symbol(&mut self, symbol: u8, glyph: &Glyph) {
        let place = glyph.start..glyph.end;
        self.seen.read(&self.forms, symbol, place.clone(), |range| self.spans.add(range));
        if self.in_indent && symbol == b' ' {
            return;
        }
        self.in_indent = false;
        self.run = if is_base64(symbol) { self.run + 1 } else { 0 };
        self.joined.read(&self.forms, symbol, place, |range| self.spans.add(range));
    }

    fn read_line_end(&mut self, glyph: &Glyph) {
        self.seen.read(&self.forms, b'\n', glyph.start..glyph.end, |range| self.spans.add(range));
        let is_begun = self.joined.open(&self.forms) >= BEGUN || self.joined.is_following();
        if !is_begun && self.run < RUN && !self.in_indent {
            self.joined.reset();
        }
        self.in_indent = self.joined.open(&self.forms) > 0 || self.joined.is_following();
        self.run = 0;
    }
}

/// Returns whether base64 may have such a character.
const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

//! One way to read a stream, symbol by symbol: which of what was read is a secret, and how much of its end may be the beginning of one.

use std::ops::Range;

use super::automaton::{Ends, LONGEST, START, Wanted};
use super::forms::Forms;

/// Reads symbols. Each has a place in the stream.
pub(super) struct Walker {
    wanted: Wanted,
    state: u32,
    following: Vec<Following>,
    /// Where the last symbols begin.
    starts: Box<[usize; LONGEST]>,
    /// How many symbols were read.
    count: usize,
}

impl Walker {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self { wanted, state: START, following: Vec::new(), starts: Box::new([0; LONGEST]), count: 0 }
    }

    /// Reads a symbol whose bytes are at `place`; passes what turns out to be of a secret to `found`.
    pub(super) fn read(&mut self, forms: &Forms, symbol: u8, place: Range<usize>, mut found: impl FnMut(Range<usize>)) {
        if !self.following.is_empty() {
            self.following.retain_mut(|following| following.read(forms, symbol, place.end, &mut found));
        }
        self.state = forms.automaton.next(self.state, symbol);
        self.set_start(self.count, place.start);
        self.count += 1;
        if forms.automaton.may_end(self.state) {
            self.ended(forms, place.end, found);
        }
    }

    /// Takes the place of having read `count` symbols, each the byte of the stream before the next, the last of them before `end`; after
    /// them the state is `state`.
    pub(super) fn skip_to(&mut self, forms: &Forms, state: u32, count: usize, end: usize) {
        self.state = state;
        self.count += count;
        let ends = self.ends(forms);
        for back in 1..=usize::from(ends.open.max(ends.longest)).min(count) {
            self.set_start(self.count - back, end - back);
        }
    }

    /// Adds what ends at the present state.
    pub(super) fn ended(&mut self, forms: &Forms, end: usize, mut found: impl FnMut(Range<usize>)) {
        let longest = usize::from(self.ends(forms).longest);
        if longest == 0 {
            return;
        }
        found(self.start_of(longest)..end);
        let state = self.state;
        for head in forms.automaton.heads(state) {
            let wanted = self.wanted == Wanted::All || forms.folds(head);
            if wanted && self.following.iter().all(|following| following.head != head) {
                self.following.push(Following::new(forms, head, end));
            }
        }
    }

    /// Forgets what was read.
    pub(super) fn reset(&mut self) {
        self.state = START;
        self.following.clear();
    }

    pub(super) const fn state(&self) -> u32 {
        self.state
    }

    /// Returns how many of the last symbols may be the beginning of a secret.
    pub(super) fn open(&self, forms: &Forms) -> usize {
        self.ends(forms).open.into()
    }

    fn ends(&self, forms: &Forms) -> Ends {
        forms.automaton.ends(self.state, self.wanted)
    }

    /// Returns whether a form is known to go on.
    pub(super) const fn is_following(&self) -> bool {
        !self.following.is_empty()
    }

    /// Returns where in the stream, at the end of which `end` is, a secret may begin or go on.
    pub(super) fn undecided(&self, forms: &Forms, end: usize) -> usize {
        let open = self.open(forms);
        let begins = if open == 0 { end } else { self.start_of(open) };
        let goes_on = self.following.iter().filter(|following| following.goes_on).map(|following| following.end);
        goes_on.fold(begins, usize::min)
    }

    /// Returns where the last `length` symbols begin.
    pub(super) fn start_of(&self, length: usize) -> usize {
        let at = self.count.saturating_sub(length) % LONGEST;
        self.starts.get(at).copied().unwrap_or_default()
    }

    fn set_start(&mut self, at: usize, start: usize) {
        if let Some(slot) = self.starts.get_mut(at % LONGEST) {
            *slot = start;
        }
    }
}

/// A form whose head was read: how much of it is at the end of what was read (Knuth, Morris and Pratt, 1977, with the table made as far
/// as it is needed).
struct Following {
    head: u32,
    /// The form, as far as it was needed.
    form: Vec<u8>,
    /// Where the next piece of it is.
    next: Option<usize>,
    /// For each beginning of the form, how long the longest is that it also ends with.
    borders: Vec<u32>,
    matched: usize,
    /// Where the last symbol ended.
    end: usize,
    /// The next symbol may belong to it.
    goes_on: bool,
}

impl Following {
    fn new(forms: &Forms, head: u32, end: usize) -> Self {
        let matched = forms.head_length(head);
        Self { head, form: Vec::new(), next: Some(0), borders: Vec::new(), matched, end, goes_on: true }
    }

    /// Reads a symbol; returns whether enough of the form is still there to go on.
    fn read(&mut self, forms: &Forms, symbol: u8, end: usize, found: &mut impl FnMut(Range<usize>)) -> bool {
        while self.byte(forms, self.matched) != Some(symbol) {
            if self.matched == 0 {
                return false;
            }
            self.matched = self.border(self.matched);
        }
        self.matched += 1;
        let length = forms.head_length(self.head);
        if self.matched >= length {
            found(self.end..end);
        }
        self.end = end;
        self.goes_on = self.matched >= length && self.byte(forms, self.matched).is_some();
        // At half of the head, so that it is not given up and found again all the time.
        self.matched >= length / 2
    }

    fn byte(&mut self, forms: &Forms, at: usize) -> Option<u8> {
        while self.form.len() <= at {
            self.next = forms.piece(self.head, self.next?, &mut self.form);
        }
        self.form.get(at).copied()
    }

    /// Returns the longest proper beginning of the form that its first `length` bytes end with.
    fn border(&mut self, length: usize) -> usize {
        let border = |borders: &[u32], length: usize| {
            length.checked_sub(1).and_then(|at| borders.get(at)).map_or(0, |border| *border as usize)
        };
        for at in self.borders.len()..length {
            let byte = self.form.get(at);
            let mut candidate = border(&self.borders, at);
            while at > 0 && candidate > 0 && self.form.get(candidate) != byte {
                candidate = border(&self.borders, candidate);
            }
            let longer = at > 0 && self.form.get(candidate) == byte;
            self.borders.push(u32::try_from(candidate + usize::from(longer)).unwrap_or_default());
        }
        border(&self.borders, length)
    }
}

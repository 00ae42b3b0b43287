//! Tells where in a text no pattern can be, from a few of its bytes: every pattern that is there shows some four of its bytes in a row at one of the
//! places that are looked at. What is not ruled out, the automaton reads.

use std::collections::{BTreeMap, BTreeSet};

use super::automaton::Pattern;

/// How many bytes in a row are looked at.
const GRAM: usize = 4;

/// A line that ends with so many characters of a pattern that folds may have been broken there.
pub(super) const BEGUN: usize = 3;

/// Where there are more pieces of patterns, most places could be one.
const MOST: usize = 1 << 16;

/// How many bits there are for each piece: few others meet one of them.
const BITS: usize = 64;

/// So far a line's end is looked for at once: what is read again after a place that was not ruled out is no more.
const WINDOW: usize = 1024;

/// Pieces of patterns.
pub(super) struct Sieve {
    grams: Pieces,
    /// The last characters of a line that may have been broken.
    begun: Pieces,
    /// From one place to the next.
    stride: usize,
    longest: usize,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sifted {
    /// In so many bytes nothing is.
    pub(super) free: usize,
    /// So many after those have to be read.
    pub(super) open: usize,
}

impl Sieve {
    /// Returns what rules out that any of the patterns is there; nothing where it would take longer than to look.
    pub(super) fn new(patterns: &BTreeMap<Vec<u8>, Pattern>) -> Option<Self> {
        let lengths = || patterns.keys().map(Vec::len);
        let stride = lengths().min()?.checked_sub(GRAM)? + 1;
        let pieces = |length: usize, folding: bool| -> BTreeSet<&[u8]> {
            let of = patterns.iter().filter(|(_, pattern)| pattern.folds || !folding);
            of.flat_map(|(bytes, _)| bytes.windows(length)).collect()
        };
        let (grams, begun) = (pieces(GRAM, false), pieces(BEGUN, true));
        let is_of_use = stride > 1 && grams.len() <= MOST;
        // And a carriage return behind it.
        let longest = lengths().max()? + 1;
        is_of_use.then(|| Self { grams: Pieces::new(&grams), begun: Pieces::new(&begun), stride, longest })
    }

    /// Sifts a text, before which nothing is open.
    pub(super) fn sift(&self, bytes: &[u8]) -> Sifted {
        let all = bytes.len();
        if all < self.longest * 2 {
            return Sifted { free: 0, open: all };
        }
        let up_to = |end: usize| {
            let free = end.saturating_sub(self.longest);
            Sifted { free, open: end - free }
        };
        let (mut at, mut line) = (0, 0);
        while line < all {
            let rest = bytes.get(line..).unwrap_or_default();
            let window = rest.get(..WINDOW).unwrap_or(rest);
            let newline = memchr::memchr(b'\n', window);
            let end = line + newline.unwrap_or(window.len());
            while at < end {
                let Some(gram) = bytes.get(at..at + GRAM) else { break };
                if self.grams.may_have(gram) {
                    return up_to(at + GRAM);
                }
                at += self.stride;
            }
            if newline.is_some() && self.is_begun(bytes.get(..end).unwrap_or_default()) {
                return up_to(end + 1);
            }
            line = end + newline.map_or(0, |_| 1);
        }
        up_to(all)
    }
}

impl Sieve {
    /// Tells whether a line that ends so may have been broken there.
    fn is_begun(&self, line: &[u8]) -> bool {
        line.strip_suffix(b"\r").unwrap_or(line).last_chunk::<BEGUN>().is_some_and(|begun| self.begun.may_have(begun))
    }
}

/// Pieces of one length, by a sum of each.
struct Pieces {
    bits: Vec<u64>,
    shift: u32,
}

impl Pieces {
    fn new(pieces: &BTreeSet<&[u8]>) -> Self {
        let size = (pieces.len() * BITS).next_power_of_two().max(64);
        let mut made = Self { bits: vec![0; size / 64], shift: 32 - size.trailing_zeros() };
        for piece in pieces {
            let place = made.place(piece);
            if let Some(bits) = made.bits.get_mut(place / 64) {
                *bits |= 1 << (place % 64);
            }
        }
        made
    }

    fn may_have(&self, piece: &[u8]) -> bool {
        let place = self.place(piece);
        self.bits.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1)
    }

    fn place(&self, piece: &[u8]) -> usize {
        let number = match piece {
            [a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]),
            [a, b, c] => u32::from_le_bytes([*a, *b, *c, 0]),
            _ => 0,
        };
        // Knuth's multiplier: the upper bits depend on all of them.
        (number.wrapping_mul(2_654_435_761) >> self.shift) as usize
    }
}

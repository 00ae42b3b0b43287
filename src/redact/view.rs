//! A stream of bytes as the characters that will be seen of it, each with its place. Decodes as [`super::ChunkDecoder`] does, and sees as
//! [`super::screen`] does.

use super::screen::{Screen, Seen, TAB};

/// One character of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glyph {
    pub(super) char: char,
    pub(super) seen: Seen,
    /// Where its bytes begin.
    pub(super) start: usize,
    /// Where they end.
    pub(super) end: usize,
    /// It belongs to an escape sequence.
    pub(super) in_sequence: bool,
}

/// Follows a stream, byte by byte.
#[derive(Debug, Default)]
pub(super) struct View {
    screen: Screen,
    /// The beginning of a character.
    bytes: [u8; 4],
    length: usize,
    in_garbage: bool,
}

impl View {
    /// Returns whether an ASCII character that comes now is seen as it is.
    pub(super) fn is_clear(&self) -> bool {
        self.length == 0 && !self.screen.is_in_sequence()
    }

    /// Tells that characters that are seen as they are have passed.
    pub(super) const fn skip(&mut self) {
        self.in_garbage = false;
    }

    /// Returns whether the next character may belong to an escape sequence.
    pub(super) fn is_in_sequence(&self) -> bool {
        self.screen.is_in_sequence()
    }

    /// Returns how many of the last bytes are the beginning of a character.
    pub(super) const fn pending(&self) -> usize {
        self.length
    }

    /// Takes the byte before `end`; returns what it completes: what was no character, and a character.
    pub(super) fn push(&mut self, byte: u8, end: usize) -> [Option<Glyph>; 2] {
        let mut found = [None; 2];
        if let Some(slot) = self.bytes.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
        while self.length > 0 {
            let bytes = self.bytes.get(..self.length).unwrap_or_default();
            let start = end - self.length;
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    let char = text.chars().next().unwrap_or_default();
                    (self.length, self.in_garbage) = (0, false);
                    found[1] = Some(self.glyph(char, start, end));
                }
                Err(error) => {
                    let Some(bad) = error.error_len() else { break };
                    self.bytes.copy_within(bad.., 0);
                    self.length -= bad;
                    let end = start + bad;
                    // A run of bytes that are no characters is one U+FFFD, and the others are not there at all.
                    match &mut found[0] {
                        Some(garbage) => garbage.end = end,
                        None if self.in_garbage => found[0] = Some(self.nothing(start, end)),
                        None => found[0] = Some(self.glyph('\u{fffd}', start, end)),
                    }
                    self.in_garbage = true;
                }
            }
        }
        found
    }

    fn nothing(&self, start: usize, end: usize) -> Glyph {
        Glyph { char: '\0', seen: Seen::Nothing, start, end, in_sequence: self.screen.is_in_sequence() }
    }

    fn glyph(&mut self, char: char, start: usize, end: usize) -> Glyph {
        let before = self.screen.is_in_sequence();
        let seen = self.screen.next(char);
        let in_sequence =
            (before || self.screen.is_in_sequence()) && seen == Seen::Nothing && !matches!(char, '\n' | '\r');
        Glyph { char, seen, start, end, in_sequence }
    }
}

/// Returns what is seen of a text, line by line.
pub(super) fn seen(text: &str) -> String {
    let mut screen = Screen::default();
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match (screen.next(char), char) {
            (Seen::Text, '\t') => shown.push_str(TAB),
            (Seen::Text, _) | (Seen::Nothing, '\n') => shown.push(char),
            (Seen::Joiner | Seen::Nothing, _) => {}
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ChunkDecoder;
    use super::*;

    proptest! {
        #[test]
        fn it_sees_what_the_decoded_text_shows(bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"a\n\r\x1b[]m\x07\t\\\xc2\x9b\xe2\x80\x8e\xf0\x9f".to_vec())], 0..60,
        )) {
            let mut decoder = ChunkDecoder::default();
            let decoded = decoder.push(&bytes);
            let (mut view, mut shown, mut last) = (View::default(), String::new(), 0);
            for (at, byte) in bytes.iter().enumerate() {
                for glyph in view.push(*byte, at + 1).into_iter().flatten() {
                    prop_assert_eq!(glyph.start, last);
                    last = glyph.end;
                    match (glyph.seen, glyph.char) {
                        (Seen::Text, '\t') => shown.push_str(TAB),
                        (Seen::Text, char) | (Seen::Nothing, char @ '\n') => shown.push(char),
                        (Seen::Joiner | Seen::Nothing, _) => {}
                    }
                }
            }
            prop_assert_eq!(last + view.pending(), bytes.len());
            prop_assert_eq!(shown, seen(&decoded));
        }
    }
}

//! Bytes that come in pieces, as text.

/// Turns chunks of bytes into text: a character that is split over chunks is held back until it is whole, and each run of bytes that are
/// no UTF-8 becomes one U+FFFD.
#[derive(Debug, Default)]
pub struct ChunkDecoder {
    held: Vec<u8>,
    in_garbage: bool,
}

impl ChunkDecoder {
    /// Returns the text of the next chunk.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let (text, rest) = self.decode(&all);
        self.held = rest.to_vec();
        text
    }

    /// Returns what was held back, at the end.
    pub fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() || self.in_garbage { String::new() } else { "\u{fffd}".to_owned() }
    }

    fn decode<'a>(&mut self, bytes: &'a [u8]) -> (String, &'a [u8]) {
        let mut text = String::with_capacity(bytes.len());
        let mut rest = bytes;
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(valid) => {
                    self.in_garbage &= valid.is_empty();
                    text.push_str(valid);
                    return (text, &[]);
                }
                Err(error) => error,
            };
            let (valid, after) = rest.split_at(error.valid_up_to());
            if !valid.is_empty() {
                self.in_garbage = false;
                text.push_str(&String::from_utf8_lossy(valid));
            }
            let Some(bad) = error.error_len() else { return (text, after) };
            if !self.in_garbage {
                text.push('\u{fffd}');
                self.in_garbage = true;
            }
            rest = after.get(bad..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(chunks: &[&[u8]], expected: &str) {
        let mut decoder = ChunkDecoder::default();
        let mut text: String = chunks.iter().map(|chunk| decoder.push(chunk)).collect();
        text += &decoder.finish();
        assert_eq!(text, expected, "{chunks:?}");
    }

    #[test]
    fn a_character_that_is_split_is_whole_and_garbage_is_one_mark() {
        check(&[b"a\xc3", b"\xa9b"], "aéb");
        check(&[b"\xff\xfe", b"\xff", b"x\x80"], "\u{fffd}x\u{fffd}");
        check(&[b"\xe2\x9c"], "\u{fffd}");
        check(&[b"", b""], "");
    }

    proptest! {
        #[test]
        fn text_comes_out_as_it_went_in(text in "\\PC{0,60}", at in 0..200_usize) {
            let bytes = text.as_bytes();
            let (one, other) = bytes.split_at(at.min(bytes.len()));
            check(&[one, other], &text);
        }
    }
}

//! From chunks of output to lines.

/// Puts the lines of one stream together. Of a line that was written over with carriage returns, the last text stays, as on a
/// terminal; of one longer than the limit, the beginning.
#[derive(Debug, Clone)]
pub struct LineBuffer {
    limit: usize,
    partial: String,
    /// A carriage return came: the next text takes the place of `partial`.
    returned: bool,
}

impl LineBuffer {
    /// Returns a buffer for lines of at most `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self { limit, partial: String::new(), returned: false }
    }

    /// Takes a chunk, and passes each line that it ends to `line`.
    pub fn push(&mut self, chunk: &str, mut line: impl FnMut(String)) {
        for piece in chunk.split_inclusive(['\n', '\r']) {
            let text = piece.trim_end_matches(['\n', '\r']);
            if !text.is_empty() && std::mem::take(&mut self.returned) {
                self.partial.clear();
            }
            self.append(text);
            if piece.ends_with('\n') {
                self.returned = false;
                line(std::mem::take(&mut self.partial));
            } else if piece.ends_with('\r') {
                self.returned = true;
            }
        }
    }

    /// Returns the line that has not ended yet.
    pub fn partial(&self) -> &str {
        &self.partial
    }

    /// Returns the line that has not ended yet and forgets it; nothing where there is none.
    pub fn take_partial(&mut self) -> Option<String> {
        self.returned = false;
        let partial = std::mem::take(&mut self.partial);
        (!partial.is_empty()).then_some(partial)
    }

    fn append(&mut self, text: &str) {
        let room = self.limit.saturating_sub(self.partial.len()).min(text.len());
        let cut = (0..=room).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0);
        self.partial.push_str(text.get(..cut).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_a_terminal_would_be_left_with() {
        let check = |chunks: &[&str], expected: &[&str], partial: &str| {
            let mut buffer = LineBuffer::new(10);
            let mut lines = Vec::new();
            for chunk in chunks {
                buffer.push(chunk, |line| lines.push(line));
            }
            assert_eq!((lines.as_slice(), buffer.partial()), (expected.map_owned().as_slice(), partial), "{chunks:?}");
        };
        check(&["one\ntwo\n"], &["one", "two"], "");
        check(&["o", "ne\nt", "wo"], &["one"], "two");
        check(&["one\r\n", "two\r", "\n"], &["one", "two"], "");
        check(&["10%\r20%\r30%"], &[], "30%");
        check(&["10%\r", "20%\r"], &[], "20%");
        check(&["10%\r20%\r\n\n"], &["20%", ""], "");
        check(&["0123456789abc", "def\nx\n"], &["0123456789", "x"], "");
        check(&["012345678é\n"], &["012345678"], "");
        check(&["0123456789abc\rxyz\n"], &["xyz"], "");
    }

    trait MapOwned {
        fn map_owned(&self) -> Vec<String>;
    }

    impl MapOwned for [&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().map(ToString::to_string).collect()
        }
    }
}

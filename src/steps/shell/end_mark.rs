//! The mark by which a command's end is told from its output.
//!
//! A command's streams end when the last process that holds them does, which may be long after the command. So its shell writes a mark
//! to both streams when the command is over: what came before is the command's, what comes after is a background process's.

/// The mark of one command: unguessable, so that no output is taken for it.
#[derive(Debug, Clone)]
pub(crate) struct EndMark(String);

/// Finds the mark in one stream that comes in pieces.
#[derive(Debug)]
pub(crate) struct MarkFinder {
    mark: Vec<u8>,
    held: Vec<u8>,
}

/// What a piece of a stream holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Output, and no mark yet.
    Output(Vec<u8>),
    /// The last output of the command and its exit code; then what others wrote after it.
    End { output: Vec<u8>, exit_code: i32, after: Vec<u8> },
}

/// The longest text behind the mark: an exit code and the end sign.
const TAIL: usize = 12;

impl EndMark {
    /// Returns a mark made from `entropy`.
    pub(crate) fn new(entropy: [u8; 16]) -> Self {
        Self(entropy.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns the mark's text: also the value by which a command's processes are known.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the shell commands that write the mark with the exit code in the variable `code` to both streams.
    pub(crate) fn script(&self) -> String {
        let write = format!("printf '\\036%s:%d\\036' '{}' \"$code\"", self.0);
        format!("{write}; {write} >&2")
    }

    /// Returns a finder for one stream.
    pub(crate) fn finder(&self) -> MarkFinder {
        MarkFinder { mark: format!("\u{1e}{}:", self.0).into_bytes(), held: Vec::new() }
    }
}

impl MarkFinder {
    /// Takes the next piece of the stream.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Found {
        // What was held back and is still no mark goes out with this piece.
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(piece);
        let mut from = 0;
        while let Some(at) = find_byte(&bytes, from) {
            let rest = bytes.get(at..).unwrap_or_default();
            if let Some(tail) = rest.strip_prefix(self.mark.as_slice()) {
                match tail.iter().take(TAIL).position(|byte| *byte == 0x1e) {
                    Some(end) => {
                        let digits = String::from_utf8_lossy(tail.get(..end).unwrap_or_default()).into_owned();
                        let after = tail.get(end + 1..).unwrap_or_default().to_vec();
                        let exit_code = digits.parse().unwrap_or(1);
                        bytes.truncate(at);
                        return Found::End { output: bytes, exit_code, after };
                    }
                    None if tail.len() < TAIL => return self.hold(bytes, at),
                    None => {}
                }
            } else if self.mark.starts_with(rest) {
                return self.hold(bytes, at);
            }
            from = at + 1;
        }
        Found::Output(bytes)
    }

    /// Returns what was held back, when the stream has ended without a mark.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    fn hold(&mut self, mut bytes: Vec<u8>, at: usize) -> Found {
        self.held = bytes.split_off(at);
        Found::Output(bytes)
    }
}

fn find_byte(bytes: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.iter().position(|byte| *byte == 0x1e).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark() -> EndMark {
        EndMark::new([7; 16])
    }

    #[test]
    fn the_shell_writes_the_mark_that_the_finder_finds() {
        let script = format!("printf out; printf err >&2; code=3; {}; printf late", mark().script());
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh runs");
        let end =
            |output: &[u8], after: &[u8]| Found::End { output: output.to_vec(), exit_code: 3, after: after.to_vec() };
        assert_eq!(mark().finder().push(&output.stdout), end(b"out", b"late"));
        assert_eq!(mark().finder().push(&output.stderr), end(b"err", b""));
    }

    #[test]
    fn a_stream_that_ends_without_a_mark_loses_nothing() {
        let mut finder = mark().finder();
        assert_eq!(finder.push(b"a\x1e0707"), Found::Output(b"a".to_vec()));
        assert_eq!(finder.rest(), b"\x1e0707");
    }

    proptest! {
        #[test]
        fn the_mark_is_found_however_the_stream_is_cut(
            output in proptest::collection::vec(prop_oneof![Just(0x1e_u8), Just(b'0'), Just(b'7'), any::<u8>()], 0..200),
            code in 0..256_i32,
            cuts in proptest::collection::vec(1..20_usize, 1..60),
        ) {
            let mut stream = output.clone();
            stream.extend(format!("\u{1e}{}:{code}\u{1e}late", mark().as_str()).into_bytes());
            let (mut finder, mut got, mut rest) = (mark().finder(), Vec::new(), stream.as_slice());
            let mut cuts = cuts.into_iter().cycle();
            loop {
                let (piece, next) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
                prop_assert!(!piece.is_empty(), "the mark was not found");
                rest = next;
                match finder.push(piece) {
                    Found::Output(bytes) => got.extend(bytes),
                    Found::End { output: last, exit_code, .. } => {
                        got.extend(last);
                        prop_assert_eq!(&got, &output);
                        prop_assert_eq!(exit_code, code);
                        break;
                    }
                }
            }
        }
    }
}

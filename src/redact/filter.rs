//! Puts `***` in the place of secrets.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::forms::Forms;
use super::scan::Scan;
use super::spans::Span;

/// What stands in a secret's place.
const MASK: &[u8] = b"***";

/// Ends an escape sequence, wherever it is (ECMA-48: CANCEL).
const CANCEL: u8 = 0x18;

/// How much is read at a time, so that little is held back.
const PIECE: usize = 64 * 1024;

/// Knows the secret values of a run. Cheap to clone.
#[derive(Clone)]
pub struct Redactor {
    forms: Option<Arc<Forms>>,
    too_short: usize,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// Returns a filter for `values`: each as it is, and as it is written in JSON, HTML, URLs, shells, base64 (also inside a longer
    /// text, and broken over lines) and hexadecimal; of a value of several lines, every line of 8 bytes or more as well.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let (forms, too_short) = Forms::of(values);
        Self { forms: forms.map(Arc::new), too_short }
    }

    /// Returns how many values are too short to be masked.
    pub const fn too_short(&self) -> usize {
        self.too_short
    }

    /// Returns `text` without secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut stream = self.stream();
        let mut shown = stream.push(text.as_bytes());
        shown.extend(stream.finish());
        if shown == text.as_bytes() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(String::from_utf8_lossy(&shown).into_owned())
    }

    /// Returns a filter for one stream that comes in chunks.
    pub fn stream(&self) -> RedactStream {
        let scan = self.forms.clone().map(|forms| Box::new(Scan::new(forms)));
        RedactStream { scan, held: Vec::new(), from: 0, masked: None }
    }
}

/// The same filter for a stream: a value that is split over chunks is found too, and one with something between its characters that is
/// not seen: control characters and escape sequences.
pub struct RedactStream {
    scan: Option<Box<Scan>>,
    /// What was read and not shown yet.
    held: Vec<u8>,
    /// Where in the stream that begins.
    from: usize,
    /// Where in the stream the last mask ends.
    masked: Option<usize>,
}

impl fmt::Debug for RedactStream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedactStream").finish_non_exhaustive()
    }
}

impl RedactStream {
    /// Returns what can be shown after this chunk. Held back is only what may be the beginning of a secret, so a prompt is shown at once.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        if self.scan.is_none() {
            return chunk.to_vec();
        }
        let mut shown = Vec::with_capacity(chunk.len());
        for piece in chunk.chunks(PIECE) {
            self.held.extend_from_slice(piece);
            let decided = self.scan.as_mut().map_or(0, |scan| {
                scan.read(piece);
                scan.undecided()
            });
            self.show(decided, &mut shown);
        }
        shown
    }

    /// Returns what was held back, at the end of the stream.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut shown = Vec::new();
        let end = self.scan.as_ref().map_or(0, |scan| scan.at());
        self.show(end, &mut shown);
        shown
    }

    /// Returns how many bytes are held back.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Shows what stands before `to`.
    fn show(&mut self, to: usize, shown: &mut Vec<u8>) {
        let Some(scan) = &mut self.scan else { return };
        let at = |place: usize| place.saturating_sub(self.from);
        let part = |from: usize, to: usize| self.held.get(at(from)..at(to)).unwrap_or_default();
        let mut next = self.masked.map_or(self.from, |masked| masked.max(self.from));
        while let Some(Span { range, cuts }) = scan.take(to) {
            if self.masked.is_none_or(|masked| masked < range.start) {
                shown.extend_from_slice(part(next, range.start));
                shown.extend(cuts.then_some(CANCEL));
                shown.extend_from_slice(MASK);
            }
            next = next.max(range.end);
            self.masked = Some(next);
        }
        if next < to {
            shown.extend_from_slice(part(next, to));
        }
        self.held.drain(..at(to).min(self.held.len()));
        self.from = to;
    }
}

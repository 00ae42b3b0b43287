//! Finds secret values in output, in the forms in which they turn up, and puts `***` in their place.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// What stands in a secret's place.
const MASK: &str = "***";

/// Values of fewer bytes are not masked: they would make every output unreadable and hide nothing.
const SHORTEST: usize = 4;

/// What a URL may hold unescaped.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Knows the secret values of a run. Cheap to clone.
#[derive(Clone)]
pub struct Redactor {
    finder: Option<Arc<AhoCorasick>>,
    patterns: Arc<Vec<Vec<u8>>>,
    too_short: usize,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Redactor").field("patterns", &self.patterns.len()).finish_non_exhaustive()
    }
}

impl Redactor {
    /// Returns a filter for `values`: each as it is, in base64 (also inside a longer text), URL-encoded and JSON-escaped; of a value of
    /// several lines, every line of 8 bytes or more as well.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut patterns = BTreeSet::new();
        let mut too_short = 0;
        for value in values.into_iter().filter(|value| !value.is_empty()) {
            if value.len() < SHORTEST {
                too_short += 1;
                continue;
            }
            let lines = value.lines().map(str::trim).filter(|line| line.len() >= 8);
            for text in std::iter::once(value).chain(lines) {
                patterns.extend(forms(text).into_iter().filter(|form| form.len() >= SHORTEST));
            }
        }
        let patterns: Vec<Vec<u8>> = patterns.into_iter().map(String::into_bytes).collect();
        let finder = (!patterns.is_empty())
            .then(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns).ok())
            .flatten();
        Self { finder: finder.map(Arc::new), patterns: Arc::new(patterns), too_short }
    }

    /// Returns how many values are too short to be masked.
    pub const fn too_short(&self) -> usize {
        self.too_short
    }

    /// Returns `text` without secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(finder) = &self.finder else { return Cow::Borrowed(text) };
        let spans = merged_spans(finder, text.as_bytes());
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = Vec::with_capacity(text.len());
        mask(text.as_bytes(), &spans, &mut out);
        Cow::Owned(String::from_utf8_lossy(&out).into_owned())
    }

    /// Returns a filter for one stream that comes in chunks.
    pub fn stream(&self) -> RedactStream {
        RedactStream { redactor: self.clone(), held: Vec::new() }
    }
}

/// The same filter for a stream: a value that is split over chunks is found too.
#[derive(Debug)]
pub struct RedactStream {
    redactor: Redactor,
    held: Vec<u8>,
}

impl RedactStream {
    /// Returns what can be shown after this chunk. Held back is only what may be the beginning of a secret, so a prompt is shown at once.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        let Some(finder) = self.redactor.finder.clone() else { return chunk.to_vec() };
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(chunk);
        let spans = merged_spans(&finder, &bytes);
        let keep = self.undecided(&bytes);
        // A secret that reaches into the undecided part may grow there: all of it waits.
        let from = spans.iter().find(|(_, end)| *end > keep).map_or(keep, |(start, _)| (*start).min(keep));
        let settled: Vec<_> = spans.into_iter().filter(|(_, end)| *end <= from).collect();
        self.held = bytes.split_off(from);
        Self::show(&bytes, &settled)
    }

    /// Returns what was held back, at the end of the stream.
    pub fn finish(&mut self) -> Vec<u8> {
        let bytes = std::mem::take(&mut self.held);
        let spans = self.redactor.finder.as_ref().map(|finder| merged_spans(finder, &bytes)).unwrap_or_default();
        Self::show(&bytes, &spans)
    }

    fn show(bytes: &[u8], spans: &[(usize, usize)]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        mask(bytes, spans, &mut out);
        out
    }

    /// Returns where the longest end of `bytes` begins that is a proper beginning of a pattern.
    fn undecided(&self, bytes: &[u8]) -> usize {
        let longest = self.redactor.patterns.iter().map(Vec::len).max().unwrap_or(1) - 1;
        let first = bytes.len().saturating_sub(longest);
        let begins = |from: &usize| {
            let end = bytes.get(*from..).unwrap_or_default();
            // The patterns are sorted: those that begin with `end` come right after where it would stand.
            let at = self.redactor.patterns.partition_point(|pattern| pattern.as_slice() < end);
            let mut after = self.redactor.patterns.iter().skip(at);
            after.by_ref().take_while(|pattern| pattern.starts_with(end)).any(|pattern| pattern.len() > end.len())
        };
        (first..bytes.len()).find(begins).unwrap_or(bytes.len())
    }
}

/// Returns the places of all values, overlapping ones joined, so that no end of one is left beside another.
fn merged_spans(finder: &AhoCorasick, bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
        let (start, end) = (from + found.start(), from + found.end());
        match spans.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            Some(_) | None => spans.push((start, end)),
        }
        from = start + 1;
    }
    spans
}

fn mask(bytes: &[u8], spans: &[(usize, usize)], out: &mut Vec<u8>) {
    let mut from = 0;
    for (start, end) in spans {
        out.extend_from_slice(bytes.get(from..*start).unwrap_or_default());
        out.extend_from_slice(MASK.as_bytes());
        from = *end;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
}

/// Returns the forms in which a value turns up.
fn forms(value: &str) -> Vec<String> {
    let bytes = value.as_bytes();
    let mut forms = vec![value.to_owned()];
    forms.extend([STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().map(|kind| kind.encode(bytes)));
    // Inside a longer text a value begins at one of three places of a group of base64; the characters at both ends mix with its
    // neighbours, and are left out.
    for before in 0..3_usize {
        let padded = [vec![0; before], bytes.to_vec()].concat();
        for kind in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = kind.encode(&padded);
            let start = (before * 8).div_ceil(6);
            let end = padded.len() * 8 / 6;
            // Fewer characters could be anyone's.
            forms.extend(encoded.get(start..end).filter(|inner| inner.len() >= 6).map(str::to_owned));
        }
    }
    let url = percent_encode(bytes, UNRESERVED).to_string();
    forms.push(lower_hex(&url));
    forms.push(url.replace("%20", "+"));
    forms.push(url);
    forms.push(percent_encode(bytes, NON_ALPHANUMERIC).to_string());
    if let Ok(json) = serde_json::to_string(value) {
        forms.extend(json.get(1..json.len() - 1).map(str::to_owned));
    }
    forms
}

/// Writes the digits of `%2F` as `%2f`.
fn lower_hex(url: &str) -> String {
    let mut since_percent = 3;
    url.chars()
        .map(|character| {
            since_percent = if character == '%' { 0 } else { since_percent + 1 };
            if since_percent <= 2 { character.to_ascii_lowercase() } else { character }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redact(secrets: &[&str], text: &str) -> String {
        Redactor::new(secrets.iter().copied()).redact(text).into_owned()
    }

    #[test]
    fn a_value_is_masked_in_every_form() {
        let secret = "p?ss/w>rd~ é";
        for text in forms(secret) {
            assert_eq!(redact(&[secret], &format!("<{text}>")), "<***>", "{text}");
        }
    }

    #[test]
    fn a_value_inside_longer_base64_is_masked() {
        for before in ["", "a", "ab", "user:"] {
            let text = STANDARD.encode(format!("{before}hunter2-hunter2 and more"));
            let shown = redact(&["hunter2-hunter2"], &text);
            assert!(shown.contains("***"), "{before}: {shown}");
            let decoded = STANDARD_NO_PAD.decode(shown.replace("***", "").trim_end_matches('='));
            assert!(!String::from_utf8_lossy(&decoded.unwrap_or_default()).contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn values_that_overlap_leave_no_end() {
        assert_eq!(redact(&["abcdef", "defghi"], "-abcdefghi-"), "-***-");
        assert_eq!(redact(&["abcd", "abcdefgh"], "-abcdefgh-abcd-"), "-***-***-");
    }

    #[test]
    fn lines_of_a_value_are_masked_and_short_values_are_not() {
        assert_eq!(redact(&["-----KEY-----\nsecretline"], "x secretline y"), "x *** y");
        assert_eq!(redact(&["abc"], "abc"), "abc");
        assert_eq!(Redactor::new(["abc", ""]).too_short(), 1);
    }

    #[test]
    fn a_prompt_is_shown_at_once() {
        let mut stream = Redactor::new(["hunter2"]).stream();
        assert_eq!(stream.push(b"Password: "), b"Password: ");
        assert_eq!(stream.push(b"hunt"), b"");
        assert_eq!(stream.push(b"ing"), b"hunting");
        assert_eq!(stream.push(b" hunter"), b" ");
        assert_eq!(stream.push(b"2!"), b"***!");
        assert_eq!(stream.push(b"hun"), b"");
        assert_eq!(stream.finish(), b"hun");
    }

    proptest! {
        #[test]
        fn a_stream_hides_what_the_whole_hides(
            secrets in prop::collection::vec("[ab/]{4,7}", 1..4),
            text in prop::collection::vec(prop_oneof![3 => "[ab/]{1,9}", 1 => "[xyz]{1,3}"], 0..20),
            cuts in prop::collection::vec(1..9_usize, 1..40),
        ) {
            let text = text.concat();
            let redactor = Redactor::new(secrets.iter().map(String::as_str));
            let (mut stream, mut shown, mut rest) = (redactor.stream(), Vec::new(), text.as_bytes());
            for cut in cuts.into_iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, next) = rest.split_at(cut.min(rest.len()));
                shown.extend(stream.push(piece));
                rest = next;
            }
            shown.extend(stream.finish());
            let shown = String::from_utf8(shown).expect("utf-8");
            for secret in &secrets {
                prop_assert!(!shown.contains(secret.as_str()), "{shown} shows {secret} of {text}");
            }
            prop_assert_eq!(shown.replace("***", ""), redactor.redact(&text).replace("***", ""));
        }
    }
}

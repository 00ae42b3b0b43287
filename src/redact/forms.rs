//! The patterns that are searched for: each secret value in each form in which it turns up.
//!
//! A form of up to [`LONGEST`] bytes is a pattern. A longer one is known by so many of its first bytes, its head; what follows is compared
//! with the value itself as it comes, so that hundreds of secrets of 48 KB take little time and memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use super::Secret;
use super::automaton::{Automaton, LONGEST, Pattern};
use super::encoding::{BINARY, Encoding};
use super::escape::{ESCAPES, Escape, LINE_ESCAPES, is_escaped_in_lines};
use super::sieve::Sieve;
use super::view::seen;

/// Values of fewer bytes are not masked: they would make every output unreadable and hide nothing.
const SHORTEST: usize = 4;

/// The shortest line of a value that is masked by itself.
const SHORTEST_LINE: usize = 8;

/// The shortest line of a value that files are searched for by itself.
const LONG_LINE: usize = 32;

/// Up to so many bytes each line of a value is looked for in every encoding; the lines of a longer one only as text.
const FEW_LINES: usize = 1024;

/// The heads of the lines of longer values: the shorter one where there are too many lines.
const LINE_HEADS: [usize; 2] = [64, 16];

/// How many bytes of patterns are few.
const FEW: usize = 1 << 20;

/// How many bytes of lines there may be: past it a line is masked only where the value is printed from its beginning.
const MOST: usize = 3 << 19;

const RAW: Encoding = Encoding::Escape(Escape::Raw);

/// Everything that is searched for.
pub(super) struct Forms {
    pub(super) automaton: Automaton,
    /// For files, which are long and have nothing of it for the most part.
    pub(super) sieve: Option<Sieve>,
    heads: Vec<Head>,
    texts: Vec<Secret<String>>,
}

/// A form that goes on behind its head.
struct Head {
    text: usize,
    range: Range<usize>,
    encoding: Encoding,
    length: usize,
}

impl Forms {
    /// Returns the forms of `values`; nothing where there are none; and how many values are too short.
    pub(super) fn of<'a>(values: impl IntoIterator<Item = &'a str>) -> (Option<Self>, usize) {
        let values: BTreeSet<&str> = values.into_iter().filter(|value| !value.is_empty()).collect();
        let (values, short): (Vec<&str>, Vec<&str>) =
            values.into_iter().partition(|value| value.trim().len() >= SHORTEST);
        let mut gathered = Gathered::default();
        for value in &values {
            gathered.add_value(value);
        }
        gathered.add_lines();
        let Gathered { patterns, heads, texts, .. } = gathered;
        let forms =
            (!patterns.is_empty()).then(|| Self { automaton: Automaton::new(&patterns), sieve: None, heads, texts });
        (forms, short.len())
    }

    /// Returns the forms of whole values, for files: of one of several lines also those of its longest line, where that is no common one.
    pub(super) fn of_whole<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut gathered = Gathered::default();
        for value in values {
            wholes(value).for_each(|text| gathered.add_value(text));
        }
        let Gathered { patterns, heads, texts, .. } = gathered;
        let forms = || Self { automaton: Automaton::new(&patterns), sieve: Sieve::new(&patterns), heads, texts };
        (!patterns.is_empty()).then(forms)
    }

    /// Returns how the forms of a value are called that some text is, of those of [`Forms::of_whole`].
    pub(super) fn names(value: &str, text: &[u8]) -> BTreeSet<&'static str> {
        let is_form = |whole: &str, encoding: Encoding| {
            let (bytes, inner) = encoding.begin(whole, LONGEST + 1);
            let lengths = if inner <= LONGEST { inner..=bytes.len() } else { LONGEST..=LONGEST };
            lengths.contains(&text.len()) && bytes.starts_with(text)
        };
        let texts: BTreeSet<String> =
            wholes(value).flat_map(|whole| [whole.trim().to_owned(), seen(whole.trim())]).collect();
        let named = |whole: &String| {
            let mut named: Vec<&'static str> =
                encodings(whole).into_iter().filter(|encoding| is_form(whole, *encoding)).map(Encoding::name).collect();
            // Where nothing had to be escaped it is as it is.
            named.truncate(1);
            named
        };
        texts.iter().flat_map(named).collect()
    }

    /// Returns how long a head is, in bytes.
    pub(super) fn head_length(&self, head: u32) -> usize {
        self.heads.get(head as usize).map_or(usize::MAX, |head| head.length)
    }

    /// Returns whether a form is looked for also where it is broken over lines.
    pub(super) fn folds(&self, head: u32) -> bool {
        self.heads.get(head as usize).is_some_and(|head| head.length >= head.encoding.folds_from())
    }

    /// Writes the piece of a form that begins at byte `at` of its text; returns where the next one begins, or nothing at the end.
    pub(super) fn piece(&self, head: u32, at: usize, out: &mut Vec<u8>) -> Option<usize> {
        let head = self.heads.get(head as usize)?;
        let text = self.texts.get(head.text)?.expose().get(head.range.clone())?;
        (at < text.len()).then(|| head.encoding.piece(text, at, out))
    }
}

#[derive(Default)]
struct Gathered {
    patterns: BTreeMap<Vec<u8>, Pattern>,
    heads: Vec<Head>,
    texts: Vec<Secret<String>>,
    bytes: usize,
}

impl Gathered {
    /// Adds a value, also as it is seen. The blanks around it hide nothing, and a line end in a mask would join lines.
    fn add_value(&mut self, value: &str) {
        let texts = [value.trim().to_owned(), seen(value.trim())];
        for text in BTreeSet::from(texts).into_iter().filter(|text| text.len() >= SHORTEST) {
            let encodings = encodings(&text);
            let (at, range) = (self.texts.len(), 0..text.len());
            self.texts.push(Secret::new(text));
            for encoding in encodings {
                self.add(at, range.clone(), encoding, LONGEST);
            }
        }
    }

    /// Adds every line of the values that have several.
    fn add_lines(&mut self) {
        let mut known = HashSet::new();
        let mut lines: Vec<(usize, Range<usize>)> = Vec::new();
        for (at, text) in self.texts.iter().enumerate().filter(|(_, text)| text.expose().contains('\n')) {
            let text = text.expose().as_str();
            let new = line_ranges(text).filter(|range| known.insert(text.get(range.clone())));
            lines.extend(new.map(|range| (at, range)));
        }
        let [long, short] = LINE_HEADS;
        let bytes: usize = lines.iter().map(|(_, range)| range.len().min(long)).sum();
        let most = if bytes > FEW { short } else { long };
        // Where there are too many, those of the smaller values are the ones that stay, and all as text before any otherwise.
        lines.sort_by_key(|(at, _)| self.text(*at, None).len());
        let limit = self.bytes + MOST;
        for others in [false, true] {
            for (at, range) in &lines {
                let is_small = self.text(*at, None).len() <= FEW_LINES;
                let line = self.text(*at, Some(range));
                let encodings = match others {
                    false => vec![RAW],
                    true if is_small && self.bytes < FEW => encodings(line),
                    true if line.contains(is_escaped_in_lines) => LINE_ESCAPES.map(Encoding::Escape).to_vec(),
                    true => Vec::new(),
                };
                for encoding in encodings.into_iter().filter(|encoding| !others || *encoding != RAW) {
                    if self.bytes > limit {
                        return;
                    }
                    self.add(*at, range.clone(), encoding, if is_small { LONGEST } else { most });
                }
            }
        }
    }

    /// Adds one form of a part of a text: whole if it has at most `most` bytes.
    fn add(&mut self, text: usize, range: Range<usize>, encoding: Encoding, most: usize) {
        let (mut bytes, inner) = encoding.begin(self.text(text, Some(&range)), most + 1);
        if inner <= most {
            // Where the text ends, so may the encoding: then its last characters are the text's alone.
            for length in (inner..=bytes.len().min(most)).filter(|length| *length >= encoding.shortest()) {
                let pattern = self.pattern(bytes.get(..length).unwrap_or_default());
                pattern.folds |= length >= encoding.folds_from();
            }
            return;
        }
        bytes.truncate(most);
        let id = u32::try_from(self.heads.len()).unwrap_or(u32::MAX);
        let pattern = self.pattern(&bytes);
        pattern.folds |= most >= encoding.folds_from();
        pattern.heads.push(id);
        self.heads.push(Head { text, range, encoding, length: most });
    }

    fn pattern(&mut self, bytes: &[u8]) -> &mut Pattern {
        self.bytes += bytes.len();
        self.patterns.entry(bytes.to_vec()).or_default()
    }

    fn text(&self, at: usize, range: Option<&Range<usize>>) -> &str {
        let text = self.texts.get(at).map_or("", |text| text.expose().as_str());
        range.map_or(Some(text), |range| text.get(range.clone())).unwrap_or_default()
    }
}

/// Returns what of a value is looked for in files.
fn wholes(value: &str) -> impl Iterator<Item = &str> {
    let lines = line_ranges(value).filter_map(|range| value.get(range));
    let longest = lines.max_by_key(|line| line.len()).filter(|line| line.len() >= LONG_LINE && *line != value.trim());
    std::iter::once(value).chain(longest)
}

/// Returns where the lines of a text are, without the blanks around them.
fn line_ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        let start = from + line.len() - line.trim_start().len();
        from += line.len();
        start..start + line.trim().len()
    });
    lines.filter(|range| range.len() >= SHORTEST_LINE)
}

/// Returns the encodings in which a text reads differently.
fn encodings(text: &str) -> Vec<Encoding> {
    // One of each character is enough to tell: only a run of quotes, and `~` after two others, are not written one by one.
    let mut ascii = [false; 128];
    let mut sample = String::new();
    let mut foreign = BTreeSet::new();
    for char in text.chars() {
        match ascii.get_mut(char as usize) {
            Some(known) if *known => {}
            Some(known) => {
                *known = true;
                sample.push(char);
            }
            None => {
                foreign.insert(char);
            }
        }
    }
    sample.extend(foreign);
    sample.extend([":~", "=~"].into_iter().filter(|pair| text.contains(pair)));
    let mut known = HashSet::new();
    let escapes = ESCAPES.into_iter().map(Encoding::Escape);
    escapes.filter(|encoding| known.insert(encoding.begin(&sample, usize::MAX).0)).chain(BINARY).collect()
}

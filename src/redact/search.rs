//! Looks for secrets in files: which are there, and in which form. It reads bytes as they are, and base64 or hexadecimal that is broken over
//! lines as if it were not; what a terminal would make of them is of no interest here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::Secret;
use super::automaton::{LONGEST, START, Wanted};
use super::forms::Forms;
use super::sieve::{BEGUN, Sifted};

/// Values of fewer bytes are not looked for: a file of some size has each of them by chance, at least encoded.
const SHORTEST: usize = 8;

/// What is looked for: secrets, by their names. Cheap to clone.
#[derive(Clone)]
pub struct Searcher {
    forms: Arc<Forms>,
    secrets: Arc<[(String, Secret<String>)]>,
}

impl fmt::Debug for Searcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Searcher").finish_non_exhaustive()
    }
}

/// A secret that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Hit {
    /// Its name.
    pub secret: String,
    /// In which form: `raw`, `base64`, `URL-encoded`, ….
    pub form: String,
}

impl Searcher {
    /// Returns what looks for secrets by their values; nothing where there is none to look for.
    pub fn new(secrets: impl IntoIterator<Item = (String, Secret<String>)>) -> Option<Self> {
        let secrets: Arc<[_]> = secrets.into_iter().filter(|(_, value)| !Self::is_too_short(value.expose())).collect();
        let forms = Forms::of_whole(secrets.iter().map(|(_, value)| value.expose().as_str()))?;
        Some(Self { forms: Arc::new(forms), secrets })
    }

    /// Tells whether a value is too short to be looked for.
    pub fn is_too_short(value: &str) -> bool {
        value.trim().len() < SHORTEST
    }

    /// Returns a search of one stream.
    pub fn search(&self) -> Search<'_> {
        Search { searcher: self, plain: Path::default(), joined: None, returned: None, known: BTreeMap::new() }
    }

    /// Returns what is in a text.
    pub fn hits_in(&self, text: &[u8]) -> BTreeSet<Hit> {
        let mut search = self.search();
        search.read(text);
        search.finish()
    }

    fn hits_of(&self, matched: &[u8]) -> BTreeSet<Hit> {
        let mut hits = BTreeSet::new();
        for (name, value) in self.secrets.iter() {
            let forms = Forms::names(value.expose(), matched);
            hits.extend(forms.into_iter().map(|form| Hit { secret: name.clone(), form: form.to_owned() }));
        }
        hits
    }
}

/// The search of one stream, which comes in chunks.
pub struct Search<'a> {
    searcher: &'a Searcher,
    plain: Path,
    /// The same with lines joined, where that differs.
    joined: Option<Joined>,
    /// Before a carriage return, which may be a part of the line's end.
    returned: Option<Path>,
    known: BTreeMap<Vec<u8>, BTreeSet<Hit>>,
}

impl fmt::Debug for Search<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Search").finish_non_exhaustive()
    }
}

/// Where one way to read has come to.
#[derive(Clone)]
struct Path {
    state: u32,
    /// The last bytes.
    last: Box<[u8; LONGEST]>,
    count: usize,
}

struct Joined {
    path: Path,
    /// No character of the line has come.
    in_indent: bool,
}

impl Default for Path {
    fn default() -> Self {
        Self { state: START, last: Box::new([0; LONGEST]), count: 0 }
    }
}

impl Path {
    fn read(&mut self, forms: &Forms, byte: u8) {
        self.state = forms.automaton.next(self.state, byte);
        if let Some(slot) = self.last.get_mut(self.count % LONGEST) {
            *slot = byte;
        }
        self.count += 1;
    }

    /// Returns what has just ended.
    fn matched(&self, forms: &Forms, wanted: Wanted) -> Option<Vec<u8>> {
        if !forms.automaton.may_end(self.state) {
            return None;
        }
        let length = usize::from(forms.automaton.ends(self.state, wanted).longest);
        let places = (self.count.saturating_sub(length)..self.count).map(|at| at % LONGEST);
        (length > 0).then(|| places.filter_map(|at| self.last.get(at)).copied().collect())
    }
}

impl Search<'_> {
    /// Reads bytes.
    pub fn read(&mut self, mut bytes: &[u8]) {
        let forms = Arc::clone(&self.searcher.forms);
        while !bytes.is_empty() {
            let Sifted { free, open } = match &forms.sieve {
                Some(sieve) if self.has_nothing_open(&forms) => sieve.sift(bytes),
                Some(_) => Sifted { free: 0, open: 1 },
                None => Sifted { free: 0, open: bytes.len() },
            };
            if free > 0 {
                self.cut();
            }
            let (done, rest) = bytes.split_at_checked(free + open).unwrap_or((bytes, &[]));
            done.iter().skip(free).for_each(|byte| self.read_byte(&forms, *byte));
            bytes = rest;
        }
    }

    fn has_nothing_open(&self, forms: &Forms) -> bool {
        self.joined.is_none()
            && self.returned.is_none()
            && forms.automaton.ends(self.plain.state, Wanted::All).open == 0
    }

    fn read_byte(&mut self, forms: &Forms, byte: u8) {
        let returned = self.returned.take();
        if byte == b'\n' {
            self.end_line(forms, returned.as_ref());
        } else if byte == b'\r' && self.joined.is_none() {
            self.returned = is_begun(forms, &self.plain).then(|| self.plain.clone());
        } else if let Some(joined) = &mut self.joined
            && !(matches!(byte, b' ' | b'\t') && joined.in_indent || byte == b'\r')
        {
            joined.in_indent = false;
            joined.path.read(forms, byte);
            let matched = joined.path.matched(forms, Wanted::Folding);
            let state = joined.path.state;
            self.found(matched);
            // From where both have come to the same, they go on together.
            if state == forms.automaton.next(self.plain.state, byte) {
                self.joined = None;
            }
        }
        self.plain.read(forms, byte);
        if forms.automaton.may_end(self.plain.state) {
            let matched = self.plain.matched(forms, Wanted::All);
            self.found(matched);
        }
    }

    /// Tells that what comes is apart from what came.
    pub fn cut(&mut self) {
        self.plain.state = START;
        (self.joined, self.returned) = (None, None);
    }

    fn end_line(&mut self, forms: &Forms, returned: Option<&Path>) {
        let path = returned.unwrap_or_else(|| self.joined.as_ref().map_or(&self.plain, |joined| &joined.path));
        self.joined = is_begun(forms, path).then(|| Joined { path: path.clone(), in_indent: true });
    }

    fn found(&mut self, matched: Option<Vec<u8>>) {
        let Some(matched) = matched else { return };
        let searcher = self.searcher;
        self.known.entry(matched).or_insert_with_key(|matched| searcher.hits_of(matched));
    }

    /// Returns what is there.
    pub fn finish(self) -> BTreeSet<Hit> {
        self.known.into_values().flatten().collect()
    }
}

/// Tells whether a line that ends so may have been broken there.
fn is_begun(forms: &Forms, path: &Path) -> bool {
    usize::from(forms.automaton.ends(path.state, Wanted::Folding).open) >= BEGUN
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn searcher(value: &str) -> Searcher {
        Searcher::new([("TOKEN".to_owned(), Secret::new(value.to_owned()))]).expect("something to look for")
    }

    fn forms(value: &str, text: &str) -> Vec<String> {
        let searcher = searcher(value);
        let mut search = searcher.search();
        for chunk in text.as_bytes().chunks(7) {
            search.read(chunk);
        }
        search.finish().into_iter().map(|hit| hit.form).collect()
    }

    const VALUE: &str = "s3cret/with+odd&characters=in it";

    #[test]
    fn each_form_is_told_by_its_name() {
        let encoded = STANDARD.encode(format!("user:{VALUE}"));
        let broken: Vec<&str> =
            encoded.as_bytes().chunks(20).map(|line| std::str::from_utf8(line).expect("text")).collect();
        for (text, expected) in [
            (VALUE.to_owned(), "raw"),
            (STANDARD.encode(VALUE), "base64"),
            (encoded.clone(), "base64"),
            (broken.join("\n"), "base64"),
            (broken.join("\n    "), "base64"),
            (broken.join("\r\n"), "base64"),
            ("s3cret%2Fwith%2Bodd%26characters%3Din%20it".to_owned(), "URL-encoded"),
            (VALUE.bytes().map(|byte| format!("{byte:02x}")).collect(), "hexadecimal"),
        ] {
            assert_eq!(forms(VALUE, &format!("\u{1b}[1m\0 before {text}\nafter")), [expected], "{text}");
        }
        assert!(forms(VALUE, &VALUE[1..]).is_empty());
    }

    #[test]
    fn a_value_of_several_lines_is_known_by_all_of_it_and_by_its_longest_line() {
        let value = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nMIIEvQIBADANBgkqhkiG9w0BAQEFAAxx\n-----END KEY-----";
        assert_eq!(forms(value, value), ["raw"]);
        assert_eq!(forms(value, "key: |\n  MIIEvQIBADANBgkqhkiG9w0BAQEFAAxx"), ["raw"]);
        assert!(
            forms(value, "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nother\n-----END KEY-----").is_empty()
        );
        let long = "0123456789abcdef".repeat(100) + "!";
        assert_eq!(forms(&long, &STANDARD.encode(&long)), ["base64"]);
        assert!(forms(&long, &long[..200]).is_empty());
    }

    /// Long enough to be sifted.
    fn filler(seed: u32, lines: u32) -> String {
        (0..lines).map(|line| format!("{:x} of\n", (line ^ seed).wrapping_mul(2_654_435_761))).collect()
    }

    proptest! {
        #[test]
        fn what_is_sifted_out_holds_nothing(
            parts in prop::collection::vec((0..9_usize, any::<u32>(), 0..60_u32), 0..12),
            width in 4..90_usize,
            chunk in 1..3000_usize,
        ) {
            let encoded = STANDARD.encode(format!("user:{VALUE}"));
            let folded = |indent: &str| {
                let lines = encoded.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned());
                lines.collect::<Vec<_>>().join(&format!("\n{indent}"))
            };
            let part = |(kind, seed, lines): &(usize, u32, u32)| match kind {
                0 => VALUE.to_owned(),
                1 => encoded.clone(),
                2 => folded(""),
                3 => folded("   ").replace('\n', if seed % 2 == 0 { "\n" } else { "\r\n" }),
                4 => VALUE.get(..*seed as usize % VALUE.len()).unwrap_or_default().to_owned(),
                5 => encoded.get(..*seed as usize % encoded.len()).unwrap_or_default().to_owned() + "\n",
                6 => VALUE.bytes().map(|byte| format!("{byte:02x}")).collect(),
                _ => filler(*seed, *lines),
            };
            let text: String = parts.iter().map(part).collect();
            let sifting = searcher(VALUE);
            let mut forms = Forms::of_whole([VALUE]).expect("forms");
            forms.sieve = None;
            let plain = Searcher { forms: Arc::new(forms), secrets: Arc::clone(&sifting.secrets) };
            let found = |searcher: &Searcher| {
                let mut search = searcher.search();
                text.as_bytes().chunks(chunk).for_each(|chunk| search.read(chunk));
                search.finish()
            };
            prop_assert!(sifting.forms.sieve.is_some());
            prop_assert_eq!(found(&sifting), found(&plain));
        }
    }

    #[test]
    fn short_values_are_not_looked_for() {
        assert!(Searcher::new([("SHORT".to_owned(), Secret::new("1234567".to_owned()))]).is_none());
    }
}

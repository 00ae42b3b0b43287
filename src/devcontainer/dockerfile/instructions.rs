//! From a Dockerfile's lines to its instructions.

use std::ops::Range;

/// One instruction, its lines joined.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::devcontainer) struct Instruction {
    /// In capitals.
    pub(in crate::devcontainer) keyword: String,
    pub(in crate::devcontainer) rest: String,
    /// Where each byte of that is in the text.
    pub(super) places: Vec<usize>,
    /// The lines that it takes, counted from 0; a heredoc's are among them.
    pub(in crate::devcontainer) lines: Range<usize>,
}

/// Returns the instructions in order; the texts of heredocs are left out.
pub(in crate::devcontainer) fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape(text);
    let mut all = Vec::new();
    let mut lines = lines(text);
    while let Some((first, start, line)) = lines.next() {
        if is_left_out(line) {
            continue;
        }
        let mut whole = Joined::default();
        let (mut line, mut start, mut last) = (line, start, first);
        // Comments and empty lines inside a continued instruction are no part of it.
        while let Some(begun) = line.trim_end().strip_suffix(escape) {
            whole.push(begun, start);
            let Some(next) = lines.by_ref().find(|(_, _, line)| !is_left_out(line)) else { break };
            (last, start, line) = next;
        }
        if !line.trim_end().ends_with(escape) {
            whole.push(line, start);
        }
        let (keyword, Joined { text: rest, places }) = whole.split();
        if ["RUN", "COPY", "ADD"].contains(&keyword.as_str()) {
            for (end, strips_tabs) in heredocs(&rest) {
                let is_end = |line: &str| if strips_tabs { line.trim_start_matches('\t') == end } else { line == end };
                // One that is never closed takes everything.
                for (at, _, line) in lines.by_ref() {
                    last = at;
                    if is_end(line) {
                        break;
                    }
                }
            }
        }
        all.push(Instruction { keyword, rest, places, lines: first..last + 1 });
    }
    all
}

/// Returns the lines: number, counted from 0, place of the first byte, text.
fn lines(text: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    let bare = text.trim_start_matches('\u{feff}');
    let parts = bare.split_inclusive('\n').scan(text.len() - bare.len(), |next, line| {
        let start = *next;
        *next += line.len();
        let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        Some((start, line))
    });
    parts.enumerate().map(|(number, (start, line))| (number, start, line))
}

/// Pieces of a text that follow each other, and where each byte is from.
#[derive(Debug, Default)]
struct Joined {
    text: String,
    places: Vec<usize>,
}

impl Joined {
    fn push(&mut self, piece: &str, start: usize) {
        self.text.push_str(piece);
        self.places.extend(start..start + piece.len());
    }

    /// Returns the keyword, in capitals, and the rest.
    fn split(self) -> (String, Self) {
        let whole = self.text.trim();
        let (keyword, rest) = whole.split_once(char::is_whitespace).unwrap_or((whole, ""));
        let rest = rest.trim_start();
        // The rest ends where the whole does.
        let end = self.text.trim_end().len();
        let places = self.places.get(end - rest.len()..end).unwrap_or_default().to_vec();
        (keyword.to_ascii_uppercase(), Self { text: rest.to_owned(), places })
    }
}

fn is_left_out(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// A directive at the very top: `# name=value`.
#[derive(Debug)]
pub(super) struct Directive<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    /// Counted from 0.
    pub(super) line: usize,
    /// Where the value begins, in bytes.
    pub(super) place: usize,
}

/// Returns the directives: a line that is none ends them.
pub(super) fn directives(text: &str) -> impl Iterator<Item = Directive<'_>> {
    lines(text).map_while(|(line, start, text)| {
        let (name, after) = text.trim().strip_prefix('#')?.split_once('=')?;
        let (name, value) = (name.trim(), after.trim());
        let is_name = !name.is_empty() && name.bytes().all(|one| one.is_ascii_alphanumeric());
        let place = start + text.trim_end().len() - after.trim_start().len();
        is_name.then_some(Directive { name, value, line, place })
    })
}

/// Returns what continues a line.
pub(super) fn escape(text: &str) -> char {
    let directive = directives(text).find(|one| one.name.eq_ignore_ascii_case("escape"));
    if directive.is_some_and(|one| one.value == "`") { '`' } else { '\\' }
}

/// Returns the ends of the heredocs that an instruction begins, and whether tabs before them count.
fn heredocs(rest: &str) -> Vec<(String, bool)> {
    let word = |word: String| {
        let after = word.trim_start_matches(|one: char| one.is_ascii_digit()).strip_prefix("<<")?.to_owned();
        let (after, strips_tabs) = after.strip_prefix('-').map_or((after.as_str(), false), |after| (after, true));
        let end = after.replace(['"', '\''], "");
        (!end.is_empty() && !end.contains('<')).then_some((end, strips_tabs))
    };
    super::words::split(rest).into_iter().filter_map(word).collect()
}

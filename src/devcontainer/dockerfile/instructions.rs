//! From a Dockerfile's lines to its instructions.

use std::ops::Range;

/// One instruction, its lines joined.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::devcontainer) struct Instruction {
    /// In capitals.
    pub(in crate::devcontainer) keyword: String,
    pub(in crate::devcontainer) rest: String,
    /// The lines that it takes, counted from 0; a heredoc's are among them.
    pub(in crate::devcontainer) lines: Range<usize>,
}

/// Returns the instructions in order; the texts of heredocs are left out.
pub(in crate::devcontainer) fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape(text);
    let mut all = Vec::new();
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    while let Some((first, line)) = lines.next() {
        if is_left_out(line) {
            continue;
        }
        let mut whole = String::new();
        let (mut line, mut last) = (line, first);
        // Comments and empty lines inside a continued instruction are no part of it.
        while let Some(begun) = line.trim_end().strip_suffix(escape) {
            whole.push_str(begun);
            let Some(next) = lines.by_ref().find(|(_, line)| !is_left_out(line)) else { break };
            (last, line) = next;
        }
        if !line.trim_end().ends_with(escape) {
            whole.push_str(line);
        }
        let whole = whole.trim();
        let (keyword, rest) = whole.split_once(char::is_whitespace).unwrap_or((whole, ""));
        let keyword = keyword.to_ascii_uppercase();
        if ["RUN", "COPY", "ADD"].contains(&keyword.as_str()) {
            for (end, strips_tabs) in heredocs(rest) {
                let is_end = |line: &str| if strips_tabs { line.trim_start_matches('\t') == end } else { line == end };
                // One that is never closed takes everything.
                for (at, line) in lines.by_ref() {
                    last = at;
                    if is_end(line) {
                        break;
                    }
                }
            }
        }
        all.push(Instruction { keyword, rest: rest.trim().to_owned(), lines: first..last + 1 });
    }
    all
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
}

/// Returns the directives: a line that is none ends them.
pub(super) fn directives(text: &str) -> impl Iterator<Item = Directive<'_>> {
    text.trim_start_matches('\u{feff}').lines().enumerate().map_while(|(line, text)| {
        let (name, value) = text.trim().strip_prefix('#')?.split_once('=')?;
        let name = name.trim();
        let is_name = !name.is_empty() && name.bytes().all(|one| one.is_ascii_alphanumeric());
        is_name.then_some(Directive { name, value: value.trim(), line })
    })
}

/// Returns what continues a line.
fn escape(text: &str) -> char {
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

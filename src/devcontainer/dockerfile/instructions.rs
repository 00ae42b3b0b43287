//! From a Dockerfile's lines to its instructions.

/// One instruction, its lines joined.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    /// In capitals.
    pub(super) keyword: String,
    pub(super) rest: String,
}

/// Returns the instructions in order; the texts of heredocs are left out.
pub(super) fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape(text);
    let mut all = Vec::new();
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    while let Some(line) = lines.next() {
        if is_left_out(line) {
            continue;
        }
        let mut whole = String::new();
        let mut line = line;
        // Comments and empty lines inside a continued instruction are no part of it.
        while let Some(begun) = line.trim_end().strip_suffix(escape) {
            whole.push_str(begun);
            let Some(next) = lines.by_ref().find(|line| !is_left_out(line)) else { break };
            line = next;
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
                lines.by_ref().take_while(|line| !is_end(line)).for_each(drop);
            }
        }
        all.push(Instruction { keyword, rest: rest.trim().to_owned() });
    }
    all
}

fn is_left_out(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// Returns what continues a line: a directive at the very top may say so.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.trim().strip_prefix('#').and_then(|line| line.split_once('=')) else { break };
        if name.trim().eq_ignore_ascii_case("escape") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

/// Returns the ends of the heredocs that an instruction begins, and whether tabs before them count.
fn heredocs(rest: &str) -> Vec<(String, bool)> {
    let word = |word: &str| {
        let after = word.split_once("<<")?.1;
        let (after, strips_tabs) = after.strip_prefix('-').map_or((after, false), |after| (after, true));
        let end = after.trim_matches(['"', '\'']);
        let is_name = !end.is_empty() && end.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'_');
        is_name.then(|| (end.to_owned(), strips_tabs))
    };
    rest.split_whitespace().filter_map(word).collect()
}

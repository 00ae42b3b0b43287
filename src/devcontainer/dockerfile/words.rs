//! Words of an instruction, and the variables in them.

use std::collections::BTreeMap;
use std::ops::Range;

/// How deep defaults may stand in defaults.
const DEEPEST: usize = 8;

/// Splits at blanks; quotes and braces keep together what is in them.
pub(in crate::devcontainer) fn split(text: &str) -> Vec<String> {
    spans(text).into_iter().filter_map(|span| text.get(span)).map(str::to_owned).collect()
}

/// Returns where the words are.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let (mut quote, mut braces) = (None, 0_usize);
    for (at, one) in text.char_indices() {
        match (quote, one) {
            (Some(open), _) if one == open && braces == 0 => quote = None,
            (None, '"' | '\'') if braces == 0 => quote = Some(one),
            (_, '{') => braces += 1,
            (_, '}') => braces = braces.saturating_sub(1),
            (None, one) if one.is_whitespace() && braces == 0 => {
                words.extend(start.take().map(|start| start..at));
                continue;
            }
            _ => {}
        }
        start.get_or_insert(at);
    }
    words.extend(start.map(|start| start..text.len()));
    words
}

/// Returns a word without the quotes around it.
pub(super) fn unquoted(word: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = word.strip_prefix(quote).and_then(|word| word.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    word.to_owned()
}

/// Replaces `$V`, `${V}`, `${V:-word}`, `${V-word}`, `${V:+word}` and `${V+word}`; what is not known is empty.
pub(super) fn expanded(text: &str, known: &BTreeMap<String, String>) -> String {
    expand(text, known, 0)
}

fn expand(text: &str, known: &BTreeMap<String, String>, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let after = from.get(1..).unwrap_or_default();
        if let Some(inner) = after.strip_prefix('{') {
            let Some(end) = closing(inner) else { break };
            let inside = inner.get(..end).unwrap_or_default();
            // BuildKit refuses a modifier that it does not know, such as that of `${templateOption:x}`: the text is left to be seen.
            out.push_str(&braced(inside, known, depth).unwrap_or_else(|| format!("${{{inside}}}")));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let length = name_length(after);
            let name = after.get(..length).unwrap_or_default();
            out.push_str(if name.is_empty() { "$" } else { known.get(name).map_or("", String::as_str) });
            rest = after.get(length..).unwrap_or_default();
        }
    }
    // A brace that is never closed makes no variable.
    if rest.starts_with("${") { out } else { out + rest }
}

fn name_length(text: &str) -> usize {
    text.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(text.len())
}

/// Returns where the brace is closed that the text stands behind.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, one) in text.char_indices() {
        match one {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Returns what stands for a variable in braces; nothing where no variable is named, or by an unknown modifier.
fn braced(inner: &str, known: &BTreeMap<String, String>, depth: usize) -> Option<String> {
    let (name, operator) = inner.split_at(name_length(inner));
    let value = known.get(name).map(String::as_str);
    let (is_set, operator) = match operator.strip_prefix(':') {
        Some(operator) => (value.is_some_and(|value| !value.is_empty()), operator),
        None => (value.is_some(), operator),
    };
    let word = |word: &str| if depth < DEEPEST { expand(&unquoted(word), known, depth + 1) } else { String::new() };
    match (operator.strip_prefix('-'), operator.strip_prefix('+')) {
        _ if name.is_empty() => None,
        (Some(default), _) if !is_set => Some(word(default)),
        (_, Some(other)) => Some(if is_set { word(other) } else { String::new() }),
        (Some(_), _) => value.map(str::to_owned),
        (None, None) if operator.is_empty() || operator.starts_with('?') => Some(value.unwrap_or_default().to_owned()),
        (None, None) => None,
    }
}

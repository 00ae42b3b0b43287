//! A text held against what it has to be, and the lines that show what it is.

use super::Mismatches;
use crate::scenario::at::Spot;
use crate::scenario::expect::Text;
use crate::scenario::seen::{Captured, SeenPhase};

/// How many lines are shown.
const LINES: usize = 10;

/// How many lines are shown on each side of one.
const SIDE: usize = 2;

/// How many characters of a line are shown.
const WIDTH: usize = 200;

/// Holds a text against what it has to be.
pub(super) fn check(what: &str, expect: &Text, seen: &Captured, out: &mut Mismatches) {
    let Text { contains, excludes, matches, equals } = expect;
    let text = seen.text.as_str();
    let add = |out: &mut Mismatches, spot: Spot, expected: String| {
        let actual = match text.lines().count() {
            0 => "it is empty".to_owned(),
            _ if seen.is_cut => "it is not in the first 8 MiB, which are looked at".to_owned(),
            1 => "its one line has it not".to_owned(),
            count => format!("none of its {count} lines has it"),
        };
        out.show(spot, what, expected, actual, tail(text));
    };
    for (part, spot) in contains.iter().flat_map(|list| list.value.0.iter().map(|part| (part, list.spot))) {
        if !text.contains(part.as_str()) {
            add(out, spot, format!("contains {part:?}"));
        }
    }
    for (pattern, spot) in matches.iter().flat_map(|list| list.value.0.iter().map(|one| (one, list.spot))) {
        if !pattern.is_match(text) {
            add(out, spot, format!("matches {:?}", pattern.as_str()));
        }
    }
    for (part, spot) in excludes.iter().flat_map(|list| list.value.0.iter().map(|part| (part, list.spot))) {
        if let Some(at) = text.find(part.as_str()) {
            let line = text.get(..at).unwrap_or_default().matches('\n').count();
            out.show(
                spot,
                what,
                format!("excludes {part:?}"),
                format!("it is in line {}", line + 1),
                around(text, line),
            );
        } else if seen.is_cut {
            out.add(
                spot,
                what,
                format!("excludes {part:?}"),
                "it has more than 8 MiB, and only that much is looked at",
            );
        }
    }
    if let Some(expected) = equals.as_ref().filter(|expected| ended(&expected.value) != ended(text) || seen.is_cut) {
        out.add(
            expected.spot,
            what,
            format!("{:?}", shown(ended(&expected.value))),
            format!("{:?}", shown(ended(text))),
        );
    }
}

/// Returns a text without the line ends at its end.
fn ended(text: &str) -> &str {
    text.trim_end_matches(['\n', '\r'])
}

/// Returns as much of a text as is shown.
fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let shown: String = letters.by_ref().take(WIDTH).collect();
    if letters.next().is_some() { format!("{shown}…") } else { shown }
}

/// Returns the last lines of a text.
pub(super) fn tail(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(LINES)).map(|line| shown(line)).collect()
}

/// Returns a line with those around it.
fn around(text: &str, line: usize) -> Vec<String> {
    text.lines().skip(line.saturating_sub(SIDE)).take(2 * SIDE + 1).map(shown).collect()
}

/// Returns the last lines of what a phase wrote.
pub(super) fn last_lines(seen: &SeenPhase) -> Vec<String> {
    let (out, errors) = (tail(&seen.stdout.text), tail(&seen.stderr.text));
    out.into_iter().chain(errors).collect()
}

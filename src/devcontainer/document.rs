//! JSONC text with places: what is wrong in a configuration is shown with its line and a caret.

use std::ops::Range;

use super::jsonc::{self, Fault, Node};

/// A value and where it stands, in bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Range<usize>,
}

/// A configuration that cannot be used; shows as one line, `file:line:column: problem`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", headline(file, text, span, problem))]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The place.
    pub span: Range<usize>,
    /// What is wrong, in words.
    pub problem: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The text of a configuration and its name, for what is said about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a str,
}

impl ConfigError {
    /// Returns the line that it is about, with a caret under the place; nothing where the file has no such line.
    pub fn excerpt(&self) -> Option<String> {
        excerpt(&self.text, &self.span)
    }
}

impl Document<'_> {
    /// Returns an error about a place.
    pub(super) fn error(&self, span: Range<usize>, problem: impl Into<String>) -> ConfigError {
        let (text, file) = (self.text.to_owned(), self.file.to_owned());
        ConfigError { file, text, span, problem: problem.into(), hint: None }
    }

    /// Returns `file:line:column: problem` in one line, for a warning.
    pub(super) fn warning(&self, span: &Range<usize>, problem: &str) -> String {
        headline(self.file, self.text, span, problem)
    }

    /// Reads the text; with the object, what is imperfect in it and changes nothing. What would be lost or changed in silence is an error.
    pub(super) fn object(&self) -> Result<(Node, Vec<Fault>), ConfigError> {
        jsonc::parse(self.text).map_err(|fault| self.error(fault.span, fault.problem))
    }
}

/// Returns the line and column of a byte, both counted from 1, the column in characters.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(start..).unwrap_or_default().chars().count() + 1)
}

/// How much of a long line is shown, in characters.
const WINDOW: usize = 100;

fn headline(file: &str, text: &str, span: &Range<usize>, problem: &str) -> String {
    // What no file says has no place.
    if file.is_empty() {
        return problem.to_owned();
    }
    let (line, column) = place(text, span.start);
    format!("{file}:{line}:{column}: {problem}")
}

fn excerpt(text: &str, span: &Range<usize>) -> Option<String> {
    let (line, column) = place(text, span.start);
    let source = text.lines().nth(line - 1)?;
    // A tab is one character wide here, so that the caret stands under its place.
    let characters: Vec<char> = source.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    let from = (column - 1).saturating_sub(WINDOW / 2).min(characters.len().saturating_sub(WINDOW));
    let shown: String = characters.iter().skip(from).take(WINDOW).collect();
    let length =
        text.get(span.clone()).map_or(1, |marked| marked.lines().next().unwrap_or_default().chars().count()).max(1);
    let indent = " ".repeat(column - 1 - from);
    let carets = "^".repeat(length.min(WINDOW.saturating_sub(column - 1 - from)).max(1));
    let margin = " ".repeat(line.to_string().len());
    Some(format!(" {margin} |\n {line} | {}\n {margin} | {indent}{carets}", shown.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_its_line_with_a_caret() {
        let document = Document { text: "{\n\t\"image\": \"x\",\n\t\"remoteUser\": 1\n}", file: "d.json" };
        let error = document.error(32..33, "expected a string");
        assert_eq!(error.to_string(), "d.json:3:16: expected a string");
        assert_eq!(error.excerpt().as_deref(), Some("   |\n 3 |  \"remoteUser\": 1\n   |                ^"));
    }

    #[test]
    fn a_long_line_is_shown_around_its_place() {
        let text = format!("{{\"a\": \"{}\", \"b\": 1}}", "x".repeat(5000));
        let document = Document { text: &text, file: "d.json" };
        let at = text.rfind('1').expect("there");
        for line in document.error(at..at + 1, "no").excerpt().expect("a line").lines() {
            assert!(line.chars().count() < 120, "{line}");
        }
    }

    #[test]
    fn faults_of_syntax_have_a_place() {
        for (text, place) in [("{\n  \"a\": }", ":2:8"), ("", ":1:1"), ("[1]", ":1:1"), ("{\"a\": x", ":1:7")] {
            let error = Document { text, file: "f" }.object().expect_err(text).to_string();
            assert!(error.starts_with(&format!("f{place}")), "{error}");
        }
    }
}

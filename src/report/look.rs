//! How text for a person looks: how wide, in colour or not, with which characters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::summary::PhaseOutcome;

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// No escape sequence at all.
    Never,
    /// As a terminal shows them.
    Always,
}

/// Which characters a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// The locale is not UTF-8.
    Ascii,
    /// All of Unicode.
    Utf8,
}

/// What to paint a text as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

/// How text for a person looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// In columns.
    pub width: usize,
    pub colour: Colour,
    pub charset: Charset,
}

impl Look {
    /// Returns the text, painted where there are colours.
    pub fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Bold => 1,
            Paint::Dim => 2,
            Paint::Red => 31,
            Paint::Green => 32,
            Paint::Yellow => 33,
        };
        match self.colour {
            Colour::Always if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Colour::Always | Colour::Never => text.to_owned(),
        }
    }

    /// Returns the sign for how a phase ended.
    pub const fn mark(self, outcome: PhaseOutcome) -> &'static str {
        match (self.charset, outcome) {
            (Charset::Utf8, PhaseOutcome::Succeeded) => "✓",
            (Charset::Utf8, PhaseOutcome::Failed) => "✗",
            (Charset::Utf8, PhaseOutcome::Skipped) => "–",
            (Charset::Ascii, PhaseOutcome::Succeeded) => "+",
            (Charset::Ascii, PhaseOutcome::Failed) => "x",
            (Charset::Ascii, PhaseOutcome::Skipped) => "-",
        }
    }

    /// Returns the colour of how a phase ended.
    pub const fn paint_of(outcome: PhaseOutcome) -> Paint {
        match outcome {
            PhaseOutcome::Succeeded => Paint::Green,
            PhaseOutcome::Failed => Paint::Red,
            PhaseOutcome::Skipped => Paint::Dim,
        }
    }

    /// Returns the text cut to `width` columns; that it was cut is shown.
    pub fn truncate(self, text: &str, width: usize) -> String {
        if text.width() <= width {
            return text.to_owned();
        }
        let sign = match self.charset {
            Charset::Utf8 => "…",
            Charset::Ascii => "...",
        };
        let sign = if sign.width() < width { sign } else { "" };
        format!("{}{sign}", head(text, width - sign.width()))
    }
}

/// Returns the text in lines of at most `width` columns, broken between words where that is possible.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for mut word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
                continue;
            }
            _ => {}
        }
        while word.width() > width {
            // At least one character, so that this ends where even that is too wide.
            let first = word.chars().next().map_or(0, char::len_utf8);
            let (part, rest) = word.split_at(head(word, width).len().max(first));
            lines.push(part.to_owned());
            word = rest;
        }
        if !word.is_empty() {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Returns as much of the text as has room in `width` columns.
fn head(text: &str, width: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, char)| {
        used += char.width().unwrap_or(0);
        used > width
    });
    end.map_or(text, |(index, _)| text.get(..index).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words_by_columns() {
        let check = |text: &str, width: usize, expected: &[&str]| assert_eq!(wrap(text, width), expected, "{text}");
        check("", 10, &[]);
        check("one two three", 7, &["one two", "three"]);
        check("  one \n two ", 80, &["one two"]);
        check("abcdefghij k", 4, &["abcd", "efgh", "ij k"]);
        check("漢字漢字 x", 4, &["漢字", "漢字", "x"]);
        check("漢字", 1, &["漢", "字"]);
    }

    #[test]
    fn a_cut_text_says_so_and_fits() {
        let look = Look { width: 80, colour: Colour::Never, charset: Charset::Utf8 };
        let check = |text: &str, width: usize, expected: &str| assert_eq!(look.truncate(text, width), expected);
        check("fits", 4, "fits");
        check("does not", 5, "does…");
        check("漢字漢字", 4, "漢…");
        check("xy", 1, "x");
        check("xy", 0, "");
        assert_eq!(Look { charset: Charset::Ascii, ..look }.truncate("does not fit", 8), "does ...");
    }
}

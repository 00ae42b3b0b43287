//! From text to tokens.

use std::ops::Range;

use super::Fault;

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Comma,
    Colon,
    Text(String),
    /// A text that the file ends in.
    CutText(String),
    Number(f64),
    Word(&'static str),
    /// What is no JSON.
    Junk,
    End,
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

/// Reads tokens one after the other, and notes what was imperfect.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    pub(super) tolerated: Vec<Fault>,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, tolerated: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn tolerate(&mut self, span: Range<usize>, problem: impl Into<String>) {
        self.tolerated.push(Fault { span, problem: problem.into() });
    }

    /// Returns the next token.
    pub(super) fn next(&mut self) -> Result<Token, Fault> {
        self.skip();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(Token { kind: Kind::End, span: start..start });
        };
        self.at += first.len_utf8();
        let kind = match first {
            '{' => Kind::OpenBrace,
            '}' => Kind::CloseBrace,
            '[' => Kind::OpenBracket,
            ']' => Kind::CloseBracket,
            ',' => Kind::Comma,
            ':' => Kind::Colon,
            '"' => self.string(start)?,
            _ => self.word(start),
        };
        Ok(Token { kind, span: start..self.at })
    }

    /// Goes over white space and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len()
                - rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}', '\u{a0}', '\u{feff}']).len();
            self.at += blank;
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if let Some(comment) = rest.strip_prefix("/*") {
                let start = self.at;
                if let Some(end) = comment.find("*/") {
                    self.at += end + 4;
                } else {
                    self.tolerate(start..start + 2, "this comment has no end: */ is missing");
                    self.at = self.text.len();
                }
            } else if blank == 0 {
                return;
            }
        }
    }

    /// Reads a number, `true`, `false`, `null`, or junk up to something that ends a word: a comment may stand right behind it.
    fn word(&mut self, start: usize) -> Kind {
        let rest = self.rest();
        let ends = |at: usize, one: char| {
            one.is_whitespace()
                || "{}[],:\"".contains(one)
                || one == '/' && rest.get(at + 1..).is_some_and(|after| after.starts_with(['/', '*']))
        };
        self.at += rest.char_indices().find(|(at, one)| ends(*at, *one)).map_or(rest.len(), |(at, _)| at);
        match self.text.get(start..self.at).unwrap_or_default() {
            "true" => Kind::Word("true"),
            "false" => Kind::Word("false"),
            "null" => Kind::Word("null"),
            word if is_number(word) => word.parse().map_or(Kind::Junk, Kind::Number),
            _ => Kind::Junk,
        }
    }

    fn string(&mut self, start: usize) -> Result<Kind, Fault> {
        let mut value = String::new();
        loop {
            let Some(one) = self.rest().chars().next() else { return Ok(Kind::CutText(value)) };
            let at = self.at;
            self.at += one.len_utf8();
            match one {
                '"' => return Ok(Kind::Text(value)),
                '\n' | '\r' => {
                    let problem = "this text has no closing quote on its line (a line break in a text is \\n)";
                    return Err(Fault { span: start..at, problem: problem.to_owned() });
                }
                '\\' => {
                    let Some(character) = self.escape(at)? else { return Ok(Kind::CutText(value)) };
                    value.push(character);
                }
                _ => {
                    if one < ' ' {
                        let problem = "a control character stands in a text: write it as an escape (a tab is \\t)";
                        self.tolerate(at..self.at, problem);
                    }
                    value.push(one);
                }
            }
        }
    }

    /// Reads what stands behind a backslash; nothing where the file ends there.
    fn escape(&mut self, start: usize) -> Result<Option<char>, Fault> {
        let Some(one) = self.rest().chars().next() else { return Ok(None) };
        self.at += one.len_utf8();
        let plain = match one {
            '"' | '\\' | '/' => one,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let Some(high) = self.hex() else { return Err(self.bad_escape(start)) };
                let pair = (0xd800..0xdc00).contains(&high) && self.rest().starts_with("\\u");
                if pair {
                    let before = self.at;
                    self.at += 2;
                    match self.hex() {
                        Some(low @ 0xdc00..0xe000) => {
                            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                            return Ok(char::from_u32(code));
                        }
                        Some(_) | None => self.at = before,
                    }
                }
                char::from_u32(high).unwrap_or_else(|| {
                    self.tolerate(start..self.at, "half of a surrogate pair is no character");
                    char::REPLACEMENT_CHARACTER
                })
            }
            _ => return Err(self.bad_escape(start)),
        };
        Ok(Some(plain))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|one| one.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn bad_escape(&self, start: usize) -> Fault {
        let problem = "this is no escape: a backslash itself is written \\\\".to_owned();
        Fault { span: start..self.at, problem }
    }
}

/// Tells whether a word is a number of JSON.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|one| one.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (number, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(number, exponent)| (number, Some(exponent)));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

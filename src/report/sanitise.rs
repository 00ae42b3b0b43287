//! Output of a command, made safe to show: it must not move our cursor, ring, or rename the window (ECMA-48, section 5).

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

const ESCAPE: char = '\u{1b}';
const RESET: &str = "\u{1b}[0m";
/// How wide a tab is shown.
const TAB: &str = "    ";

/// Returns a line without control characters and escape sequences; a tab is four blanks.
pub fn plain(line: &str) -> Cow<'_, str> {
    sanitise(line, Keep::Nothing)
}

/// Returns a line in which colours are the only escape sequences, and switched off at its end.
pub fn coloured(line: &str) -> Cow<'_, str> {
    sanitise(line, Keep::Colours)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    Colours,
}

fn sanitise(line: &str, keep: Keep) -> Cow<'_, str> {
    if !line.chars().any(unsafe_to_show) {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len());
    let mut is_coloured = false;
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\t' => shown.push_str(TAB),
            ESCAPE | '\u{9b}' | '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => {
                if let Some(colours) = skip_sequence(char, &mut chars)
                    && keep == Keep::Colours
                {
                    shown.extend(["\u{1b}[", &colours, "m"]);
                    is_coloured = true;
                }
            }
            char if unsafe_to_show(char) => {}
            char => shown.push(char),
        }
    }
    if is_coloured && !shown.ends_with(RESET) {
        shown.push_str(RESET);
    }
    Cow::Owned(shown)
}

/// Control characters, and those that turn the direction of writing: a line must not read differently from what it says.
fn unsafe_to_show(char: char) -> bool {
    char.is_control() || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Skips the sequence that `introducer` begins. Returns the parameters where it sets colours.
fn skip_sequence(introducer: char, chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let kind = if introducer == ESCAPE { chars.next()? } else { introducer };
    match kind {
        '[' | '\u{9b}' => skip_control_sequence(chars),
        ']' | 'P' | 'X' | '^' | '_' | '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => {
            skip_string(chars);
            None
        }
        // `ESC ( B` and the like: bytes in between, and a last one.
        ' '..='/' => {
            while chars.next_if(|char| matches!(char, ' '..='/')).is_some() {}
            chars.next();
            None
        }
        _ => None,
    }
}

fn skip_control_sequence(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut parameters = String::new();
    while let Some(char) = chars.next_if(|char| matches!(char, ' '..='?')) {
        parameters.push(char);
    }
    let last = chars.next_if(|char| matches!(char, '@'..='~'))?;
    let is_colours = last == 'm' && parameters.chars().all(|char| char.is_ascii_digit() || ";:".contains(char));
    is_colours.then_some(parameters)
}

/// Skips a title, a link or a private message: up to BEL or ST.
fn skip_string(chars: &mut Peekable<Chars<'_>>) {
    while let Some(char) = chars.next() {
        match char {
            '\u{7}' | '\u{9c}' => return,
            ESCAPE => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_text_is_left() {
        let check = |line: &str, without: &str, with: &str| {
            assert_eq!((plain(line).as_ref(), coloured(line).as_ref()), (without, with), "{line:?}");
        };
        check("plain ✓ é", "plain ✓ é", "plain ✓ é");
        check("\u{1b}[1;31mred\u{1b}[0m", "red", "\u{1b}[1;31mred\u{1b}[0m");
        check("\u{1b}[32mopen", "open", "\u{1b}[32mopen\u{1b}[0m");
        check("\u{1b}[38:2::1:2:3mrgb", "rgb", "\u{1b}[38:2::1:2:3mrgb\u{1b}[0m");
        check("\u{1b}[2J\u{1b}[1;1Hgone\u{1b}[K", "gone", "gone");
        check("\u{1b}[?25lhidden\u{1b}[>4;1m", "hidden", "hidden");
        check("\u{1b}]0;title\u{7}text", "text", "text");
        check("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link", "link");
        check("\u{1b}Pq#0\u{1b}\\image", "image", "image");
        check("\u{1b}(Bset\u{1b}=\u{1b}7", "set", "set");
        check("\u{9b}31mc1\u{9d}0;t\u{9c}", "c1", "\u{1b}[31mc1\u{1b}[0m");
        check("a\tb\u{8}\u{7}\u{0}c", "a    bc", "a    bc");
        check("cut \u{1b}[3", "cut ", "cut ");
        check("cut \u{1b}", "cut ", "cut ");
        check("cut \u{1b}]0;never ended", "cut ", "cut ");
        check("\u{202e}desrever", "desrever", "desrever");
    }
}

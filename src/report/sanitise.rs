//! Output of a command, made safe to show: it must not move our cursor, ring, or rename the window (ECMA-48, section 5).

use std::borrow::Cow;

use crate::redact::screen::{ESCAPE, Screen, Seen, TAB, is_unsafe};

const RESET: &str = "\u{1b}[0m";

/// Returns a line without control characters and escape sequences; a tab is four blanks. Of a text of several lines each is made safe by
/// itself, and a blank is put between them.
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
    if !line.chars().any(is_unsafe) {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len());
    let mut is_coloured = false;
    let (mut screen, mut from) = (Screen::default(), 0);
    for (at, char) in line.char_indices() {
        let seen = screen.next(char);
        if matches!(char, ESCAPE | '\u{9b}') {
            from = at;
        }
        match (seen, char) {
            (Seen::Text, '\t') => shown.push_str(TAB),
            (Seen::Text | Seen::Joiner, _) => shown.push(char),
            (Seen::Nothing, '\n') => shown.push(' '),
            (Seen::Nothing, 'm') if keep == Keep::Colours && !screen.is_in_sequence() => {
                if let Some(colours) = line.get(from..at).and_then(colours) {
                    shown.extend(["\u{1b}[", colours, "m"]);
                    is_coloured = true;
                }
            }
            (Seen::Nothing, _) => {}
        }
    }
    if is_coloured && !shown.ends_with(RESET) {
        shown.push_str(RESET);
    }
    Cow::Owned(shown)
}

/// Returns the parameters of a control sequence that ends in `m`, where they set colours.
fn colours(sequence: &str) -> Option<&str> {
    let parameters = sequence.strip_prefix("\u{1b}[").or_else(|| sequence.strip_prefix('\u{9b}'))?;
    parameters.chars().all(|char| char.is_ascii_digit() || ";:".contains(char)).then_some(parameters)
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
        check("\u{1b}\0[\u{0}3\u{0}1\0m\0r\0e\0d", "red", "red");
        check("a\u{1b}]0;title\r\nb\u{1b}[3\nc\u{200b}d", "a b cd", "a b cd");
        check("\u{1b}]0;title\u{1b}[1mx", "x", "\u{1b}[1mx\u{1b}[0m");
    }
}

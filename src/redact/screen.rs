//! Which characters of a text can be seen on a terminal (ECMA-48, section 5). The one rule that both what is shown ([`crate::report`])
//! and what is searched for secrets keep to: where they differed, a secret could be put together after it was searched for.

/// How wide a tab is shown.
pub(crate) const TAB: &str = "    ";

/// Begins most sequences.
pub(crate) const ESCAPE: char = '\u{1b}';

/// What comes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It is seen; a tab as [`TAB`].
    Text,
    /// It is shown, for it changes how its neighbours look, and takes no place of its own.
    Joiner,
    /// It is a control character, a part of an escape sequence, or turns the direction of writing.
    Nothing,
}

/// Follows a text, character by character. A line end ends every sequence: each line stands for itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Screen {
    state: State,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// After `ESC`.
    Escape,
    /// `ESC ( B` and the like: characters in between, and a last one.
    Intermediate,
    /// `ESC [` parameters, and a last character.
    Control,
    /// A title, a link or a private message, up to BEL or ST.
    String,
}

impl Screen {
    /// Returns whether the next character may belong to a sequence.
    pub(crate) fn is_in_sequence(self) -> bool {
        self.state != State::Ground
    }

    /// Takes the next character.
    pub(crate) fn next(&mut self, char: char) -> Seen {
        use State::{Control, Escape, Ground, Intermediate, String};
        self.state = match (self.state, char) {
            (Ground, _) | (_, '\n' | '\r') => return self.outside(char),
            (_, '\u{18}' | '\u{1a}') | (String, '\u{7}' | '\u{9c}') => Ground,
            (_, ESCAPE) => Escape,
            // A terminal acts on other controls at once, and goes on with the sequence.
            (state, '\0'..='\u{1f}' | '\u{7f}') => state,
            (String, _) | (Escape, ']' | 'P' | 'X' | '^' | '_') => String,
            (_, '\u{80}'..='\u{9f}') => begins(char),
            (Escape, '[') | (Control, ' '..='?') => Control,
            (Escape | Intermediate, ' '..='/') => Intermediate,
            (Escape | Intermediate, _) | (Control, '@'..='~') => Ground,
            (Control, _) => return self.outside(char),
        };
        Seen::Nothing
    }

    fn outside(&mut self, char: char) -> Seen {
        self.state = begins(char);
        seen(char)
    }
}

/// Returns whether a text can hold anything that is not seen as it is.
pub(crate) fn is_unsafe(char: char) -> bool {
    char == '\t' || seen(char) == Seen::Nothing
}

/// Returns what a character outside a sequence leads to.
fn begins(char: char) -> State {
    match char {
        ESCAPE => State::Escape,
        '\u{9b}' => State::Control,
        '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => State::String,
        _ => State::Ground,
    }
}

/// Returns what comes of a character outside a sequence. A line must not read differently from what it says.
fn seen(char: char) -> Seen {
    match char {
        '\t' | ' '..='~' => Seen::Text,
        '\u{ad}' | '\u{34f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e01ef}' => {
            Seen::Joiner
        }
        // Blanks of no width, and what turns the direction of writing.
        '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            Seen::Nothing
        }
        char if char.is_control() || matches!(char, '\u{feff}' | '\u{fff9}'..='\u{fffb}') => Seen::Nothing,
        _ => Seen::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_is_seen() {
        let check = |text: &str, expected: &str| {
            let mut screen = Screen::default();
            let left: String = text.chars().filter(|char| screen.next(*char) == Seen::Text).collect();
            assert_eq!(left, expected, "{text:?}");
        };
        check("a\u{1b}[31mb\u{1b}[0mc", "abc");
        check("a\u{1b}\0[\u{0}3\u{0}1\0m\0b", "ab");
        check("a\u{1b}]0;title\u{7}b\u{1b}]8;;u\u{1b}\\c", "abc");
        check("a\u{1b}]0;title\u{1b}[1mb", "ab");
        check("a\u{1b}]0;title\nb\u{1b}[3\rc", "abc");
        check("a\u{1b}[3\u{18}b\u{1b}(Bc\u{1b}\u{1b}[md", "abcd");
        check("a\u{200b}b\u{200d}c\u{202e}d\u{fe0f}e\u{feff}", "abcde");
        check("a\u{9b}1mb\u{9d}t\u{9c}c\u{9b}✓", "abc✓");
    }
}

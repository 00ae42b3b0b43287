//! Text in the log of a CI service, whose runner takes some lines for commands.

use std::borrow::Cow;

/// Who reads what is written, besides people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// Nobody.
    Plain,
    /// The runner of GitHub Actions.
    Actions,
}

impl Log {
    /// Returns text of which no line is a command to the runner. Other lines are as they were.
    // actions/runner, `ActionCommand`: a command begins with `::`, after any blanks, or has `##[` anywhere. The runner compares as people
    // write, and so passes over characters of no width: none but ASCII is taken to part two others here.
    pub fn guard(self, text: String) -> String {
        match self {
            Self::Plain => text,
            Self::Actions => text.split_inclusive('\n').map(guarded).collect(),
        }
    }

    /// Returns a line of JSON, which says the same, and in which there is no command to the runner.
    pub fn json(self, line: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => Cow::Borrowed(line),
            // A `#` is in no JSON but in a text.
            Self::Actions => Cow::Owned(part(line, |out| out.push_str("\\u005b"))),
        }
    }
}

fn guarded(line: &str) -> String {
    let first = line.chars().find(char::is_ascii_graphic);
    let bar = if first == Some(':') { "| " } else { "" };
    format!("{bar}{}", part(line, |out| out.push_str(" [")))
}

/// Writes each `[` that comes after `##` in another way.
fn part(line: &str, other: impl Fn(&mut String)) -> String {
    let (mut out, mut hashes) = (String::with_capacity(line.len()), 0);
    for char in line.chars() {
        match char {
            '[' if hashes >= 2 => other(&mut out),
            _ => out.push(char),
        }
        hashes = match char {
            '#' => hashes + 1,
            ' '..='~' => 0,
            _ => hashes,
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_line_is_a_command_to_the_runner() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Log::Actions.guard(text.to_owned()), expected, "{text:?}");
            assert_eq!(Log::Plain.guard(text.to_owned()), text);
        };
        check("a\nstd::fmt and :: and #[x]\n", "a\nstd::fmt and :: and #[x]\n");
        check("::error::x\n  ::add-mask::y", "| ::error::x\n|   ::add-mask::y");
        check("\u{a0}\u{200d}::stop-commands::z\n", "| \u{a0}\u{200d}::stop-commands::z\n");
        check(":\u{ad}:error::x", "| :\u{ad}:error::x");
        check("a ##[error]x ###[y] ## [z]", "a ## [error]x ### [y] ## [z]");
        check("#\u{200d}#\u{fe0f}[error]x", "#\u{200d}#\u{fe0f} [error]x");
        check("", "");
    }

    proptest! {
        #[test]
        fn json_says_the_same(text in "[#\\[\\]:\"\\\\é\u{200d}a]{0,20}") {
            let line = serde_json::to_string(&[&text]).expect("JSON");
            let guarded = Log::Actions.json(&line);
            prop_assert!(!guarded.contains("##["));
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&guarded).expect("JSON"), vec![text]);
        }
    }
}

//! Words of a POSIX shell: a text made into one, and which variables there can be.

/// Returns `text` as one word that the shell takes literally.
#[must_use]
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("'\\''"),
            // A NUL cannot be in a command; the engine would refuse it, a shell drops it.
            '\0' => {}
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// Returns `text` as one word for a person to read and to repeat: as it is, where a shell takes it literally.
#[must_use]
pub(crate) fn plain_or_quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:@".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { quote(text) }
}

/// What a shell can do with a variable of some name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Export and unset it.
    Any,
    /// The same, but for bash (which is `/bin/sh` on Fedora, RHEL, Arch), where it is read-only.
    AnyButBash,
    /// Nothing: it is no name for a shell.
    None,
}

/// Variables that bash lets nobody set (bash(1), "Shell Variables").
const READ_ONLY: [&str; 6] = ["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"];

impl Naming {
    /// Returns what can be done with a variable of this name.
    pub(crate) fn of(text: &str) -> Self {
        let is_name = !text.is_empty()
            && !text.starts_with(|first: char| first.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match (is_name, READ_ONLY.contains(&text)) {
            (true, false) => Self::Any,
            (true, true) => Self::AnyButBash,
            (false, _) => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_comes_out_of_a_shell_as_it_went_in() {
        for text in ["", "a", "it's", "a b\n$c `d` \"e\" \\f", "''", "-n", "é✓"] {
            for word in [quote(text), plain_or_quoted(text)] {
                let script = format!("printf %s {word}");
                let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh runs");
                assert_eq!(String::from_utf8_lossy(&output.stdout), text);
            }
        }
    }

    #[test]
    fn names_that_a_shell_cannot_export_are_known() {
        use Naming::{Any, AnyButBash, None};
        for (text, expected) in [
            ("A", Any),
            ("_a1", Any),
            ("UIDS", Any),
            ("UID", AnyButBash),
            ("PPID", AnyButBash),
            ("1a", None),
            ("a.b", None),
            ("a-b", None),
            ("", None),
        ] {
            assert_eq!(Naming::of(text), expected, "{text}");
        }
    }
}

//! Words of a POSIX shell.

/// Returns `text` as one word that the shell takes literally.
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

/// Tells whether a shell can export a variable of this name.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_comes_out_of_a_shell_as_it_went_in() {
        for text in ["", "a", "it's", "a b\n$c `d` \"e\" \\f", "''", "-n", "é✓"] {
            let script = format!("printf %s {}", quote(text));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }

    #[test]
    fn names_that_a_shell_cannot_export_are_known() {
        for (text, expected) in [("A", true), ("_a1", true), ("1a", false), ("a.b", false), ("a-b", false), ("", false)]
        {
            assert_eq!(is_name(text), expected, "{text}");
        }
    }
}

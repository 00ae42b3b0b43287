//! The files that an install script's environment is read from, by a shell.

use super::name_of;
use crate::devcontainer::feature::options::variable;
use crate::shell_word::quote;

/// Returns the variables that every Feature sees. The users' homes are added while the image is built.
pub(super) fn builtin(container_user: &str, remote_user: &str) -> String {
    format!("_CONTAINER_USER={}\n_REMOTE_USER={}\n", quote(name_of(container_user)), quote(name_of(remote_user)))
}

/// Returns the options of a Feature as variables.
// Reference CLI: in double quotes and as they are, so that `$` and backquotes are run.
pub(super) fn options(values: &[(String, String)]) -> String {
    values.iter().map(|(name, value)| format!("{}={}\n", variable(name), quote(value))).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// Returns what a shell has in a variable after it has read a file.
    fn read_back(text: &str, name: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("env"), text).expect("written");
        let script = format!("set -a; . ./env; printf '%s' \"${name}\"");
        let output = Command::new("/bin/sh").args(["-c", &script]).current_dir(&folder).output().expect("sh runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    #[test]
    fn an_option_reaches_a_script_as_it_is_written() {
        for value in
            ["", "a b", "$HOME `id` $(id)", "\"x\"", "it's", "''", "a\nb\n\nc", "\\", "\\'", "*", "~", "é", "!"]
        {
            let text = options(&[("other".to_owned(), "'".to_owned()), ("my-option".to_owned(), value.to_owned())]);
            assert_eq!(read_back(&text, "MY_OPTION"), value, "{text}");
        }
    }

    #[test]
    fn users_are_known_without_their_groups() {
        assert_eq!(builtin("dev:dev", ""), "_CONTAINER_USER='dev'\n_REMOTE_USER='root'\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_comes_back(value in "[^\0]{0,12}") {
            prop_assert_eq!(read_back(&options(&[("x".to_owned(), value.clone())]), "X"), value);
        }
    }
}

//! `runArgs: ["--env-file", …]`: read from the clone, when `initializeCommand`, which may write it, is over.

use std::path::{Path, PathBuf};

use super::order::Order;
use crate::devcontainer::{ConfigError, DevContainer};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Returns the variables of every file that `runArgs` name, as `NAME=VALUE`.
pub(super) fn read(order: &Order, config: &DevContainer, clone: &Path) -> Result<Vec<String>, ConfigError> {
    let mut all = Vec::new();
    for file in order.run_args.env_files() {
        let fail = |problem: String, hint: &str| config.error(file.span.clone(), problem, Some(hint.to_owned()));
        let name = &file.value;
        let Some(path) = within(clone, name, &order.folder_of_files()) else {
            let hint = "what git ignores is in no codespace: commit the file, let initializeCommand write it, or use containerEnv";
            return Err(fail(format!("runArgs: `--env-file`: the repository has no file {name}"), hint));
        };
        let is_small = path.metadata().is_ok_and(|about| about.len() <= LARGEST);
        let text = is_small.then(|| std::fs::read_to_string(&path).ok()).flatten().ok_or_else(|| {
            fail(format!("runArgs: `--env-file`: {name} cannot be read"), "it is a small text of NAME=VALUE lines")
        })?;
        let read = parse(&text, |variable| order.local_env.get(variable).cloned());
        all.extend(read.map_err(|line| {
            fail(
                format!("runArgs: `--env-file`: {name}:{line}: expected NAME=VALUE"),
                "docker takes no `export` and no blanks in a name",
            )
        })?);
    }
    Ok(all)
}

/// Returns a file of the clone by the name that docker would find it under on GitHub; nothing where it is none of the repository's own.
fn within(clone: &Path, name: &str, folder: &str) -> Option<PathBuf> {
    let name = Path::new(name);
    let inside = name.strip_prefix(folder).unwrap_or(name);
    let (path, clone) = (clone.join(inside).canonicalize().ok()?, clone.canonicalize().ok()?);
    (path.starts_with(&clone) && path.is_file()).then_some(path)
}

/// Reads docker's format: `NAME=VALUE` lines as they are, `NAME` for a variable of this machine's, `#` for a comment. An error is the number
/// of the line that is none of these.
fn parse(text: &str, own: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, usize> {
    let mut variables = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').map_or((line, None), |(name, value)| (name, Some(value)));
        if name.is_empty() || name.contains(char::is_whitespace) || line.contains('\0') {
            return Err(at + 1);
        }
        let value = value.map(str::to_owned).or_else(|| own(name));
        variables.extend(value.map(|value| format!("{name}={value}")));
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_as_docker_takes_them() {
        let own = |name: &str| (name == "HERE").then(|| "there".to_owned());
        let text = "\u{feff}A=1\n# B=2\n\n  C=\"x y\" # no comment\r\nD=\nHERE\nNOWHERE\n";
        assert_eq!(parse(text, own).expect("read"), ["A=1", "C=\"x y\" # no comment", "D=", "HERE=there"]);
        for (text, line) in [("export A=1", 1), ("A=1\n=2", 2), ("A B", 1), ("A=\0", 1)] {
            assert_eq!(parse(text, own), Err(line), "{text}");
        }
    }

    #[test]
    fn a_file_is_one_of_the_repository() {
        let top = tempfile::tempdir().expect("a folder");
        let clone = top.path().join("clone");
        std::fs::create_dir_all(clone.join("d")).expect("made");
        for file in ["outside.env", "clone/.env", "clone/d/x.env"] {
            std::fs::write(top.path().join(file), "A=1").expect("written");
        }
        std::os::unix::fs::symlink("../outside.env", clone.join("link")).expect("linked");
        for (name, expected) in [
            (".env", true),
            ("./d/x.env", true),
            ("/workspaces/app/d/x.env", true),
            ("/workspaces/app2/.env", false),
            ("d", false),
            ("none", false),
            ("../outside.env", false),
            ("link", false),
            ("/etc/passwd", false),
        ] {
            assert_eq!(within(&clone, name, "/workspaces/app").is_some(), expected, "{name}");
        }
    }
}

//! The files that `runArgs` name (`--env-file`, `--label-file`, a seccomp profile), and `securityOpt`: read from the clone, when
//! `initializeCommand`, which may write them, is over.

use std::path::{Path, PathBuf};

use super::flags::values;
use super::order::Order;
use super::run_args::NamedFile;
use crate::devcontainer::{ConfigError, DevContainer, Spanned};
use crate::engine::ContainerSpec;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Sets what the files say. Of a name that a flag has too, the flag's value counts.
pub(super) fn apply(
    order: &Order,
    config: &DevContainer,
    clone: &Path,
    spec: &mut ContainerSpec,
) -> Result<(), ConfigError> {
    let (mut variables, mut profiles) = (Vec::new(), Vec::new());
    let reader = Reader { order, config, clone };
    for file in order.run_args.files() {
        match file {
            NamedFile::Variables(file) => {
                let own = |variable: &str| order.local_env.get(variable).cloned();
                variables.extend(reader.lines("runArgs: `--env-file`", file, own)?);
            }
            NamedFile::Labels(file) => {
                let by = "runArgs: `--label-file`";
                for line in reader.lines(by, file, |_| None)? {
                    let fail = |problem: String| reader.fail(by, file, &problem, "name another label");
                    let (name, value) = values::label(&line).map_err(fail)?;
                    spec.labels.entry(name).or_insert(value);
                }
            }
            NamedFile::Seccomp(file) => {
                profiles.push(reader.profile("runArgs: `--security-opt`", file)?);
            }
        }
    }
    for option in std::mem::take(&mut spec.extra.security_opt) {
        // Reference CLI: `securityOpt` is a flag of `docker run` too.
        let option = match values::seccomp_profile(&option) {
            Some(name) => reader.profile("securityOpt", &reader.asked(name))?,
            None => option,
        };
        spec.extra.security_opt.push(option);
    }
    spec.extra.security_opt.extend(profiles);
    spec.env.splice(0..0, variables);
    Ok(())
}

/// Where files are read from, and whose they are.
struct Reader<'a> {
    order: &'a Order,
    config: &'a DevContainer,
    clone: &'a Path,
}

impl Reader<'_> {
    fn fail(&self, by: &str, file: &Spanned<String>, problem: &str, hint: &str) -> ConfigError {
        self.config.error(file.span.clone(), format!("{by}: {problem}"), Some(hint.to_owned()))
    }

    /// Returns the file of a profile with the place in `securityOpt` that names it; where an image does, that of the configuration's image.
    fn asked(&self, name: &str) -> Spanned<String> {
        let named = |one: &&Spanned<String>| values::seccomp_profile(&one.value).is_some();
        let place = self.config.properties.security_opt.iter().find(named);
        let span = place.map_or_else(|| self.config.source.span().clone(), |place| place.span.clone());
        Spanned { value: name.to_owned(), span }
    }

    /// Returns the option that a seccomp profile comes to.
    fn profile(&self, by: &str, file: &Spanned<String>) -> Result<String, ConfigError> {
        let text = self.text(by, file)?;
        // Docker takes out the blanks; names and their order stay.
        let profile = serde_json::from_str::<serde_json::Value>(&text).map_err(|error| {
            let problem = format!("{} is no JSON: {error}", file.value);
            self.fail(by, file, &problem, "a seccomp profile is a JSON file")
        })?;
        Ok(format!("seccomp={profile}"))
    }

    fn text(&self, by: &str, file: &Spanned<String>) -> Result<String, ConfigError> {
        let name = &file.value;
        let Some(path) = within(self.clone, name, &self.order.folder_of_files()) else {
            let hint = "what git ignores is in no codespace: commit the file, let initializeCommand write it, or use containerEnv";
            return Err(self.fail(by, file, &format!("the repository has no file {name}"), hint));
        };
        let is_small = path.metadata().is_ok_and(|about| about.len() <= LARGEST);
        let text = is_small.then(|| std::fs::read_to_string(&path).ok()).flatten();
        text.ok_or_else(|| self.fail(by, file, &format!("{name} cannot be read"), "it is a small text file"))
    }

    /// Returns the `NAME=VALUE` lines of a file.
    fn lines(
        &self,
        by: &str,
        file: &Spanned<String>,
        own: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<String>, ConfigError> {
        parse(&self.text(by, file)?, own).map_err(|line| {
            let problem = format!("{}:{line}: expected NAME=VALUE", file.value);
            self.fail(by, file, &problem, "docker takes no `export` and no blanks in a name")
        })
    }
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

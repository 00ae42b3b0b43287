//! `--secrets-file`: secrets from a file, as a JSON object or as `NAME=VALUE` lines. No error or warning shows a value.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::io::Read;
use std::path::Path;

use super::secret::{CodespaceSecret, InvalidSecretName, MAX_VALUE, SecretLevel, SecretName};
use crate::redact::Secret;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 8 * 1024 * 1024;

/// The secrets of a file, and what a person should know about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretsFile {
    /// The secrets, sorted by name. A file tells no level; they count as the repository's, so that a prebuild sees them too.
    pub secrets: Vec<CodespaceSecret>,
    /// In words.
    pub warnings: Vec<String>,
}

/// A secrets file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsFileError {
    /// It cannot be read.
    #[error("cannot read the secrets file {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than any set of secrets.
    #[error("the secrets file {file} is larger than 8 MiB")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// Something in it is wrong.
    #[error("{file}:{line}:{column}: {problem}")]
    Malformed {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What is wrong, without the text itself.
        problem: String,
    },
}

impl SecretsFileError {
    /// Returns what to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "give --secrets-file a readable file".to_owned(),
            Self::TooLarge { .. } => "GitHub allows 100 secrets of 48 KB on each level".to_owned(),
            Self::Malformed { .. } => {
                "write a JSON object of strings, or lines of NAME=VALUE (quote values that hold spaces, # or quotes)"
                    .to_owned()
            }
        }
    }
}

/// Reads a secrets file. A file that others may read gets a warning.
pub fn load(path: &Path) -> Result<SecretsFile, SecretsFileError> {
    let file = path.display().to_string();
    let unreadable = |source| SecretsFileError::Unreadable { file: file.clone(), source };
    let opened = std::fs::File::open(path).map_err(unreadable)?;
    let about = opened.metadata().map_err(unreadable)?;
    let mut text = String::new();
    opened.take(MAX_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE {
        return Err(SecretsFileError::TooLarge { file });
    }
    let mut parsed = parse(&text, &file)?;
    zeroize::Zeroize::zeroize(&mut text);
    let mode = std::os::unix::fs::MetadataExt::mode(&about) & 0o777;
    // A pipe, as from `<(pass show …)`, is nobody else's to open.
    if about.is_file() && mode & 0o077 != 0 {
        parsed.warnings.push(format!("others on this machine may read {file} (mode {mode:04o}): chmod 600 {file}"));
    }
    Ok(parsed)
}

/// Reads the text of a secrets file: JSON where its first character is `{`, else lines.
pub fn parse(text: &str, file: &str) -> Result<SecretsFile, SecretsFileError> {
    let text = text.trim_start_matches('\u{feff}');
    let found = if text.trim_start().starts_with('{') { json(text) } else { lines(text) };
    let at = |offset: usize, problem: String| {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        SecretsFileError::Malformed {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            problem,
        }
    };
    let mut parsed = SecretsFile::default();
    for entry in found.map_err(|Problem { offset, what }| at(offset, what))? {
        let name: SecretName =
            entry.name.parse().map_err(|error: InvalidSecretName| at(entry.offset, error.to_string()))?;
        if entry.value.expose().len() > MAX_VALUE {
            return Err(at(
                entry.offset,
                format!("the value of {name} is larger than 48 KB, the most that GitHub takes"),
            ));
        }
        if entry.value.expose().contains('\0') {
            return Err(at(entry.offset, format!("the value of {name} has a NUL in it, which no variable can hold")));
        }
        if parsed.secrets.iter().any(|secret| secret.name == name) {
            parsed.secrets.retain(|secret| secret.name != name);
            parsed.warnings.push(format!("{file} sets {name} more than once: the last one counts"));
        }
        parsed.secrets.push(CodespaceSecret { name, value: entry.value, level: SecretLevel::Repository });
    }
    parsed.secrets.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(parsed)
}

struct Entry {
    offset: usize,
    name: String,
    value: Secret<String>,
}

struct Problem {
    offset: usize,
    what: String,
}

fn json(text: &str) -> Result<Vec<Entry>, Problem> {
    use jsonc_parser::ast::Value;
    let problem = |offset, what: &str| Problem { offset, what: what.to_owned() };
    let parsed = jsonc_parser::parse_to_ast(
        text,
        &jsonc_parser::CollectOptions::default(),
        &jsonc_parser::ParseOptions::default(),
    )
    .map_err(|error| Problem { offset: error.range().start, what: format!("no valid JSON: {}", error.kind()) })?;
    let Some(Value::Object(object)) = parsed.value else { return Err(problem(0, "expected an object of strings")) };
    let entry = |property: jsonc_parser::ast::ObjectProp<'_>| match property.value {
        Value::StringLit(value) => Ok(Entry {
            offset: property.range.start,
            name: property.name.as_str().to_owned(),
            value: Secret::new(value.value.into_owned()),
        }),
        other => Err(problem(
            jsonc_parser::common::Ranged::start(&other),
            "a secret's value is a string: put it into double quotes",
        )),
    };
    object.properties.into_iter().map(entry).collect()
}

/// Reads `NAME=VALUE` lines: `export `, comments, quotes as a shell has them (and `\n` in double ones).
fn lines(text: &str) -> Result<Vec<Entry>, Problem> {
    let mut entries = Vec::new();
    let mut offset = 0;
    while offset < text.len() {
        let rest = text.get(offset..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            offset += line_length(rest);
            continue;
        }
        let start = offset + (line.len() - trimmed.len());
        let (start, trimmed) = match trimmed.strip_prefix("export ") {
            Some(after) => (start + (trimmed.len() - after.trim_start().len()), after.trim_start()),
            None => (start, trimmed),
        };
        let Some((name, _)) = trimmed.split_once('=') else {
            return Err(Problem { offset: start, what: "expected NAME=VALUE".to_owned() });
        };
        let value_at = start + name.len() + 1;
        let (value, end) = value(text, value_at)?;
        entries.push(Entry { offset: start, name: name.trim_end().to_owned(), value: Secret::new(value) });
        offset = end;
    }
    Ok(entries)
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |at| at + 1)
}

/// Reads the value at `at`; returns it and where the next line begins.
fn value(text: &str, at: usize) -> Result<(String, usize), Problem> {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    let first = rest.get(blank..).and_then(|rest| rest.chars().next());
    let Some(quote @ ('"' | '\'')) = first else {
        // A comment begins at a # that follows a blank.
        let end =
            line.match_indices('#').find(|(at, _)| line.get(..*at).is_some_and(|before| before.ends_with([' ', '\t'])));
        let value = end.map_or(line, |(end, _)| line.get(..end).unwrap_or(line));
        return Ok((value.trim().to_owned(), at + line_length(rest)));
    };
    let mut value = String::new();
    let mut characters = rest.get(blank + 1..).unwrap_or_default().char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' if quote == '"' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, other @ ('"' | '\\' | '$' | '`'))) => value.push(other),
                Some((_, other)) => value.extend(['\\', other]),
                None => value.push('\\'),
            },
            end if end == quote => {
                let after_at = at + blank + 1 + index + 1;
                let after = text.get(after_at..).unwrap_or_default();
                let tail = after.lines().next().unwrap_or_default().trim();
                if !tail.is_empty() && !tail.starts_with('#') {
                    return Err(Problem { offset: after_at, what: "text after the closing quote".to_owned() });
                }
                return Ok((value, after_at + line_length(after)));
            }
            other => value.push(other),
        }
    }
    Err(Problem { offset: at + blank, what: "the quote is not closed".to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let parsed = parse(text, "f").unwrap_or_else(|error| panic!("{error}"));
        let got: Vec<_> = parsed.secrets.iter().map(|one| (one.name.as_str(), one.value.expose().as_str())).collect();
        assert_eq!(got, expected, "{text}");
    }

    fn check_error(text: &str, expected: &str) {
        let error = parse(text, "f").expect_err(text).to_string();
        assert_eq!(error, expected);
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn json_is_an_object_of_strings() {
        check(r#"{"B": "2", /* why */ "a": "1",}"#, &[("A", "1"), ("B", "2")]);
        check("\u{feff}{}", &[]);
        check_error("{\n  \"A\": 1}", "f:2:8: a secret's value is a string: put it into double quotes");
        check_error(
            "{\"A B\": \"hunter2\"}",
            "f:1:2: this cannot name a secret: a name has letters, digits and underscores only",
        );
        assert!(parse("{\"A\": \"hunter2", "f").is_err());
    }

    #[test]
    fn lines_are_names_and_values() {
        check(
            "# c\r\nexport A=1\r\n\nB = \"two # 2\" # c\nC='$x'\nD=a#b # c\nE=\n",
            &[("A", "1"), ("B", "two # 2"), ("C", "$x"), ("D", "a#b"), ("E", "")],
        );
        check("K=\"-----BEGIN\nxyz\\n\\\"q\\\"\"\nL=1", &[("K", "-----BEGIN\nxyz\n\"q\""), ("L", "1")]);
        check_error("A=1\n  hunter2\n", "f:2:3: expected NAME=VALUE");
        check_error("A=\"hunter2", "f:1:3: the quote is not closed");
        check_error("A='hunter2'x", "f:1:12: text after the closing quote");
        check_error("1A=hunter2", "f:1:1: this cannot name a secret: a name does not start with a digit");
    }

    #[test]
    fn a_value_that_no_variable_can_hold_is_refused() {
        check_error("{\"A\": \"hunter2\\u0000\"}", "f:1:2: the value of A has a NUL in it, which no variable can hold");
    }

    #[test]
    fn the_last_of_two_counts() {
        check("A=1\na=2\n", &[("A", "2")]);
        assert_eq!(parse("A=1\na=2\n", "f").expect("parsed").warnings.len(), 1);
    }

    #[test]
    fn a_value_that_github_would_refuse_is_refused() {
        assert!(parse(&format!("A={}", "x".repeat(MAX_VALUE)), "f").is_ok());
        assert!(parse(&format!("A={}", "x".repeat(MAX_VALUE + 1)), "f").is_err());
    }

    #[test]
    fn a_file_that_others_may_read_is_warned_about() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("s.env");
        std::fs::write(&path, "A=1").expect("written");
        let mode =
            |mode| std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("set");
        mode(0o644);
        assert!(load(&path).expect("loaded").warnings[0].contains("chmod 600"));
        mode(0o600);
        assert!(load(&path).expect("loaded").warnings.is_empty());
        assert!(load(folder.path()).is_err());
        assert!(load(&folder.path().join("none")).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}", more in "[{}\"'=#\\\\ \n\rA]{0,40}") {
            let _either = parse(&text, "f");
            let _either = parse(&more, "f");
        }
    }
}

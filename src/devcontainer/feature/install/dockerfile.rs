//! The text of a Dockerfile, in which anything may stand in a variable or a label.

use std::ops::Range;

use serde_json::Value;

use super::{BUILTIN_ENV, FOLDER, HOMES, Installation, MOUNTED, WRAPPER, name_of};
use crate::devcontainer::ImageReference;
use crate::devcontainer::document::ConfigError;
use crate::devcontainer::merge::Entry;

/// How long a line may become, in bytes: docker reads none of more than 65535.
const LINE: usize = 8000;

impl Installation<'_> {
    /// Returns the Dockerfile. It has no `# syntax` line: the engine's own reader is enough, and needs no network.
    pub(super) fn dockerfile(&self, folders: &[String]) -> Result<String, ConfigError> {
        let mut text = format!("FROM {}\nUSER root\n", self.base);
        text += &format!("COPY {BUILTIN_ENV} {FOLDER}/{BUILTIN_ENV}\n");
        let users = [name_of(self.container_user), name_of(self.remote_user)];
        text += &run(HOMES, HOMES, &users);
        for (feature, folder) in self.features.iter().zip(folders) {
            for (name, value) in &feature.metadata.container_env {
                let live = escaped(&value.value, Dollar::Live);
                let bad = || feature.metadata.error(value.span.clone(), refusal(name));
                text += &env(name, &live).ok_or_else(bad)?;
            }
            text += &run(folder, &format!("{folder}/{WRAPPER}"), &[]);
        }
        text += &format!("USER {}\n", word(if self.base_user.is_empty() { "root" } else { self.base_user }));
        text += &label(self.entries);
        for (name, value) in self.container_env {
            // Reference CLI: the same, so that `$` in a configuration's own variables stays.
            let bad = || self.config.error(self.own_place(name), refusal(name), None);
            text += &env(name, &escaped(value, Dollar::Plain)).ok_or_else(bad)?;
        }
        Ok(text)
    }

    fn own_place(&self, name: &str) -> Range<usize> {
        self.config.span_at(&["containerEnv", name]).unwrap_or(0..1)
    }
}

/// Returns the Dockerfile that adds metadata to an image, and nothing else; nothing where there is no metadata.
pub fn label_only(base: &ImageReference, entries: &[Entry]) -> Option<String> {
    let label = label(entries);
    (!label.is_empty()).then(|| format!("FROM {base}\n{label}"))
}

fn refusal(name: &str) -> String {
    format!(
        "`containerEnv.{name}` cannot be written into an image: a name has no spaces or quotes, and a value no line break"
    )
}

/// Returns the step that runs a script of the build context, of which it sees one file or folder. Without a shell's reading in between, for the
/// image may have set another one with SHELL.
fn run(source: &str, script: &str, arguments: &[&str]) -> String {
    let script = format!("{MOUNTED}/{script}");
    let words: Vec<Value> = ["/bin/sh", &script].iter().chain(arguments).map(|word| Value::from(*word)).collect();
    format!("RUN --mount=type=bind,source={source},target={MOUNTED}/{source} {}\n", Value::from(words))
}

/// Returns `ENV`; nothing where the name or the value, escaped, cannot be in it.
fn env(name: &str, value: &str) -> Option<String> {
    let is_name = |one: char| one.is_alphanumeric() || "_-.%+@/:()[]".contains(one);
    let fits = !name.is_empty() && name.chars().all(is_name) && !value.contains(['\n', '\r', '\0']);
    fits.then(|| wrapped(&format!("ENV {name}=\"{value}\"")) + "\n")
}

/// Returns the metadata as the label of an image, in the reference's spacing; nothing where there are no entries. An entry that says nothing is
/// none.
fn label(entries: &[Entry]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .filter(|entry| !entry.properties.is_empty())
        .map(|entry| wrapped(&escaped(&Value::from(entry.properties.clone()).to_string(), Dollar::Plain)))
        .collect();
    if entries.is_empty() {
        return String::new();
    }
    format!("LABEL devcontainer.metadata=\"[ \\\n{} \\\n]\"\n", entries.join(", \\\n"))
}

/// What becomes of a `$`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dollar {
    /// It stays itself.
    Plain,
    /// Where it begins a variable of the image, that is put in: `PATH=/x:${PATH}`.
    Live,
}

/// Escapes a text for double quotes.
fn escaped(text: &str, dollar: Dollar) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let rest = text.get(at + 1..).unwrap_or_default();
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            '$' if dollar == Dollar::Plain || !is_variable(rest) => escaped.push_str("\\$"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Tells whether what follows a `$` is a variable that docker knows how to read: `NAME`, `{NAME}`, or `{NAME}` with what stands for it.
// Reference CLI: every `$` is live, so that `${localEnv:X}` of a Feature breaks the build.
fn is_variable(rest: &str) -> bool {
    let name = |text: &str| {
        let end = text.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(text.len());
        (end > 0 && !text.starts_with(|one: char| one.is_ascii_digit())).then_some(end)
    };
    let Some(inside) = rest.strip_prefix('{') else { return name(rest).is_some() };
    let Some(behind) = name(inside).and_then(|end| inside.get(end..)) else { return false };
    let word = |mark: &str| behind.strip_prefix(mark).is_some_and(|word| word.contains('}'));
    behind.starts_with('}') || [":-", ":+", "-", "+"].iter().any(|mark| word(mark))
}

/// Returns a name as one word of an instruction.
fn word(text: &str) -> String {
    if text.chars().all(|one| one.is_ascii_alphanumeric() || "_.:-".contains(one)) {
        return text.to_owned();
    }
    format!("\"{}\"", escaped(&text.replace(['\n', '\r', '\0'], ""), Dollar::Plain))
}

/// Breaks a long line where docker puts it together again as it was: not behind a backslash or a blank, and not before a `#` or a blank.
fn wrapped(text: &str) -> String {
    let mut wrapped = String::with_capacity(text.len());
    let mut length = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        wrapped.push(character);
        length += character.len_utf8();
        let is_safe = character != '\\' && !character.is_whitespace();
        let goes_on = characters.peek().is_some_and(|next| *next != '#' && !next.is_whitespace());
        if length >= LINE && is_safe && goes_on {
            wrapped.push_str("\\\n");
            length = 0;
        }
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::devcontainer::merge::Origin;

    /// Reads a Dockerfile's text as docker does: lines put together, then the words of one instruction, each without its quotes. Every variable
    /// stands for `<NAME>`.
    fn read(text: &str) -> Vec<String> {
        let mut line = String::new();
        for physical in text.lines() {
            assert!(physical.len() < 65535);
            let is_comment = !line.is_empty() && physical.trim_start().starts_with('#');
            assert!(!is_comment, "a comment inside: {physical}");
            let trimmed = physical.trim_end_matches([' ', '\t']);
            match trimmed.strip_suffix('\\') {
                Some(start) => line.push_str(start),
                None => line.push_str(physical),
            }
        }
        let mut words = vec![String::new()];
        let (mut is_quoted, mut characters) = (false, line.chars().peekable());
        while let Some(character) = characters.next() {
            let word = words.last_mut().expect("a word");
            match character {
                '"' => is_quoted = !is_quoted,
                ' ' if !is_quoted => words.push(String::new()),
                '\\' => match characters.next() {
                    Some(next @ ('"' | '\\' | '$')) => word.push(next),
                    other => word.extend(std::iter::once('\\').chain(other)),
                },
                '$' => {
                    let mut name: String = String::new();
                    if characters.peek() == Some(&'{') {
                        name = characters.by_ref().skip(1).take_while(|one| *one != '}').collect();
                    } else {
                        while let Some(one) = characters.next_if(|one| one.is_ascii_alphanumeric() || *one == '_') {
                            name.push(one);
                        }
                    }
                    word.push_str(&format!("<{name}>"));
                }
                other => word.push(other),
            }
        }
        assert!(!is_quoted, "an open quote: {text}");
        words
    }

    fn entry(properties: &Value) -> Entry {
        Entry { origin: Origin::File, properties: properties.as_object().expect("one").clone() }
    }

    #[test]
    fn the_label_is_the_references() {
        let entries =
            [json!({ "id": "./flag" }), json!({}), json!({ "onCreateCommand": "echo \"$A\" \\", "remoteUser": "dev" })];
        let text = label(&entries.map(|one| entry(&one)));
        let expected = r#"LABEL devcontainer.metadata="[ \
{\"id\":\"./flag\"}, \
{\"onCreateCommand\":\"echo \\\"\$A\\\" \\\\\",\"remoteUser\":\"dev\"} \
]"
"#;
        assert_eq!(text, expected);
        assert_eq!(label(&[]), "");
        assert_eq!(label(&[entry(&json!({}))]), "");
    }

    #[test]
    fn variables_of_the_image_are_live_in_a_feature_and_nothing_else_is() {
        for (value, expected) in [
            ("/x:${PATH}", "/x:<PATH>"),
            ("$HOME/x", "<HOME>/x"),
            ("${A:-b}", "<A:-b>"),
            ("${localEnv:X}", "${localEnv:X}"),
            ("${devcontainerId", "${devcontainerId"),
            ("${}", "${}"),
            ("a$", "a$"),
            ("$1 $$ $(x)", "$1 $$ $(x)"),
            ("\\$A", "\\<A>"),
        ] {
            let text = env("N", &escaped(value, Dollar::Live)).expect("written");
            assert_eq!(read(&text), ["ENV".to_owned(), format!("N={expected}")], "{text}");
        }
    }

    #[test]
    fn what_no_dockerfile_can_hold_is_refused() {
        for (name, value) in
            [("A", "a\nb"), ("A", "a\rb"), ("", "x"), ("A B", "x"), ("A\"", "x"), ("A\n", "x"), ("A=B", "x")]
        {
            assert_eq!(env(name, value), None, "{name} {value}");
        }
        assert_eq!(env("npm_config_x.y", "z").as_deref(), Some("ENV npm_config_x.y=\"z\"\n"));
    }

    #[test]
    fn a_user_is_one_word() {
        for user in ["dev", "1000:1000", "a b", "a\"$b", "a\\", "d\u{e9}v"] {
            assert_eq!(read(&format!("USER {}", word(user))), ["USER", user], "{user}");
        }
    }

    #[test]
    fn a_long_label_is_broken_and_whole() {
        for filler in ["a", "#", " ", "\\", "\"", "$", "é", "a#", "\\ #"] {
            let long = filler.repeat(9000 / filler.len());
            let text = label(&[entry(&json!({ "x": long, "y": "a".repeat(70_000) }))]);
            let words = read(&text);
            let value = words[1].strip_prefix("devcontainer.metadata=").expect("the label");
            let parsed: Value = serde_json::from_str(value).expect("JSON");
            assert_eq!(parsed[0]["x"], long, "{filler}");
        }
    }

    proptest! {
        #[test]
        fn any_value_comes_back(value in "[^\n\r\0]{0,20}|[\\\\\"$#{} a]{0,20}") {
            let text = env("NAME", &escaped(&value, Dollar::Plain)).expect("written");
            prop_assert_eq!(read(&text), ["ENV".to_owned(), format!("NAME={value}")]);
            let text = label(&[entry(&json!({ "x": value }))]);
            let words = read(&text);
            let parsed: Value = serde_json::from_str(words[1].strip_prefix("devcontainer.metadata=").expect("one")).expect("JSON");
            prop_assert_eq!(parsed, json!([{ "x": value }]));
        }
    }
}

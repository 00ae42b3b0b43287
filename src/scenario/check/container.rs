//! A codespace held against what it has to be and have.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Mismatches, text};
use crate::scenario::at::{At, Spot};
use crate::scenario::expect::{Container, FileExpect, KindWord, ThereWord, UserExpect};
use crate::scenario::forms::{Entries, WordOr};
use crate::scenario::seen::{Answers, Captured, SeenFile, SeenUser};

/// Holds a codespace against what it has to be and have.
pub(super) fn check(expect: &Container, seen: &Answers, out: &mut Mismatches) {
    let Container { files, env, user, workspace_folder, users, ports, commands, image, labels } = expect;
    for (path, entry) in files.iter().flat_map(|files| &files.value.0) {
        let what = format!("container.files.{}", path.value);
        let found = seen.files.get(&path.value);
        if let Some((expect, found)) = there(&what, path, &entry.value, found, out) {
            file(&what, expect, found, out);
        }
    }
    values("container.env", env.as_ref(), &seen.env, out);
    values("container.labels", labels.as_ref(), &seen.labels, out);
    out.equal("container.user", user.as_ref(), &seen.user);
    out.equal("container.workspace_folder", workspace_folder.as_ref(), &seen.folder);
    for (name, entry) in users.iter().flat_map(|users| &users.value.0) {
        let what = format!("container.users.{}", name.value);
        if let Some((expect, found)) = there(&what, name, &entry.value, seen.users.get(&name.value), out) {
            one_user(&what, expect, found, out);
        }
    }
    for port in ports.iter().flat_map(|ports| &ports.value) {
        if let Some(Some(why)) = seen.ports.get(&port.value) {
            out.add(port.spot, format!("container.ports.{}", port.value), "something answers", why.as_str());
        }
    }
    for (command, found) in commands.iter().flat_map(|all| &all.value).zip(&seen.commands) {
        let what = format!("container.commands `{}`", command.value.run.value);
        let (exit, spot) = command.value.exit.as_ref().map_or((0, command.spot), |exit| (exit.value, exit.spot));
        if exit != found.exit {
            let around = text::tail(&found.stdout.text).into_iter().chain(text::tail(&found.stderr.text)).collect();
            out.show(spot, what.as_str(), format!("exit code {exit}"), format!("exit code {}", found.exit), around);
        }
        for (name, expected, actual) in
            [("stdout", &command.value.stdout, &found.stdout), ("stderr", &command.value.stderr, &found.stderr)]
        {
            if let Some(expected) = expected {
                text::check(&format!("{what}.{name}"), &expected.value, actual, out);
            }
        }
    }
    if let Some(expected) = image {
        text::check("container.image", &expected.value, &seen.image.as_str().into(), out);
    }
}

/// Holds something against whether it is there; returns what more there is to hold it against.
fn there<'a, T, S>(
    what: &str,
    name: &At<String>,
    entry: &'a WordOr<ThereWord, T>,
    found: Option<&'a S>,
    out: &mut Mismatches,
) -> Option<(&'a T, &'a S)> {
    match (entry, found) {
        (WordOr::Word(ThereWord::Absent), Some(_)) => out.add(name.spot, what, "absent", "it is there"),
        (WordOr::Word(ThereWord::Present) | WordOr::Map(_), None) => {
            out.add(name.spot, what, "present", "it is not there");
        }
        (WordOr::Word(ThereWord::Absent), None) | (WordOr::Word(ThereWord::Present), Some(_)) => {}
        (WordOr::Map(expect), Some(found)) => return Some((expect, found)),
    }
    None
}

/// Holds named texts against what they have to be.
fn values(what: &str, expect: Option<&At<Entries<At<String>>>>, seen: &BTreeMap<String, String>, out: &mut Mismatches) {
    for (name, expected) in expect.iter().flat_map(|list| &list.value.0) {
        let what = format!("{what}.{}", name.value);
        let actual = seen.get(&name.value);
        let holds = match expected.value.as_str() {
            "present" => actual.is_some(),
            "absent" => actual.is_none(),
            text => actual.is_some_and(|actual| actual == text),
        };
        if !holds {
            out.add(expected.spot, what, expected.value.as_str(), actual.map_or("absent", String::as_str));
        }
    }
}

fn file(what: &str, expect: &FileExpect, seen: &SeenFile, out: &mut Mismatches) {
    let FileExpect { kind, mode, owner, group, text: content, json } = expect;
    if let Some(expected) = kind.as_ref().filter(|expected| Some(expected.value) != seen.kind) {
        let actual = seen.kind.map_or("something else", KindWord::name);
        out.add(expected.spot, format!("{what}.type"), expected.value.name(), actual);
    }
    if let Some(expected) = mode.as_ref().filter(|expected| expected.value.0 != seen.mode) {
        out.add(
            expected.spot,
            format!("{what}.mode"),
            format!("{:04o}", expected.value.0),
            format!("{:04o}", seen.mode),
        );
    }
    out.equal(&format!("{what}.owner"), owner.as_ref(), &seen.owner);
    out.equal(&format!("{what}.group"), group.as_ref(), &seen.group);
    let spot = content.as_ref().map(|content| content.spot).or(json.as_ref().map(|json| json.spot));
    let (Some(spot), Some(read)) = (spot, &seen.content) else { return };
    let read = match read {
        Ok(read) => read,
        Err(why) => return out.add(spot, what, "a file that can be read", why.as_str()),
    };
    if let Some(expected) = content {
        text::check(&format!("{what}.text"), &expected.value, read, out);
    }
    if let Some(expected) = json {
        parts(what, expected, read, out);
    }
}

/// Holds parts of a JSON document against what they have to be.
fn parts(what: &str, expect: &At<Entries<At<Value>>>, read: &Captured, out: &mut Mismatches) {
    let document: Value = match serde_json::from_str(&read.text) {
        Ok(document) => document,
        Err(error) => return out.add(expect.spot, format!("{what}.json"), "JSON", format!("it is none: {error}")),
    };
    for (path, expected) in &expect.value.0 {
        let actual = part(&document, &path.value);
        let holds = match (expected.value.as_str(), actual) {
            (Some("present"), actual) => actual.is_some(),
            (Some("absent"), actual) => actual.is_none(),
            (_, actual) => actual == Some(&expected.value),
        };
        if !holds {
            let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // A value may be a login: what is there is told, and not which.
            let actual = match (&expected.value, actual) {
                (_, None) => "absent".to_owned(),
                (Value::String(word), Some(_)) if word == "absent" => "it is there".to_owned(),
                (_, Some(actual)) => shown(actual),
            };
            out.add(expected.spot, format!("{what}.json.{}", path.value), shown(&expected.value), actual);
        }
    }
}

/// Returns the part of a document that a path leads to. A dot in a name has a backslash before it.
fn part<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    let mut names = vec![String::new()];
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '.' => names.push(String::new()),
            '\\' => names.last_mut()?.extend(letters.next()),
            letter => names.last_mut()?.push(letter),
        }
    }
    names.iter().try_fold(document, |value, name| match value {
        Value::Object(object) => object.get(name),
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

fn one_user(what: &str, expect: &UserExpect, seen: &SeenUser, out: &mut Mismatches) {
    let UserExpect { uid, groups, home, shell } = expect;
    out.equal(&format!("{what}.uid"), uid.as_ref(), &seen.uid);
    out.equal(&format!("{what}.home"), home.as_ref(), &seen.home);
    out.equal(&format!("{what}.shell"), shell.as_ref(), &seen.shell);
    let missing = |group: &&String| !seen.groups.contains(*group);
    let spot = groups.as_ref().map_or(Spot::START, |groups| groups.spot);
    for group in groups.iter().flat_map(|groups| &groups.value.0).filter(missing) {
        let all = seen.groups.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        out.add(spot, format!("{what}.groups"), format!("in {group}"), format!("in {all}"));
    }
}

impl KindWord {
    /// Returns the word.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Folder => "folder",
            Self::Link => "link",
            Self::Socket => "socket",
        }
    }
}

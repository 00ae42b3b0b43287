//! Typed values out of a configuration's objects, each fault with its place.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::ops::Range;

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::command::{LifecycleCommand, SingleCommand};
use super::document::{ConfigError, Document, Spanned};
use super::mount::Mount;

/// Reads typed values out of one object.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) object: &'a Object<'a>,
}

/// Returns the properties of an object, of each name the last.
fn last_of_each<'a>(object: &'a Object<'a>) -> impl Iterator<Item = &'a ObjectProp<'a>> {
    let is_last =
        |at: usize, name: &str| !object.properties.iter().skip(at + 1).any(|later| later.name.as_str() == name);
    let all = object.properties.iter().enumerate();
    all.filter(move |(at, property)| is_last(*at, property.name.as_str())).map(|(_, property)| property)
}

fn span(value: &Value<'_>) -> Range<usize> {
    value.start()..value.end()
}

impl<'a> Reader<'a> {
    /// Returns a property's value; `null` counts as absent. Of two with one name, the last counts.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value<'a>> {
        let found = self.object.properties.iter().rev().find(|property| property.name.as_str() == name);
        found.map(|property| &property.value).filter(|value| !matches!(value, Value::NullKeyword(_)))
    }

    fn expected(&self, value: &Value<'_>, name: &str, what: &str) -> ConfigError {
        self.document.error(span(value), format!("`{name}` is expected to be {what}"))
    }

    /// Returns a string.
    pub(super) fn string(&self, name: &str) -> Result<Option<Spanned<String>>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::StringLit(text)) => {
                Ok(Some(Spanned { value: text.value.to_string(), span: text.range.start..text.range.end }))
            }
            Some(other) => Err(self.expected(other, name, "a string")),
        }
    }

    /// Returns true or false.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::BooleanLit(value)) => Ok(Some(value.value)),
            Some(other) => Err(self.expected(other, name, "true or false")),
        }
    }

    /// Returns what one of several words stands for.
    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        if let Some((_, value)) = choices.iter().find(|(choice, _)| *choice == text.value) {
            Ok(Some(*value))
        } else {
            let known: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
            Err(self.document.error(text.span, format!("`{name}` is expected to be one of {}", known.join(", "))))
        }
    }

    /// Returns a list of strings.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Spanned<String>>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let Value::Array(array) = value else { return Err(self.expected(value, name, "a list of strings")) };
        let item = |item: &Value<'_>| match item {
            Value::StringLit(text) => Ok(Spanned { value: text.value.to_string(), span: span(item) }),
            other => Err(self.expected(other, name, "a list of strings")),
        };
        array.elements.iter().map(item).collect()
    }

    /// Returns variables by name; `null` unsets one. Of two with one name, the last counts.
    pub(super) fn environment(&self, name: &str) -> Result<Vec<(String, Option<String>)>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let Value::Object(object) = value else { return Err(self.expected(value, name, "an object of strings")) };
        let entry = |property: &ObjectProp<'_>| {
            let key = property.name.as_str().to_owned();
            if key.is_empty() || key.contains(['=', '\0']) {
                let problem = format!("`{name}`: a variable's name is not empty and holds no `=`");
                return Err(self.document.error(property.name.start()..property.name.end(), problem));
            }
            match &property.value {
                Value::StringLit(text) => Ok((key, Some(text.value.to_string()))),
                Value::NullKeyword(_) => Ok((key, None)),
                other => Err(self.expected(other, &format!("{name}.{key}"), "a string")),
            }
        };
        last_of_each(object).map(entry).collect()
    }

    /// Returns a lifecycle command; an empty one is none.
    pub(super) fn command(&self, name: &str) -> Result<Option<LifecycleCommand>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if let Value::Object(object) = value {
            let mut entries = Vec::new();
            for property in last_of_each(object) {
                let label = property.name.as_str();
                if let Some(command) = self.single(&property.value, &format!("{name}.{label}"))? {
                    entries.push((label.to_owned(), command));
                }
            }
            return Ok((!entries.is_empty()).then_some(LifecycleCommand::Parallel(entries)));
        }
        Ok(self.single(value, name)?.map(LifecycleCommand::Single))
    }

    fn single(&self, value: &Value<'_>, name: &str) -> Result<Option<SingleCommand>, ConfigError> {
        let what = "a string, a list of strings or an object of them";
        match value {
            Value::StringLit(text) if text.value.trim().is_empty() => Ok(None),
            Value::StringLit(text) => Ok(Some(SingleCommand::Shell(text.value.to_string()))),
            Value::Array(array) => {
                let word = |item: &Value<'_>| match item {
                    Value::StringLit(text) => Ok(text.value.to_string()),
                    other => Err(self.expected(other, name, what)),
                };
                let words = array.elements.iter().map(word).collect::<Result<Vec<_>, _>>()?;
                Ok((!words.is_empty()).then_some(SingleCommand::Exec(words)))
            }
            Value::NullKeyword(_) => Ok(None),
            other => Err(self.expected(other, name, what)),
        }
    }

    /// Returns the mounts.
    pub(super) fn mounts(&self) -> Result<Vec<Mount>, ConfigError> {
        let Some(value) = self.get("mounts") else { return Ok(Vec::new()) };
        let Value::Array(array) = value else { return Err(self.expected(value, "mounts", "a list")) };
        array.elements.iter().map(|item| self.mount(item)).collect()
    }

    fn mount(&self, item: &Value<'_>) -> Result<Mount, ConfigError> {
        let read = match item {
            Value::StringLit(text) => Mount::parse(&text.value),
            Value::Object(object) => {
                let text = |property: &ObjectProp<'_>| match &property.value {
                    Value::StringLit(text) => Some((property.name.as_str().to_owned(), text.value.to_string())),
                    Value::BooleanLit(value) => Some((property.name.as_str().to_owned(), value.value.to_string())),
                    _ => None,
                };
                Mount::of_fields(&object.properties.iter().filter_map(text).collect::<Vec<_>>())
            }
            other => return Err(self.expected(other, "mounts", "a list of strings or objects")),
        };
        read.map_err(|problem| self.document.error(span(item), problem))
    }
}

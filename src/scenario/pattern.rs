//! Regular expressions and permissions, held to their form where they are read.

use std::borrow::Cow;

use regex_lite::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};

use super::forms::Texts;

/// Regular expressions, each of which has to be found.
#[derive(Debug, Clone)]
pub(super) struct Patterns(pub(super) Vec<Regex>);

/// The permissions of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode(pub(super) u32);

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Texts(texts) = Texts::deserialize(from)?;
        let compile = |text: &String| {
            // A line's ends, as in `grep`: output has many lines.
            regex_lite::RegexBuilder::new(text)
                .multi_line(true)
                .build()
                .map_err(|error| D::Error::custom(format!("`{text}` is no regular expression: {error}")))
        };
        texts.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }
}

impl JsonSchema for Patterns {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Patterns".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "format": "regex" },
            { "type": "array", "items": { "type": "string", "format": "regex" }, "minItems": 1 },
        ] })
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        u32::from_str_radix(&text, 8).ok().filter(|mode| *mode <= 0o7777 && text.len() >= 3).map(Self).ok_or_else(
            || D::Error::custom(format!("`{text}` are no permissions: write them in octal and quotes, \"0600\"")),
        )
    }
}

impl JsonSchema for Mode {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Mode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-7]{3,5}$", "examples": ["0600"] })
    }
}

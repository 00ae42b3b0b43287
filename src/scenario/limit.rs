//! How long something may take: `< 60`, `<= 2m`, `> 500ms`. And how much of a time a prebuild has to save: `> 30%`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};

use crate::duration::duration;

/// A number held against another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Limit {
    relation: Relation,
    bound: f64,
    text: String,
}

/// How one number is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// A length of time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seconds(pub(super) Limit);

/// A part of a length of time, in per cent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Share(pub(super) Limit);

/// A length of time without a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time(pub(super) Duration);

const RELATIONS: [(&str, Relation); 4] =
    [("<=", Relation::AtMost), (">=", Relation::AtLeast), ("<", Relation::Less), (">", Relation::More)];

impl Limit {
    fn parse(text: &str, number: impl FnOnce(&str) -> Option<f64>) -> Option<Self> {
        let trimmed = text.trim();
        let (sign, relation) = RELATIONS.into_iter().find(|(sign, _)| trimmed.starts_with(sign))?;
        let bound = number(trimmed.get(sign.len()..)?.trim())?;
        Some(Self { relation, bound, text: trimmed.to_owned() })
    }

    /// Tells whether a number keeps to it.
    pub(super) fn holds(&self, number: f64) -> bool {
        match self.relation {
            Relation::Less => number < self.bound,
            Relation::AtMost => number <= self.bound,
            Relation::More => number > self.bound,
            Relation::AtLeast => number >= self.bound,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let number = |text: &str| duration(text).ok().map(|time| time.as_secs_f64());
        Limit::parse(&text, number)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no limit of time: write \"< 60\" or \"<= 2m\"")))
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let number = |text: &str| text.strip_suffix('%')?.trim().parse().ok().filter(|number: &f64| number.is_finite());
        Limit::parse(&text, number)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no part of a time: write \"> 30%\"")))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        duration(&text).map(Self).map_err(|wanted| D::Error::custom(format!("`{text}` is no length of time: {wanted}")))
    }
}

/// Writes the schema of a text of one form.
macro_rules! text_of_form {
    ($type:ty, $name:literal, $pattern:literal, $example:literal) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "examples": [$example] })
            }
        }
    };
}

text_of_form!(Seconds, "Seconds", r"^\s*[<>]=?\s*[0-9.]+(ms|s|m|h)?\s*$", "< 60");
text_of_form!(Share, "Share", r"^\s*[<>]=?\s*[0-9.]+\s*%\s*$", "> 30%");
text_of_form!(Time, "Time", r"^[0-9.]+(ms|s|m|h)?$", "10m");

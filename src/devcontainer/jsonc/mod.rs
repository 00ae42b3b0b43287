//! JSON with comments, as the reference takes it: what it reads of an imperfect file is read too, and every imperfection has its place.
//!
//! Reference CLI: takes what it can and says nothing. Where its value is what the author meant, we take it and tell; where it drops or
//! changes something (a pair without a colon, a bad escape), that is an error here. The table is in CONFIGURATION.md.

mod parse;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::Range;

pub(super) use parse::parse;

/// A value and its place in the text, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A name and its value in an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) name_span: Range<usize>,
    pub(super) node: Node,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) problem: String,
}

impl Member {
    /// Returns the place of name and value.
    pub(super) const fn span(&self) -> Range<usize> {
        self.name_span.start..self.node.span.end
    }
}

impl Node {
    /// Returns the members of an object; none where it is something else.
    pub(super) fn members(&self) -> &[Member] {
        match &self.content {
            Content::Object(members) => members,
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::List(_) => &[],
        }
    }

    /// Returns the text; nothing where it is something else.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::List(_) | Content::Object(_) => None,
        }
    }

    /// Returns the member that counts, which is the last of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    /// Returns the members that count, of each name the last; with each of the others, `false`.
    pub(super) fn counting(&self) -> impl Iterator<Item = (&Member, bool)> {
        let places = self.members().iter().enumerate();
        let last: HashMap<&str, usize> = places.clone().map(|(at, member)| (member.name.as_str(), at)).collect();
        places.map(move |(at, member)| (member, last.get(member.name.as_str()) == Some(&at)))
    }

    /// Returns the members of an object, of each name the last.
    pub(super) fn last_of_each(&self) -> impl Iterator<Item = &Member> {
        self.counting().filter(|(_, counts)| *counts).map(|(member, _)| member)
    }

    /// Returns the value as JavaScript would hold it: numbers are doubles, of two members with one name the last counts.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.content {
            Content::Null => serde_json::Value::Null,
            Content::Bool(value) => (*value).into(),
            Content::Number(number) => number_to_json(*number),
            Content::Text(text) => text.as_str().into(),
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Object(members) => {
                let pair = |member: &Member| (member.name.clone(), member.node.to_json());
                serde_json::Value::Object(members.iter().map(pair).collect())
            }
        }
    }

    /// Returns a JSON value as a node without a place.
    pub(super) fn of_json(value: &serde_json::Value) -> Self {
        let content = match value {
            serde_json::Value::Null => Content::Null,
            serde_json::Value::Bool(value) => Content::Bool(*value),
            serde_json::Value::Number(number) => Content::Number(number.as_f64().unwrap_or_default()),
            serde_json::Value::String(text) => Content::Text(text.clone()),
            serde_json::Value::Array(items) => Content::List(items.iter().map(Self::of_json).collect()),
            serde_json::Value::Object(fields) => Content::Object(
                fields
                    .iter()
                    .map(|(name, value)| Member { name: name.clone(), name_span: 0..0, node: Self::of_json(value) })
                    .collect(),
            ),
        };
        Self { span: 0..0, content }
    }
}

/// Returns a double as `JSON.stringify` writes it: no fraction where there is none, 17 digits at most, nothing for an infinite one.
pub(super) fn number_to_json(number: f64) -> serde_json::Value {
    if number == 0.0 {
        return 0.into();
    }
    if number.fract() == 0.0 && number.abs() < 1e21 {
        // The shortest digits that mean this double, filled up with zeros.
        let digits = format!("{number:e}");
        let (mantissa, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
        let places = exponent.parse().unwrap_or(0) + usize::from(mantissa.starts_with('-')) + 1;
        let whole = format!("{:0<places$}", mantissa.replace('.', ""));
        if let Ok(whole) = whole.parse::<i64>() {
            return whole.into();
        }
        if let Ok(whole) = whole.parse::<u64>() {
            return whole.into();
        }
    }
    serde_json::Number::from_f64(number).map_or(serde_json::Value::Null, serde_json::Value::Number)
}

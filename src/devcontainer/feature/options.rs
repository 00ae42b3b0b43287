//! What a Feature is asked for: the options that a configuration gives it, and what of them its install script sees.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::collate::collate;
use super::declared::Declared;
use crate::devcontainer::jsonc::{Content, Node};
use crate::nearest::nearest;

/// The options of one Feature, as they are written.
#[derive(Debug, Clone, PartialEq)]
pub enum Options {
    /// True or false: the option `version`, where the Feature has one.
    Flag(bool),
    /// Options by name.
    Named(Map<String, Value>),
    /// A text: the option `version`, where the Feature has one.
    Text(String),
}

/// Something to be said about options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionFault {
    /// The option; nothing where it is about all of them.
    pub option: Option<String>,
    /// What it is, in words.
    pub problem: String,
}

impl Options {
    /// Returns the options that a value is; nothing where it is none.
    pub(in crate::devcontainer) fn of(node: &Node) -> Option<Self> {
        match (&node.content, node.to_json()) {
            (Content::Bool(value), _) => Some(Self::Flag(*value)),
            (Content::Text(text), _) => Some(Self::Text(text.clone())),
            (Content::Object(_), Value::Object(fields)) => Some(Self::Named(fields)),
            (Content::Null | Content::Number(_) | Content::List(_) | Content::Object(_), _) => None,
        }
    }

    /// Returns them as they are written.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Flag(value) => (*value).into(),
            Self::Named(fields) => fields.clone().into(),
            Self::Text(text) => text.as_str().into(),
        }
    }

    /// Returns what the Feature's install script sees: what it declares in that order with its defaults, then what it does not declare.
    pub fn values(&self, declared: &[Declared]) -> Vec<(String, String)> {
        let mut values: Vec<(String, String)> =
            declared.iter().filter_map(|option| Some((option.name.clone(), option.default.clone()?))).collect();
        let mut set = |name: &str, value: String| match values.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => values.push((name.to_owned(), value)),
        };
        let shorthand = declared.iter().any(|option| option.name == SHORTHAND);
        match self {
            Self::Flag(value) if shorthand => set(SHORTHAND, value.to_string()),
            Self::Text(text) if shorthand => set(SHORTHAND, text.clone()),
            Self::Flag(_) | Self::Text(_) => {}
            Self::Named(fields) => fields.iter().for_each(|(name, value)| set(name, text_of(value))),
        }
        values
    }

    /// Returns what is to be said about options that are given to a Feature. None of it keeps the Feature from being installed.
    pub fn faults(&self, declared: &[Declared]) -> Vec<OptionFault> {
        let names = || declared.iter().map(|option| option.name.as_str());
        let fault = |option: Option<&str>, problem: String| OptionFault { option: option.map(str::to_owned), problem };
        let find = |name: &str| declared.iter().find(|option| option.name == name);
        match self {
            Self::Flag(_) => Vec::new(),
            Self::Text(text) => match find(SHORTHAND) {
                Some(option) => option.refuses(text).map(|problem| fault(None, problem)).into_iter().collect(),
                None => vec![fault(None, format!("`{text}` does nothing: the Feature has no option `{SHORTHAND}`"))],
            },
            Self::Named(fields) => {
                let unknown = |name: &str| {
                    let hint = nearest(name, names()).map_or(String::new(), |name| format!(": did you mean `{name}`?"));
                    Some(format!("the Feature has no option `{name}`{hint}"))
                };
                let problem = |name: &str, value: &Value| {
                    find(name).map_or_else(|| unknown(name), |option| option.refuses(&text_of(value)))
                };
                let faults = fields.iter().filter_map(|(name, value)| Some(fault(Some(name), problem(name, value)?)));
                faults.collect()
            }
        }
    }

    /// Compares options as the order of Features does: true and false, then fewer options, then texts.
    // Reference CLI: numbers are all equal, and so are values of two types. We compare what the install script sees.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Flag(one), Self::Flag(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => collate(one, other),
            (Self::Named(one), Self::Named(other)) => named(one, other),
            (Self::Flag(_), _) | (Self::Named(_), Self::Text(_)) => Ordering::Less,
            (_, Self::Flag(_)) | (Self::Text(_), Self::Named(_)) => Ordering::Greater,
        }
    }
}

/// The option that a value alone stands for.
const SHORTHAND: &str = "version";

fn named(one: &Map<String, Value>, other: &Map<String, Value>) -> Ordering {
    let sorted = |fields: &Map<String, Value>| {
        let mut pairs: Vec<(String, String)> =
            fields.iter().map(|(name, value)| (name.clone(), text_of(value))).collect();
        pairs.sort();
        pairs
    };
    let pair = |((name, value), (other_name, other_value)): (&(String, String), &(String, String))| {
        collate(name, other_name).then_with(|| collate(value, other_value))
    };
    let (one, other) = (sorted(one), sorted(other));
    let first = one.iter().zip(&other).map(pair).find(|order| order.is_ne());
    one.len().cmp(&other.len()).then(first.unwrap_or(Ordering::Equal))
}

/// Returns a value as an install script sees it.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the variable that an option is in the install script's environment.
pub(super) fn variable(option: &str) -> String {
    let safe = |one: char| if one.is_ascii_alphanumeric() || one == '_' { one.to_ascii_uppercase() } else { '_' };
    let name: String = option.chars().map(safe).collect();
    let rest = name.trim_start_matches(|one: char| one.is_ascii_digit() || one == '_');
    if rest.len() < name.len() { format!("_{rest}") } else { name }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::devcontainer::feature::Metadata;

    fn options(value: &Value) -> Options {
        Options::of(&Node::of_json(value)).unwrap_or_else(|| panic!("{value}"))
    }

    fn declared(options: &Value) -> Vec<Declared> {
        let text = json!({ "id": "x", "version": "1.0.0", "options": options }).to_string();
        Metadata::read(&text, "f", "x").expect("read").options
    }

    #[test]
    fn options_have_the_references_names() {
        let vectors = include_str!("../../../integration/vectors/features/option-names.json");
        let vectors: Vec<Value> = serde_json::from_str(vectors).expect("vectors");
        for vector in vectors {
            assert_eq!(variable(vector["input"].as_str().expect("a name")), vector["output"], "{vector}");
        }
    }

    #[test]
    fn a_script_sees_the_references_values() {
        let vectors = include_str!("../../../integration/vectors/features/option-values.json");
        let vectors: Vec<Value> = serde_json::from_str(vectors).expect("vectors");
        for vector in vectors {
            let declared = if vector["options"].is_null() { Vec::new() } else { declared(&vector["options"]) };
            let values = options(&vector["value"]).values(&declared);
            let expected = vector["result"].as_object().expect("one").iter();
            let expected: Vec<_> = expected.map(|(name, value)| (name.clone(), text_of(value))).collect();
            assert_eq!(values, expected, "{vector}");
        }
    }

    #[test]
    fn what_a_feature_does_not_take_is_told() {
        let declared = declared(&json!({
            "mode": { "type": "string", "enum": ["fast", "slow"], "default": "fast" },
            "on": { "type": "boolean", "default": false },
            "free": { "type": "string", "proposals": ["a"], "default": "a" },
        }));
        for (value, expected) in [
            (json!({ "mode": "slow", "on": true, "free": "z" }), ""),
            (json!({ "on": "true" }), ""),
            (json!(true), ""),
            (json!({ "mod": "fast" }), "no option `mod`: did you mean `mode`?"),
            (json!({ "mode": "slwo" }), "one of fast, slow, and is \"slwo\": did you mean `slow`?"),
            (json!({ "on": "yes" }), "true or false, and is \"yes\""),
            (json!("1"), "no option `version`"),
        ] {
            let said: String = options(&value).faults(&declared).into_iter().map(|fault| fault.problem).collect();
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{value}: {said}");
        }
    }

    #[test]
    fn options_are_equal_where_a_script_sees_the_same() {
        for (one, other, expected) in [
            (json!({ "a": "true" }), json!({ "a": true }), Ordering::Equal),
            (json!({ "a": 1 }), json!({ "a": 2 }), Ordering::Less),
            (json!({ "a": "1", "b": "2" }), json!({ "b": "2", "a": "1" }), Ordering::Equal),
            (json!({ "b": "1" }), json!({ "a": "1", "b": "1" }), Ordering::Less),
            (json!("a"), json!({}), Ordering::Greater),
            (json!(false), json!(true), Ordering::Less),
            (json!(true), json!("true"), Ordering::Less),
        ] {
            assert_eq!(options(&one).compare(&options(&other)), expected, "{one} {other}");
            assert_eq!(options(&other).compare(&options(&one)), expected.reverse(), "{other} {one}");
        }
    }
}

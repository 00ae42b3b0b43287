//! The options that a Feature has, as its own file says.

use crate::nearest::nearest;

/// An option that a Feature has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub kind: OptionKind,
    /// What it is where nobody gives it.
    pub default: Option<String>,
}

/// What an option takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionKind {
    /// True or false.
    Flag,
    /// Any text.
    Text,
    /// One of these texts.
    OneOf(Vec<String>),
}

impl Declared {
    /// Returns why a value is none for this option, in words; nothing where it is one.
    pub(super) fn refuses(&self, value: &str) -> Option<String> {
        let name = &self.name;
        match &self.kind {
            OptionKind::Flag if !["true", "false"].contains(&value) => {
                Some(format!("option `{name}` is expected to be true or false, and is {value:?}"))
            }
            OptionKind::OneOf(choices) if !choices.iter().any(|choice| choice == value) => {
                let meant = nearest(value, choices.iter().map(String::as_str));
                let hint = meant.map_or(String::new(), |meant| format!(": did you mean `{meant}`?"));
                Some(format!("option `{name}` is expected to be one of {}, and is {value:?}{hint}", choices.join(", ")))
            }
            OptionKind::Flag | OptionKind::OneOf(_) | OptionKind::Text => None,
        }
    }
}

//! YAML with places, as far as a check of a Compose file looks: maps, lists and texts. Aliases are not followed.

use std::ops::Range;

use saphyr_parser::{Event, Parser, Span};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A text, a number, true, false or nothing: as it is written; and where, in bytes of the text.
    Scalar(String, Range<usize>),
    /// A list.
    List(Vec<Node>),
    /// A map.
    Map(Vec<Pair>),
    /// What stands elsewhere.
    Alias,
}

/// A name in a map, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) name: String,
    /// In bytes of the text.
    pub(super) name_span: Range<usize>,
    pub(super) value: Node,
}

/// How many maps and lists may stand in each other.
const DEEPEST: usize = 100;

impl Node {
    /// Returns a name's place and value; of two with one name, the last.
    pub(super) fn get(&self, name: &str) -> Option<&Pair> {
        match self {
            Self::Map(pairs) => pairs.iter().rfind(|pair| pair.name == name),
            Self::Scalar(..) | Self::List(_) | Self::Alias => None,
        }
    }

    /// Returns a name's value.
    pub(super) fn into_member(self, name: &str) -> Option<Self> {
        self.into_pairs().into_iter().rfind(|pair| pair.name == name).map(|pair| pair.value)
    }

    /// Returns a text with its place.
    pub(super) fn text(&self) -> Option<(&str, &Range<usize>)> {
        match self {
            Self::Scalar(text, span) => Some((text, span)),
            Self::List(_) | Self::Map(_) | Self::Alias => None,
        }
    }

    /// Returns what a map has; nothing where it is none.
    pub(super) fn pairs(&self) -> &[Pair] {
        match self {
            Self::Map(pairs) => pairs,
            Self::Scalar(..) | Self::List(_) | Self::Alias => &[],
        }
    }

    /// Returns what a list has; nothing where it is none.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Scalar(..) | Self::Map(_) | Self::Alias => &[],
        }
    }

    /// Returns what a map has; nothing where it is none.
    pub(super) fn into_pairs(self) -> Vec<Pair> {
        match self {
            Self::Map(pairs) => pairs,
            Self::Scalar(..) | Self::List(_) | Self::Alias => Vec::new(),
        }
    }

    /// Tells whether a part of it stands elsewhere.
    pub(super) fn has_aliases(&self) -> bool {
        match self {
            Self::Alias => true,
            Self::Scalar(..) => false,
            Self::List(items) => items.iter().any(Self::has_aliases),
            Self::Map(pairs) => pairs.iter().any(|pair| pair.value.has_aliases()),
        }
    }
}

/// What is open while a text is read.
enum Open {
    List(Vec<Node>),
    /// With a name whose value is to come.
    Map(Vec<Pair>, Option<(String, Range<usize>)>),
}

/// Reads the first document of a text; nothing where it is no YAML.
pub(super) fn parse(text: &str) -> Option<Node> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let bytes = |span: Span| {
        let at = |index: usize| places.get(index).copied().unwrap_or(text.len());
        at(span.start.index())..at(span.end.index())
    };
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let whole = match event {
            Event::MappingStart(..) => {
                open.push(Open::Map(Vec::new(), None));
                None
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::Scalar(value, ..) => Some(Node::Scalar(value.into_owned(), bytes(span))),
            Event::Alias(_) => Some(Node::Alias),
            Event::MappingEnd | Event::SequenceEnd => Some(match open.pop()? {
                Open::List(items) => Node::List(items),
                Open::Map(pairs, _) => Node::Map(pairs),
            }),
            Event::DocumentEnd => return None,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => None,
        };
        if open.len() > DEEPEST {
            return None;
        }
        let Some(whole) = whole else { continue };
        match open.last_mut() {
            None => return Some(whole),
            Some(Open::List(items)) => items.push(whole),
            Some(Open::Map(pairs, name)) => match name.take() {
                Some((name, name_span)) => pairs.push(Pair { name, name_span, value: whole }),
                None => *name = Some((named(&whole), bytes(span))),
            },
        }
    }
    None
}

/// Returns a key as a name; one that is no text has none that anybody looks for.
fn named(key: &Node) -> String {
    match key {
        Node::Scalar(name, _) => name.clone(),
        Node::List(_) | Node::Map(_) | Node::Alias => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_have_their_places() {
        let text = "# é\nservices:\n  app: {image: x, profiles: [dev]}\n  \"db\":\n    container_name: y\n";
        let root = parse(text).expect("YAML");
        let services = root.get("services").expect("there");
        let app = services.value.get("app").expect("there");
        let profiles = app.value.get("profiles").expect("there");
        assert_eq!(text.get(profiles.name_span.clone()), Some("profiles"));
        let name = services.value.get("db").and_then(|db| db.value.get("container_name")).expect("there");
        assert_eq!(text.get(name.name_span.clone()), Some("container_name"));
    }

    #[test]
    fn aliases_are_seen_and_not_followed() {
        assert!(parse("a: &x {b: 1}\nc: *x\n").is_some_and(|root| root.has_aliases()));
        assert!(parse("a: {<<: *x}\nx: &x {}\n").is_none_or(|root| root.has_aliases()));
        assert!(parse("a: b\n").is_some_and(|root| !root.has_aliases()));
    }

    #[test]
    fn what_is_no_yaml_or_too_deep_is_nothing() {
        let big = 1 << 20;
        for text in [
            "",
            "a: b: c: d",
            "- a\nb: c",
            "{",
            "[}",
            &"[".repeat(big),
            &"{a: ".repeat(big),
            &"\"".repeat(big),
            &"- ".repeat(big),
        ] {
            assert_eq!(parse(text), None, "{}", text.get(..10).unwrap_or(text));
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([a-c]|: |- |\\n|  |\\{|\\}|\\[|\\]|&a |\\*a|\"|'|#|\\||>|!|%|@|\u{e9}|,|\\?|---|\\t){0,40}") {
            let _node = parse(&text);
        }
    }
}

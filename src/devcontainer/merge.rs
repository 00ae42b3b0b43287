//! Image metadata and the configuration, merged over raw values by the reference's rules (devcontainer-semantics.md section 1.3). Everything
//! that says what holds is derived from this: the document of `config`, its explanation, and what `up` uses.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::host_requirements;
use super::truthy::is_truthy;
use super::variables::Variables;

/// Where an entry is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The image's metadata label.
    Image,
    /// The same label, of a Feature with this id.
    Feature(String),
    /// A Feature that the configuration installs.
    Installed {
        /// Its id.
        id: String,
        /// Where it is asked for: `file:line:column`, or words.
        place: String,
    },
    /// The repository's configuration.
    File,
}

/// One entry of the metadata: what one source says.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it is from.
    pub origin: Origin,
    /// What it says, raw.
    pub properties: Map<String, Value>,
}

/// A merged property.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    /// Its name where entries have it, such as `onCreateCommand`.
    pub property: &'static str,
    /// Its name in the merged configuration, such as `onCreateCommands`.
    pub name: &'static str,
    /// What holds.
    pub value: Value,
    /// The entries that it is from; for a list of collected values, one for each of them.
    pub from: Vec<usize>,
}

/// How the values of one property become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// True where one is; always there.
    Or,
    /// A set in the order of first appearance.
    Union,
    /// A list of all values, in order.
    Collect,
    /// The same; there also where it is empty.
    Always,
    /// Of each target the last, at the last one's place.
    ByTarget,
    /// Each name's values, in a list.
    Namespaces,
    /// The last that says something.
    LastTruthy,
    /// The last that is true or false.
    LastBool,
    /// Of each name the last; always there.
    PerKey,
    /// A set in which `3000` is `localhost:3000`.
    Ports,
    /// The most of each.
    Most,
}

/// Every rule, in the order in which the reference writes the properties.
const RULES: [(&str, &str, Rule); 25] = [
    ("init", "init", Rule::Or),
    ("privileged", "privileged", Rule::Or),
    ("capAdd", "capAdd", Rule::Union),
    ("securityOpt", "securityOpt", Rule::Union),
    ("entrypoint", "entrypoints", Rule::Collect),
    ("mounts", "mounts", Rule::ByTarget),
    ("customizations", "customizations", Rule::Namespaces),
    ("onCreateCommand", "onCreateCommands", Rule::Always),
    ("updateContentCommand", "updateContentCommands", Rule::Always),
    ("postCreateCommand", "postCreateCommands", Rule::Always),
    ("postStartCommand", "postStartCommands", Rule::Always),
    ("postAttachCommand", "postAttachCommands", Rule::Always),
    ("waitFor", "waitFor", Rule::LastTruthy),
    ("remoteUser", "remoteUser", Rule::LastTruthy),
    ("containerUser", "containerUser", Rule::LastTruthy),
    ("userEnvProbe", "userEnvProbe", Rule::LastTruthy),
    ("remoteEnv", "remoteEnv", Rule::PerKey),
    ("containerEnv", "containerEnv", Rule::PerKey),
    ("overrideCommand", "overrideCommand", Rule::LastBool),
    ("portsAttributes", "portsAttributes", Rule::PerKey),
    ("otherPortsAttributes", "otherPortsAttributes", Rule::LastTruthy),
    ("forwardPorts", "forwardPorts", Rule::Ports),
    ("shutdownAction", "shutdownAction", Rule::LastTruthy),
    ("updateRemoteUserUID", "updateRemoteUserUID", Rule::LastBool),
    ("hostRequirements", "hostRequirements", Rule::Most),
];

/// What a configuration adds to the metadata, in the order in which the reference writes it into the label.
const PICKED: [&str; 24] = [
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
    "waitFor",
    "customizations",
    "mounts",
    "containerEnv",
    "containerUser",
    "init",
    "privileged",
    "capAdd",
    "securityOpt",
    "remoteUser",
    "userEnvProbe",
    "remoteEnv",
    "overrideCommand",
    "portsAttributes",
    "otherPortsAttributes",
    "forwardPorts",
    "shutdownAction",
    "updateRemoteUserUID",
    "hostRequirements",
];

impl Entry {
    /// Returns what a configuration adds to the metadata.
    pub fn picked(configuration: &Map<String, Value>, origin: Origin) -> Self {
        let pick = |name: &&str| Some(((*name).to_owned(), configuration.get(*name)?.clone()));
        Self { origin, properties: PICKED.iter().filter_map(pick).collect() }
    }

    /// Reads a metadata label: a list of entries, or one. An error is what is wrong with it, in words.
    pub fn of_label(label: &str) -> Result<Vec<Self>, String> {
        let entries = match serde_json::from_str(label) {
            Ok(Value::Array(entries)) => entries,
            Ok(entry) => vec![entry],
            Err(error) => return Err(error.to_string()),
        };
        let entry = |entry| match entry {
            Value::Object(properties) => {
                let id = properties.get("id").and_then(Value::as_str);
                let origin = id.map_or(Origin::Image, |id| Origin::Feature(id.to_owned()));
                Some(Self { origin, properties })
            }
            _ => None,
        };
        Ok(entries.into_iter().filter_map(entry).collect())
    }

    /// Returns the entry with its variables replaced.
    #[must_use]
    pub fn substituted(&self, variables: &Variables) -> Self {
        Self { origin: self.origin.clone(), properties: variables.apply_to_fields(&self.properties) }
    }
}

/// Merges entries, the image's first and the configuration's last, in the order of the rules. What nobody says is absent.
pub fn merge(entries: &[Entry]) -> Vec<Effective> {
    let effective = |(property, name, rule): &(&'static str, &'static str, Rule)| {
        let said = || entries.iter().enumerate().filter_map(|(at, entry)| Some((at, entry.properties.get(*property)?)));
        let (value, from) = rule.apply(&said)?;
        Some(Effective { property, name, value, from })
    };
    RULES.iter().filter_map(effective).collect()
}

/// Returns the reference's `mergedConfiguration`: the configuration with what the entries say in place of its own. A property that the
/// configuration has keeps its place.
pub fn document(configuration: &Map<String, Value>, effective: &[Effective]) -> Map<String, Value> {
    let mut merged = configuration.clone();
    // What becomes a list has another name in the merged document.
    let renamed = |name: &str| RULES.iter().any(|(property, other, _)| *property == name && *other != name);
    merged.retain(|name, _| !renamed(name));
    for (_, name, _) in RULES {
        match effective.iter().find(|one| one.name == name) {
            Some(one) => drop(merged.insert(name.to_owned(), one.value.clone())),
            None => drop(merged.shift_remove(name)),
        }
    }
    merged
}

/// The values of one property, each with the number of its entry.
type Said<'a> = Box<dyn Iterator<Item = (usize, &'a Value)> + 'a>;

impl Rule {
    fn apply<'a, I: Iterator<Item = (usize, &'a Value)> + 'a>(
        self,
        said: &impl Fn() -> I,
    ) -> Option<(Value, Vec<usize>)> {
        let truthy = || said().filter(|(_, value)| is_truthy(value));
        match self {
            Self::Or => Some((truthy().next().is_some().into(), truthy().map(|(at, _)| at).collect())),
            Self::Union => set(items(Box::new(truthy())), Value::clone),
            Self::Collect | Self::Always => {
                let (from, values): (Vec<usize>, Vec<Value>) = truthy().map(|(at, value)| (at, value.clone())).unzip();
                (self == Self::Always || !values.is_empty()).then_some((values.into(), from))
            }
            Self::ByTarget => by_target(items(Box::new(truthy()))),
            Self::Namespaces => namespaces(Box::new(truthy())),
            Self::LastTruthy => truthy().last().map(|(at, value)| (value.clone(), vec![at])),
            Self::LastBool => {
                said().filter(|(_, value)| value.is_boolean()).last().map(|(at, value)| (value.clone(), vec![at]))
            }
            Self::PerKey => {
                let mut all = Map::new();
                let mut from = Vec::new();
                for (at, value) in truthy() {
                    from.push(at);
                    all.extend(fields(value));
                }
                Some((all.into(), from))
            }
            Self::Ports => set(items(Box::new(truthy())), |port| match port {
                Value::Number(number) => format!("localhost:{number}").into(),
                _ => port.clone(),
            })
            .map(|(ports, from)| (ports.as_array().into_iter().flatten().map(local_port).collect(), from)),
            Self::Most => {
                let from = truthy().map(|(at, _)| at).collect();
                host_requirements::most(said().map(|(_, value)| value)).map(|value| (value, from))
            }
        }
    }
}

/// Returns the single items of lists; what is no list is an item itself, as in JavaScript's `concat`.
fn items(said: Said<'_>) -> Said<'_> {
    Box::new(said.flat_map(|(at, value)| match value {
        Value::Array(items) => items.iter().map(|item| (at, item)).collect::<Vec<_>>(),
        _ => vec![(at, value)],
    }))
}

fn set(said: Said<'_>, as_member: impl Fn(&Value) -> Value) -> Option<(Value, Vec<usize>)> {
    let (mut all, mut from): (Vec<Value>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for (at, value) in said {
        let member = as_member(value);
        if seen.insert(member.to_string()) {
            all.push(member);
            from.push(at);
        }
    }
    (!all.is_empty()).then_some((all.into(), from))
}

fn by_target(said: Said<'_>) -> Option<(Value, Vec<usize>)> {
    let all: Vec<(usize, &Value)> = said.collect();
    let mut seen = HashSet::new();
    let last = all.into_iter().rev().filter(|(_, mount)| seen.insert(target(mount)));
    let (mut from, mut mounts): (Vec<usize>, Vec<Value>) = last.map(|(at, mount)| (at, mount.clone())).unzip();
    from.reverse();
    mounts.reverse();
    (!mounts.is_empty()).then_some((mounts.into(), from))
}

/// Returns where a mount is mounted, as it is written.
fn target(mount: &Value) -> Option<String> {
    match mount {
        Value::String(text) => text.split(',').find_map(|field| {
            let (name, value) = field.split_once('=')?;
            ["target", "dst", "destination"].contains(&name).then(|| value.to_owned())
        }),
        _ => mount.get("target").and_then(Value::as_str).map(str::to_owned),
    }
}

fn namespaces(said: Said<'_>) -> Option<(Value, Vec<usize>)> {
    let (mut all, mut from) = (Map::new(), Vec::new());
    for (at, value) in said {
        for (name, value) in fields(value) {
            from.push(at);
            if let Some(list) = all.entry(name).or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
                list.push(value);
            }
        }
    }
    from.dedup();
    (!all.is_empty()).then(|| (all.into(), from))
}

/// Returns an object's fields. What JavaScript counts is called by its number: a list's items, a text's UTF-16 units.
fn fields(value: &Value) -> Vec<(String, Value)> {
    let counted = |values: Vec<Value>| values.into_iter().enumerate().map(|(at, one)| (at.to_string(), one)).collect();
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        Value::Array(items) => counted(items.clone()),
        Value::String(text) => {
            counted(text.encode_utf16().map(|unit| String::from_utf16_lossy(&[unit]).into()).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Returns `localhost:N` as a number, as far as one can be read where the reference looks for it.
fn local_port(port: &Value) -> Value {
    let names_port = |text: &&str| {
        text.split("localhost:").skip(1).any(|behind| behind.starts_with(|first: char| first.is_ascii_digit()))
    };
    let Some(text) = port.as_str().filter(names_port) else { return port.clone() };
    let number = text.get("localhost:".len()..).unwrap_or_default();
    let digits =
        number.find(|one: char| !one.is_ascii_digit()).map_or(number, |end| number.get(..end).unwrap_or_default());
    digits.parse::<u64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The reference's own results for what is no port, and no object.
    #[test]
    fn odd_values_merge_as_in_the_reference() {
        for (property, value, expected) in [
            ("forwardPorts", json!([-1, 3000, "localhost:3000"]), json!(["localhost:-1", 3000])),
            ("forwardPorts", json!(["localhost:4294967296", "localhost:3x"]), json!([4_294_967_296_u64, 3])),
            (
                "forwardPorts",
                json!(["localhost:x", "localhost:", "db:1"]),
                json!(["localhost:x", "localhost:", "db:1"]),
            ),
            ("forwardPorts", json!(["alocalhost:3"]), json!([null])),
            ("remoteEnv", json!(["a"]), json!({"0": "a"})),
            ("containerEnv", json!("cd"), json!({"0": "c", "1": "d"})),
            ("customizations", json!([1, {"x": 2}]), json!({"0": [1], "1": [{"x": 2}]})),
            ("customizations", json!("x"), json!({"0": ["x"]})),
        ] {
            let properties = Map::from_iter([(property.to_owned(), value.clone())]);
            let found = merge(&[Entry { origin: Origin::Image, properties }]);
            let found = found.iter().find(|one| one.property == property).map(|one| &one.value);
            assert_eq!(found, Some(&expected), "{property}: {value}");
        }
    }

    /// The reference's own results for our inputs (its functions at 0.88.0).
    const VECTORS: &str = include_str!("../../integration/vectors/config/merge.json");

    #[test]
    fn properties_merge_as_in_the_reference() {
        let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
        for vector in vectors {
            let entry =
                |entry: &Value| Entry { origin: Origin::Image, properties: entry.as_object().expect("one").clone() };
            let entries: Vec<_> = vector["metadata"].as_array().expect("a list").iter().map(entry).collect();
            let property = vector["property"].as_str().expect("a name");
            let found = merge(&entries).into_iter().find(|one| one.property == property || one.name == property);
            let found = found.map_or(Value::Null, |one| one.value);
            // Decided: an empty merge has no `hostRequirements`; the reference prints -Infinity.
            let expected =
                if entries.is_empty() && property == "hostRequirements" { &Value::Null } else { &vector["merged"] };
            assert_eq!(&found, expected, "{vector}");
        }
    }

    #[test]
    fn what_is_collected_knows_whose_it_is() {
        let label = r#"[{"id": "f", "onCreateCommand": "one"}, {"remoteUser": "a"}, 7]"#;
        let mut entries = Entry::of_label(label).expect("a label");
        assert_eq!(
            entries.iter().map(|one| one.origin.clone()).collect::<Vec<_>>(),
            [Origin::Feature("f".into()), Origin::Image]
        );
        let own = json!({"image": "x", "onCreateCommand": "two", "remoteUser": "b"});
        entries.push(Entry::picked(own.as_object().expect("one"), Origin::File));
        let merged = merge(&entries);
        let from = |name: &str| merged.iter().find(|one| one.name == name).map(|one| one.from.clone());
        assert_eq!(from("onCreateCommands"), Some(vec![0, 2]));
        assert_eq!(from("remoteUser"), Some(vec![2]));
    }

    #[test]
    fn a_label_that_is_no_json_is_told() {
        assert!(Entry::of_label("{").is_err());
    }
}

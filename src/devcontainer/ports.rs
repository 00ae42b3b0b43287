//! The ports that a configuration names, and what it says of ports: `forwardPorts` and `portsAttributes`, merged. Pure.

use regex_lite::Regex;
use serde_json::Value;

use super::merge::{Entry, merge};

/// What is said of ports.
#[derive(Debug, Clone, Default)]
pub struct Ports {
    /// `forwardPorts`, those of other hosts left out.
    pub forwarded: Vec<u16>,
    attributes: Vec<(Whose, Value)>,
    other: Value,
}

/// Which ports something is said of: a name in `portsAttributes` (specification, "portsAttributes").
#[derive(Debug, Clone)]
enum Whose {
    /// Of this one.
    Port(u16),
    /// Of these.
    Range(u16, u16),
    /// Of what a process listens on whose command line has this in it.
    Command(Regex),
}

impl Whose {
    /// Reads a name; one that is no expression that can be matched is nobody's.
    fn read(name: &str) -> Option<Self> {
        if let Ok(port) = name.trim_start_matches("localhost:").parse() {
            return Some(Self::Port(port));
        }
        let range = name.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
        range.map(|(first, last)| Self::Range(first, last)).or_else(|| Regex::new(name).ok().map(Self::Command))
    }

    fn has(&self, port: u16, command: Option<&str>) -> bool {
        match self {
            Self::Port(one) => *one == port,
            Self::Range(first, last) => (*first..=*last).contains(&port),
            Self::Command(expression) => command.is_some_and(|command| expression.is_match(command)),
        }
    }
}

/// What is said of one port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortAttributes {
    /// What it is called.
    pub label: Option<String>,
    /// `http` or `https`.
    pub protocol: Option<String>,
    /// Whether it is left alone where something listens on it.
    pub is_ignored: bool,
}

impl Ports {
    /// Reads the entries of a metadata label.
    pub fn of(entries: &[Entry]) -> Self {
        let effective = merge(entries);
        let value = |name: &str| effective.iter().find(|one| one.name == name).map(|one| one.value.clone());
        let attributes = match value("portsAttributes") {
            Some(Value::Object(fields)) => {
                fields.into_iter().filter_map(|(name, value)| Some((Whose::read(&name)?, value))).collect()
            }
            _ => Vec::new(),
        };
        let ports = value("forwardPorts").unwrap_or_default();
        let forwarded = ports.as_array().into_iter().flatten().filter_map(port).collect();
        Self { forwarded, attributes, other: value("otherPortsAttributes").unwrap_or_default() }
    }

    /// Tells whether something is said of commands that listen, so that they have to be known.
    pub fn wants_commands(&self) -> bool {
        self.attributes.iter().any(|(whose, _)| matches!(whose, Whose::Command(_)))
    }

    /// Returns what is said of a port that `command` listens on. Each attribute is taken from what names the port alone, or else from the first that it is
    /// among; from `otherPortsAttributes` where nothing else says anything (as VS Code does).
    pub fn attributes(&self, port: u16, command: Option<&str>) -> PortAttributes {
        let alone = self.attributes.iter().filter(|(whose, _)| matches!(whose, Whose::Port(_)));
        let among = self.attributes.iter().filter(|(whose, _)| !matches!(whose, Whose::Port(_)));
        let said: Vec<&Value> =
            alone.chain(among).filter(|(whose, _)| whose.has(port, command)).map(|(_, value)| value).collect();
        let said = if said.is_empty() { vec![&self.other] } else { said };
        let text = |name: &str| said.iter().find_map(|value| value.get(name)?.as_str()).map(str::to_owned);
        PortAttributes {
            label: text("label").filter(|label| !label.is_empty()),
            protocol: text("protocol"),
            is_ignored: text("onAutoForward").as_deref() == Some("ignore"),
        }
    }
}

fn port(value: &Value) -> Option<u16> {
    let port = match value {
        Value::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        Value::String(text) => text.trim_start_matches("localhost:").parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    port.filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_has_the_nearest_attributes_and_other_hosts_are_none() {
        let label = r#"[{"forwardPorts": [3000, "db:5432"], "portsAttributes": {"3000": {"label": "old"}}},
            {"forwardPorts": [8080, "localhost:9000", 3000, 0], "otherPortsAttributes": {"onAutoForward": "ignore"},
             "portsAttributes": {"3000-3010": {"label": "range", "onAutoForward": "ignore"}, "3000": {"label": "web", "protocol": "https"},
                 "localhost:9000": {"label": "l"}, ".+\\/server.js": {"label": "node"}, "(": {"label": "none"}, "web": {"label": "second", "protocol": "http"}}}]"#;
        let ports = Ports::of(&Entry::of_label(label).expect("a label"));
        assert_eq!(ports.forwarded, [3000, 8080, 9000]);
        assert!(ports.wants_commands() && !Ports::of(&[]).wants_commands());
        for (port, command, label, protocol, is_ignored) in [
            (3000, None, Some("web"), Some("https"), true),
            (3005, None, Some("range"), None, true),
            (9000, None, Some("l"), None, false),
            (1, None, None, None, true),
            (1, Some("node /srv/server.js "), Some("node"), None, false),
            (1, Some("node server.js"), None, None, true),
            (1, Some("/web/server.js"), Some("node"), Some("http"), false),
            (3000, Some("/web/server.js"), Some("web"), Some("https"), true),
        ] {
            let found = ports.attributes(port, command);
            let found = (found.label.as_deref(), found.protocol.as_deref(), found.is_ignored);
            assert_eq!(found, (label, protocol, is_ignored), "{port} {command:?}");
        }
        assert_eq!(Ports::of(&[]).attributes(1, None), PortAttributes::default());
    }
}

//! The ports that a configuration names, and what it says of ports: `forwardPorts` and `portsAttributes`, merged. Pure.

use serde_json::Value;

use super::merge::{Entry, merge};

/// What is said of ports.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ports {
    /// `forwardPorts`, those of other hosts left out.
    pub forwarded: Vec<u16>,
    attributes: Vec<(String, Value)>,
    other: Value,
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
            Some(Value::Object(fields)) => fields.into_iter().collect(),
            _ => Vec::new(),
        };
        let ports = value("forwardPorts").unwrap_or_default();
        let forwarded = ports.as_array().into_iter().flatten().filter_map(port).collect();
        Self { forwarded, attributes, other: value("otherPortsAttributes").unwrap_or_default() }
    }

    /// Returns what is said of a port: what names it alone counts more than a range, and that more than the rest.
    pub fn attributes(&self, port: u16) -> PortAttributes {
        let is_it = |key: &str| key.trim_start_matches("localhost:").parse() == Ok(port);
        let has_it = |key: &str| {
            let range = key.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
            range.is_some_and(|(first, last): (u16, u16)| (first..=last).contains(&port))
        };
        let find = |fits: &dyn Fn(&str) -> bool| self.attributes.iter().find(|(key, _)| fits(key));
        let of_it = find(&is_it).or_else(|| find(&has_it)).map_or(&self.other, |(_, value)| value);
        let text = |name: &str| of_it.get(name).and_then(Value::as_str).map(str::to_owned);
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
             "portsAttributes": {"3000-3010": {"label": "range"}, "3000": {"label": "web", "protocol": "https"}, "localhost:9000": {"label": "l"}}}]"#;
        let ports = Ports::of(&Entry::of_label(label).expect("a label"));
        assert_eq!(ports.forwarded, [3000, 8080, 9000]);
        for (port, label, is_ignored) in
            [(3000, Some("web"), false), (3005, Some("range"), false), (9000, Some("l"), false), (1, None, true)]
        {
            let found = ports.attributes(port);
            assert_eq!((found.label.as_deref(), found.is_ignored), (label, is_ignored), "{port}");
        }
        assert_eq!(ports.attributes(3000).protocol.as_deref(), Some("https"));
        assert_eq!(Ports::of(&[]).attributes(1), PortAttributes::default());
    }
}

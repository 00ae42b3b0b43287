//! What the reference accepts in silence, and a person should know: unknown and double properties, and those that do not act here.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::document::{ConfigError, Document};
use super::known::{self, Fate};
use super::nearest::nearest;

/// Returns the warnings about a configuration, each with its place, in the order of the file. A property that is refused is an error, and
/// so is a NUL, which nothing that a codespace is made of can hold.
pub(super) fn remarks(document: &Document<'_>, object: &Object<'_>) -> Result<Vec<String>, ConfigError> {
    let mut remarks = Remarks { document, warnings: Vec::new() };
    remarks.object(object, &mut Vec::new())?;
    Ok(remarks.warnings)
}

struct Remarks<'a> {
    document: &'a Document<'a>,
    warnings: Vec<String>,
}

impl<'a> Remarks<'a> {
    /// Looks at an object; `path` are the names of the properties around it.
    fn object(&mut self, object: &'a Object<'a>, path: &mut Vec<&'a str>) -> Result<(), ConfigError> {
        for (at, property) in object.properties.iter().enumerate() {
            let name = property.name.as_str();
            if name.contains('\0') {
                return Err(self.nul(property.name.start()..property.name.end()));
            }
            path.push(name);
            if object.properties.iter().skip(at + 1).any(|later| later.name.as_str() == name) {
                let name = path.join(".");
                self.warn(property, &format!("`{name}` is set again below: the last one counts"));
            } else if path.len() == 1 {
                self.property(property)?;
            } else if let Some(why) = known::idle_inside(path).filter(|_| !is_empty(&property.value)) {
                let name = path.join(".");
                self.warn(property, &format!("`{name}`: {why}"));
            }
            self.value(&property.value, path)?;
            path.pop();
        }
        Ok(())
    }

    fn value(&mut self, value: &'a Value<'a>, path: &mut Vec<&'a str>) -> Result<(), ConfigError> {
        match value {
            Value::Object(object) => self.object(object, path),
            Value::Array(array) => array.elements.iter().try_for_each(|element| self.value(element, path)),
            Value::StringLit(text) if text.value.contains('\0') => Err(self.nul(text.range.start..text.range.end)),
            _ => Ok(()),
        }
    }

    /// Looks at a property of the configuration itself.
    fn property(&mut self, property: &ObjectProp<'_>) -> Result<(), ConfigError> {
        let name = property.name.as_str();
        match known::fate(name) {
            Some(Fate::Idle(why)) if !is_empty(&property.value) => self.warn(property, &format!("`{name}`: {why}")),
            Some(Fate::Refused(what)) if !is_empty(&property.value) => {
                let problem = format!("`{name}`: {what} is not supported by this version");
                let hint = Some("use an `image` that has what you need".to_owned());
                return Err(ConfigError {
                    hint,
                    ..self.document.error(property.range.start..property.range.end, problem)
                });
            }
            Some(Fate::Fine | Fate::Idle(_) | Fate::Refused(_)) => {}
            None => {
                let meant = nearest(name, known::names());
                let hint = meant.map_or(String::new(), |meant| format!(": did you mean `{meant}`?"));
                self.warn(property, &format!("`{name}` is no property of a dev container{hint}"));
            }
        }
        Ok(())
    }

    fn warn(&mut self, property: &ObjectProp<'_>, problem: &str) {
        self.warnings.push(self.document.warning(&(property.range.start..property.range.end), problem));
    }

    fn nul(&self, span: std::ops::Range<usize>) -> ConfigError {
        self.document.error(span, "this holds a NUL character, which no command, variable or name can")
    }
}

/// Tells whether a value says nothing: a property that has it is as good as absent.
fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::NullKeyword(_) => true,
        Value::Object(object) => object.properties.is_empty(),
        Value::Array(array) => array.elements.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::devcontainer::DevContainer;

    fn check(properties: &str, expected: &[&str]) {
        let text = format!("{{\"image\": \"x\",\n{properties}}}");
        let parsed = DevContainer::parse(&text, "f").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(parsed.warnings, expected, "{properties}");
    }

    fn check_error(properties: &str, expected: &str) {
        let text = format!("{{\"image\": \"x\",\n{properties}}}");
        let error = DevContainer::parse(&text, "f").expect_err(properties).to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_property_that_does_not_act_is_told_with_its_place() {
        for (properties, expected) in [
            (r#""appPort": 3000"#, "f:2:1: `appPort`: this version publishes no port"),
            (r#""forwardPorts": [3000]"#, "f:2:1: `forwardPorts`: this version forwards no port"),
            (r#""secrets": {"A": {}}"#, "f:2:1: `secrets`: Codespaces asks for these"),
            (r#""hostRequirements": {"cpus": 4}"#, "f:2:1: `hostRequirements`: this version does not hold"),
            (r#""entrypoint": "/x""#, "f:2:1: `entrypoint`: it acts in Features only"),
            (
                r#""customizations": {"codespaces": {"repositories": {"a/b": {"permissions": "read-all"}}}}"#,
                "f:2:35: `customizations.codespaces.repositories`: this version gives the container no GITHUB_TOKEN",
            ),
        ] {
            let text = format!("{{\"image\": \"x\",\n{properties}}}");
            let warnings = DevContainer::parse(&text, "f").expect(properties).warnings;
            assert!(warnings.len() == 1 && warnings[0].starts_with(expected), "{warnings:?}");
        }
    }

    #[test]
    fn what_matters_to_nobody_here_is_not_told() {
        for properties in [
            r#""customizations": {"vscode": {"extensions": ["a.b"], "settings": {"x": 1}}, "codespaces": {"openFiles": ["a"]}}"#,
            r#""portsAttributes": {"3000": {"label": "x"}}, "otherPortsAttributes": {"onAutoForward": "ignore"}"#,
            r#""updateRemoteUserUID": true, "shutdownAction": "none", "name": "x", "$schema": "y""#,
            r#""extensions": ["a.b"], "settings": {}"#,
            r#""features": {}, "forwardPorts": [], "appPort": null, "secrets": {}, "build": null"#,
        ] {
            check(properties, &[]);
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_told_wherever_it_is() {
        check(r#""init": true, "init": false"#, &["f:2:1: `init` is set again below: the last one counts"]);
        check(
            r#""onCreateCommand": {"a": "x", "b": "y", "a": "z"}"#,
            &["f:2:21: `onCreateCommand.a` is set again below: the last one counts"],
        );
        check(
            r#""remoteEnv": {"A": "1", "A": null}"#,
            &["f:2:15: `remoteEnv.A` is set again below: the last one counts"],
        );
        check(
            r#""mounts": [{"target": "/a", "target": "/b"}]"#,
            &["f:2:13: `mounts.target` is set again below: the last one counts"],
        );
    }

    #[test]
    fn a_misspelt_property_gets_the_right_name() {
        check(
            r#""onCreateComand": "x", "frobnicate": 1"#,
            &[
                "f:2:1: `onCreateComand` is no property of a dev container: did you mean `onCreateCommand`?",
                "f:2:24: `frobnicate` is no property of a dev container",
            ],
        );
    }

    #[test]
    fn what_no_codespace_can_be_made_of_is_an_error() {
        check_error(r#""features": {"a": {}}"#, "f:2:1: `features`: installing Features is not supported");
        check_error(r#""build": {"dockerfile": "x"}"#, "f:2:1: `build`: building an image");
        check_error(r#""onCreateCommand": "a\u0000b""#, "f:2:20: this holds a NUL");
        check_error(r#""containerEnv": {"A": "\u0000"}"#, "f:2:23: this holds a NUL");
        check_error(r#""runArgs": ["-e", "A=\u0000"]"#, "f:2:19: this holds a NUL");
        check_error(r#""remoteEnv": {"A\u0000": "x"}"#, "f:2:15: this holds a NUL");
    }
}

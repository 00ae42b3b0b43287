//! The lockfile beside a configuration: which content each Feature's id stands for.

use serde_json::{Map, Value, json};

use super::collate::collate;
use super::oci::is_digest;
use super::order::Feature;
use super::source::Source;
use crate::devcontainer::document::{ConfigError, Document};
use crate::devcontainer::jsonc::Member;

/// A lockfile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lockfile {
    /// Its text, in one form whatever it was written in.
    text: String,
    /// By id, each with what it pins.
    pins: Vec<(String, String)>,
}

/// Why a lockfile is not the one that the Features of today make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Thawed {
    /// There is none.
    #[error("there is no lockfile")]
    Missing,
    /// It is another one.
    #[error("the lockfile does not match: {}", .0.join(", "))]
    Different(Vec<String>),
}

impl Lockfile {
    /// Returns where the lockfile of a configuration is: beside it, and hidden where it is.
    pub fn path(config: &str) -> String {
        let (folder, name) = config.rsplit_once('/').map_or(("", config), |(folder, name)| (folder, name));
        let dot = if name.starts_with('.') { "." } else { "" };
        let slash = if folder.is_empty() { "" } else { "/" };
        format!("{folder}{slash}{dot}devcontainer-lock.json")
    }

    /// Reads a lockfile's text; a blank one is none.
    pub fn read(text: &str, file: &str) -> Result<Option<Self>, ConfigError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let document = Document { text, file };
        // Reference CLI: as JSON alone, without comments.
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            let at = text.len().min(line + error.column().saturating_sub(1));
            document.error(at..at, format!("the lockfile is no JSON: {error}"))
        })?;
        let (root, _) = document.object()?;
        let features = root.get("features").map(|features| features.node.last_of_each()).into_iter().flatten();
        let pin = |member: &Member| {
            let Some(integrity) = member.node.get("integrity").map(|member| &member.node) else { return Ok(None) };
            let digest = integrity.text().filter(|digest| is_digest(digest));
            let problem =
                || format!("the integrity of {} is expected to be sha256: and 64 hexadecimal digits", member.name);
            let digest = digest.ok_or_else(|| document.error(integrity.span.clone(), problem()))?;
            Ok(Some((member.name.clone(), digest.to_owned())))
        };
        let pins = features.filter_map(|member| pin(member).transpose()).collect::<Result<_, _>>()?;
        Ok(Some(Self { text: text_of(&value), pins }))
    }

    /// Returns the lockfile of Features: those of registries and tarballs that the command line did not add.
    pub fn of(features: &[Feature]) -> Self {
        let mut locked: Vec<(&Feature, &str)> = features
            .iter()
            .filter(|feature| !feature.is_additional)
            .filter_map(|feature| Some((feature, feature.source.digest()?)))
            .collect();
        locked.sort_by(|(one, _), (other, _)| collate(&one.written, &other.written));
        let entry = |(feature, digest): &(&Feature, &str)| (feature.written.clone(), entry(feature, digest));
        // Of one id with several sets of options, the last counts, as in JavaScript.
        let entries: Map<String, Value> = locked.iter().map(entry).collect();
        let pins = locked.iter().map(|(feature, digest)| (feature.written.clone(), (*digest).to_owned())).collect();
        Self { text: text_of(&json!({ "features": entries })), pins }
    }

    /// Returns the digest of what an id stands for; nothing where it is not locked.
    pub fn pin(&self, written: &str) -> Option<&str> {
        // Specification: ids are in lower case. Reference CLI: they are as they are written.
        let exact = self.pins.iter().find(|(id, _)| id == written);
        let pin = exact.or_else(|| self.pins.iter().find(|(id, _)| id.eq_ignore_ascii_case(written)));
        pin.map(|(_, digest)| digest.as_str())
    }

    /// Returns the text that is to be written, where there is `old` now; nothing where it is right, or would be the first and say nothing.
    pub fn to_write(&self, old: Option<&Self>) -> Option<&str> {
        // Reference CLI: writes one without Features too.
        let is_needed = old.map_or(!self.pins.is_empty(), |old| old.text != self.text);
        is_needed.then_some(self.text.as_str())
    }

    /// Holds a frozen lockfile against that of today. Without Features to lock it is not missed.
    pub fn frozen(&self, old: Option<&Self>) -> Result<(), Thawed> {
        match old {
            None if self.pins.is_empty() => Ok(()),
            None => Err(Thawed::Missing),
            Some(old) if old.text == self.text => Ok(()),
            Some(old) => Err(Thawed::Different(self.differences(old))),
        }
    }

    fn differences(&self, old: &Self) -> Vec<String> {
        let of_today = self.pins.iter().filter_map(|(id, digest)| match old.pin(id) {
            None => Some(format!("{id} is not in it")),
            Some(pin) if pin != digest => Some(format!("{id} is {pin} there and {digest} today")),
            Some(_) => None,
        });
        let gone = old.pins.iter().filter(|(id, _)| self.pin(id).is_none()).map(|(id, _)| format!("{id} is not used"));
        let all: Vec<String> = of_today.chain(gone).collect();
        if all.is_empty() { vec!["something in it is written otherwise".to_owned()] } else { all }
    }
}

fn entry(feature: &Feature, digest: &str) -> Value {
    let mut entry = Map::new();
    entry.extend(feature.metadata.version.as_ref().map(|version| ("version".to_owned(), version.as_str().into())));
    let resolved = match &feature.source {
        Source::Oci { reference, .. } => format!("{}/{}@{digest}", reference.registry, reference.path),
        Source::Tarball { feature, .. } => feature.url.clone(),
        Source::Local(local) => local.path.clone(),
    };
    entry.insert("resolved".to_owned(), resolved.into());
    entry.insert("integrity".to_owned(), digest.into());
    let depends_on: Vec<Value> = feature.metadata.depends_on.iter().map(|one| one.id.value.as_str().into()).collect();
    if !depends_on.is_empty() {
        entry.insert("dependsOn".to_owned(), depends_on.into());
    }
    entry.into()
}

/// Returns JSON as the reference writes it: two spaces, and a line break at the end.
fn text_of(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::devcontainer::feature::{FeatureId, Metadata, Options};

    const VECTOR: &str = include_str!("../../../integration/vectors/features/lock.json");
    const BASE: &str = "sha256:19d0d2e02e3b0288ca01115a50f1b6dc0cbdd2be447aca70e71dac8a74051381";
    const COLOR: &str = "sha256:34c189b532fab20b707f41756aec0417e7f5578fabf3c255cb0876263d0ff602";
    const TOOL: &str = "sha256:5965903e1452bb2f59e17f8d65390aacb4cf42bd9a1bd976b32c8825d835e23a";

    fn feature(written: &str, digest: &str, metadata: &Value) -> Feature {
        let named = FeatureId::read(written, ".devcontainer").expect(written);
        let digest = digest.to_owned();
        let source = match named.id {
            FeatureId::Oci(reference) => Source::Oci { reference, digest, manifest: Value::Null },
            FeatureId::Tarball(feature) => Source::Tarball { feature, digest },
            FeatureId::Local(local) => Source::Local(local),
        };
        let metadata = Metadata::read(&metadata.to_string(), "f", "x").expect("read");
        let options = Options::Named(Map::new());
        let (written, place) = (written.to_owned(), String::new());
        Feature { written, options, source, metadata, place, root: None, is_additional: false }
    }

    fn of_vector() -> Vec<Feature> {
        let depends = json!({ "localhost:5443/acme/features/base:1": { "version": "x" } });
        let base = json!({ "id": "base", "version": "1.2.3" });
        vec![
            feature("localhost:5443/acme/features/base:1", BASE, &base),
            feature("localhost:5443/acme/features/base:latest", BASE, &base),
            feature("localhost:5443/acme/features/color", COLOR, &json!({ "id": "colour", "version": "1.0.0" })),
            feature(
                "localhost:5443/acme/features/Tool:2",
                TOOL,
                &json!({ "id": "tool", "version": "2.0.0", "dependsOn": depends }),
            ),
        ]
    }

    fn read(text: &str) -> Lockfile {
        Lockfile::read(text, "lock.json").expect("read").expect("some")
    }

    #[test]
    fn the_text_is_the_references() {
        let made = Lockfile::of(&of_vector());
        assert_eq!(made.to_write(None), Some(VECTOR));
        assert_eq!(made.to_write(Some(&read(VECTOR))), None);
        let squeezed = serde_json::from_str::<Value>(VECTOR).expect("JSON").to_string();
        assert_eq!(made.to_write(Some(&read(&squeezed))), None);
        assert_eq!(made.frozen(Some(&read(&squeezed))), Ok(()));
    }

    #[test]
    fn only_what_is_fetched_for_the_configuration_is_locked() {
        let tarball = "https://localhost:5444/devcontainer-feature-tool.tgz";
        let mut features = vec![
            feature(tarball, TOOL, &json!({ "id": "tool" })),
            feature("./local", "", &json!({ "id": "local" })),
            feature("ghcr.io/a/b/added", BASE, &json!({ "id": "added" })),
            feature("ghcr.io/a/b/twice", BASE, &json!({ "id": "twice", "version": "1" })),
            feature("ghcr.io/a/b/twice", COLOR, &json!({ "id": "twice", "version": "2" })),
        ];
        features[2].is_additional = true;
        let made = Lockfile::of(&features);
        let text: Value = serde_json::from_str(made.to_write(None).expect("needed")).expect("JSON");
        let expected = json!({ "features": {
            "ghcr.io/a/b/twice": { "version": "2", "resolved": format!("ghcr.io/a/b/twice@{COLOR}"), "integrity": COLOR },
            tarball: { "resolved": tarball, "integrity": TOOL },
        } });
        assert_eq!(text, expected);
    }

    #[test]
    fn a_pin_is_found_by_its_id_whatever_its_case() {
        let lock = read(VECTOR);
        assert_eq!(lock.pin("localhost:5443/acme/features/Tool:2"), Some(TOOL));
        assert_eq!(lock.pin("localhost:5443/acme/features/tool:2"), Some(TOOL));
        assert_eq!(lock.pin("localhost:5443/acme/features/tool:3"), None);
    }

    #[test]
    fn a_frozen_lockfile_has_to_be_that_of_today() {
        let (made, none) = (Lockfile::of(&of_vector()), Lockfile::of(&[feature("./local", "", &json!({}))]));
        assert_eq!(made.frozen(None), Err(Thawed::Missing));
        assert_eq!((none.frozen(None), none.to_write(None)), (Ok(()), None));
        let older = VECTOR.replace(TOOL, BASE).replace("features/color\"", "features/gone\"");
        let error = made.frozen(Some(&read(&older))).expect_err("another").to_string();
        for expected in [
            format!("localhost:5443/acme/features/Tool:2 is {BASE} there and {TOOL} today"),
            "localhost:5443/acme/features/color is not in it".to_owned(),
            "localhost:5443/acme/features/gone is not used".to_owned(),
        ] {
            assert!(error.contains(&expected), "{error}");
        }
        let error = made.frozen(Some(&read(&VECTOR.replace("1.2.3", "1.2.4")))).expect_err("another").to_string();
        assert!(error.ends_with("something in it is written otherwise"), "{error}");
        assert_eq!(none.to_write(Some(&read(VECTOR))), Some("{\n  \"features\": {}\n}\n"));
    }

    #[test]
    fn it_lies_beside_the_configuration() {
        for (config, expected) in [
            (".devcontainer/devcontainer.json", ".devcontainer/devcontainer-lock.json"),
            (".devcontainer.json", ".devcontainer-lock.json"),
            (".devcontainer/a/devcontainer.json", ".devcontainer/a/devcontainer-lock.json"),
            ("other.json", "devcontainer-lock.json"),
        ] {
            assert_eq!(Lockfile::path(config), expected);
        }
    }

    #[test]
    fn what_is_no_lockfile_is_an_error_with_its_place() {
        assert_eq!(Lockfile::read(" \n", "f"), Ok(None));
        for (text, expected) in [
            ("[]", "f:1:1: expected an object"),
            ("nope\n", "f:1:2: the lockfile is no JSON"),
            ("{\n  // x\n}", "f:2:3: the lockfile is no JSON"),
            ("{\"features\": {\"a\":\n{\"integrity\": \"md5:1\"}}}", "f:2:15: the integrity of a is expected"),
            ("{\"features\": {\"a\":\n{\"integrity\": 1}}}", "f:2:15: the integrity of a is expected"),
        ] {
            let error = Lockfile::read(text, "f").expect_err(text).to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        assert!(read("{}").pins.is_empty() && read("{\"features\": {\"a\": 1}}").pins.is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\{|\\}|\\[|\\]|:|,|\"(features|integrity|a)\"|1|\n|é){0,16}") {
            let _either = Lockfile::read(&text, "f");
        }
    }
}

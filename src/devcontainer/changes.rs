//! Which properties of a configuration have changed since a container was made from it: they take effect when it is made anew
//! (devcontainer-semantics.md section 1.3, "Existing container").

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::configuration::Configuration;
use super::schema::property;

/// What does not act when a container is made or in its lifecycle commands, but for what decides how long they are waited for.
const WITHOUT_EFFECT: [&str; 3] = ["-", "editor", "initializeCommand"];

/// Returns what a configuration is told from a later one by: a digest of each property that acts, as JSON. It holds none of their values.
pub fn fingerprint(config: &Configuration) -> String {
    serde_json::to_string(&digests(config)).unwrap_or_default()
}

/// Returns the properties in which a configuration differs from the one with this fingerprint; none where that is not known.
pub fn changed(before: &str, now: &Configuration) -> Vec<String> {
    let Ok(before) = serde_json::from_str::<BTreeMap<String, String>>(before) else { return Vec::new() };
    let now = digests(now);
    let mut names: Vec<String> = before.keys().chain(now.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| before.get(name) != now.get(name));
    names
}

fn digests(config: &Configuration) -> BTreeMap<String, String> {
    let acts = |name: &str| {
        name == "waitFor" || property(name).is_some_and(|property| !WITHOUT_EFFECT.contains(&property.acts))
    };
    let fields = config.to_json().into_iter().filter(|(name, _)| acts(name));
    fields.map(|(name, value)| (name, digest(&value))).collect()
}

/// Eight digits tell a change for sure enough.
fn digest(value: &Value) -> String {
    Sha256::digest(value.to_string()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, now: &str, expected: &[&str]) {
        let read = |text: &str| Configuration::read(text, "d.json").expect(text);
        assert_eq!(changed(&fingerprint(&read(before)), &read(now)), expected, "{before} {now}");
    }

    #[test]
    fn what_takes_effect_with_another_container_is_named() {
        let before =
            r#"{"image": "x", "onCreateCommand": "a", "remoteEnv": {"A": "1"}, "name": "n", "forwardPorts": [1]}"#;
        check(before, before, &[]);
        check(before, &before.replace(": ", " :  "), &[]);
        check(
            before,
            r#"{"image": "y", "onCreateCommand": ["a"], "remoteEnv": {"A": "1"}, "waitFor": "onCreateCommand"}"#,
            &["image", "onCreateCommand", "waitFor"],
        );
        // What an editor does, and what is read at each start.
        let now = before
            .replace("\"n\"", "\"m\"")
            .replace("[1]", "[2]")
            .replace("{\"image", "{\"initializeCommand\": \"i\", \"image");
        check(before, &now, &[]);
        check("{}", r#"{"runArgs": ["--init"], "nonsense": 1}"#, &["runArgs"]);
        check(r#"{"mounts": []}"#, "{}", &["mounts"]);
    }

    #[test]
    fn without_a_fingerprint_nothing_has_changed() {
        let now = Configuration::read(r#"{"image": "x"}"#, "d.json").expect("read");
        for before in ["", "[]", "x", r#"{"image": 1}"#] {
            assert_eq!(changed(before, &now), [] as [String; 0], "{before}");
        }
    }
}

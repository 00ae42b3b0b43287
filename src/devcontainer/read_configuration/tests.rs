//! The reference's own output for our inputs (@devcontainers/cli 0.88.0).

use super::*;

const VECTORS: &str = include_str!("../../../integration/vectors/config/read-configuration.json");

#[test]
fn documents_are_the_references() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
    assert!(vectors.len() > 40, "{}", vectors.len());
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().map(str::to_owned);
        let case = text("case").expect("a name");
        let config = Configuration::read(&text("text").expect("a text"), "devcontainer.json");
        let config = config.unwrap_or_else(|error| panic!("{case}: {error}"));
        let found = Found {
            folder: text("folder").expect("a folder"),
            top: text("top").expect("a folder"),
            file: text("file"),
            by: if vector["named"] == true { FoundBy::Name } else { FoundBy::Search },
            gitdir: None,
        };
        let local_env = serde_json::from_value(vector["env"].clone()).expect("variables");
        let effect = effect(&config, &found, Variables { local_env, ..Variables::default() });
        let label = text("label").map(|label| Entry::of_label(&label).unwrap_or_default()).unwrap_or_default();
        let entries = effect.entries(&label, Own::Whole);
        let mut document = effect.document(None, (vector["merged"] == true).then_some(&entries));
        let mut expected = vector["expected"].clone();
        // Decided differences, each in the table of CONFIGURATION.md.
        let empty = json!({ "cpus": null, "memory": "-Infinity", "storage": "-Infinity" });
        for configuration in [&mut expected, &mut document] {
            for one in ["configuration", "mergedConfiguration"] {
                let Some(fields) = configuration[one].as_object_mut() else { continue };
                if fields.get("hostRequirements") == Some(&empty) {
                    fields.remove("hostRequirements");
                }
                if let Some(values) = fields.get_mut("x").and_then(Value::as_object_mut) {
                    values.remove("colon-default");
                    values.remove("nested");
                }
            }
        }
        assert_eq!(document, expected, "{case}");
    }
}

#[test]
fn without_a_file_it_is_the_default_image() {
    let found = Found { folder: "/src/app".to_owned(), top: "/src/app".to_owned(), ..Found::default() };
    let effect = effect(&Configuration::none(), &found, Variables::default());
    let expected = json!({
        "configuration": { "image": DEFAULT_IMAGE },
        "workspace": { "workspaceFolder": "/workspaces/app", "workspaceMount": "type=bind,source=/src/app,target=/workspaces/app" },
    });
    assert_eq!(effect.document(None, None), expected);
}

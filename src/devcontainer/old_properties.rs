//! Properties of older files that the reference moves to where they stand today.

use serde_json::{Map, Value};

/// Moves `extensions`, `settings` and `devPort` into `customizations.vscode`. What is there already wins; a `devPort` that lost stays.
pub(super) fn moved(mut configuration: Map<String, Value>) -> Map<String, Value> {
    if !["extensions", "settings", "devPort"].iter().any(|name| configuration.contains_key(*name)) {
        return configuration;
    }
    let old = ["extensions", "settings", "devPort"].map(|name| configuration.shift_remove(name));
    let customizations = configuration.entry("customizations").or_insert_with(|| Map::new().into());
    let Some(customizations) = customizations.as_object_mut() else { return configuration };
    let vscode = customizations.entry("vscode").or_insert_with(|| Map::new().into());
    let Some(vscode) = vscode.as_object_mut() else { return configuration };
    let [extensions, settings, dev_port] = old;
    if let Some(Value::Array(extensions)) = extensions {
        let own = vscode.entry("extensions").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(own) = own.as_array_mut() {
            own.extend(extensions);
        }
    }
    if let Some(Value::Object(mut settings)) = settings {
        let own = vscode.shift_remove("settings");
        settings.extend(own.as_ref().and_then(Value::as_object).cloned().into_iter().flatten());
        vscode.insert("settings".to_owned(), settings.into());
    }
    if let Some(dev_port) = dev_port {
        if vscode.contains_key("devPort") {
            configuration.insert("devPort".to_owned(), dev_port);
        } else {
            vscode.insert("devPort".to_owned(), dev_port);
        }
    }
    configuration
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn old_properties_move_and_lose_against_new_ones() {
        for (old, new) in [
            (json!({"image": "x"}), json!({"image": "x"})),
            (
                json!({"extensions": ["a.b"], "settings": {"s": 1, "t": 2}, "devPort": 1,
                    "customizations": {"vscode": {"extensions": ["c.d"], "settings": {"t": 3}}}}),
                json!({"customizations": {"vscode": {"extensions": ["c.d", "a.b"], "settings": {"s": 1, "t": 3}, "devPort": 1}}}),
            ),
            (
                json!({"devPort": 1, "customizations": {"vscode": {"devPort": 2}}}),
                json!({"devPort": 1, "customizations": {"vscode": {"devPort": 2}}}),
            ),
        ] {
            let fields = old.as_object().expect("an object").clone();
            assert_eq!(Value::Object(moved(fields)), new);
        }
    }
}

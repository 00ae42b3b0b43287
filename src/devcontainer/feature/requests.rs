//! The Features that a configuration asks for.

use super::metadata::{Requested, requested};
use super::options::Options;
use crate::devcontainer::document::{ConfigError, Document, Spanned};
use crate::devcontainer::jsonc::{Content, Node};
use crate::devcontainer::{Configuration, Variables};

impl Configuration {
    /// Returns the Features that it asks for, in its order, variables in their options replaced.
    pub fn features(&self, variables: &Variables) -> Result<Vec<Requested>, ConfigError> {
        let Some(features) = self.root.get("features").filter(|features| features.node.content != Content::Null) else {
            return Ok(Vec::new());
        };
        if !matches!(features.node.content, Content::Object(_)) {
            return Err(self.error(features.node.span.clone(), "`features` is expected to be an object", None));
        }
        let mut all = requested(&self.document(), "features", &features.node)?;
        for one in &mut all {
            one.options = one.options.substituted(variables);
        }
        Ok(all)
    }

    /// Returns `overrideFeatureInstallOrder`, the first to be installed first.
    pub fn feature_order(&self) -> Vec<Spanned<String>> {
        let Some(Content::List(items)) = self.root.get("overrideFeatureInstallOrder").map(|order| &order.node.content)
        else {
            return Vec::new();
        };
        let item = |item: &Node| Some(Spanned { value: item.text()?.to_owned(), span: item.span.clone() });
        items.iter().filter_map(item).collect()
    }
}

impl Options {
    fn substituted(&self, variables: &Variables) -> Self {
        match self {
            Self::Flag(value) => Self::Flag(*value),
            Self::Text(text) => Self::Text(variables.apply(text)),
            Self::Named(fields) => Self::Named(variables.apply_to_fields(fields)),
        }
    }
}

/// Reads the Features that a command line adds: a JSON object as in `features`. An error is what is wrong with it, in words.
pub fn additional(text: &str) -> Result<Vec<Requested>, String> {
    let document = Document { text, file: "" };
    let (root, _) = document.object().map_err(|error| error.problem)?;
    requested(&document, "additional-features", &root).map_err(|error| error.problem)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn features_are_read_in_order_with_variables_in_their_options() {
        let text =
            r#"{"image": "x", "features": {"./b": {"v": "${localEnv:V:1}"}, "./a": "${localEnv:V:2}", "./b": true}}"#;
        let config = Configuration::read(text, ".devcontainer/devcontainer.json").expect("read");
        let features = config.features(&Variables::default()).expect("features");
        let features: Vec<_> = features.iter().map(|one| (one.id.value.as_str(), one.options.to_json())).collect();
        assert_eq!(features, [("./a", json!("2")), ("./b", json!(true))]);
    }

    #[test]
    fn what_is_no_feature_is_an_error_with_its_place() {
        for (text, expected) in [
            (r#"{"features": 1}"#, "f:1:14: `features` is expected to be an object"),
            (r#"{"features": {"./a": null}}"#, "f:1:22: `features../a` is expected to be an object of options"),
            (r#"{"features": {"./a": [1]}}"#, "f:1:22: "),
        ] {
            let config = Configuration::read(text, "f").expect("read");
            let error = config.features(&Variables::default()).expect_err(text).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(additional("[]").is_err() && additional("{\"./a\": 1}").is_err());
        assert_eq!(additional("{\"./a\": {}}").map(|all| all.len()), Ok(1));
    }
}

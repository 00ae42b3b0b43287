//! The Features of a configuration as the reference's `read-configuration` prints them, and what they add to its metadata.

use serde_json::{Map, Value, json};

use super::id::without_version;
use super::oci::{OciReference, Version};
use super::order::Feature;
use super::source::Source;
use crate::devcontainer::merge::{Entry, Origin};

/// The form of Features that the reference calls 2: those with an install.sh of their own.
const INTERNAL_VERSION: &str = "2";

/// Returns `featuresConfiguration`; nothing where there are no Features. `top` is the folder on this machine that the repository's files are in, `cache` the one that Features are
/// unpacked in.
pub fn features_configuration(features: &[Feature], top: &str, cache: &str) -> Option<Value> {
    if features.is_empty() {
        return None;
    }
    let sets: Vec<Value> = features.iter().enumerate().map(|(at, feature)| feature.set(at, top, cache)).collect();
    Some(json!({ "featureSets": sets, "dstFolder": cache }))
}

impl Feature {
    /// Returns what it adds to the metadata of an image that it is installed in, raw.
    pub fn entry(&self) -> Entry {
        let origin = Origin::Installed { id: self.written.clone(), place: self.place.clone() };
        Entry { origin, properties: self.metadata.picked(&self.written) }
    }

    fn set(&self, at: usize, top: &str, cache: &str) -> Value {
        let mut set = json!({
            "sourceInformation": self.source_information(top),
            "features": [self.fields(at, cache)],
            "internalVersion": INTERNAL_VERSION,
        });
        if let Some(digest) = self.source.digest() {
            set["computedDigest"] = digest.into();
        }
        set
    }

    fn source_information(&self, top: &str) -> Value {
        let id = &self.written;
        match &self.source {
            Source::Local(local) => json!({
                "type": "file-path",
                "resolvedFilePath": format!("{}/{}", top.trim_end_matches('/'), local.path),
                "userFeatureId": id,
            }),
            Source::Tarball { feature, .. } => {
                json!({ "type": "direct-tarball", "tarballUri": feature.url, "userFeatureId": id })
            }
            Source::Oci { reference, digest, manifest } => json!({
                "type": "oci",
                "manifest": manifest,
                "manifestDigest": digest,
                "featureRef": feature_ref(reference),
                "userFeatureId": id,
                "userFeatureIdWithoutVersion": without_version(id),
            }),
        }
    }

    /// Returns its own file, with what it is asked for.
    fn fields(&self, at: usize, cache: &str) -> Map<String, Value> {
        let mut fields = self.metadata.to_json().clone();
        fields.entry("id").or_insert_with(|| self.metadata.id.as_str().into());
        let is_oci = matches!(self.source, Source::Oci { .. });
        if !is_oci {
            fields.entry("name").or_insert_with(|| self.written.as_str().into());
        }
        let folder = self.consecutive_id(at);
        let more = [
            ("value", self.options.to_json()),
            ("included", true.into()),
            ("cachePath", format!("{cache}/{folder}").into()),
            ("consecutiveId", folder.into()),
        ];
        fields.extend(more.map(|(name, value)| (name.to_owned(), value)));
        fields
    }
}

fn feature_ref(reference: &OciReference) -> Value {
    let host = reference.registry.split(':').next().unwrap_or_default();
    let mut fields = json!({
        "scheme": if host == "localhost" { "http" } else { "https" },
        "id": reference.id(),
        "owner": reference.owner(),
        "namespace": reference.namespace(),
        "registry": reference.registry,
        "resource": reference.resource,
        "path": reference.path,
        "version": reference.version.as_str(),
    });
    let kind = match reference.version {
        Version::Tag(_) => "tag",
        Version::Digest(_) => "digest",
    };
    fields[kind] = reference.version.as_str().into();
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::feature::{FeatureId, Known, Metadata, Worklist, additional};
    use crate::devcontainer::finding::Rule;
    use crate::devcontainer::{Configuration, Found, FoundBy, Own, Variables, effect};

    /// The reference's own output for our inputs (@devcontainers/cli 0.88.0).
    const VECTORS: &str = include_str!("../../../integration/vectors/features/read-configuration.json");

    /// Returns what a vector's world knows of a Feature.
    fn known(vector: &Value, id: &FeatureId, written: &str) -> Option<Known> {
        let fetched = &vector["fetched"][written];
        let digest = || fetched["digest"].as_str().map(str::to_owned);
        let (source, text) = match id {
            FeatureId::Local(local) => (Source::Local(local.clone()), &vector["local"][local.folder()]),
            FeatureId::Tarball(feature) => {
                (Source::Tarball { feature: feature.clone(), digest: digest()? }, &fetched["text"])
            }
            FeatureId::Oci(reference) => {
                let manifest = fetched["manifest"].clone();
                (Source::Oci { reference: reference.clone(), digest: digest()?, manifest }, &fetched["text"])
            }
        };
        let metadata = Metadata::read(text.as_str()?, written, id.base_name()).expect("metadata");
        Some(Known { source, metadata })
    }

    fn features(vector: &Value, config: &Configuration, variables: &Variables) -> Vec<Feature> {
        let more = additional(vector["additional"].as_str().unwrap_or("{}")).expect("more");
        let mut worklist = Worklist::new(config, variables, more);
        loop {
            let wanted = worklist.wanted();
            if wanted.is_empty() {
                return worklist.ordered().features.expect("ordered");
            }
            for one in wanted {
                match known(vector, &one.id, &one.written) {
                    Some(known) => worklist.know(one.id, known),
                    None => worklist.give_up(&one, Rule::FeatureMissing, "it is not there", None),
                }
            }
        }
    }

    /// Takes out what only a newer reference (0.89.0) says.
    fn without_schemes(document: &mut Value) {
        let sets = document.pointer_mut("/featuresConfiguration/featureSets").and_then(Value::as_array_mut);
        for set in sets.into_iter().flatten() {
            let reference = set.pointer_mut("/sourceInformation/featureRef").and_then(Value::as_object_mut);
            if let Some(reference) = reference {
                let scheme = if reference["registry"] == "localhost:5443" { "http" } else { "https" };
                assert_eq!(reference.remove("scheme"), Some(scheme.into()));
            }
        }
    }

    #[test]
    fn documents_are_the_references() {
        let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
        assert_eq!(vectors.len(), 11);
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
            let case = text("case");
            let config = Configuration::read(&text("text"), &text("file")).expect(&case);
            let found = Found {
                folder: text("folder"),
                top: text("folder"),
                file: Some(format!("{}/{}", text("folder"), text("file"))),
                by: if vector["named"] == true { FoundBy::Name } else { FoundBy::Search },
                gitdir: None,
            };
            let effect = effect(&config, &found, Variables::default());
            let features = features(&vector, &config, &effect.variables);
            let mut entries = Entry::of_label(&text("label")).unwrap_or_default();
            entries.extend(features.iter().map(Feature::entry));
            let entries = effect.entries(&entries, Own::Whole);
            let shown = (vector["features"] == true || vector["merged"] == true)
                .then(|| features_configuration(&features, &found.folder, "/cache"))
                .flatten();
            let mut document = effect.document(shown, (vector["merged"] == true).then_some(&entries));
            without_schemes(&mut document);
            let mut expected = vector["expected"].clone();
            // Decided: an empty merge has none; the reference prints -Infinity.
            let merged = expected.get_mut("mergedConfiguration").and_then(Value::as_object_mut);
            if let Some(merged) =
                merged.filter(|merged| merged.get("hostRequirements").is_some_and(|one| one["cpus"].is_null()))
            {
                merged.remove("hostRequirements");
            }
            assert_eq!(document, expected, "{case}");
        }
    }
}

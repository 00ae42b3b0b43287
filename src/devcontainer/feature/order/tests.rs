//! The reference's own order for our inputs (its functions at 0.88.0), and what is ours.

use serde_json::{Map, Value, json};

use super::*;
use crate::devcontainer::feature::{LocalFeature, OciReference, TarballFeature, Version};

const VECTORS: &str = include_str!("../../../../integration/vectors/features/ordering.json");

const FILE: &str = ".devcontainer/devcontainer.json";

/// What a world of Features holds: folders, and registries by resource.
struct World<'a> {
    local: Option<&'a Map<String, Value>>,
    oci: Option<&'a Map<String, Value>>,
}

impl World<'_> {
    fn find(&self, id: &FeatureId) -> Option<Known> {
        match id {
            FeatureId::Local(LocalFeature { path }) => {
                let name = format!("./{}", id_folder(path));
                let text = self.local?.get(&name)?.to_string();
                let file = format!("{}/devcontainer-feature.json", path.trim_end_matches('/'));
                let metadata = Metadata::read(&text, &file, id.base_name()).expect("metadata");
                Some(Known { source: Source::Local(LocalFeature { path: path.clone() }), metadata })
            }
            FeatureId::Oci(reference) => {
                let OciReference { resource, version, .. } = reference;
                let repository = self.oci?.get(resource)?;
                let digest = match version {
                    Version::Tag(tag) => repository["tags"][tag].as_str()?.to_owned(),
                    Version::Digest(digest) => digest.clone(),
                };
                let text = repository["manifests"].get(&digest)?.to_string();
                let metadata = Metadata::read(&text, &reference.to_string(), id.base_name()).expect("metadata");
                Some(Known {
                    source: Source::Oci { reference: reference.clone(), digest, manifest: Value::Null },
                    metadata,
                })
            }
            FeatureId::Tarball(feature) => {
                let TarballFeature { url, .. } = feature;
                let text = json!({ "id": id.base_name() }).to_string();
                let metadata = Metadata::read(&text, url, id.base_name()).expect("metadata");
                Some(Known {
                    source: Source::Tarball { feature: feature.clone(), digest: "sha256:0".to_owned() },
                    metadata,
                })
            }
        }
    }
}

fn id_folder(path: &str) -> &str {
    path.trim_start_matches(".devcontainer/").trim_end_matches('/')
}

fn order(config: &Configuration, world: &World<'_>, additional: Vec<Requested>) -> Ordered {
    let mut worklist = Worklist::new(config, &Variables::default(), additional);
    loop {
        let wanted = worklist.wanted();
        if wanted.is_empty() {
            return worklist.ordered();
        }
        for one in wanted {
            match world.find(&one.id) {
                Some(known) => worklist.know(one.id, known),
                None => worklist.give_up(&one, Rule::FeatureMissing, "it is not there", None),
            }
        }
    }
}

fn config_of(vector: &Value) -> Configuration {
    let mut config = json!({ "image": "x", "features": vector["features"] });
    if let Some(order) = vector.get("overrideFeatureInstallOrder") {
        config["overrideFeatureInstallOrder"] = order.clone();
    }
    Configuration::read(&config.to_string(), FILE).expect("read")
}

fn shown(features: &[Feature]) -> Value {
    features.iter().map(|one| Value::from(vec![one.written.as_str().into(), one.options.to_json()])).collect()
}

/// What is decided otherwise than the reference does, each in the table of CONFIGURATION.md.
fn decided(name: &str) -> Option<Value> {
    let id = |id: &str| json!([id, {}]);
    match name {
        "installsAfter with a legacy bare id"
        | "override: a bare id is an error"
        | "override: outside .devcontainer is an error" => Some(json!([id("./a")])),
        "oci: an unknown id in installsAfter is an error, though it is not needed" => {
            Some(json!([id("ghcr.io/acme/features/tool")]))
        }
        "legacyIds: override by the old id does not move the new one" => {
            Some(json!([id("ghcr.io/acme/features/new-color"), id("ghcr.io/acme/features/aaa")]))
        }
        // A script sees `true` and `2`, which the reference takes for the same.
        "option objects: fewer keys first, then key names, then values" => {
            let t = |options: Value| json!(["./t", options]);
            let first =
                [json!({}), json!({ "a": "10" }), json!({ "a": "2" }), json!({ "a": false }), json!({ "a": true })];
            let first = first.into_iter().chain([json!({ "b": "1" }), json!({ "a": "1", "b": "1" })]).map(t);
            Some(first.chain((1..=7).map(|at| id(&format!("./r{at}")))).collect())
        }
        _ => None,
    }
}

#[test]
fn features_are_ordered_as_in_the_reference() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
    assert_eq!(vectors.len(), 59);
    for vector in vectors {
        let name = vector["name"].as_str().expect("a name");
        let world = World { local: vector["local"].as_object(), oci: vector["oci"].as_object() };
        let ordered = order(&config_of(&vector), &world, Vec::new());
        let expected = decided(name).unwrap_or_else(|| vector["expected"].clone());
        match (expected["error"].as_str(), ordered.features) {
            (None, Ok(features)) => assert_eq!(shown(&features), expected, "{name}"),
            (Some("circular"), Err(error)) => assert!(error.problem.contains("wait for each other"), "{name}: {error}"),
            (Some(_), Err(error)) => assert!(error.problem.contains("it is not there"), "{name}: {error}"),
            (_, features) => panic!("{name}: {features:?}"),
        }
    }
}

fn local(config: &str, features: &Value, additional: &str) -> Ordered {
    let config = Configuration::read(config, FILE).expect("read");
    let additional = crate::devcontainer::feature::additional(additional).expect("read");
    order(&config, &World { local: features.as_object(), oci: None }, additional)
}

fn lines(ordered: &Ordered) -> Vec<String> {
    ordered.findings.iter().map(|one| format!("{} {:?}: {}", one.rule.name(), one.span, one.problem)).collect()
}

#[test]
fn a_cycle_is_named_member_by_member() {
    let features = json!({ "./a": { "id": "a", "dependsOn": { "./b": {} } }, "./b": { "id": "b", "installsAfter": ["./a"] }, "./c": { "id": "c" } });
    let ordered = local(r#"{"features": {"./c": {}, "./a": {}}}"#, &features, "{}");
    let error = ordered.features.expect_err("a cycle").to_string();
    let expected = ".devcontainer/devcontainer.json:1:26: Features wait for each other: `./a` depends on `./b` \
        (.devcontainer/a/devcontainer-feature.json:1:24), which installs after `./a` (.devcontainer/b/devcontainer-feature.json:1:28)";
    assert_eq!(error, expected);
    let alone = json!({ "./a": { "id": "a", "dependsOn": { "./a": {} } } });
    let error = local(r#"{"features": {"./a": {}}}"#, &alone, "{}").features.expect_err("a cycle").problem;
    assert!(error.starts_with("Features wait for each other: `./a` depends on `./a` ("), "{error}");
}

#[test]
fn every_fault_is_found_and_the_first_is_the_error() {
    let features = json!({ "./a": { "id": "a", "dependsOn": { "../../x": {}, "./gone": {} } } });
    let config = r#"{"features": {"x": {}, "./a": {}, "/etc": {}}, "overrideFeatureInstallOrder": ["./a"]}"#;
    let ordered = local(config, &features, "{}");
    let found = lines(&ordered);
    for expected in [
        "feature-id 14..17: Feature `x`: it names no Feature",
        "feature-id 23..28: .devcontainer/a/devcontainer-feature.json:1:24: Feature `../../x`: it leads out of the repository",
        "feature-missing 23..28: .devcontainer/a/devcontainer-feature.json:1:37: Feature `./gone`: it is not there",
        "feature-id 34..40: Feature `/etc`: it is an absolute path",
    ] {
        assert!(found.iter().any(|line| line == expected), "{expected}: {found:#?}");
    }
    let error = ordered.features.expect_err("faults");
    assert_eq!(error.to_string(), format!("{FILE}:1:15: Feature `x`: it names no Feature"));
    assert!(error.hint.is_some_and(|hint| hint.contains("./x")));
}

#[test]
fn a_fault_in_a_feature_is_shown_where_it_is() {
    let features = json!({ "./a": { "id": "a", "dependsOn": { "./gone": {} } } });
    let error = local(r#"{"features": {"./a": {}}}"#, &features, "{}").features.expect_err("gone");
    assert_eq!(error.to_string(), ".devcontainer/a/devcontainer-feature.json:1:24: Feature `./gone`: it is not there");
    assert!(error.excerpt().is_some_and(|excerpt| excerpt.contains("dependsOn")));
}

#[test]
fn the_command_line_adds_features_and_changes_none() {
    let features = json!({ "./one": { "id": "one" }, "./two": { "id": "two" } });
    let ordered = local(r#"{"features": {"./one": {"v": "a"}}}"#, &features, r#"{"./two": {}, "./one": {"v": "b"}}"#);
    let features = ordered.features.expect("ordered");
    assert_eq!(shown(&features), json!([["./one", { "v": "a" }], ["./two", {}]]));
    assert_eq!(features.iter().map(|one| one.is_additional).collect::<Vec<_>>(), [false, true]);
    assert_eq!(features[1].place, "the command line");
    let error = local("{}", &json!({}), r#"{"x": {}}"#).features.expect_err("no Feature").to_string();
    assert_eq!(error, "Feature `x`: it names no Feature");
}

#[test]
fn a_place_in_the_order_that_is_nobodys_is_told() {
    let features = json!({ "./a": { "id": "a" } });
    let config = r#"{"features": {"./a": {}}, "overrideFeatureInstallOrder": ["./b", "b", "./a"]}"#;
    let ordered = local(config, &features, "{}");
    let about_order = |line: &String| line.starts_with("feature-order");
    assert_eq!(
        lines(&ordered).into_iter().filter(about_order).collect::<Vec<_>>(),
        [
            "feature-order 58..63: `./b` has no effect on the order: no Feature of that name is installed",
            "feature-order 65..68: `b` has no effect on the order: it names no Feature",
        ]
    );
}

#[test]
fn what_a_person_should_know_of_a_feature_is_told_at_its_place() {
    let features = json!({
        "./a": { "id": "a", "version": "1", "name": "A", "deprecated": true, "options": { "mode": { "type": "string", "enum": ["x"], "default": "x" } },
            "dependsOn": { "./b": { "gone": "1" } } },
        "./b": { "id": "b", "version": "1", "name": "B", "currentId": "c", "legacyIds": ["b"], "naem": "x" },
    });
    let ordered = local(r#"{"features": {"./a": {"mode": "y", "mod": "x"}}}"#, &features, "{}");
    assert!(ordered.features.is_ok());
    let expected = [
        "deprecated 14..19: Feature `./a` is deprecated: it gets no updates any more",
        "feature-option 14..19: .devcontainer/a/devcontainer-feature.json:1:131: Feature `./b`: the Feature has no option `gone`",
        "deprecated 14..19: Feature `./b` has been renamed: today it is called `c`",
        "feature-option 22..33: Feature `./a`: option `mode` is expected to be one of x, and is \"y\"",
        "feature-option 35..45: Feature `./a`: the Feature has no option `mod`: did you mean `mode`?",
    ];
    assert_eq!(lines(&ordered), expected);
    let local: Vec<_> =
        ordered.local.iter().flat_map(|one| one.findings.iter().map(|finding| one.line(finding))).collect();
    assert_eq!(
        local,
        [".devcontainer/b/devcontainer-feature.json:1:70: `naem` is no property of a Feature: did you mean `name`?"]
    );
}

#[test]
fn very_many_features_are_refused() {
    let many: Map<String, Value> = (0..2000).map(|at| (format!("./f{at}"), json!({}))).collect();
    let config = json!({ "features": many }).to_string();
    let ordered = local(&config, &json!({}), "{}");
    assert!(lines(&ordered).iter().any(|line| line.contains("more than 1000 Features")));
}

#[test]
fn a_tarball_stands_among_the_others_by_its_address() {
    let tarball =
        "https://github.com/codspace/features/releases/download/tarball02/devcontainer-feature-docker-in-docker.tgz";
    let python = format!("ghcr.io/devcontainers/features/python@sha256:{}", "6".repeat(64));
    let vector = json!({
        "features": { tarball: {}, python.as_str(): {}, "ghcr.io/codspace/features/python:1": {}, "./localFeatureA": {}, "./localFeatureB": {} },
        "overrideFeatureInstallOrder": ["./localFeatureA", tarball, "ghcr.io/devcontainers/features/python"],
    });
    let local = json!({ "./localFeatureA": { "id": "localFeatureA" }, "./localFeatureB": { "id": "localFeatureB" } });
    let manifest = |digest: &str| json!({ "tags": { "1": digest }, "manifests": { digest: { "id": "python" } } });
    let oci = json!({
        "ghcr.io/devcontainers/features/python": manifest(&format!("sha256:{}", "6".repeat(64))),
        "ghcr.io/codspace/features/python": manifest("sha256:1"),
    });
    let world = World { local: local.as_object(), oci: oci.as_object() };
    let features = order(&config_of(&vector), &world, Vec::new()).features.expect("ordered");
    let order: Vec<&str> = features.iter().map(|one| one.written.as_str()).collect();
    assert_eq!(order, ["./localFeatureA", tarball, &python, "./localFeatureB", "ghcr.io/codspace/features/python:1"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    /// Whatever waits for whatever: each Feature comes behind those that it depends on, or the cycle is named.
    #[test]
    fn what_is_depended_on_comes_first_or_the_cycle_is_named(
        edges in proptest::collection::vec((0..6_usize, 0..6_usize, proptest::bool::ANY), 0..10),
        first in proptest::collection::vec(0..6_usize, 0..3),
    ) {
        let id = |at: usize| format!("./f{at}");
        let mut features: Map<String, Value> = (0..6).map(|at| (id(at), json!({ "id": format!("f{at}") }))).collect();
        for (from, to, is_dependency) in &edges {
            let from = features.get_mut(&id(*from)).expect("one");
            if *is_dependency {
                from["dependsOn"][id(*to)] = json!({});
            } else {
                let after = from["installsAfter"].take();
                let after = after.as_array().cloned().unwrap_or_default().into_iter().chain([id(*to).into()]);
                from["installsAfter"] = after.collect();
            }
        }
        let asked: Map<String, Value> = [0, 1, 2].map(|at| (id(at), json!({}))).into_iter().collect();
        let config = json!({ "features": asked, "overrideFeatureInstallOrder": first.iter().map(|at| id(*at)).collect::<Vec<_>>() });
        match local(&config.to_string(), &features.clone().into(), "{}").features {
            Ok(order) => {
                let place = |id: &str| order.iter().position(|one| one.written == id);
                for feature in &order {
                    for dependency in feature.metadata.depends_on.iter().map(|one| &one.id.value) {
                        proptest::prop_assert!(place(dependency) < place(&feature.written));
                    }
                    for after in feature.metadata.installs_after.iter().filter_map(|one| place(&one.value)) {
                        proptest::prop_assert!(Some(after) < place(&feature.written));
                    }
                }
                proptest::prop_assert!([0, 1, 2].into_iter().all(|at| place(&id(at)).is_some()));
            }
            Err(error) => proptest::prop_assert!(error.problem.starts_with("Features wait for each other: `./f"), "{}", error),
        }
    }
}

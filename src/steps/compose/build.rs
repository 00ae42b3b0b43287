//! How the images of a project are built: under names of the codespace's own, and those first that others are built from. Pure.
//!
//! The user's own names stand for other things on this engine, or for the images of another codespace. A Dockerfile that names one is given
//! the image by a context of that name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::binds::escaped;
use super::making::label;
use crate::codespace::CodespaceName;
use crate::compose::Model;
use crate::steps::image::name::repository as image_repository;

/// What is built, and in which order.
#[derive(Debug)]
pub(super) struct Builds {
    /// The file for compose.
    pub(super) file: Value,
    /// What each service's image is called, whether it is built or not.
    pub(super) images: BTreeMap<String, String>,
    /// The services that are built; those of a group are built from images of the groups before it.
    pub(super) groups: Vec<Vec<String>>,
    /// What a person should know.
    pub(super) warnings: Vec<String>,
}

/// Returns how a model's images are built; `dockerfile` is the text of a service's, where it can be read.
pub(super) fn builds(
    model: &Model,
    name: &CodespaceName,
    labels: &BTreeMap<String, String>,
    dockerfile: impl Fn(&str) -> Option<String>,
) -> Builds {
    let (mut services, mut images, mut warnings) = (Map::new(), BTreeMap::new(), Vec::new());
    let built: Vec<&str> =
        model.services().filter(|(_, one)| one.contains_key("build")).map(|(name, _)| name).collect();
    let own_image = |service: &str| format!("{}:service-{service}", image_repository(name));
    let mut bases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (service, fields) in model.services() {
        let Some(build) = fields.get("build").and_then(Value::as_object) else { continue };
        images.insert(service.to_owned(), own_image(service));
        let mut build = build.clone();
        // They write to this machine, hand its keys out, or name images of everybody's.
        for field in ["cache_to", "ssh", "tags"] {
            if build.remove(field).is_some() {
                warnings.push(format!("service {service}: `build.{field}` is left out"));
            }
        }
        if let Some(from) = build.get_mut("cache_from").and_then(Value::as_array_mut) {
            from.retain(|from| from.as_str().is_some_and(|from| !from.contains("type=local")));
        }
        let text = dockerfile(service).unwrap_or_default();
        let names = Names { build: &build, text: &text };
        let (mut contexts, mut own_bases) = (Map::new(), BTreeSet::new());
        for base in built.iter().filter(|base| **base != service) {
            let context = Value::from(escaped(&format!("docker-image://{}", own_image(base))));
            let called = model.text(base, "image").map(|image| short(&image).to_owned());
            let called = called.filter(|image| names.image(image) || model.needs(service, base));
            let before = contexts.len();
            contexts.extend(called.map(|image| (image, context.clone())));
            contexts.extend(names.contexts_of(base).map(|key| (key.to_owned(), context.clone())));
            if contexts.len() > before {
                own_bases.insert(*base);
            }
        }
        if !contexts.is_empty() {
            let all = build.entry("additional_contexts").or_insert_with(|| json!({}));
            if let Some(all) = all.as_object_mut() {
                all.extend(contexts);
            }
        }
        bases.insert(service, own_bases);
        label(&mut build, labels);
        let mut own = json!({ "image": escaped(&own_image(service)), "build": build });
        if let (Some(platform), Some(own)) = (fields.get("platform"), own.as_object_mut()) {
            own.insert("platform".to_owned(), platform.clone());
        }
        services.insert(service.to_owned(), own);
    }
    for (service, _) in model.services().filter(|(_, fields)| !fields.contains_key("build")) {
        let Some(image) = model.text(service, "image") else { continue };
        let from = built.iter().rfind(|built| model.text(built, "image").as_ref() == Some(&image));
        images.insert(service.to_owned(), from.map_or(image, |built| own_image(built)));
    }
    let secrets = model.fields().get("secrets").cloned().unwrap_or_else(|| json!({}));
    let file = json!({ "name": name.as_str(), "services": services, "secrets": secrets });
    Builds { file, images, groups: groups(bases), warnings }
}

/// What a service's image is built from, as its file and its Dockerfile name it.
struct Names<'a> {
    build: &'a Map<String, Value>,
    text: &'a str,
}

impl Names<'_> {
    /// Tells whether an image is named in the Dockerfile, or in an argument of it.
    fn image(&self, image: &str) -> bool {
        let words = self.text.split(|one: char| one.is_whitespace() || "='\",[]".contains(one));
        let args = self.build.get("args").and_then(Value::as_object).into_iter().flatten();
        words.chain(args.filter_map(|(_, value)| value.as_str())).any(|word| short(word) == image)
    }

    /// Returns the contexts that are what another service is built to.
    fn contexts_of<'a>(&'a self, base: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.build.get("additional_contexts").and_then(Value::as_object).into_iter().flatten();
        let is_it = move |value: &Value| value.as_str().and_then(|value| value.strip_prefix("service:")) == Some(base);
        all.filter(move |(_, value)| is_it(value)).map(|(key, _)| key.as_str())
    }
}

/// Returns an image's name as BuildKit looks for a context of that name.
pub(super) fn short(image: &str) -> &str {
    let image = image.strip_suffix(":latest").unwrap_or(image);
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    image.strip_prefix("library/").unwrap_or(image)
}

/// Puts services in groups, each after what it is built from. What waits for itself comes last: the builder says what is wrong with it.
fn groups(mut bases: BTreeMap<&str, BTreeSet<&str>>) -> Vec<Vec<String>> {
    let mut groups = Vec::new();
    while !bases.is_empty() {
        let free = bases.iter().filter(|(_, bases)| bases.is_empty()).map(|(name, _)| *name);
        let mut group: Vec<&str> = free.collect();
        if group.is_empty() {
            group = bases.keys().copied().collect();
        }
        bases.retain(|name, _| !group.contains(name));
        for bases in bases.values_mut() {
            bases.retain(|base| !group.contains(base));
        }
        groups.push(group.into_iter().map(str::to_owned).collect());
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(services: &str, dockerfiles: &[(&str, &str)]) -> Builds {
        let model = Model::parse(&format!(r#"{{"services": {services}, "secrets": {{"s": {{"file": "/r/s"}}}}}}"#));
        let labels = BTreeMap::from([("localspace.codespace".to_owned(), "calm-lamp".to_owned())]);
        let text =
            |service: &str| dockerfiles.iter().find(|(one, _)| *one == service).map(|(_, text)| (*text).to_owned());
        builds(&model.expect("a model"), &"calm-lamp".parse().expect("a name"), &labels, text)
    }

    #[test]
    fn what_is_built_is_called_after_the_codespace_and_writes_nowhere() {
        let Builds { file, images, groups, warnings } = made(
            r#"{"app": {"image": "acme/app:1", "platform": "linux/amd64", "build": {"context": "/r", "tags": ["acme/app:2"], "ssh": ["default"],
                "cache_to": ["type=local,dest=/home"], "cache_from": ["acme/cache", "type=local,src=/etc"], "labels": {"a": "$$1"}}},
                "worker": {"image": "acme/app:1"}, "db": {"image": "postgres:17"}}"#,
            &[],
        );
        let own = "localspace/calm-lamp:service-app";
        let expected = json!({"name": "calm-lamp", "secrets": {"s": {"file": "/r/s"}}, "services": {"app": {
            "image": own, "platform": "linux/amd64", "build": {"context": "/r", "cache_from": ["acme/cache"],
            "labels": {"a": "$$1", "localspace.codespace": "calm-lamp"}}}}});
        assert_eq!(file, expected);
        let images: Vec<_> = images.iter().map(|(service, image)| (service.as_str(), image.as_str())).collect();
        assert_eq!(images, [("app", own), ("db", "postgres:17"), ("worker", own)]);
        assert_eq!((warnings.len(), groups), (3, vec![vec!["app".to_owned()]]), "{warnings:?}");
    }

    /// Checks the groups, and which contexts `app` has.
    #[track_caller]
    fn check(services: &str, dockerfile: &str, groups: &str, contexts: &[(&str, &str)]) {
        let made = made(services, &[("app", dockerfile)]);
        let told: Vec<String> = made.groups.iter().map(|group| group.join(" ")).collect();
        assert_eq!(told.join(" | "), groups, "{services}");
        let found = made.file.pointer("/services/app/build/additional_contexts").cloned().unwrap_or_else(|| json!({}));
        let own = |service: &str| Value::from(format!("docker-image://localspace/calm-lamp:service-{service}"));
        let expected: Map<_, _> = contexts.iter().map(|(key, service)| ((*key).to_owned(), own(service))).collect();
        assert_eq!(found, Value::Object(expected), "{services}");
    }

    #[test]
    fn what_is_built_from_another_services_image_comes_after_it_and_has_it() {
        let base = r#""base": {"image": "docker.io/acme/base:latest", "build": {}}"#;
        let with = |app: &str| format!("{{{base}, \"app\": {app}}}");
        let (plain, both) = (with(r#"{"build": {}}"#), [("acme/base", "base")]);
        for names in
            ["FROM acme/base", "from --platform=x acme/base:latest as y", "FROM x\nCOPY --from=acme/base /a /b"]
        {
            check(&plain, names, "base | app", &both);
        }
        for other in ["FROM acme/base:2", "FROM acme/based", "FROM x", ""] {
            check(&plain, other, "app base", &[]);
        }
        check(&with(r#"{"build": {"args": {"BASE": "acme/base"}}}"#), "FROM $BASE", "base | app", &both);
        check(&with(r#"{"build": {}, "depends_on": {"base": {}}}"#), "FROM acme/base:$V", "base | app", &both);
        let context = r#"{"build": {"additional_contexts": {"b": "service:base"}}}"#;
        check(&with(context), "FROM b", "base | app", &[("b", "base")]);
        // An own name is no other service's; two that wait for each other are left to the builder.
        check(r#"{"app": {"image": "a", "build": {}}}"#, "FROM a", "app", &[]);
        let circle = r#"{"x": {"build": {"additional_contexts": {"a": "service:app"}}}, "app": {"build": {"additional_contexts": {"x": "service:x"}}}}"#;
        check(circle, "", "app x", &[("x", "x")]);
    }
}

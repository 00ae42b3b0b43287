//! What compose makes of a project's files: `docker compose config --format json`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::paths::{Way, way};
use super::request::Request;
use crate::devcontainer::ConfigError;

/// A project's model. Every `$` in it is doubled, so that it can be given to compose again.
#[derive(Debug, Clone, PartialEq)]
pub struct Model(Map<String, Value>);

/// How a service's image is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The folder, or the URL of a repository.
    pub context: String,
    /// The Dockerfile, beside the context.
    pub dockerfile: String,
    /// The Dockerfile's own text, where it stands in the file.
    pub inline: Option<String>,
    /// Its arguments.
    pub args: Vec<(String, String)>,
    /// Its stage.
    pub target: Option<String>,
}

/// What lets a service out of its project, and onto this machine: no codespace of GitHub's has another project beside it.
const OTHER_CONTAINERS: [&str; 3] = ["network_mode", "pid", "ipc"];

impl Model {
    /// Reads what compose printed.
    pub fn parse(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err("it is no object".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Returns the whole.
    pub const fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns the services by name.
    pub fn services(&self) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        let all = self.0.get("services").and_then(Value::as_object).into_iter().flatten();
        all.filter_map(|(name, service)| Some((name.as_str(), service.as_object()?)))
    }

    /// Returns the services by name, to be changed.
    pub(super) fn services_mut(&mut self) -> impl Iterator<Item = (&str, &mut Map<String, Value>)> {
        let all = self.0.get_mut("services").and_then(Value::as_object_mut).into_iter().flatten();
        all.filter_map(|(name, service)| Some((name.as_str(), service.as_object_mut()?)))
    }

    /// Returns a service.
    pub fn service(&self, name: &str) -> Option<&Map<String, Value>> {
        self.services().find(|(known, _)| *known == name).map(|(_, service)| service)
    }

    /// Returns a text of a service.
    pub fn text(&self, service: &str, name: &str) -> Option<String> {
        let text = self.service(service)?.get(name)?.as_str()?;
        (!text.is_empty()).then(|| text.replace("$$", "$"))
    }

    /// Returns a command of a service (`entrypoint`, `command`); nothing where it has none, and an empty one where it says so.
    pub fn words(&self, service: &str, name: &str) -> Option<Vec<String>> {
        let words = self.service(service)?.get(name)?.as_array()?;
        Some(words.iter().filter_map(Value::as_str).map(|word| word.replace("$$", "$")).collect())
    }

    /// Returns how a service's image is built, where it is.
    pub fn build(&self, service: &str) -> Option<Build> {
        let build = self.service(service)?.get("build")?.as_object()?;
        let text = |name: &str| build.get(name).and_then(Value::as_str).map(|text| text.replace("$$", "$"));
        let args = build.get("args").and_then(Value::as_object).into_iter().flatten();
        let args = args.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.replace("$$", "$"))));
        Some(Build {
            context: text("context").unwrap_or_default(),
            dockerfile: text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned()),
            inline: text("dockerfile_inline"),
            args: args.collect(),
            target: text("target"),
        })
    }

    /// Returns the model of those services that are in use, and of the profiles of those that are named.
    pub(super) fn of_profiles(mut self, named: &[&str], in_use: &[String]) -> Self {
        let profiles = |service: &Map<String, Value>| -> Vec<String> {
            let all = service.get("profiles").and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let mut active: Vec<String> = named.iter().filter_map(|name| self.service(name)).flat_map(profiles).collect();
        active.sort();
        if let Some(services) = self.0.get_mut("services").and_then(Value::as_object_mut) {
            services.retain(|name, service| {
                let own = service.as_object().map(profiles).unwrap_or_default();
                in_use.contains(name) || own.is_empty() || own.iter().any(|profile| active.contains(profile))
            });
        }
        self
    }

    /// Tells whether a service is another one, or depends on it.
    pub fn needs(&self, service: &str, other: &str) -> bool {
        self.needed(&[service]).iter().any(|need| need == other)
    }

    /// Returns services with all that they depend on.
    fn needed(&self, named: &[&str]) -> Vec<String> {
        let mut needed: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
        let mut at = 0;
        while let Some(name) = needed.get(at) {
            let needs = self.service(name).and_then(|service| service.get("depends_on")?.as_object());
            let needs = needs.into_iter().flatten().map(|(need, _)| need);
            let more: Vec<String> = needs.filter(|need| !needed.contains(need)).cloned().collect();
            needed.extend(more);
            at += 1;
        }
        needed
    }

    /// Returns the model of some services, and of those that they depend on; all of them where none is named.
    pub(super) fn with_needs(mut self, named: &[&str]) -> Self {
        let wanted = self.needed(named);
        let services = self.0.get_mut("services").and_then(Value::as_object_mut).filter(|_| !named.is_empty());
        if let Some(services) = services {
            services.retain(|name, _| wanted.contains(name));
        }
        self
    }

    /// Fails where the model needs something that no codespace has: files outside of the repository, other people's containers, programs of
    /// this machine.
    pub(super) fn refused(&self, request: &Request<'_>) -> Result<(), ConfigError> {
        let fail = |problem: String, hint: &str| {
            Err(request.error(request.service.files_span.clone(), problem, Some(hint.to_owned())))
        };
        for (name, service) in self.services() {
            if service.contains_key("provider") {
                let hint = "a provider is a program of this machine: the files of a repository run none";
                return fail(format!("service {name}: `provider` is not supported"), hint);
            }
            let text = |field: &str| service.get(field).and_then(Value::as_str).unwrap_or_default();
            let others = OTHER_CONTAINERS.iter().map(|field| (*field, text(field)));
            let from = service.get("volumes_from").and_then(Value::as_array).into_iter().flatten();
            let from = from.filter_map(Value::as_str).map(|from| ("volumes_from", from));
            for (field, value) in others.chain(from) {
                if value.starts_with("container:") {
                    let hint = "name a service of the project: a codespace has no other containers beside it";
                    return fail(format!("service {name}: `{field}: {value}` is a container of another project"), hint);
                }
            }
            if let Some(path) = self.build_paths(name).into_iter().find(|path| way(request.root, path) == Way::Outside)
            {
                let path = path.display();
                let hint = "what is built lies in the repository: nothing else is on GitHub's machine";
                return fail(format!("service {name}: `build` leads out of the repository: {path}"), hint);
            }
        }
        Ok(())
    }

    /// Returns the paths of this machine that building a service's image reads.
    fn build_paths(&self, service: &str) -> Vec<PathBuf> {
        let Some(fields) = self.service(service).and_then(|service| service.get("build")?.as_object()) else {
            return Vec::new();
        };
        let Some(build) = self.build(service) else { return Vec::new() };
        let mut paths = Vec::new();
        if is_local(&build.context) {
            paths.push(PathBuf::from(&build.context));
            if build.inline.is_none() {
                paths.push(Path::new(&build.context).join(&build.dockerfile));
            }
        }
        let more = fields.get("additional_contexts").and_then(Value::as_object).into_iter().flatten();
        paths.extend(more.filter_map(|(_, path)| path.as_str()).filter(|path| is_local(path)).map(PathBuf::from));
        let named = fields.get("secrets").and_then(Value::as_array).into_iter().flatten();
        for source in named.filter_map(|secret| secret.get("source")?.as_str()) {
            let file = self.0.get("secrets").and_then(|all| all.get(source)?.get("file")?.as_str());
            paths.extend(file.map(PathBuf::from));
        }
        paths
    }
}

/// What a builder fetches: an archive, a repository, an image, what another service is built to.
const FETCHED: [&str; 8] =
    ["https://", "http://", "git://", "ssh://", "git@", "github.com/", "docker-image://", "service:"];

/// Tells a folder of this machine, by which anything counts that is not known to be fetched.
fn is_local(context: &str) -> bool {
    !FETCHED.iter().any(|prefix| context.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::read::tests::Repository;

    fn model(services: &str) -> Model {
        Model::parse(&format!(r#"{{"services": {services}, "secrets": {{"s": {{"file": "/etc/shadow"}}}}}}"#))
            .expect("JSON")
    }

    #[test]
    fn what_no_codespace_has_is_refused() {
        let repository = Repository::new(&[("Dockerfile", "")]);
        repository.link("/etc", "link");
        let root = repository.root.display().to_string();
        let check = |service: &str, expected: Option<&str>| {
            let model = model(&format!(r#"{{"a": {}}}"#, service.replace("ROOT", &root)));
            let found = repository.request(&["c.yml"], |request| model.refused(request));
            match (found, expected) {
                (Ok(()), None) => {}
                (Err(error), Some(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (found, expected) => panic!("{service}: {found:?}, expected {expected:?}"),
            }
        };
        for fine in [
            r#"{"build": {"context": "ROOT", "dockerfile": "Dockerfile"}}"#,
            r#"{"build": {"context": "https://github.com/a/b.git#main"}}"#,
            r#"{"build": {"context": "git@github.com:a/b.git"}}"#,
            r#"{"build": {"context": "github.com/a/b"}}"#,
            r#"{"build": {"context": "ROOT", "additional_contexts": {"x": "docker-image://a", "y": "service:b"}}}"#,
            r#"{"network_mode": "service:db", "volumes_from": ["db:ro"]}"#,
        ] {
            check(fine, None);
        }
        for build in [
            r#"{"build": {"context": "/etc"}}"#,
            r#"{"build": {"context": "ROOT/link"}}"#,
            r#"{"build": {"context": "file:///etc"}}"#,
            r#"{"build": {"context": "../x"}}"#,
            r#"{"build": {"context": "ROOT", "dockerfile": "../../etc/passwd"}}"#,
            r#"{"build": {"context": "ROOT", "dockerfile": "/etc/passwd"}}"#,
            r#"{"build": {"context": "ROOT", "additional_contexts": {"x": "/etc"}}}"#,
            r#"{"build": {"context": "ROOT", "additional_contexts": {"x": "oci-layout:///etc"}}}"#,
            r#"{"build": {"context": "ROOT", "secrets": [{"source": "s"}]}}"#,
        ] {
            check(build, Some("leads out of the repository"));
        }
        check(r#"{"provider": {"type": "x"}}"#, Some("`provider` is not supported"));
        check(r#"{"network_mode": "container:x"}"#, Some("a container of another project"));
        check(r#"{"volumes_from": ["container:x:ro"]}"#, Some("a container of another project"));
    }

    #[test]
    fn a_service_that_is_named_brings_its_profiles() {
        let all = model(
            r#"{"app": {"profiles": ["dev"]}, "db": {}, "mail": {"profiles": ["dev", "x"]}, "e2e": {"profiles": ["x"]}}"#,
        );
        let names = |model: &Model| model.services().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&all.clone().of_profiles(&["app"], &[])), ["app", "db", "mail"]);
        assert_eq!(names(&all.of_profiles(&["db"], &["e2e".to_owned()])), ["db", "e2e"]);
    }

    #[test]
    fn services_that_are_named_bring_what_they_depend_on() {
        let all = model(
            r#"{"app": {"depends_on": {"db": {}}}, "db": {"depends_on": {"disk": {}, "app": {}}}, "disk": {}, "mail": {}}"#,
        );
        let names = |named: &[&str]| {
            let model = all.clone().with_needs(named);
            model.services().map(|(name, _)| name.to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&["app"]), "app db disk");
        assert_eq!(names(&["disk", "mail"]), "disk mail");
        assert_eq!(names(&[]), "app db disk mail");
    }

    #[test]
    fn dollars_are_single_again() {
        let all = model(r#"{"a": {"command": ["echo", "$$HOME"], "entrypoint": null, "user": "$$x", "image": ""}}"#);
        assert_eq!(all.words("a", "command"), Some(vec!["echo".to_owned(), "$HOME".to_owned()]));
        assert_eq!(
            (all.words("a", "entrypoint"), all.text("a", "user"), all.text("a", "image")),
            (None, Some("$x".into()), None)
        );
    }
}

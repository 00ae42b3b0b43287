//! The files of a project, looked through before compose reads them: what they lead it to read lies in the repository.
//!
//! Only what is gone from compose's answer is looked for here: files of variables and labels, `extends`, `include`. Everything else that
//! names a path is in the answer, and read by nobody until then.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use super::files::Files;
use super::paths::{Way, way};
use super::request::Request;
use crate::devcontainer::ConfigError;

/// The largest file that is read, in bytes, and the most files.
const LARGEST: u64 = 4 * 1024 * 1024;
const MOST: usize = 100;
/// How deep `<<` may nest.
const DEEPEST: usize = 32;

/// Looks through the files of a project.
pub(super) fn confine(request: &Request<'_>, files: &Files) -> Result<(), ConfigError> {
    let mut guard = Guard { request, seen: BTreeSet::new() };
    files.all.iter().try_for_each(|file| guard.file(file, &[files.folder()]))
}

struct Guard<'a> {
    request: &'a Request<'a>,
    seen: BTreeSet<PathBuf>,
}

/// A file that is looked through.
struct Opened<'a> {
    name: String,
    text: String,
    /// What paths in it may be relative to: where compose's versions differ, both.
    folders: &'a [&'a Path],
}

impl Opened<'_> {
    fn error(&self, value: &str, problem: String, hint: Option<&str>) -> ConfigError {
        let at = self.text.find(value).unwrap_or(0);
        let span = at..(at + value.len()).min(self.text.len());
        let (file, text) = (self.name.clone(), self.text.clone());
        ConfigError { file, text, span, problem, hint: hint.map(str::to_owned) }
    }
}

impl Guard<'_> {
    fn file(&mut self, path: &Path, folders: &[&Path]) -> Result<(), ConfigError> {
        let name = path.strip_prefix(self.request.root).unwrap_or(path).display().to_string();
        let fail = |problem: String| self.request.error(self.request.service.files_span.clone(), problem, None);
        if !self.seen.insert(path.to_owned()) {
            return Ok(());
        }
        if self.seen.len() > MOST {
            return Err(fail(format!("the project has more than {MOST} files")));
        }
        if path.metadata().is_ok_and(|about| about.len() > LARGEST) {
            return Err(fail(format!("{name} is larger than {LARGEST} bytes")));
        }
        let bytes = std::fs::read(path).map_err(|error| fail(format!("cannot read {name}: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| fail(format!("{name} is not UTF-8")))?;
        let opened = Opened { name, text, folders };
        for document in documents(&opened)? {
            for (key, value) in entries(&document, 0) {
                match key {
                    "services" => self.services(&opened, value)?,
                    "include" => self.include(&opened, value)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn services(&mut self, opened: &Opened<'_>, services: &Value) -> Result<(), ConfigError> {
        for (_, service) in entries(services, 0) {
            for (key, value) in entries(service, 0) {
                match key {
                    "env_file" | "label_file" => {
                        for path in texts(value, "path") {
                            self.inside(opened, path)?;
                        }
                    }
                    "extends" => {
                        for (_, file) in entries(value, 0).into_iter().filter(|(key, _)| *key == "file") {
                            for path in texts(file, "file") {
                                self.project(opened, path)?;
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn include(&mut self, opened: &Opened<'_>, included: &Value) -> Result<(), ConfigError> {
        let Value::Sequence(included) = untagged(included) else { return Ok(()) };
        for one in included {
            if let Value::String(path) = untagged(one) {
                self.project(opened, path)?;
            }
            let fields = entries(one, 0);
            let named = |name: &str| -> Vec<&str> {
                let values = fields.iter().filter(|(key, _)| *key == name);
                values.flat_map(|(_, value)| texts(value, "path")).collect()
            };
            let folders = named("project_directory");
            for path in named("env_file").iter().chain(&folders) {
                self.inside(opened, path)?;
            }
            // Paths in what is included may be relative to a folder that is named here.
            let more: Vec<PathBuf> =
                folders.iter().flat_map(|path| opened.folders.iter().map(move |folder| folder.join(path))).collect();
            for path in named("path") {
                self.project_in(opened, path, &more)?;
            }
        }
        Ok(())
    }

    /// Looks through a file that another one names.
    fn project(&mut self, opened: &Opened<'_>, path: &str) -> Result<(), ConfigError> {
        self.project_in(opened, path, &[])
    }

    fn project_in(&mut self, opened: &Opened<'_>, path: &str, more: &[PathBuf]) -> Result<(), ConfigError> {
        self.inside(opened, path)?;
        let mut found = false;
        for file in opened.folders.iter().map(|folder| folder.join(path)).filter(|file| file.is_file()) {
            found = true;
            let own = file.parent().unwrap_or(self.request.root);
            let env = own.join(".env");
            if env.symlink_metadata().is_ok() && way(self.request.root, &env) == Way::Outside {
                let problem = format!("the .env beside {path} is a link that leads out of the repository");
                return Err(opened.error(path, problem, None));
            }
            let folders: Vec<&Path> =
                opened.folders.iter().copied().chain([own]).chain(more.iter().map(PathBuf::as_path)).collect();
            self.file(&file, &folders)?;
        }
        if found {
            return Ok(());
        }
        let hint = "it is looked for in the repository, as it is committed; another repository's is not fetched";
        Err(opened.error(path, format!("there is no file {path}"), Some(hint)))
    }

    /// Fails where a path leads out of the repository, from whichever folder.
    fn inside(&self, opened: &Opened<'_>, path: &str) -> Result<(), ConfigError> {
        if path.contains('$') {
            let hint = "write the path out: it is looked at before compose replaces variables";
            return Err(opened.error(path, format!("`{path}`: a variable in a path that compose reads"), Some(hint)));
        }
        let leads_out = |folder: &&Path| way(self.request.root, &folder.join(path)) == Way::Outside;
        if path.starts_with('~') || opened.folders.iter().any(leads_out) {
            let hint = "what is outside of the repository is not on GitHub either: commit it";
            return Err(opened.error(path, format!("{path} leads out of the repository: it is not read"), Some(hint)));
        }
        Ok(())
    }
}

/// Returns the documents of a file; compose takes all of them.
fn documents(opened: &Opened<'_>) -> Result<Vec<Value>, ConfigError> {
    let read = |document: serde_yaml::Deserializer<'_>| {
        Value::deserialize(document).map_err(|error| {
            let at = error.location().map_or(0, |place| place.index()).min(opened.text.len());
            let (file, text) = (opened.name.clone(), opened.text.clone());
            let said = error.to_string();
            let problem = said.split(" at line ").next().unwrap_or_default().to_owned();
            ConfigError { file, text, span: at..at, problem, hint: None }
        })
    };
    serde_yaml::Deserializer::from_str(&opened.text).map(read).collect()
}

/// Returns what a mapping has, what it has by `<<` included; also what is overridden, which is more than counts, and never less.
fn entries(value: &Value, depth: usize) -> Vec<(&str, &Value)> {
    let Value::Mapping(mapping) = untagged(value) else { return Vec::new() };
    let mut all = Vec::new();
    for (key, value) in named(mapping) {
        if key == "<<" && depth < DEEPEST {
            let one = untagged(value);
            match one.as_sequence() {
                Some(several) => all.extend(several.iter().flat_map(|one| entries(one, depth + 1))),
                None => all.extend(entries(one, depth + 1)),
            }
        } else {
            all.push((key, value));
        }
    }
    all
}

fn named(mapping: &Mapping) -> impl Iterator<Item = (&str, &Value)> {
    mapping.iter().filter_map(|(key, value)| Some((untagged(key).as_str()?, value)))
}

/// Returns the texts of a text, a list of them, or a list of objects that have one under `name`.
fn texts<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    match untagged(value) {
        Value::String(text) => vec![text],
        Value::Sequence(several) => several.iter().flat_map(|one| texts(one, name)).collect(),
        Value::Mapping(_) => {
            let fields = entries(value, 0).into_iter().filter(|(key, _)| *key == name);
            fields.filter_map(|(_, field)| untagged(field).as_str()).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Tagged(_) => Vec::new(),
    }
}

fn untagged(mut value: &Value) -> &Value {
    while let Value::Tagged(tagged) = value {
        value = &tagged.value;
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compose::read::tests::{Repository, check_names};

    fn check(compose: &str, more: &[(&str, &str)], expected: Result<(), &str>) {
        let files: Vec<_> = [(".devcontainer/c.yml", compose)].into_iter().chain(more.iter().copied()).collect();
        let repository = Repository::new(&files);
        repository.link("/etc/hostname", "link");
        let found = repository.request(&["c.yml"], |request| confine(request, &Files::of(request)?));
        check_names(&repository, found.map(|()| Vec::new()), expected.map(|()| &[][..]));
    }

    #[test]
    fn what_compose_would_read_lies_in_the_repository() {
        let service = |text: &str| format!("services: {{app: {{image: x, {text}}}}}");
        for inside in
            ["env_file: .env", "env_file: [../a.env, {path: b}]", "extends: other", "environment: {env_file: /etc}"]
        {
            check(&service(inside), &[], Ok(()));
        }
        for outside in [
            "env_file: /etc/passwd",
            "env_file: [a, ../../x]",
            "env_file: [{path: ~/.aws/credentials, required: false}]",
            "env_file: ../link",
            "label_file: /etc/passwd",
            "extends: {file: /etc/passwd, service: x}",
            "extends: {file: ../../x.yml, service: x}",
            "<<: {env_file: /etc/passwd}",
            "<<: [{a: b}, {<<: {env_file: /etc/passwd}}]",
            "env_file: !override [/etc/passwd]",
        ] {
            check(&service(outside), &[], Err("leads out of the repository"));
        }
        check(&service("env_file: \"${HOME}/.aws\""), &[], Err("a variable in a path"));
        check("include: [/etc/passwd]", &[], Err("leads out"));
        check("include: [{path: [a.yml], env_file: /etc/passwd}]", &[(".devcontainer/a.yml", "")], Err("leads out"));
        check("include: [https://example.org/x.git]", &[], Err("there is no file"));
        check("x: &x\n  env_file: /etc/passwd\nservices:\n  app: *x", &[], Err("c.yml:2:13: /etc/passwd leads out"));
        check("services: {}\n---\nservices: {a: {env_file: /etc/passwd}}", &[], Err("leads out"));
    }

    #[test]
    fn files_that_files_name_are_looked_through_too() {
        let bad = "services: {x: {env_file: /etc/passwd}}";
        check(
            "services: {a: {extends: {file: ../b.yml, service: x}}}",
            &[("b.yml", bad)],
            Err("b.yml:1:26: /etc/passwd"),
        );
        check("include: [inc/c.yml]", &[(".devcontainer/inc/c.yml", bad)], Err("leads out"));
        // A path that is inside from one folder and outside from the other.
        let two = "services: {x: {env_file: ../../x}}";
        check("include: [inc/c.yml]", &[(".devcontainer/inc/c.yml", two)], Err("leads out"));
        check("include: [c.yml]", &[], Ok(()));
    }

    #[test]
    fn what_is_no_yaml_has_its_place() {
        check("services:\n  app: {image: x", &[], Err("c.yml:2:17: did not find expected"));
        check("a: 1\na: 2\n", &[], Err("duplicate"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[ \n\\-:{}\\[\\]a<&*!'\"#$~/.|>]{0,60}") {
            let repository = Repository::new(&[(".devcontainer/c.yml", &text)]);
            let _any = repository.request(&["c.yml"], |request| confine(request, &Files::of(request)?));
        }
    }
}

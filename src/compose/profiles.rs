//! Seccomp profiles of services: files that compose reads when it makes containers. Here they are read before, out of the repository alone.

use std::path::Path;

use serde_json::Value;

use super::model::Model;
use super::paths::{Way, way};
use super::request::Request;
use crate::devcontainer::ConfigError;

/// The largest profile that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

impl Model {
    /// Puts the text of each profile in the place of its file, as the engine is told it; `folder` is what names are relative to.
    pub fn with_profiles(mut self, request: &Request<'_>, folder: &Path) -> Result<Self, ConfigError> {
        for (name, service) in self.services_mut() {
            for option in service.get_mut("security_opt").and_then(Value::as_array_mut).into_iter().flatten() {
                let Some(file) = option.as_str().and_then(named) else { continue };
                let file = file.replace("$$", "$");
                let fail = |problem: &str| {
                    let problem = format!("service {name}: the seccomp profile {file} {problem}");
                    request.error(request.service.files_span.clone(), problem, None)
                };
                let path = folder.join(&file);
                let path = match way(request.root, &path) {
                    Way::Inside(below) => request.root.join(below),
                    Way::Missing(_) => return Err(fail("is not in the repository")),
                    Way::Outside => return Err(fail("leads out of the repository: it is not read")),
                };
                let is_small = path.metadata().is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
                let text = is_small.then(|| std::fs::read_to_string(path).ok()).flatten();
                let text = text.ok_or_else(|| fail("cannot be read: it is a small JSON file"))?;
                let profile: Value =
                    serde_json::from_str(&text).map_err(|error| fail(&format!("is no JSON: {error}")))?;
                *option = format!("{INLINE}{}", profile.to_string().replace('$', "$$")).into();
            }
        }
        Ok(self)
    }
}

/// How an option begins whose profile is in it.
pub const INLINE: &str = "seccomp=";

/// Returns the file that an option names. The engine's own profiles are none.
fn named(option: &str) -> Option<&str> {
    let profile = option.strip_prefix(INLINE).or_else(|| option.strip_prefix("seccomp:"))?;
    (profile != "unconfined").then_some(profile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::read::tests::Repository;

    #[test]
    fn a_profile_is_a_file_of_the_repository() {
        let repository = Repository::new(&[(".devcontainer/p.json", "{ \"a\": \"$b\" }\n"), ("bad.json", "{")]);
        repository.link("/etc/hostname", "link");
        let check = |option: &str, expected: Result<&str, &str>| {
            let model = format!(r#"{{"services": {{"app": {{"security_opt": ["no-new-privileges", "{option}"]}}}}}}"#);
            let model = Model::parse(&model).expect("JSON");
            let folder = repository.root.join(".devcontainer");
            let found = repository.request(&["c.yml"], |request| model.with_profiles(request, &folder));
            match (found, expected) {
                (Ok(model), Ok(expected)) => {
                    let options = &model.fields()["services"]["app"]["security_opt"];
                    assert_eq!(options, &serde_json::json!(["no-new-privileges", expected]));
                }
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (found, expected) => panic!("{option}: {found:?}, expected {expected:?}"),
            }
        };
        check("seccomp:unconfined", Ok("seccomp:unconfined"));
        check("label=disable", Ok("label=disable"));
        for option in ["seccomp:p.json", "seccomp=./p.json"] {
            check(option, Ok(r#"seccomp={"a":"$$b"}"#));
        }
        check("seccomp:../bad.json", Err("service app: the seccomp profile ../bad.json is no JSON"));
        check("seccomp:none.json", Err("is not in the repository"));
        for option in ["seccomp:/etc/passwd", "seccomp=../link", "seccomp:../../x"] {
            check(option, Err("leads out of the repository"));
        }
    }
}

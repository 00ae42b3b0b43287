//! Which files a project is made of.

use std::path::{Path, PathBuf};

use super::paths::{Way, flat, way};
use super::request::Request;
use crate::devcontainer::ConfigError;

/// The files of a project, all of them in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    /// As compose is given them, the first one deciding what paths are relative to.
    pub(super) all: Vec<PathBuf>,
    /// A file of variables that is named to compose, which finds the one beside the first file by itself.
    pub(super) env: Option<PathBuf>,
}

/// Where compose's own choice is looked for (reference CLI: only these two; `compose.yaml` is not).
const OWN_CHOICE: [&str; 2] = ["docker-compose.yml", "docker-compose.override.yml"];

impl Files {
    /// Returns the files that a configuration names, or compose's own choice.
    pub(super) fn of(request: &Request<'_>) -> Result<Self, ConfigError> {
        let root = request.root;
        if request.service.files.is_empty() {
            return Self::own_choice(request);
        }
        let beside = root.join(request.config).parent().map_or_else(|| root.to_owned(), Path::to_owned);
        let mut all = Vec::new();
        for file in &request.service.files {
            let path = match file.value.strip_prefix('/') {
                // `${localWorkspaceFolder}`
                Some(_) => PathBuf::from(&file.value),
                None => beside.join(&file.value),
            };
            all.push(there(request, &path, &file.value, &file.span)?);
        }
        let files = Self { all, env: None };
        files.variables_inside(request)?;
        Ok(files)
    }

    /// Returns the folder that paths in the files are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.all.first().and_then(|first| first.parent()).unwrap_or(Path::new("/"))
    }

    fn own_choice(request: &Request<'_>) -> Result<Self, ConfigError> {
        let span = &request.service.files_span;
        let env = request.folder.join(".env");
        let env = (env.symlink_metadata().is_ok()).then_some(env);
        if let Some(env) = &env {
            let _inside = there(request, env, ".env", span)?;
        }
        let text = env.as_ref().and_then(|env| std::fs::read_to_string(env).ok()).unwrap_or_default();
        let named = text.lines().find_map(|line| line.strip_prefix("COMPOSE_FILE=")).map(str::trim);
        let names: Vec<&str> = match named {
            Some(named) => named.split(':').filter(|name| !name.is_empty()).collect(),
            None => OWN_CHOICE
                .into_iter()
                .enumerate()
                .filter(|(at, name)| *at == 0 || request.folder.join(name).symlink_metadata().is_ok())
                .map(|(_, name)| name)
                .collect(),
        };
        let all = names.iter().map(|name| there(request, &request.folder.join(name), name, span));
        let files = Self { all: all.collect::<Result<_, _>>()?, env };
        files.variables_inside(request)?;
        Ok(files)
    }

    /// Compose reads `.env` by itself: one that is a link out of the repository is refused.
    fn variables_inside(&self, request: &Request<'_>) -> Result<(), ConfigError> {
        for folder in [self.folder(), request.folder] {
            let env = folder.join(".env");
            if env.symlink_metadata().is_ok() {
                let _inside = there(request, &env, ".env", &request.service.files_span)?;
            }
        }
        Ok(())
    }
}

/// Returns a file's path, which has to lead to a file of the repository.
fn there(
    request: &Request<'_>,
    path: &Path,
    name: &str,
    span: &std::ops::Range<usize>,
) -> Result<PathBuf, ConfigError> {
    let (problem, hint) = match way(request.root, path) {
        Way::Inside(below) if request.root.join(&below).is_file() => return Ok(flat(path)),
        Way::Inside(_) => (format!("the Compose file {name} is no file"), None),
        Way::Missing(_) => {
            let hint = "it is looked for beside the configuration, as it is committed";
            (format!("there is no Compose file {name}"), Some(hint.to_owned()))
        }
        Way::Outside => {
            let hint = "commit the file itself: what is outside of the repository is not on GitHub either";
            (format!("the Compose file {name} leads out of the repository: it is not read"), Some(hint.to_owned()))
        }
    };
    Err(request.error(span.clone(), problem, hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::read::tests::{Repository, check_names};

    #[test]
    fn files_lie_beside_the_configuration_and_in_the_repository() {
        let repository = Repository::new(&[(".devcontainer/a.yml", ""), ("b.yml", ""), ("dir/x", "")]);
        repository.link("/etc/passwd", "link.yml");
        let check = |files: &[&str], expected: Result<&[&str], &str>| {
            let found = repository.request(files, Files::of);
            check_names(&repository, found.map(|files| files.all), expected);
        };
        check(&["a.yml", "../b.yml"], Ok(&[".devcontainer/a.yml", "b.yml"]));
        check(&["nope.yml"], Err("there is no Compose file nope.yml"));
        check(&["../dir"], Err("is no file"));
        for outside in ["../../x.yml", "/etc/passwd", "../link.yml"] {
            check(&[outside], Err("leads out of the repository"));
        }
    }

    #[test]
    fn composes_own_choice_is_at_the_top() {
        let check = |files: &[(&str, &str)], expected: Result<&[&str], &str>| {
            let repository = Repository::new(files);
            let found = repository.request(&[], Files::of);
            check_names(&repository, found.map(|files| files.all), expected);
        };
        check(&[("docker-compose.yml", "")], Ok(&["docker-compose.yml"]));
        let both = [("docker-compose.yml", ""), ("docker-compose.override.yml", "")];
        check(&both, Ok(&["docker-compose.yml", "docker-compose.override.yml"]));
        check(
            &[(".env", "A=1\nCOMPOSE_FILE=x/a.yml:b.yml\n"), ("x/a.yml", ""), ("b.yml", "")],
            Ok(&["x/a.yml", "b.yml"]),
        );
        check(&[("compose.yaml", "")], Err("there is no Compose file docker-compose.yml"));
        check(&[(".env", "COMPOSE_FILE=../../x.yml")], Err("leads out of the repository"));
    }

    #[test]
    fn a_file_of_variables_that_is_a_link_out_of_the_repository_is_refused() {
        for name in [".env", ".devcontainer/.env"] {
            let repository = Repository::new(&[(".devcontainer/a.yml", "")]);
            repository.link("/etc/passwd", name);
            let found = repository.request(&["a.yml"], Files::of);
            check_names(&repository, found.map(|files| files.all), Err("leads out of the repository"));
        }
    }
}

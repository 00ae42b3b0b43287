//! A project, read: its files looked through, and what compose makes of them.

use std::path::PathBuf;

use super::confine::confine;
use super::error::ComposeError;
use super::files::Files;
use super::model::Model;
use super::request::Request;
use super::run::{Docker, Said};
use crate::devcontainer::{ConfigError, Spanned};
use crate::nearest::nearest;

/// A project that can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// What compose makes of its files: the services that are to run, and what they need.
    pub model: Model,
    /// What compose had to say, in words.
    pub warnings: Vec<String>,
    /// The folder that paths are relative to which compose reads when it makes containers.
    pub folder: PathBuf,
}

/// Reads a project. Nothing is made by it.
pub async fn read(docker: &Docker, request: &Request<'_>) -> Result<Project, ComposeError> {
    let files = Files::of(request)?;
    confine(request, &files)?;
    let mut said = config(docker, request, &files, &[]).await?;
    let mut model = Model::parse(&said.stdout).map_err(|problem| misread(request, &problem))?;
    let wanted = || [&request.service.service].into_iter().chain(&request.service.run_services);
    if wanted().any(|one| model.service(&one.value).is_none()) {
        // It may be in a profile: what is named is in use (reference CLI: such a service is waited for in vain).
        let all = config(docker, request, &files, &["--profile", "*"]).await?;
        let all_model = Model::parse(&all.stdout).map_err(|problem| misread(request, &problem))?;
        if let Some(missing) = wanted().find(|one| all_model.service(&one.value).is_none()) {
            return Err(unknown(request, missing, &all_model).into());
        }
        let names: Vec<&str> = wanted().map(|one| one.value.as_str()).collect();
        let in_use: Vec<String> = model.services().map(|(name, _)| name.to_owned()).collect();
        model = all_model.of_profiles(&names, &in_use);
        said = all;
    }
    if !request.service.run_services.is_empty() {
        model = model.with_needs(&wanted().map(|one| one.value.as_str()).collect::<Vec<_>>());
    }
    model.refused(request)?;
    let here = format!("{}/", request.root.display());
    let warnings = said.warnings().into_iter().map(|warning| warning.replace(&here, "")).collect();
    Ok(Project { model, warnings, folder: files.folder().to_owned() })
}

async fn config(docker: &Docker, request: &Request<'_>, files: &Files, profile: &[&str]) -> Result<Said, ComposeError> {
    let mut words: Vec<String> = vec!["--project-name".to_owned(), request.name.to_owned()];
    for file in &files.all {
        words.extend(["--file".to_owned(), file.display().to_string()]);
    }
    words.extend(files.env.iter().flat_map(|env| ["--env-file".to_owned(), env.display().to_string()]));
    words.extend(profile.iter().map(|word| (*word).to_owned()));
    words.extend(["config", "--format", "json"].map(str::to_owned));
    let said = docker.ask(request.folder, &words).await?;
    if said.success {
        return Ok(said);
    }
    let reason = said.reason().replace(&format!("{}/", request.root.display()), "");
    let problem = format!("docker compose does not take it: {reason}");
    Err(request.error(request.service.files_span.clone(), problem, None).into())
}

fn misread(request: &Request<'_>, problem: &str) -> ConfigError {
    let problem = format!("what docker compose makes of it is not understood: {problem}");
    request.error(request.service.files_span.clone(), problem, None)
}

fn unknown(request: &Request<'_>, missing: &Spanned<String>, model: &Model) -> ConfigError {
    let names: Vec<&str> = model.services().map(|(name, _)| name).collect();
    let name = &missing.value;
    let meant = nearest(name, names.iter().copied()).map(|meant| format!(": did you mean `{meant}`?"));
    let problem = format!("the Compose project has no service `{name}`{}", meant.unwrap_or_default());
    let hint = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
    request.error(missing.span.clone(), problem, Some(hint))
}

#[cfg(test)]
pub(super) mod tests {
    use std::ops::Range;

    use std::os::unix::fs::symlink;

    use super::*;
    use crate::devcontainer::ComposeService;

    /// A repository's folder.
    pub(in crate::compose) struct Repository {
        _folder: tempfile::TempDir,
        pub(in crate::compose) root: PathBuf,
    }

    impl Repository {
        pub(in crate::compose) fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let root = folder.path().canonicalize().expect("there").join("app");
            std::fs::create_dir_all(root.join(".devcontainer")).expect("made");
            for (name, text) in files {
                let path = root.join(name);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
                std::fs::write(path, text).expect("written");
            }
            Self { _folder: folder, root }
        }

        pub(in crate::compose) fn link(&self, to: &str, name: &str) {
            symlink(to, self.root.join(name)).expect("linked");
        }

        /// Asks something of a project with these files, whose service is `app`.
        pub(in crate::compose) fn request<T>(&self, files: &[&str], ask: impl FnOnce(&Request<'_>) -> T) -> T {
            let text = r#"{"dockerComposeFile": [], "service": "app"}"#;
            let spanned = |value: &str, span: Range<usize>| Spanned { value: value.to_owned(), span };
            let service = ComposeService {
                files: files.iter().map(|file| spanned(file, 22..24)).collect(),
                files_span: 22..24,
                service: spanned("app", 37..42),
                run_services: Vec::new(),
            };
            let config = ".devcontainer/devcontainer.json";
            ask(&Request { root: &self.root, folder: &self.root, config, text, service: &service, name: "calm-lamp" })
        }
    }

    #[track_caller]
    pub(in crate::compose) fn check_names(
        repository: &Repository,
        found: Result<Vec<PathBuf>, ConfigError>,
        expected: Result<&[&str], &str>,
    ) {
        match (found, expected) {
            (Ok(found), Ok(expected)) => {
                let expected: Vec<_> = expected.iter().map(|name| repository.root.join(name)).collect();
                assert_eq!(found, expected);
            }
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (found, expected) => panic!("{found:?}, expected {expected:?}"),
        }
    }
}

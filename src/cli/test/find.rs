//! The scenarios that are meant: files, read and held against each other and the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::error::{CliError, Kind};
use crate::repository;
use crate::scenario::{At, Case, Scenario, cases, load};

/// The folder that a repository has its scenarios in.
pub(super) const FOLDER: &str = ".localspace";

/// How many folders deep scenarios are looked for.
const DEPTH: usize = 8;

/// Folders that have none of a repository's own.
const NONE_OF_ITS_OWN: [&str; 4] = [".git", "node_modules", "target", "vendor"];

/// One codespace to be tested.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) scenario: Arc<Scenario>,
    pub(super) case: Case,
    /// The folder of the repository.
    pub(super) repository: PathBuf,
    pub(super) hub: Option<PathBuf>,
    pub(super) secrets_file: Option<PathBuf>,
}

/// Finds the scenarios of files and folders, and returns the codespaces that they are held against.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Planned>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        let about = std::fs::metadata(path).map_err(|error| {
            CliError::new(Kind::Usage, format!("cannot open {}: {error}", path.display()), Some(HINT.to_owned()))
        })?;
        if about.is_file() {
            files.push(path.clone());
        } else if path.file_name().is_some_and(|name| name == FOLDER) {
            files.extend(of_folder(path));
        } else {
            below(path.strip_prefix(".").unwrap_or(path), DEPTH, &mut files);
        }
    }
    files.sort();
    files.dedup();
    let mut planned = Vec::new();
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    let mut faults = Vec::new();
    for file in files {
        let read = load(&file).map_err(CliError::from).and_then(|scenario| {
            let (name, spot) = (scenario.name().value.clone(), scenario.name().spot);
            let place = format!("{}:{}:{}", scenario.file, spot.line, spot.column);
            if let Some(other) = named.insert(name.clone(), place.clone()) {
                let message = format!("{place}: the scenario of {other} has the same name: {name}");
                return Err(CliError::new(Kind::Usage, message, Some("give one of them another name".to_owned())));
            }
            on_disk(scenario, &file)
        });
        match read {
            Ok(all) => planned.extend(all),
            Err(fault) => faults.push(fault),
        }
    }
    let mut faults = faults.into_iter();
    match (faults.next(), faults.len()) {
        (None, _) => Ok(planned),
        (Some(first), 0) => Err(first),
        (Some(first), _) => Err(first.with(faults)),
    }
}

const HINT: &str = "name scenarios, or folders that have a .localspace folder";

/// Returns the scenarios of a folder of scenarios.
fn of_folder(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_scenario = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        // The hub's file is mostly beside them.
        let is_hub = path.file_stem().is_some_and(|stem| stem == "hub");
        ending.is_some_and(|ending| ["yaml", "yml"].contains(&ending)) && !is_hub && path.is_file()
    };
    entries.flatten().map(|entry| entry.path()).filter(is_scenario).collect()
}

/// Looks for folders of scenarios.
fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(here) else { return };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
        // No link is followed: what is elsewhere is tested there.
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) || NONE_OF_ITS_OWN.iter().any(|none| name == *none) {
            continue;
        }
        if name == FOLDER {
            files.extend(of_folder(&path));
        } else if depth > 0 {
            below(&path, depth - 1, files);
        }
    }
}

/// Holds a scenario against the disk, and returns its codespaces.
fn on_disk(scenario: Scenario, file: &Path) -> Result<Vec<Planned>, CliError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fault = |text: &At<String>, problem: String, hint: &str| {
        let place = format!("{}:{}:{}", scenario.file, text.spot.line, text.spot.column);
        CliError::new(Kind::Usage, format!("{place}: {problem}"), Some(hint.to_owned()))
    };
    let folder = folder.canonicalize()?;
    let Some(top) = Some(repository::top_of(&folder)).filter(|top| top.join(".git").exists()) else {
        let hint = "a scenario is a file of the repository that it tests: `git init` makes one";
        return Err(fault(scenario.name(), format!("{} is in no git repository", scenario.file), hint));
    };
    let repository = match scenario.path() {
        None => top.to_owned(),
        Some(text) => {
            let path = folder.join(&text.value).canonicalize().map_err(|error| {
                fault(
                    text,
                    format!("cannot open the repository's folder {}: {error}", text.value),
                    "paths are from this file on",
                )
            })?;
            if !path.starts_with(top) {
                let problem = format!("{} is outside of the repository that this file is in", text.value);
                return Err(fault(
                    text,
                    problem,
                    "a scenario tests the repository that it is a file of, or a folder of that",
                ));
            }
            if !path.is_dir() {
                return Err(fault(
                    text,
                    format!("{} is no folder", text.value),
                    "name the folder that has the .devcontainer",
                ));
            }
            path
        }
    };
    let beside = |text: Option<&At<String>>, what: &str| {
        text.map(|text| {
            let path = folder.join(&text.value);
            let told = || fault(text, format!("there is no {what} {}", text.value), "paths are from this file on");
            if path.is_file() { Ok(path) } else { Err(told()) }
        })
        .transpose()
    };
    let hub = beside(scenario.hub(), "hub's file")?;
    let secrets_file = beside(scenario.secrets_file(), "secrets file")?;
    let scenario = Arc::new(scenario);
    let planned = |case| Planned {
        scenario: Arc::clone(&scenario),
        case,
        repository: repository.clone(),
        hub: hub.clone(),
        secrets_file: secrets_file.clone(),
    };
    Ok(cases(&scenario).into_iter().map(planned).collect())
}

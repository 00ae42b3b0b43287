//! From a scenario's file to a scenario: what does not fit together is an error with its place.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::io::Read;
use std::path::Path;

use super::Scenario;
use super::at::{At, Spot};
use super::error::{Fault, ScenarioError};
use super::file::{MatrixEntry, ScenarioFile};
use super::steps::steps;
use super::validate::expect as valid;
use crate::codespace::RepositoryName;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// The longest name, in characters.
const MAX_NAME: usize = 200;

/// The newest version of the format.
const VERSION: u64 = 1;

/// Reads a scenario's file.
pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
    let file = path.display().to_string();
    let unreadable = |source| ScenarioError::Unreadable { file: file.clone(), source };
    let mut text = String::new();
    let opened = std::fs::File::open(path).map_err(unreadable)?;
    opened.take(MAX_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE {
        return Err(ScenarioError::TooLarge { file });
    }
    parse(&text, &file)
}

/// Reads the text of a scenario's file; `file` is what it is called.
pub fn parse(text: &str, file: &str) -> Result<Scenario, ScenarioError> {
    // Nothing at all is a map without names: what it wants is told.
    let text = if text.trim().is_empty() { "{}" } else { text };
    let read = serde_saphyr::from_str::<ScenarioFile>(text).map_err(|error| told(&error));
    read.and_then(|written| scenario(written, file)).map_err(|Fault { spot, problem, hint }| ScenarioError::Malformed {
        file: file.to_owned(),
        spot,
        problem,
        hint,
    })
}

/// Returns what a library says of a fault: its place, and one line.
fn told(error: &serde_saphyr::Error) -> Fault {
    let spot = error.location().map_or(Spot::START, Spot::from);
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or(line);
    Fault { hint: meant(line), ..Fault::new(spot, line) }
}

/// Returns what to do about a fault, where the library has told enough: the key or word that was meant, or quotes around what is no text.
fn meant(problem: &str) -> Option<String> {
    if problem.starts_with("invalid type")
        && (problem.contains("expected a text") || problem.contains("expected string"))
    {
        return Some("put it in quotes".to_owned());
    }
    let written = problem.split('`').nth(1)?;
    let (_, known) = problem.split_once("expected one of ")?;
    let nearest = crate::nearest::nearest(written, known.split(", ").map(|word| word.trim_matches('`')))?;
    Some(format!("did you mean `{nearest}`?"))
}

fn scenario(written: ScenarioFile, file: &str) -> Result<Scenario, Fault> {
    if let Some(version) = &written.version
        && version.value != VERSION
    {
        let problem = format!("version {} of the format is not known", version.value);
        return Err(Fault::new(version.spot, problem).hint(format!("this localspace knows version {VERSION}")));
    }
    name(&written.name)?;
    for (what, text) in [
        ("path", &written.path),
        ("config", &written.config),
        ("ref", &written.reference),
        ("hub", &written.hub),
        ("secrets_file", &written.secrets_file),
        ("user", &written.user),
    ] {
        if let Some(text) = text.as_ref().filter(|text| text.value.trim().is_empty()) {
            return Err(Fault::new(text.spot, format!("`{what}` is empty")).hint("leave it out, or say which"));
        }
    }
    let repository = match &written.repository {
        Some(text) => Some(text.value.parse::<RepositoryName>().map_err(|_| {
            Fault::new(text.spot, format!("`{}` is no repository: expected OWNER/NAME", text.value))
                .hint("`path` is for the folder that it is in")
        })?),
        None => None,
    };
    if let Some(At { value: runs, spot }) = &written.runs {
        listed("runs", *spot, &texts(runs))?;
    }
    if let Some(matrix) = &written.matrix {
        check_matrix(matrix, &written)?;
    }
    if let Some(expect) = &written.expect {
        valid(expect, &super::step::Action::Create(super::step::Of::Nothing), written.allow_initialize)?;
    }
    let steps = steps(&written)?;
    Ok(Scenario { file: file.to_owned(), repository, steps, written })
}

fn name(name: &At<String>) -> Result<(), Fault> {
    let text = &name.value;
    if text.trim().is_empty() {
        return Err(Fault::new(name.spot, "`name` is empty").hint("say in words what must be true"));
    }
    if text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
        let problem = format!("`name` is longer than {MAX_NAME} characters, or has line ends in it");
        return Err(Fault::new(name.spot, problem).hint("one short line is a name"));
    }
    Ok(())
}

fn check_matrix(matrix: &At<MatrixEntry>, written: &ScenarioFile) -> Result<(), Fault> {
    let At { value: MatrixEntry { config, user, prebuild, secrets }, spot } = matrix;
    let lists = [
        ("config", config.as_ref().map(|list| (list.spot, texts(&list.value)))),
        ("user", user.as_ref().map(|list| (list.spot, texts(&list.value)))),
        ("prebuild", prebuild.as_ref().map(|list| (list.spot, texts(&list.value)))),
        ("secrets", secrets.as_ref().map(|list| (list.spot, texts(&list.value)))),
    ];
    if lists.iter().all(|(_, list)| list.is_none()) {
        return Err(
            Fault::new(*spot, "`matrix` is empty").hint("leave it out, or list config, user, prebuild or secrets")
        );
    }
    for (what, (at, values)) in lists.iter().filter_map(|(what, list)| Some((what, list.as_ref()?))) {
        listed(what, *at, values)?;
    }
    let both = |what: &str, spot: Spot| {
        Fault::new(spot, format!("`{what}` is in the matrix and beside it")).hint("remove one of the two")
    };
    match (config, &written.config, user, &written.user, prebuild, &written.runs) {
        (Some(list), Some(_), ..) => return Err(both("config", list.spot)),
        (_, _, Some(list), Some(_), ..) => return Err(both("user", list.spot)),
        (.., Some(list), Some(_)) => {
            return Err(Fault::new(list.spot, "`prebuild` of the matrix and `runs` say the same thing twice")
                .hint("remove one of the two"));
        }
        _ => {}
    }
    match secrets {
        Some(list) if written.hub.is_none() && written.secrets_file.is_none() => {
            Err(Fault::new(list.spot, "`secrets` is in the matrix, and there are none to leave out")
                .hint("name a `hub` or a `secrets_file`"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Holds a list to have something in it, and nothing twice.
fn listed(what: &str, spot: Spot, values: &[(Spot, String)]) -> Result<(), Fault> {
    if values.is_empty() {
        return Err(Fault::new(spot, format!("`{what}` is empty")).hint("leave it out, or list values"));
    }
    for (index, (spot, value)) in values.iter().enumerate() {
        if values.iter().take(index).any(|(_, other)| other == value) {
            return Err(Fault::new(*spot, format!("`{value}` is there twice")).hint("remove one"));
        }
    }
    Ok(())
}

fn texts<T: ToString>(list: &[At<T>]) -> Vec<(Spot, String)> {
    list.iter().map(|one| (one.spot, one.value.to_string())).collect()
}

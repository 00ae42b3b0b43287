//! Files that a prebuild's commands have read, compared with what "on configuration change" watches: a push that changes only such a file leaves a
//! prebuild as it is that was made of it.

use serde::{Deserialize, Serialize};

use super::watched::Watched;

/// How many files are named.
const MOST: usize = 10;

/// Of so many files on, a command that has read every one has not meant them: git does so to see what has changed.
const ALL: usize = 5;

/// Names of files that say what a project depends on: a change of one changes what a prebuild would hold.
const TELLING: [&str; 26] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "Cargo.lock",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "Gemfile.lock",
    "composer.lock",
    "go.sum",
    "packages.lock.json",
    "package.json",
    "Cargo.toml",
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
    "setup.py",
    "Gemfile",
    "composer.json",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "Makefile",
];

/// What the commands of a prebuild have read that makes no new one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Drift {
    /// The files, those that tell the most first.
    pub files: Vec<ReadFile>,
    /// How many more there are.
    pub more: usize,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReadFile {
    /// Its path in the repository.
    pub path: String,
    /// The phases in which it was.
    pub phases: Vec<String>,
}

/// What a phase has read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The phase.
    pub phase: String,
    /// Paths in the repository.
    pub files: Vec<String>,
}

impl Drift {
    /// Returns it where it is not known.
    pub fn unknown(why: &str) -> Self {
        Self { unknown: Some(why.to_owned()), ..Self::default() }
    }

    /// Decides: of what the phases have read, of so many files that git tracks, that which is no part of the configuration.
    pub fn of(watched: &Watched, tracked: usize, reads: &[Reads]) -> Self {
        let mut files: Vec<ReadFile> = Vec::new();
        let mut unknown = None;
        for Reads { phase, files: read } in reads {
            if read.len() >= tracked && tracked >= ALL {
                unknown = Some(format!("{phase} has read every file of the repository, as `git status` does"));
                continue;
            }
            for path in read.iter().filter(|path| !watched.has(path)) {
                match files.iter_mut().find(|one| one.path == *path) {
                    Some(known) => known.phases.push(phase.clone()),
                    None => files.push(ReadFile { path: path.clone(), phases: vec![phase.clone()] }),
                }
            }
        }
        files.sort_by_cached_key(|one| (rank(&one.path), one.path.clone()));
        let more = files.len().saturating_sub(MOST);
        files.truncate(MOST);
        Self { files, more, unknown }
    }

    /// Says it, a line each.
    pub fn lines(&self) -> Vec<String> {
        let line = |one: &ReadFile| {
            format!(
                "{} was read by {}: a push that changes only it makes no new prebuild \"on configuration change\"",
                one.path,
                one.phases.join(" and ")
            )
        };
        let mut lines: Vec<String> = self.files.iter().map(line).collect();
        if self.more > 0 {
            lines.push(format!("and {} more files", self.more));
        }
        lines.extend(self.unknown.iter().map(|why| format!("which files the commands need is not known: {why}")));
        lines
    }
}

/// Returns where a file stands in the order: what locks dependencies first, then what names them, then all others.
fn rank(path: &str) -> usize {
    let name = path.rsplit('/').next().unwrap_or(path);
    TELLING.iter().position(|one| *one == name).unwrap_or(TELLING.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(phase: &str, files: &[&str]) -> Reads {
        Reads { phase: phase.to_owned(), files: files.iter().map(|&file| file.to_owned()).collect() }
    }

    #[test]
    fn what_was_read_and_is_no_configuration_is_told_of() {
        let watched = Watched::of(".devcontainer/devcontainer.json", ["Dockerfile"]);
        let all = [
            reads("onCreateCommand", &[".devcontainer/setup.sh", "Dockerfile", "a.txt", "package-lock.json"]),
            reads("updateContentCommand", &["a.txt", "sub/package.json"]),
        ];
        let drift = Drift::of(&watched, 20, &all);
        let told: Vec<(&str, usize)> = drift.files.iter().map(|one| (one.path.as_str(), one.phases.len())).collect();
        assert_eq!(told, [("package-lock.json", 1), ("sub/package.json", 1), ("a.txt", 2)]);
        assert_eq!(
            drift.lines().last().map(String::as_str),
            Some(
                "a.txt was read by onCreateCommand and updateContentCommand: a push that changes only it makes no new prebuild \"on configuration change\""
            )
        );
        assert!(Drift::of(&watched, 20, &[]).lines().is_empty());
    }

    #[test]
    fn a_long_list_is_cut_and_one_of_everything_tells_nothing() {
        let names: Vec<String> = (0..15).map(|at| format!("f{at:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).chain(["go.sum"]).collect();
        let watched = Watched::default();
        let drift = Drift::of(&watched, 20, &[reads("onCreateCommand", &names)]);
        assert_eq!((drift.files.len(), drift.more, drift.files[0].path.as_str()), (10, 6, "go.sum"));
        assert_eq!(drift.lines().last().map(String::as_str), Some("and 6 more files"));
        let all = Drift::of(&watched, 16, &[reads("onCreateCommand", &names)]);
        assert!(all.files.is_empty() && all.lines()[0].contains("as `git status` does"), "{all:?}");
    }
}

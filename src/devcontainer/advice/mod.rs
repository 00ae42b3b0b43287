//! What reading a configuration, and the files that it names, can show of what goes wrong in a codespace later (codespaces-facts.md
//! section 5): `config --check`.

mod base;
mod compose;
mod dockerfile;
mod hooks;
mod images;
mod machine;
mod older;
mod packages;
mod places;
mod prebuild;
mod repositories;
mod runs;
mod scripts;
mod secrets;
mod shell;
mod users;

use base::Base;
use compose::Project;
pub use secrets::uses as uses_variable;

use super::configuration::Configuration;
use super::document::{ConfigError, Document, place};
use super::feature::Metadata;
use super::finding::{Finding, Rule, Severity};
use super::jsonc::{Content, Node};

/// A repository's files, as far as a check looks at them. What is not looked for cannot be read.
pub trait RepositoryFiles {
    /// Looks a script up, by its path in the folder that is opened.
    fn script(&self, _path: &str) -> Option<Script> {
        None
    }

    /// Returns the text of a file that is named from the configuration's folder, with its path for what is said about it.
    fn beside(&self, _path: &str) -> Named {
        Named::Unreadable
    }

    /// Returns the text of a file by its path in the folder that is opened.
    fn text(&self, _path: &str) -> Option<String> {
        None
    }

    /// Returns the paths of configurations that stand where Codespaces does not look.
    fn misplaced(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What is known of a script of the repository.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// How it begins.
    pub start: Vec<u8>,
    /// Somebody may execute it.
    pub is_executable: bool,
}

/// A file that a configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// It is there.
    There {
        /// Its path, for people.
        path: String,
        /// What it holds.
        text: String,
    },
    /// It is there, and cannot be read: nothing is said of it.
    Unreadable,
    /// There is none, or it lies outside the repository.
    Missing,
}

/// What lies in an image that the engine has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageFacts {
    /// The names of its users.
    pub users: Vec<String>,
    /// It has an SSH server.
    pub has_ssh_server: bool,
    /// Its apt knows yarn's packages.
    pub has_yarn_list: bool,
}

/// What is known beside the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What lies in the [`base_image`], where the engine has that.
    pub image: Option<ImageFacts>,
    /// Who owns the repository on GitHub.
    pub owner: Option<String>,
}

/// What is to be said about one file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Its path, for people; empty where there is no configuration.
    pub file: String,
    text: String,
    /// What is to be said.
    pub findings: Vec<Finding>,
}

impl Advice {
    fn new(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.to_owned(), findings: Vec::new() }
    }

    /// Returns what is to be said about a configuration that cannot be read.
    pub fn of_error(error: ConfigError) -> Self {
        let ConfigError { file, text, span, problem, hint } = error;
        Self { file, text, findings: vec![Finding { rule: Rule::Unreadable, span, problem, hint }] }
    }

    /// Returns what is to be said about a Feature's own file; nothing where there is nothing to say.
    pub fn of_feature(metadata: &Metadata) -> Option<Self> {
        let findings = metadata.findings.clone();
        (!findings.is_empty()).then(|| Self { findings, ..Self::new(&metadata.file, &metadata.text) })
    }

    /// Returns the line and column of a byte, both counted from 1.
    pub fn place(&self, at: usize) -> (usize, usize) {
        place(&self.text, at)
    }

    /// Returns the line that a finding is about, with a caret under the place; nothing where the file has no such line.
    pub fn excerpt(&self, finding: &Finding) -> Option<String> {
        Document { text: &self.text, file: &self.file }.error(finding.span.clone(), "").excerpt()
    }

    /// Tells whether one of the findings is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.rule.severity_in_check() == Severity::Error)
    }
}

/// Returns the image that a container is made from, or its Dockerfile begins with; nothing where that is not in the files.
pub fn base_image(config: &Configuration, files: &dyn RepositoryFiles) -> Option<String> {
    Base::of(config, Project::read(config, files).as_ref(), files).map(|base| base.image)
}

/// Returns everything that is to be said about a configuration and the files that it names; the configuration comes first.
pub fn advise(config: &Configuration, files: &dyn RepositoryFiles, known: &Known) -> Vec<Advice> {
    let facts = known.image.as_ref();
    let mut own = Advice::new(&config.file, &config.text);
    let findings = &mut own.findings;
    findings.extend(config.findings.iter().filter(|one| !one.rule.is_ours()).cloned());
    let root = &config.root;
    let texts = runs::texts(root, files);
    let mut told = runs::Told::default();
    hooks::look(&texts, &mut told);
    scripts::look(&texts, files, &mut told);
    prebuild::look(&texts, &mut told);
    repositories::over_ssh(&texts, &mut told);
    secrets::before_a_prebuild_ends(root, &texts, &mut told);
    findings.extend(told.own);
    secrets::look(root, findings);
    repositories::look(root, findings);
    machine::look(root, findings);
    older::look(root, findings);
    images::look(config, files, findings);
    let project = Project::read(config, files);
    let base = Base::of(config, project.as_ref(), files);
    users::look(config, base.as_ref(), facts, findings);
    base::look(config, base.as_ref(), facts, findings);
    packages::look(config, base.as_ref(), known.owner.as_deref(), findings);
    let dockerfiles = dockerfile::look(config, project.as_ref(), files);
    let others = project.map(|project| project.look(config, base.as_ref(), facts, findings));
    let mut all = vec![own];
    all.extend(dockerfiles);
    all.extend(others.into_iter().flatten());
    all.extend(told.scripts);
    all.extend(repositories::submodules(&texts, files));
    all.extend(places::look(files));
    for advice in &mut all {
        advice.findings.sort_by_key(|finding| finding.span.start);
    }
    all.retain(|advice| advice.file == config.file || !advice.findings.is_empty());
    all
}

fn finding(rule: Rule, node: &Node, problem: String, hint: &str) -> Finding {
    Finding { rule, span: node.span.clone(), problem, hint: Some(hint.to_owned()) }
}

/// Tells whether a configuration names a Feature, which may make users and install anything.
fn installs_features(config: &Configuration) -> bool {
    config.root.get("features").is_some_and(|features| features.node.last_of_each().next().is_some())
}

/// Calls a function with every text in a value.
fn each_text(node: &Node, found: &mut impl FnMut(&Node, &str)) {
    match &node.content {
        Content::Text(text) => found(node, text),
        Content::List(items) => items.iter().for_each(|item| each_text(item, found)),
        Content::Object(members) => members.iter().for_each(|member| each_text(&member.node, found)),
        Content::Null | Content::Bool(_) | Content::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;

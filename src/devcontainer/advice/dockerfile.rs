//! A Dockerfile: secrets that no build has, and commands that ask (facts rows 13 and 17).

use std::ops::Range;

use super::super::configuration::{Configuration, Kind};
use super::super::dockerfile::{Instruction, instructions, split};
use super::super::finding::{Finding, Rule};
use super::super::jsonc::{Content, Node};
use super::compose::{Build, Project, variables};
use super::hooks::waits;
use super::secrets::{declared, is_like_a_secret};
use super::shell::parts;
use super::{Advice, Named, RepositoryFiles};

/// Looks at the Dockerfiles that a configuration, or a service of its, is built from.
pub(super) fn look(config: &Configuration, project: Option<&Project>, files: &dyn RepositoryFiles) -> Vec<Advice> {
    let builds = match &config.kind {
        Kind::Dockerfile(named) => {
            let args = config.root.get("build").and_then(|build| build.node.get("args"));
            let args = args.into_iter().flat_map(|args| args.node.last_of_each()).map(|arg| arg.name.clone());
            vec![Build { dockerfile: named.value.clone(), args: args.collect(), has_target: false }]
        }
        Kind::Compose { .. } => project.map(Project::builds).unwrap_or_default(),
        Kind::Image(_) | Kind::Default => Vec::new(),
    };
    let mut all: Vec<Advice> = Vec::new();
    for build in builds {
        let Named::There { path, text } = files.beside(&build.dockerfile) else { continue };
        if !all.iter().any(|advice| advice.file == path) {
            let findings = findings(&config.root, &text, &build.args);
            all.push(Advice { findings, ..Advice::new(&path, &text) });
        }
    }
    all
}

fn findings(root: &Node, text: &str, given: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let all = instructions(text);
    let of = |keyword: &'static str| all.iter().filter(move |one| one.keyword == keyword);
    // Those that have a value, and those that are told already.
    let mut filled = given.to_vec();
    for instruction in of("ARG") {
        arguments(root, text, instruction, &mut filled, &mut findings);
    }
    for instruction in of("ENV") {
        environment(root, text, instruction, &filled, &mut findings);
    }
    for instruction in of("RUN") {
        secret_mount(root, text, instruction, &mut findings);
        asks(text, instruction, &mut findings);
    }
    findings
}

/// What to do where a secret is wanted in a build.
const LATER: &str = "use it in postCreateCommand, where secrets are in the environment";

fn empty_secret(name: &str, span: Range<usize>) -> Finding {
    let problem = format!("{name} is empty on Codespaces: no secret is there while an image is built");
    Finding { rule: Rule::SecretAtBuild, span, problem, hint: Some(LATER.to_owned()) }
}

/// An argument that only a secret could fill is empty: nothing else gives it a value.
fn arguments(
    root: &Node,
    text: &str,
    instruction: &Instruction,
    filled: &mut Vec<String>,
    findings: &mut Vec<Finding>,
) {
    for word in split(&instruction.rest) {
        let (name, default) = word.split_once('=').unwrap_or((&word, ""));
        let is_secret = is_like_a_secret(name) || declared(root).contains(&name);
        let is_filled = filled.iter().any(|one| one == name) || !default.trim_matches(['"', '\'']).is_empty();
        if is_secret && !is_filled {
            findings.push(empty_secret(name, place(text, instruction, name)));
        }
        filled.push(name.to_owned());
    }
}

/// `ENV NPM_TOKEN=$NPM_TOKEN`, where there is no such argument.
fn environment(root: &Node, text: &str, instruction: &Instruction, filled: &[String], findings: &mut Vec<Finding>) {
    let is_secret = |name: &&str| is_like_a_secret(name) || declared(root).contains(name);
    let is_filled = |name: &&str| filled.iter().any(|one| one == name);
    if let Some(name) = variables(&instruction.rest).find(|name| is_secret(name) && !is_filled(name)) {
        findings.push(empty_secret(name, place(text, instruction, name)));
    }
}

/// A secret of BuildKit's is one that `build.options` gives.
fn secret_mount(root: &Node, text: &str, instruction: &Instruction, findings: &mut Vec<Finding>) {
    let mut flags = instruction.rest.split_whitespace().take_while(|word| word.starts_with("--"));
    let Some(mount) = flags.find(|flag| flag.starts_with("--mount=") && flag.contains("type=secret")) else { return };
    let options = root.get("build").and_then(|build| build.node.get("options"));
    let is_secret = |node: &Node| node.text().is_some_and(|option| option.starts_with("--secret"));
    let is_given = options.is_some_and(|options| match &options.node.content {
        Content::List(items) => items.iter().any(is_secret),
        Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::Object(_) => false,
    });
    if !is_given {
        let problem = "nothing gives this build a secret: none is there while an image is built".to_owned();
        let (span, hint) = (place(text, instruction, mount), Some(LATER.to_owned()));
        findings.push(Finding { rule: Rule::SecretAtBuild, span, problem, hint });
    }
}

fn asks(text: &str, instruction: &Instruction, findings: &mut Vec<Finding>) {
    // A list of words needs no shell, and apt may have been told once for all.
    if instruction.rest.starts_with('[') || text.contains("Assume-Yes") {
        return;
    }
    for part in parts(without_flags(&instruction.rest)) {
        let Some(missing) = waits(&part, text) else { continue };
        let problem = format!("a build waits for input that nobody gives: {missing}");
        let hint = Some("commands of a build have to answer their questions themselves".to_owned());
        let span =
            place(text, instruction, &part.words.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" "));
        findings.push(Finding { rule: Rule::WaitsForInput, span, problem, hint });
    }
}

/// Returns a step's command: flags such as `--mount=…` are the build's own.
fn without_flags(rest: &str) -> &str {
    let rest = rest.trim_start();
    if !rest.starts_with("--") {
        return rest;
    }
    rest.split_once(char::is_whitespace).map_or("", |(_, rest)| without_flags(rest))
}

/// Returns where something stands in an instruction; the instruction's first line where it cannot be found.
fn place(text: &str, instruction: &Instruction, wanted: &str) -> Range<usize> {
    let mut start = 0;
    let mut first = None;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if instruction.lines.contains(&at) {
            if let Some(found) = line.find(wanted) {
                return start + found..start + found + wanted.len();
            }
            let blank = line.len() - line.trim_start().len();
            first.get_or_insert(start + blank..start + line.trim_end().len().max(blank));
        }
        start += line.len();
    }
    first.unwrap_or(0..0)
}

//! A Dockerfile: secrets that no build has, and commands that ask (facts rows 13 and 17).

use std::ops::Range;

use super::super::configuration::{Configuration, Kind};
use super::super::dockerfile::{Instruction, instructions, split};
use super::super::finding::{Finding, Rule};
use super::super::jsonc::{Content, Node};
use super::hooks::{parts, waits};
use super::secrets::{declared, is_like_a_secret};
use super::{Advice, Named, RepositoryFiles};

/// Looks at the Dockerfile that a configuration names.
pub(super) fn look(config: &Configuration, files: &dyn RepositoryFiles) -> Option<Advice> {
    let Kind::Dockerfile(named) = &config.kind else { return None };
    let Named::There { path, text } = files.beside(&named.value) else { return None };
    let mut advice = Advice::new(&path, &text);
    for instruction in instructions(&text) {
        match instruction.keyword.as_str() {
            "ARG" => argument(&config.root, &text, &instruction, &mut advice.findings),
            "RUN" => {
                secret_mount(&config.root, &text, &instruction, &mut advice.findings);
                asks(&text, &instruction, &mut advice.findings);
            }
            _ => {}
        }
    }
    Some(advice)
}

/// An argument that only a secret could fill is empty: nothing else gives it a value.
fn argument(root: &Node, text: &str, instruction: &Instruction, findings: &mut Vec<Finding>) {
    let args = root.get("build").and_then(|build| build.node.get("args"));
    for word in split(&instruction.rest) {
        let (name, default) = word.split_once('=').unwrap_or((&word, ""));
        let is_secret = is_like_a_secret(name) || declared(root).contains(&name);
        let is_given = args.is_some_and(|args| args.node.get(name).is_some());
        if !is_secret || is_given || !default.trim_matches(['"', '\'']).is_empty() {
            continue;
        }
        let problem = format!("{name} is empty on Codespaces: no secret is there while an image is built");
        let hint = Some("use it in postCreateCommand, where secrets are in the environment".to_owned());
        findings.push(Finding { rule: Rule::SecretAtBuild, span: place(text, instruction, name), problem, hint });
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
        let hint = Some("use it in postCreateCommand, where secrets are in the environment".to_owned());
        findings.push(Finding { rule: Rule::SecretAtBuild, span: place(text, instruction, mount), problem, hint });
    }
}

fn asks(text: &str, instruction: &Instruction, findings: &mut Vec<Finding>) {
    // A list of words needs no shell, and apt may have been told once for all.
    if instruction.rest.starts_with('[') || text.contains("Assume-Yes") {
        return;
    }
    for part in parts(&instruction.rest).iter().filter(|part| !part.has_input) {
        let words: Vec<&str> =
            part.words.iter().map(String::as_str).skip_while(|word| word.starts_with("--")).collect();
        let Some(missing) = waits(&words) else { continue };
        let problem = format!("a build waits for input that nobody gives: {missing}");
        let hint = Some("commands of a build have to answer their questions themselves".to_owned());
        let span = place(text, instruction, &words.iter().take(2).copied().collect::<Vec<_>>().join(" "));
        findings.push(Finding { rule: Rule::WaitsForInput, span, problem, hint });
    }
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

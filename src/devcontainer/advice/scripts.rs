//! Scripts of the repository that lifecycle commands name (facts row 19).

use super::super::finding::{Finding, Rule};
use super::super::jsonc::Node;
use super::super::schema::HOOKS;
use super::hooks::{commands, parts};
use super::{RepositoryFiles, Script, finding};

/// Looks at the scripts of every hook.
pub(super) fn look(root: &Node, files: &dyn RepositoryFiles, findings: &mut Vec<Finding>) {
    for hook in HOOKS {
        let Some(member) = root.get(hook) else { continue };
        for (node, command) in commands(&member.node) {
            for part in parts(&command) {
                let Some((path, called)) = script(&part.words) else { continue };
                let Some(file) = files.script(path) else { continue };
                look_at(hook, node, path, called, &file, findings);
            }
        }
    }
}

/// How a script is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Called {
    /// By itself, so that it has to be executable.
    Itself,
    /// By a shell.
    ByShell,
}

/// Returns the script that a command runs, as a path in the repository.
fn script(words: &[String]) -> Option<(&str, Called)> {
    let inside = |word: &'_ str| -> bool {
        !word.starts_with(['/', '~', '$', '-']) && !word.split('/').any(|part| part == "..")
    };
    let first = words.first()?.as_str();
    let (word, called) = if ["bash", "sh", "zsh", "dash", ".", "source"].contains(&first) {
        let word = words.iter().skip(1).find(|word| !word.starts_with('-'))?;
        let is_text = words.iter().any(|word| word.starts_with('-') && word.ends_with('c'));
        if is_text {
            return None;
        }
        (word.as_str(), Called::ByShell)
    } else if first.contains('/') {
        (first, Called::Itself)
    } else {
        return None;
    };
    let word = word.strip_prefix("${containerWorkspaceFolder}/").unwrap_or(word);
    inside(word).then(|| (word.trim_start_matches("./"), called))
}

fn look_at(hook: &str, node: &Node, path: &str, called: Called, file: &Script, findings: &mut Vec<Finding>) {
    if called == Called::Itself && !file.is_executable {
        let problem = format!("{hook} runs {path}, which is not executable: it ends with exit code 126");
        findings.push(finding(Rule::NotExecutable, node, problem, "git update-index --chmod=+x, or run it with bash"));
    }
    let first_line = file.start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if first_line.ends_with(b"\r") {
        let problem = format!(
            "{hook} runs {path}, whose lines end in CRLF: its interpreter is not found, or its commands are not"
        );
        findings.push(finding(Rule::LineEnds, node, problem, "store it with LF: `*.sh text eol=lf` in .gitattributes"));
    }
}

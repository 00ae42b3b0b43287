//! Work that a prebuild could have done (facts row 33).

use super::super::finding::{Finding, Rule};
use super::super::jsonc::Node;
use super::finding;
use super::hooks::{commands, parts};
use super::secrets::is_like_a_secret;

/// Looks at `postCreateCommand`, which a prebuild does not run.
pub(super) fn look(root: &Node, findings: &mut Vec<Finding>) {
    for (node, command) in root.get("postCreateCommand").into_iter().flat_map(|member| commands(&member.node)) {
        // What needs a secret may need one that a prebuild does not have.
        if command.split(|one: char| !one.is_ascii_alphanumeric() && one != '_').any(is_like_a_secret) {
            continue;
        }
        let all = parts(&command);
        let Some(part) = all.iter().find(|part| fetches_dependencies(&part.words)) else { continue };
        let what = part.words.iter().take(3).cloned().collect::<Vec<_>>().join(" ");
        let problem =
            format!("postCreateCommand runs `{what}`, which a prebuild does not: each new codespace waits for it");
        let hint = "where it needs no secret of a person's and no registry login, updateContentCommand runs it in a prebuild too";
        findings.push(finding(Rule::CouldBePrebuilt, node, problem, hint));
    }
}

/// Tells whether a command fetches or builds what a project depends on.
fn fetches_dependencies(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["npm", "ci" | "install" | "i", rest @ ..] => {
            rest.iter().all(|word| word.starts_with('-') && *word != "-g" && *word != "--global")
        }
        ["pip" | "pip3", "install", rest @ ..] => rest.iter().any(|word| ["-r", "--requirement", "-e"].contains(word)),
        ["yarn"]
        | ["yarn" | "pnpm" | "bun", "install" | "i", ..]
        | ["bundle" | "composer" | "poetry" | "pipenv", "install", ..]
        | ["uv", "sync", ..]
        | ["cargo", "fetch" | "build", ..]
        | ["go", "mod", "download", ..]
        | ["dotnet", "restore", ..] => true,
        _ => false,
    }
}

//! What reading a configuration alone can show of what goes wrong in a codespace later (codespaces-facts.md section 5): `config --check`.

mod hooks;
mod scripts;

use super::configuration::Configuration;
use super::finding::{Finding, Rule};
use super::jsonc::{Content, Node};

pub use scripts::{RepositoryFile, RepositoryFiles};

/// Returns everything that is to be said about a configuration, in the order of the file.
pub fn advise(config: &Configuration, files: &RepositoryFiles<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = config.findings.iter().filter(|one| !one.rule.is_ours()).cloned().collect();
    hooks::look(&config.root, &mut findings);
    scripts::look(&config.root, files, &mut findings);
    secrets_at_build_time(&config.root, &mut findings);
    secret_names(&config.root, &mut findings);
    repositories(&config.root, &mut findings);
    older(&config.root, &mut findings);
    findings.sort_by_key(|finding| finding.span.start);
    findings
}

fn finding(rule: Rule, node: &Node, problem: String, hint: &str) -> Finding {
    Finding { rule, span: node.span.clone(), problem, hint: Some(hint.to_owned()) }
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

/// Facts row 13: secrets do not exist while an image is built, and Features are installed.
fn secrets_at_build_time(root: &Node, findings: &mut Vec<Finding>) {
    let declared: Vec<&str> = root
        .get("secrets")
        .map(|secrets| secrets.node.last_of_each().map(|one| one.name.as_str()).collect())
        .unwrap_or_default();
    for property in ["build", "features"] {
        let Some(member) = root.get(property) else { continue };
        each_text(&member.node, &mut |node, text| {
            let Some(name) = local_variables(text).find(|name| declared.contains(name) || is_like_a_secret(name))
            else {
                return;
            };
            let problem = format!(
                "`{property}` uses the secret {name}: no secret is there while an image is built, so this is empty on Codespaces"
            );
            findings.push(finding(
                Rule::SecretAtBuild,
                node,
                problem,
                "use it in postCreateCommand, where secrets are in the environment",
            ));
        });
    }
}

/// Returns the names in `${localEnv:NAME}` and `${env:NAME}`.
fn local_variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|after| {
        let variable = after.split('}').next()?;
        let (kind, name) = variable.split_once(':')?;
        ["localEnv", "env"].contains(&kind).then(|| name.split(':').next()).flatten()
    })
}

/// Tells whether a variable's name is one that people give to secrets.
fn is_like_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    ["TOKEN", "PASSWORD", "PASSWD", "SECRET", "PAT", "APIKEY", "CREDENTIALS"].contains(&last)
        || ["_API_KEY", "_SECRET_KEY", "_ACCESS_KEY", "_PRIVATE_KEY"].iter().any(|end| name.ends_with(end))
}

/// Facts row 14: names that GitHub does not take.
fn secret_names(root: &Node, findings: &mut Vec<Finding>) {
    for member in root.get("secrets").into_iter().flat_map(|secrets| secrets.node.last_of_each()) {
        if member.name.to_ascii_uppercase().starts_with("GITHUB_") {
            let problem = format!(
                "no secret may be called {}: GitHub keeps names that begin with GITHUB_ to itself",
                member.name
            );
            let hint = Some("choose another name".to_owned());
            findings.push(Finding { rule: Rule::SecretName, span: member.name_span.clone(), problem, hint });
        }
    }
}

/// Facts row 12: what a prebuild cannot be given.
fn repositories(root: &Node, findings: &mut Vec<Finding>) {
    let codespaces = root.get("customizations").and_then(|one| one.node.get("codespaces"));
    let repositories = codespaces.and_then(|one| one.node.get("repositories"));
    for member in
        repositories.into_iter().flat_map(|one| one.node.last_of_each()).filter(|member| member.name.ends_with("/*"))
    {
        let problem =
            format!("a prebuild is not given access to {}: Codespaces supports no wildcard there", member.name);
        let hint = Some("name each repository, or give the prebuild a CODESPACES_PREBUILD_TOKEN".to_owned());
        findings.push(Finding { rule: Rule::PrebuildAccess, span: member.name_span.clone(), problem, hint });
    }
}

/// Names that still act, and those that a newer one beside them leaves without effect.
fn older(root: &Node, findings: &mut Vec<Finding>) {
    let new_build = root.get("build").and_then(|build| build.node.get("dockerfile")).is_some();
    let old_build = root.get("dockerFile").is_some();
    for (name, acts, newer) in [
        ("extensions", true, "customizations.vscode.extensions"),
        ("settings", true, "customizations.vscode.settings"),
        ("devPort", true, "customizations.vscode.devPort"),
        ("codespaces", false, "customizations.codespaces"),
        ("dockerFile", true, "build.dockerfile"),
        // Only beside `dockerFile`.
        ("context", old_build, "build.context"),
    ] {
        let Some(member) = root.get(name) else { continue };
        let effect = if acts { "is an older name" } else { "has no effect" };
        let problem = format!("`{name}` {effect}: it is `{newer}` today");
        findings.push(Finding {
            rule: Rule::Deprecated,
            span: member.span(),
            problem,
            hint: Some(format!("write `{newer}`")),
        });
    }
    if let (true, Some(member)) = (new_build, root.get("dockerFile")) {
        let problem = "`dockerFile` and `build.dockerfile` are both there: `dockerFile` counts".to_owned();
        findings.push(Finding {
            rule: Rule::Conflict,
            span: member.span(),
            problem,
            hint: Some("keep one of them".to_owned()),
        });
    }
}

#[cfg(test)]
mod tests;

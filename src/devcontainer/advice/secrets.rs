//! Secrets where there are none yet, and names that none can have.

use super::super::finding::{Finding, Rule};
use super::super::jsonc::Node;
use super::runs::{Text, Told};
use super::shell::Part;
use super::{each_text, finding};

/// How many secrets GitHub keeps for a person (codespaces-facts.md section 2).
const MOST: usize = 100;

/// Looks at every use of a secret.
pub(super) fn look(root: &Node, findings: &mut Vec<Finding>) {
    at_build_time(root, findings);
    names(root, findings);
}

/// Returns the names of the secrets that each person is asked for.
pub(super) fn declared(root: &Node) -> Vec<&str> {
    let secrets = root.get("secrets").into_iter().flat_map(|secrets| secrets.node.last_of_each());
    secrets.map(|one| one.name.as_str()).collect()
}

/// Facts row 13: secrets do not exist while an image is built, and Features are installed.
fn at_build_time(root: &Node, findings: &mut Vec<Finding>) {
    let declared = declared(root);
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
pub(super) fn is_like_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    ["TOKEN", "PASSWORD", "PASSWD", "SECRET", "PAT", "APIKEY", "CREDENTIALS"].contains(&last)
        || ["_API_KEY", "_SECRET_KEY", "_ACCESS_KEY", "_PRIVATE_KEY"].iter().any(|end| name.ends_with(end))
}

/// Facts row 14: names that GitHub does not take.
fn names(root: &Node, findings: &mut Vec<Finding>) {
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
    if let Some(secrets) = root.get("secrets").filter(|secrets| secrets.node.last_of_each().count() > MOST) {
        let problem = format!("GitHub keeps {MOST} secrets for a person, and these are more");
        let hint = Some("join some of them in one".to_owned());
        findings.push(Finding { rule: Rule::SecretName, span: secrets.name_span.clone(), problem, hint });
    }
}

/// Facts row 11: what a person is asked for is a secret of that person's, and a prebuild is nobody's.
pub(super) fn before_a_prebuild_ends(root: &Node, texts: &[Text<'_>], told: &mut Told) {
    let declared = declared(root);
    for text in texts.iter().filter(|text| ["onCreateCommand", "updateContentCommand"].contains(&text.hook)) {
        let Some(name) = declared.iter().find(|name| uses(&text.whole, name)) else { continue };
        let does = |part: &&Part| part.words.iter().chain(&part.assigned).any(|word| uses(word, name));
        let Some(part) = text.parts.iter().find(does).or(text.parts.first()) else { continue };
        let problem = format!(
            "{} uses {name}, which `secrets` asks each person for: in a prebuild it is empty, as that has no secrets of a person's",
            text.hook
        );
        let hint = "use it in postCreateCommand, or make it a secret of the repository's";
        told.tell(text, part, Rule::UserSecret, problem, hint);
    }
}

/// Tells whether a shell's text has a variable's value in it.
pub fn uses(command: &str, name: &str) -> bool {
    command.split('$').skip(1).any(|after| {
        let after = after.strip_prefix('{').unwrap_or(after);
        let rest = after.strip_prefix(name);
        rest.is_some_and(|rest| !rest.starts_with(|one: char| one.is_ascii_alphanumeric() || one == '_'))
    })
}

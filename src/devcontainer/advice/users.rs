//! Users that an image does not have (facts row 18).

use std::ops::Range;

use super::super::configuration::Configuration;
use super::super::dockerfile::instructions;
use super::super::finding::{Finding, Rule};
use super::ImageFacts;
use super::base::Base;

/// Official images that have no user for people.
const BARE: [&str; 10] =
    ["alpine", "buildpack-deps", "busybox", "debian", "gcc", "golang", "php", "python", "ruby", "rust"];

/// Users that other images have, so that they are asked for.
const USERS: [&str; 3] = ["vscode", "codespace", "node"];

/// What makes users, in a Dockerfile: whoever has one of these may have any user.
const MAKERS: [&str; 7] = ["useradd", "adduser", "passwd", "usermod", ".sh", "http", "COPY --from"];

/// Looks at the users that a configuration names. What cannot be known for certain is not told: an image that the engine has is looked into, of
/// others a few are known.
pub(super) fn look(
    config: &Configuration,
    base: Option<&Base>,
    facts: Option<&ImageFacts>,
    findings: &mut Vec<Finding>,
) {
    let Some(base) = base else { return };
    for property in ["remoteUser", "containerUser"] {
        let Some(member) = config.root.get(property) else { continue };
        let Some(user) = member.node.text().and_then(|text| text.split(':').next()) else { continue };
        findings.extend(is_missing(user, member.node.span.clone(), base, facts));
    }
}

/// Returns what is to be said of a user that is not in an image.
pub(super) fn is_missing(user: &str, span: Range<usize>, base: &Base, facts: Option<&ImageFacts>) -> Option<Finding> {
    let Base { image, dockerfile, .. } = base;
    // A step of a Dockerfile may make any user, as a package does; these come with images alone.
    let may_be_made = may_make_users(base) || dockerfile.is_some() && !USERS.contains(&user);
    if may_be_made || !is_unknown(user, image, facts) {
        return None;
    }
    let problem = format!("{image} has no user `{user}`: nothing can run as it");
    let hint = "make it in a Dockerfile, or take an image that has it, such as mcr.microsoft.com/devcontainers/base";
    Some(Finding { rule: Rule::UserMissing, span, problem, hint: Some(hint.to_owned()) })
}

fn is_unknown(user: &str, image: &str, facts: Option<&ImageFacts>) -> bool {
    // A number needs no name.
    if user.is_empty() || user.contains('$') || user.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    if let Some(facts) = facts {
        return !facts.users.iter().any(|known| known == user);
    }
    let name = image.trim_start_matches("docker.io/").trim_start_matches("library/");
    let name = name.split([':', '@']).next().unwrap_or_default();
    BARE.contains(&name) && USERS.contains(&user)
}

/// Tells whether something makes users of which nothing is known: a Feature, a choice in a build, a step of it.
fn may_make_users(base: &Base) -> bool {
    let makes = |text: &str| MAKERS.iter().chain(&USERS).any(|maker| text.contains(maker));
    base.has_choices
        || base.dockerfile.as_deref().is_some_and(|text| {
            text.contains("<<") || instructions(text).iter().any(|one| makes(&format!("{} {}", one.keyword, one.rest)))
        })
}

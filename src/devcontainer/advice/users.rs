//! Users that an image does not have (facts row 18).

use super::super::configuration::Configuration;
use super::super::dockerfile::instructions;
use super::super::finding::{Finding, Rule};
use super::base::Base;
use super::{ImageFacts, installs_features};

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
    let Some(Base { image, dockerfile, .. }) = base.filter(|base| !may_make_users(config, base)) else { return };
    for property in ["remoteUser", "containerUser"] {
        let Some(member) = config.root.get(property) else { continue };
        let Some(user) = member.node.text().and_then(|text| text.split(':').next()) else { continue };
        // A step of a Dockerfile may make any user, as a package does; these come with images alone.
        let is_made = dockerfile.is_some() && !USERS.contains(&user);
        if is_made || !is_missing(user, image, facts) {
            continue;
        }
        let problem = format!("{image} has no user `{user}`: nothing can run as it");
        let hint =
            "make it in a Dockerfile, or take an image that has it, such as mcr.microsoft.com/devcontainers/base";
        findings.push(Finding {
            rule: Rule::UserMissing,
            span: member.node.span.clone(),
            problem,
            hint: Some(hint.to_owned()),
        });
    }
}

fn is_missing(user: &str, image: &str, facts: Option<&ImageFacts>) -> bool {
    // A number needs no name.
    if user.is_empty() || user.contains("${") || user.bytes().all(|byte| byte.is_ascii_digit()) {
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
fn may_make_users(config: &Configuration, base: &Base) -> bool {
    let Some(text) = base.dockerfile.as_deref() else { return installs_features(config) };
    let makes = |text: &str| MAKERS.iter().chain(&USERS).any(|maker| text.contains(maker));
    let has_choice = config
        .root
        .get("build")
        .is_some_and(|build| build.node.get("args").is_some() || build.node.get("target").is_some());
    installs_features(config)
        || has_choice
        || text.contains("<<")
        || instructions(text).iter().any(|one| makes(&format!("{} {}", one.keyword, one.rest)))
}

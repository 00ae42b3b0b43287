//! Users that an image does not have (facts row 18).

use std::collections::BTreeMap;

use super::super::configuration::{Configuration, Kind};
use super::super::dockerfile::{Dockerfile, instructions};
use super::super::finding::{Finding, Rule};
use super::{Named, RepositoryFiles};

/// Official images that have no user for people.
const BARE: [&str; 10] =
    ["alpine", "buildpack-deps", "busybox", "debian", "gcc", "golang", "php", "python", "ruby", "rust"];

/// Users that other images have, so that they are asked for.
const USERS: [&str; 3] = ["vscode", "codespace", "node"];

/// What makes users, in a Dockerfile: whoever has one of these may have any user.
const MAKERS: [&str; 7] = ["useradd", "adduser", "passwd", "usermod", ".sh", "http", "COPY --from"];

/// Looks at the users that a configuration names. What cannot be known for certain is not told.
pub(super) fn look(config: &Configuration, files: &dyn RepositoryFiles, findings: &mut Vec<Finding>) {
    let installs = config.root.get("features").is_some_and(|features| features.node.last_of_each().next().is_some());
    let Some(image) = image(config, files).filter(|_| !installs) else { return };
    let name = image.trim_start_matches("docker.io/").trim_start_matches("library/");
    let name = name.split([':', '@']).next().unwrap_or_default();
    if !BARE.contains(&name) {
        return;
    }
    for property in ["remoteUser", "containerUser"] {
        let Some(member) = config.root.get(property) else { continue };
        let Some(user) = member.node.text().filter(|user| USERS.contains(user)) else { continue };
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

/// Returns the image whose users the container has; nothing where a Dockerfile may make one.
fn image(config: &Configuration, files: &dyn RepositoryFiles) -> Option<String> {
    match &config.kind {
        Kind::Image(image) => Some(image.value.clone()),
        Kind::Dockerfile(named) => {
            let Named::There { text, .. } = files.beside(&named.value) else { return None };
            let makes = |text: &str| MAKERS.iter().chain(&USERS).any(|maker| text.contains(maker));
            if instructions(&text).iter().any(|one| makes(&format!("{} {}", one.keyword, one.rest)))
                || text.contains("<<")
            {
                return None;
            }
            let has_choice = config
                .root
                .get("build")
                .is_some_and(|build| build.node.get("args").is_some() || build.node.get("target").is_some());
            if has_choice { None } else { Dockerfile::read(&text).base_image(&BTreeMap::new(), None, "amd64") }
        }
        Kind::Compose { .. } | Kind::Default => None,
    }
}

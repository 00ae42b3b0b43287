//! The image that a container is made from, and what lies in it (facts rows 22 and 30).

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::configuration::{Configuration, Kind};
use super::super::dockerfile::Dockerfile;
use super::super::finding::{Finding, Rule};
use super::{ImageFacts, Named, RepositoryFiles, installs_features};

/// Returns the image that a container is made from, or its Dockerfile begins with; nothing where that is not in the files.
pub(super) fn image(config: &Configuration, files: &dyn RepositoryFiles) -> Option<String> {
    let image = match &config.kind {
        Kind::Image(image) => Some(image.value.clone()),
        Kind::Dockerfile(_) => {
            Dockerfile::read(&dockerfile(config, files)?).base_image(&BTreeMap::new(), None, "amd64")
        }
        Kind::Compose { .. } | Kind::Default => None,
    };
    image.filter(|image| !image.contains("${"))
}

/// Returns the text of a configuration's Dockerfile.
pub(super) fn dockerfile(config: &Configuration, files: &dyn RepositoryFiles) -> Option<String> {
    let Kind::Dockerfile(named) = &config.kind else { return None };
    match files.beside(&named.value) {
        Named::There { text, .. } => Some(text),
        Named::Unreadable | Named::Missing => None,
    }
}

/// Looks at what an image that the engine has brings along, and does not.
pub(super) fn look(
    config: &Configuration,
    files: &dyn RepositoryFiles,
    facts: Option<&ImageFacts>,
    findings: &mut Vec<Finding>,
) {
    let (Some(facts), Some(image), Some(span)) = (facts, image(config, files), span(config)) else { return };
    let dockerfile = dockerfile(config, files).unwrap_or_default();
    let updates =
        installs_features(config) || dockerfile.contains("apt-get update") || dockerfile.contains("apt update");
    if facts.has_yarn_list && updates && !dockerfile.contains("yarn") {
        let problem = format!(
            "{image} has yarn's list of packages for apt, whose key has changed: `apt-get update` may fail with NO_PUBKEY"
        );
        let hint = "take a newer image, or begin with a Dockerfile: RUN rm -f /etc/apt/sources.list.d/yarn.list";
        findings.push(Finding { rule: Rule::YarnList, span: span.clone(), problem, hint: Some(hint.to_owned()) });
    }
    if !facts.has_ssh_server && !installs_ssh_server(config, &dockerfile) {
        let problem = format!("{image} has no SSH server: `gh codespace ssh` and `cp` cannot reach the codespace");
        let hint = r#"add the Feature: "ghcr.io/devcontainers/features/sshd:1": {}"#;
        findings.push(Finding { rule: Rule::NoSshServer, span, problem, hint: Some(hint.to_owned()) });
    }
}

/// Where the image is named, in the configuration.
pub(super) fn span(config: &Configuration) -> Option<Range<usize>> {
    match &config.kind {
        Kind::Image(named) | Kind::Dockerfile(named) => Some(named.span.clone()),
        Kind::Compose { .. } | Kind::Default => None,
    }
}

/// Tells whether a Feature, or a step of a Dockerfile, may install one.
fn installs_ssh_server(config: &Configuration, dockerfile: &str) -> bool {
    let of_feature = config.root.get("features").is_some_and(|features| {
        // A Feature of the repository, or of another one's, may bring it along.
        features
            .node
            .last_of_each()
            .any(|one| one.name.contains("ssh") || !one.name.starts_with("ghcr.io/devcontainers/"))
    });
    of_feature || ["ssh", ".sh", "COPY --from", "<<"].iter().any(|maker| dockerfile.contains(maker))
}

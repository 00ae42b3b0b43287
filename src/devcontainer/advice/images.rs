//! The image: a Dockerfile that is not there, and a Feature that an image does not go with (facts row 29).

use super::super::configuration::{Configuration, Kind};
use super::super::finding::{Finding, Rule};
use super::super::jsonc::{Content, Member, Node};
use super::{Named, RepositoryFiles};

/// Looks at the image or Dockerfile, and at the Features that are installed on it.
pub(super) fn look(config: &Configuration, files: &dyn RepositoryFiles, findings: &mut Vec<Finding>) {
    if let Kind::Dockerfile(named) = &config.kind
        && !named.value.contains("${")
        && files.beside(&named.value) == Named::Missing
    {
        let problem = format!("there is no Dockerfile {}", named.value);
        let hint = Some("it is looked for beside the configuration, and lies in the repository".to_owned());
        findings.push(Finding { rule: Rule::Missing, span: named.span.clone(), problem, hint });
    }
    if let Kind::Image(image) = &config.kind
        && is_trixie(&image.value)
    {
        let features = config.root.get("features").into_iter().flat_map(|features| features.node.last_of_each());
        for feature in features.filter(|feature| installs_moby(feature)) {
            let problem =
                format!("{} does not install on {}: Debian 13 has no packages of Moby", feature.name, image.value);
            let hint = Some("give it the option `\"moby\": false`, or take another image".to_owned());
            findings.push(Finding { rule: Rule::MobyOnTrixie, span: feature.name_span.clone(), problem, hint });
        }
    }
}

fn is_trixie(image: &str) -> bool {
    image.contains("trixie")
        || image == "debian:13"
        || image.starts_with("debian:13-")
        || image.starts_with("debian:13.")
}

/// Tells whether a Feature is docker-in-docker of a version that knows Debian 13, with Moby.
fn installs_moby(feature: &Member) -> bool {
    let Some(version) = feature.name.strip_prefix("ghcr.io/devcontainers/features/docker-in-docker") else {
        return false;
    };
    let off = |node: &Node| node.content == Content::Bool(false) || node.text() == Some("false");
    ["", ":latest", ":2", ":3"].contains(&version) && !feature.node.get("moby").is_some_and(|moby| off(&moby.node))
}

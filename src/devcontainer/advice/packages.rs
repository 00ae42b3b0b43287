//! Packages of GitHub's registry that are somebody else's (facts row 10).

use super::super::configuration::Configuration;
use super::super::finding::{Finding, Rule};
use super::base::Base;

const REGISTRY: &str = "ghcr.io/";

/// Owners of public Features that most configurations take: all that they publish is public.
const PUBLIC: [&str; 3] = ["devcontainers", "devcontainers-contrib", "devcontainers-extra"];

/// Looks at whose the image and the Features are, where it is known whose the repository is.
pub(super) fn look(config: &Configuration, base: Option<&Base>, owner: Option<&str>, findings: &mut Vec<Finding>) {
    let Some(owner) = owner else { return };
    let features = config.root.get("features").into_iter().flat_map(|features| features.node.last_of_each());
    let image = base.map(|base| (base.image.clone(), base.span.clone()));
    let named = features.map(|feature| (feature.name.clone(), feature.name_span.clone())).chain(image);
    for (name, span) in named {
        let Some(other) = owner_of(&name).filter(|other| !other.eq_ignore_ascii_case(owner)) else { continue };
        let problem = format!(
            "{name} is a package of {other}, and the repository is {owner}'s: unless it is public, a codespace is denied it"
        );
        let hint = "a public package needs nothing; for another, give the repository access in the package's settings, or give the codespace \
                    a login for ghcr.io as secrets"
            .to_owned();
        findings.push(Finding { rule: Rule::ForeignPackage, span, problem, hint: Some(hint) });
    }
}

/// Returns whose package of GitHub's registry it is, where that may be a private one.
fn owner_of(name: &str) -> Option<&str> {
    let begins = name.get(..REGISTRY.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(REGISTRY));
    let (owner, package) = name.get(REGISTRY.len()..).filter(|_| begins)?.split_once('/')?;
    let is_told = !owner.is_empty() && !package.is_empty() && !name.contains("${");
    (is_told && !PUBLIC.iter().any(|public| public.eq_ignore_ascii_case(owner))).then_some(owner)
}

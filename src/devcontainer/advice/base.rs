//! The image that a container is made from, and what lies in it (facts rows 22 and 30).

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::configuration::{Configuration, Kind};
use super::super::dockerfile::Dockerfile;
use super::super::finding::{Finding, Rule};
use super::compose::{Origin, Project};
use super::{ImageFacts, Named, RepositoryFiles, installs_features};

/// The image that a container is made from, or its Dockerfile begins with.
pub(super) struct Base {
    pub(super) image: String,
    /// The text of the Dockerfile, where there is one.
    pub(super) dockerfile: Option<String>,
    /// Its Features, or choices of its build, may make anything of it.
    pub(super) has_choices: bool,
    /// Where it is named, in the configuration.
    pub(super) span: Range<usize>,
}

impl Base {
    /// Returns a configuration's; nothing where that is not in the files.
    pub(super) fn of(config: &Configuration, project: Option<&Project>, files: &dyn RepositoryFiles) -> Option<Self> {
        let features = installs_features(config);
        let built = |path: &str, has_choices: bool, span: Range<usize>| {
            let Named::There { text, .. } = files.beside(path) else { return None };
            let image = Dockerfile::read(&text).base_image(&BTreeMap::new(), None, "amd64")?;
            Some(Self { image, dockerfile: Some(text), has_choices: has_choices || features, span })
        };
        let plain =
            |image: String, span: Range<usize>| Some(Self { image, dockerfile: None, has_choices: features, span });
        let base = match &config.kind {
            Kind::Image(image) => plain(image.value.clone(), image.span.clone()),
            Kind::Dockerfile(named) => {
                let chooses = |name: &str| config.root.get("build").is_some_and(|build| build.node.get(name).is_some());
                built(&named.value, chooses("args") || chooses("target"), named.span.clone())
            }
            Kind::Compose { .. } => match project?.origin()? {
                (Origin::Image(image), span) => plain(image, span),
                (Origin::Build(build), span) => {
                    built(&build.dockerfile, build.has_target || !build.args.is_empty(), span)
                }
            },
            Kind::Default => None,
        };
        base.filter(|base| !base.image.contains("${"))
    }
}

/// Looks at what an image that the engine has brings along, and does not.
pub(super) fn look(
    config: &Configuration,
    base: Option<&Base>,
    facts: Option<&ImageFacts>,
    findings: &mut Vec<Finding>,
) {
    let (Some(facts), Some(Base { image, dockerfile, span, .. })) = (facts, base) else { return };
    let dockerfile = dockerfile.as_deref().unwrap_or_default();
    let updates =
        installs_features(config) || dockerfile.contains("apt-get update") || dockerfile.contains("apt update");
    if facts.has_yarn_list && updates && !dockerfile.contains("yarn") {
        let problem = format!(
            "{image} has yarn's list of packages for apt, whose key has changed: `apt-get update` may fail with NO_PUBKEY"
        );
        let hint = "take a newer image, or begin with a Dockerfile: RUN rm -f /etc/apt/sources.list.d/yarn.list";
        findings.push(Finding { rule: Rule::YarnList, span: span.clone(), problem, hint: Some(hint.to_owned()) });
    }
    if !facts.has_ssh_server && !installs_ssh_server(config, dockerfile) {
        let problem = format!("{image} has no SSH server: `gh codespace ssh` and `cp` cannot reach the codespace");
        let hint = r#"add the Feature: "ghcr.io/devcontainers/features/sshd:1": {}"#;
        findings.push(Finding { rule: Rule::NoSshServer, span: span.clone(), problem, hint: Some(hint.to_owned()) });
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

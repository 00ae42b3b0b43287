//! The page that each rule is from.
//!
//! Each address is that of a file that was read: of `content/` in github/docs (`docs.github.com/en/` before its path), of `_implementors/` in
//! devcontainers/devcontainers.github.io (`containers.dev/implementors/`), or of the repository that it names; one is an issue.

use super::Rule;

impl Rule {
    /// Returns the page that it is from.
    pub const fn link(self) -> &'static str {
        match self {
            Self::PullBeforeLogin => {
                "https://docs.github.com/en/codespaces/reference/allowing-your-codespace-to-access-a-private-registry#pulling-a-docker-image-into-your-codespace"
            }
            Self::ForeignPackage => {
                "https://docs.github.com/en/codespaces/reference/allowing-your-codespace-to-access-a-private-registry"
            }
            Self::WaitsForInput => {
                "https://docs.github.com/en/codespaces/troubleshooting/troubleshooting-creation-and-deletion-of-codespaces#codespace-creation-fails"
            }
            Self::NeverEnds | Self::NotExecutable | Self::LineEnds => {
                "https://containers.dev/implementors/json_reference/#lifecycle-scripts"
            }
            Self::SecretAtBuild => {
                "https://docs.github.com/en/codespaces/managing-your-codespaces/managing-your-account-specific-secrets-for-github-codespaces#using-secrets"
            }
            Self::SecretName => {
                "https://docs.github.com/en/codespaces/managing-your-codespaces/managing-your-account-specific-secrets-for-github-codespaces#naming-secrets"
            }
            Self::UserSecret => {
                "https://docs.github.com/en/codespaces/prebuilding-your-codespaces/configuring-prebuilds#configuring-environment-variables"
            }
            Self::CouldBePrebuilt => {
                "https://docs.github.com/en/codespaces/prebuilding-your-codespaces/configuring-prebuilds#configuring-time-consuming-tasks-to-be-included-in-the-prebuild"
            }
            Self::PrebuildAccess => {
                "https://docs.github.com/en/codespaces/prebuilding-your-codespaces/allowing-a-prebuild-to-access-other-repositories"
            }
            Self::RepositoryAccess => {
                "https://docs.github.com/en/codespaces/managing-your-codespaces/managing-repository-access-for-your-codespaces"
            }
            Self::GitOverSsh => {
                "https://docs.github.com/en/codespaces/troubleshooting/troubleshooting-authentication-to-a-repository"
            }
            Self::HostRequirements => {
                "https://docs.github.com/en/codespaces/setting-up-your-project-for-codespaces/configuring-dev-containers/setting-a-minimum-specification-for-codespace-machines"
            }
            Self::Misplaced => {
                "https://docs.github.com/en/codespaces/setting-up-your-project-for-codespaces/adding-a-dev-container-configuration/introduction-to-dev-containers#devcontainerjson"
            }
            Self::MobyOnTrixie => "https://github.com/devcontainers/features/blob/main/src/docker-in-docker/NOTES.md",
            Self::YarnList => "https://github.com/devcontainers/images/issues/1797",
            Self::NoSshServer => {
                "https://docs.github.com/en/codespaces/developing-in-a-codespace/using-github-codespaces-with-github-cli#ssh-into-a-codespace"
            }
            Self::UserMissing => "https://containers.dev/implementors/json_reference/#remoteUser",
            Self::ContainerName | Self::ComposeProfile => {
                "https://containers.dev/implementors/json_reference/#compose-specific"
            }
            Self::FeatureId | Self::FeatureMissing | Self::FeatureCycle | Self::FeatureOrder | Self::FeatureOption => {
                "https://containers.dev/implementors/features/"
            }
            Self::Nested | Self::VariableName => {
                "https://containers.dev/implementors/json_reference/#variables-in-devcontainerjson"
            }
            Self::Conflict | Self::Missing | Self::OtherKind | Self::Folder => {
                "https://containers.dev/implementors/json_reference/#scenario-specific"
            }
            Self::Unknown | Self::Type | Self::LenientType | Self::Null => {
                "https://containers.dev/implementors/json_reference/#schema"
            }
            Self::Unreadable
            | Self::Syntax
            | Self::Duplicate
            | Self::Nul
            | Self::HostPort
            | Self::Deprecated
            | Self::Idle => "https://containers.dev/implementors/json_reference/",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every page that was opened and says what its rule says, with the headings in it that are linked to.
    const PAGES: [(&str, &[&str]); 13] = [
        (
            "https://docs.github.com/en/codespaces/reference/allowing-your-codespace-to-access-a-private-registry",
            &["pulling-a-docker-image-into-your-codespace"],
        ),
        (
            "https://docs.github.com/en/codespaces/troubleshooting/troubleshooting-creation-and-deletion-of-codespaces",
            &["codespace-creation-fails"],
        ),
        (
            "https://docs.github.com/en/codespaces/managing-your-codespaces/managing-your-account-specific-secrets-for-github-codespaces",
            &["using-secrets", "naming-secrets"],
        ),
        (
            "https://docs.github.com/en/codespaces/prebuilding-your-codespaces/configuring-prebuilds",
            &["configuring-environment-variables", "configuring-time-consuming-tasks-to-be-included-in-the-prebuild"],
        ),
        (
            "https://docs.github.com/en/codespaces/prebuilding-your-codespaces/allowing-a-prebuild-to-access-other-repositories",
            &[],
        ),
        (
            "https://docs.github.com/en/codespaces/managing-your-codespaces/managing-repository-access-for-your-codespaces",
            &[],
        ),
        ("https://docs.github.com/en/codespaces/troubleshooting/troubleshooting-authentication-to-a-repository", &[]),
        (
            "https://docs.github.com/en/codespaces/setting-up-your-project-for-codespaces/configuring-dev-containers/setting-a-minimum-specification-for-codespace-machines",
            &[],
        ),
        (
            "https://docs.github.com/en/codespaces/setting-up-your-project-for-codespaces/adding-a-dev-container-configuration/introduction-to-dev-containers",
            &["devcontainerjson"],
        ),
        (
            "https://containers.dev/implementors/json_reference/",
            &[
                "lifecycle-scripts",
                "compose-specific",
                "variables-in-devcontainerjson",
                "scenario-specific",
                "schema",
                "remoteUser",
            ],
        ),
        ("https://github.com/devcontainers/features/blob/main/src/docker-in-docker/NOTES.md", &[]),
        ("https://github.com/devcontainers/images/issues/1797", &[]),
        (
            "https://docs.github.com/en/codespaces/developing-in-a-codespace/using-github-codespaces-with-github-cli",
            &["ssh-into-a-codespace"],
        ),
    ];

    /// Without headings of their own.
    const MORE: [&str; 1] = ["https://containers.dev/implementors/features/"];

    #[test]
    fn every_link_is_to_a_page_that_was_read() {
        for rule in Rule::ALL {
            let link = rule.link();
            let (page, heading) = link.split_once('#').map_or((link, None), |(page, heading)| (page, Some(heading)));
            let known = MORE.contains(&page)
                || PAGES.iter().any(|(known, headings)| {
                    *known == page && heading.is_none_or(|heading| headings.contains(&heading))
                });
            assert!(known, "{}: {link}", rule.name());
        }
        let used = |page: &str| Rule::ALL.iter().any(|rule| rule.link().starts_with(page));
        for (page, headings) in PAGES {
            assert!(used(page), "{page}");
            assert!(headings.iter().all(|heading| used(&format!("{page}#{heading}"))), "{page}");
        }
    }
}

//! What a person is told of a decision: why, and what to click or to set.

use super::Rule;
use crate::codespace::RepositoryName;
use crate::github::hub::{Hub, Package, PackageKind, PackageName, Visibility};

/// Why a decision is as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The reason.
    pub why: String,
    /// What changes a refusal; nothing where it is allowed.
    pub fix: Option<String>,
}

/// What a decision was about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The package.
    pub name: &'a PackageName,
    /// The codespace's repository.
    pub repository: &'a RepositoryName,
    /// Who may see that.
    pub visibility: Visibility,
}

impl Rule {
    /// Explains a decision in a hub.
    pub fn explain(self, subject: &Subject<'_>, hub: &Hub) -> Explanation {
        let Subject { name, repository, visibility } = subject;
        let owner = name.owner();
        let settings = settings(name, hub);
        let list = format!(
            "add {repository} under \"Manage Codespaces access\" at {settings} (hub file: `codespaces_access: [{repository}]`)"
        );
        let or_inherit = || {
            Some(format!(
                "{list}, or select \"Inherit access from source repository\" there (hub file: `inherit_access: true`)"
            ))
        };
        let package = hub.packages.get(name);
        let other = package.and_then(|package| package.repository.as_ref()).filter(|other| !other.is(repository));
        let kind = package.map_or(Visibility::Private, |package| package.visibility);
        let (why, fix) = match self {
            Self::PublicPackage => (format!("{name} is public: anybody may pull it"), None),
            Self::SameRepository => (format!("{name} was published from {repository} by GitHub Actions, and inherits its access"), None),
            Self::InheritedAccess => (
                match other {
                    None => format!("{name} is linked to {repository}, and \"Inherit access\" is selected"),
                    Some(other) => format!("{name} inherits the access of {other}, whose packages the codespace was authorized to read (customizations.codespaces.repositories)"),
                },
                None,
            ),
            Self::InternalToOrganization => {
                (format!("{name} is internal to {owner}, and {repository} is {owner}'s and {visibility}"), None)
            }
            Self::CodespacesAccessList => (format!("{repository} is in the list \"Manage Codespaces access\" of {name}"), None),
            Self::InheritAccessUnselected => (
                format!("{name} is linked to {repository}, but \"Inherit access\" is not selected"),
                or_inherit(),
            ),
            Self::PublishedWithPat => (
                format!("{name} was published with a personal access token, which does not select \"Inherit access\""),
                or_inherit(),
            ),
            Self::PublicRepositoryNeedsAccessList => (
                format!("{repository} is public and {name} is {kind}: what is not public is kept from leaking through a public repository"),
                Some(list),
            ),
            Self::NotInCodespacesAccessList => (
                format!("{name} is {kind}, not published from {repository}, and {repository} is not in its list \"Manage Codespaces access\""),
                Some(list + &or_internal(subject, hub) + &other.map_or(String::new(), |other| or_permission(other, subject, package))),
            ),
            Self::DifferentOrganization => (
                format!("{name} is {owner}'s and {kind}, and {repository} is {}'s", repository.owner()),
                Some(match name.kind() {
                    PackageKind::Container => format!("{list}, or set the secrets <ID>_CONTAINER_REGISTRY_SERVER=ghcr.io, _USER and _PASSWORD, with a personal access token (classic) that has read:packages"),
                    PackageKind::Npm => format!("{list}, or put a personal access token (classic) that has read:packages into a secret, and name that in .npmrc"),
                }),
            ),
            Self::UnknownPackage => (
                format!("there is no package {name}, and {} tells nobody whether there is one that may not be seen", name.kind().host()),
                Some(known(name, hub)),
            ),
            Self::CodespaceTokenPullsOnly => (
                "a codespace's own token pulls packages and does nothing else".to_owned(),
                Some("log in with a personal access token (classic) that has write:packages, or publish by GitHub Actions".to_owned()),
            ),
        };
        Explanation { why, fix }
    }
}

fn or_internal(subject: &Subject<'_>, hub: &Hub) -> String {
    let owner = subject.name.owner();
    if subject.visibility == Visibility::Public || hub.is_user(owner) {
        return String::new();
    }
    format!(", or make the package internal, for all of {owner}'s codespaces (hub file: `visibility: internal`)")
}

/// A package that inherits another repository's access can be had by who is let read that repository's packages.
fn or_permission(other: &RepositoryName, subject: &Subject<'_>, package: Option<&Package>) -> String {
    let is_of_owner = other.owner().eq_ignore_ascii_case(subject.repository.owner());
    if !is_of_owner || !package.is_some_and(Package::inherits) {
        return String::new();
    }
    format!(
        ", or ask for `\"packages\": \"read\"` of {other} in customizations.codespaces.repositories, and authorize it in a new codespace (`up --default-permissions`)"
    )
}

/// Returns where a package's settings are.
fn settings(name: &PackageName, hub: &Hub) -> String {
    let kind = if hub.is_user(name.owner()) { "users" } else { "orgs" };
    let path = name.name().replace('/', "%2F");
    format!("https://github.com/{kind}/{}/packages/{}/{path}/settings", name.owner(), name.kind().name())
}

fn known(name: &PackageName, hub: &Hub) -> String {
    let text = name.to_string();
    let all: Vec<String> = hub.packages.keys().map(ToString::to_string).collect();
    match crate::nearest::nearest(&text, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => "publish it first, or look at its name".to_owned(),
    }
}

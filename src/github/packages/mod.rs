//! May a codespace pull a package, and by which rule: one pure decision (source document, "Accessing packages stored in registries with granular
//! permissions"; codespaces-facts.md section 3.1; DESIGN section 6).

mod explanation;

pub use explanation::{Explanation, Subject};

use super::hub::{Package, PackageName, PublishedBy, Visibility};
use crate::codespace::RepositoryName;

/// What is wanted of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// To pull it.
    Pull,
    /// To push it.
    Push,
}

impl Action {
    /// Returns the word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }
}

/// The rule that made a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Anybody may pull it.
    PublicPackage,
    /// It was published from the codespace's own repository, and inherits its access as it was published.
    SameRepository,
    /// It is linked to the codespace's own repository, and was set to inherit its access.
    InheritedAccess,
    /// It is its organization's, and the repository is one of that organization's, and not public.
    InternalToOrganization,
    /// The repository is in its list of "Manage Codespaces access".
    CodespacesAccessList,
    /// It is linked to the codespace's own repository, and was set not to inherit its access.
    InheritAccessUnselected,
    /// It is linked to the codespace's own repository, and was published with a personal access token, which lets it inherit nothing.
    PublishedWithPat,
    /// The repository is public: what is not public is kept from leaking through it.
    PublicRepositoryNeedsAccessList,
    /// The repository is not in its list.
    NotInCodespacesAccessList,
    /// The repository is another owner's.
    DifferentOrganization,
    /// There is no such package, or nothing is told of it to whoever may not see it.
    UnknownPackage,
    /// A codespace's own token pulls and does nothing else.
    CodespaceTokenPullsOnly,
}

impl Rule {
    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublicPackage => "public-package",
            Self::SameRepository => "same-repository",
            Self::InheritedAccess => "inherited-access",
            Self::InternalToOrganization => "internal-to-organization",
            Self::CodespacesAccessList => "codespaces-access-list",
            Self::InheritAccessUnselected => "inherit-access-unselected",
            Self::PublishedWithPat => "published-with-pat",
            Self::PublicRepositoryNeedsAccessList => "public-repository-needs-access-list",
            Self::NotInCodespacesAccessList => "not-in-codespaces-access-list",
            Self::DifferentOrganization => "different-organization",
            Self::UnknownPackage => "unknown-package",
            Self::CodespaceTokenPullsOnly => "codespace-token-pulls-only",
        }
    }

    /// Tells whether it allows.
    pub const fn allows(self) -> bool {
        match self {
            Self::PublicPackage
            | Self::SameRepository
            | Self::InheritedAccess
            | Self::InternalToOrganization
            | Self::CodespacesAccessList => true,
            Self::InheritAccessUnselected
            | Self::PublishedWithPat
            | Self::PublicRepositoryNeedsAccessList
            | Self::NotInCodespacesAccessList
            | Self::DifferentOrganization
            | Self::UnknownPackage
            | Self::CodespaceTokenPullsOnly => false,
        }
    }
}

/// Decides whether a codespace of `repository`, which is `visibility`, may do something with a package, with nothing but its own token.
pub fn decide(
    package: Option<(&PackageName, &Package)>,
    repository: &RepositoryName,
    visibility: Visibility,
    action: Action,
) -> Rule {
    if action == Action::Push {
        return Rule::CodespaceTokenPullsOnly;
    }
    let Some((name, package)) = package else { return Rule::UnknownPackage };
    if package.visibility == Visibility::Public {
        return Rule::PublicPackage;
    }
    let is_own = package.repository.as_ref().is_some_and(|linked| linked.is(repository));
    let is_same_owner = name.owner().eq_ignore_ascii_case(repository.owner());
    let is_listed = package.codespaces_access.iter().any(|listed| listed.is(repository));
    // A public repository's codespaces are anybody's: not even its own private package leaks through them.
    let is_closed = visibility != Visibility::Public;
    match (package.inherits(), package.published_by) {
        (true, PublishedBy::Actions) if is_own && is_closed => Rule::SameRepository,
        (true, PublishedBy::PersonalAccessToken) if is_own && is_closed => Rule::InheritedAccess,
        _ if is_listed => Rule::CodespacesAccessList,
        _ if package.visibility == Visibility::Internal && is_same_owner && is_closed => Rule::InternalToOrganization,
        _ if !is_same_owner => Rule::DifferentOrganization,
        _ if !is_closed => Rule::PublicRepositoryNeedsAccessList,
        (false, _) if is_own && package.inherit_access.is_some() => Rule::InheritAccessUnselected,
        (false, _) if is_own => Rule::PublishedWithPat,
        _ => Rule::NotInCodespacesAccessList,
    }
}

#[cfg(test)]
mod tests;

//! May a codespace pull a package, and by which rule: one pure decision (source document, "Accessing packages stored in registries with granular
//! permissions"; codespaces-facts.md section 3.1; DESIGN section 6).

mod explanation;

pub use explanation::{Explanation, Subject};

use super::hub::{Hub, Package, PackageName, PublishedBy, Visibility};
use crate::codespace::RepositoryName;
use crate::permissions::Permissions;

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
    /// It inherits the access of the codespace's own repository, and was set to; or of another one whose packages the codespace may read.
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

/// Whether a codespace may read the packages of the repository that one is linked to, where that is not its own (codespaces-facts.md section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Linked {
    /// Its user has authorized that, and has access there.
    Readable,
    /// It is not known to.
    Closed,
}

impl Linked {
    /// Tells it of a package, for a codespace of `user` whose token was granted `permissions`.
    pub fn of(package: Option<(&PackageName, &Package)>, user: &str, permissions: &Permissions, hub: &Hub) -> Self {
        let linked = package.and_then(|(_, package)| package.repository.as_ref());
        // A token opens nothing to a codespace that its user has no access to. A file without users lets everybody in.
        let has_access = |linked: &RepositoryName| {
            let is_open = hub.repository(linked).is_some_and(|(_, found)| found.visibility == Visibility::Public);
            hub.users.is_empty() || is_open || hub.access(user, linked).is_some()
        };
        match linked {
            Some(linked) if permissions.read_packages_of(linked) && has_access(linked) => Self::Readable,
            Some(_) | None => Self::Closed,
        }
    }
}

/// Decides whether a codespace of `repository`, which is `visibility`, may do something with a package, with nothing but its own token.
pub fn decide(
    package: Option<(&PackageName, &Package)>,
    repository: &RepositoryName,
    visibility: Visibility,
    linked: Linked,
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
    // Permissions are given for repositories of the same owner alone.
    let is_of_owner = package.repository.as_ref().is_some_and(|of| of.owner().eq_ignore_ascii_case(repository.owner()));
    let is_granted = linked == Linked::Readable && is_same_owner && is_of_owner;
    let is_listed = package.codespaces_access.iter().any(|listed| listed.is(repository));
    // A public repository's codespaces are anybody's: not even its own private package leaks through them.
    let is_closed = visibility != Visibility::Public;
    match (package.inherits(), package.published_by) {
        (true, PublishedBy::Actions) if is_own && is_closed => Rule::SameRepository,
        (true, PublishedBy::PersonalAccessToken) if is_own && is_closed => Rule::InheritedAccess,
        _ if is_listed => Rule::CodespacesAccessList,
        _ if package.visibility == Visibility::Internal && is_same_owner && is_closed => Rule::InternalToOrganization,
        (true, _) if is_granted && is_closed => Rule::InheritedAccess,
        _ if !is_same_owner => Rule::DifferentOrganization,
        _ if !is_closed => Rule::PublicRepositoryNeedsAccessList,
        (false, _) if is_own && package.inherit_access.is_some() => Rule::InheritAccessUnselected,
        (false, _) if is_own => Rule::PublishedWithPat,
        _ => Rule::NotInCodespacesAccessList,
    }
}

#[cfg(test)]
mod tests;

//! Which secrets a codespace sees, and why not the others: precedence and access policies, in one pure decision (codespaces-facts.md section 2; source
//! document, "Accessing images stored in other registries").

use std::collections::BTreeMap;

use super::Purpose;
use super::hub::{Access, AccessPolicy, Hub, HubSecret, SecretScope, Visibility};
use super::secret::{MAX_SECRETS, SecretLevel, SecretName};
use crate::codespace::RepositoryName;

/// The codespace that is asked about.
#[derive(Debug, Clone)]
pub struct Viewer<'a> {
    /// Of which repository.
    pub repository: &'a RepositoryName,
    /// Who may see that.
    pub visibility: Visibility,
    /// The login that it runs for.
    pub actor: &'a str,
    /// What they may do in the repository beside what anybody may.
    pub access: Option<Access>,
    /// Where its branch is from.
    pub branch: Branch,
    /// What for.
    pub purpose: Purpose,
}

/// Where a codespace's branch is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Branch {
    /// The repository itself.
    Own,
    /// A pull request from a fork.
    ForksPullRequest,
}

impl Branch {
    /// Returns the word for it in a label; none for what needs none.
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::Own => None,
            Self::ForksPullRequest => Some("fork"),
        }
    }

    /// Reads a label's word.
    pub fn of_label(word: &str) -> Self {
        if Some(word) == Self::ForksPullRequest.label() { Self::ForksPullRequest } else { Self::Own }
    }
}

/// What became of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective<'a> {
    /// The name.
    pub name: &'a SecretName,
    /// The secret that the codespace sees.
    pub winner: Option<&'a HubSecret>,
    /// Those that it does not see, the lowest level first.
    pub unseen: Vec<(&'a HubSecret, Unseen)>,
}

/// Why a codespace does not see a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unseen {
    /// One of a lower level has its name.
    Shadowed(SecretLevel),
    /// The secrets file has one of its name.
    SecretsFile,
    /// Its organization's policy is `private`, and the repository is public.
    RepositoryIsPublic,
    /// The repository is not one that its organization selected.
    NotSelected,
    /// It is a user's, and not assigned to the repository.
    NotAssigned,
    /// Whose codespace it is may not write to the repository.
    NoWriteAccess,
    /// The branch is a fork's.
    ForksPullRequest,
    /// It is a user's, and a prebuild is nobody's.
    Prebuild,
    /// It is a prebuild's own token.
    PrebuildToken,
}

impl Unseen {
    /// Returns the word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shadowed(_) => "shadowed",
            Self::SecretsFile => "shadowed-by-secrets-file",
            Self::RepositoryIsPublic => "repository-is-public",
            Self::NotSelected => "not-selected",
            Self::NotAssigned => "not-assigned",
            Self::NoWriteAccess => "no-write-access",
            Self::ForksPullRequest => "pull-request-of-a-fork",
            Self::Prebuild => "prebuild",
            Self::PrebuildToken => "token-of-prebuilds",
        }
    }

    /// Returns the reason, and what changes it.
    pub fn explain(self, viewer: &Viewer<'_>) -> (String, Option<String>) {
        let Viewer { repository, actor, .. } = viewer;
        match self {
            Self::Shadowed(by) => {
                (format!("the {}'s secret of this name counts: the lowest level wins", by.name()), None)
            }
            Self::SecretsFile => ("the secrets file has one of this name, which counts over all".to_owned(), None),
            Self::RepositoryIsPublic => (
                format!("its access policy is `private`, and {repository} is public"),
                Some(format!("`secret set … --visibility all`, or `--visibility selected --repos {repository}`")),
            ),
            Self::NotSelected => (
                format!("{repository} is none of its selected repositories"),
                Some(format!("add {repository} to its repositories")),
            ),
            Self::NotAssigned => {
                (format!("it is not assigned to {repository}"), Some(format!("add {repository} to its repositories")))
            }
            Self::NoWriteAccess => (
                format!("{actor} may not write to {repository}: GitHub gives such a codespace no secret"),
                Some(format!("give {actor} write access to {repository}")),
            ),
            Self::ForksPullRequest => {
                ("the branch is a fork's pull request: GitHub gives such a codespace no secret".to_owned(), None)
            }
            Self::Prebuild => (
                "a prebuild has no secret of a user's".to_owned(),
                Some("make it the repository's or the organization's".to_owned()),
            ),
            Self::PrebuildToken => {
                ("a prebuild has it as its GITHUB_TOKEN; no codespace ever sees it".to_owned(), None)
            }
        }
    }
}

/// Decides which secrets a codespace sees, by name; what is another user's, repository's or organization's is not told of.
pub fn effective<'a>(secrets: &'a [HubSecret], viewer: &Viewer<'_>) -> Vec<Effective<'a>> {
    let mut by_name: BTreeMap<&SecretName, Vec<&HubSecret>> = BTreeMap::new();
    for secret in secrets.iter().filter(|secret| viewer.is_near(&secret.scope)) {
        by_name.entry(&secret.name).or_default().push(secret);
    }
    let decide = |(name, mut candidates): (&'a SecretName, Vec<&'a HubSecret>)| {
        candidates.sort_by_key(|secret| std::cmp::Reverse(secret.scope.level()));
        let (mut winner, mut unseen): (Option<&HubSecret>, _) = (None, Vec::new());
        for secret in candidates {
            match (viewer.is_kept_from(secret), winner) {
                (Some(reason), _) => unseen.push((secret, reason)),
                (None, Some(winner)) => unseen.push((secret, Unseen::Shadowed(winner.scope.level()))),
                (None, None) => winner = Some(secret),
            }
        }
        Effective { name, winner, unseen }
    };
    by_name.into_iter().map(decide).collect()
}

impl Viewer<'_> {
    /// Tells whether a secret is of this codespace's user, repository or organization.
    fn is_near(&self, scope: &SecretScope) -> bool {
        match scope {
            SecretScope::User { user, .. } => user.eq_ignore_ascii_case(self.actor),
            SecretScope::Repository(name) => name.is(self.repository),
            SecretScope::Organization { organization, .. } => {
                organization.eq_ignore_ascii_case(self.repository.owner())
            }
        }
    }

    /// Returns what keeps the codespace from seeing a secret, were it the only one of its name.
    fn is_kept_from(&self, secret: &HubSecret) -> Option<Unseen> {
        let scope = &secret.scope;
        let has = |all: &[RepositoryName]| all.iter().any(|one| one.is(self.repository));
        match self.purpose {
            // A prebuild is made by the repository, for nobody.
            Purpose::Prebuild if scope.level() == SecretLevel::User => return Some(Unseen::Prebuild),
            // Facts 1.6: "never visible".
            Purpose::Codespace if secret.name.is_of_prebuilds() => return Some(Unseen::PrebuildToken),
            Purpose::Codespace if self.branch == Branch::ForksPullRequest => return Some(Unseen::ForksPullRequest),
            Purpose::Codespace if self.access < Some(Access::Write) => return Some(Unseen::NoWriteAccess),
            Purpose::Prebuild | Purpose::Codespace => {}
        }
        match scope {
            SecretScope::User { repositories, .. } => (!has(repositories)).then_some(Unseen::NotAssigned),
            SecretScope::Repository(_) => None,
            SecretScope::Organization { policy, .. } => match policy {
                AccessPolicy::All => None,
                // codespaces-facts.md section 2: "private" means private and internal repositories.
                AccessPolicy::Private => (self.visibility == Visibility::Public).then_some(Unseen::RepositoryIsPublic),
                AccessPolicy::Selected(repositories) => (!has(repositories)).then_some(Unseen::NotSelected),
            },
        }
    }
}

/// A user, repository or organization that has more secrets than GitHub takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{owner} has {count} secrets: GitHub takes {MAX_SECRETS}")]
pub struct TooManySecrets {
    /// Whose.
    pub owner: String,
    /// How many.
    pub count: usize,
}

/// Joins the secrets of a hub's file and those that were set: at one level a name is there once, and what was set counts.
pub fn together(of_file: Vec<HubSecret>, set: Vec<HubSecret>) -> Result<Vec<HubSecret>, TooManySecrets> {
    let is_set =
        |one: &HubSecret| set.iter().any(|other| other.name == one.name && other.scope.has_owner_of(&one.scope));
    let mut all: Vec<HubSecret> = of_file.into_iter().filter(|one| !is_set(one)).collect();
    all.extend(set);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for secret in &all {
        *counts.entry(secret.scope.owner().to_ascii_lowercase()).or_default() += 1;
    }
    match counts.into_iter().find(|(_, count)| *count > MAX_SECRETS) {
        Some((owner, count)) => Err(TooManySecrets { owner, count }),
        None => Ok(all),
    }
}

/// What a hub knows of an actor and a repository. Where it lists none of either, nobody and nothing is unknown to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It lists users, and this is none of them.
    User,
    /// It lists repositories, and this is none of them.
    Repository,
}

impl Hub {
    /// Returns who asks, where a codespace of this repository is this actor's. A file that lists no repository says of none that it is public, and one
    /// that lists no user keeps nobody from writing.
    pub fn viewer<'a>(
        &self,
        repository: &'a RepositoryName,
        actor: &'a str,
        branch: Branch,
        purpose: Purpose,
    ) -> Result<Viewer<'a>, Unknown> {
        let found = self.repository(repository).map(|(_, found)| found.visibility);
        if found.is_none() && !self.repositories.is_empty() {
            return Err(Unknown::Repository);
        }
        if purpose == Purpose::Codespace && !self.users.is_empty() && !self.is_user(actor) {
            return Err(Unknown::User);
        }
        let access = if self.users.is_empty() { Some(Access::Write) } else { self.access(actor, repository) };
        let visibility = found.unwrap_or(Visibility::Private);
        Ok(Viewer { repository, visibility, actor, access, branch, purpose })
    }
}

#[cfg(test)]
mod tests;

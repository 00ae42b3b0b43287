//! May whoever asks do something with a repository of a registry: one pure decision. What a codespace may pull is [`packages`]'s to say.

use std::fmt;

use super::refusal::{Refusal, Target};
use super::site::{Kind, Site};
use crate::codespace::RepositoryName;
use crate::github::hub::{Access, Hub, Package, PackageName, PublishedBy, Visibility};
use crate::github::packages::{self, Action};
use crate::permissions::Permissions;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    /// Nobody knows.
    Anonymous,
    /// A codespace of a repository and a user.
    Codespace {
        /// Its name.
        codespace: String,
        /// Its repository.
        repository: RepositoryName,
        /// Whose it is.
        user: String,
        /// What its token may do with other repositories.
        permissions: Permissions,
    },
    /// A user, with a personal access token (classic).
    User {
        /// The login.
        login: String,
        /// The token's scopes.
        scopes: Vec<String>,
    },
    /// `hub publish`, for one package.
    Publisher(Publication),
    /// An account of a registry.
    Account {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Who {
    /// Says who it is, for the log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => out.write_str("nobody"),
            Self::Codespace { codespace, repository, user, .. } => {
                write!(out, "{user}'s codespace {codespace} of {repository}")
            }
            Self::User { login, .. } => write!(out, "{login}"),
            Self::Publisher(_) => out.write_str("hub publish"),
            Self::Account { name } => write!(out, "account {name:?}"),
        }
    }
}

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// The package, `ghcr.io/OWNER/NAME` or `npm.pkg.github.com/@OWNER/NAME`.
    pub package: String,
    /// How.
    pub published_by: PublishedBy,
    /// From which repository.
    pub repository: Option<String>,
}

/// Why it is allowed: the rule's name, for the log.
pub(super) type Reason = &'static str;

/// Decides.
pub(super) fn decide(hub: &Hub, who: &Who, site: &Site, path: &str, action: Action) -> Result<Reason, Refusal> {
    let name = match site.kind {
        Kind::Github => PackageName::of_image(&format!("{}/{path}", site.name)),
        // It gives nothing to nobody, not even what is public.
        Kind::Npm if *who == Who::Anonymous => return Err(Refusal::NotLoggedIn),
        Kind::Npm => PackageName::of_npm(path),
        Kind::DockerHub | Kind::Azure | Kind::Aws | Kind::Plain => return of_account(who),
    };
    let package = name.as_ref().and_then(|name| hub.packages.get_key_value(name));
    match action {
        Action::Pull => pull(hub, who, name.as_ref(), package),
        Action::Push => push(hub, who, name.as_ref(), package),
    }
}

/// Decides where whoever has an account may do everything, and nobody else anything.
fn of_account(who: &Who) -> Result<Reason, Refusal> {
    match who {
        Who::Account { .. } => Ok("account"),
        Who::Anonymous => Err(Refusal::NotLoggedIn),
        Who::Codespace { .. } | Who::User { .. } | Who::Publisher(_) => Err(Refusal::NoAccess("no-access")),
    }
}

fn pull(
    hub: &Hub,
    who: &Who,
    name: Option<&PackageName>,
    package: Option<(&PackageName, &Package)>,
) -> Result<Reason, Refusal> {
    if package.is_some_and(|(_, package)| package.visibility == Visibility::Public) {
        return Ok(packages::Rule::PublicPackage.name());
    }
    match who {
        Who::Anonymous => Err(Refusal::NotLoggedIn),
        Who::Codespace { repository, user, permissions, .. } => {
            let linked = packages::Linked::of(package, user, permissions, hub);
            let rule = packages::decide(package, repository, seen_by(hub, repository), linked, Action::Pull);
            if rule.allows() { Ok(rule.name()) } else { Err(Refusal::NoAccess(rule.name())) }
        }
        Who::User { login, scopes } => {
            let may_read = scopes.iter().any(|scope| ["read:packages", "write:packages"].contains(&scope.as_str()));
            match package {
                Some((name, package)) if may_read && access(hub, login, name, package).is_some() => Ok("user-access"),
                Some(_) | None => Err(Refusal::NoAccess("no-access")),
            }
        }
        Who::Publisher(publication) if name.is_some_and(|name| is_of(publication, name)) => Ok("publication"),
        Who::Publisher(_) | Who::Account { .. } => Err(Refusal::NoAccess("no-access")),
    }
}

/// Returns who may see a codespace's repository. Nothing is known of one that the file does not have: as little is shown to it as can be.
pub(super) fn seen_by(hub: &Hub, repository: &RepositoryName) -> Visibility {
    hub.repository(repository).map_or(Visibility::Public, |(_, found)| found.visibility)
}

fn push(
    hub: &Hub,
    who: &Who,
    name: Option<&PackageName>,
    package: Option<(&PackageName, &Package)>,
) -> Result<Reason, Refusal> {
    let target = if package.is_some() { Target::There } else { Target::New };
    let Some(name) = name else { return Err(Refusal::NoWriteAccess(target)) };
    match who {
        Who::Anonymous => Err(Refusal::NotLoggedInToPush),
        Who::Codespace { .. } if hub.is_user(name.owner()) => Err(Refusal::NoWriteAccess(target)),
        Who::Codespace { .. } => Err(Refusal::PullsOnly(target)),
        Who::User { scopes, .. } if !scopes.iter().any(|scope| scope == "write:packages") => Err(Refusal::NoScope),
        Who::User { login, .. } => {
            let access = match package {
                Some((name, package)) => access(hub, login, name, package),
                None if is_at_home(hub, login, name.owner()) => Some(Access::Admin),
                None => None,
            };
            if access >= Some(Access::Write) { Ok("user-access") } else { Err(Refusal::NoWriteAccess(target)) }
        }
        Who::Publisher(publication) if is_of(publication, name) => Ok("publication"),
        Who::Publisher(_) | Who::Account { .. } => Err(Refusal::NoWriteAccess(target)),
    }
}

fn is_of(publication: &Publication, name: &PackageName) -> bool {
    publication.package == name.to_string()
}

/// Tells whether a user is an owner, or a member of it.
fn is_at_home(hub: &Hub, login: &str, owner: &str) -> bool {
    let is_login = |other: &str| other.eq_ignore_ascii_case(login);
    let organization = hub.organizations.iter().find(|(name, _)| name.eq_ignore_ascii_case(owner));
    is_login(owner) || organization.is_some_and(|(_, one)| one.members.iter().any(|member| is_login(member)))
}

/// Returns what a user may do with a package: everything with one's own; what the linked repository lets one do; else what the organization's
/// members may.
fn access(hub: &Hub, login: &str, name: &PackageName, package: &Package) -> Option<Access> {
    if name.owner().eq_ignore_ascii_case(login) {
        return Some(Access::Admin);
    }
    let linked = package.repository.as_ref().and_then(|linked| hub.repository(linked));
    let named = linked.and_then(|(_, repository)| {
        repository.access.iter().find(|(user, _)| user.eq_ignore_ascii_case(login)).map(|(_, access)| *access)
    });
    named.or_else(|| is_at_home(hub, login, name.owner()).then_some(Access::Write))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::RegistryServer;

    const HUB: &str = "
users: {mona: , hubot: , eve: }
organizations: {acme: {members: [mona]}}
repositories:
  acme/api: {visibility: private, access: {hubot: read}}
  acme/app: {visibility: private}
packages:
  ghcr.io/acme/api: {repository: acme/api}
  ghcr.io/acme/open: {visibility: public}
  ghcr.io/mona/own:
registries: {acme.azurecr.io: }
";

    fn who(text: &str) -> Who {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("codespace", of) => {
                let (repository, permissions) = of.split_once(" with ").unwrap_or((of, ""));
                Who::Codespace {
                    codespace: "c".to_owned(),
                    repository: repository.parse().expect("a repository"),
                    user: "mona".to_owned(),
                    permissions: permissions.parse().expect("permissions"),
                }
            }
            ("nobody", _) => Who::Anonymous,
            ("account", name) => Who::Account { name: name.to_owned() },
            ("publish", package) => Who::Publisher(Publication {
                package: package.to_owned(),
                published_by: PublishedBy::Actions,
                repository: None,
            }),
            (login, scopes) => {
                Who::User { login: login.to_owned(), scopes: scopes.split(' ').map(str::to_owned).collect() }
            }
        }
    }

    /// Who, what, and what it comes to: pull, then push.
    const CASES: &str = "
nobody                | acme/open | public-package  | not-logged-in
nobody                | acme/api  | not-logged-in   | not-logged-in
codespace acme/api    | acme/api  | same-repository | codespace-token-pulls-only
codespace acme/app    | acme/api  | not-in-codespaces-access-list | codespace-token-pulls-only
codespace acme/app with acme/api: packages read | acme/api | inherited-access | codespace-token-pulls-only
codespace acme/app with acme/*: write-all       | acme/api | inherited-access | codespace-token-pulls-only
codespace acme/app with acme/api: issues write  | acme/api | not-in-codespaces-access-list | codespace-token-pulls-only
codespace acme/new    | acme/open | public-package  | codespace-token-pulls-only
codespace acme/api    | acme/none | unknown-package | codespace-token-pulls-only
codespace acme/api    | mona/own  | different-organization | user-may-not-write
mona write:packages   | acme/api  | user-access     | user-access
Mona write:packages   | acme/new  | no-access       | user-access
mona write:packages   | mona/own  | user-access     | user-access
mona read:packages    | acme/api  | user-access     | token-lacks-scope
mona repo             | acme/api  | no-access       | token-lacks-scope
mona repo             | acme/open | public-package  | token-lacks-scope
hubot write:packages  | acme/api  | user-access     | user-may-not-write
hubot write:packages  | acme/new  | no-access       | user-may-not-write
eve write:packages    | acme/api  | no-access       | user-may-not-write
eve write:packages    | eve/new   | no-access       | user-access
eve write:packages    | mona/own  | no-access       | user-may-not-write
eve write:packages    | api       | no-access       | user-may-not-write
publish ghcr.io/acme/api | acme/api | publication   | publication
publish ghcr.io/acme/api | acme/app | no-access     | user-may-not-write
account robot         | acme/api  | no-access       | user-may-not-write
";

    #[test]
    fn each_kind_of_login_may_what_it_may() {
        let hub = crate::github::hub::parse(HUB, "hub.yaml").expect("a hub");
        let site = Site::of(&RegistryServer::normalise("ghcr.io")).expect("a site");
        let name = |decision: Result<Reason, Refusal>| decision.unwrap_or_else(Refusal::name);
        for case in CASES.lines().filter(|line| !line.is_empty()) {
            let [asking, path, pull, push]: [&str; 4] =
                case.split('|').map(str::trim).collect::<Vec<_>>().try_into().expect("four columns");
            assert_eq!(name(decide(&hub, &who(asking), &site, path, Action::Pull)), pull, "{case}");
            assert_eq!(name(decide(&hub, &who(asking), &site, path, Action::Push)), push, "{case}");
        }
    }

    #[test]
    fn the_registry_of_npm_has_the_same_rules_and_shows_nothing_to_nobody() {
        let text = HUB.replace("ghcr.io/acme/", "npm.pkg.github.com/@acme/");
        let hub = crate::github::hub::parse(&text, "hub.yaml").expect("a hub");
        let site = Site::of(&RegistryServer::normalise("npm.pkg.github.com")).expect("a site");
        let name = |decision: Result<Reason, Refusal>| decision.unwrap_or_else(Refusal::name);
        for (asking, path, pull, push) in [
            ("nobody", "@acme/open", "not-logged-in", "not-logged-in"),
            ("codespace acme/app", "@acme/open", "public-package", "codespace-token-pulls-only"),
            ("codespace acme/api", "@acme/api", "same-repository", "codespace-token-pulls-only"),
            ("codespace acme/app", "@acme/api", "not-in-codespaces-access-list", "codespace-token-pulls-only"),
            ("codespace acme/api", "acme/api", "unknown-package", "user-may-not-write"),
            ("mona write:packages", "@acme/new", "no-access", "user-access"),
            ("mona read:packages", "@acme/api", "user-access", "token-lacks-scope"),
            ("publish npm.pkg.github.com/@acme/api", "@acme/api", "publication", "publication"),
            ("publish ghcr.io/acme/api", "@acme/api", "no-access", "user-may-not-write"),
        ] {
            assert_eq!(name(decide(&hub, &who(asking), &site, path, Action::Pull)), pull, "{asking} {path}");
            assert_eq!(name(decide(&hub, &who(asking), &site, path, Action::Push)), push, "{asking} {path}");
        }
    }

    #[test]
    fn another_registry_knows_its_accounts_alone() {
        let hub = crate::github::hub::parse(HUB, "hub.yaml").expect("a hub");
        let site = Site::of(&RegistryServer::normalise("acme.azurecr.io")).expect("a site");
        for action in [Action::Pull, Action::Push] {
            assert!(decide(&hub, &who("account robot"), &site, "any", action).is_ok());
            for other in ["nobody", "codespace acme/api", "mona write:packages", "publish ghcr.io/acme/api"] {
                assert!(decide(&hub, &who(other), &site, "acme/api", action).is_err(), "{other}");
            }
        }
    }
}

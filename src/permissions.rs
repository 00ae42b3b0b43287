//! What a codespace's token may do with other repositories (`customizations.codespaces.repositories`): the words for it, and which of them Codespaces
//! takes (codespaces-facts.md section 3.2). Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::codespace::RepositoryName;

/// What a permission is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// `actions`
    Actions,
    /// `checks`
    Checks,
    /// `contents`
    Contents,
    /// `deployments`
    Deployments,
    /// `discussions`
    Discussions,
    /// `issues`
    Issues,
    /// `packages`
    Packages,
    /// `pages`
    Pages,
    /// `pull_requests`
    PullRequests,
    /// `repository_projects`
    RepositoryProjects,
    /// `statuses`
    Statuses,
    /// `workflows`
    Workflows,
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Actions,
        Self::Checks,
        Self::Contents,
        Self::Deployments,
        Self::Discussions,
        Self::Issues,
        Self::Packages,
        Self::Pages,
        Self::PullRequests,
        Self::RepositoryProjects,
        Self::Statuses,
        Self::Workflows,
    ];

    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Actions => "actions",
            Self::Checks => "checks",
            Self::Contents => "contents",
            Self::Deployments => "deployments",
            Self::Discussions => "discussions",
            Self::Issues => "issues",
            Self::Packages => "packages",
            Self::Pages => "pages",
            Self::PullRequests => "pull_requests",
            Self::RepositoryProjects => "repository_projects",
            Self::Statuses => "statuses",
            Self::Workflows => "workflows",
        }
    }

    /// Returns the key of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// Tells whether Codespaces gives this to anybody.
    pub const fn is_given(self, level: Level) -> bool {
        match (self, level) {
            (Self::Packages, Level::Write) | (Self::Workflows, Level::Read) => false,
            (
                Self::Actions
                | Self::Checks
                | Self::Contents
                | Self::Deployments
                | Self::Discussions
                | Self::Issues
                | Self::Packages
                | Self::Pages
                | Self::PullRequests
                | Self::RepositoryProjects
                | Self::Statuses
                | Self::Workflows,
                Level::Read | Level::Write,
            ) => true,
        }
    }
}

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// To look.
    Read,
    /// To change, and to look.
    Write,
}

impl Level {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// Returns the word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// Returns the word for it where it is about everything.
    pub const fn name_of_all(self) -> &'static str {
        match self {
            Self::Read => "read-all",
            Self::Write => "write-all",
        }
    }
}

/// A repository, or all of an owner's: `acme/api`, `acme/*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repositories {
    /// This one.
    One(RepositoryName),
    /// All of this owner's.
    AllOf(String),
}

impl Repositories {
    /// Returns whose they are.
    pub fn owner(&self) -> &str {
        match self {
            Self::One(name) => name.owner(),
            Self::AllOf(owner) => owner,
        }
    }

    /// Tells whether a repository is among them.
    pub fn have(&self, repository: &RepositoryName) -> bool {
        match self {
            Self::One(name) => name.is(repository),
            Self::AllOf(owner) => owner.eq_ignore_ascii_case(repository.owner()),
        }
    }
}

/// A text that is neither `OWNER/NAME` nor `OWNER/*`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no repository: expected OWNER/NAME, or OWNER/* for all of an owner's")]
pub struct InvalidRepositories(String);

impl FromStr for Repositories {
    type Err = InvalidRepositories;

    fn from_str(text: &str) -> Result<Self, InvalidRepositories> {
        let invalid = |_| InvalidRepositories(text.to_owned());
        match text.strip_suffix("/*") {
            Some(owner) => {
                // An owner's name is one that a repository could have.
                let any: RepositoryName = format!("{owner}/any").parse().map_err(invalid)?;
                Ok(Self::AllOf(any.owner().to_owned()))
            }
            None => text.parse().map(Self::One).map_err(invalid),
        }
    }
}

impl fmt::Display for Repositories {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(name) => name.fmt(out),
            Self::AllOf(owner) => write!(out, "{owner}/*"),
        }
    }
}

/// What may be done with repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// All that Codespaces gives at a level.
    All(Level),
    /// This.
    Each(BTreeMap<Key, Level>),
}

impl Access {
    /// Tells whether it lets one read there what a key is about.
    pub fn reads(&self, key: Key) -> bool {
        match self {
            Self::All(level) => key.is_given(Level::Read) || (*level == Level::Write && key.is_given(Level::Write)),
            Self::Each(keys) => keys.contains_key(&key),
        }
    }

    /// Returns what of it is more than reading.
    pub fn written(&self) -> Option<Self> {
        match self {
            Self::All(level) => (*level == Level::Write).then(|| self.clone()),
            Self::Each(keys) => {
                let written: BTreeMap<Key, Level> = keys
                    .iter()
                    .filter(|(_, level)| **level == Level::Write)
                    .map(|(key, level)| (*key, *level))
                    .collect();
                (!written.is_empty()).then_some(Self::Each(written))
            }
        }
    }

    /// Returns what of it is reading alone.
    pub fn read(&self) -> Option<Self> {
        match self {
            Self::All(level) => (*level == Level::Read).then(|| self.clone()),
            Self::Each(keys) => {
                let read: BTreeMap<Key, Level> = keys
                    .iter()
                    .filter(|(_, level)| **level == Level::Read)
                    .map(|(key, level)| (*key, *level))
                    .collect();
                (!read.is_empty()).then_some(Self::Each(read))
            }
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        if let Some(level) = Level::ALL.into_iter().find(|level| level.name_of_all() == text) {
            return Some(Self::All(level));
        }
        let each = text.split(", ").map(|one| {
            let (key, level) = one.split_once(' ')?;
            let level = Level::ALL.into_iter().find(|known| known.name() == level)?;
            Some((Key::of_name(key)?, level))
        });
        each.collect::<Option<_>>().map(Self::Each)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(level) => out.write_str(level.name_of_all()),
            Self::Each(keys) => {
                let each: Vec<String> =
                    keys.iter().map(|(key, level)| format!("{} {}", key.name(), level.name())).collect();
                out.write_str(&each.join(", "))
            }
        }
    }
}

/// What a token may do with other repositories. Its text, for a label and for people: `acme/api: packages read, issues write; acme/*: read-all`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Permissions(BTreeMap<Repositories, Access>);

/// A text that says no permissions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` says no permissions")]
pub struct InvalidPermissions(String);

impl Permissions {
    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns each.
    pub fn iter(&self) -> impl Iterator<Item = (&Repositories, &Access)> {
        self.0.iter()
    }

    /// Tells whether the packages of a repository may be read: pulled, where they inherit its access.
    pub fn read_packages_of(&self, repository: &RepositoryName) -> bool {
        self.iter().any(|(of, access)| of.have(repository) && access.reads(Key::Packages))
    }
}

impl FromIterator<(Repositories, Access)> for Permissions {
    fn from_iter<T: IntoIterator<Item = (Repositories, Access)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}

impl FromStr for Permissions {
    type Err = InvalidPermissions;

    fn from_str(text: &str) -> Result<Self, InvalidPermissions> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let each = text.split("; ").map(|one| {
            let (of, access) = one.split_once(": ")?;
            Some((of.parse().ok()?, Access::of_text(access)?))
        });
        each.collect::<Option<_>>().map(Self).ok_or_else(|| InvalidPermissions(text.to_owned()))
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.iter().map(|(of, access)| format!("{of}: {access}")).collect();
        out.write_str(&each.join("; "))
    }
}

impl TryFrom<String> for Permissions {
    type Error = InvalidPermissions;

    fn try_from(text: String) -> Result<Self, InvalidPermissions> {
        text.parse()
    }
}

impl From<Permissions> for String {
    fn from(permissions: Permissions) -> Self {
        permissions.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in
            ["", "acme/api: packages read", "acme/*: read-all; acme/api: contents write, issues read, packages read"]
        {
            let read: Permissions = text.parse().expect(text);
            let mut parts: Vec<&str> = text.split("; ").collect();
            parts.sort_unstable();
            let mut written: Vec<String> = read.to_string().split("; ").map(str::to_owned).collect();
            written.sort_unstable();
            assert_eq!(written, parts);
        }
        for text in [
            "x",
            "acme/api",
            "acme/api: ",
            "acme/api: packages",
            "acme/api: packages all",
            "/: read-all",
            "a/b: x read",
        ] {
            assert!(text.parse::<Permissions>().is_err(), "{text}");
        }
    }

    #[test]
    fn packages_are_read_by_whom_it_is_given_to() {
        let api: RepositoryName = "Acme/API".parse().expect("a repository");
        for (text, expected) in [
            ("", false),
            ("acme/api: packages read", true),
            ("acme/api: read-all", true),
            ("acme/api: write-all", true),
            ("acme/*: packages read", true),
            ("acme/api: issues write", false),
            ("acme/web: packages read", false),
            ("other/*: read-all", false),
        ] {
            let permissions: Permissions = text.parse().expect(text);
            assert_eq!(permissions.read_packages_of(&api), expected, "{text}");
        }
    }

    #[test]
    fn some_of_it_is_given_to_nobody() {
        let never = Key::ALL.into_iter().flat_map(|key| Level::ALL.map(|level| (key, level)));
        let never: Vec<_> = never.filter(|(key, level)| !key.is_given(*level)).collect();
        assert_eq!(never, [(Key::Packages, Level::Write), (Key::Workflows, Level::Read)]);
        assert!(Access::All(Level::Write).reads(Key::Packages) && !Access::All(Level::Read).reads(Key::Workflows));
    }
}

//! What a new codespace asks to be let do with other repositories, and what came of that (codespaces-facts.md section 3.2). Pure.

use super::Purpose;
use crate::codespace::RepositoryName;
use crate::permissions::{Access, Permissions, Repositories};

/// What came of asking, once and for all: a codespace keeps it for its life.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Authorization {
    /// Nothing was asked for.
    #[default]
    NotAsked,
    /// The user has authorized it.
    Granted(Permissions),
    /// The user has not: the codespace is made without.
    Refused(Permissions),
}

impl Authorization {
    /// Returns what the codespace's token may do with other repositories.
    pub fn granted(&self) -> Permissions {
        match self {
            Self::Granted(permissions) => permissions.clone(),
            Self::NotAsked | Self::Refused(_) => Permissions::default(),
        }
    }

    /// Returns what was asked for.
    pub fn asked(&self) -> Permissions {
        match self {
            Self::Granted(permissions) | Self::Refused(permissions) => permissions.clone(),
            Self::NotAsked => Permissions::default(),
        }
    }

    /// Returns it in the words of its label; nothing where nothing was asked for.
    pub fn label(&self) -> Option<String> {
        match self {
            Self::NotAsked => None,
            Self::Granted(permissions) => Some(format!("granted {permissions}")),
            Self::Refused(permissions) => Some(format!("refused {permissions}")),
        }
    }

    /// Reads a label. What it does not say is not granted.
    pub fn of_label(text: &str) -> Self {
        let (word, permissions) = text.split_once(' ').unwrap_or_default();
        match (word, permissions.parse()) {
            ("granted", Ok(permissions)) => Self::Granted(permissions),
            ("refused", Ok(permissions)) => Self::Refused(permissions),
            _ => Self::NotAsked,
        }
    }
}

/// What of that which is asked for can be authorized, and what never.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// What a user may authorize.
    pub permissions: Permissions,
    /// What nobody may, and why, in words.
    pub never: Vec<String>,
}

impl Request {
    /// Decides it for what is made of a repository.
    pub fn of(asked: &Permissions, repository: &RepositoryName, purpose: Purpose) -> Self {
        let mut never = Vec::new();
        let mut may = |of: &Repositories, access: &Access| {
            if !of.owner().eq_ignore_ascii_case(repository.owner()) {
                never.push(format!(
                    "{repository} is given no access to {of}: Codespaces gives it to repositories of the same owner only (reach it with a token of your own, as a secret)"
                ));
                return None;
            }
            if purpose == Purpose::Codespace {
                return Some(access.clone());
            }
            if matches!(of, Repositories::AllOf(_)) {
                never.push(format!("a prebuild is given no access to {of}: Codespaces supports no wildcard there (name each repository)"));
                return None;
            }
            if let Some(written) = access.written() {
                never.push(format!(
                    "a prebuild is not given {written} of {of}: Codespaces lets it read there and nothing else (a secret CODESPACES_PREBUILD_TOKEN can do more)"
                ));
            }
            access.read()
        };
        let given = asked.iter().filter_map(|(of, access)| Some((of.clone(), may(of, access)?)));
        let permissions = given.collect();
        Self { permissions, never }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_authorized_is_told_from_what_never_can() {
        let repository = "acme/app".parse().expect("a repository");
        for (asked, purpose, expected, never) in [
            ("acme/api: packages read", Purpose::Codespace, "acme/api: packages read", ""),
            ("Acme/api: write-all", Purpose::Codespace, "Acme/api: write-all", ""),
            ("acme/*: read-all", Purpose::Codespace, "acme/*: read-all", ""),
            ("other/api: read-all", Purpose::Codespace, "", "same owner"),
            ("other/*: read-all; acme/api: read-all", Purpose::Codespace, "acme/api: read-all", "same owner"),
            ("acme/*: read-all", Purpose::Prebuild, "", "no wildcard"),
            ("acme/api: read-all", Purpose::Prebuild, "acme/api: read-all", ""),
            ("acme/api: write-all", Purpose::Prebuild, "", "not given write-all of acme/api"),
            ("acme/api: issues write, packages read", Purpose::Prebuild, "acme/api: packages read", "issues write"),
        ] {
            let request = Request::of(&asked.parse().expect(asked), &repository, purpose);
            assert_eq!(request.permissions.to_string(), expected, "{asked}");
            let said = request.never.join("\n");
            assert_eq!(request.never.len(), usize::from(!never.is_empty()), "{said}");
            assert!(said.contains(never), "{said}");
        }
    }

    #[test]
    fn a_label_says_what_came_of_it_and_another_text_grants_nothing() {
        let permissions: Permissions = "acme/api: packages read".parse().expect("permissions");
        for one in [Authorization::Granted(permissions.clone()), Authorization::Refused(permissions)] {
            assert_eq!(Authorization::of_label(&one.label().expect("one")), one);
        }
        for text in ["", "granted", "granted x", "acme/api: packages read", "all acme/api: packages read"] {
            assert!(Authorization::of_label(text).granted().is_empty(), "{text}");
        }
        assert_eq!(Authorization::NotAsked.label(), None);
    }
}

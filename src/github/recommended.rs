//! What became of a secret that a repository recommends: GitHub's page "New with options" knows three states (codespaces-facts.md section 2). Pure.

use super::effective::Unseen;
use super::hub::HubSecret;
use super::secret::SecretLevel;

/// Whether a user's codespace has a secret that its repository recommends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// The user has none of that name.
    NotSet,
    /// The user has it, and has not assigned it to the repository.
    NotAssigned(&'a HubSecret),
    /// It is there, or assigned and kept away for another reason.
    Assigned,
}

impl<'a> Standing<'a> {
    /// Decides, from whether the codespace sees one of that name, and from those that it does not see.
    pub fn of(is_seen: bool, unseen: impl IntoIterator<Item = (&'a HubSecret, Unseen)>) -> Self {
        let of_user = unseen.into_iter().find(|(secret, _)| secret.scope.level() == SecretLevel::User);
        match (is_seen, of_user) {
            (false, None) => Self::NotSet,
            (false, Some((secret, Unseen::NotAssigned))) => Self::NotAssigned(secret),
            (true, _) | (false, Some(_)) => Self::Assigned,
        }
    }

    /// Returns the word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSet => "not-set",
            Self::NotAssigned(_) => "not-assigned",
            Self::Assigned => "assigned",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hub::{SecretScope, ValueSource};
    use super::*;

    #[test]
    fn a_recommended_secret_is_in_one_of_three_states() {
        let secret = |scope| HubSecret {
            name: "A".parse().expect("a name"),
            scope,
            value: ValueSource::Env("A".to_owned()),
            place: None,
        };
        let user = secret(SecretScope::User { user: "mona".to_owned(), repositories: Vec::new() });
        let repository = secret(SecretScope::Repository("acme/app".parse().expect("a repository")));
        for (is_seen, unseen, expected) in [
            (false, vec![], "not-set"),
            (true, vec![], "assigned"),
            (false, vec![(&user, Unseen::NotAssigned)], "not-assigned"),
            (true, vec![(&user, Unseen::NotAssigned)], "assigned"),
            (false, vec![(&user, Unseen::NoWriteAccess)], "assigned"),
            (false, vec![(&repository, Unseen::NoWriteAccess)], "not-set"),
        ] {
            assert_eq!(Standing::of(is_seen, unseen.clone()).name(), expected, "{is_seen} {unseen:?}");
        }
    }
}

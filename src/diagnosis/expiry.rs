//! A login that is good for a while only: a token of AWS's. Is it still good, and what makes another one (source document, "Accessing AWS Elastic
//! Container Registry").

use jiff::Timestamp;

use crate::codespace::CodespaceName;
use crate::github::EcrServer;
use crate::journal::RegistryLogin;

/// What is to be said of a login at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is known of an end.
    Endless,
    /// It is good until then.
    Good(Timestamp),
    /// It was good until then.
    Expired(Timestamp),
}

impl Standing {
    /// Returns what is to be said of a login now.
    pub fn of(login: &RegistryLogin, now: Timestamp) -> Self {
        match login.expires_at {
            None => Self::Endless,
            Some(end) if now < end => Self::Good(end),
            Some(end) => Self::Expired(end),
        }
    }
}

/// Returns what makes a codespace's login to AWS good again.
pub fn renewal(id: &str, user: &str, codespace: &CodespaceName, runs: bool) -> String {
    match (user == EcrServer::USER, runs) {
        (true, _) => access_key(id),
        (false, true) => format!("localspace registry refresh -c {codespace}"),
        (false, false) => format!("localspace start -c {codespace}"),
    }
}

/// Returns what to do where somebody has to get a new token by hand.
pub(super) fn access_key(id: &str) -> String {
    format!(
        "set {id}_CONTAINER_REGISTRY_USER and {id}_CONTAINER_REGISTRY_PASSWORD to the id and the secret of an access key, which is exchanged for a new token at each start; a token of one's own ends after twelve hours"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::LoginOutcome;

    #[test]
    fn an_end_is_told_before_and_after_it() {
        let at = |second: i64| Timestamp::from_second(second).expect("a time");
        let login = |expires_at| RegistryLogin {
            id: "E".to_owned(),
            server: "e.example".to_owned(),
            user: "AKIA".to_owned(),
            outcome: LoginOutcome::Written,
            reason: None,
            expires_at,
        };
        for (end, now, expected) in [
            (None, 9, Standing::Endless),
            (Some(at(9)), 8, Standing::Good(at(9))),
            (Some(at(9)), 9, Standing::Expired(at(9))),
        ] {
            assert_eq!(Standing::of(&login(end), at(now)), expected);
        }
    }

    #[test]
    fn what_makes_it_good_again_depends_on_who_gets_the_token() {
        let name: CodespaceName = "calm-lamp".parse().expect("a name");
        assert_eq!(renewal("E", "AKIA", &name, true), "localspace registry refresh -c calm-lamp");
        assert_eq!(renewal("E", "AKIA", &name, false), "localspace start -c calm-lamp");
        assert!(renewal("E", "AWS", &name, true).starts_with("set E_CONTAINER_REGISTRY_USER and E_"));
    }
}

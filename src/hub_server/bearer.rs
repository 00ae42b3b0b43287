//! Tokens for repositories: what a client gets for its login, and shows to each request. They say who it is and what was asked for, and are held
//! by nobody; whether it is allowed is decided at each request anew.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};

use super::proof::{Key, Proof};
use super::request::is_name;
use crate::github::packages::Action;

/// How long a token is good, in seconds.
pub(super) const GOOD_FOR: i64 = 300;
/// How many repositories one token is for.
const MOST_SCOPES: usize = 16;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claims {
    /// The digest of the login; nothing where there was none.
    pub(super) login: Option<String>,
    /// The registry.
    pub(super) registry: String,
    /// What for.
    pub(super) scopes: Vec<Scope>,
    /// Until when, in seconds since 1970.
    pub(super) until: i64,
}

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scope {
    /// The repository.
    pub(super) name: String,
    pub(super) pull: bool,
    pub(super) push: bool,
}

impl Claims {
    /// Returns the token that says this.
    pub(super) fn seal(&self, key: &Key) -> String {
        serde_json::to_string(self).map(|text| key.seal(&text)).unwrap_or_default()
    }

    /// Returns what a token says that is good.
    pub(super) fn open(key: &Key, token: &str, now: i64) -> Option<Self> {
        let claims: Self = serde_json::from_str(&key.open(token)?).ok()?;
        (now < claims.until).then_some(claims)
    }

    /// Tells whether it was asked for this.
    pub(super) fn is_for(&self, registry: &str, name: &str, action: Action) -> bool {
        self.registry == registry
            && self.scopes.iter().filter(|scope| scope.name == name).any(|scope| match action {
                Action::Pull => scope.pull,
                Action::Push => scope.push,
            })
    }

    /// Returns the login's digest.
    pub(super) fn proof(&self) -> Option<Proof> {
        self.login.as_deref().and_then(Proof::of_text)
    }
}

/// Reads the scopes of a query; what is no repository's is left out.
pub(super) fn scopes(query: &[(String, String)]) -> Vec<Scope> {
    let texts = query.iter().filter(|(name, _)| name == "scope").flat_map(|(_, value)| value.split(' '));
    let read = texts.filter_map(|text| {
        let (name, actions) = text.strip_prefix("repository:")?.rsplit_once(':')?;
        let has = |wanted: &str| actions.split(',').any(|action| action == wanted || action == "*");
        is_name(name).then(|| Scope { name: name.to_owned(), pull: has("pull"), push: has("push") })
    });
    read.take(MOST_SCOPES).collect()
}

/// What a client shows of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    Basic {
        user: String,
        value: String,
    },
    Bearer(String),
    /// Something else, or something broken.
    Unreadable,
}

impl Shown {
    /// Reads the header.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let Some(header) = headers.get(AUTHORIZATION) else { return Self::Nothing };
        let text = header.to_str().ok().and_then(|text| text.split_once(' '));
        match text {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Self::Bearer(token.trim().to_owned()),
            Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => {
                let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                match decoded.as_deref().and_then(|text| text.split_once(':')) {
                    Some((user, value)) => Self::Basic { user: user.to_owned(), value: value.to_owned() },
                    None => Self::Unreadable,
                }
            }
            Some(_) | None => Self::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_what_was_asked_until_it_ends() {
        let key = Key::new(&[7; 32]);
        let query = vec![("scope".to_owned(), "repository:acme/api:pull,push repository:acme/base:pull".to_owned())];
        let claims = Claims { login: None, registry: "ghcr.io".to_owned(), scopes: scopes(&query), until: 100 };
        let token = claims.seal(&key);
        let opened = Claims::open(&key, &token, 99).expect("good");
        assert!(opened.is_for("ghcr.io", "acme/api", Action::Push));
        assert!(opened.is_for("ghcr.io", "acme/base", Action::Pull));
        assert!(!opened.is_for("ghcr.io", "acme/base", Action::Push));
        assert!(!opened.is_for("other", "acme/api", Action::Pull));
        assert_eq!(Claims::open(&key, &token, 100), None);
        assert_eq!(Claims::open(&Key::new(&[8; 32]), &token, 0), None);
        assert_eq!(Claims::open(&key, "", 0), None);
    }

    #[test]
    fn scopes_that_are_none_are_left_out() {
        let read = |text: &str| scopes(&[("scope".to_owned(), text.to_owned())]).len();
        assert_eq!(read("repository:a/b:pull"), 1);
        assert_eq!(read("repository:../b:pull"), 0);
        assert_eq!(read("registry:catalog:*"), 0);
        assert_eq!(read("repository:a"), 0);
        assert_eq!(read(&"repository:a/b:pull ".repeat(100)), MOST_SCOPES);
    }

    #[test]
    fn a_header_is_read_or_is_none() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, text.parse().expect("a header"));
            Shown::of(&headers)
        };
        let basic = Shown::Basic { user: "a".to_owned(), value: "b:c".to_owned() };
        assert_eq!(of("Basic YTpiOmM="), basic);
        assert_eq!(of("bearer  x"), Shown::Bearer("x".to_owned()));
        for text in ["Basic", "Basic !!", "Basic YWI=", "Digest x", ""] {
            assert_eq!(of(text), Shown::Unreadable, "{text}");
        }
        assert_eq!(Shown::of(&HeaderMap::new()), Shown::Nothing);
    }
}

//! Tokens: what a registry that answers `Bearer` wants to be shown, and where it is had (distribution, "Token authentication").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::HeaderValue;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use super::challenge::Challenge;
use super::credential::Credential;
use super::{Authorization, is_refusal};
use crate::feature_store::address;
use crate::feature_store::error::Problem;
use crate::feature_store::explain::Explained;
use crate::feature_store::http::{Client, Request};
use crate::feature_store::surroundings::Limits;
use crate::redact::Secret;

/// How a program of the specification's calls itself.
const CLIENT: &str = "devcontainer";
/// The largest answer, in bytes.
const ANSWER: u64 = 1 << 20;

/// Which token is wanted.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) challenge: &'a Challenge,
    /// Who wants it.
    pub(super) from: &'a Url,
    pub(super) credential: Option<&'a Credential>,
    /// The repository that is to be read.
    pub(super) path: &'a str,
}

/// Returns the header of a login by user and password; nothing where they cannot stand in one.
pub(super) fn basic(user: &str, password: &Secret<String>) -> Option<HeaderValue> {
    let pair = Secret::new(format!("{user}:{}", password.expose()));
    let encoded = Secret::new(STANDARD.encode(pair.expose()));
    sensitive(&Secret::new(format!("Basic {}", encoded.expose())))
}

fn sensitive(text: &Secret<String>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Gets a token where the challenge says that they are had.
pub(super) async fn bearer(client: &Client, order: &Order<'_>, limits: Limits) -> Result<Authorization, Problem> {
    let registry = || format!("GET {}", address::shown(order.from));
    let Some(realm) = order.challenge.get("realm") else {
        let reason = "it wants a token, and does not say where one is had".to_owned();
        return Err(Problem::Answer { request: registry(), reason });
    };
    let realm = address::named_by(order.from, realm);
    let mut url = realm.map_err(|reason| Problem::Answer { request: registry(), reason })?;
    let scope = order.challenge.get("scope").map_or_else(|| format!("repository:{}:pull", order.path), str::to_owned);
    let about = [("service", order.challenge.get("service")), ("scope", Some(scope.as_str()))];
    let about = about.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let (mut header, mut form) = (None, None);
    match order.credential {
        Some(Credential::Refresh(token)) => {
            let mut pairs = Serializer::new(String::new());
            pairs.extend_pairs([("client_id", CLIENT), ("grant_type", "refresh_token")]).extend_pairs(about);
            form = Some(pairs.append_pair("refresh_token", token.expose()).finish());
        }
        Some(Credential::Password { user, password }) => {
            header = basic(user, password);
            url.query_pairs_mut().extend_pairs(about);
        }
        None => {
            url.query_pairs_mut().extend_pairs(about);
        }
    }
    let request =
        Request { url, accept: Some("application/json"), authorization: header.as_ref(), form, within: limits.small };
    let answer = client.send(request).await?;
    if is_refusal(answer.status) {
        return Ok(Authorization::Refused(Explained::read(answer).await));
    }
    if answer.status != StatusCode::OK {
        return Err(Explained::read(answer).await.problem());
    }
    let request = answer.request.clone();
    let body = Secret::new(answer.bytes(ANSWER).await?);
    let header = read(body.expose()).as_ref().and_then(sensitive);
    header
        .map(Authorization::Header)
        .ok_or_else(|| Problem::Answer { request, reason: "there is no token in it".to_owned() })
}

/// Reads a token out of an answer: `token`, or what OAuth calls it.
fn read(body: &[u8]) -> Option<Secret<String>> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    Some(Secret::new(format!("Bearer {}", text("token").or_else(|| text("access_token"))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_under_both_its_names() {
        for (body, expected) in [
            (r#"{"token": "t", "access_token": "u"}"#, Some("Bearer t")),
            (r#"{"access_token": "u"}"#, Some("Bearer u")),
            (r#"{"token": ""}"#, None),
            ("[]", None),
            ("", None),
        ] {
            let token = read(body.as_bytes());
            assert_eq!(token.as_ref().map(|token| token.expose().as_str()), expected, "{body}");
        }
    }

    #[test]
    fn a_header_hides_its_login() {
        let header = basic("me", &Secret::new("p:ä".to_owned())).expect("a header");
        assert_eq!(header.as_bytes(), b"Basic bWU6cDrDpA==");
        assert_eq!(format!("{header:?}"), "Sensitive");
        assert_eq!(sensitive(&Secret::new("a\nb".to_owned())), None);
    }
}

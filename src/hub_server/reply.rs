//! What is said without the storage: errors, challenges, small documents.

use http::header::{CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use super::backend::Body;
use super::forward::full;
use super::refusal::{Words, body};
use super::request::Malformed;

/// Something other than the answer that was asked for.
#[derive(Debug)]
pub(super) enum Said {
    /// The request makes no sense.
    Malformed(Malformed),
    /// No registry of that name is here.
    Misdirected,
    /// It is refused, with what the client may try instead.
    Refused(Words, Option<String>),
    /// Nothing is known of it.
    Unknown,
    /// It is no manifest.
    NoManifest,
    /// It is too large.
    TooLarge,
    /// The client did not send what it said that it would.
    Broken,
    /// The storage does not answer.
    NoStorage,
}

impl Said {
    /// Returns the response.
    pub(super) fn response(self) -> Response<Body> {
        let (status, code, message) = match &self {
            Self::Malformed(what) => malformed(*what),
            Self::Misdirected => {
                (StatusCode::MISDIRECTED_REQUEST, "UNSUPPORTED", "this hub has no registry of that name")
            }
            Self::Refused(words, _) => (words.status, words.code, words.message),
            Self::Unknown => (StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry"),
            Self::NoManifest => (StatusCode::BAD_REQUEST, "MANIFEST_INVALID", "manifest invalid"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", "it is larger than may be"),
            Self::Broken => (StatusCode::BAD_REQUEST, "SIZE_INVALID", "the body is not what was announced"),
            Self::NoStorage => (StatusCode::BAD_GATEWAY, "UNKNOWN", "the hub's storage does not answer"),
        };
        let mut response = json(status, body(code, message));
        if let Self::Refused(_, Some(challenge)) = &self
            && let Ok(value) = HeaderValue::from_str(challenge)
        {
            response.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
        response
    }
}

const fn malformed(what: Malformed) -> (StatusCode, &'static str, &'static str) {
    match what {
        Malformed::Path => (StatusCode::NOT_FOUND, "UNSUPPORTED", "there is no such path"),
        Malformed::Name => (StatusCode::BAD_REQUEST, "NAME_INVALID", "invalid repository name"),
        Malformed::Digest => {
            (StatusCode::BAD_REQUEST, "DIGEST_INVALID", "provided digest did not match uploaded content")
        }
        Malformed::Tag => (StatusCode::BAD_REQUEST, "TAG_INVALID", "manifest tag did not match URI"),
        Malformed::Query => (StatusCode::BAD_REQUEST, "UNSUPPORTED", "the query does not belong there"),
        Malformed::Method => (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "the operation is unsupported"),
    }
}

impl From<Malformed> for Said {
    fn from(what: Malformed) -> Self {
        Self::Malformed(what)
    }
}

/// Returns a small document.
pub(super) fn json(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

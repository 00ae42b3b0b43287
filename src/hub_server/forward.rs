//! A request that is allowed, handed to the storage, and its answer handed back: names and addresses are turned from the registry's to the storage's
//! and back, and of the headers go through what a registry's protocol has.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, HeaderName, HeaderValue, IF_NONE_MATCH,
    LINK, LOCATION, RANGE,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::Incoming;

use super::backend::{Backend, Body};
use super::request::{Part, Wanted};
use super::site::Site;

/// How long a client may send nothing of a body that it has begun.
const SILENCE: Duration = Duration::from_mins(1);
/// The largest manifest, in bytes: what distribution takes.
pub(super) const MAX_MANIFEST: usize = 4 * 1024 * 1024;
/// The largest document of the storage's own that is looked into, in bytes.
const MAX_DOCUMENT: usize = 4 * 1024 * 1024;

const ASKED: [HeaderName; 7] =
    [ACCEPT, CONTENT_TYPE, CONTENT_LENGTH, CONTENT_RANGE, RANGE, IF_NONE_MATCH, CACHE_CONTROL];
const ANSWERED: [&str; 14] = [
    "content-type",
    "content-length",
    "content-range",
    "range",
    "etag",
    "accept-ranges",
    "cache-control",
    "link",
    "location",
    "docker-content-digest",
    "docker-upload-uuid",
    "docker-distribution-api-version",
    "oci-subject",
    "oci-filters-applied",
];

/// What is asked of a repository, once it is allowed.
#[derive(Debug)]
pub(super) struct Forwarded<'a> {
    pub(super) site: &'a Site,
    /// The repository's name at its registry.
    pub(super) path: &'a str,
    /// What its name begins with for the client: nothing, or on the loopback port the registry.
    pub(super) prefix: String,
    pub(super) what: &'a Part,
    pub(super) wanted: Wanted,
    pub(super) method: Method,
    pub(super) headers: &'a HeaderMap,
}

impl Forwarded<'_> {
    /// Returns the request to the storage.
    pub(super) fn request(&self, body: Body) -> Result<Request<Body>, http::Error> {
        let mut request = Request::builder().method(self.method.clone()).uri(self.target()).header(HOST, "storage");
        for name in ASKED {
            for value in self.headers.get_all(&name) {
                request = request.header(&name, value);
            }
        }
        request.body(body)
    }

    /// Returns the path and query at the storage.
    fn target(&self) -> String {
        let name = format!("{}/{}", self.site.folder, self.path);
        let path = match self.what {
            Part::Manifest(reference) => format!("manifests/{reference}"),
            Part::Blob(digest) => format!("blobs/{digest}"),
            Part::NewUpload => "blobs/uploads/".to_owned(),
            Part::Upload(id) => format!("blobs/uploads/{id}"),
            Part::Tags => "tags/list".to_owned(),
            Part::Referrers(digest) => format!("referrers/{digest}"),
        };
        let mut query: Vec<String> =
            Some(self.wanted.passed.clone()).filter(|text| !text.is_empty()).into_iter().collect();
        if let (Some(mount), Some(from)) = (&self.wanted.mount, &self.wanted.from) {
            query.push(format!("mount={mount}&from={}/{from}", self.site.folder));
        }
        if let Some(digest) = &self.wanted.digest {
            query.push(format!("digest={digest}"));
        }
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/v2/{name}/{path}{mark}{}", query.join("&"))
    }

    /// Returns the storage's answer as the registry's.
    pub(super) async fn answer(&self, answer: Response<Incoming>) -> std::io::Result<Response<Body>> {
        let (parts, body) = answer.into_parts();
        let mut response = Response::new(());
        *response.status_mut() = parts.status;
        for name in ANSWERED {
            for value in parts.headers.get_all(name) {
                let shown = if name == LOCATION || name == LINK { self.shown(value) } else { Some(value.clone()) };
                if let (Some(value), Ok(name)) = (shown, HeaderName::try_from(name)) {
                    response.headers_mut().append(name, value);
                }
            }
        }
        let is_document = parts.status.as_u16() >= 400 || matches!(self.what, Part::Tags);
        if !is_document || self.method == Method::HEAD {
            return Ok(response.map(|()| body.map_err(std::io::Error::other).boxed_unsync()));
        }
        // What the storage writes itself tells the repository's name.
        let read = Limited::new(body, MAX_DOCUMENT).collect().await.map_err(std::io::Error::other)?.to_bytes();
        let theirs = format!("\"{}/{}\"", self.site.folder, self.path);
        let ours = format!("\"{}{}\"", self.prefix, self.path);
        let text = String::from_utf8_lossy(&read).replace(&theirs, &ours);
        response.headers_mut().insert(CONTENT_LENGTH, text.len().into());
        Ok(response.map(|()| full(text)))
    }

    /// Turns an address of the storage's into one of the registry's.
    fn shown(&self, value: &HeaderValue) -> Option<HeaderValue> {
        let theirs = format!("/v2/{}/{}/", self.site.folder, self.path);
        let ours = format!("/v2/{}{}/", self.prefix, self.path);
        HeaderValue::from_str(&value.to_str().ok()?.replacen(&theirs, &ours, 1)).ok()
    }
}

/// Returns a body that is all there.
pub(super) fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Returns a client's body, which ends with an error where nothing comes for too long.
pub(super) fn paced(body: Incoming) -> Body {
    let frames = stream::unfold(Some(body), |body| async {
        let mut body = body?;
        match tokio::time::timeout(SILENCE, body.frame()).await {
            Ok(Some(Ok(frame))) => Some((Ok(frame), Some(body))),
            Ok(Some(Err(error))) => Some((Err(std::io::Error::other(error)), None)),
            Ok(None) => None,
            Err(_) => Some((Err(std::io::ErrorKind::TimedOut.into()), None)),
        }
    });
    StreamBody::new(frames).boxed_unsync()
}

/// Returns a client's manifest, or the status that says why not.
pub(super) async fn manifest(body: Incoming) -> Result<Bytes, StatusCode> {
    let read = Limited::new(paced(body), MAX_MANIFEST).collect().await;
    read.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            StatusCode::PAYLOAD_TOO_LARGE
        } else {
            StatusCode::BAD_REQUEST
        }
    })
}

/// Returns a document that the storage keeps, where it is there and small.
pub(super) async fn document(backend: &Backend, path: &str, accept: &str) -> Option<Bytes> {
    let request = Request::get(path).header(HOST, "storage").header(ACCEPT, accept).body(full("")).ok()?;
    let answer = backend.send(request).await.ok().filter(|answer| answer.status() == StatusCode::OK)?;
    Some(Limited::new(answer.into_body(), MAX_DOCUMENT).collect().await.ok()?.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::RegistryServer;

    fn check(what: &Part, wanted: Wanted, expected: &str) {
        let site = Site::of(&RegistryServer::normalise("ghcr.io")).expect("a site");
        let (headers, method) = (HeaderMap::new(), Method::GET);
        let forwarded =
            Forwarded { site: &site, path: "acme/api", prefix: String::new(), what, wanted, method, headers: &headers };
        assert_eq!(forwarded.target(), expected);
        let theirs = HeaderValue::from_static("/v2/ghcr.io/acme/api/blobs/uploads/1?_state=x");
        let shown = forwarded.shown(&theirs).expect("shown");
        assert_eq!(shown, "/v2/acme/api/blobs/uploads/1?_state=x");
    }

    #[test]
    fn a_repository_is_kept_under_its_registry() {
        let from = |from: &str| Some(from.to_owned());
        check(&Part::Manifest("1".into()), Wanted::default(), "/v2/ghcr.io/acme/api/manifests/1");
        let mount = Wanted { mount: Some("sha256:0".into()), from: from("acme/base"), ..Wanted::default() };
        check(&Part::NewUpload, mount, "/v2/ghcr.io/acme/api/blobs/uploads/?mount=sha256:0&from=ghcr.io/acme/base");
        let put = Wanted { digest: Some("sha256:0".into()), passed: "_state=x".into(), ..Wanted::default() };
        check(&Part::Upload("u".into()), put, "/v2/ghcr.io/acme/api/blobs/uploads/u?_state=x&digest=sha256:0");
    }
}

//! GitHub's registry of npm's packages, `npm.pkg.github.com`: a package is looked at, downloaded and published by the rules of all packages, with a
//! token that is shown as it is (codespaces-facts.md sections 3.1 and 3.4).

mod document;
mod request;
mod shelf;

use std::path::Path;

use futures_util::TryStreamExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use serde_json::json;
use tokio_util::io::ReaderStream;

pub(super) use shelf::Shelf;

use super::access::{Publication, Who, decide};
use super::backend::Body;
use super::bearer::Shown;
use super::desk::Desk;
use super::forward::paced;
use super::refusal::Refusal;
use super::reply;
use super::site::Site;
use super::world::Login;
use super::{Server, learn, log};
use crate::github::hub::PackageName;
use crate::github::packages::{Action, Rule};
use document::{Release, Unfit};
use request::{Asked, Version};
use shelf::ShelfError;

/// The largest package that is published, in bytes, as npm sends it: a third larger than its tarball. GitHub takes more; a hub has to be small.
const MAX_PUBLISHED: usize = 32 * 1024 * 1024;

/// Who asks for what, and how.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) site: &'a Site,
    /// What the registry's addresses begin with for this client.
    pub(super) base: String,
    /// The path at the registry.
    pub(super) path: &'a str,
}

/// Something other than what was asked for.
#[derive(Debug)]
enum No {
    /// There is no such path.
    Path,
    /// It is refused, for a package that has this name.
    Refused(Refusal, Option<PackageName>),
    /// There is no such version.
    Version,
    /// It is too large.
    TooLarge,
    /// The client did not send what it said that it would.
    Broken,
    /// It cannot be published.
    Shelf(ShelfError),
}

impl From<ShelfError> for No {
    fn from(error: ShelfError) -> Self {
        Self::Shelf(error)
    }
}

impl No {
    /// Returns the response, in the real one's words.
    fn response(self, site: &Site) -> Response<Body> {
        let (status, message) = match self {
            Self::Path => (StatusCode::NOT_FOUND, "there is no such path".to_owned()),
            // Of what may not be seen at all it says that it is not there.
            Self::Refused(Refusal::NoAccess(rule), Some(name)) if rule == Rule::UnknownPackage.name() => {
                let text = format!("npm package \"{}\" does not exist under owner \"{}\"", name.name(), name.owner());
                (StatusCode::NOT_FOUND, text)
            }
            Self::Refused(refusal, _) => {
                let words = refusal.words(site.kind);
                (words.status, words.message.to_owned())
            }
            Self::Version => (StatusCode::NOT_FOUND, "there is no such version".to_owned()),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "it is larger than this hub takes (24 MB)".to_owned()),
            Self::Broken => (StatusCode::BAD_REQUEST, "the body is not what was announced".to_owned()),
            Self::Shelf(error @ ShelfError::Unfit(Unfit::Exists)) => (StatusCode::CONFLICT, error.to_string()),
            Self::Shelf(error @ ShelfError::Unfit(Unfit::Malformed(_))) => (StatusCode::BAD_REQUEST, error.to_string()),
            Self::Shelf(error @ ShelfError::Disk(_)) => {
                log::problem(&error);
                (StatusCode::INSUFFICIENT_STORAGE, "the hub's storage does not take it".to_owned())
            }
        };
        reply::json(status, json!({ "error": message }).to_string())
    }
}

/// Answers a request.
pub(super) async fn answer(server: &Server, asking: &Asking<'_>, (parts, body): (&Parts, Incoming)) -> Response<Body> {
    Box::pin(respond(server, asking, parts, body)).await.unwrap_or_else(|no| no.response(asking.site))
}

async fn respond(server: &Server, asking: &Asking<'_>, parts: &Parts, body: Incoming) -> Result<Response<Body>, No> {
    let asked = request::read(&parts.method, asking.path).ok_or(No::Path)?;
    let who = asking.who(&Shown::of(&parts.headers))?;
    match asked {
        Asked::Ping => Ok(reply::json(StatusCode::OK, "{}".to_owned())),
        Asked::Whoami => match who {
            Who::Codespace { user: login, .. } | Who::User { login, .. } => {
                Ok(reply::json(StatusCode::OK, json!({ "username": login }).to_string()))
            }
            Who::Anonymous | Who::Publisher(_) | Who::Account { .. } => Err(No::Refused(Refusal::NotLoggedIn, None)),
        },
        Asked::Look(name) => {
            asking.may(&who, &name, Action::Pull)?;
            let unknown = || No::Refused(Refusal::NoAccess(Rule::UnknownPackage.name()), Some(name.clone()));
            let document = server.npm.document(&name).map_err(ShelfError::from)?.ok_or_else(unknown)?;
            Ok(reply::json(StatusCode::OK, document.told(&name, &asking.base).to_string()))
        }
        Asked::Download(name, version) => {
            asking.may(&who, &name, Action::Pull)?;
            download(server, &name, &version).await
        }
        Asked::Publish(name) => {
            asking.may(&who, &name, Action::Push)?;
            let publishing = server.npm.publishing().await;
            let read = Limited::new(paced(body), MAX_PUBLISHED).collect().await;
            let read = read.map_err(|error| if error.is::<LengthLimitError>() { No::TooLarge } else { No::Broken })?;
            let release = Release::of_body(&name, &read.to_bytes()).map_err(ShelfError::from)?;
            let added = add(server, &name, &who, &release).await;
            drop(publishing);
            added?;
            Ok(reply::json(StatusCode::CREATED, json!({ "success": true }).to_string()))
        }
    }
}

impl Asking<'_> {
    /// Returns who asks: a token is shown as it is, or as a password.
    fn who(&self, shown: &Shown) -> Result<Who, No> {
        let token = match shown {
            Shown::Nothing => return Ok(Who::Anonymous),
            Shown::Bearer(token) | Shown::Basic { value: token, .. } => token,
            Shown::Unreadable => return Err(No::Refused(Refusal::BadLogin, None)),
        };
        match self.desk.world.login(self.site, "", token, self.desk.now) {
            Login::Known(who, _) => Ok(who),
            Login::Expired | Login::Unknown => {
                log::login(self.site, Refusal::BadLogin);
                Err(No::Refused(Refusal::BadLogin, None))
            }
        }
    }

    fn may(&self, who: &Who, name: &PackageName, action: Action) -> Result<(), No> {
        let path = format!("@{}/{}", name.owner(), name.name());
        let decision = decide(&self.desk.world.hub, who, self.site, &path, action);
        log::decision(who, action, (self.site, &path), decision);
        decision.map(|_rule| ()).map_err(|refusal| No::Refused(refusal, Some(name.clone())))
    }
}

async fn download(server: &Server, name: &PackageName, version: &Version) -> Result<Response<Body>, No> {
    let document = server.npm.document(name).map_err(ShelfError::from)?;
    if !document.is_some_and(|document| document.has(version)) {
        return Err(No::Version);
    }
    let opened = async {
        let file = tokio::fs::File::open(server.npm.tarball(name, version)).await?;
        let length = file.metadata().await?.len();
        Ok::<_, std::io::Error>((file, length))
    };
    let (file, length) = opened.await.map_err(ShelfError::from)?;
    let frames = ReaderStream::new(file).map_ok(Frame::data);
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    Ok(response)
}

/// Adds a version, and the package where this is its first one.
async fn add(server: &Server, name: &PackageName, who: &Who, release: &Release) -> Result<(), ShelfError> {
    server.npm.add(name, release, &jiff::Timestamp::now().to_string())?;
    let source = learn::source_of_npm(&release.manifest);
    server.published(name, who, source).await.map_err(|error| ShelfError::Disk(std::io::Error::other(error)))
}

/// Publishes the tarball that lies in a file, for `localspace`; returns its version. One that is there with the same files is left as it is.
pub(super) async fn publish_file(
    server: &Server,
    name: &PackageName,
    publication: Publication,
    file: &Path,
) -> Result<String, String> {
    let _publishing = server.npm.publishing().await;
    let tarball = std::fs::read(file).map_err(|error| error.to_string())?;
    let release = shelf::release(name, tarball).map_err(|error| error.to_string())?;
    let version = release.version.as_str().to_owned();
    let there = std::fs::read(server.npm.tarball(name, &release.version)).ok();
    let has = server.npm.document(name).map_err(|error| error.to_string())?;
    if has.is_some_and(|document| document.has(&release.version)) && there.as_ref() == Some(&release.tarball) {
        return Ok(version);
    }
    add(server, name, &Who::Publisher(publication), &release).await.map_err(|error| error.to_string())?;
    Ok(version)
}

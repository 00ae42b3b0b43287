//! One request, from its first line to its answer: which registry is meant, who asks, whether it is allowed.

use std::sync::Arc;

use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::access::{Who, decide};
use super::backend::Body;
use super::bearer::{Claims, Shown};
use super::forward::{Forwarded, full, manifest, paced};
use super::refusal::Refusal;
use super::reply::{Said, json};
use super::request::{Asked, Malformed, Part, read, wanted};
use super::site::{Kind, Site};
use super::world::{Login, World};
use super::{Server, learn, log, npm, token};
use crate::github::hub::{NPM, PackageName};
use crate::github::packages::Action;

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entrance {
    /// At a port of the registries' own, over TLS.
    Tls(u16),
    /// At the port that the engine's machine has on its loopback.
    Loopback,
}

/// What is known of a request.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    pub(super) world: &'a World,
    pub(super) entrance: Entrance,
    pub(super) host: String,
    pub(super) now: i64,
}

/// Answers a request.
pub(super) async fn answer(server: Arc<Server>, entrance: Entrance, request: Request<Incoming>) -> Response<Body> {
    let mut response = respond(&server, entrance, request).await.unwrap_or_else(Said::response);
    let version = HeaderValue::from_static("registry/2.0");
    response.headers_mut().insert("docker-distribution-api-version", version);
    response
}

async fn respond(server: &Server, entrance: Entrance, request: Request<Incoming>) -> Result<Response<Body>, Said> {
    let (parts, body) = request.into_parts();
    let world = server.world();
    let now = jiff::Timestamp::now().as_second();
    // Who names a server in the first line as well wants something between here and there.
    let host = host(&parts.headers).filter(|_| parts.uri.authority().is_none()).ok_or(Said::Misdirected)?;
    let site = match entrance {
        Entrance::Tls(port) => Some(world.sites.by_host(&host, port).ok_or(Said::Misdirected)?),
        Entrance::Loopback if is_loopback(&host) => None,
        Entrance::Loopback => return Err(Said::Misdirected),
    };
    let desk = Desk { world: &world, entrance, host, now };
    if let Some((site, base, path)) = desk.npm(site, parts.uri.path()) {
        return Ok(npm::answer(server, &npm::Asking { desk: &desk, site, base, path }, (&parts, body)).await);
    }
    let token_path = match site {
        Some(site) if site.kind.gives_tokens() => site.kind.token_path(),
        Some(_) => "",
        None => Kind::Github.token_path(),
    };
    match read(&parts.method, parts.uri.path(), token_path)? {
        Asked::Base => desk.base(site, &Shown::of(&parts.headers)),
        Asked::Token => token::answer(&desk, site, &parts),
        Asked::Of { name, what } => {
            let (site, path, prefix) = if let Some(site) = site {
                (site, name.as_str(), String::new())
            } else {
                let (site, path) = world.sites.by_folder(&name).ok_or(Malformed::Name)?;
                (site, path, format!("{}/", site.folder))
            };
            desk.repository(server, Wish { site, path, prefix, what }, (&parts, body)).await
        }
    }
}

/// What is wished of a repository.
#[derive(Debug)]
struct Wish<'a> {
    site: &'a Site,
    path: &'a str,
    prefix: String,
    what: Part,
}

impl<'a> Desk<'a> {
    /// Returns the registry of npm's packages where it is asked, what its own addresses begin with for the client, and what is asked of it.
    fn npm<'p>(&self, site: Option<&'a Site>, path: &'p str) -> Option<(&'a Site, String, &'p str)> {
        if let Some(site) = site {
            return (site.kind == Kind::Npm).then(|| (site, format!("https://{}", site.name), path));
        }
        let rest = path.strip_prefix('/')?.strip_prefix(NPM).filter(|rest| rest.starts_with('/'))?;
        Some((self.world.sites.by_name(NPM)?, format!("http://{}/{NPM}", self.host), rest))
    }
}

impl Desk<'_> {
    /// Answers whether this is a registry, and whether the login is good.
    fn base(&self, site: Option<&Site>, shown: &Shown) -> Result<Response<Body>, Said> {
        let good = || Ok(json(StatusCode::OK, "{}".to_owned()));
        match (site, shown) {
            (Some(site), Shown::Basic { user, value }) if !site.kind.gives_tokens() => {
                match self.world.login(site, user, value, self.now) {
                    Login::Known(..) => good(),
                    Login::Expired => Err(self.refuse(site, Refusal::Expired, None)),
                    Login::Unknown => Err(self.refuse(site, Refusal::BadLogin, None)),
                }
            }
            (site, Shown::Bearer(token)) => match Claims::open(&self.world.key, token, self.now) {
                Some(claims) if site.is_none_or(|site| site.name == claims.registry) && self.is_alive(&claims) => {
                    good()
                }
                Some(_) | None => Err(self.ask_for_login(site)),
            },
            (site, _) => Err(self.ask_for_login(site)),
        }
    }

    fn is_alive(&self, claims: &Claims) -> bool {
        let holder = claims.proof().map(|proof| self.world.holder(proof, self.now));
        holder.is_none_or(|holder| matches!(holder, Login::Known(..)))
    }

    fn ask_for_login(&self, site: Option<&Site>) -> Said {
        let kind = site.map_or(Kind::Github, |site| site.kind);
        Said::Refused(Refusal::NotLoggedIn.words(kind), Some(self.challenge(site, None)))
    }

    /// Returns a refusal in a registry's words; `scope` is what a token would have to be for.
    fn refuse(&self, site: &Site, refusal: Refusal, scope: Option<&str>) -> Said {
        let words = refusal.words(site.kind);
        let challenge = (words.status == StatusCode::UNAUTHORIZED).then(|| self.challenge(Some(site), scope));
        Said::Refused(words, challenge)
    }

    /// Returns how a client is to log in.
    fn challenge(&self, site: Option<&Site>, scope: Option<&str>) -> String {
        let (realm, service) = match (self.entrance, site) {
            (Entrance::Tls(_), Some(site)) if site.kind == Kind::Aws => {
                return format!("Basic realm=\"https://{}/\",service=\"ecr.amazonaws.com\"", site.name);
            }
            (Entrance::Tls(_), Some(site)) if !site.kind.gives_tokens() => {
                return format!("Basic realm=\"{}\"", site.name);
            }
            (Entrance::Tls(_), Some(site)) => site.realm(),
            (Entrance::Loopback, _) | (Entrance::Tls(_), None) => {
                (format!("http://{}/token", self.host), self.host.clone())
            }
        };
        let scope = scope.map_or_else(String::new, |scope| format!(",scope=\"{scope}\""));
        format!("Bearer realm=\"{realm}\",service=\"{service}\"{scope}")
    }

    /// Returns who asks for something of a repository, and the most that the login was asked for.
    fn asking(&self, wish: &Wish<'_>, action: Action, shown: &Shown) -> Result<(Who, Action), Said> {
        let site = wish.site;
        if self.entrance == Entrance::Loopback || site.kind.gives_tokens() {
            let name = format!("{}{}", wish.prefix, wish.path);
            let actions = if action == Action::Push { "pull,push" } else { "pull" };
            let scope = format!("repository:{name}:{actions}");
            let Shown::Bearer(token) = shown else {
                return Err(self.refuse(site, Refusal::NotLoggedIn, Some(&scope)));
            };
            let claims = Claims::open(&self.world.key, token, self.now);
            let Some(claims) = claims.filter(|claims| claims.is_for(&site.name, wish.path, action)) else {
                return Err(self.without_scope(site, &scope));
            };
            let is_for_push = claims.is_for(&site.name, wish.path, Action::Push);
            let most = if is_for_push { Action::Push } else { Action::Pull };
            return match claims.proof().map(|proof| self.world.holder(proof, self.now)) {
                None => Ok((Who::Anonymous, most)),
                Some(Login::Known(who, _)) => Ok((who, most)),
                Some(Login::Expired | Login::Unknown) => Err(self.refuse(site, Refusal::BadLogin, Some(&scope))),
            };
        }
        match shown {
            Shown::Basic { user, value } => match self.world.login(site, user, value, self.now) {
                Login::Known(who, _) => Ok((who, action)),
                Login::Expired => Err(self.refuse(site, Refusal::Expired, None)),
                Login::Unknown => Err(self.refuse(site, Refusal::BadLogin, None)),
            },
            Shown::Nothing | Shown::Bearer(_) | Shown::Unreadable => Err(self.refuse(site, Refusal::NotLoggedIn, None)),
        }
    }

    /// Refuses a token that is for something else; Docker Hub gives one to anybody, and says so here.
    fn without_scope(&self, site: &Site, scope: &str) -> Said {
        let mut challenge = self.challenge(Some(site), Some(scope));
        if site.kind == Kind::DockerHub {
            challenge += ",error=\"insufficient_scope\"";
        }
        Said::Refused(Refusal::NotLoggedIn.words(site.kind), Some(challenge))
    }

    async fn repository(
        &self,
        server: &Server,
        wish: Wish<'_>,
        (parts, body): (&Parts, Incoming),
    ) -> Result<Response<Body>, Said> {
        let is_manifest = matches!(wish.what, Part::Manifest(_));
        let action = match &wish.what {
            Part::NewUpload | Part::Upload(_) => Action::Push,
            Part::Manifest(_) if parts.method == Method::PUT => Action::Push,
            Part::Manifest(_) | Part::Blob(_) | Part::Tags | Part::Referrers(_) => Action::Pull,
        };
        let mut wanted = wanted(&wish.what, parts.uri.query().unwrap_or_default())?;
        let (who, most) = self.asking(&wish, action, &Shown::of(&parts.headers))?;
        let mut decision = decide(&self.world.hub, &who, wish.site, wish.path, action);
        if decision.is_err() && most == Action::Push {
            // Who pushes asks first what is there already; a package that is only coming to be can be pulled by nobody yet.
            decision = decide(&self.world.hub, &who, wish.site, wish.path, most);
            if decision.is_err() && parts.method == Method::HEAD {
                // The words of the refusal are for the push itself: no answer to this could have any.
                return Err(Said::Unknown);
            }
        }
        if is_manifest || decision.is_err() {
            log::decision(&who, action, (wish.site, wish.path), decision);
        }
        let _reason = decision.map_err(|refusal| self.refuse(wish.site, refusal, None))?;
        // A layer is taken over from a repository that may be pulled from, and else uploaded.
        let from = wanted.from.take().and_then(|from| from.strip_prefix(wish.prefix.as_str()).map(str::to_owned));
        wanted.from = from.filter(|from| decide(&self.world.hub, &who, wish.site, from, Action::Pull).is_ok());
        let Wish { site, path, prefix, what } = wish;
        let (method, headers) = (parts.method.clone(), &parts.headers);
        let forwarded = Forwarded { site, path, prefix, what: &what, wanted, method, headers };
        if is_manifest && action == Action::Push {
            let text = manifest(body).await.map_err(|status| match status {
                StatusCode::PAYLOAD_TOO_LARGE => Said::TooLarge,
                _ => Said::Broken,
            })?;
            let answer = send(server, &forwarded, full(text.clone())).await?;
            if answer.status().is_server_error() {
                // The storage trips over what is no manifest.
                return Err(Said::NoManifest);
            }
            if answer.status().is_success() && site.kind == Kind::Github {
                let stored = format!("{}/{path}", site.folder);
                let name = PackageName::of_image(&stored).ok_or(Malformed::Name)?;
                let source = learn::source(&server.backend, &stored, &text).await;
                server.published(&name, &who, source).await.map_err(|error| {
                    log::problem(&error);
                    Said::NoStorage
                })?;
            }
            return Ok(answer);
        }
        let has_body = [Method::PUT, Method::PATCH, Method::POST].contains(&parts.method);
        send(server, &forwarded, if has_body { paced(body) } else { full("") }).await
    }
}

async fn send(server: &Server, forwarded: &Forwarded<'_>, body: Body) -> Result<Response<Body>, Said> {
    let request = forwarded.request(body).map_err(|_| Said::Malformed(Malformed::Query))?;
    // A body that ends early ends the request to the storage, too.
    let broken = |_| {
        if forwarded.method == Method::GET || forwarded.method == Method::HEAD { Said::NoStorage } else { Said::Broken }
    };
    let answer = server.backend.send(request).await.map_err(broken)?;
    forwarded.answer(answer).await.map_err(|_| Said::NoStorage)
}

/// Returns the one host that is asked.
fn host(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(HOST).iter();
    let only = all.next()?.to_str().ok().filter(|host| host.len() < 256)?;
    all.next().is_none().then(|| only.to_owned())
}

/// Tells whether a client means its own machine: a page of the web in somebody's browser does not.
fn is_loopback(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    ["localhost", "127.0.0.1", "[::1]"].contains(&name) && port.parse::<u16>().is_ok()
}

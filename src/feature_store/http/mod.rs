//! One request and its answer: TLS, proxies, redirections, time and size. Knows no registry.

mod body;
mod tls;

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, USER_AGENT};
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::address;
use super::error::Problem;
use super::loopback::Loopback;
use super::surroundings::{Limits, Network};

/// How many redirections are followed.
const REDIRECTIONS: usize = 10;

/// What asks.
#[derive(Debug)]
pub(super) struct Client {
    direct: Legacy<HttpsConnector<HttpConnector>, Full<Bytes>>,
    proxy: Option<Proxy>,
    limits: Limits,
    hub: Option<Loopback>,
}

#[derive(Debug)]
struct Proxy {
    matcher: Matcher,
    client: Legacy<HttpsConnector<Tunnel<HttpConnector>>, Full<Bytes>>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Request<'a> {
    pub(super) url: Url,
    /// The media type that is wanted.
    pub(super) accept: Option<&'static str>,
    /// For this server alone, not for one that it redirects to.
    pub(super) authorization: Option<&'a HeaderValue>,
    /// What is posted, as a form; else it is a GET.
    pub(super) form: Option<String>,
    /// How long it may take in all.
    pub(super) within: Duration,
}

/// An answer, whose body has not been read.
#[derive(Debug)]
pub(super) struct Answer {
    /// Method and address that were asked first.
    pub(super) request: String,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Who answered.
    pub(super) url: Url,
    body: Incoming,
    deadline: Deadline,
}

/// Until when a whole request may take.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    at: Instant,
    within: Duration,
    /// How long nothing may be heard.
    silence: Duration,
}

impl Client {
    /// Returns a client; sends nothing.
    pub(super) fn new(network: &Network, limits: Limits, hub: Option<Loopback>) -> Result<Self, Problem> {
        let tls = tls::configuration(network)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(limits.connect));
        let proxy = match &network.proxy {
            Some(text) => {
                let (uri, login) = proxy_address(text.expose())?;
                let tunnel = login.into_iter().fold(Tunnel::new(uri, tcp.clone()), Tunnel::with_auth);
                let builder = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http().enable_http1();
                let client = Legacy::builder(TokioExecutor::new()).build(builder.wrap_connector(tunnel));
                let no = network.no_proxy.clone().unwrap_or_default();
                Some(Proxy { matcher: Matcher::builder().https(text.expose().clone()).no(no).build(), client })
            }
            None => None,
        };
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        let direct = Legacy::builder(TokioExecutor::new()).build(builder.wrap_connector(tcp));
        Ok(Self { direct, proxy, limits, hub })
    }

    /// Asks, and follows redirections.
    pub(super) async fn send(&self, request: Request<'_>) -> Result<Answer, Problem> {
        let within = request.within;
        let deadline = Deadline { at: Instant::now() + within, within, silence: self.limits.silence };
        let asked = self.describe(&request);
        let (first, mut url) = (request.url.clone(), request.url.clone());
        for _ in 0..=REDIRECTIONS {
            let wire = wire(&request, &url, address::is_same_server(&first, &url));
            let wire = wire.map_err(|reason| Problem::Answer { request: asked.clone(), reason })?;
            let response = self.answer(wire, &url, &asked, deadline).await?;
            let (parts, body) = response.into_parts();
            let target = match parts.headers.get(LOCATION) {
                Some(target) if is_redirection(parts.status) && request.form.is_none() => target.clone(),
                _ => {
                    let (status, headers) = (parts.status, parts.headers);
                    return Ok(Answer { request: asked, status, headers, url, body, deadline });
                }
            };
            let next = target.to_str().map_err(|_| "it redirects to what is no text".to_owned());
            let next = next.and_then(|target| address::named_by(&url, target));
            url = next.map_err(|reason| Problem::Answer { request: asked.clone(), reason })?;
        }
        let reason = format!("it redirects more than {REDIRECTIONS} times");
        Err(Problem::Answer { request: asked, reason })
    }

    fn describe(&self, request: &Request<'_>) -> String {
        let own = self.hub.as_ref().and_then(|hub| hub.shown(&request.url));
        format!("{} {}", method(request), own.unwrap_or_else(|| address::shown(&request.url)))
    }

    async fn answer(
        &self,
        wire: http::Request<Full<Bytes>>,
        url: &Url,
        asked: &str,
        deadline: Deadline,
    ) -> Result<http::Response<Incoming>, Problem> {
        let proxy = self
            .proxy
            .as_ref()
            .filter(|proxy| !address::is_this_machine(url) && proxy.matcher.intercept(wire.uri()).is_some());
        let answering = match proxy {
            Some(proxy) => proxy.client.request(wire),
            None => self.direct.request(wire),
        };
        match timeout_at(deadline.next(), answering).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Problem::Unreachable { request: asked.to_owned(), cause: cause(&error) }),
            Err(_) => Err(deadline.passed(asked)),
        }
    }
}

impl Deadline {
    /// Returns until when the next sign of life has to come.
    fn next(&self) -> Instant {
        self.at.min(Instant::now() + self.silence)
    }

    /// Says that it did not come.
    fn passed(&self, request: &str) -> Problem {
        let within = if Instant::now() < self.at { self.silence } else { self.within };
        Problem::Silent { request: request.to_owned(), within }
    }
}

fn method(request: &Request<'_>) -> Method {
    if request.form.is_some() { Method::POST } else { Method::GET }
}

/// Tells whether an answer sends elsewhere.
fn is_redirection(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Returns the request as it is sent to `url`.
fn wire(request: &Request<'_>, url: &Url, is_same_server: bool) -> Result<http::Request<Full<Bytes>>, String> {
    let mut wire = http::Request::builder().method(method(request)).uri(url.as_str());
    wire = wire.header(USER_AGENT, concat!("localspace/", env!("CARGO_PKG_VERSION")));
    if let Some(accept) = request.accept {
        wire = wire.header(ACCEPT, accept);
    }
    if let Some(login) = request.authorization.filter(|_| is_same_server) {
        wire = wire.header(AUTHORIZATION, login.clone());
    }
    if request.form.is_some() {
        wire = wire.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let body = Full::from(request.form.clone().unwrap_or_default());
    wire.body(body).map_err(|error| format!("it cannot be asked: {error}"))
}

/// Reads what `HTTPS_PROXY` says: where the proxy is, and the login for it.
fn proxy_address(text: &str) -> Result<(Uri, Option<HeaderValue>), Problem> {
    let fail = |reason: &str| Problem::Setting { what: "HTTPS_PROXY", reason: reason.to_owned() };
    let matcher = Matcher::builder().https(text.to_owned()).build();
    let any = Uri::from_static("https://registry.example/");
    let found = matcher.intercept(&any).ok_or_else(|| fail("it is no address"))?;
    if found.uri().scheme_str() != Some("http") {
        return Err(fail("only http:// proxies can be used"));
    }
    Ok((found.uri().clone(), found.basic_auth().cloned()))
}

/// Joins an error and its causes; hyper's own words say little.
fn cause(error: &hyper_util::client::legacy::Error) -> String {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(inner) = next {
        let text = inner.to_string();
        if texts.last().is_none_or(|last: &String| !last.contains(&text)) {
            texts.push(text);
        }
        next = inner.source();
    }
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}

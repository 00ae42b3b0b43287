//! Requests to registries, with the login that each wants: asked for when it is wanted, and remembered while the program runs.

mod challenge;
mod credential;
mod docker_config;
mod login;
mod token;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use url::Url;

use challenge::Challenge;
use credential::{Credential, Found, Login};

use super::address;
use super::error::Problem;
use super::explain::Explained;
use super::http::{Answer, Client, Request};
use super::loopback::Loopback;
use super::surroundings::Surroundings;

/// A repository of a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Repository {
    /// `host[:port]`.
    pub(super) registry: String,
    /// Its path there.
    pub(super) path: String,
}

impl std::fmt::Display for Repository {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.registry, self.path)
    }
}

/// What of a repository is asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) url: Url,
    pub(super) accept: Option<&'static str>,
    /// How long it may take in all.
    pub(super) within: Duration,
}

/// Asks registries, with logins where they are wanted.
#[derive(Debug)]
pub(super) struct Asker {
    around: Surroundings,
    /// What each repository was last asked with, successfully. Held for a look, never while something is awaited.
    headers: Mutex<BTreeMap<Repository, HeaderValue>>,
}

/// What a login comes to.
#[derive(Debug)]
enum Authorization {
    /// What to send.
    Header(HeaderValue),
    /// Whoever makes tokens did not take it.
    Refused(Explained),
    /// The registry knows no way that this login could go.
    None,
}

impl Asker {
    /// Returns one that has asked nobody yet.
    pub(super) fn new(around: Surroundings) -> Self {
        Self { around, headers: Mutex::default() }
    }

    /// Returns the hub that stands for some registries.
    pub(super) fn hub(&self) -> Option<&Loopback> {
        self.around.hub.as_ref()
    }

    /// Asks for something of a repository: as before, with the login that there is for it, and without one, until that is not refused.
    pub(super) async fn get(&self, client: &Client, of: &Repository, wanted: &Wanted) -> Result<Answer, Problem> {
        let known = self.known(of);
        let first = send(client, wanted, known.as_ref()).await?;
        if !is_refusal(first.status) {
            return Ok(first);
        }
        let (challenges, found) = (challenges(&first), self.login(of, wanted, &first).await);
        let mut refusal = Explained::read(first).await;
        let with = found.login.as_ref().map(Some);
        for login in with.into_iter().chain([None]) {
            let refused = match self.authorization(client, &challenges, login, of).await? {
                Authorization::None => continue,
                Authorization::Refused(answer) => answer,
                Authorization::Header(header) => {
                    let answer = send(client, wanted, Some(&header)).await?;
                    if !is_refusal(answer.status) {
                        self.remember(of, header);
                        return Ok(answer);
                    }
                    Explained::read(answer).await
                }
            };
            // What is said of a login is of more use than what is said of none.
            if login.is_some() || found.login.is_none() {
                refusal = refused;
            }
        }
        Err(refuse(refusal, &found, of))
    }

    /// Finds the login that may be shown to whoever refused. It is a registry's own: somebody else whom the registry redirects to could have it sent
    /// anywhere.
    async fn login(&self, of: &Repository, wanted: &Wanted, refusal: &Answer) -> Found {
        if address::is_same_server(&wanted.url, &refusal.url) {
            return login::find(&self.around, &of.registry).await;
        }
        let host = refusal.url.host_str().unwrap_or_default();
        let note = format!("{} redirects to {host}, which is shown no login of it", of.registry);
        Found { login: None, notes: vec![note] }
    }

    async fn authorization(
        &self,
        client: &Client,
        challenges: &[(Challenge, Url)],
        login: Option<&Login>,
        of: &Repository,
    ) -> Result<Authorization, Problem> {
        for (challenge, from) in challenges {
            match (challenge.scheme.as_str(), login.map(|login| &login.credential)) {
                ("basic", Some(Credential::Password { user, password })) => {
                    return Ok(token::basic(user, password).map_or(Authorization::None, Authorization::Header));
                }
                ("bearer", credential) => {
                    let path = self.hub().and_then(|hub| hub.path(&of.registry, &of.path));
                    let path = path.as_ref().unwrap_or(&of.path);
                    let order = token::Order { challenge, from, credential, path };
                    return token::bearer(client, &order, self.around.limits).await;
                }
                _ => {}
            }
        }
        Ok(Authorization::None)
    }

    fn known(&self, of: &Repository) -> Option<HeaderValue> {
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).get(of).cloned()
    }

    fn remember(&self, of: &Repository, header: HeaderValue) {
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).insert(of.clone(), header);
    }
}

async fn send(client: &Client, wanted: &Wanted, login: Option<&HeaderValue>) -> Result<Answer, Problem> {
    let Wanted { url, accept, within } = wanted;
    let request = Request { url: url.clone(), accept: *accept, authorization: login, form: None, within: *within };
    client.send(request).await
}

fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

/// Returns the ways to log in that an answer offers, each with who offers it.
fn challenges(answer: &Answer) -> Vec<(Challenge, Url)> {
    let values = answer.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(Challenge::read).map(|challenge| (challenge, answer.url.clone())).collect()
}

fn refuse(refusal: Explained, found: &Found, of: &Repository) -> Problem {
    let Repository { registry, path } = of;
    let (asked, advice) = match &found.login {
        Some(login) => (login.origin.to_string(), format!("see that this login is good, and may read {path}")),
        None => (
            "without a login".to_owned(),
            format!(
                "give its registry as secrets, such as ACME_CONTAINER_REGISTRY_SERVER={registry} with _USER and _PASSWORD, or run \
                 `docker login {registry}`"
            ),
        ),
    };
    let hint = found.notes.iter().fold(advice, |hint, note| format!("{hint}; {note}"));
    Problem::Refused { request: refusal.request, status: refusal.status, answer: refusal.text, asked, hint }
}

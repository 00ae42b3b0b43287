//! The token endpoint: a login, or none, becomes a token for repositories. Where a login is no good, or may not pull what it asks for, it is refused
//! here already, as by the real ones.

use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::json;

use super::access::{Who, decide};
use super::backend::Body;
use super::bearer::{Claims, GOOD_FOR, Scope, Shown, scopes};
use super::desk::Desk;
use super::log;
use super::proof::Proof;
use super::refusal::Refusal;
use super::reply::{self, Said};
use super::request::{Malformed, query};
use super::site::{Kind, Site};
use super::world::Login;
use crate::github::packages::Action;

/// Answers a request for a token; `site` is nothing on the loopback port, where the repositories' names say which registry is meant.
pub(super) fn answer(desk: &Desk<'_>, site: Option<&Site>, parts: &Parts) -> Result<Response<Body>, Said> {
    let query = query(parts.uri.query().unwrap_or_default())?;
    let asked = scopes(&query);
    let shown = Shown::of(&parts.headers);
    let (site, asked) = match site {
        Some(site) => (site, asked),
        None => on_loopback(desk, &asked, &shown)?,
    };
    let (who, login) = holder(desk, site, &shown)?;
    let scopes = granted(desk, site, &who, asked)?;
    let claims = Claims {
        login: login.map(|proof| proof.text()),
        registry: site.name.clone(),
        scopes,
        until: desk.now.saturating_add(GOOD_FOR),
    };
    let token = claims.seal(&desk.world.key);
    let document = json!({ "token": token, "access_token": token, "expires_in": GOOD_FOR });
    Ok(reply::json(StatusCode::OK, document.to_string()))
}

/// Returns which registry is meant on the loopback port, and the names of the repositories there. A bare login is for the first that knows it.
fn on_loopback<'a>(desk: &Desk<'a>, asked: &[Scope], shown: &Shown) -> Result<(&'a Site, Vec<Scope>), Said> {
    let sites = &desk.world.sites;
    let Some(first) = asked.first() else {
        let knows = |site: &&Site| match shown {
            Shown::Basic { user, value } => matches!(desk.world.login(site, user, value, desk.now), Login::Known(..)),
            Shown::Nothing | Shown::Bearer(_) | Shown::Unreadable => false,
        };
        let site = sites.iter().find(knows).or_else(|| sites.iter().next());
        return Ok((site.ok_or(Said::Misdirected)?, Vec::new()));
    };
    let (site, _) = sites.by_folder(&first.name).ok_or(Malformed::Name)?;
    let own = asked.iter().filter_map(|scope| {
        let name = scope.name.strip_prefix(&site.folder)?.strip_prefix('/')?;
        Some(Scope { name: name.to_owned(), ..scope.clone() })
    });
    Ok((site, own.collect()))
}

/// Returns who asks.
fn holder(desk: &Desk<'_>, site: &Site, shown: &Shown) -> Result<(Who, Option<Proof>), Said> {
    let refuse = |refusal: Refusal| {
        log::login(site, refusal);
        Err(Said::Refused(refusal.words(site.kind), None))
    };
    match shown {
        Shown::Nothing => Ok((Who::Anonymous, None)),
        Shown::Basic { user, value } => match desk.world.login(site, user, value, desk.now) {
            Login::Known(who, proof) => Ok((who, Some(proof))),
            Login::Expired => refuse(Refusal::Expired),
            Login::Unknown => refuse(Refusal::BadLogin),
        },
        Shown::Bearer(_) | Shown::Unreadable => refuse(Refusal::BadLogin),
    }
}

/// Returns what of the repositories that are asked for a token is given for.
fn granted(desk: &Desk<'_>, site: &Site, who: &Who, asked: Vec<Scope>) -> Result<Vec<Scope>, Said> {
    let refuse = |refusal: Refusal| Said::Refused(refusal.words(site.kind), None);
    if asked.is_empty() && who == &Who::Anonymous && site.kind == Kind::Azure {
        return Err(refuse(Refusal::NotLoggedIn));
    }
    let mut granted = Vec::new();
    for scope in asked {
        let may_pull = decide(&desk.world.hub, who, site, &scope.name, Action::Pull);
        match may_pull {
            Err(_) if site.kind == Kind::DockerHub => {}
            // A push is refused where it happens: there the real one says why.
            Err(_) if scope.push && site.kind == Kind::Github => granted.push(scope),
            Err(refusal) => {
                log::decision(who, Action::Pull, (site, &scope.name), Err(refusal));
                return Err(refuse(refusal));
            }
            Ok(_) => granted.push(scope),
        }
    }
    Ok(granted)
}

//! What the hub answers from at a moment: what its file says, what is stored, and who may show which token. Made anew when one of them changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::access::Who;
use super::proof::{Key, Proof};
use super::site::{Kind, Site, Sites};
use super::store::Store;
use super::{ServeError, failed};
use crate::github::hub::{self, GHCR, Hub, ValueSource};

/// What the hub answers from.
#[derive(Debug)]
pub(super) struct World {
    pub(super) hub: Hub,
    pub(super) sites: Sites,
    pub(super) key: Key,
    file: Arc<OfFile>,
    issued: BTreeMap<Proof, (Who, i64)>,
}

/// What the file says, without its values.
#[derive(Debug)]
struct OfFile {
    hub: Hub,
    sites: Sites,
    logins: BTreeMap<Proof, Who>,
}

/// Whose a login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    Known(Who, Proof),
    Expired,
    Unknown,
}

impl World {
    /// Reads the hub's file, in which every value stands, and adds what is stored.
    pub(super) fn read(model: &Path, store: &Store) -> Result<Self, ServeError> {
        let hub = hub::load(model).map_err(|error| failed("read", model)(std::io::Error::other(error)))?;
        Self::new(hub, store)
    }

    pub(super) fn new(mut hub: Hub, store: &Store) -> Result<Self, ServeError> {
        let sites = Sites::of(&hub).map_err(|name| ServeError::Unfit { name })?;
        let logins = logins(&hub, &sites, &store.key()?);
        forget(&mut hub);
        Self::with(Arc::new(OfFile { hub, sites, logins }), store)
    }

    /// Returns what the hub answers from when something else is stored.
    pub(super) fn renewed(&self, store: &Store) -> Result<Self, ServeError> {
        Self::with(self.file.clone(), store)
    }

    fn with(file: Arc<OfFile>, store: &Store) -> Result<Self, ServeError> {
        let (mut hub, sites, key) = (file.hub.clone(), file.sites.clone(), store.key()?);
        store.merge(&mut hub);
        let issued = store.logins().iter().filter_map(|issued| {
            let (proof, who) = (Proof::of_text(&issued.proof)?, issued.holder.who()?);
            Some((proof, (who, issued.until)))
        });
        let issued = issued.collect();
        Ok(Self { hub, sites, key, file, issued })
    }

    /// Returns whose a user and a password are at a registry.
    pub(super) fn login(&self, site: &Site, user: &str, value: &str, now: i64) -> Login {
        // GitHub goes by the token alone, which is one for all of its registries.
        let (registry, user) = match site.kind {
            Kind::Github | Kind::Npm => (GHCR, ""),
            Kind::DockerHub | Kind::Azure | Kind::Aws | Kind::Plain => (site.name.as_str(), user),
        };
        self.holder(self.key.proof(registry, user, value), now)
    }

    /// Returns whose a digest is.
    pub(super) fn holder(&self, proof: Proof, now: i64) -> Login {
        match (self.file.logins.get(&proof), self.issued.get(&proof)) {
            (Some(who), _) => Login::Known(who.clone(), proof),
            (None, Some((who, until))) if now < *until => Login::Known(who.clone(), proof),
            (None, Some(_)) => Login::Expired,
            (None, None) => Login::Unknown,
        }
    }
}

/// Returns the digests of the logins that the file has.
fn logins(hub: &Hub, sites: &Sites, key: &Key) -> BTreeMap<Proof, Who> {
    let mut logins = BTreeMap::new();
    for site in sites.iter() {
        let mut add = |user: &str, source: &ValueSource, who: Who| {
            if let Some(value) = given(source) {
                logins.insert(key.proof(&site.name, user, value), who);
            }
        };
        if site.kind == Kind::Github {
            for (login, token) in
                hub.users.iter().flat_map(|(login, user)| user.tokens.iter().map(move |one| (login, one)))
            {
                add("", &token.value, Who::User { login: login.clone(), scopes: token.scopes.clone() });
            }
        } else {
            for account in hub.registries.get(&site.server).into_iter().flat_map(|accounts| &accounts.users) {
                add(&account.name, &account.secret, Who::Account { name: account.name.clone() });
            }
        }
    }
    logins
}

fn given(source: &ValueSource) -> Option<&String> {
    match source {
        ValueSource::Given(value) => Some(value.expose()).filter(|value| !value.is_empty()),
        ValueSource::Env(_) | ValueSource::Command(_) | ValueSource::File(_) => None,
    }
}

/// Lets go of every value: from here on there are digests alone. What an access key is exchanged with stays with its registry's file.
fn forget(hub: &mut Hub) {
    for user in hub.users.values_mut() {
        user.tokens.clear();
    }
    for accounts in hub.registries.values_mut() {
        accounts.users.clear();
        for key in &mut accounts.access_keys {
            key.account.secret = ValueSource::Env(String::new());
        }
    }
    hub.secrets.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub_server::store::{Holder, Issued};

    const HUB: &str = "
users: {mona: {tokens: [{name: ci, scopes: [write:packages], value: pat-1}]}}
registries:
  acme.azurecr.io: {accounts: [{user: robot, password: pw-1}]}
  r.test: {accounts: [{user: robot, password: pw-2}, {user: empty, password: ''}]}
";

    #[test]
    fn a_login_is_known_at_its_own_registry_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("opened");
        let key = store.key().expect("a key");
        let holder = Holder::Account { name: "AKIA".to_owned() };
        let issued = Issued { proof: String::new(), registry: "r.test".to_owned(), holder, until: 100 };
        store.issue(key.proof("r.test", "AWS", "short"), issued, 0).expect("issued");
        let hub = hub::parse(HUB, "hub.yaml").expect("a hub");
        let world = World::new(hub, &store).expect("a world");
        let is = |site: &str, user: &str, value: &str, now: i64| {
            let site = world.sites.by_name(site).expect("a site");
            match world.login(site, user, value, now) {
                Login::Known(..) => "known",
                Login::Expired => "expired",
                Login::Unknown => "unknown",
            }
        };
        for (site, user, value, now, expected) in [
            ("ghcr.io", "mona", "pat-1", 0, "known"),
            ("ghcr.io", "anybody", "pat-1", 0, "known"),
            ("ghcr.io", "mona", "pat-2", 0, "unknown"),
            ("ghcr.io", "robot", "pw-1", 0, "unknown"),
            ("npm.pkg.github.com", "anybody", "pat-1", 0, "known"),
            ("npm.pkg.github.com", "robot", "pw-1", 0, "unknown"),
            ("acme.azurecr.io", "robot", "pw-1", 0, "known"),
            ("acme.azurecr.io", "Robot", "pw-1", 0, "unknown"),
            ("acme.azurecr.io", "robot", "pw-2", 0, "unknown"),
            ("acme.azurecr.io", "mona", "pat-1", 0, "unknown"),
            ("r.test", "robot", "pw-2", 0, "known"),
            ("r.test", "empty", "", 0, "unknown"),
            ("r.test", "AWS", "short", 99, "known"),
            ("r.test", "AWS", "short", 100, "expired"),
        ] {
            assert_eq!(is(site, user, value, now), expected, "{user}:{value} at {site}");
        }
        assert!(!format!("{world:?}").contains("pat-1") && !format!("{world:?}").contains("pw-1"));
    }
}

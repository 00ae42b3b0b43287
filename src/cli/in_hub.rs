//! The hub that a codespace is in, where that runs: what a run is given of it, and what it takes back.

use std::path::Path;
use std::time::Duration;

use super::context::Context;
use super::hub::HubFile;
use super::order::Identity;
use super::values;
use crate::codespace::{CodespaceName, RepositoryName};
use crate::ecr::{self, ExchangeError};
use crate::engine::{Engine, EngineError};
use crate::github::hub::{AccessKey, Accounts};
use crate::github::{CodespaceToken, EcrToken, Registries, Registry, TokenFrom, World};
use crate::hub_container::{self, HubError, HubId, RunningHub};
use crate::permissions::Permissions;
use crate::redact::Secret;
use crate::steps::{HubAccess, Order};

/// How long a token of a codespace is good.
const LIFE: Duration = Duration::from_hours(12);

/// What a run has of a hub.
#[derive(Debug, Default)]
pub(super) struct InHub {
    /// The hub, where it runs.
    pub(super) access: Option<HubAccess>,
    token: Option<CodespaceToken>,
    ecr: Option<Ecr>,
    /// What a person should know.
    pub(super) warning: Option<String>,
}

/// Which token a codespace has.
#[derive(Debug)]
pub(super) enum Token {
    /// A new one: its container is started (codespaces-facts.md section 1.1).
    New,
    /// The one that it was started with, if it was in a hub then.
    Kept(Option<Secret<String>>),
}

/// Whose a token is, and what it may do with other repositories.
#[derive(Debug)]
pub(super) struct Holder<'a> {
    name: &'a CodespaceName,
    repository: &'a RepositoryName,
    actor: &'a str,
    permissions: Permissions,
}

impl<'a> Holder<'a> {
    /// Returns whose it is in a run.
    pub(super) fn of(order: &'a Order) -> Self {
        let Order { name, repository, actor, authorization, .. } = order;
        Self { name, repository, actor, permissions: authorization.granted() }
    }

    /// Returns whose it is where a codespace is there and is only looked at.
    pub(super) fn of_found(identity: &'a Identity) -> Self {
        let Identity { name, repository, actor, authorization, .. } = identity;
        Self { name, repository, actor, permissions: authorization.granted() }
    }
}

/// What stands for AWS.
#[derive(Debug)]
struct Ecr {
    hub: RunningHub,
    file: HubFile,
}

impl InHub {
    /// Finds the hub of a file, and the codespace's token of it.
    pub(super) async fn of(
        context: &Context,
        engine: &Engine,
        file: Option<&Path>,
        holder: Holder<'_>,
        token: Token,
    ) -> Self {
        let Some(path) = file else { return Self::default() };
        match Self::find(context, engine, path, holder, token).await {
            Ok(found) => found,
            Err(error) => {
                // A file that is of secrets alone wants no hub.
                let is_wanted = HubFile::load(path)
                    .is_ok_and(|file| !file.hub.packages.is_empty() || !file.hub.registries.is_empty());
                let hint = error.hint().unwrap_or_default();
                let warning = format!("the codespace is in no hub: {error} ({hint})");
                Self { warning: is_wanted.then_some(warning), ..Self::default() }
            }
        }
    }

    async fn find(
        context: &Context,
        engine: &Engine,
        path: &Path,
        holder: Holder<'_>,
        token: Token,
    ) -> Result<Self, HubError> {
        let Holder { name, repository, actor, permissions } = holder;
        let id = HubId::new(path, &context.home.id());
        let hub = RunningHub::find(engine, &id).await?;
        let place = hub.place().await?;
        let value = match token {
            Token::Kept(kept) => kept,
            Token::New => Some(hub.issue_token(name, repository, actor, permissions, LIFE).await?),
        };
        let warning = value.is_none().then(|| came_later(name));
        let token = value.map(|value| CodespaceToken { value, user: actor.to_owned(), from: TokenFrom::Hub });
        let ecr = HubFile::load(path).ok().map(|file| Ecr { hub: hub.clone(), file });
        Ok(Self { access: Some(HubAccess { place, hub }), token, ecr, warning })
    }

    /// Returns the world with what the hub gives: the codespace's token, and tokens for the access keys of registries that the hub stands for.
    pub(super) async fn complete(&mut self, context: &Context, world: World) -> World {
        // A prebuild's own token counts over the one that it would be given.
        let given = self.token.take().filter(|_| world.token.is_none());
        let mut world = given.into_iter().fold(world, World::with_token);
        if let Some(ecr) = &self.ecr {
            ecr.exchange_all(context, &mut world.registries).await;
        }
        world
    }
}

/// Codespaces: a token is made at a start, and at no other time.
fn came_later(codespace: &CodespaceName) -> String {
    format!(
        "the codespace was started before its hub came up, or was named: it has no GITHUB_TOKEN, and no login to ghcr.io (localspace stop -c {codespace} && localspace start -c {codespace})"
    )
}

impl Ecr {
    /// Does for registries of the hub what [`crate::ecr::exchange_all`] does for AWS's.
    async fn exchange_all(&self, context: &Context, registries: &mut Registries) {
        for registry in std::mem::take(&mut registries.complete) {
            let accounts = registry.wants_exchange().and_then(|_| self.file.hub.registries.get(&registry.server));
            let Some(accounts) = accounts else {
                registries.complete.push(registry);
                continue;
            };
            let given = self.exchange(context, &registry, accounts).await;
            ecr::settle(registries, registry, given);
        }
    }

    async fn exchange(
        &self,
        context: &Context,
        registry: &Registry,
        accounts: &Accounts,
    ) -> Result<EcrToken, ExchangeError> {
        let key = accounts.access_keys.iter().find(|key| key.account.name == registry.user);
        let AccessKey { account, expires_after } = key.ok_or(ExchangeError::UnknownKey)?;
        let folder = self.file.path.parent().unwrap_or(Path::new(""));
        let secret = values::of(&account.secret, folder, &context.environment).await;
        let secret = secret.map_err(|said| ExchangeError::Other { said })?;
        if secret != registry.password {
            return Err(ExchangeError::WrongSecret);
        }
        let given = self.hub.issue_ecr_token(registry.server.config_key(), &account.name, *expires_after).await;
        given.map_err(|error| ExchangeError::Other { said: error.to_string() })
    }
}

/// Takes away what is left of a hub that is down, once the last codespace of it has gone.
pub(super) async fn sweep(context: &Context, engine: &Engine, file: Option<&Path>) -> Result<(), EngineError> {
    match file {
        Some(path) => hub_container::sweep_network(engine, &HubId::new(path, &context.home.id())).await,
        None => Ok(()),
    }
}

/// Tells whether the hub of a file runs.
pub(super) async fn runs(context: &Context, engine: &Engine, file: Option<&Path>) -> bool {
    let Some(path) = file else { return false };
    RunningHub::find(engine, &HubId::new(path, &context.home.id())).await.is_ok()
}

/// Ends the token of a codespace that is stopped or removed. A hub that does not run has nobody who could use it.
pub(super) async fn leave(context: &Context, engine: &Engine, file: Option<&Path>, codespace: &CodespaceName) {
    let Some(path) = file else { return };
    let id = HubId::new(path, &context.home.id());
    if let Ok(hub) = RunningHub::find(engine, &id).await {
        let _gone = hub.revoke_token(codespace).await;
    }
}

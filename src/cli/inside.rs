//! A codespace that runs, opened by a verb that works in it.

use super::context::Context;
use super::error::{CliError, Kind};
use super::github_token::OwnToken;
use super::hub::Whose;
use super::order::Identity;
use super::secrets::Before;
use super::select::{self, Found, Selector, State};
use super::sources::{SecretsNow, secrets_now};
use crate::codespace::label;
use crate::engine::{ContainerId, Engine};
use crate::github::{CodespaceToken, TokenFrom};
use crate::report::plain;
use crate::steps::Kept;

/// The largest Docker configuration that is read, in bytes.
const LARGEST_CONFIG: usize = 4 * 1024 * 1024;

/// A codespace that runs, and what is known of it on this machine.
#[derive(Debug)]
pub(super) struct Inside {
    pub(super) engine: Engine,
    pub(super) found: Found,
    pub(super) container: ContainerId,
    pub(super) whose: Identity,
    pub(super) before: Before,
    /// What it was started with.
    pub(super) kept: Kept,
}

impl Inside {
    /// Opens the codespace that is meant; returns it, and its secrets as they are now. What is odd about those is said.
    pub(super) async fn open(context: &mut Context, selector: &Selector) -> Result<(Self, SecretsNow), CliError> {
        let engine = context.engine()?;
        let found = select::one(context, selector, &engine).await?;
        let container = found.container()?.clone();
        if found.state != State::Running {
            let hint = Some(format!("localspace start -c {}", found.name));
            return Err(CliError::new(Kind::Usage, format!("codespace {} is not running", found.name), hint));
        }
        let kept = Kept::load(&context.home.environment(&found.name), container.as_str()).ok_or_else(|| {
            let message = format!("nothing is known of the user of {} on this machine", found.name);
            let hint = format!("`localspace up {} --name {}` finds out", found.label(label::SOURCE), found.name);
            CliError::new(Kind::Usage, message, Some(hint))
        })?;
        let (whose, before) = (Identity::of(&found), Before::of(context, &found.name));
        let secrets = secrets_now(context, Whose::of_found(&whose), &before).await;
        for warning in &secrets.warnings {
            context.ui.say(&format!("warning: {}\n", plain(warning)));
        }
        Ok((Self { engine, found, container, whose, before, kept }, secrets))
    }

    /// Returns the token of its hub that it was started with.
    pub(super) fn of_hub(&self) -> Option<CodespaceToken> {
        let value = self.kept.token.clone()?;
        Some(CodespaceToken { value, user: self.whose.actor.clone(), from: TokenFrom::Hub })
    }

    /// Returns the user's own token that it has where it has none of a hub, as that is now. That there is none is said.
    pub(super) async fn own_token(&self, context: &mut Context) -> OwnToken {
        let wanted = self.before.token.filter(|_| self.kept.token.is_none());
        let (own, remark) = OwnToken::again(wanted, &context.environment).await;
        if let Some(remark) = remark {
            context.ui.say(&format!("warning: {}\n", plain(&remark)));
        }
        own
    }

    /// Returns the remote user's Docker configuration; nothing where there is none.
    pub(super) async fn docker_config(&self) -> Result<Vec<u8>, CliError> {
        let file = format!("{}/.docker/config.json", self.kept.home);
        Ok(self.engine.read_file(&self.container, &file, LARGEST_CONFIG).await?.unwrap_or_default())
    }
}

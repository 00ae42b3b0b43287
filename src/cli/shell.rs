//! What a shell in a codespace has: its user, folder and environment, and what its output must not show.

use super::context::Context;
use super::error::CliError;
use super::inside::Inside;
use super::secrets::{StartedWith, newer_warning, redactor};
use super::select::Selector;
use crate::codespace::label;
use crate::engine::{ContainerId, Engine};
use crate::github::{Purpose, World, logins};
use crate::journal::OutputStream;
use crate::phase::Phase;
use crate::redact::Redactor;
use crate::report::plain;
use crate::steps::{Session, SessionOrder};

/// What a shell in a codespace has.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) engine: Engine,
    pub(super) container: ContainerId,
    pub(super) folder: String,
    pub(super) user: String,
    pub(super) env: Vec<(String, Option<String>)>,
    /// Hides the codespace's secrets.
    pub(super) filter: Redactor,
}

impl Shell {
    /// Finds out what a shell has in the codespace that is meant. What is odd is said.
    pub(super) async fn open(context: &mut Context, selector: &Selector) -> Result<Self, CliError> {
        let (inside, content) = Inside::open(context, selector).await?;
        for remark in &content.remarks {
            context.ui.say(&format!("warning: {}\n", plain(remark)));
        }
        let StartedWith { world, newer } = StartedWith::of(content.secrets, &inside.kept);
        let world = inside.of_hub().into_iter().fold(world, World::with_token);
        let (world, _) = inside.own_token(context).await.complete(world, &inside.whose.actor);
        if let Some(warning) = newer_warning(&newer, &inside.found.name) {
            context.ui.say(&format!("warning: {warning}\n"));
        }
        // What the secrets were before they were changed, and what AWS gave for them, is known to the container alone: its login must not be
        // shown either.
        let mut still_there = Vec::new();
        let is_exchanged = || world.registries.complete.iter().any(|registry| registry.wants_exchange().is_some());
        if inside.before.token.is_some() || !newer.is_empty() || is_exchanged() {
            still_there = logins(&String::from_utf8_lossy(&inside.docker_config().await?));
        }
        let filter = redactor(&world, &still_there);
        let Inside { engine, container, found, kept, .. } = inside;
        let mut env = kept.env;
        if found.purpose() == Purpose::Codespace {
            let given = world.variables(Phase::PostAttachCommand, Purpose::Codespace, &env);
            env.extend(given);
        }
        let folder =
            Some(found.label(label::WORKSPACE_FOLDER)).filter(|folder| !folder.is_empty()).unwrap_or("/").to_owned();
        Ok(Self { engine, container, folder, user: kept.user, env, filter })
    }

    /// Runs a command and returns its exit code and what it printed, secrets and all: for whoever hides them.
    pub(super) async fn print(&self, words: &[String]) -> Result<(i64, Vec<u8>), CliError> {
        let Self { engine, container, folder, user, env, filter: _ } = self;
        let order = SessionOrder { words, user, folder, env, terminal: None };
        let (mut session, input) = Session::open(engine, container, &order).await?;
        let _gone = input.close().await;
        let mut printed = Vec::new();
        while let Some(chunk) = session.next().await {
            let chunk = chunk?;
            match chunk.stream {
                OutputStream::Stdout => printed.extend_from_slice(&chunk.bytes),
                OutputStream::Stderr => {}
            }
        }
        Ok((session.exit_code().await?, printed))
    }
}

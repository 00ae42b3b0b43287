//! The recovery container: what GitHub opens a codespace in whose own container could not be made (codespaces-facts.md section 1.5).
//!
//! Nothing of the configuration applies to it: no Feature, port, variable, hook. `/workspaces` is there, so that the configuration can be mended.
//! Neither do the commands of its image's own metadata run: whatever failed before, this container is to come up.

use std::io::Result;

use bytes::Bytes;
use futures_util::Stream;

use super::choices::{Cache, OnFailure, Workspaces};
use super::container::WORKSPACES;
use super::gate::{Gate, fresh_mark};
use super::pack::{Small, Tar};
use super::run_args::RunArgs;
use super::runner::EngineRunner;
use super::{create, image, shared};
use crate::devcontainer::{ConfigError, DevContainer, ImageReference, Variables};
use crate::engine::{ContainerId, Engine};
use crate::journal::CreationError;
use crate::lifecycle::{FailureKind, Recover, StepFailure};
use crate::phase::{Hook, Phase};
use crate::plan::Occasion;
use crate::shell_word::quote;

/// GitHub's image.
pub const RECOVERY_IMAGE: &str = "mcr.microsoft.com/devcontainers/base:alpine";

/// Its user.
const USER: &str = "vscode";

/// What is said of a place in a configuration that no file holds.
const FILE: &str = "recovery container";

/// Where GitHub writes why there is a recovery container.
const REASON_FILE: &str = "workspaces/.codespaces/.persistedshare/RECOVERY-REASON-FILE";

/// Returns the configuration of a recovery container.
pub fn recovery_configuration(image: &str) -> std::result::Result<DevContainer, ConfigError> {
    let text = serde_json::json!({ "image": image, "remoteUser": USER }).to_string();
    DevContainer::parse(&text, FILE)
}

impl Recover for EngineRunner {
    /// Makes a recovery container in the place of what there is. Its image is made to be there first, so that where it cannot be had all is as it was.
    async fn recover(&mut self) -> std::result::Result<(), StepFailure> {
        let OnFailure::Recover { image } = self.order.on_failure.clone() else { return Ok(()) };
        let error = CreationError::Container;
        let config = recovery_configuration(&image)?;
        let order = &mut self.order;
        if order.occasion != Occasion::Create || order.checkout.is_none() {
            // The clone goes when all of it is in the codespace.
            order.workspaces = Workspaces::Kept;
        }
        order.image = ImageReference::of(&config, &Variables::default())?;
        order.workspace_folder = order.repository_folder();
        (order.config, order.run_args, order.initialize) = (Some(config), RunArgs::default(), None);
        (order.occasion, order.cache, order.recovery) = (Occasion::Rebuild, Cache::Used, Some(error));
        // Its container goes.
        self.end_log().await;
        self.running = None;
        Box::pin(image::ready(self)).await.map_err(no_image)?;
        for entry in &mut self.image.entries {
            entry
                .properties
                .retain(|property, _| Hook::ALL.iter().all(|hook| hook.phase().name() != property.as_str()));
        }
        Box::pin(create::ready(self)).await?;
        let container = self
            .container()
            .cloned()
            .ok_or_else(|| StepFailure::new(FailureKind::Engine, "there is no container".to_owned()))?;
        if self.order.repository_folder() == WORKSPACES {
            // It would be written into a folder of this machine.
            return Ok(());
        }
        say_why(&self.engine, &container, error).await
    }
}

impl EngineRunner {
    /// Adds to the creation log what became of the recovery container, after all that it holds of the run.
    pub async fn tell_of_recovery(&mut self, text: &str) {
        self.end_log().await;
        let Some(container) = self.container().cloned() else { return };
        let (mark, text) = (fresh_mark(), self.redactor.redact(text).into_owned());
        let script =
            format!("{{\nprintf %s {} >>{}\ncode=$?\n{}\n}}\n", quote(&text), shared::CREATION_LOG, mark.script());
        let written = async {
            // The file may be another user's: the one of the container that was there.
            Gate::open(&self.engine, &container, "0").await?.run_to_end(&script, &mark).await
        };
        let why = match written.await {
            Ok((0, _)) => return,
            Ok((_, said)) => self.redactor.redact(String::from_utf8_lossy(&said).trim()).into_owned(),
            Err(error) => error.to_string(),
        };
        let message = format!("the codespace's own creation log does not tell of the recovery container: {why}");
        self.warn(Phase::Create, message, None).await;
    }
}

/// Says of an image that could not be had what can be done, without the place in a configuration that nobody wrote.
fn no_image(failure: StepFailure) -> StepFailure {
    let said =
        failure.reason.strip_prefix(FILE).and_then(|rest| rest.split_once(": ")).map(|(_, said)| said.to_owned());
    let hint = "LOCALSPACE_RECOVERY_IMAGE names another image to take, one with a user `vscode`".to_owned();
    StepFailure { reason: said.unwrap_or(failure.reason), detail: None, hint: Some(hint), ..failure }
}

/// Writes the error's code to where GitHub has it.
async fn say_why(
    engine: &Engine,
    container: &ContainerId,
    error: CreationError,
) -> std::result::Result<(), StepFailure> {
    Ok(engine.upload(container, "/", reason(error)).await?)
}

fn reason(error: CreationError) -> impl Stream<Item = Result<Bytes>> + use<> {
    let content = Some(format!("{}\n", error.code()).into_bytes());
    Tar::of_small(vec![Small { path: REASON_FILE.to_owned(), mode: 0o644, owner: (0, 0), content }]).stream().0
}

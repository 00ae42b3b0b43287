//! The phase `create`: from an image, or from a container that is there, to one that runs and is known.

mod make;
mod owner;
mod uid;
mod unfit;
mod wake;
mod way;

pub(super) use make::{lockfile, wanted};
pub(super) use owner::hand_over;
pub(super) use uid::{finish as finish_uid, update as update_uid, waits};
pub(super) use unfit::image as unfit;
pub(super) use way::make as make_way;

use super::container::WORKSPACES;
use super::dotfiles::DOTFILES;
use super::remote_user::{self, RemoteUser};
use super::runner::EngineRunner;
use super::running::settle;
use crate::devcontainer::{MergedConfiguration, Variables};
use crate::engine::ContainerId;
use crate::journal::Event;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::plan::Occasion;

/// The largest `/etc/passwd` and folder of marks that are read, in bytes.
const SMALL_FILE: usize = 1024 * 1024;

/// Makes the container or starts the one that is there, and gathers what is known of it.
pub(super) async fn ready(runner: &mut EngineRunner) -> Result<(), StepFailure> {
    let found = match runner.order.occasion {
        Occasion::Create | Occasion::Rebuild => make::make(runner).await?,
        Occasion::Start | Occasion::Attach => wake::wake(runner).await?,
    };
    has_workspace_folder(runner, &found.details.id).await?;
    let is_of_machine = found.details.binds.iter().any(|at| at == WORKSPACES);
    runner.running = Some(settle(runner, found).await?);
    if is_of_machine {
        // What is kept in `/workspaces` would be written into a working tree: dotfiles are where the reference has them.
        if let Some(dotfiles) = runner.order.dotfiles.as_mut().filter(|dotfiles| dotfiles.target == DOTFILES) {
            "~/dotfiles".clone_into(&mut dotfiles.target);
        }
    } else {
        runner.write_log();
    }
    let (user, folder) = (runner.running()?.user.name.clone(), runner.order.workspace_folder.clone());
    runner.record.record(Event::ContainerReady { user, folder }).await;
    // The container is there for everyone to find, and the clone is not needed any more.
    (runner.order.making, runner.order.checkout) = (None, None);
    Ok(())
}

impl EngineRunner {
    /// What the variables of a configuration stand for, before there is a container.
    pub(super) fn variables(&self) -> Variables {
        Variables {
            local_env: self.order.local_env.clone(),
            // On GitHub, the clone is on the machine under the same path as in the container (codespaces-facts.md section 1.1).
            local_folder: Some(match &self.order.bind {
                Some(bind) => bind.folder.display().to_string(),
                None => self.order.repository_folder(),
            }),
            local_basename: None,
            container_folder: Some(self.order.workspace_folder.clone()),
            id: Some(self.order.devcontainer_id()),
            container_env: None,
        }
    }
}

/// A folder that is not there would make every command fail, each with a shell's words.
async fn has_workspace_folder(runner: &EngineRunner, container: &ContainerId) -> Result<(), StepFailure> {
    let folder = &runner.order.workspace_folder;
    if !matches!(runner.order.occasion, Occasion::Create | Occasion::Rebuild)
        || runner.engine.has(container, folder).await?
    {
        return Ok(());
    }
    let problem = format!("there is no folder {folder} in the container (workspaceFolder)");
    let hint = format!(
        "the repository is in {}: name a folder of it, or make the folder in the image",
        runner.order.repository_folder()
    );
    let config = runner.order.config.as_ref();
    let place = config.and_then(|config| {
        let span = config.workspace_folder.as_ref()?.span.clone();
        Some(config.error(span, problem.clone(), Some(hint.clone())).into())
    });
    Err(place.unwrap_or(StepFailure { hint: Some(hint), ..StepFailure::new(FailureKind::Configuration, problem) }))
}

pub(super) fn unusable(problem: &str) -> StepFailure {
    let problem = format!("with its variables replaced, the configuration cannot be used: {problem}");
    StepFailure::new(FailureKind::Configuration, problem)
}

pub(super) fn gone() -> StepFailure {
    StepFailure {
        hint: Some("`localspace up` makes a new one".to_owned()),
        ..StepFailure::new(FailureKind::Engine, "the container is gone".to_owned())
    }
}

/// Looks the remote user up in the container; one that is not there is the configuration's fault.
pub(super) async fn find_user(
    runner: &EngineRunner,
    id: &ContainerId,
    merged: &MergedConfiguration,
    first_user: &str,
) -> Result<RemoteUser, StepFailure> {
    let passwd = runner.engine.read_file(id, "/etc/passwd", SMALL_FILE).await?;
    let passwd = String::from_utf8_lossy(&passwd.unwrap_or_default()).into_owned();
    // Reference CLI: remoteUser, else who the first process runs as: `runArgs --user`, containerUser, the image's user.
    let wanted = merged.remote_user.as_deref().unwrap_or(first_user);
    if let Some(user) = remote_user::find(&passwd, wanted) {
        return Ok(user);
    }
    let problem = format!("the image has no user `{wanted}`; it has {}", remote_user::names(&passwd).join(", "));
    let hint = Some("set remoteUser to one of them, or make the user in the image".to_owned());
    let place = runner.order.config.as_ref().and_then(|config| {
        let properties = &config.properties;
        let place = properties.remote_user.as_ref().or(properties.container_user.as_ref())?;
        Some(config.error(place.span.clone(), problem.clone(), hint.clone()).into())
    });
    Err(place.unwrap_or(StepFailure { hint, ..StepFailure::new(FailureKind::Configuration, problem) }))
}

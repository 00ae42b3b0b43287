//! The phase `create`: from an image, or from a container that is there, to one that runs and is known.

pub(super) mod make;
pub(super) mod owner;
pub(super) mod parts;
pub(super) mod uid;
pub(super) mod unfit;
pub(super) mod wake;
pub(super) mod way;

use super::choices::Workspaces;
use super::container::WORKSPACES;
use super::dotfiles::DOTFILES;
use super::hub;
use super::runner::EngineRunner;
use super::settle::settle;
use crate::codespace::label;
use crate::devcontainer::Variables;
use crate::engine::{ContainerDetails, ContainerState};
use crate::journal::Event;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::plan::Occasion;

/// Makes the container or starts the one that is there, and gathers what is known of it.
pub(super) async fn ready(runner: &mut EngineRunner) -> Result<(), StepFailure> {
    let found = match runner.order.occasion {
        Occasion::Create | Occasion::Rebuild => make::make(runner).await?,
        Occasion::Start | Occasion::Attach | Occasion::Refresh => wake::wake(runner).await?,
    };
    has_workspace_folder(runner, &found.details).await?;
    if found.details.state == ContainerState::Running {
        hub::join(runner, &found.details.id).await?;
    }
    let tmpfs = found.details.tmpfs.clone();
    let is_of_machine = found.details.binds.iter().any(|at| at == WORKSPACES);
    runner.running = Some(settle(runner, found).await?);
    if is_of_machine {
        // What is kept in `/workspaces` would be written into a working tree: dotfiles are where the reference has them.
        if let Some(dotfiles) = runner.order.dotfiles.as_mut().filter(|dotfiles| dotfiles.target == DOTFILES) {
            "~/dotfiles".clone_into(&mut dotfiles.target);
        }
    } else {
        runner.write_log(&tmpfs);
    }
    let (user, folder) = (runner.running()?.user.name.clone(), runner.order.workspace_folder.clone());
    runner.record.record(Event::ContainerReady { user, folder }).await;
    // The container is there for everyone to find, and the clone is not needed any more.
    (runner.order.making, runner.order.checkout) = (Vec::new(), None);
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
async fn has_workspace_folder(runner: &EngineRunner, container: &ContainerDetails) -> Result<(), StepFailure> {
    let order = &runner.order;
    let folder = &order.workspace_folder;
    let is_new = matches!(order.occasion, Occasion::Create | Occasion::Rebuild);
    // The clone was just put there. A service of a Compose project may have something else mounted over it.
    let is_clone = order.workspaces == Workspaces::Empty
        && order.bind.is_none()
        && order.prebuilt.is_none()
        && !container.labels.contains_key(label::SERVICE)
        && *folder == order.repository_folder();
    if !is_new || is_clone || runner.engine.has(&container.id, folder).await? {
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

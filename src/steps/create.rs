//! The phase `create`: from an image, or from a container that is there, to one that runs and is known.

use super::container::{DEVCONTAINER_ID, spec};
use super::order::Workspaces;
use super::remote_user::{self, RemoteUser};
use super::runner::EngineRunner;
use super::running::{Found, settle};
use super::{marks, run_args, workspace};
use crate::codespace::label;
use crate::devcontainer::{MergedConfiguration, Variables, merge, read_label};
use crate::engine::ContainerId;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::plan::{Marks, Occasion};

/// The largest `/etc/passwd` and folder of marks that are read, in bytes.
const SMALL_FILE: usize = 1024 * 1024;

/// Makes the container or starts the one that is there, and gathers what is known of it.
pub(super) async fn ready(runner: &mut EngineRunner) -> Result<(), StepFailure> {
    let found = match runner.order.occasion {
        Occasion::Create => make(runner).await?,
        Occasion::Start | Occasion::Attach => wake(runner).await?,
    };
    runner.running = Some(settle(runner, found).await?);
    has_workspace_folder(runner).await?;
    // The container is there for everyone to find, and the clone is not needed any more.
    (runner.order.making, runner.order.checkout) = (None, None);
    Ok(())
}

impl EngineRunner {
    /// What the variables of a configuration stand for, before there is a container.
    pub(super) fn variables(&self) -> Variables {
        Variables {
            local_env: self.order.local_env.clone(),
            local_folder: Some(self.order.source.clone()),
            container_folder: Some(self.order.workspace_folder.clone()),
            id: Some(DEVCONTAINER_ID.to_owned()),
            container_env: None,
        }
    }
}

async fn make(runner: &mut EngineRunner) -> Result<Found, StepFailure> {
    let (Some(config), Some(checkout)) = (&runner.order.config, &runner.order.checkout) else {
        return Err(StepFailure::new(FailureKind::Engine, "there is nothing to make a container from".to_owned()));
    };
    let (mut entries, mut raw, problem) = match runner.image.labels.get(label::METADATA) {
        Some(text) => read_label(text, &config.image.value),
        None => (Vec::new(), Vec::new(), None),
    };
    entries.push(config.properties.clone());
    raw.push(config.label_entry.clone());
    let merged = merge(&entries, &runner.variables());
    let metadata = serde_json::Value::Array(raw).to_string();
    let (mut spec, warnings) = spec(&runner.order, &runner.image, &merged, metadata);
    for message in warnings.into_iter().chain(problem) {
        runner.warn(Phase::Create, message, None).await;
    }
    run_args::apply(config, &mut spec)?;
    let clone = checkout.path().to_owned();
    // `runArgs` may have named another one.
    let first_user = spec.user.clone().unwrap_or_else(|| runner.image.user.clone());
    let id = runner.engine.create(spec).await?;
    runner.order.container = Some(id.clone());
    let user = find_user(runner, &id, &merged, &first_user).await?;
    let filling = async {
        let left_out = match runner.order.workspaces {
            Workspaces::Empty => {
                let name = runner.order.repository.name();
                workspace::fill(&runner.engine, &id, &clone, name, &user).await?
            }
            Workspaces::Kept => None,
        };
        runner.engine.upload(&id, "/", workspace::marks_folder(&user)).await?;
        Ok::<_, StepFailure>(left_out)
    };
    // A container that was never started is undone, so a large repository's way into it may be cut short.
    let left_out = runner.cancel.run_until_cancelled(filling).await.transpose()?.flatten();
    runner.uninterrupted()?;
    if let Some(message) = left_out {
        runner.warn(Phase::Create, message, None).await;
    }
    // Nothing reads the clone any more.
    let checkout = runner.order.checkout.take();
    let removing = async {
        if let Some(checkout) = checkout {
            checkout.remove().await;
        }
    };
    let (started, ()) = tokio::join!(runner.engine.start(&id), removing);
    started?;
    let details = runner.engine.inspect(&id).await?.ok_or_else(gone)?;
    Ok(Found { details, merged, user, marks: Marks::default() })
}

/// A folder that is not there would make every command fail, each with a shell's words.
async fn has_workspace_folder(runner: &EngineRunner) -> Result<(), StepFailure> {
    let folder = &runner.order.workspace_folder;
    if runner.order.occasion != Occasion::Create
        || runner.engine.has(&runner.running()?.place.container, folder).await?
    {
        return Ok(());
    }
    let reason = format!("there is no folder {folder} in the container (workspaceFolder)");
    let hint = format!(
        "the repository is in {}: name a folder of it, or make the folder in the image",
        runner.order.repository_folder()
    );
    Err(StepFailure { hint: Some(hint), ..StepFailure::new(FailureKind::Configuration, reason) })
}

fn gone() -> StepFailure {
    StepFailure {
        hint: Some("`localspace up` makes a new one".to_owned()),
        ..StepFailure::new(FailureKind::Engine, "the container is gone".to_owned())
    }
}

/// Starts a container that is there; its hooks are those it was made with (its metadata label).
async fn wake(runner: &mut EngineRunner) -> Result<Found, StepFailure> {
    let id = runner.order.container.clone().ok_or_else(gone)?;
    if runner.order.occasion == Occasion::Start {
        runner.engine.start(&id).await?;
    }
    let details = runner.engine.inspect(&id).await?.ok_or_else(gone)?;
    let metadata = details.labels.get(label::METADATA).cloned().unwrap_or_default();
    let (entries, _, problem) = read_label(&metadata, &runner.order.name.to_string());
    if let Some(problem) = problem {
        runner.warn(Phase::Create, problem, None).await;
    }
    let merged = merge(&entries, &runner.variables());
    let user = find_user(runner, &id, &merged, &details.user).await?;
    let tar = runner.engine.read_folder(&id, marks::FOLDER, SMALL_FILE).await?;
    let started_at = details.started_at.as_deref().unwrap_or_default();
    let marks = tar.map_or_else(Marks::default, |tar| marks::read(&tar, started_at));
    Ok(Found { details, merged, user, marks })
}

/// Looks the remote user up in the container; one that is not there is the configuration's fault.
async fn find_user(
    runner: &EngineRunner,
    id: &ContainerId,
    merged: &MergedConfiguration,
    image_user: &str,
) -> Result<RemoteUser, StepFailure> {
    let passwd = runner.engine.read_file(id, "/etc/passwd", SMALL_FILE).await?;
    let passwd = String::from_utf8_lossy(&passwd.unwrap_or_default()).into_owned();
    let wanted = merged.remote_user.as_deref().or(merged.container_user.as_deref()).unwrap_or(image_user);
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

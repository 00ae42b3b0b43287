//! The phase `create`: from an image, or from a container that is there, to one that runs and is known.

use super::container::{DEVCONTAINER_ID, spec};
use super::order::Workspaces;
use super::remote_user::{self, RemoteUser};
use super::runner::EngineRunner;
use super::running::{Found, settle};
use super::{env_file, marks, workspace};
use crate::codespace::label;
use crate::devcontainer::{DevContainer, MergedConfiguration, Variables, read_label};
use crate::engine::{ContainerId, EngineError};
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
            // On GitHub, the clone is on the machine under the same path as in the container (codespaces-facts.md section 1.1).
            local_folder: Some(self.order.repository_folder()),
            local_basename: None,
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
    let (mut entries, problem) = match runner.image.labels.get(label::METADATA) {
        Some(text) => read_label(text, &config.image.value),
        None => (Vec::new(), None),
    };
    entries.push(config.entry.clone());
    let merged = MergedConfiguration::of(&entries, &runner.variables()).map_err(|problem| unusable(&problem))?;
    let metadata: serde_json::Value = entries.into_iter().map(|entry| entry.properties).collect();
    let metadata = metadata.to_string();
    let (mut spec, warnings) = spec(&runner.order, &runner.image, &merged, metadata);
    for message in warnings.into_iter().chain(problem) {
        runner.warn(Phase::Create, message, None).await;
    }
    let clone = checkout.path().to_owned();
    spec.env.splice(0..0, env_file::read(&runner.order, config, &clone)?);
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
    if let Err(error) = started {
        return Err(unfit_image(config, &error).unwrap_or_else(|| error.into()));
    }
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

fn unusable(problem: &str) -> StepFailure {
    let problem = format!("with its variables replaced, the configuration cannot be used: {problem}");
    StepFailure::new(FailureKind::Configuration, problem)
}

fn gone() -> StepFailure {
    StepFailure {
        hint: Some("`localspace up` makes a new one".to_owned()),
        ..StepFailure::new(FailureKind::Engine, "the container is gone".to_owned())
    }
}

/// Tells an image whose first process cannot be started from an engine that would not: no `/bin/sh`, no such user.
fn unfit_image(config: &DevContainer, error: &EngineError) -> Option<StepFailure> {
    let said = error.to_string();
    // The words of runc, and of crun.
    let no_shell =
        said.contains("exec: \"/bin/sh\": stat /bin/sh: no such file") || said.contains("`/bin/sh` not found");
    if no_shell {
        let hint = "take an image with a shell in it: those without one are made to run one program".to_owned();
        let problem = "the image has no /bin/sh, which a dev container needs";
        return Some(config.error(config.image.span.clone(), problem, Some(hint)).into());
    }
    let (_, after) = said.split_once("unable to find user ")?;
    let user = after.split(':').next().unwrap_or_default();
    let place = config.properties.container_user.as_ref().map_or(&config.image.span, |user| &user.span);
    let hint = "set containerUser (or runArgs --user) to a user of the image".to_owned();
    Some(config.error(place.clone(), format!("the image has no user `{user}`"), Some(hint)).into())
}

/// Starts a container that is there; its hooks are those it was made with (its metadata label).
async fn wake(runner: &mut EngineRunner) -> Result<Found, StepFailure> {
    let id = runner.order.container.clone().ok_or_else(gone)?;
    if runner.order.occasion == Occasion::Start {
        runner.engine.start(&id).await?;
    }
    let details = runner.engine.inspect(&id).await?.ok_or_else(gone)?;
    let metadata = details.labels.get(label::METADATA).cloned().unwrap_or_default();
    let (entries, problem) = read_label(&metadata, &runner.order.name.to_string());
    if let Some(problem) = problem {
        runner.warn(Phase::Create, problem, None).await;
    }
    let merged = MergedConfiguration::of(&entries, &runner.variables()).map_err(|problem| unusable(&problem))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_is_unfit_is_the_configurations_fault_and_what_else_is_said_the_engines() {
        let text = "{\"image\": \"x\",\n \"containerUser\": \"dev\"}";
        let config = DevContainer::parse(text, "d.json").expect("parsed");
        let failure = |message: &str| {
            let (operation, subject) = ("start the container", "c".to_owned());
            unfit_image(&config, &EngineError::Refused { operation, subject, message: message.to_owned(), status: 400 })
        };
        let check = |message: &str, reason: &str| {
            let failure = failure(message).expect(message);
            assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::Configuration, reason));
        };
        let runc = "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: \
                    unable to start container process: ";
        check(
            &format!("{runc}exec: \"/bin/sh\": stat /bin/sh: no such file or directory: unknown"),
            "d.json:1:11: the image has no /bin/sh, which a dev container needs",
        );
        check(
            "unable to find user dev: no matching entries in passwd file",
            "d.json:2:19: the image has no user `dev`",
        );
        assert_eq!(failure(&format!("{runc}exec: \"/x\": permission denied")), None);
        assert_eq!(failure("driver failed programming external connectivity: port is already allocated"), None);
    }
}

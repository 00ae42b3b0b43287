//! The phases `image` and `create`: from a configuration, or from a container that is there, to one that runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::command::{Ahead, Place};
use super::container::{DEVCONTAINER_ID, STARTED, spec};
use super::remote_user::{self, RemoteUser};
use super::runner::{EngineRunner, Running, config_failed, engine_failed};
use super::{marks, probe, run_args, workspace};
use crate::codespace::label;
use crate::devcontainer::{MergedConfiguration, Variables, merge, read_label};
use crate::diagnosis::{Failed, diagnose};
use crate::engine::{ContainerDetails, ContainerId, ContainerState, Pull, RegistryCredentials};
use crate::journal::Event;
use crate::lifecycle::{FailureKind, StepFailure, StepResult};
use crate::phase::Phase;
use crate::plan::{Marks, Occasion};

/// The largest `/etc/passwd` and folder of marks that are read, in bytes.
const SMALL_FILE: usize = 1024 * 1024;

/// How many seconds a container has to end by itself.
const STOP_GRACE: i32 = 10;

impl EngineRunner {
    /// Phase 2: the image is inspected, and pulled where it is not there.
    pub(super) async fn ready_image(&mut self) -> StepResult {
        let Some((config, _)) = &self.order.new else { return Ok(None) };
        let reference = self.variables().apply(&config.image.value);
        let span = config.image.span.clone();
        let invalid = reference.is_empty() || reference.contains(char::is_whitespace);
        if invalid {
            let problem = format!("`{reference}` is no image reference");
            return Err(config_failed(&config.error(span, problem, None)));
        }
        if let Some(image) = self.engine.image(&reference).await.map_err(|error| engine_failed(&error))? {
            self.image = image;
            return Ok(None);
        }
        // The engine pulls with the codespace's secrets before any container exists (DESIGN section 2, phase 2).
        let registry = self.world.registries.complete.iter().find(|registry| registry.server.serves(&reference));
        let login = registry.map(|registry| RegistryCredentials {
            server: registry.server.config_key(),
            user: &registry.user,
            password: &registry.password,
        });
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<String>(8);
        let record = self.record.clone();
        let told = tokio::spawn(async move {
            while let Some(text) = receiver.recv().await {
                record.record(Event::Progress { phase: Phase::Image, text }).await;
            }
        });
        // Progress is for looking at: where the screen is behind, a line is left out.
        let pulling = self.engine.pull(&reference, login, |text| drop(sender.try_send(text)));
        let pulled = self.cancel.run_until_cancelled(pulling).await;
        drop(sender);
        let _shown = told.await;
        let hint = format!("try it by hand: docker pull {reference}");
        match pulled {
            None => Err(failure(FailureKind::Interrupted, "the pull was interrupted".to_owned(), None)),
            Some(Err(error)) => {
                let failed = engine_failed(&error);
                Err(StepFailure { hint: failed.hint.or(Some(hint)), ..failed })
            }
            Some(Ok(Pull::Refused(said))) => {
                let registries = &self.world.registries;
                let line = if said.contains("://") { said.clone() } else { format!("{said} denied for {reference}") };
                let failed = Failed {
                    phase: Phase::Image,
                    purpose: self.order.purpose,
                    exit_code: None,
                    output: &line,
                    registries,
                };
                if let Some(diagnosis) = diagnose(&failed) {
                    self.record.record(Event::Diagnosis(diagnosis)).await;
                }
                let said = self.redactor.redact(&said).into_owned();
                Err(failure(FailureKind::Registry, format!("the registry refused the image {reference}: {said}"), None))
            }
            Some(Ok(Pull::NotFound(said))) => {
                let problem = format!("there is no image {reference}: {said}");
                Err(config_failed(&config.error(span, problem, Some(hint))))
            }
            Some(Ok(Pull::Done)) => match self.engine.image(&reference).await.map_err(|error| engine_failed(&error))? {
                Some(image) => {
                    self.image = image;
                    Ok(None)
                }
                None => Err(failure(
                    FailureKind::Engine,
                    format!("the engine has no image {reference} after its pull"),
                    None,
                )),
            },
        }
    }

    /// Phase 3: the container is made or started, and what is known of it is gathered.
    pub(super) async fn ready_container(&mut self) -> StepResult {
        if self.order.occasion == Occasion::Create {
            self.make_container().await?;
        } else {
            self.wake_container().await?;
        }
        Ok(None)
    }

    fn variables(&self) -> Variables {
        Variables {
            local_env: self.order.local_env.clone(),
            local_folder: Some(self.order.source.clone()),
            container_folder: Some(self.order.workspace_folder.clone()),
            id: Some(DEVCONTAINER_ID.to_owned()),
            container_env: None,
        }
    }

    async fn make_container(&mut self) -> Result<(), StepFailure> {
        let Some((config, checkout)) = &self.order.new else { return Ok(()) };
        let engine = |error| engine_failed(&error);
        let (mut entries, mut raw, problem) = match self.image.labels.get(label::METADATA) {
            Some(text) => read_label(text, &config.image.value),
            None => (Vec::new(), Vec::new(), None),
        };
        entries.push(config.properties.clone());
        raw.push(config.label_entry.clone());
        let merged = merge(&entries, &self.variables());
        let metadata = serde_json::Value::Array(raw).to_string();
        let (mut spec, warnings) = spec(&self.order, config, &self.image, &merged, metadata);
        for message in warnings.into_iter().chain(problem) {
            self.warn(Some(Phase::Create), message, None).await;
        }
        run_args::apply(config, &mut spec).map_err(|error| config_failed(&error))?;
        let name = checkout.path().to_owned();
        let id = self.engine.create(spec).await.map_err(engine)?;
        self.order.container = Some(id.clone());
        let user = self.find_user(&id, &merged, &self.image.user).await?;
        let folder = self.order.repository.name().to_owned();
        self.engine.upload(&id, "/workspaces", workspace::pack(name, &folder, &user)).await.map_err(engine)?;
        self.engine.upload(&id, "/", workspace::marks_folder(&user)).await.map_err(engine)?;
        self.engine.start(&id).await.map_err(engine)?;
        self.settle(id, merged, user, Marks::default()).await
    }

    /// Starts a container that is there; its hooks are those it was made with (its metadata label).
    async fn wake_container(&mut self) -> Result<(), StepFailure> {
        let engine = |error| engine_failed(&error);
        let gone = || {
            failure(
                FailureKind::Engine,
                "the container is gone".to_owned(),
                Some("`localspace up` makes a new one".to_owned()),
            )
        };
        let Some(id) = self.order.container.clone() else { return Err(gone()) };
        if self.order.occasion == Occasion::Start {
            self.engine.start(&id).await.map_err(engine)?;
        }
        let details = self.engine.inspect(&id).await.map_err(engine)?.ok_or_else(gone)?;
        let metadata = details.labels.get(label::METADATA).cloned().unwrap_or_default();
        let (entries, _, problem) = read_label(&metadata, &self.order.name.to_string());
        if let Some(problem) = problem {
            self.warn(Some(Phase::Create), problem, None).await;
        }
        let merged = merge(&entries, &self.variables());
        let user = self.find_user(&id, &merged, &details.user).await?;
        let tar = self.engine.read_folder(&id, marks::FOLDER, SMALL_FILE).await.map_err(engine)?;
        let started_at = details.started_at.unwrap_or_default();
        let marks = tar.map_or_else(Marks::default, |tar| marks::read(&tar, &started_at));
        self.settle(id, merged, user, marks).await
    }

    /// Looks the remote user up in the container; one that is not there is the configuration's fault.
    async fn find_user(
        &self,
        id: &ContainerId,
        merged: &MergedConfiguration,
        image_user: &str,
    ) -> Result<RemoteUser, StepFailure> {
        let passwd =
            self.engine.read_file(id, "/etc/passwd", SMALL_FILE).await.map_err(|error| engine_failed(&error))?;
        let passwd = String::from_utf8_lossy(&passwd.unwrap_or_default()).into_owned();
        let wanted = merged.remote_user.as_deref().or(merged.container_user.as_deref()).unwrap_or(image_user);
        if let Some(user) = remote_user::find(&passwd, wanted) {
            return Ok(user);
        }
        let problem = format!("the image has no user `{wanted}`; it has {}", remote_user::names(&passwd).join(", "));
        let hint = Some("set remoteUser to one of them, or make the user in the image".to_owned());
        let span = self.order.new.as_ref().and_then(|(config, _)| {
            let properties = &config.properties;
            let place = properties.remote_user.as_ref().or(properties.container_user.as_ref())?;
            Some((config, place.span.clone()))
        });
        Err(match span {
            Some((config, span)) => config_failed(&config.error(span, problem, hint)),
            None => failure(FailureKind::Configuration, problem, hint),
        })
    }

    /// Gathers what the commands need of a container that runs.
    async fn settle(
        &mut self,
        id: ContainerId,
        merged: MergedConfiguration,
        user: RemoteUser,
        marks: Marks,
    ) -> Result<(), StepFailure> {
        let engine = |error| engine_failed(&error);
        let place = Arc::new(Place {
            engine: self.engine.clone(),
            container: id.clone(),
            user: user.name.clone(),
            record: self.record.clone(),
            redactor: self.redactor.clone(),
            cancel: self.cancel.clone(),
        });
        if self.order.died_before && self.order.occasion == Occasion::Attach {
            // A command of the run that died would run beside its own repetition.
            place.kill(None).await.map_err(engine)?;
        }
        let details = self.engine.inspect(&id).await.map_err(engine)?;
        let Some(details) = details.filter(|details| details.state == ContainerState::Running) else {
            return Err(failure(
                FailureKind::Engine,
                "the container ended right after its start".to_owned(),
                Some(format!("docker logs {id}")),
            ));
        };
        let started_at = details.started_at.clone().unwrap_or_default();
        if !merged.entrypoints.is_empty() && self.order.occasion != Occasion::Attach {
            self.await_entrypoints(&id, &started_at).await?;
        }
        let probed = probe::probe(&place, &user, merged.user_env_probe).await;
        if probed.is_none() {
            let message = format!(
                "{} did not say within 10 s what a login shell's environment is: the commands do without",
                user.shell
            );
            self.warn(Some(Phase::Create), message, None).await;
        }
        let probed = probed.unwrap_or_default();
        let env = environment(&probed, &merged, &details);
        let home = details.env.iter().find_map(|entry| entry.strip_prefix("HOME=")).unwrap_or(&user.home).to_owned();
        let kept =
            serde_json::json!({ "container": id.as_str(), "startedAt": started_at, "user": user.name, "env": &env });
        if let Err(error) = crate::home::write_whole(&self.order.environment_file, kept.to_string().as_bytes()) {
            return Err(failure(FailureKind::Engine, error.to_string(), error.hint()));
        }
        self.running = Some(Running { place, user, home, started_at, merged, marks, env, ahead: Ahead::default() });
        Ok(())
    }

    /// Waits until the entrypoints of Features are over (a nested engine answers), or the container has ended.
    async fn await_entrypoints(&self, id: &ContainerId, started_at: &str) -> Result<(), StepFailure> {
        let since =
            started_at.parse::<jiff::Timestamp>().map_or(0, |time| i32::try_from(time.as_second()).unwrap_or(0));
        let waiting = self.engine.wait_for_log(id, STARTED, since);
        match self.cancel.run_until_cancelled(tokio::time::timeout(std::time::Duration::from_mins(1), waiting)).await {
            None => Err(failure(FailureKind::Interrupted, "the start was interrupted".to_owned(), None)),
            Some(Err(_)) => {
                self.warn(
                    Some(Phase::Create),
                    "an entrypoint has not ended after 60 s: the commands do not wait for it".to_owned(),
                    None,
                )
                .await;
                Ok(())
            }
            Some(Ok(Err(error))) => Err(engine_failed(&error)),
            Some(Ok(Ok(_))) => Ok(()),
        }
    }

    /// Stops a container as a codespace is stopped: `/tmp` is empty afterwards (codespaces-facts.md section 1.4).
    pub async fn stop(engine: &crate::engine::Engine, id: &ContainerId) -> Result<(), crate::engine::EngineError> {
        super::clear_tmp(engine, id).await?;
        engine.stop(id, STOP_GRACE).await
    }
}

/// A command's variables, secrets apart: what a login shell has, then `remoteEnv`.
fn environment(
    probed: &BTreeMap<String, String>,
    merged: &MergedConfiguration,
    details: &ContainerDetails,
) -> Vec<(String, Option<String>)> {
    let split = |entry: &String| entry.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let container_env: BTreeMap<String, String> = details.env.iter().filter_map(split).collect();
    let variables = Variables { container_env: Some(container_env.clone()), ..Variables::default() };
    let from_shell = probed.iter().filter(|(name, value)| container_env.get(*name) != Some(*value));
    let mut env: Vec<_> = from_shell.map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
    env.extend(
        merged
            .remote_env
            .iter()
            .map(|(name, value)| (name.clone(), value.as_ref().map(|value| variables.apply(value)))),
    );
    env
}

fn failure(kind: FailureKind, reason: String, hint: Option<String>) -> StepFailure {
    StepFailure { kind, exit_code: None, reason, hint }
}

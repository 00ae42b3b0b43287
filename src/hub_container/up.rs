//! A hub brought up: whatever there is of it already is gone on with, what does not fit is made anew, and what is stored stays.

use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::error::HubError;
use super::identity::HubId;
use super::running::RunningHub;
use crate::codespace::label;
use crate::engine::{
    ContainerId, ContainerSpec, ContainerState, ContainerSummary, Engine, EngineError, ExtraOptions, MountDetails,
    MountKind, MountSpec, PortSpec, Printed, Pull, Restart, architecture,
};
use crate::github::hub::{Hub, write};
use crate::hub_server::{LOOPBACK, Places, Sites};
use crate::program::{Entry, Executable, tar};

/// What its container prints when it answers.
const READY: &str = "ready";
/// How long one that runs may take until it answers.
const TO_ANSWER: Duration = Duration::from_secs(15);
/// How many lines of its log tell why it does not.
const LAST_LINES: usize = 5;

/// What is to be up.
#[derive(Debug)]
pub struct UpOrder<'a> {
    /// Which hub.
    pub id: &'a HubId,
    /// What its file says, with every value in its place.
    pub hub: &'a Hub,
    /// The image that has the storage's program.
    pub image: &'a str,
}

/// Brings a hub up. Whoever calls this holds the hub. `progress` is told what takes long.
pub async fn up(
    engine: &Engine,
    order: &UpOrder<'_>,
    mut progress: impl FnMut(String),
) -> Result<RunningHub, HubError> {
    let sites = Sites::of(order.hub).map_err(|name| HubError::Unfit { name })?;
    let fail = |error: std::io::Error| HubError::Executable { reason: error.to_string() };
    let executable = Executable::of_process().map_err(fail)?;
    let made_from = fingerprint(order, &sites, &executable.stamp().map_err(fail)?);
    let model = Entry::Private(MODEL.to_owned(), write(order.hub).into_bytes());
    let found = engine.containers(&order.id.filters()).await?;
    if let Some(same) = reusable(&found, &made_from) {
        match again(engine, order.id, same, model).await {
            Ok(running) => return Ok(running),
            Err(HubError::Engine(error @ (EngineError::Unreachable { .. } | EngineError::Gone { .. }))) => {
                return Err(error.into());
            }
            // One that is broken is made anew.
            Err(_) => {}
        }
    }
    let theirs = engine.version().await?.arch;
    if !theirs.is_empty() && theirs != architecture() {
        let reason = format!("it is for {}, and the engine for {theirs}", architecture());
        return Err(HubError::Executable { reason });
    }
    have_image(engine, order.image, &mut progress).await?;
    if engine.networks(&order.id.filters()).await?.is_empty() {
        let _id = engine.create_network(&order.id.name(), &order.id.labels()).await?;
    }
    let before = found.iter().find_map(|one| one.labels.get(label::HUB_PORT)?.parse().ok());
    for old in &found {
        engine.remove(&old.id).await?;
    }
    let mut taken = None;
    for port in before.into_iter().chain(order.id.ports()) {
        let made = spec(order, &sites, &executable, (&made_from, port));
        match make(engine, made, (&executable, order.hub)).await {
            Ok(container) => return RunningHub::of(engine, order.id, container, port),
            Err(HubError::Engine(error)) if is_taken(&error) => taken = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(taken.map_or_else(|| HubError::Unwell { reason: "there is no port for it".to_owned() }, HubError::Engine))
}

/// Where the hub's file is in the container; the path of a tar has no slash before it.
const MODEL: &str = "etc/localspace/hub.json";

/// Returns the container that is as it would be made.
fn reusable<'a>(found: &'a [ContainerSummary], made_from: &str) -> Option<&'a ContainerSummary> {
    let [only] = found else { return None };
    let is_same = only.labels.get(label::HUB_MADE_FROM).is_some_and(|before| before == made_from);
    // One that was never started has not everything in it.
    let is_whole = matches!(only.state, ContainerState::Running | ContainerState::Exited);
    (is_same && is_whole).then_some(only)
}

/// Goes on with a container that is there: it gets the file as it is now.
async fn again(engine: &Engine, id: &HubId, found: &ContainerSummary, model: Entry) -> Result<RunningHub, HubError> {
    engine.upload(&found.id, "/", tar(vec![model])).await?;
    let port = found.labels.get(label::HUB_PORT).and_then(|port| port.parse().ok()).unwrap_or_default();
    let hub = RunningHub::of(engine, id, found.id.clone(), port)?;
    if found.state == ContainerState::Running {
        if hub.reload().await.is_err() {
            // Who has just been started does not answer yet.
            let _too_long = tokio::time::timeout(TO_ANSWER, ready(engine, &found.id)).await;
            hub.reload().await?;
        }
    } else {
        engine.start(&found.id).await?;
        ready(engine, &found.id).await?;
    }
    Ok(hub)
}

/// Makes a container, fills it and starts it; returns when it answers. One that does not come up is removed.
async fn make(
    engine: &Engine,
    spec: ContainerSpec,
    (executable, hub): (&Executable, &Hub),
) -> Result<ContainerId, HubError> {
    let container = engine.create(spec).await?;
    let filled = async {
        let mut entries = executable.entries();
        entries.push(Entry::Folder("etc/localspace/"));
        entries.push(Entry::Private(MODEL.to_owned(), write(hub).into_bytes()));
        engine.upload(&container, "/", tar(entries)).await?;
        engine.start(&container).await?;
        ready(engine, &container).await
    };
    match filled.await {
        Ok(()) => Ok(container),
        Err(error) => {
            engine.remove(&container).await?;
            Err(error)
        }
    }
}

/// Waits until the hub answers.
async fn ready(engine: &Engine, container: &ContainerId) -> Result<(), HubError> {
    let details = engine.inspect(container).await?.unwrap_or_default();
    let since = details.started_at.and_then(|time| time.parse().ok());
    match engine.wait_for_log(container, READY, since).await? {
        Printed::Yes => Ok(()),
        Printed::EndedBefore => {
            let said = engine.last_lines(container, LAST_LINES).await?;
            Err(HubError::Unwell { reason: said.lines().last().unwrap_or("it ended").to_owned() })
        }
    }
}

async fn have_image(engine: &Engine, image: &str, progress: &mut impl FnMut(String)) -> Result<(), HubError> {
    if engine.image(image).await?.is_some() {
        return Ok(());
    }
    progress(format!("pulling {image}"));
    let reason = match engine.pull(image, None, None, |_| {}).await {
        Ok(Pull::Done) => return Ok(()),
        Ok(Pull::Refused(reason) | Pull::NotFound(reason)) => reason,
        Err(EngineError::Refused { message, .. }) => message,
        Err(error) => return Err(error.into()),
    };
    Err(HubError::Image { image: image.to_owned(), reason })
}

fn spec(order: &UpOrder<'_>, sites: &Sites, executable: &Executable, (made_from, port): (&str, u16)) -> ContainerSpec {
    let name = order.id.name();
    let mut labels = order.id.labels();
    labels.insert(label::HUB_MADE_FROM.to_owned(), made_from.to_owned());
    labels.insert(label::HUB_PORT.to_owned(), port.to_string());
    let mut command = executable.command(&["hub", "serve"]);
    let arguments = command.split_off(1);
    ContainerSpec {
        image: order.image.to_owned(),
        entrypoint: command,
        command: arguments,
        mounts: vec![MountSpec {
            kind: MountKind::Volume,
            source: Some(name.clone()),
            target: Places::of_container().data.display().to_string(),
            read_only: false,
            labels: order.id.labels(),
            details: MountDetails::default(),
        }],
        restart: Restart::UnlessStopped,
        extra: ExtraOptions {
            networks: vec![name.clone()],
            network_aliases: sites.hosts(),
            ports: vec![PortSpec {
                container: format!("{LOOPBACK}/tcp"),
                host_ip: Some("127.0.0.1".to_owned()),
                host_port: Some(port.to_string()),
            }],
            cap_drop: vec!["ALL".to_owned()],
            cap_add: vec!["NET_BIND_SERVICE".to_owned()],
            security_opt: vec!["no-new-privileges".to_owned()],
            // Whoever asks much leaves many lines: the older ones go.
            log_driver: Some("json-file".to_owned()),
            log_options: [("max-size", "8m"), ("max-file", "2")]
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            ..ExtraOptions::default()
        },
        name,
        labels,
        ..ContainerSpec::default()
    }
}

/// Returns what changes where the container has to be another one: the program, the image, the names and ports that it answers at.
fn fingerprint(order: &UpOrder<'_>, sites: &Sites, stamp: &str) -> String {
    let text = format!("{stamp}\n{}\n{:?}\n{:?}", order.image, sites.hosts(), sites.ports());
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Tells whether somebody else has a port.
fn is_taken(error: &EngineError) -> bool {
    let text = error.to_string();
    text.contains("port is already allocated") || text.contains("address already in use")
}

impl Places {
    /// Returns the places in a hub's container.
    pub fn of_container() -> Self {
        Self {
            model: PathBuf::from("/").join(MODEL),
            data: PathBuf::from("/var/lib/localspace-hub"),
            runtime: PathBuf::from("/run/localspace-hub"),
        }
    }
}

//! Containers and volumes: made, looked at, started, stopped, removed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, EndpointSettings, MountPoint, PortBinding};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, EventsOptionsBuilder, InspectContainerOptions, ListContainersOptionsBuilder,
    LogsOptionsBuilder, RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder, StartContainerOptions,
    StopContainerOptions, StopContainerOptionsBuilder,
};

use futures_util::StreamExt;

use super::client::Engine;
use super::error::EngineError;
use super::spec::ContainerSpec;

/// A container's id. Requests carry ids only: bollard puts names into paths unescaped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ContainerId(pub(super) String);

impl ContainerId {
    /// Returns the id as text, 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContainerId {
    /// Shows the short form, as `docker ps` does.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.get(..12).unwrap_or(&self.0))
    }
}

/// A label that an object must have; with a value, that very value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelFilter(pub(super) String);

impl LabelFilter {
    /// Objects that have the label, whatever its value.
    pub fn has(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Objects whose label has this value.
    pub fn is(name: &str, value: &str) -> Self {
        Self(format!("{name}={value}"))
    }
}

/// What a list says of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerSummary {
    /// Its id.
    pub id: ContainerId,
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub state: ContainerState,
    /// What `docker ps` says of it: `Up 2 seconds (healthy)`.
    pub status: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// What is known of one container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerDetails {
    /// Its id.
    pub id: ContainerId,
    /// Whether it runs.
    pub state: ContainerState,
    /// When it was last started, RFC 3339; absent where it never was.
    pub started_at: Option<String>,
    /// When it last ended, RFC 3339; nothing where it never has.
    pub ended_at: Option<String>,
    /// The exit code of its last run.
    pub exit_code: i64,
    /// The image that it was made from, as it was named then.
    pub image_name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The image that it was made from, `sha256:…`.
    pub image: String,
    /// Its environment, `NAME=VALUE`.
    pub env: Vec<String>,
    /// What runs in it: its entrypoint, its command, and what asks whether it is healthy.
    pub command: Vec<String>,
    /// The user of its first process; empty for root.
    pub user: String,
    /// Its ports that are published: inside, and where on the engine's machine.
    pub published: Vec<(u16, String)>,
    /// Its addresses in the engine's networks.
    pub addresses: Vec<String>,
    /// Where something of the engine's machine is mounted.
    pub binds: Vec<String>,
    /// Where memory is mounted: what is copied into the container does not arrive there.
    pub tmpfs: Vec<String>,
    /// Its volumes.
    pub volumes: Vec<MountedVolume>,
}

/// A volume of a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MountedVolume {
    /// Its name; one that nobody has named has a digest for it.
    pub name: String,
    /// Where it is mounted.
    pub target: String,
}

/// Whether a container runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContainerState {
    /// Made, and never started.
    #[default]
    Created,
    /// Running (or about to, or held).
    Running,
    /// It has run.
    Exited,
    /// It is being removed, or cannot be.
    Leaving,
}

/// Whether a container has printed what was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// It has.
    Yes,
    /// It ended, and had not.
    EndedBefore,
}

/// How much of a line of a log is looked at, in bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// Tells whether a line of a log, which begins with its time, has a text in it and is from after `since`.
fn is_printed(line: &str, text: &str, since: Option<jiff::Timestamp>) -> bool {
    let (time, rest) = line.split_once(' ').unwrap_or((line, ""));
    let is_new = |since| time.parse::<jiff::Timestamp>().is_ok_and(|time| time > since);
    rest.contains(text) && since.is_none_or(is_new)
}

impl Engine {
    /// Makes a container. Volumes that it names and that are not there are made with it.
    pub async fn create(&self, spec: ContainerSpec) -> Result<ContainerId, EngineError> {
        let platform = spec.extra.platform.clone().unwrap_or_default();
        let options = CreateContainerOptionsBuilder::default().name(&spec.name).platform(&platform).build();
        let subject = spec.name.clone();
        match self.docker.create_container(Some(options), spec.into_body()).await {
            Ok(made) => Ok(ContainerId(made.id)),
            Err(error) => Err(self.explain("create the container", &subject, error)),
        }
    }

    /// Gives a container another name.
    pub async fn rename(&self, id: &ContainerId, name: &str) -> Result<(), EngineError> {
        let options = RenameContainerOptionsBuilder::default().name(name).build();
        let renamed = self.docker.rename_container(id.as_str(), options).await;
        renamed.map_err(|error| self.explain("rename the container", &id.to_string(), error))
    }

    /// Starts a container; one that runs already is left alone.
    pub async fn start(&self, id: &ContainerId) -> Result<(), EngineError> {
        let started = self.docker.start_container(id.as_str(), None::<StartContainerOptions>).await;
        started.map_err(|error| self.explain("start the container", &id.to_string(), error))
    }

    /// Waits until a container has printed a line with `text` in it after `since`, or has ended without it.
    pub async fn wait_for_log(
        &self,
        id: &ContainerId,
        text: &str,
        since: Option<jiff::Timestamp>,
    ) -> Result<Printed, EngineError> {
        // The engine's own filter knows whole seconds alone, in which a container may have been stopped and started.
        let seconds = since.map_or(0, |since| i32::try_from(since.as_second()).unwrap_or(0));
        let options = LogsOptionsBuilder::default()
            .follow(true)
            .stdout(true)
            .stderr(true)
            .since(seconds)
            .timestamps(true)
            .build();
        let mut logs = self.docker.logs(id.as_str(), Some(options));
        let mut line = String::new();
        while let Some(chunk) = logs.next().await {
            let chunk = chunk.map_err(|error| self.explain("read the log of", &id.to_string(), error))?;
            for piece in String::from_utf8_lossy(&chunk.into_bytes()).split_inclusive('\n') {
                // What is longer is no line of ours.
                if line.len() < LONGEST_LINE {
                    line.push_str(piece);
                }
                if piece.ends_with('\n') {
                    if is_printed(&line, text, since) {
                        return Ok(Printed::Yes);
                    }
                    line.clear();
                }
            }
        }
        Ok(Printed::EndedBefore)
    }

    /// Returns the last lines that a container's first process printed.
    pub async fn last_lines(&self, id: &ContainerId, lines: usize) -> Result<String, EngineError> {
        let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail(&lines.to_string()).build();
        let mut logs = self.docker.logs(id.as_str(), Some(options));
        let mut text = Vec::new();
        while let Some(chunk) = logs.next().await {
            let chunk = chunk.map_err(|error| self.explain("read the log of", &id.to_string(), error))?;
            text.extend_from_slice(&chunk.into_bytes());
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Stops a container by its own rules: its signal, and after the grace that it was made with `SIGKILL`.
    pub async fn stop_as_made(&self, id: &ContainerId) -> Result<(), EngineError> {
        let stopped = self.docker.stop_container(id.as_str(), None::<StopContainerOptions>).await;
        stopped.map_err(|error| self.explain("stop the container", &id.to_string(), error))?;
        self.inspect(id).await.map(drop)
    }

    /// Stops a container: `SIGTERM`, and after `grace` seconds `SIGKILL`. One that does not run is left alone.
    pub async fn stop(&self, id: &ContainerId, grace: i32) -> Result<(), EngineError> {
        let options = StopContainerOptionsBuilder::default().t(grace).build();
        let stopped = self.docker.stop_container(id.as_str(), Some(options)).await;
        stopped.map_err(|error| self.explain("stop the container", &id.to_string(), error))?;
        // Engine 26 answers before its list of containers says that this one has ended; an inspect waits until it does.
        self.inspect(id).await.map(drop)
    }

    /// Removes a container, running or not, with its anonymous volumes. One that is gone, or going, is no error.
    pub async fn remove(&self, id: &ContainerId) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        match self.docker.remove_container(id.as_str(), Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) => match self.explain("remove the container", &id.to_string(), error) {
                error if error.is_not_found() || error.to_string().contains("already in progress") => Ok(()),
                error => Err(error),
            },
        }
    }

    /// Returns what is known of a container, or nothing where there is none.
    pub async fn inspect(&self, id: &ContainerId) -> Result<Option<ContainerDetails>, EngineError> {
        match self.quick.inspect_container(id.as_str(), None::<InspectContainerOptions>).await {
            Ok(answer) => Ok(Some(details(id, answer))),
            Err(error) => match self.explain("inspect the container", &id.to_string(), error) {
                error if error.is_not_found() => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Returns the containers, running or not, that have every one of the labels; newest first.
    pub async fn containers(&self, filters: &[LabelFilter]) -> Result<Vec<ContainerSummary>, EngineError> {
        let labels: Vec<String> = filters.iter().map(|filter| filter.0.clone()).collect();
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&HashMap::from([("label".to_owned(), labels)]))
            .build();
        let listed = self.quick.list_containers(Some(options)).await;
        let listed = listed.map_err(|error| self.explain("list", "its containers", error))?;
        let summary = |item: bollard::models::ContainerSummary| {
            Some(ContainerSummary {
                id: ContainerId(item.id?),
                // An engine gives it with a slash before it; a second one would be a link's.
                name: item
                    .names
                    .iter()
                    .flatten()
                    .map(|name| name.trim_start_matches('/'))
                    .find(|name| !name.contains('/'))
                    .unwrap_or_default()
                    .to_owned(),
                state: state(item.state.as_ref().map(ToString::to_string).as_deref()),
                status: item.status.unwrap_or_default(),
                created: item.created.unwrap_or_default(),
                labels: item.labels.unwrap_or_default().into_iter().collect(),
            })
        };
        Ok(listed.into_iter().filter_map(summary).collect())
    }

    /// Waits until a container with the label has been made since `since` (seconds since 1970), for no longer than `within`.
    pub async fn await_created(&self, filter: &LabelFilter, since: i64, within: Duration) -> Result<(), EngineError> {
        let filters = HashMap::from([
            ("type".to_owned(), vec!["container".to_owned()]),
            ("event".to_owned(), vec!["create".to_owned()]),
            ("label".to_owned(), vec![filter.0.clone()]),
        ]);
        let options = EventsOptionsBuilder::default().since(&since.to_string()).filters(&filters).build();
        let mut events = self.docker.events(Some(options));
        match tokio::time::timeout(within, events.next()).await {
            Ok(Some(Err(error))) => Err(self.explain("listen to", "its events", error)),
            Ok(Some(Ok(_)) | None) | Err(_) => Ok(()),
        }
    }

    /// Lets a container go on that was paused; one that was not is left alone.
    pub async fn unpause(&self, id: &ContainerId) -> Result<(), EngineError> {
        match self.docker.unpause_container(id.as_str()).await {
            Ok(()) => Ok(()),
            Err(error) => match self.explain("unpause the container", &id.to_string(), error) {
                error if error.to_string().contains("is not paused") => Ok(()),
                error => Err(error),
            },
        }
    }
}

fn details(id: &ContainerId, answer: ContainerInspectResponse) -> ContainerDetails {
    let config = answer.config.unwrap_or_default();
    let run = answer.state.unwrap_or_default();
    let (network, mounts) = (answer.network_settings.unwrap_or_default(), answer.mounts.unwrap_or_default());
    // What `--tmpfs` mounts is told apart from all others.
    let of_flag = answer.host_config.and_then(|config| config.tmpfs).unwrap_or_default();
    let status = run.status.as_ref().map(ContainerStateStatusEnum::to_string);
    // The engine writes the year 1 for "never".
    let ever = |time: &String| !time.starts_with("0001-");
    let check = config.healthcheck.and_then(|check| check.test);
    let command = [config.entrypoint, config.cmd, check].into_iter().flatten().flatten().collect();
    let (started_at, ended_at) = (run.started_at.filter(ever), run.finished_at.filter(ever));
    ContainerDetails {
        id: ContainerId(answer.id.unwrap_or_else(|| id.0.clone())),
        state: state(status.as_deref()),
        started_at,
        ended_at,
        exit_code: run.exit_code.unwrap_or_default(),
        image_name: config.image.unwrap_or_default(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        image: answer.image.unwrap_or_default(),
        env: config.env.unwrap_or_default(),
        command,
        user: config.user.unwrap_or_default(),
        published: network.ports.unwrap_or_default().into_iter().flat_map(published).collect(),
        addresses: addresses(network.networks.unwrap_or_default()),
        binds: mounts.iter().filter_map(|mount| target(mount, "bind")).collect(),
        tmpfs: of_flag.into_keys().chain(mounts.iter().filter_map(|mount| target(mount, "tmpfs"))).collect(),
        volumes: mounts.iter().filter_map(volume).collect(),
    }
}

/// Returns where a port is published: `PORT/tcp` inside, and its bindings.
fn published((inside, bindings): (String, Option<Vec<PortBinding>>)) -> Vec<(u16, String)> {
    let Some(inside) = inside.strip_suffix("/tcp").and_then(|port| port.parse().ok()) else { return Vec::new() };
    let outside = |binding: PortBinding| {
        let (ip, port) = (binding.host_ip.unwrap_or_default(), binding.host_port?);
        // Every address is this machine's own, too.
        let ip = if ["", "0.0.0.0", "::"].contains(&ip.as_str()) { "127.0.0.1".to_owned() } else { ip };
        Some((inside, if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }))
    };
    let mut all: Vec<_> = bindings.unwrap_or_default().into_iter().filter_map(outside).collect();
    all.dedup();
    all
}

fn addresses(networks: HashMap<String, EndpointSettings>) -> Vec<String> {
    let mut all: Vec<String> =
        networks.into_values().filter_map(|one| one.ip_address).filter(|one| !one.is_empty()).collect();
    all.sort();
    all
}

/// Returns where a mount is, if it is of that type.
fn target(mount: &MountPoint, of_type: &str) -> Option<String> {
    mount.destination.clone().filter(|_| mount.typ.as_deref() == Some(of_type))
}

fn volume(mount: &MountPoint) -> Option<MountedVolume> {
    let name = mount.name.clone().filter(|name| mount.typ.as_deref() == Some("volume") && !name.is_empty())?;
    Some(MountedVolume { name, target: mount.destination.clone()? })
}

fn state(status: Option<&str>) -> ContainerState {
    match status {
        Some("created") => ContainerState::Created,
        Some("running" | "restarting" | "paused") => ContainerState::Running,
        Some("removing" | "dead") => ContainerState::Leaving,
        Some(_) | None => ContainerState::Exited,
    }
}

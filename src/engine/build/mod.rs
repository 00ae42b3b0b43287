//! Images: built by the engine's own BuildKit, from a context that is sent as a tar stream.

mod progress;
mod session;

use std::collections::{BTreeMap, HashMap};

use bollard::auth::DockerCredentials;
use bollard::errors::Error as Bollard;
use bollard::models::BuildInfoAux;
use bollard::query_parameters::{BuildImageOptions, BuilderVersion};
use bollard::{BollardRequest, Docker};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::mpsc;

pub use progress::{BuildEvent, FailedStep};

use super::client::{Engine, lines};
use super::error::EngineError;
use super::extra::Ulimit;
use super::image::RegistryCredentials;
use progress::Steps;

/// What is to be built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildSpec {
    /// The Dockerfile's path in the context.
    pub dockerfile: String,
    /// What the image is to be called.
    pub name: String,
    /// The stage to build; the last one where there is none.
    pub target: Option<String>,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// For which platform; the engine's own where there is none.
    pub platform: Option<String>,
    /// `default`, `host` or `none`: the network of the steps.
    pub network: Option<String>,
    /// `HOST:IP`: what the steps find a name under.
    pub hosts: Vec<String>,
    /// Images that may have the result of a step.
    pub cache_from: Vec<String>,
    /// The steps' `/dev/shm`, in bytes.
    pub shm_size: Option<i64>,
    /// Limits of the steps' processes.
    pub ulimits: Vec<Ulimit>,
    /// Which of what is there already may be taken.
    pub reuse: Reuse,
}

/// What of an earlier build, or pull, may be taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reuse {
    /// Results of steps, and base images that the engine has.
    #[default]
    All,
    /// Base images alone: every step runs.
    BaseImages,
    /// Results of steps alone: base images are asked for again.
    Steps,
    /// Nothing.
    Nothing,
}

impl Reuse {
    /// Tells whether every step runs.
    const fn runs_all_steps(self) -> bool {
        matches!(self, Self::BaseImages | Self::Nothing)
    }

    /// Tells whether base images are asked for again.
    pub const fn asks_again(self) -> bool {
        matches!(self, Self::Steps | Self::Nothing)
    }
}

/// How a build ended.
#[derive(Debug)]
pub enum Build {
    /// The image is there.
    Done {
        /// Its id, `sha256:…`.
        id: String,
    },
    /// It is not, and why.
    Failed(BuildFailure),
}

/// A build that came to no image.
#[derive(Debug)]
pub struct BuildFailure {
    /// BuildKit's words.
    pub message: String,
    /// The step that failed, where it was one.
    pub step: Option<FailedStep>,
}

impl Engine {
    /// Builds an image; what happens meanwhile goes to `events`, which holds the build up where nobody takes it.
    ///
    /// Dropping the future ends the build: the engine cancels one whose connection is closed.
    pub async fn build(
        &self,
        spec: &BuildSpec,
        context: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
        logins: &[RegistryCredentials<'_>],
        events: mpsc::Sender<BuildEvent>,
    ) -> Result<Build, EngineError> {
        if self.has_containerd_s_store().await? {
            return Box::pin(self.build_in_session(spec, context, logins)).await;
        }
        let docker = with_query(&self.docker, more_query(spec));
        let mut steps = Steps::default();
        let mut id = None;
        let context = bollard::body_try_stream(context);
        let mut stream = lines(docker.build_image(options(spec), Some(credentials(logins)), Some(context)));
        while let Some(item) = stream.next().await {
            match item {
                Ok(item) => match item.aux {
                    Some(BuildInfoAux::BuildKit(status)) => {
                        for event in steps.update(status) {
                            // Nobody listens any more: the build goes on to its end all the same.
                            events.send(event).await.ok();
                        }
                    }
                    Some(BuildInfoAux::Default(image)) => id = image.id.or(id),
                    None => {}
                },
                Err(
                    Bollard::DockerStreamError { error } | Bollard::DockerResponseServerError { message: error, .. },
                ) => {
                    let failure = BuildFailure { step: steps.failed(), message: error };
                    return Ok(Build::Failed(failure));
                }
                Err(error) => return Err(self.explain("build", &spec.name, error)),
            }
        }
        done(spec, id)
    }
}

/// Returns the end of a build in which no step failed.
fn done(spec: &BuildSpec, id: Option<String>) -> Result<Build, EngineError> {
    let none = || EngineError::Garbled {
        operation: "build",
        subject: spec.name.clone(),
        message: "it ended without an image".to_owned(),
    };
    id.map(|id| Build::Done { id }).ok_or_else(none)
}

fn options(spec: &BuildSpec) -> BuildImageOptions {
    BuildImageOptions {
        dockerfile: spec.dockerfile.clone(),
        t: Some(spec.name.clone()),
        nocache: spec.reuse.runs_all_steps(),
        pull: spec.reuse.asks_again().then(|| "true".to_owned()),
        cachefrom: (!spec.cache_from.is_empty()).then(|| spec.cache_from.clone()),
        buildargs: Some(spec.args.clone().into_iter().collect()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        networkmode: spec.network.clone(),
        platform: spec.platform.clone().unwrap_or_default(),
        target: spec.target.clone().unwrap_or_default(),
        version: BuilderVersion::BuilderBuildKit,
        // Another session's id would be refused.
        session: Some(session()),
        ..BuildImageOptions::default()
    }
}

fn session() -> String {
    let mut entropy = [0_u8; 16];
    if getrandom::fill(&mut entropy).is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        entropy = (now.as_nanos() ^ u128::from(std::process::id())).to_le_bytes();
    }
    entropy.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns what bollard has no field for, or one that is too narrow.
fn more_query(spec: &BuildSpec) -> String {
    let mut query = String::new();
    let mut add = |name: &str, value: &str| {
        query.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    };
    for host in &spec.hosts {
        add("extrahosts", host);
    }
    if let Some(size) = spec.shm_size {
        add("shmsize", &size.to_string());
    }
    if !spec.ulimits.is_empty() {
        let limit = |limit: &Ulimit| serde_json::json!({"Name": limit.name, "Soft": limit.soft, "Hard": limit.hard});
        let limits: serde_json::Value = spec.ulimits.iter().map(limit).collect();
        add("ulimits", &limits.to_string());
    }
    query
}

/// Returns a connection whose builds have more in their query.
fn with_query(docker: &Docker, query: String) -> Docker {
    docker.clone().with_request_modifier(move |mut request: BollardRequest| {
        if request.uri().path().ends_with("/build") {
            let uri = format!("{}{query}", request.uri());
            // What is not taken is left as it was: every character of it is allowed in a URI.
            if let Ok(uri) = uri.parse() {
                *request.uri_mut() = uri;
            }
        }
        request
    })
}

/// Returns the logins by the names that BuildKit asks for them under: Docker Hub has two.
fn credentials(logins: &[RegistryCredentials<'_>]) -> HashMap<String, DockerCredentials> {
    const HUB: [&str; 2] = ["https://index.docker.io/v1/", "registry-1.docker.io"];
    let mut all = HashMap::new();
    for login in logins {
        let one = login.to_docker();
        if HUB.contains(&login.server) {
            all.extend(HUB.map(|name| (name.to_owned(), one.clone())));
        } else {
            all.insert(login.server.to_owned(), one);
        }
    }
    all
}

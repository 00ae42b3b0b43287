//! Builds on an engine that keeps its images in containerd's store, as Docker Desktop and Engine 29 do by default.
//!
//! Such an engine looks for a context that comes with the request under an address that nobody has (moby/moby#47717). It does take one that is
//! fetched from the client in the build's own session; what the steps print is not told of there.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::collections::HashMap;
use std::path::Path;

use bollard::Docker;
use bollard::auth::DockerCredentials;
use bollard::grpc::build::{
    ImageBuildFrontendOptions, ImageBuildHostIp, ImageBuildLoadInput, ImageBuildNetworkMode, ImageBuildPlatform,
};
use bollard::grpc::driver::Build as _;
use bollard::grpc::driver::moby::Moby;
use bollard::grpc::error::GrpcError;
use bollard::moby::buildkit::v1::CacheOptionsEntry;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::{Build, BuildFailure, BuildSpec, FailedStep, credentials, done};
use crate::engine::client::Engine;
use crate::engine::error::EngineError;
use crate::engine::image::RegistryCredentials;

/// The largest context that is sent so, in bytes: all of it is in memory.
const LARGEST: usize = 1 << 30;

/// What the engine calls the driver of containerd's store.
const CONTAINERD: &str = "io.containerd.snapshotter.v1";

/// How a host ends that is this engine's machine.
const GATEWAY: &str = ":host-gateway";

/// Puts an address in the place of that of the engine's machine.
fn with_gateway(hosts: &mut [String], address: &str) {
    for host in hosts {
        if let Some(name) = host.strip_suffix(GATEWAY) {
            *host = format!("{name}:{address}");
        }
    }
}

impl Engine {
    /// Tells whether images are kept in containerd's store; the engine is asked once.
    pub(super) async fn has_containerd_s_store(&self) -> Result<bool, EngineError> {
        self.has_containerd_s_store.get_or_try_init(|| self.ask_for_store()).await.copied()
    }

    async fn ask_for_store(&self) -> Result<bool, EngineError> {
        let about = self.quick.info().await.map_err(|error| self.explain("describe", "its images", error))?;
        let rows = about.driver_status.unwrap_or_default();
        Ok(rows.iter().any(|row| row.iter().any(|cell| cell == CONTAINERD)))
    }

    /// Returns the address that a container reaches this engine's machine under. In a session the engine does not put it in a host's place itself; where it
    /// was given another one (`--host-gateway-ip`) it tells nobody.
    async fn gateway(&self) -> Result<Option<String>, EngineError> {
        let bridge = self.all_networks().await?.into_iter().find(|network| network.name == "bridge");
        Ok(bridge.and_then(|bridge| bridge.gateway))
    }

    /// Builds an image from a context that the engine fetches.
    pub(super) async fn build_in_session(
        &self,
        spec: &BuildSpec,
        context: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
        logins: &[RegistryCredentials<'_>],
    ) -> Result<Build, EngineError> {
        let failed = |message: String| Ok(Build::Failed(BuildFailure { step: step(&message), message }));
        let context = match whole(context, LARGEST).await {
            Ok(context) => context,
            Err(why) => return failed(why),
        };
        let mut asked = spec.clone();
        if spec.hosts.iter().any(|host| host.ends_with(GATEWAY)) {
            let Some(gateway) = self.gateway().await? else {
                return failed("`host-gateway` is no address here: the engine has no network `bridge`".to_owned());
            };
            with_gateway(&mut asked.hosts, &gateway);
        }
        match solve(self.docker.clone(), asked, context, credentials(logins)).await {
            Ok(()) => {}
            Err(GrpcError::TonicStatus { err }) => return failed(err.message().to_owned()),
            Err(GrpcError::DockerError { err }) => return Err(self.explain("build", &spec.name, err)),
            Err(error) => return failed(error.to_string()),
        }
        done(spec, self.image(&spec.name).await?.map(|image| image.id))
    }
}

/// Builds, on a thread of its own: bollard's work of this kind cannot move between threads. It ends where its caller does not wait for it.
async fn solve(
    docker: Docker,
    spec: BuildSpec,
    context: Bytes,
    logins: HashMap<String, DockerCredentials>,
) -> Result<(), GrpcError> {
    let left = CancellationToken::new();
    let _guard = left.clone().drop_guard();
    let runtime = Handle::current();
    let building = tokio::task::spawn_blocking(move || {
        let logins: HashMap<&str, _> = logins.iter().map(|(server, login)| (server.as_str(), login.clone())).collect();
        let input = ImageBuildLoadInput::Upload(context);
        let building = Moby::new(&docker).docker_build(&spec.name, frontend(&spec), input, Some(logins), None);
        runtime.block_on(left.run_until_cancelled(building)).unwrap_or(Ok(()))
    });
    building.await.map_err(|error| std::io::Error::other(error).into()).map_err(|err| GrpcError::DockerError { err })?
}

/// Returns the step that a failure names: its command, as BuildKit quotes it. Which of the Dockerfile's steps it is, is not told.
fn step(message: &str) -> Option<FailedStep> {
    let (_, from) = message.split_once("process \"")?;
    let (quoted, _) = from.split_once("\" did not complete successfully")?;
    let command: String = serde_json::from_str(&format!("\"{quoted}\"")).unwrap_or_else(|_| quoted.to_owned());
    let command = command.strip_prefix("/bin/sh -c ").unwrap_or(&command);
    Some(FailedStep { step: String::new(), name: format!("RUN {command}") })
}

/// Returns all of a context; an error is why there is none, in words.
async fn whole(context: impl Stream<Item = Result<Bytes, std::io::Error>>, most: usize) -> Result<Bytes, String> {
    let mut all = BytesMut::new();
    let mut context = std::pin::pin!(context);
    while let Some(part) = context.next().await {
        all.extend_from_slice(&part.map_err(|error| format!("the context cannot be read: {error}"))?);
        if all.len() > most {
            let most = most >> 20;
            return Err(format!(
                "the context has more than {most} MiB, which an engine with containerd's image store is not sent"
            ));
        }
    }
    Ok(all.freeze())
}

/// Returns what is asked for in the words of a session's build. It has none for limits of the steps' processes.
fn frontend(spec: &BuildSpec) -> ImageBuildFrontendOptions {
    let mut options = ImageBuildFrontendOptions::builder()
        .dockerfile(Path::new(&spec.dockerfile))
        .nocache(spec.reuse.runs_all_steps())
        .pull(spec.reuse.asks_again());
    for (name, value) in &spec.args {
        options = options.buildarg(name, value);
    }
    for (name, value) in &spec.labels {
        options = options.label(name, value);
    }
    if let Some(target) = &spec.target {
        options = options.target(target);
    }
    if let Some(platform) = spec.platform.as_deref().and_then(platform) {
        options = options.platforms(&platform);
    }
    match spec.network.as_deref() {
        Some("host") => options = options.force_network_mode(&ImageBuildNetworkMode::Host),
        Some("none") => options = options.force_network_mode(&ImageBuildNetworkMode::None),
        _ => {}
    }
    for host in &spec.hosts {
        if let Some((name, Ok(ip))) = host.split_once(':').map(|(name, ip)| (name, ip.parse())) {
            options = options.extrahost(&ImageBuildHostIp { host: name.to_owned(), ip });
        }
    }
    for image in &spec.cache_from {
        let attrs = [("ref".to_owned(), image.clone())].into();
        options = options.cachefrom(&CacheOptionsEntry { r#type: "registry".to_owned(), attrs });
    }
    if let Some(size) = spec.shm_size.and_then(|size| u64::try_from(size).ok()) {
        options = options.shmsize(size);
    }
    options.build()
}

fn platform(text: &str) -> Option<ImageBuildPlatform> {
    let mut parts = text.splitn(3, '/').map(str::to_owned);
    Some(ImageBuildPlatform { os: parts.next()?, architecture: parts.next()?, variant: parts.next() })
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[test]
    fn a_platform_has_two_or_three_parts() {
        for text in ["linux/amd64", "linux/arm/v7"] {
            assert_eq!(platform(text).map(|platform| platform.to_string()).as_deref(), Some(text));
        }
        assert_eq!(platform("linux"), None);
    }

    #[test]
    fn the_engines_machine_has_an_address() {
        let mut hosts = ["a:host-gateway", "b:10.0.0.1"].map(str::to_owned);
        with_gateway(&mut hosts, "172.17.0.1");
        assert_eq!(hosts, ["a:172.17.0.1", "b:10.0.0.1"]);
    }

    #[test]
    fn a_failure_names_its_step() {
        let name = |message: &str| step(message).map(|step| step.name);
        let said =
            r#"failed to solve: process "/bin/sh -c echo \"a\" && exit 7" did not complete successfully: exit code: 7"#;
        assert_eq!(name(said).as_deref(), Some("RUN echo \"a\" && exit 7"));
        assert_eq!(
            name("process \"/x \\q\" did not complete successfully: exit code: 1").as_deref(),
            Some("RUN /x \\q")
        );
        assert_eq!(name("failed to solve: x: not found"), None);
    }

    #[tokio::test]
    async fn a_context_is_taken_whole_or_not_at_all() {
        let part = |text: &'static str| Ok(Bytes::from_static(text.as_bytes()));
        let most = 1 << 20;
        assert_eq!(whole(stream::iter([part("a"), part("bc")]), most).await, Ok(Bytes::from_static(b"abc")));
        let broken = [part("a"), Err(std::io::Error::other("gone"))];
        assert_eq!(whole(stream::iter(broken), most).await, Err("the context cannot be read: gone".to_owned()));
        let parts = [Ok(Bytes::from(vec![0; most])), part("x")];
        assert!(whole(stream::iter(parts), most).await.expect_err("too large").contains("more than 1 MiB"));
    }
}

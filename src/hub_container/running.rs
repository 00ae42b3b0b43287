//! A hub that runs, and what it is asked: through a command in its container, over standard input, so that no request to the engine has a token in it.

use std::time::Duration;

use futures_util::StreamExt;

use super::error::HubError;
use super::identity::HubId;
use super::names::own_names;
use crate::codespace::{CodespaceName, RepositoryName, label};
use crate::engine::{ContainerId, ContainerState, Engine, ExecSpec};
use crate::github::hub::PackageName;
use crate::github::{EcrServer, EcrToken, RegistryServer};
use crate::hub_server::admin::{About, Answer, Explained, Question};
use crate::hub_server::{Publication, Site};
use crate::journal::OutputStream;
use crate::permissions::Permissions;
use crate::program::Executable;
use crate::redact::Secret;

/// A hub that runs.
#[derive(Debug, Clone)]
pub struct RunningHub {
    pub(super) engine: Engine,
    pub(super) id: HubId,
    pub(super) container: ContainerId,
    port: u16,
    command: Vec<String>,
}

/// Where a hub is, and how it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubPlace {
    /// The engine's network that it is in. In it the registries' names lead to it by themselves.
    pub network: String,
    /// Its address there, for who has other names (`--add-host`). It may have another one after a restart.
    pub address: String,
    /// The port of the engine's machine, on its loopback: there `ghcr.io/acme/api` is `localhost:PORT/ghcr.io/acme/api`.
    pub port: u16,
    /// What it says of itself: the certificate authority, the registries and their names, the packages.
    pub about: About,
}

impl HubPlace {
    /// Returns what the repositories of a registry are kept under.
    pub fn folder_of(registry: &str) -> String {
        Site::folder_of(registry)
    }

    /// Returns what an image of one of the hub's registries is called on the loopback of the engine's machine; nothing where it is of another registry.
    pub fn local(&self, image: &str) -> Option<String> {
        let site = Site::of(&RegistryServer::of_image(image))?;
        let path = image.strip_prefix(&format!("{}/", site.name)).unwrap_or(image);
        // Docker: an image of its Hub without an owner is the library's.
        let library = if site.name == "docker.io" && !path.contains('/') { "library/" } else { "" };
        let is_here = self.about.registries.contains(&site.name);
        is_here.then(|| format!("localhost:{}/{}/{library}{path}", self.port, site.folder))
    }
}

impl HubPlace {
    /// Returns what the engine said of the hub's images, with their own names.
    pub fn own_names(&self, said: &str) -> String {
        own_names(said, &self.about.registries)
    }
}

impl RunningHub {
    /// Returns the hub of a file, where it runs.
    pub async fn find(engine: &Engine, id: &HubId) -> Result<Self, HubError> {
        let found = engine.containers(&id.filters()).await?;
        let running = found.into_iter().find(|one| one.state == ContainerState::Running);
        let running = running.ok_or_else(|| HubError::Down { file: id.file().to_owned() })?;
        let port = running.labels.get(label::HUB_PORT).and_then(|port| port.parse().ok()).unwrap_or_default();
        Self::of(engine, id, running.id, port)
    }

    pub(super) fn of(engine: &Engine, id: &HubId, container: ContainerId, port: u16) -> Result<Self, HubError> {
        let fail = |error: std::io::Error| HubError::Executable { reason: error.to_string() };
        let command = Executable::of_process().map_err(fail)?.command(&["hub", "ask"]);
        Ok(Self { engine: engine.clone(), id: id.clone(), container, port, command })
    }

    /// Tells where it is.
    pub async fn place(&self) -> Result<HubPlace, HubError> {
        let details = self.engine.inspect(&self.container).await?.unwrap_or_default();
        let down = || HubError::Down { file: self.id.file().to_owned() };
        let address = details.addresses.into_iter().next().ok_or_else(down)?;
        Ok(HubPlace { network: self.id.name(), address, port: self.port, about: self.about().await? })
    }

    /// Returns a new token for a codespace, which may do what is said with other repositories: one that it had ends. It is good for `life`, and for twelve hours at most.
    pub async fn issue_token(
        &self,
        codespace: &CodespaceName,
        repository: &RepositoryName,
        user: &str,
        permissions: Permissions,
        life: Duration,
    ) -> Result<Secret<String>, HubError> {
        let question = Question::IssueCodespaceToken {
            codespace: codespace.to_string(),
            repository: repository.to_string(),
            user: user.to_owned(),
            permissions,
            seconds: seconds(life),
        };
        Ok(self.token(&question).await?.0)
    }

    /// Ends a codespace's token; one that has none is left alone.
    pub async fn revoke_token(&self, codespace: &CodespaceName) -> Result<(), HubError> {
        self.done(&Question::RevokeCodespaceToken { codespace: codespace.to_string() }).await
    }

    /// Returns a token for a registry of AWS's that stands for an access key of it: what AWS gives for that.
    pub async fn issue_ecr_token(
        &self,
        registry: &str,
        access_key: &str,
        life: Duration,
    ) -> Result<EcrToken, HubError> {
        let question = Question::IssueRegistryPassword {
            registry: registry.to_owned(),
            user: EcrServer::USER.to_owned(),
            account: access_key.to_owned(),
            seconds: seconds(life),
        };
        let (value, until) = self.token(&question).await?;
        Ok(EcrToken { value, expires_at: until.and_then(|until| jiff::Timestamp::from_second(until).ok()) })
    }

    /// Adds a repository to a package's list "Manage Codespaces access", until the hub's volume is removed.
    pub async fn grant(&self, package: &str, repository: &RepositoryName) -> Result<(), HubError> {
        let (package, repository) = (package.to_owned(), repository.to_string());
        self.done(&Question::Grant { package, repository }).await
    }

    /// Returns why a codespace of a repository may or may not have an image with nothing but its own token; nothing where that is no package of GitHub's.
    pub async fn explain(&self, image: &str, repository: &RepositoryName) -> Result<Option<Explained>, HubError> {
        let Some(package) = PackageName::of_image(image) else { return Ok(None) };
        let (package, repository) = (package.to_string(), repository.to_string());
        let answer = self.ask(&Question::Explain { package, repository }).await?;
        if let Answer::Explained(explained) = answer { Ok(Some(explained)) } else { Err(unexpected(&answer)) }
    }

    pub(super) async fn publisher_token(
        &self,
        publication: &Publication,
        life: Duration,
    ) -> Result<Secret<String>, HubError> {
        let publication = publication.clone();
        Ok(self.token(&Question::IssuePublisherToken { publication, seconds: seconds(life) }).await?.0)
    }

    pub(super) async fn about(&self) -> Result<About, HubError> {
        let answer = self.ask(&Question::About).await?;
        if let Answer::About(about) = answer { Ok(about) } else { Err(unexpected(&answer)) }
    }

    /// Makes it read its file again.
    pub(super) async fn reload(&self) -> Result<(), HubError> {
        self.done(&Question::Reload).await
    }

    /// Returns the port on the loopback of the engine's machine.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns a token, and when it is good no longer, in seconds since 1970.
    async fn token(&self, question: &Question) -> Result<(Secret<String>, Option<i64>), HubError> {
        let answer = self.ask(question).await?;
        if let Answer::Token { value, until } = answer {
            Ok((Secret::new(value), until))
        } else {
            Err(unexpected(&answer))
        }
    }

    async fn done(&self, question: &Question) -> Result<(), HubError> {
        let answer = self.ask(question).await?;
        if answer == Answer::Done { Ok(()) } else { Err(unexpected(&answer)) }
    }

    pub(super) async fn ask(&self, question: &Question) -> Result<Answer, HubError> {
        let unwell = |reason: String| HubError::Unwell { reason };
        let text = serde_json::to_string(question).map_err(|error| unwell(error.to_string()))?;
        let (id, mut out, mut err) = self.answer(&text).await?;
        if self.engine.exec_was_lost(&id, &out).await {
            (_, out, err) = self.answer(&text).await?;
        }
        let answer = serde_json::from_slice(&out);
        answer.map_err(|_| {
            let text = String::from_utf8_lossy(if err.is_empty() { &out } else { &err }).trim().to_owned();
            unwell(if text.is_empty() { "it does not answer".to_owned() } else { text })
        })
    }

    /// Asks once; returns the command's id, and what it wrote.
    async fn answer(&self, question: &str) -> Result<(String, Vec<u8>, Vec<u8>), HubError> {
        let spec = ExecSpec { command: self.command.clone(), ..ExecSpec::default() };
        let mut session = self.engine.exec(&self.container, spec).await?;
        let sent = async {
            session.input.send(question.as_bytes()).await?;
            session.input.send(b"\n").await?;
            session.input.close().await
        };
        // Where it could not be sent, what came back says why.
        let _sent = sent.await;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        while let Some(chunk) = session.output.next().await {
            let chunk = chunk?;
            if chunk.stream == OutputStream::Stdout { &mut out } else { &mut err }.extend_from_slice(&chunk.bytes);
        }
        Ok((session.id, out, err))
    }
}

fn seconds(life: Duration) -> i64 {
    i64::try_from(life.as_secs()).unwrap_or(i64::MAX)
}

pub(super) fn unexpected(answer: &Answer) -> HubError {
    match answer {
        Answer::Failed { reason } => HubError::Refused { reason: reason.clone() },
        Answer::About(_) | Answer::Token { .. } | Answer::Published { .. } | Answer::Explained(_) | Answer::Done => {
            HubError::Refused { reason: "it answered something else".to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_the_hubs_is_called_otherwise_on_the_loopback() {
        let registries = ["ghcr.io", "docker.io", "r.test:5000"].map(str::to_owned).to_vec();
        let about = About { ca_certificate: String::new(), registries, hosts: Vec::new(), packages: Vec::new() };
        let place = HubPlace { network: "n".to_owned(), address: "10.0.0.2".to_owned(), port: 20_000, about };
        for (image, expected) in [
            ("ghcr.io/acme/api:1", Some("localhost:20000/ghcr.io/acme/api:1")),
            ("busybox", Some("localhost:20000/docker.io/library/busybox")),
            ("docker.io/acme/x@sha256:00", Some("localhost:20000/docker.io/acme/x@sha256:00")),
            ("r.test:5000/x:1", Some("localhost:20000/r.test_5000/x:1")),
            ("acme.azurecr.io/x", None),
            ("localhost:20000/ghcr.io/acme/api", None),
        ] {
            assert_eq!(place.local(image).as_deref(), expected, "{image}");
        }
    }
}

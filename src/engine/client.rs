//! The connection to one engine, with bollard's traps stepped around in one place.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::sync::Arc;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use futures_util::{Stream, StreamExt};
use tokio::sync::OnceCell;

use super::endpoint::{Address, Endpoint};
use super::error::EngineError;

/// Seconds until an engine must have begun to answer. Long: stopping a container, or an upload to a slow disk, answers only at
/// its end. What may take long for a reason of the user's has its own deadline.
const ANSWER_WITHIN: u64 = 3600;

/// Until it must have begun to answer a question that costs it nothing.
const QUICK_ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A connection to one engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) docker: Docker,
    /// The same connection for questions that cost the engine nothing.
    pub(super) quick: Docker,
    endpoint: Endpoint,
    /// Whether it keeps images in containerd's store, once it was asked.
    pub(super) has_containerd_s_store: Arc<OnceCell<bool>>,
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineVersion {
    /// For example `26.1.5`.
    pub version: String,
    /// For example `1.45`.
    pub api: String,
    /// For example `linux`.
    pub os: String,
    /// For example `amd64`.
    pub arch: String,
}

/// What an engine says of the machine that its containers run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineMachine {
    /// How many CPUs it has.
    pub cpus: u64,
    /// How much memory, in bytes.
    pub memory: u64,
    /// The runtimes that containers can have.
    pub runtimes: Vec<String>,
    /// How much is free where containers and volumes are kept, in bytes; nothing where that is on a disk which this process does not see.
    pub free_storage: Option<u64>,
}

impl Engine {
    /// Returns a connection to the engine at `endpoint`. Nothing is sent yet: an engine that is not there shows at the first
    /// question.
    pub fn connect(endpoint: Endpoint) -> Result<Self, EngineError> {
        let connected = match &endpoint.address {
            Address::Unix(path) => Docker::connect_with_unix(path, ANSWER_WITHIN, API_DEFAULT_VERSION),
            Address::Http(url) => Docker::connect_with_http(url, ANSWER_WITHIN, API_DEFAULT_VERSION),
            Address::Tls { url, key, certificate, ca } => {
                Docker::connect_with_ssl(url, key, certificate, ca, ANSWER_WITHIN, API_DEFAULT_VERSION)
            }
        };
        match connected {
            Ok(docker) => {
                let docker = docker.with_request_modifier(use_url_safe_registry_auth);
                let (quick, has_containerd_s_store) =
                    (docker.clone().with_timeout(QUICK_ANSWER_WITHIN), Arc::default());
                Ok(Self { docker, quick, endpoint, has_containerd_s_store })
            }
            Err(error) => Err(unreachable(&endpoint, error)),
        }
    }

    /// Returns which engine this is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks the engine for its version: the question that tells whether one is there.
    pub async fn version(&self) -> Result<EngineVersion, EngineError> {
        match self.quick.version().await {
            Ok(answer) => Ok(EngineVersion {
                version: answer.version.unwrap_or_default(),
                api: answer.api_version.unwrap_or_default(),
                os: answer.os.unwrap_or_default(),
                arch: answer.arch.unwrap_or_default(),
            }),
            Err(error) => Err(self.explain("tell", "its version", error)),
        }
    }

    /// Asks the engine for its machine.
    pub async fn machine(&self) -> Result<EngineMachine, EngineError> {
        let answer = self.quick.info().await.map_err(|error| self.explain("describe", "its machine", error))?;
        let positive = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default();
        // Only an engine's own machine has its folder under this name.
        let folder = answer.docker_root_dir.filter(|_| matches!(self.endpoint.address, Address::Unix(_)));
        let disk = folder.and_then(|folder| rustix::fs::statvfs(folder).ok());
        Ok(EngineMachine {
            cpus: positive(answer.ncpu),
            memory: positive(answer.mem_total),
            runtimes: answer.runtimes.unwrap_or_default().into_keys().collect(),
            free_storage: disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        })
    }

    /// Wraps what bollard said: a connection that was never made is [`EngineError::Unreachable`].
    pub(super) fn explain(&self, operation: &'static str, subject: &str, error: bollard::errors::Error) -> EngineError {
        use bollard::errors::Error as Bollard;
        match error {
            Bollard::SocketNotFoundError(_) => unreachable(&self.endpoint, error),
            Bollard::RequestTimeoutError => EngineError::Silent {
                operation,
                subject: subject.to_owned(),
                address: self.endpoint.address.to_string(),
            },
            Bollard::HyperLegacyError { err } if err.is_connect() => {
                unreachable(&self.endpoint, Bollard::HyperLegacyError { err })
            }
            error => EngineError::from_bollard(operation, subject, error),
        }
    }
}

/// What bollard says of bytes that are left when an answer has ended.
const LEFT: &str = "bytes remaining on stream";

/// Returns an answer's lines. Where the end of the last one came apart from it, bollard takes that for the beginning of another line, and makes an
/// error of it. An answer that is cut short is another error, of the connection.
pub(super) fn lines<T>(
    answer: impl Stream<Item = Result<T, bollard::errors::Error>>,
) -> impl Stream<Item = Result<T, bollard::errors::Error>> {
    let is_end =
        |item: &Result<T, _>| matches!(item, Err(bollard::errors::Error::IOError { err }) if err.to_string() == LEFT);
    answer.take_while(move |item| std::future::ready(!is_end(item)))
}

/// Returns Docker's word for this machine's architecture.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn unreachable(endpoint: &Endpoint, source: bollard::errors::Error) -> EngineError {
    EngineError::Unreachable {
        address: endpoint.address.to_string(),
        found_by: endpoint.found_by.clone(),
        source: Box::new(source),
    }
}

/// Turns the credentials' header from standard base64, as bollard 0.21 writes it, to the URL-safe form that the engine reads.
///
/// The engine ignores a header that it cannot decode: a password whose encoding holds `+` or `/` would then be refused as if none
/// had been given (moby#33434).
fn use_url_safe_registry_auth(mut request: BollardRequest) -> BollardRequest {
    for name in ["X-Registry-Auth", "X-Registry-Config"] {
        let Some(value) = request.headers_mut().get_mut(name) else { continue };
        let url_safe: Vec<u8> = value
            .as_bytes()
            .iter()
            .map(|byte| match byte {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            })
            .collect();
        if let Ok(safe) = url_safe.try_into() {
            *value = safe;
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::engine::Pull;

    /// Pulls from an engine that answers so, in chunks.
    async fn pulled(chunks: &'static [&'static str], ends: bool) -> Result<Pull, EngineError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let endpoint = Endpoint { address: Address::Http(url), found_by: "a test".to_owned() };
        let engine = Engine::connect(endpoint).expect("connected");
        let answering = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("asked");
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut asked).await.expect("read");
            }
            let body: String = chunks.iter().map(|text| format!("{:x}\r\n{text}\r\n", text.len())).collect();
            let end = if ends { "0\r\n\r\n" } else { "" };
            let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}{end}");
            stream.write_all(answer.as_bytes()).await.expect("written");
        });
        let pulled = engine.pull("acme/api:1", None, None, |_| {}).await;
        answering.await.expect("answered");
        pulled
    }

    /// The engine ends its lines with two characters; where a chunk ends is chance.
    #[tokio::test]
    async fn an_end_of_line_may_come_apart_from_its_line() {
        for chunks in [
            &["{\"status\": \"a\"}\r\n{\"status\": \"b\"}\r\n"][..],
            &["{\"status\": \"a\"}\r\n{\"status\": \"b\"}", "\r\n"],
            &["{\"status\": \"a\"}", "\r\n{\"status\": \"b\"}", "\r\n"],
        ] {
            assert!(matches!(pulled(chunks, true).await, Ok(Pull::Done)), "{chunks:?}");
        }
        let refused = pulled(&["{\"errorDetail\": {\"message\": \"no\"}, \"error\": \"no\"}", "\r\n"], true).await;
        assert!(refused.is_err(), "{refused:?}");
        // An engine that goes away in the middle of its answer has not pulled anything.
        assert!(pulled(&["{\"status\": \"a\"}", "\r\n"], false).await.is_err());
    }
}

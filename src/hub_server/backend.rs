//! The storage: a real registry (distribution), which listens on a socket of ours alone and asks nobody who they are.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::{ServeError, failed, proof};

/// Where an image of distribution may have its program: `registry:2`, and Debian's package.
const PROGRAMS: [&str; 3] = ["/bin/registry", "/usr/bin/registry", "/usr/bin/docker-registry"];
/// What it says when it is ready.
const READY: &str = "listening on";

/// A body that is sent on.
pub(super) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// The way to the storage.
#[derive(Debug, Clone)]
pub(super) struct Backend {
    socket: PathBuf,
}

/// The storage's process; it ends with this.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
}

impl Running {
    /// Waits for its end, which nobody wants.
    pub(super) async fn ended(&mut self) -> ServeError {
        let reason = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        ServeError::Storage { reason: format!("it ended: {reason}") }
    }

    /// Ends it, once what it writes is written.
    pub(super) async fn end(mut self) {
        let asked = self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(process) = asked {
            let _gone_already = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        }
        let _status = tokio::time::timeout(std::time::Duration::from_secs(8), self.child.wait()).await;
    }
}

impl Backend {
    /// Starts the storage in a folder, and returns when it answers.
    pub(super) async fn start(data: &Path, runtime: &Path) -> Result<(Self, Running), ServeError> {
        let storage = |reason: String| ServeError::Storage { reason };
        let found = PROGRAMS.into_iter().find(|path| Path::new(path).is_file());
        let program = found.ok_or_else(|| storage(format!("the image has none of {}", PROGRAMS.join(", "))))?;
        let socket = runtime.join("storage.sock");
        let config = runtime.join("storage.json");
        let secret = proof::token("").map_err(failed("make", &config))?;
        std::fs::write(&config, configuration(data, &socket, &secret)).map_err(failed("write", &config))?;
        // A socket that a killed one has left would be in its way.
        let _none = std::fs::remove_file(&socket);
        let mut command = Command::new(program);
        command.arg("serve").arg(&config).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(failed("start", Path::new(program)))?;
        let mut lines = BufReader::new(child.stderr.take().ok_or_else(|| storage("it has no output".into()))?).lines();
        let mut last = String::new();
        loop {
            match lines.next_line().await {
                Ok(Some(line)) if line.contains(READY) => break,
                Ok(Some(line)) => last = line,
                Ok(None) | Err(_) => return Err(storage(format!("it did not start: {last}"))),
            }
        }
        // It tells of every request; ours are logged already, with who asked. What it says has to be taken from it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok((Self { socket }, Running { child }))
    }

    /// Asks the storage.
    pub(super) async fn send(&self, request: Request<Body>) -> std::io::Result<Response<Incoming>> {
        let stream = UnixStream::connect(&self.socket).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        // It ends with the answer's body, or when nobody wants that any more.
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(std::io::Error::other)
    }
}

/// Returns the storage's configuration. (It reads YAML, which JSON is.)
fn configuration(data: &Path, socket: &Path, secret: &str) -> String {
    let configuration = serde_json::json!({
        "version": "0.1",
        "log": { "level": "info", "accesslog": { "disabled": true } },
        "storage": { "filesystem": { "rootdirectory": data.join("registry") } },
        "http": { "net": "unix", "addr": socket, "relativeurls": true, "secret": secret },
    });
    configuration.to_string()
}

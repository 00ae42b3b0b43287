//! One command in a container: its streams, its input and its end.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bollard::container::LogOutput;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::{EventsOptionsBuilder, ResizeExecOptionsBuilder};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::client::Engine;
use super::container::ContainerId;
use super::error::EngineError;
use crate::journal::OutputStream;

/// How much of a command's output is read at once, in bytes: what bounds our memory while a command writes faster than we pass on.
const READ_AT_ONCE: usize = 64 * 1024;

/// A command to run in a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecSpec {
    /// The program and its arguments; seen by everyone who may look at the container's processes, so never a secret.
    pub command: Vec<String>,
    /// As whom; the container's user where absent.
    pub user: Option<String>,
    /// `NAME=VALUE`, beside the container's own; in a request that the engine may log, so never a secret.
    pub env: Vec<String>,
    /// With a terminal of this size.
    pub terminal: Option<TerminalSize>,
    /// With which powers.
    pub powers: Powers,
}

/// What a command may do in its container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Powers {
    /// What the container's other processes may.
    #[default]
    Own,
    /// Everything: see the environment of other users' processes.
    All,
}

/// A terminal's size, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalSize {
    /// Characters in a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

/// A piece of what a command wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Where it was written to. With a terminal, everything is standard output.
    pub stream: OutputStream,
    /// What was written.
    pub bytes: Bytes,
}

/// A command that runs.
#[derive(Debug)]
pub struct ExecSession {
    /// The engine's id of it.
    pub id: String,
    /// What it writes. The end of this is not the command's end: whoever holds the streams open keeps them so.
    pub output: ExecOutput,
    /// What it reads.
    pub input: ExecInput,
}

/// What a command writes, as it comes. Not reading it makes the command wait.
pub struct ExecOutput {
    stream: Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>,
    subject: String,
}

impl fmt::Debug for ExecOutput {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ExecOutput").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Stream for ExecOutput {
    type Item = Result<Chunk, EngineError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = std::task::ready!(self.stream.poll_next_unpin(context));
        Poll::Ready(next.map(|item| match item {
            Ok(LogOutput::StdErr { message }) => Ok(Chunk { stream: OutputStream::Stderr, bytes: message }),
            Ok(LogOutput::StdOut { message } | LogOutput::Console { message } | LogOutput::StdIn { message }) => {
                Ok(Chunk { stream: OutputStream::Stdout, bytes: message })
            }
            Err(error) => Err(EngineError::from_bollard("read the output of", &self.subject, error)),
        }))
    }
}

/// A command's standard input.
pub struct ExecInput(Pin<Box<dyn AsyncWrite + Send>>);

impl fmt::Debug for ExecInput {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ExecInput")
    }
}

impl ExecInput {
    /// Writes everything and flushes it.
    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    /// Ends the input: the command reads an end of file. (Dropping it would not: the connection's other half is still held.)
    pub async fn close(mut self) -> std::io::Result<()> {
        self.0.shutdown().await
    }
}

impl Engine {
    /// Starts a command in a running container.
    pub async fn exec(&self, container: &ContainerId, spec: ExecSpec) -> Result<ExecSession, EngineError> {
        let subject = container.to_string();
        let tty = spec.terminal.is_some();
        let config = ExecConfig {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(tty),
            privileged: Some(spec.powers == Powers::All),
            console_size: spec.terminal.map(|size| vec![usize::from(size.rows), usize::from(size.columns)]),
            env: (!spec.env.is_empty()).then_some(spec.env),
            cmd: Some(spec.command),
            user: spec.user,
            ..ExecConfig::default()
        };
        let made = self.quick.create_exec(container.as_str(), config).await;
        let id = made.map_err(|error| self.explain("run a command in the container", &subject, error))?.id;
        let options = StartExecOptions { detach: false, tty, output_capacity: Some(READ_AT_ONCE) };
        match self.docker.start_exec(&id, Some(options)).await {
            Ok(StartExecResults::Attached { output, input }) => {
                Ok(ExecSession { id, output: ExecOutput { stream: output, subject }, input: ExecInput(input) })
            }
            Ok(StartExecResults::Detached) => Err(EngineError::Garbled {
                operation: "run a command in the container",
                subject,
                message: "the command was detached".to_owned(),
            }),
            Err(error) => Err(self.explain("run a command in the container", &subject, error)),
        }
    }

    /// Returns a command's exit code; nothing while it runs, or where the engine has forgotten it.
    ///
    /// Trusted over the streams: an engine that could not start a command says so as the command's output.
    pub async fn exec_exit_code(&self, id: &str) -> Result<Option<i64>, EngineError> {
        match self.quick.inspect_exec(id).await {
            Ok(answer) if answer.running == Some(true) => Ok(None),
            Ok(answer) => Ok(answer.exit_code),
            Err(error) => match self.explain("inspect the command", id, error) {
                error if error.is_not_found() => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Tells whether a command ran nothing because the runtime lost it on its way: what was sent to it can be sent again. `said` is the first that came
    /// of it.
    pub async fn exec_was_lost(&self, id: &str, said: &[u8]) -> bool {
        // A command that ran may write the same: an engine inside the container says so of its own.
        is_lost(said)
            && self.quick.inspect_exec(id).await.is_ok_and(|one| one.running != Some(true) && one.pid.unwrap_or(0) == 0)
    }

    /// Waits until a command is over. Its streams may be open still, where a background process holds them.
    pub async fn exec_is_over(&self, container: &ContainerId, id: &str) -> Result<(), EngineError> {
        let filters = HashMap::from([
            ("type".to_owned(), vec!["container".to_owned()]),
            ("container".to_owned(), vec![container.as_str().to_owned()]),
            ("event".to_owned(), vec!["exec_die".to_owned(), "die".to_owned()]),
        ]);
        // The engine tells again what has happened since: an end between this question and the next is not missed.
        let now = jiff::Timestamp::now();
        let since = format!("{}.{:09}", now.as_second(), now.subsec_nanosecond());
        let options = EventsOptionsBuilder::default().since(&since).filters(&filters).build();
        let mut events = self.docker.events(Some(options));
        let is_end = |event: &bollard::models::EventMessage| {
            let attributes = event.actor.as_ref().and_then(|actor| actor.attributes.as_ref());
            event.action.as_deref() == Some("die")
                || attributes.and_then(|attributes| attributes.get("execID")).is_some_and(|over| over == id)
        };
        if self.exec_exit_code(id).await?.is_some() {
            return Ok(());
        }
        while let Some(event) = events.next().await {
            if is_end(&event.map_err(|error| self.explain("listen to", "its events", error))?) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Tells a command with a terminal its new size.
    pub async fn resize_exec(&self, id: &str, size: TerminalSize) -> Result<(), EngineError> {
        let options = ResizeExecOptionsBuilder::default().h(i32::from(size.rows)).w(i32::from(size.columns)).build();
        let resized = self.quick.resize_exec(id, options).await;
        resized.map_err(|error| self.explain("resize the terminal of", id, error))
    }
}

/// Tells whether an engine's words mean that the runtime's first process in the container was gone before the program was. What is wrong with the
/// program, the user or the container is no such thing: that is said again each time.
fn is_lost(said: &[u8]) -> bool {
    const BEGIN: &str = "OCI runtime exec failed: exec failed: unable to start container process: ";
    let text = String::from_utf8_lossy(said);
    let why = text.strip_prefix(BEGIN);
    why.is_some_and(|why| {
        ["init-p: connection reset by peer", "init-p: broken pipe"].iter().any(|one| why.contains(one))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_command_that_the_runtime_lost_is_lost() {
        const BEGIN: &str = "OCI runtime exec failed: exec failed: unable to start container process: ";
        for (why, expected) in [
            ("read init-p: connection reset by peer: unknown\r\n", true),
            ("error writing config to pipe: write init-p: broken pipe: unknown\r\n", true),
            ("exec: \"nope\": executable file not found in $PATH: unknown\r\n", false),
            ("exec: \"/etc/passwd\": permission denied: unknown\r\n", false),
            ("chdir to cwd (\"/gone\") set in config.json failed: no such file or directory: unknown\r\n", false),
            ("error executing setns process: exit status 1: unknown\r\n", false),
            ("", false),
        ] {
            assert_eq!(is_lost(format!("{BEGIN}{why}").as_bytes()), expected, "{why}");
        }
        for text in
            ["read init-p: connection reset by peer", "x OCI runtime exec failed: init-p: broken pipe", "", "\u{0}"]
        {
            assert!(!is_lost(text.as_bytes()), "{text}");
        }
    }
}

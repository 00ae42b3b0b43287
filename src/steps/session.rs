//! A command of the user's own in a codespace: `exec`.
//!
//! Its environment, which holds the codespace's secrets, goes over its standard input: it is in no argument and in no request. It ends with
//! its own process, whoever still holds its output.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;

use super::gate::fresh_mark;
use super::processes;
use super::shell::{COOKIE, EndMark, Intake, session_cookie};
use crate::engine::{
    Chunk, ContainerId, Engine, EngineError, ExecInput, ExecOutput, ExecSession, ExecSpec, Powers, TerminalSize,
};
use crate::journal::OutputStream;

/// How long a command that is over may leave us without output before the rest of it is not waited for.
const REST: Duration = Duration::from_millis(300);

/// What to run.
#[derive(Debug)]
pub struct SessionOrder<'a> {
    /// The program and its arguments.
    pub words: &'a [String],
    /// As whom.
    pub user: &'a str,
    /// In which folder.
    pub folder: &'a str,
    /// The variables it sees beside the container's own; nothing unsets one.
    pub env: &'a [(String, Option<String>)],
    /// With a terminal of this size.
    pub terminal: Option<TerminalSize>,
}

/// A command that runs.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    container: ContainerId,
    id: String,
    mark: EndMark,
    output: ExecOutput,
    /// What came with the sign that the shell takes its text.
    early: VecDeque<Chunk>,
    over: Option<tokio::task::JoinHandle<Result<(), EngineError>>>,
}

impl Session {
    /// Starts a command; returns it, and where its standard input goes.
    pub async fn open(
        engine: &Engine,
        container: &ContainerId,
        order: &SessionOrder<'_>,
    ) -> Result<(Self, ExecInput), EngineError> {
        let mark = fresh_mark();
        let intake = Intake { words: order.words, folder: order.folder, env: order.env, mark: &mark };
        let program = match order.terminal {
            Some(_) => intake.program_with_terminal(),
            None => intake.program(),
        };
        let command = ["/bin/sh", "-c", &program].map(str::to_owned).to_vec();
        let env = vec![format!("{COOKIE}={}", session_cookie(&mark))];
        let spec =
            ExecSpec { command, user: Some(order.user.to_owned()), env, terminal: order.terminal, powers: Powers::Own };
        let sign = intake.ready();
        let mut begun = Begun::of(engine, container, spec.clone(), sign.as_bytes()).await?;
        let said = begun.early.front().map(|chunk| chunk.bytes.clone()).unwrap_or_default();
        if engine.exec_was_lost(&begun.session.id, &said).await {
            begun = Begun::of(engine, container, spec, sign.as_bytes()).await?;
        }
        let Begun { session: ExecSession { id, output, mut input }, early } = begun;
        // A shell that is gone takes no text: its output says why, and the engine knows its exit code.
        let _gone = input.send(intake.text().as_bytes()).await;
        let over = tokio::spawn({
            let (engine, container, id) = (engine.clone(), container.clone(), id.clone());
            async move { engine.exec_is_over(&container, &id).await }
        });
        let (engine, container) = (engine.clone(), container.clone());
        Ok((Self { engine, container, id, mark, output, early, over: Some(over) }, input))
    }

    /// Returns the engine's id of the command.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Waits for the next piece of output; nothing where there is no more to wait for.
    pub async fn next(&mut self) -> Option<Result<Chunk, EngineError>> {
        if let Some(chunk) = self.early.pop_front() {
            return Some(Ok(chunk));
        }
        if let Some(over) = &mut self.over {
            tokio::select! {
                biased;
                chunk = self.output.next() => return chunk,
                // What the engine cannot tell is told by the output's end.
                _ended = over => self.over = None,
            }
        }
        tokio::time::timeout(REST, self.output.next()).await.unwrap_or(None)
    }

    /// Returns the command's exit code, when it is over.
    pub async fn exit_code(&mut self) -> Result<i64, EngineError> {
        if let Some(mut over) = self.over.take() {
            // An engine tells nothing of the end of a command that it could not start.
            while self.engine.exec_exit_code(&self.id).await?.is_none() {
                if let Ok(ended) = tokio::time::timeout(REST, &mut over).await {
                    ended.unwrap_or(Ok(()))?;
                    break;
                }
            }
        }
        // An engine that has forgotten it was restarted: the command was killed.
        Ok(self.engine.exec_exit_code(&self.id).await?.unwrap_or(137))
    }

    /// Ends the command with all its processes; returns the numbers of those that are left all the same.
    pub async fn end(&self) -> Result<Vec<String>, EngineError> {
        processes::end(&self.engine, &self.container, &[session_cookie(&self.mark)]).await
    }
}

/// A shell that takes its text, or one that will not.
struct Begun {
    session: ExecSession,
    /// What came besides its sign: an error of a shell that will not.
    early: VecDeque<Chunk>,
}

impl Begun {
    async fn of(engine: &Engine, container: &ContainerId, spec: ExecSpec, sign: &[u8]) -> Result<Self, EngineError> {
        let mut session = engine.exec(container, spec).await?;
        let (mut early, mut seen) = (VecDeque::new(), Vec::new());
        while let Some(chunk) = session.output.next().await {
            let Chunk { stream, bytes } = chunk?;
            if stream == OutputStream::Stderr {
                early.push_back(Chunk { stream, bytes });
                continue;
            }
            seen.extend_from_slice(&bytes);
            if let Some(at) = seen.windows(sign.len()).position(|window| window == sign) {
                seen.drain(at..at + sign.len());
                break;
            }
        }
        if !seen.is_empty() {
            early.push_back(Chunk { stream: OutputStream::Stdout, bytes: Bytes::from(seen) });
        }
        Ok(Self { session, early })
    }
}

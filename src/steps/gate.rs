//! A shell in the container that waits for its text: how every command of ours is run.
//!
//! The text comes through standard input, so secrets are in no argument and in no request that the engine logs. A shell can be opened
//! ahead, while something else runs: starting a process in a container takes some 50 ms, and a phase need not wait for it.

use std::collections::VecDeque;

use futures_util::StreamExt;

use super::shell::{COOKIE, EndMark, Found, MarkFinder, PROGRAM, in_between, last};
use crate::engine::{ContainerId, Engine, EngineError, ExecInput, ExecOutput, ExecSession, ExecSpec, Powers};
use crate::journal::OutputStream;

/// Who looks after a container, by number: that needs no `/etc/passwd`.
pub(super) const ROOT: &str = "0";

/// A shell that waits.
#[derive(Debug)]
pub(super) struct Gate {
    session: ExecSession,
    cookie: String,
    /// How it was opened, until it has answered.
    way: Option<Box<Way>>,
}

/// How a shell is opened.
#[derive(Debug)]
struct Way {
    engine: Engine,
    container: ContainerId,
    spec: ExecSpec,
}

/// What a shell was sent, and how it may be sent to another one.
#[derive(Debug)]
struct Again {
    way: Box<Way>,
    text: String,
    /// Whether the shell is to be sent nothing more.
    is_last: bool,
}

/// A shell that runs its text.
#[derive(Debug)]
pub(super) struct Running {
    exec: String,
    output: ExecOutput,
    /// Where a text after this one goes.
    input: Option<ExecInput>,
    /// Until the first word comes: a shell that the runtime has lost is opened again.
    again: Option<Again>,
    stdout: Side,
    stderr: Side,
    waiting: VecDeque<Piece>,
}

#[derive(Debug)]
struct Side {
    finder: MarkFinder,
    exit_code: Option<i32>,
}

/// What comes from a shell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Something was written.
    Output(OutputStream, Vec<u8>),
    /// The text has run to its end; comes once, after everything that it wrote itself.
    Ended(i32),
    /// Nobody holds the streams any more.
    Closed,
}

/// Returns a mark that nobody can guess.
pub(super) fn fresh_mark() -> EndMark {
    EndMark::new(entropy())
}

/// Returns a text that writes a mark at its end, however its commands ended.
fn with_end(text: &str, mark: &EndMark) -> String {
    format!("{{\n{text}code=0\n{}\n}}\n", mark.script())
}

/// Returns the operating system's random bytes, or where it has none, its clock's.
pub(super) fn entropy() -> [u8; 16] {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = jiff::Timestamp::now().as_nanosecond().to_le_bytes();
    }
    bytes
}

impl Gate {
    /// Opens a shell in a running container.
    pub(super) async fn open(engine: &Engine, container: &ContainerId, user: &str) -> Result<Self, EngineError> {
        Self::open_as(engine, container, user, Powers::Own).await
    }

    /// Opens a shell with more powers than the container has.
    pub(super) async fn open_as(
        engine: &Engine,
        container: &ContainerId,
        user: &str,
        powers: Powers,
    ) -> Result<Self, EngineError> {
        let command = ["/bin/sh", "-c", PROGRAM].map(str::to_owned).to_vec();
        // What a shell does without a program of its own (busybox) is known by this cookie alone.
        let cookie = format!("shell:{}", fresh_mark().as_str());
        let env = vec![format!("{COOKIE}={cookie}")];
        let spec = ExecSpec { command, user: Some(user.to_owned()), env, powers, terminal: None };
        let session = engine.exec(container, spec.clone()).await?;
        let way = Box::new(Way { engine: engine.clone(), container: container.clone(), spec });
        Ok(Self { session, cookie, way: Some(way) })
    }

    /// Returns what the shell itself is known by.
    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Hands the shell a text of ours and waits for its end; returns its exit code and what it printed, on both streams. A shell that ended
    /// without a word has failed.
    pub(super) async fn run_to_end(self, text: &str, mark: &EndMark) -> Result<(i32, Vec<u8>), EngineError> {
        let mut running = self.run(text, mark).await;
        let mut printed = Vec::new();
        loop {
            match running.next().await? {
                Piece::Output(_, bytes) => printed.extend(bytes),
                Piece::Ended(code) => return Ok((code, printed)),
                Piece::Closed => return Ok((1, printed)),
            }
        }
    }

    /// Hands the shell a text of ours, its last, and returns what it printed.
    pub(super) async fn print(self, text: &str) -> Result<String, EngineError> {
        let mark = fresh_mark();
        let (_, printed) = self.run_to_end(&with_end(text, &mark), &mark).await?;
        Ok(String::from_utf8_lossy(&printed).into_owned())
    }

    /// Hands the shell a text of ours in between, and returns what it printed, and the shell, if it is still there.
    pub(super) async fn print_in_between(self, text: &str) -> Result<(String, Option<Self>), EngineError> {
        let mark = fresh_mark();
        let (printed, gate) = self.ask(&with_end(text, &mark), &mark).await?;
        Ok((String::from_utf8_lossy(&printed).into_owned(), gate))
    }

    /// Hands the shell its text, which writes `mark` at its end.
    pub(super) async fn run(self, text: &str, mark: &EndMark) -> Running {
        self.send(last(text), true, mark).await.0
    }

    /// Hands the shell a text of ours in between, which writes `mark` at its end, and waits for that; returns what it wrote to its standard output, and the shell, which waits
    /// on, if it is still there.
    pub(super) async fn ask(self, text: &str, mark: &EndMark) -> Result<(Vec<u8>, Option<Self>), EngineError> {
        let (mut running, cookie) = self.send(in_between(text, mark), false, mark).await;
        let mut printed = Vec::new();
        loop {
            match running.next().await? {
                Piece::Output(OutputStream::Stdout, bytes) => printed.extend(bytes),
                Piece::Output(OutputStream::Stderr, _) => {}
                Piece::Ended(_) => {
                    let Running { exec: id, output, input, .. } = running;
                    let session = input.map(|input| ExecSession { id, output, input });
                    return Ok((printed, session.map(|session| Self { session, cookie, way: None })));
                }
                Piece::Closed => return Ok((printed, None)),
            }
        }
    }

    /// Sends a text; returns what it does, and what the shell is known by.
    async fn send(self, text: String, is_last: bool, mark: &EndMark) -> (Running, String) {
        let Self { session, cookie, way } = self;
        let (exec, output, input) = hand_over(session, &text, is_last).await;
        let side = || Side { finder: mark.finder(), exit_code: None };
        let again = way.map(|way| Again { way, text, is_last });
        (Running { exec, output, input, again, stdout: side(), stderr: side(), waiting: VecDeque::new() }, cookie)
    }
}

/// Sends a text to a shell. One that is gone takes none: that shows as a stream that closes without a mark, with the reason in it.
async fn hand_over(session: ExecSession, text: &str, is_last: bool) -> (String, ExecOutput, Option<ExecInput>) {
    let ExecSession { id, output, mut input } = session;
    let is_sent = input.send(text.as_bytes()).await.is_ok();
    if !is_last {
        return (id, output, Some(input));
    }
    if is_sent {
        let _closed_or_gone = input.close().await;
    }
    (id, output, None)
}

impl Running {
    /// Returns the engine's id of the command.
    pub(super) fn exec_id(&self) -> &str {
        &self.exec
    }

    /// Waits for the next piece.
    pub(super) async fn next(&mut self) -> Result<Piece, EngineError> {
        loop {
            if let Some(piece) = self.waiting.pop_front() {
                return Ok(piece);
            }
            match self.output.next().await {
                Some(chunk) => {
                    let chunk = chunk?;
                    let was_lost = match self.again.take() {
                        Some(again) => Box::pin(self.is_begun_again(again, &chunk.bytes)).await?,
                        None => false,
                    };
                    if !was_lost {
                        self.take(chunk.stream, &chunk.bytes);
                    }
                }
                None => self.close(),
            }
        }
    }

    /// Opens the shell again where the runtime has lost it, and sends it the same.
    async fn is_begun_again(&mut self, again: Again, said: &[u8]) -> Result<bool, EngineError> {
        let Again { way, text, is_last } = again;
        if !way.engine.exec_was_lost(&self.exec, said).await {
            return Ok(false);
        }
        let session = way.engine.exec(&way.container, way.spec).await?;
        (self.exec, self.output, self.input) = hand_over(session, &text, is_last).await;
        Ok(true)
    }

    /// Queues what a chunk holds: output, and the end where it brings the second mark.
    fn take(&mut self, stream: OutputStream, bytes: &[u8]) {
        let (side, other) = match stream {
            OutputStream::Stdout => (&mut self.stdout, &self.stderr),
            OutputStream::Stderr => (&mut self.stderr, &self.stdout),
        };
        let (before, end, after) = match side.exit_code {
            Some(_) => (bytes.to_vec(), None, Vec::new()),
            None => match side.finder.push(bytes) {
                Found::Output(output) => (output, None, Vec::new()),
                Found::End { output, exit_code, after } => {
                    side.exit_code = Some(exit_code);
                    (output, other.exit_code.map(|_| exit_code), after)
                }
            },
        };
        let output = |bytes: Vec<u8>| (!bytes.is_empty()).then_some(Piece::Output(stream, bytes));
        self.waiting.extend(output(before));
        self.waiting.extend(end.map(Piece::Ended));
        self.waiting.extend(output(after));
    }

    /// Queues what was held back as the beginning of a mark that never came, and the end of the streams.
    fn close(&mut self) {
        for (stream, side) in [(OutputStream::Stdout, &mut self.stdout), (OutputStream::Stderr, &mut self.stderr)] {
            let rest = side.finder.rest();
            if !rest.is_empty() {
                self.waiting.push_back(Piece::Output(stream, rest));
            }
        }
        self.waiting.push_back(Piece::Closed);
    }
}

//! One command of a hook in the container, from its text to its end.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::gate::{Gate, Piece, Running};
use super::shell::{EndMark, Opened, STALE, Script, Words, kill_script};
use crate::engine::{ContainerId, Engine, EngineError};
use crate::journal::{Event, Output, OutputStream, Recorder};
use crate::phase::Phase;
use crate::redact::{ChunkDecoder, RedactStream, Redactor};

/// How much of a command's last output is kept for a diagnosis, in bytes.
const TAIL: usize = 8 * 1024;

/// How long a command's streams may stay open after its processes were ended.
const AFTER_KILL: std::time::Duration = std::time::Duration::from_secs(5);

/// Where commands run, and who is told.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) engine: Engine,
    pub(crate) container: ContainerId,
    pub(crate) user: String,
    pub(crate) record: Recorder,
    pub(crate) redactor: Redactor,
    pub(crate) cancel: CancellationToken,
}

/// One command.
#[derive(Debug, Clone)]
pub(crate) struct CommandOrder<'a> {
    pub(crate) phase: Phase,
    /// What its output is labelled with, where the phase has several.
    pub(crate) label: Option<String>,
    pub(crate) words: Words<'a>,
    pub(crate) folder: &'a str,
    pub(crate) env: &'a [(String, Option<String>)],
    /// The file that marks success, and its content.
    pub(crate) success: Option<(&'a str, &'a str)>,
    pub(crate) deadline: Option<tokio::time::Instant>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandEnd {
    pub(crate) how: How,
    /// The last of its output, without secrets.
    pub(crate) tail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// By itself.
    Exited(i32),
    /// Its time was up.
    TimedOut,
    /// The user interrupted it.
    Interrupted,
}

/// What still reads the output of commands that are over: background processes of theirs.
pub(crate) type Leftovers = JoinSet<String>;

impl Place {
    /// Runs a command; in a shell that was opened ahead, where there is one that will do.
    pub(crate) async fn run(
        &self,
        order: &CommandOrder<'_>,
        ahead: Option<Gate>,
        leftovers: &mut Leftovers,
    ) -> Result<CommandEnd, EngineError> {
        if let Some(gate) = ahead
            && let Some(end) = self.run_in(gate, order, Opened::Ahead, leftovers).await?
        {
            return Ok(end);
        }
        let gate = Gate::open(&self.engine, &self.container, &self.user).await?;
        let end = self.run_in(gate, order, Opened::Now, leftovers).await?;
        Ok(end.unwrap_or(CommandEnd { how: How::Exited(STALE), tail: String::new() }))
    }

    /// Runs a command in a shell; returns nothing where that shell turned out to be stale.
    async fn run_in(
        &self,
        gate: Gate,
        order: &CommandOrder<'_>,
        opened: Opened,
        leftovers: &mut Leftovers,
    ) -> Result<Option<CommandEnd>, EngineError> {
        let mark = EndMark::new(entropy());
        let CommandOrder { words, folder, env, success, .. } = *order;
        let text = Script { command: words, folder, env, success, opened, mark: &mark }.text();
        let mut running = gate.run(&text, &mark).await;
        let mut pump = Pump::new(self, order.phase, order.label.clone());
        let ended = {
            let reading = pump.until_end(&mut running);
            let in_time = async {
                match order.deadline {
                    Some(deadline) => tokio::time::timeout_at(deadline, reading).await.ok(),
                    None => Some(reading.await),
                }
            };
            match self.cancel.run_until_cancelled(in_time).await {
                Some(Some(ended)) => Ok(ended?),
                Some(None) => Err(How::TimedOut),
                None => Err(How::Interrupted),
            }
        };
        let how = match ended {
            Ok(Some(code)) => How::Exited(code),
            // The streams closed without a mark: the engine knows why, or it was our shell that would not.
            Ok(None) => match self.engine.exec_exit_code(running.exec_id()).await? {
                Some(code) if i64::from(STALE) == code && opened == Opened::Ahead => return Ok(None),
                Some(code) => How::Exited(i32::try_from(code).unwrap_or(1)),
                None => How::Exited(137),
            },
            Err(how) => {
                self.kill(Some(mark.as_str())).await?;
                let _the_rest = tokio::time::timeout(AFTER_KILL, pump.until_end(&mut running)).await;
                how
            }
        };
        let tail = pump.finish().await;
        let named = order.label.clone().map_or(order.phase.to_string(), |label| format!("{} ({label})", order.phase));
        leftovers.spawn(self.clone().drain(running, order.phase, order.label.clone(), named));
        Ok(Some(CommandEnd { how, tail }))
    }

    /// Ends every process of the hook with this mark, or of any hook.
    pub(crate) async fn kill(&self, mark: Option<&str>) -> Result<(), EngineError> {
        let gate = Gate::open(&self.engine, &self.container, "root").await?;
        let end = EndMark::new(entropy());
        let mut running = gate.run(&kill_script(mark), &end).await;
        let closed = async {
            while running.next().await? != Piece::Closed {}
            Ok(())
        };
        tokio::time::timeout(AFTER_KILL * 2, closed).await.unwrap_or(Ok(()))
    }

    /// Goes on recording what is written after a command's end, until nobody holds its streams.
    async fn drain(self, mut running: Running, phase: Phase, label: Option<String>, named: String) -> String {
        let mut pump = Pump::new(&self, phase, label);
        // The connection's end is the streams' end; there is nobody left to tell of an error.
        let _ended = pump.until_closed(&mut running).await;
        pump.finish().await;
        named
    }
}

/// Returns fresh random bytes; the operating system's, or where it has none, its clock's.
pub(crate) fn entropy() -> [u8; 16] {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = jiff::Timestamp::now().as_nanosecond().to_le_bytes();
    }
    bytes
}

/// Takes a command's output to the record, without secrets and as text.
struct Pump {
    record: Recorder,
    phase: Phase,
    label: Option<String>,
    sides: [(RedactStream, ChunkDecoder); 2],
    tail: String,
}

impl Pump {
    fn new(place: &Place, phase: Phase, label: Option<String>) -> Self {
        let side = || (place.redactor.stream(), ChunkDecoder::default());
        Self { record: place.record.clone(), phase, label, sides: [side(), side()], tail: String::new() }
    }

    /// Records output until the command's end; returns its exit code, or nothing where the streams closed first.
    async fn until_end(&mut self, running: &mut Running) -> Result<Option<i32>, EngineError> {
        loop {
            match running.next().await? {
                Piece::Output(stream, bytes) => self.output(stream, &bytes).await,
                Piece::Ended(code) => return Ok(Some(code)),
                Piece::Closed => return Ok(None),
            }
        }
    }

    async fn until_closed(&mut self, running: &mut Running) -> Result<(), EngineError> {
        while self.until_end(running).await?.is_some() {}
        Ok(())
    }

    async fn output(&mut self, stream: OutputStream, bytes: &[u8]) {
        let [stdout, stderr] = &mut self.sides;
        let (redact, decode) = match stream {
            OutputStream::Stdout => stdout,
            OutputStream::Stderr => stderr,
        };
        let text = decode.push(&redact.push(bytes));
        self.tell(stream, text).await;
    }

    /// Records what was held back; returns the last of the output.
    async fn finish(&mut self) -> String {
        for stream in [OutputStream::Stdout, OutputStream::Stderr] {
            let [stdout, stderr] = &mut self.sides;
            let (redact, decode) = if stream == OutputStream::Stdout { stdout } else { stderr };
            let text = decode.push(&redact.finish()) + &decode.finish();
            self.tell(stream, text).await;
        }
        std::mem::take(&mut self.tail)
    }

    async fn tell(&mut self, stream: OutputStream, text: String) {
        if text.is_empty() {
            return;
        }
        self.tail.push_str(&text);
        if self.tail.len() > 2 * TAIL {
            let end = self.tail.len();
            let from = (end - TAIL..end).find(|at| self.tail.is_char_boundary(*at)).unwrap_or(end);
            self.tail.drain(..from);
        }
        let output = Output { phase: self.phase, command: self.label.clone(), stream, text };
        self.record.record(Event::Output(output)).await;
    }
}

/// A set of shells that are being opened ahead.
#[derive(Debug, Default)]
pub(crate) struct Ahead(std::collections::VecDeque<tokio::task::JoinHandle<Result<Gate, EngineError>>>);

impl Ahead {
    /// Opens `count` shells, all at once, and does not wait for them.
    pub(crate) fn open(place: &Arc<Place>, count: usize) -> Self {
        let open = |_| {
            let place = Arc::clone(place);
            tokio::spawn(async move { Gate::open(&place.engine, &place.container, &place.user).await })
        };
        Self((0..count).map(open).collect())
    }

    /// Returns the next one, if there is one that could be opened.
    pub(crate) async fn next(&mut self) -> Option<Gate> {
        self.0.pop_front()?.await.ok()?.ok()
    }
}

//! One command of a hook in the container, from its text to its end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::gate::{Gate, Running, fresh_mark};
use super::limits::{Cut, within};
use super::processes;
use super::pump::Pump;
use super::shell::{Opened, STALE, Script, Words};
use crate::engine::{ContainerId, ContainerState, Engine, EngineError};
use crate::journal::{Event, Recorder};
use crate::phase::Phase;
use crate::redact::Redactor;

/// How long a command's streams may stay open after its processes were ended.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// How long a background process may still write after the last phase before it is said that it holds its output.
const GRACE: Duration = Duration::from_millis(300);

/// Where commands run, and who is told.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) engine: Engine,
    pub(super) container: ContainerId,
    pub(super) user: String,
    pub(super) record: Recorder,
    pub(super) redactor: Redactor,
    pub(super) cancel: CancellationToken,
}

/// One command.
#[derive(Debug, Clone)]
pub(super) struct CommandOrder<'a> {
    pub(super) phase: Phase,
    /// What its output is labelled with, where the phase has several.
    pub(super) label: Option<String>,
    pub(super) words: Words<'a>,
    /// What is told of it, where that is not its text.
    pub(super) shown: Option<&'a str>,
    pub(super) folder: &'a str,
    pub(super) env: &'a [(String, Option<String>)],
    /// The file that marks success, and its content.
    pub(super) success: Option<(&'a str, &'a str)>,
    pub(super) deadline: Option<tokio::time::Instant>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandEnd {
    pub(super) how: How,
    /// The last of its output, without secrets.
    pub(super) tail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// By itself.
    Exited(i32),
    /// Before its own end.
    Cut(Cut),
    /// With its container.
    Gone,
}

/// What still reads the output of commands that are over, since background processes of theirs hold it open.
#[derive(Debug, Default)]
pub(super) struct Leftovers(Vec<(Phase, Option<String>, JoinHandle<()>)>);

impl Leftovers {
    /// Takes those of another list.
    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Waits for a moment; returns the phases and labels of the commands whose output is still held open, and stops reading it.
    pub(super) async fn still_open(self) -> Vec<(Phase, Option<String>)> {
        let until = tokio::time::Instant::now() + GRACE;
        let mut open = Vec::new();
        for (phase, label, mut reading) in self.0 {
            if tokio::time::timeout_at(until, &mut reading).await.is_err() {
                reading.abort();
                open.push((phase, label));
            }
        }
        open
    }
}

impl Place {
    /// Runs a command; in a shell that was opened ahead, where there is one that will do.
    pub(super) async fn run(
        &self,
        order: &CommandOrder<'_>,
        ahead: Option<Gate>,
        leftovers: &mut Leftovers,
    ) -> Result<CommandEnd, EngineError> {
        self.tell(order).await;
        if let Some(gate) = ahead
            && let Some(end) = self.run_in(gate, order, Opened::Ahead, leftovers).await?
        {
            return Ok(end);
        }
        let gate = Gate::open(&self.engine, &self.container, &self.user).await?;
        let end = self.run_in(gate, order, Opened::Now, leftovers).await?;
        Ok(end.unwrap_or(CommandEnd { how: How::Exited(STALE), tail: String::new() }))
    }

    /// Records that a command begins.
    async fn tell(&self, order: &CommandOrder<'_>) {
        let text = order.shown.map_or_else(|| order.words.shown(), str::to_owned);
        let text = self.redactor.redact(&text).into_owned();
        let (phase, command) = (order.phase, order.label.clone());
        self.record.record(Event::CommandStarted { phase, command, text }).await;
    }

    /// Runs a command in a shell; returns nothing where that shell turned out to be stale.
    async fn run_in(
        &self,
        gate: Gate,
        order: &CommandOrder<'_>,
        opened: Opened,
        leftovers: &mut Leftovers,
    ) -> Result<Option<CommandEnd>, EngineError> {
        let mark = fresh_mark();
        let CommandOrder { words, folder, env, success, .. } = *order;
        let cookie = format!("{}:{}", order.phase, mark.as_str());
        let text = Script { command: words, folder, env, success, opened, cookie: cookie.clone(), mark: &mark }.text();
        let cookies = [cookie, gate.cookie().to_owned()];
        let mut running = gate.run(&text, &mark).await;
        let mut pump = Pump::new(&self.record, &self.redactor, order.phase, order.label.as_ref());
        let ended = within(&self.cancel, order.deadline, pump.until_end(&mut running)).await;
        let how = match ended {
            Ok(Ok(Some(code @ (137 | 143)))) => {
                // Somebody ended the command, or its container with it: then nobody holds the streams for long.
                let _closed = tokio::time::timeout(GRACE, pump.until_closed(&mut running)).await;
                self.unless_gone(code).await?
            }
            Ok(Ok(Some(code))) => How::Exited(code),
            Ok(Err(error)) => return Err(error),
            // The streams closed without a mark: the engine knows why, or it was our shell that would not.
            Ok(Ok(None)) => match self.engine.exec_exit_code(running.exec_id()).await? {
                Some(code) if i64::from(STALE) == code && opened == Opened::Ahead => return Ok(None),
                Some(code) => self.unless_gone(i32::try_from(code).unwrap_or(1)).await?,
                None => How::Gone,
            },
            Err(cut) => {
                self.end(order.phase, &cookies).await?;
                let _the_rest = tokio::time::timeout(AFTER_KILL, pump.until_end(&mut running)).await;
                How::Cut(cut)
            }
        };
        let tail = pump.finish().await;
        let reading = tokio::spawn(self.clone().drain(running, order.phase, order.label.clone()));
        leftovers.0.push((order.phase, order.label.clone(), reading));
        Ok(Some(CommandEnd { how, tail }))
    }

    /// Returns how a command ended whose exit code is `code`, if its container has not ended with it.
    async fn unless_gone(&self, code: i32) -> Result<How, EngineError> {
        let now = self.engine.inspect(&self.container).await?;
        let is_running = now.is_some_and(|now| now.state == ContainerState::Running);
        Ok(if is_running { How::Exited(code) } else { How::Gone })
    }

    /// Ends a command's processes, and says which are left all the same.
    async fn end(&self, phase: Phase, cookies: &[String]) -> Result<(), EngineError> {
        let left = processes::end(&self.engine, &self.container, cookies).await?;
        if !left.is_empty() {
            let message = format!("processes of {phase} could not be ended: {} in the container", left.join(", "));
            let hint = Some("stop the codespace: that ends them".to_owned());
            self.record.record(Event::Warning { phase: Some(phase), message, hint }).await;
        }
        Ok(())
    }

    /// Goes on recording what is written after a command's end, until nobody holds its streams.
    async fn drain(self, mut running: Running, phase: Phase, label: Option<String>) {
        let mut pump = Pump::new(&self.record, &self.redactor, phase, label.as_ref());
        // The connection's end is the streams' end; there is nobody left to tell of an error.
        let _ended = pump.until_closed(&mut running).await;
        pump.finish().await;
    }
}

/// Shells that are being opened ahead.
#[derive(Debug, Default)]
pub(super) struct Ahead(VecDeque<JoinHandle<Result<Gate, EngineError>>>);

impl Ahead {
    /// Opens `count` shells, all at once, and does not wait for them.
    pub(super) fn open(place: &Arc<Place>, count: usize) -> Self {
        let open = |_| {
            let place = Arc::clone(place);
            tokio::spawn(async move { Gate::open(&place.engine, &place.container, &place.user).await })
        };
        Self((0..count).map(open).collect())
    }

    /// Returns the next one, if there is one that could be opened.
    pub(super) async fn next(&mut self) -> Option<Gate> {
        self.0.pop_front()?.await.ok()?.ok()
    }

    /// Makes a shell that waits the next one.
    pub(super) fn put_back(&mut self, gate: Option<Gate>) {
        // A task that is over at once: a shell cannot be looked at from two threads, a task can.
        if let Some(gate) = gate {
            self.0.push_front(tokio::spawn(std::future::ready(Ok(gate))));
        }
    }
}

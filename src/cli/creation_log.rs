//! The events of a run, on their way into the codespace's own creation log.

use jiff::Timestamp;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::github::Purpose;
use crate::journal::{CreationError, Event, Sink, SinkError};
use crate::report::CreationLog;
use crate::steps::{LogPiece, OnFailure};

/// How many pieces may wait.
const PIECES: usize = 64;

/// How much text may wait beside them, in bytes: what is printed before there is a container, or faster than the codespace takes it.
const WAITING: usize = 256 * 1024;

/// Passes the log's lines on. A run does not wait for them: where there is no room, lines are left out, and that is said in the log.
pub(super) struct ToCodespace {
    log: CreationLog,
    steps: String,
    sender: Option<Sender<LogPiece>>,
    waiting: String,
    left_out: usize,
}

impl ToCodespace {
    /// Returns the sink, and where its pieces come out.
    pub(super) fn new(purpose: Purpose, on_failure: &OnFailure) -> (Self, Receiver<LogPiece>) {
        let (sender, receiver) = channel(PIECES);
        let log = match (purpose, on_failure) {
            (Purpose::Codespace, OnFailure::Keep) => CreationLog::new(CreationError::Container),
            (Purpose::Codespace, OnFailure::Recover { .. }) => {
                CreationLog::new(CreationError::Container).before_recovery()
            }
            (Purpose::Prebuild, _) => CreationLog::new(CreationError::Prebuild),
        };
        let steps = String::new();
        (Self { log, steps, sender: Some(sender), waiting: String::new(), left_out: 0 }, receiver)
    }

    fn keep(&mut self, text: &str) {
        if self.left_out == 0 && self.waiting.len() + text.len() <= WAITING {
            self.waiting.push_str(text);
        } else {
            self.left_out += text.len();
        }
    }

    /// Sends what waits.
    fn pass_on(&mut self) {
        let Some(sender) = &self.sender else { return };
        // The last place is kept for the last piece.
        if !self.log.is_over() && (self.waiting.is_empty() || sender.capacity() <= 1) {
            return;
        }
        let mut text = self.waiting.clone();
        if self.left_out > 0 {
            text.push_str(&format!("[{} bytes are left out here: `localspace logs` has them]\n", self.left_out));
        }
        let newest = self.log.steps();
        let steps = (newest != self.steps).then(|| newest.clone());
        let piece = LogPiece { text, steps, is_last: self.log.is_over() };
        match sender.try_send(piece) {
            Ok(()) if self.log.is_over() => self.sender = None,
            Ok(()) => (self.steps, self.left_out) = (newest, 0),
            // Nobody writes this run's log: a mere attach, or a codespace that does not take it.
            Err(_) => self.sender = None,
        }
        self.waiting.clear();
    }
}

impl Sink for ToCodespace {
    fn event(&mut self, time: Timestamp, event: &Event) -> Result<(), SinkError> {
        if self.sender.is_none() {
            return Ok(());
        }
        let text = self.log.event(time, event);
        self.keep(&text);
        // A command that prints much fills whole pieces.
        if !matches!(event, Event::Output(_)) || self.waiting.len() > 32 * 1024 {
            self.pass_on();
        }
        Ok(())
    }

    fn idle(&mut self) -> Result<(), SinkError> {
        self.pass_on();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

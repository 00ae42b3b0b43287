//! A command's output on its way to the record: without secrets, as text, in bounded memory.

use super::gate::{Piece, Running};
use crate::engine::EngineError;
use crate::journal::{Event, Output, OutputStream, Recorder};
use crate::phase::Phase;
use crate::redact::{ChunkDecoder, RedactStream, Redactor};

/// How much of a command's last output is kept for a diagnosis, in bytes.
const TAIL: usize = 8 * 1024;

/// One stream of one command.
#[derive(Debug)]
pub(super) struct Side {
    record: Recorder,
    phase: Phase,
    label: Option<String>,
    stream: OutputStream,
    redact: RedactStream,
    decode: ChunkDecoder,
}

/// Both streams of one command, and the last of what came over them.
#[derive(Debug)]
pub(super) struct Pump {
    stdout: Side,
    stderr: Side,
    tail: Tail,
}

/// The last of a command's output.
#[derive(Debug, Default)]
pub(super) struct Tail(String);

impl Tail {
    pub(super) fn push(&mut self, text: &str) {
        let Self(tail) = self;
        tail.push_str(text);
        if tail.len() > 2 * TAIL {
            let end = tail.len();
            let from = (end - TAIL..end).find(|at| tail.is_char_boundary(*at)).unwrap_or(end);
            tail.drain(..from);
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl Side {
    pub(super) fn new(
        record: &Recorder,
        redactor: &Redactor,
        phase: Phase,
        label: Option<String>,
        stream: OutputStream,
    ) -> Self {
        let (redact, decode) = (redactor.stream(), ChunkDecoder::default());
        Self { record: record.clone(), phase, label, stream, redact, decode }
    }

    /// Records what can be shown after these bytes, and returns it.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> String {
        let text = self.decode.push(&self.redact.push(bytes));
        self.tell(text).await
    }

    /// Records what was held back, and returns it.
    pub(super) async fn finish(&mut self) -> String {
        let text = self.decode.push(&self.redact.finish()) + &self.decode.finish();
        self.tell(text).await
    }

    async fn tell(&self, text: String) -> String {
        if !text.is_empty() {
            let (phase, command, stream) = (self.phase, self.label.clone(), self.stream);
            self.record.record(Event::Output(Output { phase, command, stream, text: text.clone() })).await;
        }
        text
    }
}

impl Pump {
    pub(super) fn new(record: &Recorder, redactor: &Redactor, phase: Phase, label: Option<&String>) -> Self {
        let side = |stream| Side::new(record, redactor, phase, label.cloned(), stream);
        Self { stdout: side(OutputStream::Stdout), stderr: side(OutputStream::Stderr), tail: Tail::default() }
    }

    /// Records output until the command's end; returns its exit code, or nothing where the streams closed first.
    pub(super) async fn until_end(&mut self, running: &mut Running) -> Result<Option<i32>, EngineError> {
        loop {
            match running.next().await? {
                Piece::Output(OutputStream::Stdout, bytes) => {
                    let text = self.stdout.push(&bytes).await;
                    self.tail.push(&text);
                }
                Piece::Output(OutputStream::Stderr, bytes) => {
                    let text = self.stderr.push(&bytes).await;
                    self.tail.push(&text);
                }
                Piece::Ended(code) => return Ok(Some(code)),
                Piece::Closed => return Ok(None),
            }
        }
    }

    /// Records output until nobody holds the streams any more.
    pub(super) async fn until_closed(&mut self, running: &mut Running) -> Result<(), EngineError> {
        while self.until_end(running).await?.is_some() {}
        Ok(())
    }

    /// Records what was held back; returns the last of the output.
    pub(super) async fn finish(mut self) -> String {
        for text in [self.stdout.finish().await, self.stderr.finish().await] {
            self.tail.push(&text);
        }
        self.tail.into_text()
    }
}

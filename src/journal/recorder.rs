//! From whoever works on a codespace to whoever watches: one bounded channel, and the loop at its end.

use std::panic;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::event::Event;
use super::sink::{Sink, SinkError};

/// How many events may wait. A chunk of output is some kilobytes, so this bounds what a fast command holds in memory.
const WAITING: usize = 64;

/// Records events; cheap to clone, so that every part of a run has one.
#[derive(Debug, Clone)]
pub struct Recorder {
    sender: mpsc::Sender<Message>,
    clock: Clock,
}

/// The other end of the [`Recorder`]s of a run.
#[derive(Debug)]
pub struct Events {
    receiver: mpsc::Receiver<Message>,
}

/// A [`fan_out`] that is under way.
#[derive(Debug)]
pub struct Recording {
    sender: mpsc::Sender<Message>,
    done: JoinHandle<Result<(), SinkError>>,
}

#[derive(Debug)]
enum Message {
    Event(Timestamp, Event),
    End,
}

impl Recorder {
    /// Returns a recorder and where its events come out.
    pub fn new(clock: Clock) -> (Self, Events) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender, clock }, Events { receiver })
    }

    /// Returns a recorder whose events go to `sinks`, on a thread of its own since files and terminals block. The first
    /// error of a sink cancels `run`. Wants a tokio runtime.
    pub fn start(clock: Clock, sinks: Vec<Box<dyn Sink>>, run: CancellationToken) -> (Self, Recording) {
        let (recorder, events) = Self::new(clock);
        let sender = recorder.sender.clone();
        let done = spawn_blocking(move || fan_out(events, sinks, &run));
        (recorder, Recording { sender, done })
    }

    /// Records that `event` happens now. Waits while the sinks are behind; after [`Recording::finish`], does nothing.
    pub async fn record(&self, event: Event) {
        // The only error is that nobody listens any more.
        self.sender.send(Message::Event(self.clock.now(), event)).await.ok();
    }
}

impl Events {
    /// Returns the next event, or nothing after the last one.
    pub async fn next(&mut self) -> Option<(Timestamp, Event)> {
        loop {
            match self.receiver.recv().await? {
                Message::Event(time, event) => return Some((time, event)),
                Message::End => self.receiver.close(),
            }
        }
    }

    /// Returns the next event, calling `idle` before it waits for one. Blocks the thread.
    fn next_or(&mut self, idle: impl FnOnce()) -> Option<(Timestamp, Event)> {
        let mut idle = Some(idle);
        loop {
            let message = if let Ok(message) = self.receiver.try_recv() {
                Some(message)
            } else {
                if let Some(idle) = idle.take() {
                    idle();
                }
                self.receiver.blocking_recv()
            };
            match message? {
                Message::Event(time, event) => return Some((time, event)),
                Message::End => self.receiver.close(),
            }
        }
    }
}

impl Recording {
    /// Ends the record: waits until every event that was recorded is with the sinks, and returns their first error.
    pub async fn finish(self) -> Result<(), SinkError> {
        self.sender.send(Message::End).await.ok();
        match self.done.await {
            Ok(result) => result,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => panic::resume_unwind(panic),
                Err(_) => Ok(()),
            },
        }
    }
}

/// Hands each event to each sink until the last recorder is gone. Blocks the thread.
///
/// A sink that fails gets no more events, and the first failure cancels `run`: what cannot be recorded must not go on. Events
/// are taken all the same, so that whoever records them on the way out does not wait for ever. The first error is returned.
pub fn fan_out(mut events: Events, sinks: Vec<Box<dyn Sink>>, run: &CancellationToken) -> Result<(), SinkError> {
    let mut open = OpenSinks { sinks, run, error: None };
    while let Some((time, event)) = events.next_or(|| open.each(|sink| sink.idle())) {
        open.each(|sink| sink.event(time, &event));
    }
    open.each(|sink| sink.finish());
    open.error.map_or(Ok(()), Err)
}

struct OpenSinks<'a> {
    sinks: Vec<Box<dyn Sink>>,
    run: &'a CancellationToken,
    error: Option<SinkError>,
}

impl OpenSinks<'_> {
    fn each(&mut self, mut call: impl FnMut(&mut dyn Sink) -> Result<(), SinkError>) {
        self.sinks.retain_mut(|sink| match call(sink.as_mut()) {
            Ok(()) => true,
            Err(cause) => {
                self.run.cancel();
                self.error.get_or_insert(cause);
                false
            }
        });
    }
}

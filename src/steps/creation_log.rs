//! The creation log of a codespace, written into the codespace while a run goes on.
//!
//! A log that is whole within [`GATHERING`] is copied into the codespace at once, with the list of steps. A longer one is taken by a process in the
//! container, which appends what comes over its standard input, so that `tail -f` shows it as it comes, and a line costs no request of its own.
//! What is written is told by the run's events, without secrets; a log that cannot be written is said, and the run goes on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::command::Place;
use super::remote_user::RemoteUser;
use super::shared;
use crate::engine::{Chunk, EngineError, ExecOutput, ExecSession, ExecSpec, Powers};

/// How long the last of it may take.
const WITHIN: Duration = Duration::from_secs(5);

/// What the process says when the log is whole.
const WHOLE: &str = "whole";

/// How old the list of steps in the codespace may become while a step runs.
const STEPS_AGE: Duration = Duration::from_secs(1);

/// How long lines are gathered before a process in the container takes them: to start one costs as much as a command.
const GATHERING: Duration = Duration::from_secs(2);

/// The most that is gathered, in bytes.
const MOST_GATHERED: usize = 256 * 1024;

/// What there is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPiece {
    /// Lines of the log.
    pub text: String,
    /// What `postCreateOutput.json` holds from now on, where that has changed.
    pub steps: Option<String>,
    /// Whether nothing comes after it.
    pub is_last: bool,
}

/// A log that is being written.
#[derive(Debug)]
pub(super) struct Writing(JoinHandle<Result<(), String>>);

impl Writing {
    /// Begins to write what comes, as the remote user, and does not wait for it. `tmpfs` is where the container has memory mounted: what is copied
    /// into a container does not arrive there.
    pub(super) fn begin(place: Arc<Place>, user: RemoteUser, tmpfs: &[String], pieces: Receiver<LogPiece>) -> Self {
        let is_hidden = tmpfs.iter().any(|at| Path::new(shared::CREATION_LOG).starts_with(at));
        let gathering = if is_hidden { Duration::ZERO } else { GATHERING };
        Self(tokio::spawn(write(place, user, pieces, gathering)))
    }

    /// Waits for the end of it; an error is why the log is not whole, in words.
    pub(super) async fn finish(self) -> Result<(), String> {
        let Self(mut writing) = self;
        if let Ok(ended) = timeout(WITHIN, &mut writing).await {
            return ended.unwrap_or(Ok(()));
        }
        writing.abort();
        Err(format!("the codespace does not take it within {} s", WITHIN.as_secs()))
    }
}

async fn write(
    place: Arc<Place>,
    user: RemoteUser,
    mut pieces: Receiver<LogPiece>,
    gathering: Duration,
) -> Result<(), String> {
    let said = |error: EngineError| error.to_string();
    let first = gather(&mut pieces, gathering).await;
    if first.is_last {
        let files = shared::log(first.text, first.steps, &user);
        return match place.engine.upload(&place.container, "/", files).await {
            // A codespace that is gone by now misses nothing.
            Err(error) if !error.is_not_found() => Err(said(error)),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    let script = format!("cat >'{}' && echo {WHOLE}", shared::CREATION_LOG);
    let command = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
    let spec =
        ExecSpec { command, user: Some(user.name.clone()), env: Vec::new(), powers: Powers::Own, terminal: None };
    let ExecSession { mut output, mut input, .. } = place.engine.exec(&place.container, spec).await.map_err(said)?;
    // The newest list of steps that is not in the codespace yet, and since when.
    let mut steps: Option<(String, Instant)> = None;
    let mut coming = Some(Some(first));
    while let Some(piece) = coming {
        if let Some(LogPiece { text, steps: newer, is_last }) = piece {
            if let Some(newer) = newer {
                let since = steps.map_or_else(Instant::now, |(_, since)| since);
                steps = Some((newer, since));
            }
            // Whoever cannot write says so at once, and an engine takes no more for one that has ended: both are listened to.
            tokio::select! {
                sent = input.send(text.as_bytes()) => if sent.is_err() { return answer(output, None).await },
                first = output.next() => return answer(output, first.and_then(Result::ok)).await,
            }
            if is_last {
                break;
            }
        } else {
            put_steps(&place, &user, &mut steps).await.map_err(said)?;
        }
        coming = next(&mut pieces, steps.as_ref().map(|(_, since)| *since + STEPS_AGE)).await;
    }
    let ended = async {
        let _gone = input.close().await;
        answer(output, None).await
    };
    let (put, ended) = tokio::join!(put_steps(&place, &user, &mut steps), ended);
    put.map_err(said)?;
    ended
}

/// Returns what comes within a time as one piece: the last one where nothing comes after it.
async fn gather(pieces: &mut Receiver<LogPiece>, within: Duration) -> LogPiece {
    let (mut gathered, until) = (LogPiece::default(), Instant::now() + within);
    while !gathered.is_last && gathered.text.len() < MOST_GATHERED && Instant::now() < until {
        let Ok(piece) = timeout_at(until, pieces.recv()).await else { break };
        let Some(LogPiece { text, steps, is_last }) = piece else {
            gathered.is_last = true;
            break;
        };
        gathered.text.push_str(&text);
        gathered.steps = steps.or(gathered.steps);
        gathered.is_last = is_last;
    }
    gathered
}

/// Waits for the next piece; nothing inside where the deadline comes first, and nothing at all where no more comes.
async fn next(pieces: &mut Receiver<LogPiece>, deadline: Option<Instant>) -> Option<Option<LogPiece>> {
    match deadline {
        Some(deadline) => match timeout_at(deadline, pieces.recv()).await {
            Ok(piece) => piece.map(Some),
            Err(_) => Some(None),
        },
        None => pieces.recv().await.map(Some),
    }
}

async fn put_steps(place: &Place, user: &RemoteUser, steps: &mut Option<(String, Instant)>) -> Result<(), EngineError> {
    match steps.take() {
        Some((text, _)) => place.engine.upload(&place.container, "/", shared::steps(text, user)).await,
        None => Ok(()),
    }
}

/// Waits until the process says that the log is whole; another line is why it could not write.
///
/// Its own end is not waited for: an engine tells of that two seconds late where a background process of another command holds its output.
async fn answer(mut output: ExecOutput, first: Option<Chunk>) -> Result<(), String> {
    let mut said = first.map(|chunk| chunk.bytes.to_vec()).unwrap_or_default();
    // A connection that breaks is the end of it, too.
    while !said.ends_with(b"\n")
        && let Some(Ok(chunk)) = output.next().await
    {
        said.extend_from_slice(&chunk.bytes);
    }
    let said = String::from_utf8_lossy(&said).split_whitespace().collect::<Vec<_>>().join(" ");
    if said.is_empty() || said == WHOLE { Ok(()) } else { Err(said) }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::channel;

    use super::*;

    fn piece(text: &str, steps: Option<&str>, is_last: bool) -> LogPiece {
        LogPiece { text: text.to_owned(), steps: steps.map(str::to_owned), is_last }
    }

    #[tokio::test]
    async fn what_comes_soon_is_one_piece() {
        let (sender, mut pieces) = channel(8);
        for one in [piece("a\n", Some("1"), false), piece("b\n", Some("2"), false), piece("c\n", None, true)] {
            sender.send(one).await.expect("taken");
        }
        assert_eq!(gather(&mut pieces, GATHERING).await, piece("a\nb\nc\n", Some("2"), true));
        // The rest comes later, or never.
        sender.send(piece("d\n", None, false)).await.expect("taken");
        assert_eq!(gather(&mut pieces, Duration::from_millis(50)).await, piece("d\n", None, false));
        assert_eq!(gather(&mut pieces, Duration::ZERO).await, LogPiece::default());
        drop(sender);
        assert_eq!(gather(&mut pieces, GATHERING).await, piece("", None, true));
    }

    #[tokio::test]
    async fn no_more_is_gathered_than_may_be() {
        let (sender, mut pieces) = channel(8);
        for _ in 0..3 {
            sender.send(piece(&"x".repeat(MOST_GATHERED), None, true)).await.expect("taken");
        }
        sender.send(piece(&"x".repeat(MOST_GATHERED), None, false)).await.expect("taken");
        assert_eq!(gather(&mut pieces, GATHERING).await.text.len(), MOST_GATHERED);
    }
}

//! What cuts a command short: its phase's time, and the user.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::lifecycle::{FailureKind, StepFailure};

/// Why a command was ended before its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Its time was up.
    TimedOut,
    /// The user interrupted it.
    Interrupted,
}

impl Cut {
    /// Returns what it means for the phase, whose commands may take `limit`.
    pub(super) fn failure(self, limit: Option<Duration>) -> StepFailure {
        match self {
            Self::TimedOut => {
                let limit = limit.unwrap_or_default().as_secs_f64();
                let reason = format!("it took longer than {limit} s; its processes were ended");
                StepFailure {
                    hint: Some("give it more with --timeout-per-phase".to_owned()),
                    ..StepFailure::new(FailureKind::Command, reason)
                }
            }
            Self::Interrupted => {
                StepFailure::new(FailureKind::Interrupted, "it was interrupted; its processes were ended".to_owned())
            }
        }
    }
}

/// Returns when a phase that begins now has taken as long as it may.
pub(super) fn deadline(limit: Option<Duration>) -> Option<Instant> {
    limit.and_then(|limit| Instant::now().checked_add(limit))
}

/// Waits for `work` until the deadline and until the run is cancelled.
pub(super) async fn within<T>(
    cancel: &CancellationToken,
    deadline: Option<Instant>,
    work: impl Future<Output = T>,
) -> Result<T, Cut> {
    let in_time = async {
        match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, work).await.map_err(|_| Cut::TimedOut),
            None => Ok(work.await),
        }
    };
    cancel.run_until_cancelled(in_time).await.unwrap_or(Err(Cut::Interrupted))
}

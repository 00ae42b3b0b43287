//! Ctrl-C, `SIGTERM`, and a terminal that was closed: one kind of event, listened to from the first moment of the process.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::error::{CliError, Kind};

/// The interrupts of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Interrupts {
    first: CancellationToken,
    second: CancellationToken,
}

impl Interrupts {
    /// Listens from now on; the signals no longer end the process by themselves. Wants a tokio runtime.
    pub(super) fn listen() -> Self {
        let interrupts = Self { first: CancellationToken::new(), second: CancellationToken::new() };
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        if !hangup_is_ignored() {
            kinds.push(SignalKind::hangup());
        }
        let mut signals: Vec<Signal> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
        let Self { first, second } = interrupts.clone();
        tokio::spawn(async move {
            next(&mut signals).await;
            first.cancel();
            next(&mut signals).await;
            second.cancel();
        });
        interrupts
    }

    /// Returns what is cancelled by the first interrupt.
    pub(super) fn run(&self) -> CancellationToken {
        self.first.child_token()
    }

    /// Waits for the first one.
    pub(super) async fn first(&self) {
        self.first.cancelled().await;
    }

    /// Waits for the second one.
    pub(super) async fn second(&self) {
        self.second.cancelled().await;
    }

    /// Does `work`, which may be left at any point, until the first one.
    pub(super) async fn until<T>(&self, work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
        let interrupted = || CliError::new(Kind::Interrupted, "interrupted", None);
        self.first.run_until_cancelled(work).await.ok_or_else(interrupted)?
    }
}

/// The variable that has the process which this one ends with.
pub(super) const PARENT: &str = "LOCALSPACE_PARENT";

/// Has this process be interrupted when its parent ends, however that does. Of another process than its parent it knows nothing: that one's
/// child has passed the variable on.
pub(super) fn end_with(parent: u32) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        if getppid().is_some_and(|own| u32::try_from(own.as_raw_nonzero().get()) == Ok(parent)) {
            // Where the kernel refuses, whoever comes next waits for this process's own end.
            let _refused = set_parent_process_death_signal(Some(Signal::TERM));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = parent;
}

/// Tells whether this process was started to outlive its terminal (`nohup`).
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 != 0)
}

async fn next(signals: &mut [Signal]) {
    if signals.is_empty() {
        std::future::pending::<()>().await;
    }
    let each = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    let _which = futures_util::future::select_all(each).await;
}

//! Ctrl-C, `SIGTERM`, and a terminal that was closed: one kind of event.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The interrupts of this process, from when it began to listen.
#[derive(Debug)]
pub(super) struct Interrupts(Vec<Signal>);

impl Interrupts {
    /// Listens from now on; the signals no longer end the process by themselves.
    pub(super) fn listen() -> Self {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        if self.0.is_empty() {
            std::future::pending::<()>().await;
        }
        let each = self.0.iter_mut().map(|signal| Box::pin(signal.recv()));
        let _which = futures_util::future::select_all(each).await;
    }
}

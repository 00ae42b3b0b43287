//! A connection on which nothing moves any more: a client that has stopped to read or to write, and has not gone.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose every move is counted.
pub(super) struct Counted<S> {
    stream: S,
    moves: Arc<AtomicU64>,
}

/// The moves of a stream.
pub(super) struct Moves(Arc<AtomicU64>);

impl<S> Counted<S> {
    /// Counts the moves of a stream.
    pub(super) fn new(stream: S) -> (Self, Moves) {
        let moves = Arc::new(AtomicU64::new(0));
        (Self { stream, moves: moves.clone() }, Moves(moves))
    }

    fn count<T>(&self, moved: &Poll<io::Result<T>>) {
        if moved.is_ready() {
            self.moves.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Moves {
    /// Returns when nothing has moved for at least `within`.
    pub(super) async fn end(self, within: Duration) {
        let mut every = tokio::time::interval(within);
        let mut before = None;
        loop {
            let _time = every.tick().await;
            let now = Some(self.0.load(Ordering::Relaxed));
            if now == before {
                return;
            }
            before = now;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let moved = Pin::new(&mut self.stream).poll_read(context, into);
        self.count(&moved);
        moved
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.count(&moved);
        moved
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn who_moves_is_left_alone_and_who_stops_is_not() {
        let short = Duration::from_millis(50);
        let (mut stream, moves) = Counted::new(tokio::io::sink());
        let busy = async {
            let mut every = tokio::time::interval(short / 5);
            for _ in 0..20 {
                let _time = every.tick().await;
                stream.write_all(b"x").await.expect("written");
            }
        };
        let mut ended = std::pin::pin!(moves.end(short));
        tokio::select! {
            () = busy => {}
            () = &mut ended => panic!("it was busy"),
        }
        ended.await;
    }
}

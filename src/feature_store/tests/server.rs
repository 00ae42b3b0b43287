//! A server that answers as a test says, and keeps what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Method and target: `GET /v2/`.
    pub(super) line: String,
    pub(super) authorization: String,
    pub(super) accept: String,
    pub(super) body: String,
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// How many more bytes are promised and never sent, the connection left open.
    pub(super) owed: usize,
}

impl Reply {
    pub(super) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A server on a port of its own. Dropping it closes that port.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(serve(stream, Arc::clone(&answer), Arc::clone(&seen)));
            }
        });
        Self { port, asked, task }
    }

    /// Returns what it was asked until now, as `METHOD TARGET`, with a login behind it.
    pub(super) fn asked(&self) -> Vec<String> {
        let line = |one: &Asked| format!("{} {}", one.line, one.authorization).trim_end().to_owned();
        self.all().iter().map(line).collect()
    }

    pub(super) fn all(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }

    /// Stops it. The port is closed when this returns.
    pub(super) async fn stop(mut self) {
        self.task.abort();
        let _aborted = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<F: Fn(&Asked) -> Reply>(mut stream: TcpStream, answer: Arc<F>, seen: Arc<Mutex<Vec<Asked>>>) {
    let Some(asked) = read(&mut stream).await else { return };
    seen.lock().expect("not poisoned").push(asked.clone());
    let Reply { status, headers, body, owed } = answer(&asked);
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len() + owed);
    for (name, value) in &headers {
        head += &format!("{name}: {value}\r\n");
    }
    let sent = stream.write_all((head + "\r\n").as_bytes()).await;
    if sent.is_ok() && stream.write_all(&body).await.is_ok() && owed > 0 {
        // Until the other side gives up.
        let _gone = stream.read(&mut [0; 16]).await;
    }
    let _closed = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        text.extend_from_slice(&buffer[..count]);
        let whole = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = whole.split_once("\r\n\r\n") else { continue };
        let header = |name: &str| {
            let found =
                head.lines().filter_map(|line| line.split_once(": ")).find(|(own, _)| own.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        if body.len() >= header("content-length").parse().unwrap_or(0) {
            let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
            let (authorization, accept) = (header("authorization"), header("accept"));
            return Some(Asked { line, authorization, accept, body: body.to_owned() });
        }
    }
}

//! `localspace ports forward`

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::select::{self, Selector, State};
use crate::engine::{EngineError, ExecSession};
use crate::journal::OutputStream;
use crate::report::plain;
use crate::steps::Relays;

/// How many connections there may be at a time; more of them wait.
const CONNECTIONS: usize = 64;

/// Make ports of a codespace reachable on this machine, until Ctrl-C
///
/// Also those that a server listens on at 127.0.0.1 inside, and with an engine that is elsewhere.
///
/// Example: localspace ports forward 3000:8080 -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The port inside and the port on this machine; 0 for any free one
    #[arg(required = true, value_name = "REMOTE:LOCAL", value_parser = pair)]
    pairs: Vec<(u16, u16)>,
    #[command(flatten)]
    selector: Selector,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    let engine = context.engine()?;
    let found = interrupts.until(select::one(context, &args.selector, &engine)).await?;
    if found.state != State::Running {
        let hint = Some(format!("localspace start -c {}", found.name));
        return Err(CliError::new(Kind::Usage, format!("codespace {} is not running", found.name), hint));
    }
    let relays = Arc::new(Relays::new(engine, found.container()?.clone()));
    let (tell, mut told) = mpsc::channel::<String>(16);
    let way = Way { relays: Arc::clone(&relays), room: Arc::new(Semaphore::new(CONNECTIONS)), tell };
    let mut listeners = JoinSet::new();
    for (remote, local) in args.pairs {
        let listener = TcpListener::bind(("127.0.0.1", local)).await.map_err(|error| cannot_listen(local, &error))?;
        let local = listener.local_addr()?.port();
        context.ui.say(&format!("Forwarding ports: remote {remote} <=> local {local}\n"));
        listeners.spawn(accept(listener, remote, way.clone()));
    }
    drop(way);
    let mut said = BTreeSet::new();
    let telling = async {
        while let Some(text) = told.recv().await {
            // A page asks for many things at once: what is wrong with all of them is said once.
            if said.insert(text.clone()) {
                context.ui.say(&format!("warning: {}\n", plain(&text)));
            }
        }
    };
    tokio::select! { () = telling => {}, () = interrupts.first() => {} }
    listeners.shutdown().await;
    // A container that is gone has no connections left.
    let _gone = relays.end().await;
    Ok(Kind::Interrupted.exit_code())
}

fn cannot_listen(port: u16, error: &std::io::Error) -> CliError {
    let hint = "choose another one, or 0 for any that is free: REMOTE:0".to_owned();
    CliError::new(Kind::Usage, format!("cannot listen on 127.0.0.1:{port}: {error}"), Some(hint))
}

/// What every connection needs.
#[derive(Debug, Clone)]
struct Way {
    relays: Arc<Relays>,
    room: Arc<Semaphore>,
    tell: mpsc::Sender<String>,
}

/// Takes connections until it is dropped, and they with it.
async fn accept(listener: TcpListener, remote: u16, way: Way) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&way.room).acquire_owned().await else { return };
        // A connection that was given up before it was taken is none.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let way = way.clone();
        connections.spawn(async move {
            if let Err(error) = connect(stream, remote, &way).await {
                let _nobody_listens = way.tell.send(error.to_string()).await;
            }
            drop(permit);
        });
    }
}

/// Passes bytes on in both directions. The server's end ends it; the client's end is passed on, for what it still waits for.
async fn connect(stream: TcpStream, remote: u16, way: &Way) -> Result<(), EngineError> {
    let ExecSession { mut output, mut input, .. } = way.relays.open(remote).await?;
    let (mut from, mut to) = stream.into_split();
    let up = async move {
        let mut bytes = vec![0; 32 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            if input.send(bytes.get(..count).unwrap_or_default()).await.is_err() {
                return;
            }
        }
        let _gone = input.close().await;
    };
    let down = async move {
        let mut complaint = Vec::new();
        while let Some(chunk) = output.next().await {
            let chunk = chunk?;
            match chunk.stream {
                OutputStream::Stdout if to.write_all(&chunk.bytes).await.is_err() => break,
                OutputStream::Stdout => {}
                OutputStream::Stderr => complaint.extend_from_slice(&chunk.bytes),
            }
        }
        Ok::<_, EngineError>(complaint)
    };
    tokio::pin!(up);
    tokio::pin!(down);
    let ended = tokio::select! {
        ended = &mut down => ended,
        () = &mut up => down.await,
    };
    if let Some(line) = String::from_utf8_lossy(&ended?).lines().next() {
        let _nobody_listens = way.tell.send(format!("port {remote}: {line}")).await;
    }
    Ok(())
}

/// Reads `REMOTE:LOCAL`, or a port for both.
fn pair(text: &str) -> Result<(u16, u16), String> {
    let (remote, local) = text.split_once(':').unwrap_or((text, text));
    let port = |text: &str| text.parse::<u16>().map_err(|_| format!("`{text}` is no port"));
    match (port(remote)?, port(local)?) {
        (0, _) => Err("`0` is no port of a codespace".to_owned()),
        pair => Ok(pair),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_two_ports_or_one() {
        for (text, expected) in [("80:8000", (80, 8000)), ("3000", (3000, 3000)), ("80:0", (80, 0))] {
            assert_eq!(pair(text), Ok(expected), "{text}");
        }
        for text in ["", ":", "80:", ":80", "0:80", "65536:1", "80:8000:1", "a:b", "-1:2", "127.0.0.1:80"] {
            assert!(pair(text).is_err(), "{text}");
        }
    }
}

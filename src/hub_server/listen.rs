//! The entrances: connections are taken, bounded in number and in time, and handed on request by request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::desk::{Entrance, answer};
use super::quiet::Counted;
use super::{LOOPBACK, ServeError, Server, admin, authority, log};

/// How many connections there may be at once, at each entrance.
const MOST_CONNECTIONS: usize = 256;
/// How long a client may take to begin: for its handshake, and for the head of each request.
const TO_BEGIN: Duration = Duration::from_secs(15);
/// How long nothing may move on a connection: long enough for the storage to look through a large layer.
const SILENCE: Duration = Duration::from_mins(10);
/// How long a connection may last.
const LONGEST: Duration = Duration::from_hours(2);
/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 32 * 1024;
/// How many headers it may have.
const MOST_HEADERS: usize = 64;

/// Opens every entrance; what is returned lets clients in, and never ends by itself.
pub(super) async fn open(
    server: &Arc<Server>,
    ports: &[u16],
) -> Result<impl Future<Output = Infallible> + use<>, ServeError> {
    let tls = TlsAcceptor::from(authority::configuration(server.names.clone())?);
    let mut entrances = JoinSet::new();
    for port in ports {
        let listener = bind(*port).await?;
        entrances.spawn(take(listener, server.clone(), Entrance::Tls(*port), Some(tls.clone())));
    }
    entrances.spawn(take(bind(LOOPBACK).await?, server.clone(), Entrance::Loopback, None));
    entrances.spawn(admin::take(admin::bind(&server.places.runtime)?, server.clone()));
    Ok(async move {
        while entrances.join_next().await.is_some() {}
        std::future::pending().await
    })
}

async fn bind(port: u16) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(("0.0.0.0", port)).await;
    bound.map_err(|error| ServeError::Port { port, reason: error.to_string() })
}

async fn take(listener: TcpListener, server: Arc<Server>, entrance: Entrance, tls: Option<TlsAcceptor>) {
    let (room, ended) = (Arc::new(Semaphore::new(MOST_CONNECTIONS)), Arc::new(Notify::new()));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Of one client; or for want of files, until another connection has ended.
            Err(error) => {
                log::problem(&error);
                let _one_ended = tokio::time::timeout(TO_BEGIN, ended.notified()).await;
                continue;
            }
        };
        let (server, tls, ended) = (server.clone(), tls.clone(), ended.clone());
        tokio::spawn(async move {
            let _over = tokio::time::timeout(LONGEST, let_in(stream, server, entrance, tls)).await;
            drop(place);
            ended.notify_one();
        });
    }
}

async fn let_in(stream: TcpStream, server: Arc<Server>, entrance: Entrance, tls: Option<TlsAcceptor>) {
    let _best_effort = stream.set_nodelay(true);
    match tls {
        None => serve(stream, server, entrance).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(TO_BEGIN, tls.accept(stream)).await {
                Box::pin(serve(stream, server, entrance)).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, server: Arc<Server>, entrance: Entrance) {
    let service = service_fn(move |request| {
        let server = server.clone();
        async move { Ok::<_, Infallible>(Box::pin(answer(server, entrance, request)).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(TO_BEGIN).max_buf_size(LONGEST_HEAD).max_headers(MOST_HEADERS);
    let (stream, moves) = Counted::new(stream);
    tokio::select! {
        // How a connection ends is its client's business.
        _ended = http.serve_connection(TokioIo::new(stream), service) => {}
        () = moves.end(SILENCE) => {}
    }
}

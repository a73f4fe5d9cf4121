//! The explorer's connections: how many there may be, and how long one may take to say what it wants.
//!
//! A node that runs out of file descriptors cannot write its database either, so what anybody can
//! open is bounded here.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use dirchain_explorer::Peer;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// Connections open at once. More wait until one of these is closed.
pub(crate) const CONNECTIONS_MAX: usize = 1024;
/// Connections open at once from one address; more are closed.
const CONNECTIONS_PER_ADDRESS_MAX: usize = 512;
/// How long the head of a request may take; an idle connection is closed after the same time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the two sides may take to agree on keys.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait when the system gives no connection, before trying again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `stopping` says so or its sender is gone; open requests are then finished.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Router,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let addresses = Arc::new(Addresses::default());
    loop {
        let next = tokio::select! {
            next = accept(&listener, &places) => next?,
            // Either way it is time to stop.
            _ = stopping.wait_for(|stops| *stops) => break,
        };
        let Some((stream, from, place)) = next else {
            continue;
        };
        let Some(counted) = addresses.count(from.ip()) else {
            tracing::debug!("{from} has {CONNECTIONS_PER_ADDRESS_MAX} connections open; no more");
            continue;
        };
        let (app, tls, watcher) = (app.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let peer = |has_certificate| Peer {
                address: from,
                has_certificate,
            };
            let ended = match tls {
                None => answer(stream, peer(false), app, watcher).await,
                Some(tls) => match handshake(&tls, stream).await {
                    Ok((stream, certified)) => answer(stream, peer(certified), app, watcher).await,
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = ended {
                tracing::debug!("connection from {from}: {error}");
            }
            drop((place, counted));
        });
    }
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}

/// An encrypted stream, and whether the other side showed a certificate; the handshake has checked
/// that it is one of an authority that is accepted here.
async fn handshake(
    tls: &TlsAcceptor,
    stream: TcpStream,
) -> io::Result<(tokio_rustls::server::TlsStream<TcpStream>, bool)> {
    let shaken = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await;
    let stream = shaken.map_err(io::Error::other)??;
    let certificates = stream.get_ref().1.peer_certificates();
    let is_certified = certificates.is_some_and(|shown| !shown.is_empty());
    Ok((stream, is_certified))
}

/// Answers one connection's requests, to its end.
async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: Peer,
    app: Router,
    watcher: Watcher,
) -> io::Result<()> {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request.map(axum::body::Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    watcher.watch(connection).await.map_err(io::Error::other)
}

/// The next connection, with its place; none when the system could not give one just now.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)>> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    match listener.accept().await {
        Ok((stream, from)) => {
            // Answers are small, and written whole.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!("connection from {from}: {error}");
            }
            Ok(Some((stream, from, place)))
        }
        Err(error) => {
            tracing::debug!("no connection could be taken: {error}");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            Ok(None)
        }
    }
}

/// Open connections by address.
#[derive(Debug, Default)]
struct Addresses(Mutex<BTreeMap<IpAddr, usize>>);

impl Addresses {
    /// Counts a connection while what this gives lives; none when the address has its share.
    fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Counted {
            addresses: Arc::clone(self),
            address,
        })
    }
}

/// One counted connection.
#[derive(Debug)]
struct Counted {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let open = &self.addresses.0;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let addresses = Arc::new(Addresses::default());
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        let mut held: Vec<Counted> = (0..CONNECTIONS_PER_ADDRESS_MAX)
            .map(|_| addresses.count(here).unwrap())
            .collect();
        assert!(addresses.count(here).is_none());
        assert!(addresses.count("127.0.0.2".parse().unwrap()).is_some());
        held.pop();
        assert!(addresses.count(here).is_some());
        held.clear();
        assert!(addresses.0.lock().unwrap().is_empty());
    }
}

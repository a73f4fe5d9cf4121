//! Noise, followed at once by the allow-list check.
//!
//! An inbound peer is anonymous until the Noise handshake ends. An unknown key is refused at that very
//! point: the multiplexer, its streams and every codec are never reached. The swarm's own allow-list
//! repeats the check and closes the connections of removed peers.
//!
//! Invariant: knows keys only, nothing about why a peer is allowed.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::{AsyncRead, AsyncWrite, FutureExt};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};
use libp2p::{PeerId, noise};

use crate::clock::lock;

/// The keys that may connect now, shared with every handshake under way.
#[derive(Clone, Default)]
pub(crate) struct AllowList {
    peers: Arc<Mutex<HashSet<PeerId>>>,
    denied: Arc<AtomicU64>,
}

impl AllowList {
    /// Replaces the list; handshakes that end later see the new one.
    pub(crate) fn replace(&self, peers: HashSet<PeerId>) {
        *lock(&self.peers) = peers;
    }

    /// The keys that may connect now.
    pub(crate) fn snapshot(&self) -> HashSet<PeerId> {
        lock(&self.peers).clone()
    }

    /// Inbound handshakes refused so far.
    pub(crate) fn denied(&self) -> u64 {
        self.denied.load(Relaxed)
    }

    fn check(&self, peer: &PeerId) -> Result<(), noise::Error> {
        if lock(&self.peers).contains(peer) {
            return Ok(());
        }
        let refused = "the peer's key is not in the allow-list";
        Err(io::Error::new(io::ErrorKind::PermissionDenied, refused).into())
    }
}

/// The Noise upgrade with the check behind it.
#[derive(Clone)]
pub(crate) struct AllowedNoise {
    pub(crate) noise: noise::Config,
    pub(crate) allowed: AllowList,
}

impl UpgradeInfo for AllowedNoise {
    type Info = <noise::Config as UpgradeInfo>::Info;
    type InfoIter = <noise::Config as UpgradeInfo>::InfoIter;

    fn protocol_info(&self) -> Self::InfoIter {
        self.noise.protocol_info()
    }
}

impl<T> InboundConnectionUpgrade<T> for AllowedNoise
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = (PeerId, noise::Output<T>);
    type Error = noise::Error;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, socket: T, info: Self::Info) -> Self::Future {
        async move {
            let (peer, output) = self.noise.upgrade_inbound(socket, info).await?;
            let checked = self.allowed.check(&peer);
            if checked.is_err() {
                self.allowed.denied.fetch_add(1, Relaxed);
            }
            checked.map(|()| (peer, output))
        }
        .boxed()
    }
}

impl<T> OutboundConnectionUpgrade<T> for AllowedNoise
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = (PeerId, noise::Output<T>);
    type Error = noise::Error;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_outbound(self, socket: T, info: Self::Info) -> Self::Future {
        async move {
            let (peer, output) = self.noise.upgrade_outbound(socket, info).await?;
            self.allowed.check(&peer).map(|()| (peer, output))
        }
        .boxed()
    }
}

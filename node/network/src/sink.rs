//! What the transport tells the engine's side.
//!
//! Invariant: the only arrow from lanes and swarm to the engine; implementations never block.

use arc_malachitebft_sync::{InboundRequestId, OutboundFailureReason, OutboundRequestId};
use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};

use crate::error::Violation;
use crate::lane::frame::Payload;

/// What became of a message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The engine has it.
    Delivered,
    /// It could be of no use.
    LeftOut,
}

/// The engine's side. Nothing of a peer passes before `peer_up` or after `peer_down`.
pub(crate) trait Sink: Send + Sync + 'static {
    /// An address accepts connections.
    fn listening(&self, address: &Multiaddr);
    /// A peer's first connection is up.
    fn peer_up(&self, peer: PeerId);
    /// A peer's last connection is gone.
    fn peer_down(&self, peer: PeerId);
    /// A message that came from `from` and was published by `origin`.
    fn message(
        &self,
        from: PeerId,
        origin: PeerId,
        payload: Payload,
        body: Bytes,
    ) -> Result<Taken, Violation>;
    /// A peer's tip; answers its height.
    fn status(&self, from: PeerId, body: Bytes) -> Result<u64, Violation>;
    /// A peer asks for decided values. False if nobody will answer.
    fn sync_request(
        &self,
        id: InboundRequestId,
        from: PeerId,
        body: Bytes,
    ) -> Result<bool, Violation>;
    /// A peer answers us.
    fn sync_response(
        &self,
        id: OutboundRequestId,
        from: PeerId,
        body: Bytes,
    ) -> Result<(), Violation>;
    /// Our request will not be answered.
    fn sync_request_failed(
        &self,
        id: OutboundRequestId,
        from: PeerId,
        reason: OutboundFailureReason,
    );
    /// The peer's request need not be answered any more.
    fn sync_inbound_failed(&self, id: InboundRequestId, from: PeerId);
    /// The network ends; subscribers are forgotten.
    fn stop(&self);
}

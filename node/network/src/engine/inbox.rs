//! Decodes what peers send and hands it to the engine's actors in order.
//!
//! Invariant: all events leave under one lock, held only for mailbox pushes; so nothing of a peer comes
//! before `PeerConnected` or after `PeerDisconnected`. Decoding happens outside the lock.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_consensus::{LivenessMsg, SignedConsensusMsg};
use arc_malachitebft_core_types::{Context, Height as _};
use arc_malachitebft_engine::consensus::ConsensusCodec;
use arc_malachitebft_engine::network::{NetworkEvent, Status, Subscriber};
use arc_malachitebft_engine::sync::SyncCodec;
use arc_malachitebft_engine::util::streaming::StreamMessage;
use arc_malachitebft_network::{Channel, PeerIdExt};
use arc_malachitebft_peer::PeerId as EnginePeerId;
use arc_malachitebft_sync::{
    self as sync, InboundRequestId, OutboundFailureReason, OutboundRequestId,
};
use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::mpsc;
use tracing::debug;

use crate::clock::lock;
use crate::engine::heard::Heard;
use crate::engine::judge::{Fate, Judge};
use crate::error::Violation;
use crate::lane::Lane;
use crate::lane::frame::Payload;
use crate::peers::counters::{Totals, bump};
use crate::sink::{Sink, Taken};

/// A mailbox that takes the network's events.
pub(crate) type BoxedSubscriber<Ctx> = Box<dyn Subscriber<NetworkEvent<Ctx>>>;

/// The receiving side of the engine.
pub(crate) struct Inbox<Ctx: Context, C> {
    codec: C,
    judge: Judge<Ctx>,
    totals: Arc<Totals>,
    state: Mutex<State<Ctx>>,
}

struct State<Ctx: Context> {
    subscribers: Vec<BoxedSubscriber<Ctx>>,
    listening: Vec<Multiaddr>,
    up: HashSet<PeerId>,
    /// What the connected peers said of their chains last, by status or by what they do.
    shown: HashMap<PeerId, Shown<Ctx::Height>>,
    heard: Option<mpsc::Sender<Heard<Ctx>>>,
}

/// The part of a chain that a peer has.
struct Shown<H> {
    tip: H,
    begins: H,
}

impl<Ctx: Context> State<Ctx> {
    fn emit(&self, event: NetworkEvent<Ctx>) {
        if let Some((last, rest)) = self.subscribers.split_last() {
            for subscriber in rest {
                Subscriber::send(&**subscriber, event.clone());
            }
            Subscriber::send(&**last, event);
        }
    }
}

/// What has to be told about a peer that is up: the sync actor sends its first status on `PeerSubscribed(Sync)`.
fn introduction<Ctx: Context>(peer: &PeerId) -> impl Iterator<Item = NetworkEvent<Ctx>> + use<Ctx> {
    let peer = EnginePeerId::from_libp2p(peer);
    let channels = Channel::all().iter();
    std::iter::once(NetworkEvent::PeerConnected(peer))
        .chain(channels.map(move |channel| NetworkEvent::PeerSubscribed(peer, *channel)))
}

/// The copy of an event for the application; `None` if it is neither a vote nor a proposal.
fn overheard<Ctx: Context>(event: &NetworkEvent<Ctx>) -> Option<Heard<Ctx>> {
    match event {
        NetworkEvent::Vote(_, vote) => Some(Heard::Vote(vote.clone())),
        NetworkEvent::Proposal(_, proposal) => Some(Heard::Proposal(proposal.clone())),
        _ => None,
    }
}

impl<Ctx: Context, C> Inbox<Ctx, C> {
    pub(crate) fn new(
        codec: C,
        judge: Judge<Ctx>,
        totals: Arc<Totals>,
        heard: mpsc::Sender<Heard<Ctx>>,
    ) -> Self {
        Self {
            codec,
            judge,
            totals,
            state: Mutex::new(State {
                subscribers: Vec::new(),
                listening: Vec::new(),
                up: HashSet::new(),
                shown: HashMap::new(),
                heard: Some(heard),
            }),
        }
    }

    /// Tells a new subscriber the present state, and everything from now on.
    pub(crate) fn subscribe(&self, subscriber: BoxedSubscriber<Ctx>) {
        let mut state = lock(&self.state);
        for address in &state.listening {
            subscriber.send(NetworkEvent::Listening(address.clone()));
        }
        for event in state.up.iter().flat_map(introduction) {
            subscriber.send(event);
        }
        state.subscribers.push(subscriber);
    }

    /// Emits what came from a peer, unless it is gone by now.
    fn emit_from(&self, peer: &PeerId, event: NetworkEvent<Ctx>) -> bool {
        let state = lock(&self.state);
        if !state.up.contains(peer) {
            return false;
        }
        if let (Some(sender), Some(heard)) = (&state.heard, overheard(&event))
            && sender.try_send(heard).is_err()
        {
            bump(&self.totals.heard_dropped);
        }
        bump(&self.totals.delivered);
        state.emit(event);
        true
    }

    /// Tells value sync of a tip that a peer's message shows, once, where its status was not as far.
    fn show(&self, peer: &PeerId, tip: Ctx::Height) {
        let mut state = lock(&self.state);
        let Some(shown) = state.shown.get_mut(peer).filter(|shown| shown.tip < tip) else {
            return;
        };
        shown.tip = tip;
        let status = Status::new(tip, shown.begins);
        let peer = EnginePeerId::from_libp2p(peer);
        state.emit(NetworkEvent::Status(peer, status));
    }

    fn decode<T>(&self, body: Bytes, violation: Violation) -> Result<T, Violation>
    where
        C: Codec<T>,
    {
        self.codec.decode(body).map_err(|error| {
            debug!(%error, "The codec refused a body");
            violation
        })
    }
}

impl<Ctx: Context, C: ConsensusCodec<Ctx> + SyncCodec<Ctx>> Inbox<Ctx, C> {
    fn event(
        &self,
        from: &PeerId,
        origin: &PeerId,
        payload: Payload,
        body: Bytes,
    ) -> Result<NetworkEvent<Ctx>, Violation> {
        let from = EnginePeerId::from_libp2p(from);
        let lane = payload.lane();
        let undecodable = Violation::Undecodable { lane };
        Ok(match payload {
            Payload::Consensus => match self.decode(body, undecodable)? {
                SignedConsensusMsg::Vote(vote) => NetworkEvent::Vote(from, vote),
                SignedConsensusMsg::Proposal(proposal) => NetworkEvent::Proposal(from, proposal),
            },
            Payload::Liveness => match self.decode(body, undecodable)? {
                LivenessMsg::Vote(vote) => NetworkEvent::Vote(from, vote),
                LivenessMsg::PolkaCertificate(polka) => NetworkEvent::PolkaCertificate(from, polka),
                LivenessMsg::SkipRoundCertificate(round) => {
                    NetworkEvent::RoundCertificate(from, round)
                }
            },
            Payload::Part => {
                let part: StreamMessage<Ctx::ProposalPart> = self.decode(body, undecodable)?;
                let origin = EnginePeerId::from_libp2p(origin);
                NetworkEvent::ProposalPart(from, Some(origin), part)
            }
        })
    }
}

impl<Ctx: Context, C: ConsensusCodec<Ctx> + SyncCodec<Ctx>> Sink for Inbox<Ctx, C> {
    fn listening(&self, address: &Multiaddr) {
        let mut state = lock(&self.state);
        state.listening.push(address.clone());
        state.emit(NetworkEvent::Listening(address.clone()));
    }

    fn peer_up(&self, peer: PeerId) {
        let mut state = lock(&self.state);
        if state.up.insert(peer) {
            for event in introduction(&peer) {
                state.emit(event);
            }
        }
    }

    fn peer_down(&self, peer: PeerId) {
        let mut state = lock(&self.state);
        if state.up.remove(&peer) {
            state.shown.remove(&peer);
            let peer = EnginePeerId::from_libp2p(&peer);
            state.emit(NetworkEvent::PeerDisconnected(peer));
        }
    }

    fn message(
        &self,
        from: PeerId,
        origin: PeerId,
        payload: Payload,
        body: Bytes,
    ) -> Result<Taken, Violation> {
        let event = self.event(&from, &origin, payload, body)?;
        let is_direct = from == origin;
        let verdict = (self.judge)(&event);
        if let Some(tip) = verdict.shows.filter(|_| is_direct) {
            self.show(&from, tip);
        }
        match verdict.fate {
            Fate::Delivered => {
                self.emit_from(&from, event);
                Ok(Taken::Delivered)
            }
            Fate::Untimely => Ok(Taken::LeftOut),
            Fate::Forged if is_direct => Err(Violation::Forged {
                lane: payload.lane(),
            }),
            // A relay passes on what it has not judged itself.
            Fate::Forged => Ok(Taken::LeftOut),
        }
    }

    fn status(&self, from: PeerId, body: Bytes) -> Result<u64, Violation> {
        let lane = Lane::Consensus;
        let status: sync::Status<Ctx> = self.decode(body, Violation::Undecodable { lane })?;
        let peer = EnginePeerId::from_libp2p(&from);
        if status.peer_id != peer {
            return Err(Violation::StatusOfAnother);
        }
        let tip = Status::new(status.tip_height, status.history_min_height);
        if self.emit_from(&from, NetworkEvent::Status(peer, tip)) {
            let shown = Shown {
                tip: status.tip_height,
                begins: status.history_min_height,
            };
            lock(&self.state).shown.insert(from, shown);
        }
        Ok(status.tip_height.as_u64())
    }

    fn sync_request(
        &self,
        id: InboundRequestId,
        from: PeerId,
        body: Bytes,
    ) -> Result<bool, Violation> {
        let request: sync::Request<Ctx> = self.decode(body, Violation::SyncRequest)?;
        let peer = EnginePeerId::from_libp2p(&from);
        Ok(self.emit_from(&from, NetworkEvent::SyncRequest(id, peer, request)))
    }

    fn sync_response(
        &self,
        id: OutboundRequestId,
        from: PeerId,
        body: Bytes,
    ) -> Result<(), Violation> {
        let response: Result<sync::Response<Ctx>, _> = self.decode(body, Violation::SyncResponse);
        let peer = EnginePeerId::from_libp2p(&from);
        let verdict = response
            .as_ref()
            .map(|_| ())
            .map_err(|violation| *violation);
        let event = NetworkEvent::SyncResponse(id.clone(), peer, response.ok());
        if !self.emit_from(&from, event) {
            self.sync_request_failed(id, from, OutboundFailureReason::ConnectionClosed);
        }
        verdict
    }

    fn sync_request_failed(
        &self,
        id: OutboundRequestId,
        from: PeerId,
        reason: OutboundFailureReason,
    ) {
        let peer = EnginePeerId::from_libp2p(&from);
        lock(&self.state).emit(NetworkEvent::SyncRequestFailed(id, peer, reason));
    }

    fn sync_inbound_failed(&self, id: InboundRequestId, from: PeerId) {
        let peer = EnginePeerId::from_libp2p(&from);
        lock(&self.state).emit(NetworkEvent::SyncInboundRequestFailed(id, peer));
    }

    fn stop(&self) {
        let mut state = lock(&self.state);
        state.subscribers.clear();
        state.shown.clear();
        state.heard = None;
    }
}

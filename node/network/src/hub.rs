//! What the actor, the handle, the swarm task and the lanes' tasks share.
//!
//! Invariant: every lock is held for a few table operations and queue pushes, never across an await.
//! The directory's lock is taken before the sink's, so that what a peer sends can be told to the engine
//! neither before it is up nor after it is down.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tracing::warn;

use crate::allow::AllowList;
use crate::clock::{Clock, count, lock, milliseconds};
use crate::config::PeerEntry;
use crate::error::Violation;
use crate::lane::Lane;
use crate::lane::frame::{Frame, Kind, Payload};
use crate::limits::{NetworkLimits, RELAY_SEEN_FOR, RELAY_SEEN_MAX};
use crate::peers::counters::{Totals, bump};
use crate::peers::directory::{Directory, Dropped, PeerShare};
use crate::peers::link::Receivers;
use crate::peers::seen::Seen;
use crate::peers::status::{Direction, NetworkStatus, NetworkTotals};
use crate::sink::Sink;

/// Shared state of one node's network.
pub(crate) struct Hub {
    pub(crate) local: PeerId,
    pub(crate) limits: NetworkLimits,
    pub(crate) clock: Clock,
    pub(crate) allowed: AllowList,
    pub(crate) totals: Arc<Totals>,
    pub(crate) sink: Arc<dyn Sink>,
    /// Tells the swarm task that the allow-list changed.
    pub(crate) peers_changed: Notify,
    stop: watch::Sender<bool>,
    directory: Mutex<Directory>,
    seen: Mutex<Seen>,
    listening: Mutex<Vec<Multiaddr>>,
}

impl Hub {
    pub(crate) fn new(
        local: PeerId,
        limits: NetworkLimits,
        totals: Arc<Totals>,
        sink: Arc<dyn Sink>,
    ) -> Self {
        let seen = Seen::new(RELAY_SEEN_MAX, milliseconds(RELAY_SEEN_FOR));
        Self {
            local,
            limits,
            clock: Clock::start(),
            allowed: AllowList::default(),
            totals,
            sink,
            peers_changed: Notify::new(),
            stop: watch::Sender::new(false),
            directory: Mutex::new(Directory::new(local)),
            seen: Mutex::new(seen),
            listening: Mutex::default(),
        }
    }

    /// Replaces the allow-list. When this returns, nothing more of a removed peer is delivered.
    pub(crate) fn set_peers(&self, peers: Vec<PeerEntry>) {
        let mut directory = lock(&self.directory);
        for removed in directory.replace(peers, &self.limits) {
            self.sink.peer_down(removed);
        }
        self.publish_allowed(&directory);
    }

    /// Counts a violation and refuses the peer for a while.
    pub(crate) fn ban(&self, peer: PeerId, violation: Violation) {
        let node = self.name(&peer);
        warn!(%node, %peer, %violation, "A peer broke the protocol and is refused for a while");
        bump(&self.totals.malformed);
        let until_ms = self
            .clock
            .now_ms()
            .saturating_add(milliseconds(self.limits.ban));
        let mut directory = lock(&self.directory);
        if directory.ban(&peer, until_ms) {
            self.sink.peer_down(peer);
        }
        self.publish_allowed(&directory);
    }

    /// Counts a message that could be of no use.
    pub(crate) fn left_out(&self, peer: &PeerId) {
        lock(&self.directory).left_out(peer);
    }

    /// Ends the bans that are over.
    pub(crate) fn unban(&self) {
        let mut directory = lock(&self.directory);
        if directory.unban(self.clock.now_ms()) {
            self.publish_allowed(&directory);
        }
    }

    fn publish_allowed(&self, directory: &Directory) {
        self.allowed.replace(directory.allowed());
        self.peers_changed.notify_one();
    }

    /// The keys that may connect now.
    pub(crate) fn allowed_now(&self) -> HashSet<PeerId> {
        self.allowed.snapshot()
    }

    /// Every listed peer with its addresses.
    pub(crate) fn listed(&self) -> BTreeMap<PeerId, Vec<Multiaddr>> {
        lock(&self.directory).listed()
    }

    /// Peers that may be connected, are not, and can be dialled.
    pub(crate) fn absent(&self) -> Vec<PeerId> {
        lock(&self.directory).absent()
    }

    /// Where to dial a peer.
    pub(crate) fn addresses(&self, peer: &PeerId) -> Vec<Multiaddr> {
        lock(&self.directory).addresses(peer)
    }

    /// Registers a connection; `None` if it has to be closed.
    pub(crate) fn connected(
        &self,
        peer: PeerId,
        connection: ConnectionId,
        direction: Direction,
    ) -> Option<Receivers> {
        let now_ms = self.clock.now_ms();
        let mut directory = lock(&self.directory);
        let (receivers, is_first) =
            directory.connect(&peer, connection, direction, &self.limits, now_ms)?;
        if is_first {
            self.sink.peer_up(peer);
        }
        Some(receivers)
    }

    /// Forgets a connection and ends its tasks.
    pub(crate) fn disconnected(&self, peer: PeerId, connection: ConnectionId) -> Dropped {
        let mut directory = lock(&self.directory);
        let dropped = directory.disconnect(&peer, connection);
        if matches!(dropped, Dropped::Last { .. }) {
            self.sink.peer_down(peer);
        }
        dropped
    }

    /// Whether the connection is registered.
    pub(crate) fn is_linked(&self, peer: PeerId, connection: ConnectionId) -> bool {
        lock(&self.directory).is_linked(&peer, connection)
    }

    /// Runs `deliver` if the connection is still registered; it cannot be dropped meanwhile.
    pub(crate) fn while_linked(
        &self,
        peer: PeerId,
        connection: ConnectionId,
        deliver: impl FnOnce(),
    ) {
        let directory = lock(&self.directory);
        if directory.is_linked(&peer, connection) {
            deliver();
        }
    }

    /// What a lane's reader of this connection shares.
    pub(crate) fn share(
        &self,
        peer: PeerId,
        connection: ConnectionId,
        lane: Lane,
    ) -> Option<PeerShare> {
        lock(&self.directory).share(&peer, connection, lane)
    }

    /// Gives a lane's task to its connection.
    pub(crate) fn own(&self, peer: PeerId, connection: ConnectionId, task: AbortHandle) {
        lock(&self.directory).own(&peer, connection, task);
    }

    /// Notes a received frame.
    pub(crate) fn heard(&self, peer: PeerId, connection: ConnectionId, lane: Lane) {
        let now_ms = self.clock.now_ms();
        lock(&self.directory).heard(&peer, connection, lane, now_ms);
    }

    /// Takes the list of validators that a peer hears.
    pub(crate) fn hears(&self, peer: PeerId, heard: Vec<PeerId>) {
        lock(&self.directory).hears(&peer, heard);
    }

    /// Connections that were silent for too long.
    pub(crate) fn silent(&self) -> Vec<(PeerId, ConnectionId)> {
        let silence_ms = milliseconds(self.limits.silence);
        lock(&self.directory).silent(silence_ms, self.clock.now_ms())
    }

    /// Sends the list of validators we hear, if `due` or changed.
    pub(crate) fn send_heartbeat(&self, due: bool) {
        lock(&self.directory).send_heartbeat(due);
    }

    /// Queues a frame for every connected peer; one beyond its lane's limit is counted instead.
    pub(crate) fn send_to_all(&self, frame: &Frame) {
        if self.fits(frame) {
            lock(&self.directory).send_to_all(frame);
        }
    }

    /// Queues a frame for every connected validator; returns how many queues took it.
    pub(crate) fn send_to_validators(&self, frame: &Frame) -> usize {
        if !self.fits(frame) {
            return 0;
        }
        lock(&self.directory).send_to_validators(frame)
    }

    fn fits(&self, frame: &Frame) -> bool {
        let size_bytes_max = frame.kind.body_bytes_max(&self.limits);
        if frame.body.len() <= size_bytes_max {
            return true;
        }
        let size_bytes = frame.body.len();
        warn!(kind = ?frame.kind, size_bytes, size_bytes_max, "Not sent: a message beyond its limit");
        bump(&self.totals.oversize_out);
        false
    }

    /// Passes a validator's message one hop on, to who does not hear that validator.
    pub(crate) fn relay(&self, origin: PeerId, payload: Payload, body: &[u8]) {
        let targets = lock(&self.directory).relay_to(&origin).to_vec();
        if targets.is_empty() {
            return;
        }
        let frame = Frame::relayed(payload, &origin, body);
        let directory = lock(&self.directory);
        let taken = targets
            .iter()
            .filter(|target| directory.send_to(target, frame.clone()))
            .count();
        self.totals.relayed_out.fetch_add(count(taken), Relaxed);
    }

    /// What a peer is called in the log.
    pub(crate) fn name(&self, peer: &PeerId) -> String {
        lock(&self.directory).name(peer)
    }

    /// Whether a peer is listed as a validator.
    pub(crate) fn is_validator(&self, peer: &PeerId) -> bool {
        lock(&self.directory).is_validator(peer)
    }

    /// Whether a relayed message is to be delivered: between validators, and not seen lately.
    pub(crate) fn takes_relayed(
        &self,
        relay: PeerId,
        origin: PeerId,
        payload: Payload,
        body: &[u8],
    ) -> bool {
        {
            let directory = lock(&self.directory);
            if !directory.is_validator(&relay) || !directory.is_validator(&origin) {
                return false;
            }
        }
        let mut hasher = blake3::Hasher::new_derive_key("dirchain/network/relayed-frame/1");
        hasher.update(&[Kind::Relayed(payload).byte()]);
        hasher.update(&origin.to_bytes());
        hasher.update(body);
        let digest = *hasher.finalize().as_bytes();
        let is_new = lock(&self.seen).insert(digest, self.clock.now_ms());
        bump(if is_new {
            &self.totals.relayed_in
        } else {
            &self.totals.relayed_repeated
        });
        is_new
    }

    /// An address accepts connections.
    pub(crate) fn listening(&self, address: Multiaddr) {
        let mut listening = lock(&self.listening);
        if !listening.contains(&address) {
            self.sink.listening(&address);
            listening.push(address);
        }
    }

    /// An address accepts no more connections.
    pub(crate) fn not_listening(&self, address: &Multiaddr) {
        lock(&self.listening).retain(|listed| listed != address);
    }

    /// Whether any address accepts connections.
    pub(crate) fn is_listening(&self) -> bool {
        !lock(&self.listening).is_empty()
    }

    /// Asks every task to end.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Turns true when every task has to end.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Drops every link and every subscriber.
    pub(crate) fn clear(&self) {
        let mut directory = lock(&self.directory);
        for peer in directory.clear() {
            self.sink.peer_down(peer);
        }
        self.publish_allowed(&directory);
        lock(&self.listening).clear();
        self.sink.stop();
    }

    /// A reading of everything.
    pub(crate) fn status(&self) -> NetworkStatus {
        let peers = lock(&self.directory).status(self.clock.now_ms());
        let totals = &self.totals;
        NetworkStatus {
            local: self.local,
            listening: lock(&self.listening).clone(),
            peers,
            totals: NetworkTotals {
                denied_handshakes: self.allowed.denied(),
                refused_pending: totals.refused_pending.load(Relaxed),
                malformed: totals.malformed.load(Relaxed),
                mismatched: totals.mismatched.load(Relaxed),
                stalled: totals.stalled.load(Relaxed),
                delivered: totals.delivered.load(Relaxed),
                relayed_out: totals.relayed_out.load(Relaxed),
                relayed_in: totals.relayed_in.load(Relaxed),
                relayed_repeated: totals.relayed_repeated.load(Relaxed),
                heard_dropped: totals.heard_dropped.load(Relaxed),
                oversize_out: totals.oversize_out.load(Relaxed),
            },
        }
    }
}

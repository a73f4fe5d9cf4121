//! The table of allowed peers with their links, limits, lists and bans.
//!
//! Invariant: a link exists only for a listed peer that is not banned; removing either ends its links.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use tokio::task::AbortHandle;

use crate::config::PeerEntry;
use crate::lane::bucket::Bucket;
use crate::lane::frame::{Frame, Kind};
use crate::lane::{Lane, heartbeat};
use crate::limits::NetworkLimits;
use crate::peers::counters::PeerCounters;
use crate::peers::link::{Link, Receivers};
use crate::peers::relay::{self, View};
use crate::peers::status::{Direction, PeerStatus};

/// One member of the allow-list.
struct Peer {
    entry: PeerEntry,
    buckets: [Arc<Mutex<Bucket>>; 3],
    counters: Arc<PeerCounters>,
    banned_until_ms: Option<u64>,
    last_heard_ms: Option<u64>,
    /// Oldest first.
    links: Vec<Link>,
    /// The validators it hears, by its last heartbeat.
    hears: Option<Vec<PeerId>>,
    /// Where its messages are passed on to.
    relay_to: Vec<PeerId>,
}

/// What a lane's reader shares with the other connections of its peer.
pub(crate) struct PeerShare {
    pub(crate) bucket: Arc<Mutex<Bucket>>,
    pub(crate) counters: Arc<PeerCounters>,
}

/// What became of a peer when one of its links was dropped.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// There was no such link.
    Unknown,
    /// Others are up.
    Another,
    /// It was the last; whether anything had been heard on it.
    Last {
        /// The peer speaks our protocol.
        was_heard: bool,
    },
}

/// The table.
pub(crate) struct Directory {
    local: PeerId,
    peers: BTreeMap<PeerId, Peer>,
    heartbeat_due: bool,
}

impl Peer {
    fn new(entry: PeerEntry, limits: &NetworkLimits) -> Self {
        let bucket = |lane: Lane| {
            let lane = limits.lane(lane);
            let bucket = Bucket::new(lane.rate_bytes_per_second, lane.burst_bytes);
            Arc::new(Mutex::new(bucket))
        };
        Self {
            entry,
            buckets: Lane::ALL.map(bucket),
            counters: Arc::default(),
            banned_until_ms: None,
            last_heard_ms: None,
            links: Vec::new(),
            hears: None,
            relay_to: Vec::new(),
        }
    }

    /// The newest link that is heard; before any is, the newest.
    fn sending_link(&self) -> Option<&Link> {
        let heard = self.links.iter().rev().find(|link| link.is_heard);
        heard.or(self.links.last())
    }

    fn send(&self, frame: Frame) -> bool {
        self.sending_link()
            .is_some_and(|link| link.push(frame, &self.counters))
    }

    fn is_heard(&self) -> bool {
        self.links.iter().any(|link| link.is_heard)
    }

    fn link(&mut self, connection: ConnectionId) -> Option<&mut Link> {
        self.links
            .iter_mut()
            .find(|link| link.connection == connection)
    }

    fn status(&self, peer: PeerId, now_ms: u64) -> PeerStatus {
        let since = |at_ms: u64| Duration::from_millis(now_ms.saturating_sub(at_ms));
        PeerStatus {
            peer,
            validator: self.entry.validator,
            connected: !self.links.is_empty(),
            direction: self.sending_link().map(|link| link.direction),
            connections: self.links.len(),
            banned: self.banned_until_ms.is_some(),
            tip_height: self.counters.tip_shown.load(Relaxed).checked_sub(1),
            bytes_in: self.counters.bytes_in.load(Relaxed),
            bytes_out: self.counters.bytes_out.load(Relaxed),
            frames_in: self.counters.frames_in.load(Relaxed),
            frames_out: self.counters.frames_out.load(Relaxed),
            frames_dropped: self.counters.frames_dropped.load(Relaxed),
            frames_unwanted: self.counters.frames_unwanted.load(Relaxed),
            frames_untimely: self.counters.frames_untimely.load(Relaxed),
            throttled: Duration::from_nanos(self.counters.throttled_ns.load(Relaxed)),
            violations: self.counters.violations.load(Relaxed),
            last_heard: self.last_heard_ms.map(since),
        }
    }
}

impl Directory {
    pub(crate) fn new(local: PeerId) -> Self {
        Self {
            local,
            peers: BTreeMap::new(),
            heartbeat_due: false,
        }
    }

    /// Replaces the allow-list; returns the removed peers that were connected. Who stays keeps
    /// its links, its ban and what its rate limit remembers.
    pub(crate) fn replace(&mut self, list: Vec<PeerEntry>, limits: &NetworkLimits) -> Vec<PeerId> {
        let mut before = std::mem::take(&mut self.peers);
        for entry in list {
            if entry.peer == self.local {
                continue;
            }
            let peer = match before.remove(&entry.peer) {
                Some(kept) => Peer { entry, ..kept },
                None => Peer::new(entry, limits),
            };
            self.peers.insert(peer.entry.peer, peer);
        }
        self.changed();
        let connected = before.iter().filter(|(_, peer)| !peer.links.is_empty());
        connected.map(|(id, _)| *id).collect()
    }

    /// The keys that may connect now.
    pub(crate) fn allowed(&self) -> HashSet<PeerId> {
        let peers = self.peers.iter();
        peers
            .filter(|(_, peer)| peer.banned_until_ms.is_none())
            .map(|(id, _)| *id)
            .collect()
    }

    /// Every listed peer with its addresses.
    pub(crate) fn listed(&self) -> BTreeMap<PeerId, Vec<Multiaddr>> {
        let peers = self.peers.iter();
        peers
            .map(|(id, peer)| (*id, peer.entry.addresses.clone()))
            .collect()
    }

    /// Peers that may be connected, are not, and can be dialled.
    pub(crate) fn absent(&self) -> Vec<PeerId> {
        let absent = self.peers.iter().filter(|(_, peer)| {
            peer.links.is_empty()
                && peer.banned_until_ms.is_none()
                && !peer.entry.addresses.is_empty()
        });
        absent.map(|(id, _)| *id).collect()
    }

    /// Where to dial a peer.
    pub(crate) fn addresses(&self, peer: &PeerId) -> Vec<Multiaddr> {
        let peer = self.peers.get(peer);
        peer.map_or_else(Vec::new, |peer| peer.entry.addresses.clone())
    }

    /// Refuses the peer until then and drops its links; true if it was connected.
    pub(crate) fn ban(&mut self, peer: &PeerId, until_ms: u64) -> bool {
        let Some(state) = self.peers.get_mut(peer) else {
            return false;
        };
        state.counters.violations.fetch_add(1, Relaxed);
        state.banned_until_ms = Some(until_ms);
        let was_connected = !state.links.is_empty();
        state.links.clear();
        state.hears = None;
        self.changed();
        was_connected
    }

    /// Ends the bans that are over; true if there was one.
    pub(crate) fn unban(&mut self, now_ms: u64) -> bool {
        let mut ended = false;
        for peer in self.peers.values_mut() {
            if peer.banned_until_ms.is_some_and(|until| until <= now_ms) {
                peer.banned_until_ms = None;
                ended = true;
            }
        }
        ended
    }

    /// Registers a connection. `None` if the peer may not have it; the flag says whether it is the peer's first.
    pub(crate) fn connect(
        &mut self,
        peer: &PeerId,
        connection: ConnectionId,
        direction: Direction,
        limits: &NetworkLimits,
        now_ms: u64,
    ) -> Option<(Receivers, bool)> {
        let state = self.peers.get_mut(peer)?;
        if state.banned_until_ms.is_some() || state.links.len() >= limits.connections_per_peer_max {
            return None;
        }
        let (link, receivers) = Link::new(connection, direction, limits, now_ms);
        state.links.push(link);
        let is_first = state.links.len() == 1;
        self.heartbeat_due = true;
        Some((receivers, is_first))
    }

    /// Forgets a connection and ends its tasks.
    pub(crate) fn disconnect(&mut self, peer: &PeerId, connection: ConnectionId) -> Dropped {
        let Some(state) = self.peers.get_mut(peer) else {
            return Dropped::Unknown;
        };
        let found = state
            .links
            .iter()
            .position(|link| link.connection == connection);
        let Some(position) = found else {
            return Dropped::Unknown;
        };
        let link = state.links.remove(position);
        let dropped = if state.links.is_empty() {
            state.hears = None;
            let was_heard = link.is_heard;
            Dropped::Last { was_heard }
        } else {
            Dropped::Another
        };
        self.changed();
        dropped
    }

    /// Drops every link; returns the peers that were connected.
    pub(crate) fn clear(&mut self) -> Vec<PeerId> {
        let local = self.local;
        let before = std::mem::replace(self, Self::new(local));
        let connected = before.peers.iter();
        connected
            .filter(|(_, peer)| !peer.links.is_empty())
            .map(|(id, _)| *id)
            .collect()
    }

    /// Whether the connection is registered.
    pub(crate) fn is_linked(&self, peer: &PeerId, connection: ConnectionId) -> bool {
        self.peers
            .get(peer)
            .is_some_and(|state| state.links.iter().any(|link| link.connection == connection))
    }

    /// What a lane's reader of this connection shares; `None` if the connection is gone.
    pub(crate) fn share(
        &self,
        peer: &PeerId,
        connection: ConnectionId,
        lane: Lane,
    ) -> Option<PeerShare> {
        if !self.is_linked(peer, connection) {
            return None;
        }
        let state = self.peers.get(peer)?;
        Some(PeerShare {
            bucket: Arc::clone(state.buckets.get(lane.index())?),
            counters: Arc::clone(&state.counters),
        })
    }

    /// Gives a lane's task to its link; without the link the task ends.
    pub(crate) fn own(&mut self, peer: &PeerId, connection: ConnectionId, task: AbortHandle) {
        let link = self
            .peers
            .get_mut(peer)
            .and_then(|state| state.link(connection));
        match link {
            Some(link) => link.own(task),
            None => task.abort(),
        }
    }

    /// Notes a received frame.
    pub(crate) fn heard(
        &mut self,
        peer: &PeerId,
        connection: ConnectionId,
        lane: Lane,
        now_ms: u64,
    ) {
        let Some(state) = self.peers.get_mut(peer) else {
            return;
        };
        let was_heard = state.is_heard();
        let Some(link) = state.link(connection) else {
            return;
        };
        link.heard_at_ms = now_ms;
        link.is_heard = link.is_heard || lane == Lane::Consensus;
        let is_heard = was_heard || link.is_heard;
        state.last_heard_ms = Some(now_ms);
        if is_heard != was_heard {
            self.changed();
        }
    }

    /// Counts a message that could be of no use.
    pub(crate) fn left_out(&self, peer: &PeerId) {
        if let Some(state) = self.peers.get(peer) {
            state.counters.frames_untimely.fetch_add(1, Relaxed);
        }
    }

    /// Takes a heartbeat's list.
    pub(crate) fn hears(&mut self, peer: &PeerId, heard: Vec<PeerId>) {
        if let Some(state) = self.peers.get_mut(peer)
            && !state.links.is_empty()
            && state.hears.as_ref() != Some(&heard)
        {
            state.hears = Some(heard);
            self.plan_relays();
        }
    }

    /// Connections on which nothing arrived for `silence_ms`.
    pub(crate) fn silent(&self, silence_ms: u64, now_ms: u64) -> Vec<(PeerId, ConnectionId)> {
        let links = self
            .peers
            .iter()
            .flat_map(|(id, peer)| peer.links.iter().map(move |link| (*id, link)));
        links
            .filter(|(_, link)| now_ms.saturating_sub(link.heard_at_ms) > silence_ms)
            .map(|(id, link)| (id, link.connection))
            .collect()
    }

    /// Queues a frame for every connected peer.
    pub(crate) fn send_to_all(&self, frame: &Frame) {
        for peer in self.peers.values().filter(|peer| !peer.links.is_empty()) {
            peer.send(frame.clone());
        }
    }

    /// Queues a frame for every connected validator; returns how many queues took it.
    pub(crate) fn send_to_validators(&self, frame: &Frame) -> usize {
        let connected = self
            .peers
            .values()
            .filter(|peer| peer.entry.validator && !peer.links.is_empty());
        connected.filter(|peer| peer.send(frame.clone())).count()
    }

    /// Queues a frame for one peer.
    pub(crate) fn send_to(&self, peer: &PeerId, frame: Frame) -> bool {
        self.peers.get(peer).is_some_and(|peer| peer.send(frame))
    }

    /// Sends the list of validators we hear on every link, if `due` or if it changed since the last time.
    pub(crate) fn send_heartbeat(&mut self, due: bool) {
        if !due && !self.heartbeat_due {
            return;
        }
        self.heartbeat_due = false;
        let heard: Vec<_> = self.heard_validators().map(|(id, _)| *id).collect();
        let frame = Frame {
            kind: Kind::Heartbeat,
            body: heartbeat::encode(&heard),
        };
        for peer in self.peers.values() {
            for link in &peer.links {
                link.push(frame.clone(), &peer.counters);
            }
        }
    }

    /// Where a peer's messages are passed on to.
    pub(crate) fn relay_to(&self, origin: &PeerId) -> &[PeerId] {
        self.peers
            .get(origin)
            .map_or(&[], |peer| peer.relay_to.as_slice())
    }

    /// What a peer is called; a word for one that is not listed.
    pub(crate) fn name(&self, peer: &PeerId) -> String {
        let listed = self.peers.get(peer);
        listed.map_or_else(|| "unlisted".to_owned(), |peer| peer.entry.name.clone())
    }

    /// Whether the peer is listed as a validator.
    pub(crate) fn is_validator(&self, peer: &PeerId) -> bool {
        self.peers
            .get(peer)
            .is_some_and(|peer| peer.entry.validator)
    }

    /// A reading of every peer.
    pub(crate) fn status(&self, now_ms: u64) -> Vec<PeerStatus> {
        let peers = self.peers.iter();
        peers.map(|(id, peer)| peer.status(*id, now_ms)).collect()
    }

    fn heard_validators(&self) -> impl Iterator<Item = (&PeerId, &Peer)> {
        let peers = self.peers.iter();
        peers.filter(|(_, peer)| peer.entry.validator && peer.is_heard())
    }

    /// Who is heard may have changed: tell the peers, and plan again.
    fn changed(&mut self) {
        self.heartbeat_due = true;
        self.plan_relays();
    }

    fn plan_relays(&mut self) {
        let views: Vec<_> = self
            .heard_validators()
            .map(|(id, peer)| View {
                peer: *id,
                hears: peer.hears.as_deref(),
            })
            .collect();
        let plan: BTreeMap<PeerId, Vec<PeerId>> = views
            .iter()
            .map(|origin| (origin.peer, relay::targets(self.local, origin.peer, &views)))
            .collect();
        for (id, peer) in &mut self.peers {
            peer.relay_to = plan.get(id).cloned().unwrap_or_default();
        }
    }
}

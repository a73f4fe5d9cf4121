//! The swarm task: connections, dialling, bans, the start of lanes, and value sync.
//!
//! Invariant: one loop that never awaits anything but its own events; every table it keeps is emptied
//! by the closing of the connection it belongs to.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_malachitebft_sync::InboundRequestId;
use bytes::Bytes;
use futures::StreamExt;
use libp2p::core::ConnectedPoint;
use libp2p::identity::Keypair;
use libp2p::request_response as rr;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, Swarm, SwarmEvent};
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{debug, error, info, warn};

use crate::clock::milliseconds;
use crate::error::NetworkError;
use crate::hub::Hub;
use crate::lane::negotiate::Opened;
use crate::lane::queue::Queued;
use crate::lane::reader::Reader;
use crate::lane::writer::Writer;
use crate::lane::{End, Lane};
use crate::limits::{ENDED_LANES_MAX, LISTEN_WITHIN, QUESTIONS_MAX, TICK};
use crate::peers::counters::bump;
use crate::peers::directory::Dropped;
use crate::peers::status::Direction;
use crate::swarm::behaviour::{Behaviour, BehaviourEvent, build};
use crate::swarm::dial::{Schedule, Waits};
use crate::swarm::exchange::Command;
use crate::swarm::fetch::{Answered, Fetch, FetchReply};
use crate::swarm::listen;
use crate::swarm::sync::Received;

/// A connection that has not opened all its lanes in both directions.
struct Opening {
    peer: PeerId,
    missing: usize,
    due_ms: u64,
    queues: HashMap<Lane, mpsc::Receiver<Queued>>,
}

type EndOfLane = (PeerId, ConnectionId, End);

/// The task's state.
pub(crate) struct SwarmTask {
    pub(super) hub: Arc<Hub>,
    pub(super) swarm: Swarm<Behaviour>,
    waits: Waits,
    schedules: HashMap<PeerId, Schedule>,
    established: HashMap<ConnectionId, PeerId>,
    opening: HashMap<ConnectionId, Opening>,
    pub(super) answers: HashMap<InboundRequestId, rr::ResponseChannel<Received>>,
    pub(super) asked: HashMap<rr::OutboundRequestId, FetchReply>,
    pub(super) questions: mpsc::Sender<Fetch>,
    pub(super) answered: mpsc::Sender<Answered>,
    answers_out: mpsc::Receiver<Answered>,
    transactions: mpsc::Sender<(PeerId, Bytes)>,
    ends: mpsc::Sender<EndOfLane>,
    ended: mpsc::Receiver<EndOfLane>,
    next_heartbeat_ms: u64,
}

impl SwarmTask {
    /// Builds the swarm; it neither listens nor dials yet.
    pub(crate) fn new(
        keypair: &Keypair,
        chain: &str,
        hub: Arc<Hub>,
        transactions: mpsc::Sender<(PeerId, Bytes)>,
        questions: mpsc::Sender<Fetch>,
    ) -> Result<Self, NetworkError> {
        let swarm = build(keypair, chain, &hub)?;
        let (answered, answers_out) = mpsc::channel(QUESTIONS_MAX);
        let (ends, ended) = mpsc::channel(ENDED_LANES_MAX);
        let waits = Waits {
            min_ms: milliseconds(hub.limits.redial_min),
            max_ms: milliseconds(hub.limits.redial_max),
        };
        let mut task = Self {
            hub,
            swarm,
            waits,
            schedules: HashMap::new(),
            established: HashMap::new(),
            opening: HashMap::new(),
            answers: HashMap::new(),
            asked: HashMap::new(),
            questions,
            answered,
            answers_out,
            transactions,
            ends,
            ended,
            next_heartbeat_ms: 0,
        };
        task.apply_peers();
        Ok(task)
    }

    /// Opens the port; returns when it accepts connections.
    pub(crate) async fn listen(&mut self, address: &Multiaddr) -> Result<(), NetworkError> {
        listen::check_free(address)?;
        let refused = |error| listen::refused(address, error);
        self.swarm.listen_on(address.clone()).map_err(refused)?;
        let hub = Arc::clone(&self.hub);
        let listening = async {
            while !hub.is_listening() {
                let event = self.swarm.select_next_some().await;
                if let SwarmEvent::ListenerClosed {
                    reason: Err(source),
                    ..
                } = event
                {
                    let address = address.clone();
                    return Err(NetworkError::Listen { address, source });
                }
                self.on_event(event);
            }
            Ok(())
        };
        let not_listening = |_late| NetworkError::NotListening {
            address: address.clone(),
            waited: LISTEN_WITHIN,
        };
        timeout(LISTEN_WITHIN, listening)
            .await
            .map_err(not_listening)?
    }

    /// Runs until the hub is stopped; then the port is free and every task is told to end.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        done: watch::Sender<bool>,
    ) {
        let hub = Arc::clone(&self.hub);
        let mut stopping = hub.stopping();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(command) = commands.recv() => self.on_command(command),
                Some(answered) = self.answers_out.recv() => self.on_answered(answered),
                Some((peer, connection, end)) = self.ended.recv() => self.on_end(peer, connection, end),
                () = hub.peers_changed.notified() => self.apply_peers(),
                _ = tick.tick() => self.on_tick(),
            }
        }
        hub.clear();
        drop(self);
        done.send_replace(true);
    }

    /// Brings the swarm in line with the directory.
    fn apply_peers(&mut self) {
        let wanted = self.hub.allowed_now();
        let behaviour = self.swarm.behaviour_mut();
        let present = behaviour.allowed.allowed_peers().clone();
        for removed in present.difference(&wanted) {
            behaviour.allowed.disallow_peer(*removed); // also closes its connections
        }
        for added in wanted.difference(&present) {
            behaviour.allowed.allow_peer(*added);
        }
        let listed = self.hub.listed();
        behaviour.gate.set_listed(listed.values().flatten());
        self.schedules.retain(|peer, _| listed.contains_key(peer));
        let now_ms = self.hub.clock.now_ms();
        for peer in listed.keys() {
            let (local, waits) = (&self.hub.local, self.waits);
            let new = || Schedule::new(local, peer, waits, now_ms);
            self.schedules.entry(*peer).or_insert_with(new);
        }
        self.close_unlinked();
    }

    /// Closes what the directory dropped: a peer may be taken off the list and be back before we looked.
    fn close_unlinked(&mut self) {
        let established = self.established.iter();
        let unlinked: Vec<_> = established
            .filter(|(connection, peer)| !self.hub.is_linked(**peer, **connection))
            .map(|(connection, peer)| (*peer, *connection))
            .collect();
        for (peer, connection) in unlinked {
            self.close(peer, connection);
        }
    }

    fn on_tick(&mut self) {
        let now_ms = self.hub.clock.now_ms();
        self.hub.unban();
        for (peer, connection) in self.hub.silent() {
            self.close_stalled(peer, connection, "silent");
        }
        let late = self.opening.iter();
        let late: Vec<_> = late
            .filter(|(_, opening)| opening.due_ms <= now_ms)
            .map(|(connection, opening)| (opening.peer, *connection))
            .collect();
        for (peer, connection) in late {
            self.close_stalled(peer, connection, "lanes not opened");
        }
        let heartbeat_due = self.next_heartbeat_ms <= now_ms;
        if heartbeat_due {
            self.next_heartbeat_ms = now_ms.saturating_add(milliseconds(self.hub.limits.heartbeat));
        }
        self.hub.send_heartbeat(heartbeat_due);
        self.dial_due(now_ms);
    }

    fn dial_due(&mut self, now_ms: u64) {
        for peer in self.hub.absent() {
            let schedule = self.schedules.get_mut(&peer);
            if !schedule.is_some_and(|schedule| schedule.is_due(self.waits, now_ms)) {
                continue;
            }
            // A new port: two nodes dialling each other from their listen ports would meet in one connection
            // that both believe to have dialled. Whether the peer is connected the directory knows better than
            // the swarm, which still counts connections that we dropped and that cannot flush.
            let options = DialOpts::peer_id(peer)
                .condition(PeerCondition::NotDialing)
                .addresses(self.hub.addresses(&peer))
                .allocate_new_port()
                .build();
            if let Err(error) = self.swarm.dial(options) {
                debug!(%peer, %error, "Not dialled");
            }
        }
    }

    fn on_end(&mut self, peer: PeerId, connection: ConnectionId, end: End) {
        match end {
            End::Closed => self.close(peer, connection),
            End::Stalled => self.close_stalled(peer, connection, "a write made no progress"),
            End::Violation(violation) => {
                self.hub.ban(peer, violation);
                self.close(peer, connection);
            }
        }
    }

    fn close_stalled(&mut self, peer: PeerId, connection: ConnectionId, why: &str) {
        let node = self.hub.name(&peer);
        warn!(%node, %peer, %connection, why, "Closing a stalled connection");
        bump(&self.hub.totals.stalled);
        self.close(peer, connection);
    }

    /// Forgets the connection at once; the swarm may need longer to flush it.
    fn close(&mut self, peer: PeerId, connection: ConnectionId) {
        self.forget(peer, connection);
        self.swarm.close_connection(connection);
    }

    fn forget(&mut self, peer: PeerId, connection: ConnectionId) {
        self.opening.remove(&connection);
        if let Dropped::Last { was_heard } = self.hub.disconnected(peer, connection) {
            info!(node = %self.hub.name(&peer), %peer, "Disconnected");
            if let Some(schedule) = self.schedules.get_mut(&peer) {
                schedule.lost(was_heard, self.waits, self.hub.clock.now_ms());
            }
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                info!(%address, "Listening");
                self.hub.listening(address);
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => self.hub.not_listening(&address),
            SwarmEvent::ListenerClosed { addresses, .. } => {
                error!(
                    ?addresses,
                    "The listener closed: peers can no longer connect to us"
                );
                for address in &addresses {
                    self.hub.not_listening(address);
                }
            }
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => self.on_connected(peer_id, connection_id, &endpoint),
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                cause,
                ..
            } => {
                debug!(peer = %peer_id, ?cause, "Connection closed");
                self.established.remove(&connection_id);
                self.forget(peer_id, connection_id);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Lanes((peer, connection, opened))) => {
                self.on_lane(peer, connection, opened);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Sync(event)) => self.on_sync(event),
            SwarmEvent::Behaviour(BehaviourEvent::Fetch(event)) => self.on_fetch(event),
            SwarmEvent::IncomingConnectionError { error, .. } => debug!(%error, "Inbound"),
            SwarmEvent::OutgoingConnectionError { error, .. } => debug!(%error, "Outbound"),
            // libp2p's enum is non-exhaustive; the rest is told again by one of the events above.
            _ => {}
        }
    }

    fn on_connected(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        self.established.insert(connection, peer);
        let direction = if endpoint.is_dialer() {
            Direction::Outbound
        } else {
            Direction::Inbound
        };
        let Some(receivers) = self.hub.connected(peer, connection, direction) else {
            self.swarm.close_connection(connection);
            return;
        };
        info!(node = %self.hub.name(&peer), %peer, ?direction, "Connected");
        let within_ms = milliseconds(self.hub.limits.handshake_timeout);
        let opening = Opening {
            peer,
            missing: receivers.len().saturating_mul(2),
            due_ms: self.hub.clock.now_ms().saturating_add(within_ms),
            queues: receivers.into_iter().collect(),
        };
        self.opening.insert(connection, opening);
    }

    fn on_lane(&mut self, peer: PeerId, connection: ConnectionId, opened: Opened) {
        let Some(opening) = self.opening.get_mut(&connection) else {
            return; // forgotten by now; the stream closes as it is dropped
        };
        opening.missing = opening.missing.saturating_sub(1);
        let ends = self.ends.clone();
        let task = match opened {
            Opened::Refused => {
                warn!(
                    node = %self.hub.name(&peer),
                    %peer,
                    "The peer is of another chain, made from another genesis, or speaks another version: it does not know one of our lanes"
                );
                bump(&self.hub.totals.mismatched);
                self.close(peer, connection);
                return;
            }
            Opened::Failed => {
                self.close(peer, connection);
                return;
            }
            Opened::Outbound(lane, stream) => {
                let queue = opening.queues.remove(&lane);
                let share = self.hub.share(peer, connection, lane);
                let (Some(queue), Some(share)) = (queue, share) else {
                    return;
                };
                let writer = Writer {
                    queue,
                    counters: share.counters,
                    stall: self.stall(lane),
                };
                tokio::spawn(async move {
                    let _swarm_gone = ends
                        .send((peer, connection, writer.run(stream).await))
                        .await;
                })
            }
            Opened::Inbound(lane, stream) => {
                let Some(share) = self.hub.share(peer, connection, lane) else {
                    return;
                };
                let reader = Reader {
                    hub: Arc::clone(&self.hub),
                    peer,
                    connection,
                    lane,
                    bucket: share.bucket,
                    counters: share.counters,
                    transactions: self.transactions.clone(),
                };
                tokio::spawn(async move {
                    let _swarm_gone = ends
                        .send((peer, connection, reader.run(stream).await))
                        .await;
                })
            }
        };
        self.hub.own(peer, connection, task.abort_handle());
        if self
            .opening
            .get(&connection)
            .is_some_and(|opening| opening.missing == 0)
        {
            self.opening.remove(&connection);
        }
    }

    fn stall(&self, lane: Lane) -> Option<Duration> {
        match lane {
            Lane::Consensus | Lane::Parts => Some(self.hub.limits.silence),
            Lane::Transactions => None,
        }
    }
}

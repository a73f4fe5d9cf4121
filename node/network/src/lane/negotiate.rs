//! The libp2p behaviour that opens one long-lived outbound stream for each lane of every connection and
//! hands the raw streams to the swarm task.
//!
//! Invariant: never touches a byte of a stream.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade, UpgradeInfo};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
    NetworkBehaviour, Stream, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use crate::lane::Lane;

/// A lane with its name on one chain.
#[derive(Clone)]
pub(crate) struct LaneName {
    lane: Lane,
    name: Arc<str>,
}

impl LaneName {
    fn of(lane: Lane, chain: &str) -> Self {
        let name = format!("{}/{chain}", lane.protocol()).into();
        Self { lane, name }
    }
}

impl AsRef<str> for LaneName {
    fn as_ref(&self) -> &str {
        &self.name
    }
}

/// Negotiates a lane's name and yields the bare stream.
#[derive(Clone)]
pub(crate) struct LaneUpgrade(Vec<LaneName>);

impl UpgradeInfo for LaneUpgrade {
    type Info = LaneName;
    type InfoIter = std::vec::IntoIter<LaneName>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.clone().into_iter()
    }
}

impl InboundUpgrade<Stream> for LaneUpgrade {
    type Output = (Lane, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, name: LaneName) -> Self::Future {
        ready(Ok((name.lane, stream)))
    }
}

impl OutboundUpgrade<Stream> for LaneUpgrade {
    type Output = (Lane, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, name: LaneName) -> Self::Future {
        ready(Ok((name.lane, stream)))
    }
}

/// What happened to a lane of a connection.
#[derive(Debug)]
pub(crate) enum Opened {
    /// The peer opened its sending side.
    Inbound(Lane, Stream),
    /// We opened ours.
    Outbound(Lane, Stream),
    /// The peer does not know the lane: it is of another chain, or speaks another version.
    Refused,
    /// The lane could not be opened for another reason, as when the connection is lost.
    Failed,
}

/// One connection's lanes. Holds at most one event for each lane and direction.
pub(crate) struct Handler {
    names: [LaneName; 3],
    to_open: VecDeque<LaneName>,
    accepted: Vec<Lane>,
    events: VecDeque<Opened>,
    timeout: Duration,
}

impl Handler {
    fn protocol(&self, lanes: Vec<LaneName>) -> SubstreamProtocol<LaneUpgrade> {
        SubstreamProtocol::new(LaneUpgrade(lanes), ()).with_timeout(self.timeout)
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Opened;
    type InboundProtocol = LaneUpgrade;
    type OutboundProtocol = LaneUpgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    /// A lane is accepted once for each connection; a second attempt fails to negotiate.
    fn listen_protocol(&self) -> SubstreamProtocol<LaneUpgrade> {
        let free = self.names.iter();
        let free = free.filter(|name| !self.accepted.contains(&name.lane));
        self.protocol(free.cloned().collect())
    }

    /// Liveness is our own affair: the swarm task closes silent connections.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<LaneUpgrade, (), Opened>> {
        if let Some(event) = self.events.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(event));
        }
        if let Some(lane) = self.to_open.pop_front() {
            let protocol = self.protocol(vec![lane]);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<LaneUpgrade, LaneUpgrade>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: (lane, stream),
                ..
            }) if !self.accepted.contains(&lane) => {
                self.accepted.push(lane);
                self.events.push_back(Opened::Inbound(lane, stream));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: (lane, stream),
                ..
            }) => self.events.push_back(Opened::Outbound(lane, stream)),
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => {
                self.events.push_back(match error {
                    StreamUpgradeError::NegotiationFailed => Opened::Refused,
                    StreamUpgradeError::Timeout
                    | StreamUpgradeError::Io(_)
                    | StreamUpgradeError::Apply(_) => Opened::Failed,
                });
            }
            // A second stream for an accepted lane is dropped. The rest of libp2p's non-exhaustive enum concerns
            // addresses and protocol lists.
            _ => {}
        }
    }
}

/// Gives every connection its handler and passes on what the handlers report.
pub(crate) struct Lanes {
    names: [LaneName; 3],
    events: VecDeque<(PeerId, ConnectionId, Opened)>,
    timeout: Duration,
}

impl Lanes {
    /// `timeout`: time to negotiate one lane.
    pub(crate) fn new(chain: &str, timeout: Duration) -> Self {
        Self {
            names: Lane::ALL.map(|lane| LaneName::of(lane, chain)),
            events: VecDeque::new(),
            timeout,
        }
    }

    fn handler(&self) -> Handler {
        Handler {
            names: self.names.clone(),
            to_open: self.names.clone().into(),
            accepted: Vec::new(),
            events: VecDeque::new(),
            timeout: self.timeout,
        }
    }
}

impl NetworkBehaviour for Lanes {
    type ConnectionHandler = Handler;
    type ToSwarm = (PeerId, ConnectionId, Opened);

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.events.push_back((peer, connection, event));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        match self.events.pop_front() {
            Some(event) => Poll::Ready(ToSwarm::GenerateEvent(event)),
            None => Poll::Pending,
        }
    }
}

//! Bounds the inbound connections that have not proven a key yet: for each address, and for strangers together.
//!
//! An address that a peer is listed with does not count among the strangers, so a flood from elsewhere
//! cannot keep a member out.
//!
//! Invariant: knows addresses only; every connection it counted is forgotten when it is established or fails.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::behaviour::ListenFailure;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use thiserror::Error;

use crate::limits::NetworkLimits;
use crate::peers::counters::{Totals, bump};
use crate::swarm::listen::ip_address;

/// Why an inbound connection is refused before its handshake.
#[derive(Debug, Error)]
enum Refused {
    #[error("too many unauthenticated connections from {0}")]
    Address(IpAddr),
    #[error("too many unauthenticated connections from unlisted addresses")]
    Strangers,
}

/// The counts.
pub(crate) struct Gate {
    totals: Arc<Totals>,
    per_address_max: usize,
    strangers_max: usize,
    listed: HashSet<IpAddr>,
    pending: HashMap<ConnectionId, IpAddr>,
}

impl Gate {
    pub(crate) fn new(limits: &NetworkLimits, totals: Arc<Totals>) -> Self {
        Self {
            totals,
            per_address_max: limits.pending_inbound_per_address_max,
            strangers_max: limits.pending_inbound_max,
            listed: HashSet::new(),
            pending: HashMap::new(),
        }
    }

    /// Replaces the addresses that do not count among the strangers.
    pub(crate) fn set_listed<'a>(&mut self, addresses: impl Iterator<Item = &'a Multiaddr>) {
        self.listed = addresses.map(source).collect();
    }

    fn admit(&mut self, connection: ConnectionId, from: IpAddr) -> Result<(), Refused> {
        let pending = self.pending.values();
        if pending.filter(|address| **address == from).count() >= self.per_address_max {
            return Err(Refused::Address(from));
        }
        let pending = self.pending.values();
        let strangers = pending.filter(|address| !self.listed.contains(*address));
        if !self.listed.contains(&from) && strangers.count() >= self.strangers_max {
            return Err(Refused::Strangers);
        }
        self.pending.insert(connection, from);
        Ok(())
    }
}

/// The address a limit applies to: the IPv4 address, or the /64 that one IPv6 host can use freely.
/// Anything else counts as one and the same.
fn source(address: &Multiaddr) -> IpAddr {
    match address.iter().next().and_then(ip_address) {
        Some(IpAddr::V6(ip)) => {
            let prefix = u128::from(ip) & (u128::MAX << 64);
            Ipv6Addr::from(prefix).into()
        }
        Some(v4) => v4,
        None => Ipv6Addr::UNSPECIFIED.into(),
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.admit(connection, source(remote)).map_err(|refused| {
            bump(&self.totals.refused_pending);
            ConnectionDenied::new(refused)
        })
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pending.remove(&connection);
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ListenFailure(ListenFailure { connection_id, .. }) = event {
            self.pending.remove(&connection_id);
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn gate() -> Gate {
        let limits = NetworkLimits {
            pending_inbound_max: 3,
            pending_inbound_per_address_max: 2,
            ..NetworkLimits::default()
        };
        Gate::new(&limits, Arc::default())
    }

    fn arrives(gate: &mut Gate, connection: usize, from: &str) -> bool {
        let connection = ConnectionId::new_unchecked(connection);
        gate.handle_pending_inbound_connection(
            connection,
            &"/ip4/127.0.0.1/tcp/1".parse().unwrap(),
            &from.parse().unwrap(),
        )
        .is_ok()
    }

    #[test]
    fn an_address_and_the_strangers_are_bounded_and_the_listed_are_not_among_them() {
        let mut gate = gate();
        gate.set_listed([&"/ip4/10.0.0.9/tcp/7".parse().unwrap()].into_iter());
        assert!(arrives(&mut gate, 1, "/ip4/10.0.0.1/tcp/1"));
        assert!(arrives(&mut gate, 2, "/ip4/10.0.0.1/tcp/2"));
        assert!(!arrives(&mut gate, 3, "/ip4/10.0.0.1/tcp/3"));
        assert!(arrives(&mut gate, 4, "/ip4/10.0.0.2/tcp/1"));
        assert!(!arrives(&mut gate, 5, "/ip4/10.0.0.3/tcp/1"));
        assert!(arrives(&mut gate, 6, "/ip4/10.0.0.9/tcp/1"));
        assert_eq!(gate.pending.len(), 4);
    }

    #[test]
    fn the_addresses_of_one_ipv6_host_count_together() {
        let mut gate = gate();
        assert!(arrives(&mut gate, 1, "/ip6/2001:db8::1/tcp/1"));
        assert!(arrives(&mut gate, 2, "/ip6/2001:db8::2/tcp/1"));
        assert!(!arrives(&mut gate, 3, "/ip6/2001:db8::3/tcp/1"));
        assert!(arrives(&mut gate, 4, "/ip6/2001:db8:0:1::1/tcp/1"));
    }
}

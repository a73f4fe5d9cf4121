//! The swarm's behaviours and its transport: TCP, Noise with the allow-list, Yamux.
//!
//! Invariant: assembles parts; decides nothing while running.

use std::sync::Arc;

use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::swarm::{NetworkBehaviour, Swarm};
use libp2p::{noise, request_response as rr, tcp, yamux};

use crate::allow::AllowedNoise;
use crate::error::NetworkError;
use crate::hub::Hub;
use crate::lane::negotiate::Lanes;
use crate::limits::{CONNECTIONS_CLOSING_PER_PEER_MAX, STREAMS_PER_CONNECTION_MAX};
use crate::swarm::gate::Gate;
use crate::swarm::sync::{self, SyncCodec};

/// What runs on every connection. The gate comes first, so that it forgets a connection whatever the others say.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) gate: Gate,
    pub(crate) allowed: allow_block_list::Behaviour<AllowedPeers>,
    pub(crate) limits: connection_limits::Behaviour,
    pub(crate) lanes: Lanes,
    pub(crate) sync: rr::Behaviour<SyncCodec>,
    pub(crate) fetch: rr::Behaviour<SyncCodec>,
}

/// A swarm that does not listen yet and allows nobody.
pub(crate) fn build(
    keypair: &Keypair,
    chain: &str,
    hub: &Arc<Hub>,
) -> Result<Swarm<Behaviour>, NetworkError> {
    let limits = &hub.limits;
    let connections = ConnectionLimits::default()
        .with_max_established_per_peer(Some(CONNECTIONS_CLOSING_PER_PEER_MAX));
    let behaviour = Behaviour {
        gate: Gate::new(limits, Arc::clone(&hub.totals)),
        allowed: allow_block_list::Behaviour::default(),
        limits: connection_limits::Behaviour::new(connections),
        // Longer than the task's deadline for all lanes, so that silence is not taken for another version.
        lanes: Lanes::new(chain, limits.handshake_timeout.saturating_mul(2)),
        sync: sync::behaviour(chain, limits)?,
        fetch: sync::fetching(chain, limits)?,
    };
    let security = |keypair: &Keypair| {
        let noise = noise::Config::new(keypair)?;
        let allowed = hub.allowed.clone();
        Ok::<_, noise::Error>(AllowedNoise { noise, allowed })
    };
    // Setting a bound selects the Yamux whose window stays at 256 KiB for each stream, so memory is bounded too.
    let multiplexer = || {
        let mut yamux = yamux::Config::default();
        yamux.set_max_num_streams(STREAMS_PER_CONNECTION_MAX);
        yamux
    };
    let Ok(builder) = libp2p::SwarmBuilder::with_existing_identity(keypair.clone())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), security, multiplexer)?
        .with_behaviour(|_| behaviour);
    Ok(builder
        .with_swarm_config(|config| config)
        .with_connection_timeout(limits.handshake_timeout)
        .build())
}

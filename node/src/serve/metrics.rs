//! A node's state as Prometheus reads it, made anew for every reading.

use dirchain_engine::EngineStatus;
use dirchain_explorer::api::{
    ChainAbout, NodeMode, NodeStatus, PeerStatus, SyncState, TipSummary, Warning,
};
use dirchain_ledger::ids::NodeId;
use dirchain_ledger::validators::ValidatorSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::client::now;

type Labels = Vec<(String, String)>;

/// The text that `/metrics` answers. `epoch`: the one of the next block; none where the ledger could not be read.
pub(super) fn text(
    about: &ChainAbout,
    tip: &TipSummary,
    node: &NodeStatus,
    engine: &EngineStatus,
    epoch: Option<u64>,
) -> String {
    let mut registry = Registry::with_prefix("dirchain");
    let info = vec![
        ("node", node.node.to_string()),
        ("chain", about.chain.to_string()),
        ("version", about.software_version.clone()),
    ];
    registry.register("node", "This node", Info::new(info));
    registry.register(
        "offences",
        "Offences of other nodes seen",
        ConstCounter::new(engine.offences),
    );
    if let Some(epoch) = epoch {
        let help = "How often the validators changed: the epoch of the next block";
        let epoch = i64::try_from(epoch).unwrap_or(i64::MAX);
        registry.register("epoch", help, ConstGauge::new(epoch));
    }
    register_round(&mut registry, tip, node, engine);
    register_state(&mut registry, tip, node);
    register_warnings(&mut registry, &node.warnings);
    register_peers(&mut registry, &node.peers);
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => text,
        Err(error) => {
            tracing::warn!(%error, "the metrics could not be written");
            String::new()
        }
    }
}

/// Who decides the next block, and how far that is.
fn register_round(
    registry: &mut Registry,
    tip: &TipSummary,
    node: &NodeStatus,
    engine: &EngineStatus,
) {
    let members = tip.validators.len();
    let is_up = |id: &NodeId| {
        let mut peers = node.peers.iter();
        *id == node.node || peers.any(|peer| peer.connected && peer.node == *id)
    };
    let up = tip.validators.iter().filter(|member| is_up(&member.node));
    let quorum = ValidatorSet::new(tip.validators.clone()).map_or(members, |set| set.quorum());
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    for (name, help, value) in [
        (
            "validators",
            "Nodes that vote on the next block",
            number(members),
        ),
        (
            "validators_up",
            "Those of them that this node sees, itself included",
            number(up.count()),
        ),
        (
            "validators_needed",
            "How many votes decide a block",
            number(quorum),
        ),
        (
            "round",
            "The round that the next block is decided in",
            i64::from(engine.outlook.round),
        ),
    ] {
        registry.register(name, help, ConstGauge::new(value));
    }
    let mode = match node.mode {
        NodeMode::Validator => "validator",
        NodeMode::Observer => "observer",
        NodeMode::Following { .. } => "following",
    };
    let family = Family::<Labels, Gauge>::default();
    for known in ["validator", "observer", "following"] {
        let labels = vec![("mode".to_owned(), known.to_owned())];
        family.get_or_create(&labels).set(i64::from(known == mode));
    }
    let help = "How this node takes part: following is a validator that does not vote for now";
    registry.register("mode", help, family);
}

fn register_state(registry: &mut Registry, tip: &TipSummary, node: &NodeStatus) {
    let tip_age_ms = now().0.saturating_sub(tip.time.0.0);
    let tip_age_ms = u64::try_from(tip_age_ms).unwrap_or_default();
    let behind = match node.sync {
        SyncState::CaughtUp => 0,
        SyncState::CatchingUp { target } => target.0.saturating_sub(tip.height.0),
    };
    let votes = match node.mode {
        NodeMode::Validator => 1,
        NodeMode::Observer | NodeMode::Following { .. } => 0,
    };
    let waiting = node.waiting_transactions;
    for (name, help, value) in [
        ("height", "Height of the last block", tip.height.0),
        ("tip_age_milliseconds", "Age of the last block", tip_age_ms),
        ("behind_blocks", "Blocks still to be fetched", behind),
        ("votes", "Whether this node votes", votes),
        (
            "ready",
            "Whether its answers are fit for use",
            u64::from(node.ready),
        ),
        (
            "waiting_transactions",
            "Transactions that wait for a block",
            waiting,
        ),
        (
            "disk_bytes",
            "Bytes that the database takes on the disk, its log included",
            node.disk_bytes,
        ),
        (
            "uptime_milliseconds",
            "Time since this node started",
            node.uptime_ms,
        ),
    ] {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        registry.register(name, help, ConstGauge::new(value));
    }
}

fn register_warnings(registry: &mut Registry, warnings: &[Warning]) {
    let (mut own_ahead_ms, mut others, mut standing_ms, mut round) = (0, 0, 0, 0);
    for warning in warnings {
        match warning {
            Warning::OwnClock { ahead_ms, .. } => own_ahead_ms = *ahead_ms,
            Warning::OtherClock { .. } => others += 1,
            Warning::Standstill {
                since,
                round: in_round,
                ..
            } => {
                standing_ms = now().0.saturating_sub(since.0.0);
                round = i64::from(*in_round);
            }
        }
    }
    for (name, help, value) in [
        (
            "clock_ahead_milliseconds",
            "How far this node's clock is ahead of most others'; 0 where it is not known to differ",
            own_ahead_ms,
        ),
        (
            "other_clocks_differing",
            "Other nodes whose clocks differ from this node's",
            others,
        ),
        (
            "standstill_milliseconds",
            "How long something waits to be decided, once that is too long",
            standing_ms,
        ),
        (
            "standstill_round",
            "The round on the height that is not decided, while the chain stands still",
            round,
        ),
    ] {
        registry.register(name, help, ConstGauge::new(value));
    }
}

fn register_peers(registry: &mut Registry, peers: &[PeerStatus]) {
    type Reading = fn(&PeerStatus) -> u64;
    let readings: [(&str, &str, Reading); 8] = [
        (
            "peer_throttled_milliseconds",
            "How long a node was held back for sending more than its share",
            |peer| peer.throttled_ms,
        ),
        (
            "peer_violations",
            "How often a node broke the protocol",
            |peer| peer.violations,
        ),
        (
            "peer_banned",
            "Whether a node is refused for a while",
            |peer| u64::from(peer.banned),
        ),
        (
            "peer_unwanted_messages",
            "Messages of a node that only validators send",
            |peer| peer.unwanted_messages,
        ),
        ("peer_connected", "Whether a node is connected", |peer| {
            u64::from(peer.connected)
        }),
        (
            "peer_received_bytes",
            "Bytes received from a node",
            |peer| peer.received_bytes,
        ),
        ("peer_sent_bytes", "Bytes sent to a node", |peer| {
            peer.sent_bytes
        }),
        (
            "peer_dropped_messages",
            "Messages to a node that were dropped",
            |peer| peer.dropped_messages,
        ),
    ];
    for (name, help, reading) in readings {
        let family = Family::<Labels, Gauge>::default();
        for peer in peers {
            let labels = vec![("peer".to_owned(), peer.node.to_string())];
            let value = i64::try_from(reading(peer)).unwrap_or(i64::MAX);
            family.get_or_create(&labels).set(value);
        }
        registry.register(name, help, family);
    }
    let clocks = Family::<Labels, Gauge>::default();
    for peer in peers {
        if let Some(ahead_ms) = peer.clock_ahead_ms {
            let labels = vec![("peer".to_owned(), peer.node.to_string())];
            clocks.get_or_create(&labels).set(ahead_ms);
        }
    }
    let help = "How far the clock of a node is ahead of this one's, as its last block showed";
    registry.register("peer_clock_ahead_milliseconds", help, clocks);
}

//! A node's state as Prometheus reads it, made anew for every reading.

use dirchain_explorer::api::{
    ChainAbout, NodeMode, NodeStatus, PeerStatus, SyncState, TipSummary, Warning,
};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::client::now;

type Labels = Vec<(String, String)>;

/// The text that `/metrics` answers.
pub(super) fn text(
    about: &ChainAbout,
    tip: &TipSummary,
    node: &NodeStatus,
    offences: u64,
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
        ConstCounter::new(offences),
    );
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
            "Bytes of the database on disk",
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
    let readings: [(&str, &str, Reading); 4] = [
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
}

//! Plain counters: one set for each peer, one for the node.
//!
//! Invariant: they only grow, and nothing is decided by them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What one peer sent and received, over all its connections.
#[derive(Debug, Default)]
pub(crate) struct PeerCounters {
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) frames_in: AtomicU64,
    pub(crate) frames_out: AtomicU64,
    pub(crate) frames_dropped: AtomicU64,
    pub(crate) frames_unwanted: AtomicU64,
    pub(crate) frames_untimely: AtomicU64,
    pub(crate) throttled_ns: AtomicU64,
    pub(crate) violations: AtomicU64,
    /// One more than the highest tip it has shown; 0 when it has shown none.
    pub(crate) tip_shown: AtomicU64,
}

/// What happened on this node, over all peers.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) malformed: AtomicU64,
    pub(crate) refused_pending: AtomicU64,
    pub(crate) mismatched: AtomicU64,
    pub(crate) stalled: AtomicU64,
    pub(crate) delivered: AtomicU64,
    pub(crate) relayed_out: AtomicU64,
    pub(crate) relayed_in: AtomicU64,
    pub(crate) relayed_repeated: AtomicU64,
    pub(crate) heard_dropped: AtomicU64,
    pub(crate) oversize_out: AtomicU64,
}

/// Adds one.
pub(crate) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

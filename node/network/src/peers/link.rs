//! One established connection: its queues, its tasks, and when it was last heard.
//!
//! Invariant: dropping a link ends its tasks.

use std::sync::Arc;

use libp2p::swarm::ConnectionId;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::lane::Lane;
use crate::lane::frame::Frame;
use crate::lane::queue::{Queue, Queued, queue};
use crate::limits::NetworkLimits;
use crate::peers::counters::{PeerCounters, bump};
use crate::peers::status::Direction;

/// The receiving ends of a new link's queues, for the writers.
pub(crate) type Receivers = [(Lane, mpsc::Receiver<Queued>); 3];

/// A connection that is up.
pub(crate) struct Link {
    pub(crate) connection: ConnectionId,
    pub(crate) direction: Direction,
    /// When the last frame arrived, or the connection was made, in milliseconds since start.
    pub(crate) heard_at_ms: u64,
    /// Whether a frame arrived on the consensus lane.
    pub(crate) is_heard: bool,
    queues: [Queue; 3],
    tasks: Vec<AbortHandle>,
}

impl Link {
    pub(crate) fn new(
        connection: ConnectionId,
        direction: Direction,
        limits: &NetworkLimits,
        now_ms: u64,
    ) -> (Self, Receivers) {
        let (consensus, consensus_receiver) = queue(&limits.consensus);
        let (parts, parts_receiver) = queue(&limits.parts);
        let (transactions, transactions_receiver) = queue(&limits.transactions);
        let link = Self {
            connection,
            direction,
            heard_at_ms: now_ms,
            is_heard: false,
            queues: [consensus, parts, transactions],
            tasks: Vec::new(),
        };
        let receivers = [
            (Lane::Consensus, consensus_receiver),
            (Lane::Parts, parts_receiver),
            (Lane::Transactions, transactions_receiver),
        ];
        (link, receivers)
    }

    /// Takes charge of a lane's task.
    pub(crate) fn own(&mut self, task: AbortHandle) {
        self.tasks.push(task);
    }

    /// Queues a frame; a full queue drops it and counts.
    pub(crate) fn push(&self, frame: Frame, counters: &Arc<PeerCounters>) -> bool {
        let queue = self.queues.get(frame.kind.lane().index());
        let queued = queue.is_some_and(|queue| queue.push(frame));
        if !queued {
            bump(&counters.frames_dropped);
        }
        queued
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

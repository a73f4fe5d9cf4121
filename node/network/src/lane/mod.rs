//! A lane: one long-lived ordered stream for each direction of a connection, one for each kind of traffic.
//!
//! Invariant: nothing in this folder knows the engine's types; a body is bytes.

pub(crate) mod bucket;
pub(crate) mod frame;
pub(crate) mod heartbeat;
pub(crate) mod negotiate;
pub(crate) mod queue;
pub(crate) mod reader;
pub(crate) mod writer;

use std::fmt;

use crate::error::Violation;

/// Independent ordered streams, so that bulk traffic never delays votes.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Votes, proposals, certificates, status, heartbeats.
    Consensus,
    /// Proposal parts.
    Parts,
    /// Transactions.
    Transactions,
}

impl Lane {
    /// Every lane, in the order of [`Lane::index`].
    pub(crate) const ALL: [Lane; 3] = [Lane::Consensus, Lane::Parts, Lane::Transactions];

    /// Position in an array with an element for each lane.
    pub(crate) fn index(self) -> usize {
        match self {
            Lane::Consensus => 0,
            Lane::Parts => 1,
            Lane::Transactions => 2,
        }
    }
}

impl Lane {
    /// The protocol name negotiated for the lane's stream, without the chain that follows it. The number is
    /// the wire version: whoever changes a frame or what the codec writes raises it, since a lane that is not
    /// negotiated only ends the connection, while a frame that does not decode bans its sender.
    pub(crate) fn protocol(self) -> &'static str {
        match self {
            Lane::Consensus => "/dirchain/consensus/1",
            Lane::Parts => "/dirchain/parts/1",
            Lane::Transactions => "/dirchain/transactions/1",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.protocol())
    }
}

/// Why a lane's task ended; its connection is closed in every case.
#[derive(Debug)]
pub(crate) enum End {
    /// The stream or our own side closed.
    Closed,
    /// A write made no progress for the silence limit.
    Stalled,
    /// The peer broke the protocol.
    Violation(Violation),
}

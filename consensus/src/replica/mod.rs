//! The replica: builds, checks and commits blocks, and decides when a height may start.
//!
//! Invariant: a value. Everything it learns comes as an [`Event`], everything it wants done goes
//! out as [`Command`]s, to be carried out in their order. Production and simulator run the same.

mod blocks;
mod bodies;
mod kept;
mod outlook;
mod pacing;

use std::collections::BTreeSet;

use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{ChainState, Outcome, Tip};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height, Moment, TimeMs, TransactionId};
use dirchain_ledger::records::RULES_VERSION;
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::turns::Turns;
use dirchain_ledger::validators::ValidatorSet;
use dirchain_ledger::view::ViewError;

use crate::pool::{Inserted, Origin, Pool};
use crate::proposal::{Part, PartPlace};
use bodies::Bodies;
pub use outlook::Outlook;
use pacing::Pacing;

/// What a replica reads: the state at the tip, and the undecided bodies it asked to be stored.
pub trait ReplicaStore: ChainState {
    /// Bodies stored for a height by [`Command::StoreUndecided`], as they were given.
    fn undecided(&self, height: Height) -> Result<Vec<Vec<u8>>, ViewError>;
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The engine runs and asks which height to start.
    Ready,
    /// The engine entered a round.
    RoundStarted {
        /// The height.
        height: Height,
        /// The round.
        round: u32,
    },
    /// The engine asks for a block to propose.
    ProposalWanted {
        /// The height.
        height: Height,
        /// The round.
        round: u32,
    },
    /// A proposed block arrived.
    PartReceived(Part),
    /// The engine asks to send a block again.
    Restream {
        /// Where it is proposed now.
        place: PartPlace,
        /// The block.
        block: Hash,
    },
    /// Sync delivered a block that a certificate decides.
    BlockSynced {
        /// The height asked for.
        height: Height,
        /// The certificate's round.
        round: u32,
        /// Who the engine says proposed it.
        proposer: Address,
        /// The block's encoding.
        bytes: Vec<u8>,
    },
    /// A block was decided.
    Decided(Certificate),
    /// The last [`Command::Commit`] was carried out; the store shows the new tip.
    Committed,
    /// The engine finished the height and asks what is next.
    Finalized,
    /// A transaction whose signature was verified.
    Transaction {
        /// The transaction.
        transaction: VerifiedTransaction,
        /// Where it came from.
        origin: Origin,
    },
    /// A vote or proposal for the next height, its signature verified, from one of its voters.
    HeardNext {
        /// Whose.
        voter: Address,
        /// Whether it speaks for a block; a nil vote does not.
        for_block: bool,
    },
    /// The highest tip that validators show.
    TipShown(Height),
    /// Time passed.
    Tick,
}

/// A proposed block, as the engine is told of it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Where it is proposed.
    pub place: PartPlace,
    /// The block.
    pub block: Hash,
    /// Whether it is the next block.
    pub is_valid: bool,
}

/// What is to be done. In their order, each finished before the next.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Tell the engine to start a height, as the answer to `Ready` or `Finalized`.
    StartHeight {
        /// The height.
        height: Height,
        /// Who votes on it.
        validators: ValidatorSet,
        /// In which order they propose.
        turns: Turns,
    },
    /// Answer `RoundStarted` with what is known.
    Known(Vec<Proposed>),
    /// Answer `ProposalWanted`.
    Propose {
        /// Where.
        place: PartPlace,
        /// The block.
        block: Hash,
    },
    /// Answer `ProposalWanted` with nothing: there is nothing to propose.
    Decline,
    /// Answer `PartReceived`; none when the part is of no use.
    Received(Option<Proposed>),
    /// Answer `BlockSynced`; none when the peer that sent it is at fault.
    Synced(Option<Proposed>),
    /// Sign and send a proposed block to every peer.
    Publish {
        /// Where it is proposed.
        place: PartPlace,
        /// The block.
        block: Hash,
        /// Its encoding.
        bytes: Vec<u8>,
    },
    /// Write an undecided body to disk, synced.
    StoreUndecided {
        /// The height.
        height: Height,
        /// The round.
        round: u32,
        /// The block.
        block: Hash,
        /// What [`ReplicaStore::undecided`] returns.
        bytes: Vec<u8>,
    },
    /// Remove a stored body: newer ones of whoever brought it took its room.
    ForgetUndecided {
        /// The height.
        height: Height,
        /// The round it was stored under.
        round: u32,
        /// The block.
        block: Hash,
    },
    /// Write a decided block and all it changes, as one, synced; then feed `Committed`.
    Commit(Box<Commit>),
    /// Answer `Decided`: the block is committed.
    Acknowledge,
    /// Answer `Transaction` (a local one).
    Answer(Inserted),
    /// Send a transaction to every validator.
    Send(VerifiedTransaction),
    /// A transaction given to this node will not be in a block.
    Refused {
        /// Which.
        id: TransactionId,
        /// Why.
        rejection: Box<Rejection>,
    },
    /// A peer broke a rule; worth a line in the log.
    Blame {
        /// What it did.
        offence: String,
    },
    /// Something that an operator should know and no peer's offence; worth a line in the log.
    Tell {
        /// What it is.
        words: String,
    },
    /// Start the engine anew without a vote until this height is decided: what it decided is not
    /// here, and is to be fetched from the peers.
    Follow {
        /// Until where.
        until: Height,
    },
    /// Stop the process: it cannot go on safely.
    Stop {
        /// Why.
        reason: StopReason,
    },
}

/// Why a node cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    /// The state cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ViewError),
    /// A quorum decided a block that our rules refuse.
    #[error(
        "the validators decided block {block} at height {height}, which this node's rules refuse: {reason}. Do not restart blindly: compare the version of this node with the others'"
    )]
    DecidedInvalid {
        /// The height.
        height: Height,
        /// The block.
        block: Hash,
        /// Why it is refused.
        reason: String,
    },
    /// The next block is executed under rules that this program does not have.
    #[error(
        "from height {height} on blocks are executed under version {version} of the rules, and this program knows them up to version {RULES_VERSION}. Install a newer dirchain and start the node again: it goes on where it stopped, nothing is lost"
    )]
    UnknownRules {
        /// The first height under them.
        height: Height,
        /// The version.
        version: u32,
    },
}

/// A decided block, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The block.
    pub block: Block,
    /// What decided it.
    pub certificate: Certificate,
    /// What it changes.
    pub outcome: Outcome,
}

/// One node's part in the round.
#[derive(Debug)]
pub struct Replica {
    /// This node's address in votes; none while it only follows.
    me: Option<Address>,
    tip: Tip,
    pool: Pool,
    bodies: Bodies,
    pacing: Pacing,
    outlook: Outlook,
    /// The height whose stored bodies were read back.
    restored: Option<Height>,
    /// What `Committed` still has to account for.
    committing: Option<(Tip, BTreeSet<TransactionId>)>,
}

impl Replica {
    /// A replica at a tip. `me` is its address in votes, or none for a node that only follows.
    pub fn new(tip: Tip, me: Option<Address>) -> Self {
        let outlook = Outlook {
            height: tip.height.next(),
            ..Outlook::default()
        };
        Self {
            me,
            tip,
            pool: Pool::default(),
            bodies: Bodies::default(),
            pacing: Pacing::default(),
            outlook,
            restored: None,
            committing: None,
        }
    }

    /// The end of the chain as the replica sees it.
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// The waiting transactions.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Follows or votes from now on: the engine was started anew in the other way.
    pub fn set_voter(&mut self, me: Option<Address>) {
        self.me = me;
        self.pacing = Pacing::default();
        self.restored = None;
    }

    /// What stops a node whose next block it could not execute.
    pub(super) fn unknown_rules(&self) -> Option<Command> {
        let version = self.tip.rules_version;
        let reason = StopReason::UnknownRules {
            height: self.tip.height.next(),
            version,
        };
        (version > RULES_VERSION).then_some(Command::Stop { reason })
    }

    /// The moment of the next block if it were built now.
    fn next_moment(&self, now: TimeMs) -> Moment {
        let time = TimeMs(now.0.max(self.tip.time.0.saturating_add(1)));
        Moment {
            height: self.tip.height.next(),
            time,
        }
    }

    /// Takes in what happened at `now` and says what to do.
    pub fn handle<S: ReplicaStore>(
        &mut self,
        event: Event,
        store: &S,
        now: TimeMs,
    ) -> Vec<Command> {
        if let Some(stop) = self.unknown_rules() {
            return vec![stop];
        }
        let commands = match event {
            Event::Ready => Ok(self.start_height()),
            Event::RoundStarted { height, round } => self.round_started(store, now, height, round),
            Event::ProposalWanted { height, round } => self.propose(store, now, height, round),
            Event::PartReceived(part) => self.part_received(store, now, part),
            Event::Restream { place, block } => self.restream(store, place, block),
            Event::BlockSynced {
                height,
                round,
                proposer,
                bytes,
            } => self.block_synced(store, height, round, proposer, bytes),
            Event::Decided(certificate) => self.decided(store, certificate),
            Event::Committed => self.committed(store, now),
            Event::Finalized => Ok(self.finalized(now)),
            Event::Transaction {
                transaction,
                origin,
            } => self.transaction(store, now, transaction, origin),
            Event::HeardNext { voter, for_block } => Ok(self.heard_next(voter, for_block)),
            Event::TipShown(height) => Ok(self.tip_shown(height)),
            Event::Tick => self.tick(store, now),
        };
        commands.unwrap_or_else(|error| {
            vec![Command::Stop {
                reason: error.into(),
            }]
        })
    }

    fn transaction<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        transaction: VerifiedTransaction,
        origin: Origin,
    ) -> Result<Vec<Command>, ViewError> {
        let at = self.next_moment(now);
        let inserted = self.pool.insert(store, at, transaction.clone(), origin)?;
        let mut commands = Vec::new();
        let is_ready = inserted == Inserted::Accepted;
        if origin == Origin::Local {
            commands.push(Command::Answer(inserted));
            if is_ready {
                commands.push(Command::Send(transaction));
            }
        }
        if self.pool.has_ready() {
            commands.extend(self.release());
        }
        Ok(commands)
    }

    fn tick<S: ReplicaStore>(&mut self, store: &S, now: TimeMs) -> Result<Vec<Command>, ViewError> {
        let mut commands: Vec<Command> = self
            .pool
            .to_send_again(now)
            .into_iter()
            .map(Command::Send)
            .collect();
        let at = self.next_moment(now);
        if self.pool.has_overdue(at) {
            commands.extend(self.judge_pool(store, now, &BTreeSet::new())?);
        }
        if self.heartbeat_is_due(now) {
            commands.extend(self.release());
        }
        self.note_due(now);
        Ok(commands)
    }

    /// Judges the pool on the present tip and tells of what it gives up.
    fn judge_pool<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        included: &BTreeSet<TransactionId>,
    ) -> Result<Vec<Command>, ViewError> {
        let dropped = self.pool.on_block(store, self.next_moment(now), included)?;
        let local = dropped
            .into_iter()
            .filter(|dropped| dropped.origin == Origin::Local);
        let refused = local.map(|dropped| Command::Refused {
            id: dropped.id,
            rejection: Box::new(dropped.rejection),
        });
        Ok(refused.collect())
    }
}

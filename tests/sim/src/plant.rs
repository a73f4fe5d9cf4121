//! Bugs planted in wrappers around our code, to see that the invariants catch them.

use std::collections::BTreeMap;

use dirchain_consensus::answers::History;
use dirchain_consensus::pool::Pool;
use dirchain_consensus::replica::{Command, Event, ReplicaStore};
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::encode;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::delegate_view;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::transaction::{Envelope, SignedTransaction, VerifiedTransaction};
use dirchain_ledger::validators::ValidatorSet;
use dirchain_ledger::view::{View, ViewError};

use crate::node::Store;
use crate::scenario::Family;

/// A bug of every honest node.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Plant {
    /// An undecided body is written and not synced.
    BodyNotSynced,
    /// Signatures leave without the double-sign guard.
    GuardSkipped,
    /// A start does not replay the engine's log.
    LogNotReplayed,
    /// A signature leaves before the engine's log is synced.
    LogNotSynced,
    /// Execution takes any sequence number.
    SequenceSkipped,
    /// A header carries the state root of its parent.
    ParentStateRoot,
    /// A start forgets who missed a turn to propose.
    TurnsForgotten,
    /// A height begins with those who voted on the one before it.
    NextSetLate,
    /// What comes of a snapshot's state is taken unchecked.
    PartNotChecked,
    /// A peer that lags is given a height's certificate as if those had voted who vote after it.
    NextSetEarly,
}

impl Plant {
    /// All of them, with the names that the command line knows.
    pub const ALL: [(&'static str, Plant); 10] = [
        ("body-not-synced", Plant::BodyNotSynced),
        ("guard-skipped", Plant::GuardSkipped),
        ("log-not-replayed", Plant::LogNotReplayed),
        ("log-not-synced", Plant::LogNotSynced),
        ("sequence-skipped", Plant::SequenceSkipped),
        ("parent-state-root", Plant::ParentStateRoot),
        ("turns-forgotten", Plant::TurnsForgotten),
        ("part-not-checked", Plant::PartNotChecked),
        ("next-set-late", Plant::NextSetLate),
        ("next-set-early", Plant::NextSetEarly),
    ];

    /// The family whose runs reach what the bug is in.
    pub fn family(self) -> Family {
        match self {
            Plant::BodyNotSynced
            | Plant::GuardSkipped
            | Plant::LogNotReplayed
            | Plant::LogNotSynced
            | Plant::SequenceSkipped
            | Plant::ParentStateRoot
            | Plant::TurnsForgotten => Family::Four,
            Plant::PartNotChecked => Family::Joining,
            Plant::NextSetLate | Plant::NextSetEarly => Family::Membership,
        }
    }
}

/// A store in which every key's next sequence number is the one that is offered.
pub(crate) struct AnySequence<'a> {
    store: &'a Store,
    offered: BTreeMap<PublicKey, u64>,
}

impl<'a> AnySequence<'a> {
    pub(crate) fn new(store: &'a Store, event: &Event, pool: &Pool) -> Self {
        let mut offered = BTreeMap::new();
        let mut offer = |envelope: &Envelope| {
            offered.entry(envelope.author).or_insert(envelope.sequence);
        };
        let in_block = |bytes: &[u8]| match Block::decode(bytes) {
            Ok(block) => block.transactions.iter().cloned().collect(),
            Err(_) => Vec::<SignedTransaction>::new(),
        };
        match event {
            Event::Transaction { transaction, .. } => offer(transaction.envelope()),
            Event::PartReceived(part) => {
                in_block(&part.bytes)
                    .iter()
                    .for_each(|t| offer(&t.envelope));
            }
            Event::BlockSynced { bytes, .. } => {
                in_block(bytes).iter().for_each(|t| offer(&t.envelope));
            }
            _ => pool
                .candidates()
                .map(VerifiedTransaction::envelope)
                .for_each(offer),
        }
        Self { store, offered }
    }
}

impl View for AnySequence<'_> {
    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        let record = self.store.record(id)?;
        Ok(record.map(|record| match record {
            Record::Key(mut key) => {
                if let Some(offered) = self.offered.get(&key.public_key) {
                    key.next_sequence = *offered;
                }
                Record::Key(key)
            }
            other => other,
        }))
    }

    delegate_view!(self => self.store);
}

impl Pages for AnySequence<'_> {
    type Error = ViewError;
    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.store.page(key)
    }
}

impl ReplicaStore for AnySequence<'_> {
    fn undecided(&self, height: Height) -> Result<Vec<Vec<u8>>, ViewError> {
        self.store.undecided(height)
    }
}

/// The commands with which a proposal leaves, its header carrying its parent's state root.
pub(crate) fn with_parent_state_root(commands: Vec<Command>, store: &Store) -> Vec<Command> {
    let parent = store.block_bytes(store.tip().height);
    let parent = parent.ok().flatten().and_then(|b| Block::decode(&b).ok());
    let built = commands.iter().find_map(|command| match command {
        Command::Publish { block, bytes, .. } => Some((*block, Block::decode(bytes).ok()?)),
        _ => None,
    });
    let (Some(parent), Some((before, mut block))) = (parent, built) else {
        return commands;
    };
    block.header.state_root = parent.header.state_root;
    let (after, changed) = (block.header.hash(), encode(&block));
    let commands = commands.into_iter().map(|command| match command {
        Command::Propose { place, block } if block == before => Command::Propose {
            place,
            block: after,
        },
        Command::Publish { place, .. } => Command::Publish {
            place,
            block: after,
            bytes: changed.clone(),
        },
        other => other,
    });
    commands.collect()
}

/// The validators of a store's last height, in place of those of the next.
pub(crate) fn set_before(store: &Store, next: ValidatorSet) -> ValidatorSet {
    let before = store.validators_of(store.tip().height);
    before.ok().flatten().unwrap_or(next)
}

/// A store's blocks, each with the validators of the height after it.
pub(crate) struct EarlySets<'a>(pub(crate) &'a Store);

impl History for EarlySets<'_> {
    type Error = ViewError;

    fn block_bytes(&self, height: Height) -> Result<Option<Vec<u8>>, ViewError> {
        self.0.block_bytes(height)
    }

    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError> {
        self.0.certificate(height)
    }

    fn validators_of(&self, height: Height) -> Result<Option<ValidatorSet>, ViewError> {
        self.0.validators_of(height.next())
    }
}

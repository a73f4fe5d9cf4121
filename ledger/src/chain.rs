//! From one block to the next: building, checking, and what either leaves to be stored.
//!
//! Invariant: building and checking run the same execution, so a block that an honest node built
//! is valid for every honest node with the same tip.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};

use crate::block::{Block, HEADER_VERSION, Header, Transactions, transactions_root};
use crate::codec::encode;
use crate::epoch;
use crate::execute::{Execution, Refusal, Touched, execute};
use crate::genesis::Genesis;
use crate::hash::Hash;
use crate::header_log::{self, Frontier, LogNode};
use crate::ids::{Address, ChainId, Height, Moment, TimeMs, TransactionId};
use crate::leaves::{self, PastNaming};
use crate::limits;
use crate::records::{Record, RecordId};
use crate::rejection::Rejection;
use crate::state_tree::{self, PageKey, Pages, Slot, TreeError};
use crate::transaction::{TransactionError, VerifiedTransaction};
use crate::turns::Turns;
use crate::validators::{Validator, ValidatorSet};
use crate::view::{Overlay, Records, View, ViewError, Writes};

/// The end of the chain: all that the next block is checked against besides the records.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Tip {
    /// The chain.
    pub chain: ChainId,
    /// Height of the last block; 0 for the genesis.
    pub height: Height,
    /// Its time.
    pub time: TimeMs,
    /// Its hash; for the genesis the chain id.
    pub block: Hash,
    /// The state tree's root.
    pub state: Slot,
    /// The header log up to and with the last block.
    pub log: Frontier,
    /// Who votes on the next block.
    pub validators: ValidatorSet,
    /// In which order they propose it.
    pub turns: Turns,
    /// How long after its parent an empty block is valid.
    pub heartbeat_ms: i64,
    /// The rules the next block is executed under.
    pub rules_version: u32,
}

impl Tip {
    /// Whose turn it is to propose the next block in a round.
    pub fn proposer(&self, round: u32) -> &Validator {
        let next = self.height.next();
        self.turns.proposer(&self.validators, next, round)
    }
}

/// What the next block needs of a store: the records at the tip, and the state tree's pages.
pub trait ChainState: View + Pages<Error = ViewError> {}

impl<S: View + Pages<Error = ViewError>> ChainState for S {}

/// What a block changes, ready to be written as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The chain's end with this block.
    pub tip: Tip,
    /// Every record written, once.
    pub records: BTreeMap<RecordId, Record>,
    /// Pages of the state tree, written or deleted.
    pub pages: Vec<(PageKey, Option<Vec<u8>>)>,
    /// Nodes of the header log that became complete.
    pub log_nodes: Vec<LogNode>,
    /// What each transaction touched.
    pub touched: Vec<Touched>,
    /// Namings that the records written gave up.
    pub given_up: Vec<PastNaming>,
}

/// Who builds, and when.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Building {
    /// The builder's clock.
    pub now: TimeMs,
    /// The round it builds for.
    pub round: u32,
    /// Its address.
    pub builder: Address,
}

/// A block just built, with its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The block.
    pub block: Block,
    /// Its outcome.
    pub outcome: Outcome,
    /// Candidates that the rules refuse on top of those before them.
    pub refused: Vec<(TransactionId, Rejection)>,
}

/// Why a block is not the next one. The peer that built it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBlock {
    /// A header field differs from what the chain requires.
    #[error("the header's {field} is {given}, it must be {expected}")]
    Header {
        /// The field.
        field: &'static str,
        /// What it says.
        given: String,
        /// What is required.
        expected: String,
    },
    /// The time does not move on.
    #[error("the block's time {given} is not after its parent's {parent}")]
    TimeNotAfterParent {
        /// The block's.
        given: TimeMs,
        /// The parent's.
        parent: TimeMs,
    },
    /// An empty block before the heartbeat is due.
    #[error(
        "an empty block {after_ms} ms after its parent, before the heartbeat of {heartbeat_ms} ms"
    )]
    EmptyTooEarly {
        /// Time since the parent.
        after_ms: i64,
        /// The parameter.
        heartbeat_ms: i64,
    },
    /// A transaction is malformed, for another chain, or badly signed.
    #[error("transaction {index}: {error}")]
    Transaction {
        /// Its place in the block.
        index: usize,
        /// What is wrong.
        error: TransactionError,
    },
    /// The rules refuse a transaction.
    #[error("transaction {index} is refused: {rejection}")]
    Refused {
        /// Its place in the block.
        index: usize,
        /// Why.
        rejection: Rejection,
    },
    /// The block is larger than allowed.
    #[error(
        "the block has {size_bytes} bytes, at most {} are allowed",
        limits::BLOCK_BYTES_MAX
    )]
    TooLarge {
        /// Its encoded size.
        size_bytes: usize,
    },
}

/// Why a block could not be built or checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The block is at fault.
    #[error(transparent)]
    Invalid(#[from] InvalidBlock),
    /// Our own state could not be read: stop.
    #[error(transparent)]
    Unreadable(#[from] ViewError),
}

impl From<TreeError<ViewError>> for ChainError {
    fn from(error: TreeError<ViewError>) -> Self {
        ChainError::Unreadable(ViewError {
            reason: error.to_string(),
        })
    }
}

/// The outcome of the genesis: height 0.
pub fn genesis_outcome(genesis: &Genesis) -> Result<Outcome, ChainError> {
    let records: BTreeMap<RecordId, Record> = genesis
        .records
        .iter()
        .map(|record| (record.id(), record.clone()))
        .collect();
    let empty = EmptyView;
    let changes = leaves::changes(&empty, &records)?;
    let update = state_tree::update(&NoPages, Slot::Empty, changes.leaves)?;
    let overlay = Overlay::with_writes(&empty, genesis.records.iter().cloned().collect());
    let parameters = overlay.parameters()?;
    let chain = genesis.chain();
    let mut log = Frontier::default();
    let log_nodes = append(&mut log, header_log::leaf_hash(chain.0.as_bytes()))?;
    let tip = Tip {
        chain,
        height: Height::GENESIS,
        time: genesis.time,
        block: chain.0,
        state: update.root_slot,
        log,
        validators: overlay.membership()?.current,
        turns: Turns::default(),
        heartbeat_ms: parameters.settings.heartbeat_ms,
        rules_version: parameters.settings.rules_version,
    };
    Ok(Outcome {
        tip,
        records,
        pages: update.pages,
        log_nodes,
        touched: Vec::new(),
        given_up: changes.given_up,
    })
}

/// Builds the next block from candidates in their order, leaving out what the rules refuse and
/// what no longer fits.
///
/// A block left without transactions is valid only once the heartbeat is due: the caller looks at
/// that before it proposes one.
pub fn build<'t, S: ChainState>(
    state: &S,
    tip: &Tip,
    building: Building,
    candidates: impl IntoIterator<Item = &'t VerifiedTransaction>,
) -> Result<Built, ChainError> {
    let time = TimeMs(building.now.0.max(tip.time.0.saturating_add(1)));
    let at = Moment {
        height: tip.height.next(),
        time,
    };
    let mut overlay = Overlay::new(state);
    let (mut included, mut touched, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let mut size_bytes = empty_block_bytes();
    let mut work_left = limits::BLOCK_WORK_MAX;
    for candidate in candidates {
        let size_with = size_bytes.saturating_add(candidate.size_bytes());
        if size_with > limits::BLOCK_BYTES_MAX || included.len() >= limits::BLOCK_TRANSACTIONS_MAX {
            break;
        }
        let Execution { verdict, work } = execute(&mut overlay, at, candidate, work_left);
        match verdict {
            Ok(effects) => {
                size_bytes = size_with;
                work_left = work_left.saturating_sub(work);
                touched.push(effects);
                included.push(candidate.signed().clone());
            }
            // What no longer fits here may fit the next block.
            Err(Refusal::Rejected(rejection))
                if matches!(*rejection, Rejection::TooMuchWork { .. })
                    && work_left < limits::TRANSACTION_WORK_MAX =>
            {
                break;
            }
            Err(Refusal::Rejected(rejection)) => refused.push((candidate.id(), *rejection)),
            Err(Refusal::Unreadable(error)) => return Err(error.into()),
        }
    }
    let place = Place {
        at,
        round: building.round,
        builder: building.builder,
    };
    let root = transactions_root(&included);
    let (header, outcome) = conclude(state, tip, place, root, overlay.into_writes(), touched)?;
    let too_large = |_| InvalidBlock::TooLarge { size_bytes };
    let transactions = Transactions::new(included).map_err(too_large)?;
    Ok(Built {
        block: Block {
            header,
            transactions,
        },
        outcome,
        refused,
    })
}

/// Checks that a block is the next one, by executing it. `known` holds the transactions whose
/// signatures were verified before.
pub fn check<S: ChainState>(
    state: &S,
    tip: &Tip,
    block: &Block,
    known: &BTreeSet<(TransactionId, crate::crypto::Signature)>,
) -> Result<Outcome, ChainError> {
    let header = &block.header;
    check_place(tip, header, block.transactions.is_empty())?;
    let root = transactions_root(&block.transactions);
    same("transactions root", &header.transactions_root, &root)?;
    let mut overlay = Overlay::new(state);
    let touched = execute_all(&mut overlay, block, known)?;
    let place = Place {
        at: header.moment(),
        round: header.round,
        builder: header.builder,
    };
    let (expected, outcome) = conclude(state, tip, place, root, overlay.into_writes(), touched)?;
    same(
        "header log root",
        &header.header_log_root,
        &expected.header_log_root,
    )?;
    same("state root", &header.state_root, &expected.state_root)?;
    same(
        "validators hash",
        &header.validators_hash,
        &expected.validators_hash,
    )?;
    same(
        "next validators hash",
        &header.next_validators_hash,
        &expected.next_validators_hash,
    )?;
    same(
        "rules version",
        &header.rules_version,
        &expected.rules_version,
    )?;
    same("header", &header.hash(), &expected.hash())?;
    Ok(outcome)
}

/// What a block wrote that is known to be on the chain, without the state tree after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Every record written, once.
    pub records: BTreeMap<RecordId, Record>,
    /// What each transaction touched.
    pub touched: Vec<Touched>,
    /// Namings that the records written gave up.
    pub given_up: Vec<PastNaming>,
}

/// Executes a block again that the header log names, on the records before it. `turns` are those
/// before it.
///
/// The caller has checked the block against its header's hash: its place and its roots are not
/// looked at, so that no state tree of that height is needed.
///
/// # Errors
///
/// [`ChainError::Invalid`] when the block's body is not its header's, or our rules refuse what the
/// validators accepted.
pub fn replay(state: &dyn View, turns: &Turns, block: &Block) -> Result<Replayed, ChainError> {
    let header = &block.header;
    let root = transactions_root(&block.transactions);
    same("transactions root", &header.transactions_root, &root)?;
    let mut overlay = Overlay::new(state);
    let touched = execute_all(&mut overlay, block, &BTreeSet::new())?;
    epoch::turn(&mut overlay, header.moment(), header.builder, turns)?;
    let records = overlay.into_writes().into_records();
    let given_up = leaves::changes(state, &records)?.given_up;
    Ok(Replayed {
        records,
        touched,
        given_up,
    })
}

/// Executes a block's transactions, each of which the rules must take.
fn execute_all(
    overlay: &mut Overlay<'_>,
    block: &Block,
    known: &BTreeSet<(TransactionId, crate::crypto::Signature)>,
) -> Result<Vec<Touched>, ChainError> {
    let header = &block.header;
    let mut touched = Vec::new();
    let mut size_bytes = empty_block_bytes();
    let mut work_left = limits::BLOCK_WORK_MAX;
    for (index, transaction) in block.transactions.iter().enumerate() {
        let verified = transaction.clone().verify_known(header.chain, known);
        let verified = verified.map_err(|error| InvalidBlock::Transaction { index, error })?;
        size_bytes = size_bytes.saturating_add(verified.size_bytes());
        if size_bytes > limits::BLOCK_BYTES_MAX {
            return Err(InvalidBlock::TooLarge { size_bytes }.into());
        }
        let Execution { verdict, work } = execute(overlay, header.moment(), &verified, work_left);
        work_left = work_left.saturating_sub(work);
        match verdict {
            Ok(effects) => touched.push(effects),
            Err(Refusal::Rejected(rejection)) => {
                return Err(InvalidBlock::Refused {
                    index,
                    rejection: *rejection,
                }
                .into());
            }
            Err(Refusal::Unreadable(error)) => return Err(error.into()),
        }
    }
    Ok(touched)
}

/// What can be said of a header before its transactions are executed.
fn check_place(tip: &Tip, header: &Header, is_empty: bool) -> Result<(), InvalidBlock> {
    same("version", &header.version, &HEADER_VERSION)?;
    same("chain", &header.chain, &tip.chain)?;
    same("height", &header.height, &tip.height.next())?;
    same("parent", &header.parent, &tip.block)?;
    let builder = tip.proposer(header.round).address;
    same("builder", &header.builder, &builder)?;
    if header.time <= tip.time {
        return Err(InvalidBlock::TimeNotAfterParent {
            given: header.time,
            parent: tip.time,
        });
    }
    let after_ms = header.time.0.saturating_sub(tip.time.0);
    if is_empty && after_ms < tip.heartbeat_ms {
        return Err(InvalidBlock::EmptyTooEarly {
            after_ms,
            heartbeat_ms: tip.heartbeat_ms,
        });
    }
    Ok(())
}

fn same<T: PartialEq + ToString>(
    field: &'static str,
    given: &T,
    expected: &T,
) -> Result<(), InvalidBlock> {
    if given == expected {
        return Ok(());
    }
    Err(InvalidBlock::Header {
        field,
        given: given.to_string(),
        expected: expected.to_string(),
    })
}

/// A block's place: everything in its header that its builder chose.
struct Place {
    at: Moment,
    round: u32,
    builder: Address,
}

/// The header and outcome of a block whose transactions left these writes.
fn conclude<S: ChainState>(
    state: &S,
    tip: &Tip,
    place: Place,
    transactions_root: Hash,
    writes: Writes,
    touched: Vec<Touched>,
) -> Result<(Header, Outcome), ChainError> {
    let mut overlay = Overlay::with_writes(state, writes);
    epoch::turn(&mut overlay, place.at, place.builder, &tip.turns)?;
    let parameters = overlay.parameters()?;
    let validators = overlay.membership()?.current;
    let writes = overlay.into_writes();
    let changes = leaves::changes(state, writes.records())?;
    let update = state_tree::update(state, tip.state, changes.leaves)?;
    let header = Header {
        version: HEADER_VERSION,
        chain: tip.chain,
        height: place.at.height,
        time: place.at.time,
        parent: tip.block,
        round: place.round,
        builder: place.builder,
        transactions_root,
        header_log_root: tip.log.root(),
        state_root: update.root,
        validators_hash: tip.validators.hash(),
        next_validators_hash: validators.hash(),
        rules_version: tip.rules_version,
    };
    let mut log = tip.log.clone();
    let log_nodes = append(&mut log, header.log_leaf())?;
    let turns = tip.turns.after(&header, &tip.validators, &validators);
    let tip = Tip {
        chain: tip.chain,
        height: header.height,
        time: header.time,
        block: header.hash(),
        state: update.root_slot,
        log,
        validators,
        turns,
        heartbeat_ms: parameters.settings.heartbeat_ms,
        rules_version: parameters.settings.rules_version,
    };
    let records = writes.into_records();
    let outcome = Outcome {
        tip,
        records,
        pages: update.pages,
        log_nodes,
        touched,
        given_up: changes.given_up,
    };
    Ok((header, outcome))
}

fn append(log: &mut Frontier, leaf: Hash) -> Result<Vec<LogNode>, ViewError> {
    log.append(leaf).map_err(|error| ViewError {
        reason: error.to_string(),
    })
}

/// Bytes of a block without transactions: what the header and the count take.
fn empty_block_bytes() -> usize {
    let header = Header {
        version: HEADER_VERSION,
        chain: ChainId(Hash::ZERO),
        height: Height::GENESIS,
        time: TimeMs(0),
        parent: Hash::ZERO,
        round: 0,
        builder: Address([0; 20]),
        transactions_root: Hash::ZERO,
        header_log_root: Hash::ZERO,
        state_root: Hash::ZERO,
        validators_hash: Hash::ZERO,
        next_validators_hash: Hash::ZERO,
        rules_version: 0,
    };
    encode(&Block {
        header,
        transactions: Transactions::default(),
    })
    .len()
}

/// No records: what the genesis is laid over.
struct EmptyView;

impl View for EmptyView {
    fn block_hash(&self, _: Height) -> Result<Option<Hash>, ViewError> {
        Ok(None)
    }

    fn record(&self, _: &RecordId) -> Result<Option<Record>, ViewError> {
        Ok(None)
    }

    fn list(
        &self,
        _: crate::records::RecordKind,
        _: Option<&RecordId>,
        _: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        Ok(Vec::new())
    }

    fn referrers(
        &self,
        _: &RecordId,
        _: crate::records::RecordKind,
        _: Option<&RecordId>,
        _: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        Ok(Vec::new())
    }
}

/// No pages: what the genesis tree is laid over.
struct NoPages;

impl Pages for NoPages {
    type Error = ViewError;
    fn page(&self, _: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(None)
    }
}

//! The two doors of the explorer: what it reads through, what it submits through.

use std::sync::Arc;
use std::time::Duration;

use dirchain_ledger::block::{Block, Header};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{Address, Height, Moment, TimeMs, TransactionId};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::transaction::{SignedTransaction, TransactionError};
use dirchain_ledger::view::{View, ViewError};

use crate::api::{ChainAbout, NodeStatus, RefusalItem, TipSummary};
pub use crate::reading::Owed;

/// Where an action stands: its block, its transaction's place there, its own place in that.
pub type EventPlace = (Height, u32, u32);

/// What the explorer reads. Calls may block on a disk; handlers make them off the event loop,
/// except for the few short ones that an access check needs.
///
/// Nothing here changes once it was answered for a height: what a view at height 7 says, it says
/// for ever.
pub trait Directory: Send + Sync + 'static {
    /// The chain and the program.
    fn about(&self) -> ChainAbout;

    /// The end of the chain. Whatever it names is readable: its block, its records, its places.
    fn tip(&self) -> TipSummary;

    /// Height and time of the chain's end. Asked for by every request, so worth answering without
    /// a copy of the validators.
    fn tip_moment(&self) -> Moment {
        let tip = self.tip();
        Moment {
            height: tip.height,
            time: tip.time.0,
        }
    }

    /// Which validators are passed over on the next block because they missed their turns, and up to
    /// and with which height.
    fn passed_over(&self) -> Vec<(Address, Height)>;

    /// Where what is owed is kept, once it was worked out.
    fn owed(&self) -> &Owed;

    /// The first height whose records this node has: the genesis', or later while a node that began
    /// with a snapshot fetches what came before. Its blocks and histories begin after it. Only ever
    /// falls back to the genesis' height, once all is here.
    fn history_begins(&self) -> Height {
        Height::GENESIS
    }

    /// The records as they stood after the block at `height`, which is not before
    /// [`Directory::history_begins`] and is at most the tip's.
    fn view(&self, height: Height) -> Box<dyn View + '_>;

    /// The height of the last block at or before `time`, 0 from the genesis time on; none before.
    fn height_at(&self, time: TimeMs) -> Result<Option<Height>, ViewError>;

    /// A block, shared with others who read it; none at height 0, above the tip, or where this node does not keep it.
    fn block(&self, height: Height) -> Result<Option<Arc<Block>>, ViewError>;

    /// A block's header; none as for [`Directory::block`].
    fn header(&self, height: Height) -> Result<Option<Header>, ViewError>;

    /// The proof that a block was decided; none where this node does not keep it.
    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError>;

    /// In which block a transaction took effect, and its place there.
    fn transaction_place(&self, id: &TransactionId) -> Result<Option<(Height, u32)>, ViewError>;

    /// The transactions in blocks whose id begins with these hexadecimal digits, in lower case, in the
    /// order of ids.
    fn transactions_beginning(
        &self,
        digits: &str,
        count_max: usize,
    ) -> Result<Vec<TransactionId>, ViewError>;

    /// The actions that touched a record (its trail), newest first: those strictly before `before`,
    /// all when there is none.
    fn history(
        &self,
        subject: &RecordId,
        before: Option<EventPlace>,
        count_max: usize,
    ) -> Result<Vec<EventPlace>, ViewError>;

    /// The heights at which a record was written, ascending: those after `after`, all when there is
    /// none. What stood at [`Directory::history_begins`] counts as written there.
    fn written(
        &self,
        id: &RecordId,
        after: Option<Height>,
        count_max: usize,
    ) -> Result<Vec<Height>, ViewError>;

    /// This node. Answered from memory.
    fn node(&self) -> NodeStatus;

    /// The node's metrics in the Prometheus text format.
    fn metrics(&self) -> String;
}

/// Why a transaction was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// It can never be right.
    #[error(transparent)]
    Malformed(#[from] TransactionError),
    /// The rules refuse it now.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The pool is full.
    #[error("{waiting} transactions wait already. Submit again in a few seconds")]
    Busy {
        /// How many wait.
        waiting: u64,
    },
    /// The node is stopping.
    #[error("this node is stopping. Submit to another node, or again once it is back")]
    Stopping,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionOutcome {
    /// This node has not heard of it.
    Unknown,
    /// It waits for a block.
    Waiting,
    /// It took effect.
    Committed {
        /// In which block.
        height: Height,
        /// At which place.
        index: u32,
    },
    /// The rules refuse it.
    Refused(RefusalItem),
}

/// What the explorer submits through.
#[async_trait::async_trait]
pub trait Submit: Send + Sync + 'static {
    /// Hands a transaction to the node: checked, judged against the tip, and passed on.
    async fn submit(&self, transaction: SignedTransaction) -> Result<TransactionId, SubmitError>;

    /// What became of a transaction. Answers as soon as it is committed or refused, and after
    /// `wait` in any case.
    async fn outcome(&self, id: TransactionId, wait: Duration) -> TransactionOutcome;

    /// The sequence number after the last transaction of a key that waits on this node; none when
    /// none waits. It may be of a moment ago, when the ledger had not yet taken what waited:
    /// whichever is higher, this or the ledger's own, comes next.
    async fn next_sequence(&self, author: &PublicKey) -> Option<u64>;
}

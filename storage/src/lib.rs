//! The chain on disk: blocks, every version of every record, the state tree, the indexes, and the
//! double-sign guard.
//!
//! [`Store`] is one RocksDB database. A block is one synced write: after a crash the whole block is
//! there or nothing of it. [`Guard`] is a small file of its own, outside the database and so in no
//! backup: a restored guard would forget what was signed since.
//!
//! Invariant: nothing here knows the rules, a peer or a round's progress. What is written was
//! decided elsewhere; this crate keeps it, finds it again, and says so when it cannot.

mod check;
mod commit;
mod compare;
mod database;
mod error;
mod families;
mod filling;
mod guard;
mod history;
mod keys;
mod loading;
mod offering;
mod recent;
mod snapshot;
mod store;
mod undecided;
mod view;

pub use compare::Difference;
pub use error::StoreError;
pub use families::{BLOCK_CACHE_BYTES_MAX, MEMTABLE_BYTES_MAX};
pub use filling::{FillState, Filled};
pub use guard::{
    Guard, GuardError, GuardVerdict, MESSAGE_BYTES_MAX, Position, REMEMBERED_COUNT_MAX, Step,
};
pub use history::{HistoryEvent, HistoryKey};
pub use loading::{Loading, PartState};
pub use snapshot::Snapshot;
pub use store::{FORMAT_VERSION, Status, Store, TransactionPlace};
pub use undecided::{UNDECIDED_COUNT_MAX, Undecided};
pub use view::StoreView;

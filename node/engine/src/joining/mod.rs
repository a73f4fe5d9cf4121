//! Joining late: a snapshot fetched from the peers before the engine starts, the history before it
//! afterwards, and both given to others.
//!
//! What is fetched proves itself ([`dirchain_ledger::snapshot`]); a peer whose answer does not is
//! refused for a while, and another is asked.

mod asker;
mod fetch;
mod fill;
mod give;
mod progress;

pub use fetch::{JoinConfig, Joined, join};
pub use progress::{JoinProgress, JoinStage};

pub(crate) use fill::fill_history;
pub(crate) use give::give;

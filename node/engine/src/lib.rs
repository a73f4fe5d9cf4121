//! The consensus engine wired to the replica, the store, the guard and the network.
//!
//! The adapter translates: what the engine asks becomes an event of the replica, what the replica
//! commands is carried out. It decides nothing about blocks.
//!
//! Invariant: a failed write to disk ends the engine; nothing goes on after it.

mod actors;
mod codec;
mod contradictions;
mod error;
mod genuine;
mod handle;
mod host;
#[cfg(test)]
mod hostile;
mod incoming;
mod joining;
mod limits;
mod log;
mod outcomes;
mod own;
mod peers;
mod questions;
mod running;
mod settings;
mod signer;
mod start;
mod state;

pub use codec::WireCodec;
pub use dirchain_consensus::clocks::{Clocks, Finding, Reading};
pub use dirchain_consensus::mode::{FollowReason, Mode};
pub use dirchain_consensus::replica::Outlook;
pub use dirchain_consensus::roll_call::{Missing, RollCall};
pub use dirchain_consensus::timeouts::Timeouts;
pub use error::EngineError;
pub use handle::{EngineHandle, EngineStatus, SubmitError, TransactionOutcome};
pub use joining::{JoinConfig, JoinProgress, JoinStage, Joined, join};
pub use log::{LOG_FILE, LogDamage, LogFault, log_damage};
pub use own::forgotten_signature;
pub use peers::{admitted, peer_id};
pub use settings::{EngineConfig, Keeper};
pub use start::{Engine, start};

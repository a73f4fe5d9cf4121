//! The libp2p swarm: who gets in, when we dial, and value sync. One swarm, one task.
//!
//! Invariant: consensus traffic runs in the lanes' tasks and never waits for this task.

mod behaviour;
mod dial;
mod exchange;
mod fetch;
mod gate;
mod listen;
pub(crate) mod sync;
mod task;

pub(crate) use exchange::Command;
pub use fetch::Fetch;
pub(crate) use task::SwarmTask;

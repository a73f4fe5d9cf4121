//! The BFT round seen from the ledger: the engine's types over ours, and the replica that decides.
//!
//! Invariant: no I/O, clock, randomness, thread or async task. The replica is a value; time and
//! state come in with each event, and what is to be done comes out as commands, in order.

pub mod answers;
pub mod clocks;
pub mod context;
pub mod contradictions;
pub mod limits;
pub mod mode;
pub mod pool;
pub mod proposal;
pub mod replica;
pub mod roll_call;
mod room;
pub mod timely;
pub mod timeouts;
pub mod verifier;

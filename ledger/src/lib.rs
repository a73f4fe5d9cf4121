//! The rules of the directory chain, pure: records, transactions, execution, `may_read`, hashes,
//! proofs, certificates.
//!
//! Invariant: nothing here knows a clock, a disk, a network, randomness or a thread. Time and state
//! come in as arguments; what changes goes out as values.

pub mod access;
pub mod action;
pub mod block;
pub mod bounded;
pub mod calendar;
pub mod certificate;
pub mod chain;
pub mod clocks;
pub mod codec;
pub mod crypto;
pub mod difference;
pub mod epoch;
pub mod equivocation;
pub mod execute;
pub mod genesis;
pub mod hash;
pub mod header_log;
pub mod ids;
pub mod inbox;
pub mod language;
pub mod leaves;
pub mod limits;
pub mod measure;
pub mod memory;
pub mod merkle;
pub mod past;
pub mod receipts;
pub mod records;
pub mod rejection;
#[cfg(feature = "schema")]
mod schema;
pub mod signing;
pub mod snapshot;
pub mod state_tree;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transaction;
pub mod turns;
pub mod usage;
pub mod validators;
pub mod view;
pub mod what_may;

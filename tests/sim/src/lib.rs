//! The deterministic simulator: nodes of the directory chain in one thread and virtual time, where
//! messages are lost, disks fail, clocks jump, processes die and validators lie.
//!
//! Each node runs what production runs: the consensus engine's core, the replica, the ledger's
//! execution, the mode and the guard's verdict. Simulated are the network, the disks, the clock, and
//! what the engine's actors do around their core.
//!
//! Invariant: no thread, no wall clock, no randomness but the seed's. One seed, one transcript.
// A simulator is a test: what it takes for granted and is not so stops it.
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::unwrap_used
)]

pub mod city;
pub mod clients;
pub mod invariants;
pub mod liars;
pub mod measure;
pub mod membership;
pub mod message;
pub mod network;
pub mod node;
pub mod plant;
pub mod random;
pub mod runner;
pub mod scenario;
pub mod transcript;
pub mod verifier;
pub mod world;

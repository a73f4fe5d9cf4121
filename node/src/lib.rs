//! The shell around the ledger: command line, keys, client, and a running node.
//!
//! A library so that tests and benchmarks use the same pieces as the binary.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

// The checks of `fuzz/` name this crate as its users do.
#[cfg(test)]
extern crate self as dirchain;

mod access;
mod adoption;
pub mod cli;
pub mod client;
pub mod config;
pub mod description;
mod descriptors;
pub mod devnet;
pub mod home;
#[cfg(test)]
mod hostile;
pub mod import;
mod join;
pub mod keys;
mod progress;
pub mod provision;
pub mod receipts;
pub mod restart;
pub mod rotation;
pub mod run;
pub mod sample;
pub mod secret_file;
pub mod serve;
mod settings;
mod signals;
pub mod storage;

//! The whole system as its users meet it: real processes of the real program on real ports.
//!
//! Each module is one promise; each test has a city of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod access;
mod answers;
mod backups;
mod bad_input;
mod browsers;
mod catalogues;
mod epochs;
mod evidence;
mod full_disk;
mod guards;
mod idle;
mod imports;
mod joining;
mod killed_imports;
mod liars;
mod members;
mod network_keys;
mod old_chains;
mod outages;
mod partitions;
mod programs;
mod readme;
mod receipts;
mod restarts;
mod sheets;
mod starting;
mod submissions;
mod torture;

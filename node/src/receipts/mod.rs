//! Receipts of use from a gateway's access log: lines into batches, in bounded memory.
//!
//! [`log`] reads lines, [`Sorter`] says which batch a line belongs to, [`Builder`] counts and hashes
//! batch by batch, [`Kept`] is what a gateway keeps: the batches with their secrets, and what the
//! lines were sorted by, so that a line's inclusion can be shown later without asking a node, and a
//! log that has grown is sealed on from where it was.
//!
//! Invariant: nothing here asks a node or signs; memory grows with batches, never with lines.

mod kept;
mod log;
mod sort;

#[cfg(test)]
mod tests;

pub use kept::Kept;
pub use log::{Entries, LogError};
pub use sort::{Builder, Sealed, SealedBatch, Sorted, Sorter, UseSpanItem};

/// Batches that one log may make.
pub const BATCHES_MAX: usize = 50_000;
/// Bytes of one line of a log.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

//! Every bound on what an evidence file can grow, in one place.
//!
//! Sizes count bytes, counts count elements. What a file claims is hashed and compared before it is
//! decoded, so these bound the memory and the time that a forged one can take.

/// An evidence file.
pub const BUNDLE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Ends of epochs in one file.
pub const EPOCHS_MAX: usize = 4_096;
/// A header, encoded: 270 bytes in version 1.
pub const HEADER_BYTES_MAX: usize = 512;
/// A validator set, encoded.
pub const VALIDATORS_BYTES_MAX: usize = 64 * 1024;
/// Hashes of one path.
pub const PATH_MAX: usize = 64;
/// Pinned headers in one file.
pub const PINS_MAX: usize = 16;
/// Nodes of the partial state tree.
pub const TREE_NODES_MAX: usize = 400_000;
/// Records in one file, absent ones included.
pub const RECORDS_MAX: usize = 40_000;
/// A record's id, as a key.
pub const RECORD_KEY_BYTES_MAX: usize = 128;
/// Earlier contents of an entry that no event on its trail holds.
pub const ENTRIES_MAX: usize = 1_000;
/// Transactions in one file.
pub const TRANSACTIONS_MAX: usize = 40_000;
/// Events in one file.
pub const EVENTS_MAX: usize = 40_000;
/// A cosigned checkpoint in the signed-note format.
pub const NOTE_BYTES_MAX: usize = 16 * 1024;
/// Signatures of one note.
pub const NOTE_SIGNATURES_MAX: usize = 64;

//! Evidence: one file that proves the whole history of a catalogue entry or a department, to be
//! checked without a network, a database or any node's word.
//!
//! `docs/evidence.md` describes the format and each check for whoever writes another verifier.
//!
//! Invariant: pure. Verification reads bytes and an anchor that its caller trusts; export reads
//! through [`Source`].

pub mod answers;
pub mod bundle;
pub mod checkpoint;
pub mod claims;
mod cosign;
pub mod export;
pub mod limits;
pub mod note;
pub mod reason;
pub mod report;
pub mod strict;
mod subject;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tlog;
pub mod tree;
pub mod uses;
pub mod verify;
mod wire;
pub mod words;

pub use checkpoint::Checkpoint;
pub use claims::Claim;
pub use export::{AnchorRequest, ExportError, Request, Source, anchor, export, reanchor, standing};
pub use reason::{Kind, Reason};
pub use verify::{Anchor, Proven, verify, verify_end};

//! What a validator signed, and whether it may sign more: the verdict of the double-sign guard.
//!
//! Whoever keeps it on disk adds an entry, synced, before its signature leaves. It remembers every
//! signature of the height it is at, since a node that starts again sends its messages of that
//! height again; of earlier heights it remembers nothing and signs nothing.
//!
//! Invariant: what it cannot tell is refused.

use std::collections::BTreeMap;

use crate::crypto::Signature;
use crate::ids::Height;

/// Signatures remembered of one height: three a round. Older ones are not given again.
pub const REMEMBERED_COUNT_MAX: usize = 1024;

/// What a validator signs in a round, in the order in which it signs.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A proposal.
    Proposal,
    /// A first vote.
    Prevote,
    /// A second vote.
    Precommit,
}

/// The place of a signature in the chain of rounds. Ordered: a validator signs in this order only.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: u32,
    /// The step.
    pub step: Step,
}

/// Whether a message may be signed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SigningVerdict {
    /// It is above all that was signed before. Sign it, keep it, then send it.
    New,
    /// The same bytes were signed at the same position before: this is that signature.
    Again(Signature),
    /// Other bytes were signed there or may have been: no signature.
    Refuse {
        /// The highest position signed. Whatever is above it can be signed.
        guarded: Position,
    },
}

/// One signature with what it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedEntry {
    /// Where.
    pub position: Position,
    /// The bytes that were signed.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Signature,
}

/// The signatures of the height that is guarded.
#[derive(Clone, Debug, Default)]
pub struct SigningRecord {
    entries: BTreeMap<Position, SignedEntry>,
}

impl SigningRecord {
    /// The highest position signed; none when nothing was.
    pub fn highest(&self) -> Option<Position> {
        let (position, _) = self.entries.last_key_value()?;
        Some(*position)
    }

    /// Whether `message` may be signed at `position`.
    pub fn verdict(&self, position: Position, message: &[u8]) -> SigningVerdict {
        let Some(guarded) = self.highest().filter(|guarded| position <= *guarded) else {
            return SigningVerdict::New;
        };
        match self.entries.get(&position) {
            Some(entry) if entry.message == message => SigningVerdict::Again(entry.signature),
            Some(_) | None => SigningVerdict::Refuse { guarded },
        }
    }

    /// Adds an entry above all others; the first of a height drops those of the height before.
    pub fn add(&mut self, entry: SignedEntry) {
        let height = entry.position.height;
        if self
            .highest()
            .is_some_and(|highest| highest.height < height)
        {
            self.entries.clear();
        }
        if self.entries.len() >= REMEMBERED_COUNT_MAX {
            self.entries.pop_first();
        }
        self.entries.insert(entry.position, entry);
    }

    /// What is remembered, in order.
    pub fn entries(&self) -> impl Iterator<Item = &SignedEntry> {
        self.entries.values()
    }
}

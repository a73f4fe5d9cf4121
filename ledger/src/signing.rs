//! What a validator signed, and whether it may sign more: the verdict of the double-sign guard.
//!
//! Whoever keeps it on disk adds an entry, synced, before its signature leaves. It remembers every
//! signature of the height it is at, since a node that starts again sends its messages of that
//! height again; of earlier heights it remembers nothing and signs nothing.
//!
//! A validator that precommitted a block is locked on it: it must not prevote another one in a later
//! round of the height unless a quorum did so first (Buchman, Kwon, Milosevic: The latest gossip on
//! BFT consensus, 2018, algorithm 1, lines 22 to 33). The engine knows its lock from its log. Where
//! the log was lost, the engine asks for that precommit no more, and this record still has it: it
//! refuses such prevotes until the engine has shown that it knows the lock, or has locked anew.
//!
//! Invariant: what it cannot tell is refused.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::certificate::voted_block;
use crate::crypto::Signature;
use crate::hash::Hash;
use crate::ids::Height;

/// Signatures remembered of one height: three a round. Older ones are not given again.
pub const REMEMBERED_COUNT_MAX: usize = 1024;

/// What a validator signs in a round, in the order in which it signs.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A proposal.
    Proposal,
    /// A first vote.
    Prevote,
    /// A second vote.
    Precommit,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Step::Proposal => "proposal",
            Step::Prevote => "prevote",
            Step::Precommit => "precommit",
        })
    }
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
    /// Other bytes were signed there or may have been, or they contradict a lock that the engine
    /// has forgotten: no signature.
    Refuse {
        /// The highest position signed. Whatever is at a greater height can be signed.
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

impl SignedEntry {
    /// Stands for whatever was signed up to the end of a height, where nobody knows what that was: of all that
    /// nothing is signed again.
    pub fn whatever_up_to(height: Height) -> Self {
        Self {
            position: Position {
                height,
                round: u32::MAX,
                step: Step::Precommit,
            },
            message: Vec::new(),
            signature: Signature([0; 64]),
        }
    }
}

/// The signatures of the height that is guarded.
#[derive(Clone, Debug, Default)]
pub struct SigningRecord {
    entries: BTreeMap<Position, SignedEntry>,
    /// A precommit of an earlier run that the engine has not asked for in this one.
    forgotten_lock: Option<(Position, Hash)>,
}

impl SigningRecord {
    /// What was signed before this process started, in order.
    pub fn restored(entries: impl IntoIterator<Item = SignedEntry>) -> Self {
        let mut record = Self::default();
        for entry in entries {
            record.add(entry);
        }
        record.forgotten_lock = record.entries.values().rev().find_map(lock);
        record
    }

    /// The highest position signed; none when nothing was.
    pub fn highest(&self) -> Option<Position> {
        let (position, _) = self.entries.last_key_value()?;
        Some(*position)
    }

    /// Whether `message` may be signed at `position`. Asking for a signature of before shows that
    /// the engine knows what led to it.
    pub fn verdict(&mut self, position: Position, message: &[u8]) -> SigningVerdict {
        let Some(guarded) = self.highest() else {
            return SigningVerdict::New;
        };
        if position > guarded {
            return match self.contradicts_lock(position, message) {
                true => SigningVerdict::Refuse { guarded },
                false => SigningVerdict::New,
            };
        }
        match self.entries.get(&position) {
            Some(entry) if entry.message == message => {
                let is_lock = |(locked, _): &(Position, Hash)| *locked == position;
                self.forgotten_lock.take_if(|lock| is_lock(lock));
                SigningVerdict::Again(entry.signature)
            }
            Some(_) | None => SigningVerdict::Refuse { guarded },
        }
    }

    /// Whether this is a prevote for another block than the one that a forgotten lock is on.
    fn contradicts_lock(&self, position: Position, message: &[u8]) -> bool {
        let Some((locked, block)) = self.forgotten_lock else {
            return false;
        };
        let is_same_height = locked.height == position.height;
        let other = voted_block(message).is_some_and(|voted| voted != block);
        is_same_height && position.step == Step::Prevote && other
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
        // Another height has no lock yet, and a later precommit is a lock that the engine knows.
        let is_over =
            |(locked, _): &(Position, Hash)| locked.height < height || lock(&entry).is_some();
        self.forgotten_lock.take_if(|lock| is_over(lock));
        self.entries.insert(entry.position, entry);
    }

    /// What is remembered, in order.
    pub fn entries(&self) -> impl Iterator<Item = &SignedEntry> {
        self.entries.values()
    }
}

/// The lock that an entry is: a precommit for a block.
fn lock(entry: &SignedEntry) -> Option<(Position, Hash)> {
    let block = voted_block(&entry.message)?;
    (entry.position.step == Step::Precommit).then_some((entry.position, block))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::certificate::{VoteStep, vote_bytes};
    use crate::ids::{Address, ChainId};

    const CHAIN: ChainId = ChainId(Hash([7; 32]));

    fn vote(round: u32, step: Step, block: Option<u8>) -> (Position, Vec<u8>) {
        let height = Height(5);
        let vote_step = match step {
            Step::Prevote => VoteStep::Prevote,
            Step::Precommit => VoteStep::Precommit,
            Step::Proposal => unreachable!("no vote"),
        };
        let block = block.map(|block| Hash([block; 32]));
        let voter = Address([1; 20]);
        let bytes = vote_bytes(&CHAIN, vote_step, height, round, block.as_ref(), &voter);
        let position = Position {
            height,
            round,
            step,
        };
        (position, bytes)
    }

    fn entry((position, message): (Position, Vec<u8>)) -> SignedEntry {
        let signature = Signature([3; 64]);
        SignedEntry {
            position,
            message,
            signature,
        }
    }

    fn asked(record: &mut SigningRecord, (position, message): (Position, Vec<u8>)) -> bool {
        match record.verdict(position, &message) {
            SigningVerdict::New => {
                record.add(entry((position, message)));
                true
            }
            SigningVerdict::Again(_) => true,
            SigningVerdict::Refuse { .. } => false,
        }
    }

    fn locked() -> SigningRecord {
        SigningRecord::restored([
            entry(vote(0, Step::Prevote, Some(1))),
            entry(vote(0, Step::Precommit, Some(1))),
        ])
    }

    #[test]
    fn a_vote_tells_its_block() {
        assert_eq!(
            voted_block(&vote(0, Step::Prevote, Some(9)).1),
            Some(Hash([9; 32]))
        );
        assert_eq!(voted_block(&vote(0, Step::Precommit, None).1), None);
        assert_eq!(voted_block(b"dirchain/v1/vote"), None);
    }

    #[test]
    fn a_forgotten_lock_is_kept() {
        let mut record = locked();
        assert!(!asked(&mut record, vote(1, Step::Prevote, Some(2))));
        assert!(asked(&mut record, vote(1, Step::Prevote, Some(1))));
        assert!(asked(&mut record, vote(1, Step::Precommit, None)));
        assert!(!asked(&mut record, vote(2, Step::Prevote, Some(2))));
        assert!(asked(&mut record, vote(2, Step::Prevote, None)));
    }

    #[test]
    fn an_engine_that_knows_its_lock_decides_itself() {
        let mut record = locked();
        assert!(asked(&mut record, vote(0, Step::Precommit, Some(1))));
        assert!(asked(&mut record, vote(1, Step::Prevote, Some(2))));
    }

    #[test]
    fn a_new_lock_replaces_a_forgotten_one() {
        let mut record = locked();
        assert!(asked(&mut record, vote(1, Step::Precommit, Some(2))));
        assert!(asked(&mut record, vote(2, Step::Prevote, Some(2))));
    }

    #[test]
    fn a_lock_ends_with_its_height() {
        let mut record = locked();
        let (mut position, bytes) = vote(0, Step::Prevote, Some(2));
        position.height = Height(6);
        assert!(asked(&mut record, (position, bytes)));
    }

    #[test]
    fn of_what_nobody_knows_nothing_is_signed_again() {
        let mut record = SigningRecord::default();
        record.add(SignedEntry::whatever_up_to(Height(5)));
        assert!(!asked(&mut record, vote(0, Step::Prevote, Some(1))));
        assert!(!asked(&mut record, vote(7, Step::Precommit, None)));
        let (mut position, bytes) = vote(0, Step::Prevote, Some(1));
        position.height = Height(6);
        assert!(asked(&mut record, (position, bytes)));
    }

    #[test]
    fn without_a_restart_nothing_was_forgotten() {
        let mut record = SigningRecord::default();
        assert!(asked(&mut record, vote(0, Step::Precommit, Some(1))));
        assert!(asked(&mut record, vote(1, Step::Prevote, Some(2))));
    }
}

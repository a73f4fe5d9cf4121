//! Undecided bodies on disk: what is kept of a height, read back, and given up.

use bincode::{Decode, Encode};
use dirchain_ledger::block::Block;
use dirchain_ledger::codec::{CodecError, decode, encode};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::view::ViewError;

use super::blocks::is_timely;
use super::{Command, Proposed, Replica, ReplicaStore};
use crate::limits;
use crate::proposal::PartPlace;

/// An undecided body on disk: its place and its block.
#[derive(Debug, Encode, Decode)]
struct Stored {
    round: u32,
    valid_round: Option<u32>,
    proposer: Address,
    /// This node built it for this round.
    is_own: bool,
    /// What the engine was told of it.
    is_valid: bool,
    bytes: Vec<u8>,
}

/// A body read back from disk.
struct Restored {
    place: PartPlace,
    is_own: bool,
    was_valid: bool,
    hash: Hash,
    block: Block,
    bytes: Vec<u8>,
}

impl Restored {
    fn decode(height: Height, bytes: &[u8]) -> Result<Self, ViewError> {
        let broken = |error: CodecError| ViewError {
            reason: format!("an undecided block: {error}"),
        };
        let record = decode::<Stored, { limits::PART_BYTES_MAX }>(bytes).map_err(broken)?;
        let block = Block::decode(&record.bytes).map_err(broken)?;
        Ok(Self {
            place: PartPlace {
                height,
                round: record.round,
                valid_round: record.valid_round,
                proposer: record.proposer,
            },
            is_own: record.is_own,
            was_valid: record.is_valid,
            hash: block.header.hash(),
            block,
            bytes: record.bytes,
        })
    }
}

impl Replica {
    /// Reads back what was stored for a height before the process stopped. Only what the rules
    /// accept was stored, on this very tip, so nothing is executed here: a body is when it is
    /// asked for, and a block that took long to execute does not keep the node from starting.
    pub(super) fn restore<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        height: Height,
    ) -> Result<(Vec<Proposed>, Vec<Command>), ViewError> {
        let (mut known, mut commands) = (Vec::new(), Vec::new());
        for bytes in store.undecided(height)? {
            let Restored {
                place,
                is_own,
                was_valid,
                hash,
                block,
                bytes: _,
            } = Restored::decode(height, &bytes)?;
            // Time has passed: what was too early then may be in time now, never the reverse.
            let proposed = Proposed {
                place,
                block: hash,
                is_valid: was_valid || is_timely(&block, now),
            };
            self.bodies.note_stored(hash, place.round);
            self.bodies.note(proposed);
            if is_own {
                self.bodies.note_own(place.round, hash);
            }
            known.push(proposed);
            commands.extend(self.keep(place.proposer, hash));
        }
        Ok((known, commands))
    }

    /// Brings a body of the next height that left the memory back from disk. False if it is not
    /// there either.
    pub(super) fn recall<S: ReplicaStore>(
        &mut self,
        store: &S,
        block: &Hash,
    ) -> Result<bool, ViewError> {
        if self.bodies.get(block).is_some() {
            return Ok(true);
        }
        let height = self.tip.height.next();
        for bytes in store.undecided(height)? {
            let restored = Restored::decode(height, &bytes)?;
            if restored.hash == *block {
                let Restored {
                    place,
                    block,
                    hash,
                    bytes,
                    ..
                } = restored;
                let verdict = self.examine(store, place.proposer, hash, block, bytes)?;
                return Ok(verdict.is_ok());
            }
        }
        Ok(false)
    }

    /// Stores a body, once: a block that is proposed again in later rounds is on disk already.
    pub(super) fn stored(
        &mut self,
        publisher: Address,
        proposed: &Proposed,
        is_own: bool,
        bytes: Vec<u8>,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        let PartPlace {
            height,
            round,
            valid_round,
            proposer,
        } = proposed.place;
        if self.bodies.note_stored(proposed.block, round) {
            let record = Stored {
                round,
                valid_round,
                proposer,
                is_own,
                is_valid: proposed.is_valid,
                bytes,
            };
            commands.push(Command::StoreUndecided {
                height,
                round,
                block: proposed.block,
                bytes: encode(&record),
            });
        }
        commands.extend(self.keep(publisher, proposed.block));
        commands
    }

    /// Keeps a stored body for who brought it. The oldest that nobody else brought makes room.
    pub(super) fn keep(&mut self, publisher: Address, block: Hash) -> Option<Command> {
        let height = self.tip.height.next();
        let count_max = limits::bodies_stored_per_publisher(self.tip.validators.members().len());
        let (round, block) = self.bodies.keep(publisher, block, count_max)?;
        Some(Command::ForgetUndecided {
            height,
            round,
            block,
        })
    }
}

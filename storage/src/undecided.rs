//! Undecided bodies: blocks proposed and not yet decided. The consensus engine's log holds hashes
//! only, so after a crash the bodies come from here.

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::limits;
use rocksdb::Direction;

use crate::error::StoreError;
use crate::families::Family;
use crate::keys;
use crate::store::Store;

/// Undecided bodies kept for one height. Each round brings one of an honest proposer, and rounds
/// take longer and longer, so a height that reaches this has been stuck for hours.
pub const UNDECIDED_COUNT_MAX: usize = 1024;

/// A block that was proposed and not yet decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The round it was stored for.
    pub round: u32,
    /// Its hash.
    pub block: Hash,
    /// Its bytes as they were given.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Keeps a proposed block until its height is decided: on disk and synced when this returns.
    /// A body of a height that is decided already is of no use any more, and is not written.
    ///
    /// # Errors
    ///
    /// [`StoreError::UndecidedTooLarge`] and [`StoreError::UndecidedFull`] refuse the body; the
    /// others are the disk's.
    pub fn put_undecided(
        &self,
        height: Height,
        round: u32,
        block_hash: Hash,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let size_bytes = bytes.len();
        if size_bytes > limits::UNDECIDED_BYTES_MAX {
            return Err(StoreError::UndecidedTooLarge { height, size_bytes });
        }
        let mut writer = self.database().writer()?;
        if height <= self.tip().height {
            return Ok(());
        }
        let key = keys::undecided_key(height, round, &block_hash);
        let stored = self.undecided_keys(height)?;
        let is_new = !stored.contains(&key);
        if is_new && stored.len() >= UNDECIDED_COUNT_MAX {
            let count_max = UNDECIDED_COUNT_MAX;
            return Err(StoreError::UndecidedFull { height, count_max });
        }
        writer.put(Family::Undecided, &key, bytes)?;
        writer.write_then(|| ())
    }

    /// Removes a body; one that is not there is removed already.
    ///
    /// # Errors
    ///
    /// [`StoreError::Write`] and what else the disk says.
    pub fn forget_undecided(
        &self,
        height: Height,
        round: u32,
        block_hash: Hash,
    ) -> Result<(), StoreError> {
        let mut writer = self.database().writer()?;
        let key = keys::undecided_key(height, round, &block_hash);
        writer.delete(Family::Undecided, &key)?;
        writer.write_then(|| ())
    }

    /// The bodies kept for a height, by round and hash.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] and [`StoreError::Damaged`].
    pub fn undecided(&self, height: Height) -> Result<Vec<Undecided>, StoreError> {
        let prefix = keys::height_key(height);
        let entries =
            self.database()
                .scan(Family::Undecided, &prefix, &prefix, Direction::Forward)?;
        let mut bodies = Vec::new();
        for entry in entries {
            let (key, bytes) = entry?;
            let (round, block) = keys::undecided_key_parts(&key)
                .ok_or_else(|| self.database().damaged("a malformed key of `undecided`"))?;
            bodies.push(Undecided {
                round,
                block,
                bytes: bytes.into_vec(),
            });
        }
        Ok(bodies)
    }

    /// The keys of the bodies kept for a height.
    pub(crate) fn undecided_keys(&self, height: Height) -> Result<Vec<Vec<u8>>, StoreError> {
        let prefix = keys::height_key(height);
        self.database()
            .keys(Family::Undecided, &prefix, UNDECIDED_COUNT_MAX)
    }
}

//! The history before a snapshot, filled in while the node runs.
//!
//! A store that began with a snapshot holds each record as it stood at the snapshot's height, its
//! base. The blocks from the genesis up to there are executed again, oldest first, and each leaves
//! what it left when it was committed, but for the state tree: versions, indexes, places. Before the
//! base's own block, every version that the snapshot brought gives way to the one that it was; what
//! then stays must be exactly what the base's block writes. So the state that was fetched and the
//! history that leads to it are held against each other, record by record, and the store ends up as
//! one that began with the genesis.

use bincode::{Decode, Encode};
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{Replayed, Tip, genesis_outcome, replay};
use dirchain_ledger::codec::{self, encode};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::turns::Turns;
use dirchain_ledger::view::Records as _;
use rocksdb::Direction;

use crate::commit::{put_block, put_given_up, put_transactions};
use crate::database::{Database, Writer};
use crate::error::StoreError;
use crate::families::Family;
use crate::keys::{self, meta};
use crate::store::{Store, TIP_DECODED_BYTES_MAX};
use crate::view::versions_of;

/// A stored genesis, decoded.
const GENESIS_DECODED_BYTES_MAX: usize = 1 << 30;
/// Records that one step looks at before the base's own block is executed.
const SWEPT_AT_ONCE: usize = 512;

/// How far the filling is. Absent from the database once it is done.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Filling {
    /// The snapshot's height.
    pub(crate) base: Height,
    /// The next height to execute, from the genesis' on.
    next: Height,
    /// The turns before it.
    turns: Turns,
    /// The key of the last record that was held against what came before it; none before the first.
    swept: Option<Vec<u8>>,
    /// Whether all of them were.
    is_swept: bool,
    /// Records that are left to the base's own block.
    left: u64,
}

impl Filling {
    pub(crate) fn begin(base: Height, genesis: &Tip) -> Self {
        Self {
            base,
            next: Height::GENESIS,
            turns: genesis.turns.clone(),
            swept: None,
            is_swept: false,
            left: 0,
        }
    }
}

/// The height of a version, and its bytes.
type Version = (Height, Box<[u8]>);

/// How far the history before a snapshot is here.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct FillState {
    /// The snapshot's height: where the history begins until it is whole.
    pub base: Height,
    /// The next height to be executed.
    pub next: Height,
}

/// What a step of the filling came to.
#[derive(Debug)]
pub enum Filled {
    /// There is more to do.
    More,
    /// The history is whole.
    Whole,
    /// The block or its certificate is not the one that the header log names: whoever sent it is at
    /// fault.
    Foreign(String),
}

pub(crate) fn read(database: &Database) -> Result<Option<Filling>, StoreError> {
    let decode = codec::decode::<Filling, TIP_DECODED_BYTES_MAX>;
    database.decode(Family::Meta, meta::FILLING, decode)
}

impl Store {
    /// How far the history before a snapshot is here; none when it is whole.
    pub fn fill_state(&self) -> Option<FillState> {
        let filling = self.filling_state()?;
        Some(FillState {
            base: filling.base,
            next: filling.next,
        })
    }

    /// Puts the genesis in its place, or holds more of the snapshot's records against the history.
    /// Whether a block is wanted next ([`Store::fill`]).
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the snapshot is not what the history leads to;
    /// [`StoreError::Write`] and what else the disk says.
    pub fn prepare_filling(&self) -> Result<bool, StoreError> {
        let Some(filling) = self.filling_state() else {
            return Ok(false);
        };
        if filling.next == Height::GENESIS {
            let genesis =
                codec::decode::<Genesis, GENESIS_DECODED_BYTES_MAX>(&self.genesis_bytes()?);
            let genesis = self.database().decoded(Family::Meta, genesis)?;
            let outcome = genesis_outcome(&genesis)?;
            let replayed = Replayed {
                records: outcome.records,
                touched: outcome.touched,
                given_up: outcome.given_up,
            };
            self.put_filled(filling, None, &replayed, outcome.tip.turns)?;
            return Ok(false);
        }
        if filling.next == filling.base && !filling.is_swept {
            self.sweep(filling)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Executes the next block of the history and puts it in its place.
    ///
    /// # Errors
    ///
    /// As [`Store::prepare_filling`]. The block itself may be anything.
    pub fn fill(&self, bytes: &[u8], certificate: &Certificate) -> Result<Filled, StoreError> {
        let Some(filling) = self.filling_state() else {
            return Ok(Filled::Whole);
        };
        let height = filling.next;
        let Some(header) = self.header(height)? else {
            let what = format!("the header of block {height} is missing");
            return Err(self.database().damaged(what));
        };
        let foreign = |what: &str| Ok(Filled::Foreign(format!("block {height}: {what}")));
        let block = match Block::decode(bytes) {
            Ok(block) if block.header == header && block.is_whole() => block,
            Ok(_) => return foreign("it is not the one that its header commits to"),
            Err(error) => return foreign(&error.to_string()),
        };
        let before = Height(height.0.saturating_sub(1));
        let view = self.view_while_filling(before);
        let voted = view.membership().map_err(|error| self.unreadable(&error))?;
        let voted = voted.current;
        if certificate.height != height || certificate.block != header.hash() {
            return foreign("its certificate is another block's");
        }
        if let Err(error) = certificate.verify(&self.chain(), &voted) {
            return foreign(&error.to_string());
        }
        let replayed = replay(&view, &filling.turns, &block);
        let replayed = replayed.map_err(|error| {
            let what = format!("block {height} of the history: {error}");
            self.database().damaged(what)
        })?;
        let next = match replayed.records.get(&RecordId::Membership) {
            Some(Record::Membership(membership)) => membership.current.clone(),
            Some(_) | None => voted.clone(),
        };
        let turns = filling.turns.after(&header, &voted, &next);
        self.put_filled(filling, Some((&block, certificate)), &replayed, turns)
    }

    fn unreadable(&self, error: &impl ToString) -> StoreError {
        self.database().damaged(error.to_string())
    }

    fn put_filled(
        &self,
        mut filling: Filling,
        block: Option<(&Block, &Certificate)>,
        replayed: &Replayed,
        turns: Turns,
    ) -> Result<Filled, StoreError> {
        let height = filling.next;
        let mut writer = self.database().writer()?;
        let mut met: u64 = 0;
        for (id, record) in &replayed.records {
            let is_left = self.put_filled_record(&mut writer, &filling, id, record)?;
            met = met.saturating_add(u64::from(is_left));
        }
        put_given_up(&mut writer, &replayed.given_up)?;
        if let Some((block, certificate)) = block {
            put_block(&mut writer, block, certificate)?;
            put_transactions(&mut writer, block, &replayed.touched)?;
        }
        if height == filling.base {
            if met != filling.left {
                let what = format!(
                    "{} records of the snapshot at height {height} are not what the blocks lead to",
                    filling.left.saturating_sub(met)
                );
                return Err(self.database().damaged(what));
            }
            writer.delete(Family::Meta, meta::FILLING)?;
            writer.write_then(|| self.replace_filling(None))?;
            return Ok(Filled::Whole);
        }
        filling.next = height.next();
        filling.turns = turns;
        writer.put(Family::Meta, meta::FILLING, &encode(&filling))?;
        writer.write_unsynced(|| self.replace_filling(Some(filling)))?;
        Ok(Filled::More)
    }

    /// Puts a version in its place, and moves first heights back to it. Whether it is one that was
    /// left to the base's own block.
    fn put_filled_record(
        &self,
        writer: &mut Writer<'_>,
        filling: &Filling,
        id: &RecordId,
        record: &Record,
    ) -> Result<bool, StoreError> {
        let (database, height) = (self.database(), filling.next);
        let unknown = || {
            let base = filling.base;
            let what = format!("{id} of the history is not in the snapshot at height {base}");
            database.damaged(what)
        };
        let versions = versions_of(database, id)?.ok_or_else(unknown)?;
        let (key, bytes) = (keys::record_key(id, height), encode(record));
        let here = database.get(Family::Records, &key)?;
        let is_left = height == filling.base && here.is_some();
        if here.is_some_and(|here| *here != *bytes) {
            let what =
                format!("{id} of the snapshot at height {height} is another than the blocks'");
            return Err(database.damaged(what));
        }
        writer.put(Family::Records, &key, &bytes)?;
        let heights = (versions.first.min(height), versions.latest.max(height));
        writer.put(Family::Ids, &id.key(), &encode(&heights))?;
        for target in record.references() {
            let key = keys::referrer_key(&target, id);
            let decode = codec::decode::<Height, 8>;
            let since = database.decode(Family::Referrers, &key, decode)?;
            let since = since.ok_or_else(unknown)?;
            if height < since {
                writer.put(Family::Referrers, &key, &encode(&height))?;
            }
        }
        Ok(is_left)
    }

    /// Holds the next records of the snapshot against the history before its height.
    fn sweep(&self, mut filling: Filling) -> Result<(), StoreError> {
        let mut writer = self.database().writer()?;
        let database = self.database();
        let start = filling
            .swept
            .clone()
            .map(keys::key_after)
            .unwrap_or_default();
        let entries = database.scan(Family::Ids, &[], &start, Direction::Forward)?;
        let mut count = 0;
        for entry in entries.take(SWEPT_AT_ONCE) {
            let (key, value) = entry?;
            count += 1;
            filling.swept = Some(key.to_vec());
            let id = RecordId::from_key(&key);
            let id = id.ok_or_else(|| database.damaged("a malformed key of `ids`"))?;
            let heights = codec::decode::<(Height, Height), 16>(&value);
            let (first, latest) = database.decoded(Family::Ids, heights)?;
            if first > filling.base {
                continue;
            }
            let brought = keys::record_key(&id, filling.base);
            let Some(bytes) = database.get(Family::Records, &brought)? else {
                return Err(database.damaged(format!("{id} of the snapshot is missing")));
            };
            match self.version_before(&id, filling.base)? {
                Some((height, earlier)) if *earlier == *bytes => {
                    writer.delete(Family::Records, &brought)?;
                    if latest == filling.base {
                        let heights = (first, height);
                        writer.put(Family::Ids, &key, &encode(&heights))?;
                    }
                }
                Some(_) | None => filling.left = filling.left.saturating_add(1),
            }
        }
        filling.is_swept = count < SWEPT_AT_ONCE;
        writer.put(Family::Meta, meta::FILLING, &encode(&filling))?;
        writer.write_unsynced(|| self.replace_filling(Some(filling)))
    }

    /// The newest version below a height.
    fn version_before(&self, id: &RecordId, height: Height) -> Result<Option<Version>, StoreError> {
        let database = self.database();
        let Some(below) = height.previous() else {
            return Ok(None);
        };
        let prefix = keys::record_prefix(id);
        let start = keys::record_key(id, below);
        let mut entries = database.scan(Family::Records, &prefix, &start, Direction::Reverse)?;
        let Some(entry) = entries.next() else {
            return Ok(None);
        };
        let (key, value) = entry?;
        let height = keys::record_key_height(&prefix, &key)
            .ok_or_else(|| database.damaged("a malformed key of `records`"))?;
        Ok(Some((height, value)))
    }
}

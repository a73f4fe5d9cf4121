//! The store as the rules read it: records at one height, pages of the state tree, nodes of the
//! header log.

use std::collections::BTreeSet;

use dirchain_ledger::codec;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::LogNodes;
use dirchain_ledger::ids::Height;
use dirchain_ledger::limits;
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::view::{View, ViewError};
use rocksdb::Direction;

use crate::database::{Database, KeyValue};
use crate::error::StoreError;
use crate::families::Family;
use crate::keys;
use crate::store::Store;

/// A stored record, decoded. Only keeps a damaged length from taking all memory: a genesis' records
/// came in no transaction, and may be larger than others.
const RECORD_DECODED_BYTES_MAX: usize = 8 * limits::RECORD_BYTES_MAX;

/// The records as they stood after the block at one height. Later commits do not change it.
#[derive(Clone)]
pub struct StoreView {
    store: Store,
    height: Height,
    /// Whether the height may be one whose history is only being fetched.
    is_filling: bool,
}

/// The heights at which a record was written first and last.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) first: Height,
    pub(crate) latest: Height,
}

/// When a record was written; none when it never was.
pub(crate) fn versions_of(
    database: &Database,
    id: &RecordId,
) -> Result<Option<Versions>, StoreError> {
    let decode = codec::decode::<(Height, Height), 16>;
    let heights = database.decode(Family::Ids, &id.key(), decode)?;
    Ok(heights.map(|(first, latest)| Versions { first, latest }))
}

impl StoreView {
    pub(crate) fn new(store: Store, height: Height) -> Self {
        Self {
            store,
            height,
            is_filling: false,
        }
    }

    pub(crate) fn while_filling(store: Store, height: Height) -> Self {
        Self {
            store,
            height,
            is_filling: true,
        }
    }

    /// Refuses a height whose records are not all here.
    fn check_begun(&self) -> Result<(), StoreError> {
        let begins = self.store.history_begins();
        if self.height < begins && !self.is_filling {
            return Err(StoreError::BeforeHistory {
                height: self.height,
                begins,
            });
        }
        Ok(())
    }

    /// The height that is viewed.
    pub fn height(&self) -> Height {
        self.height
    }

    fn read(&self, id: &RecordId) -> Result<Option<Record>, StoreError> {
        self.check_begun()?;
        let database = self.store.database();
        let mut versions = versions_of(database, id)?;
        let record = loop {
            let found = match versions {
                Some(versions) if versions.first <= self.height => versions,
                Some(_) | None => return Ok(None),
            };
            let record = if found.latest <= self.height {
                let key = keys::record_key(id, found.latest);
                database.decode(Family::Records, &key, decode_record)?
            } else {
                self.read_earlier(id)?
            };
            if record.is_some() {
                break record;
            }
            // A version that a snapshot brought may just have given way to the one it was.
            let again = versions_of(database, id)?;
            if again == versions {
                break None;
            }
            versions = again;
        };
        match record {
            Some(record) if record.id() == *id => Ok(Some(record)),
            Some(other) => {
                let found = other.id();
                Err(database.damaged(format!("{found} stands in the place of {id}")))
            }
            None => {
                let height = self.height;
                Err(database.damaged(format!("the version of {id} at {height} is missing")))
            }
        }
    }

    /// The newest version that is not above the height, where newer ones exist.
    fn read_earlier(&self, id: &RecordId) -> Result<Option<Record>, StoreError> {
        let database = self.store.database();
        let prefix = keys::record_prefix(id);
        let start = keys::record_key(id, self.height);
        let mut entries = database.scan(Family::Records, &prefix, &start, Direction::Reverse)?;
        let Some(entry) = entries.next() else {
            return Ok(None);
        };
        let (key, value) = entry?;
        if keys::record_key_height(&prefix, &key).is_none() {
            return Err(database.damaged("a malformed key of `records`"));
        }
        database
            .decoded(Family::Records, decode_record(&value))
            .map(Some)
    }

    /// The ids in the ends of keys that begin with `prefix`, where `first_height` of the value is
    /// not above the height.
    fn ids(
        &self,
        range: IdRange<'_>,
        after: Option<&RecordId>,
        count_max: usize,
        first_height: impl Fn(&[u8]) -> Result<Height, codec::CodecError>,
    ) -> Result<Vec<RecordId>, StoreError> {
        self.check_begun()?;
        let database = self.store.database();
        let prefix = [range.before_id, &[range.kind.byte()]].concat();
        let start = match after {
            Some(after) => [range.before_id, &keys::key_after(after.key())].concat(),
            None => prefix.clone(),
        };
        let entries = database.scan(
            range.family,
            &prefix,
            start.as_slice().max(&prefix),
            Direction::Forward,
        )?;
        let mut ids = Vec::new();
        for entry in entries {
            if ids.len() >= count_max {
                break;
            }
            let (key, value): KeyValue = entry?;
            let first = database.decoded(range.family, first_height(&value))?;
            let id = key.strip_prefix(range.before_id);
            let id = id.and_then(RecordId::from_key).ok_or_else(|| {
                database.damaged(format!("a malformed key of `{}`", range.family.name()))
            })?;
            if first <= self.height {
                ids.push(id);
            }
        }
        Ok(ids)
    }
}

/// Keys that end in the ids of one kind.
#[derive(Copy, Clone)]
struct IdRange<'a> {
    family: Family,
    before_id: &'a [u8],
    kind: RecordKind,
}

pub(crate) fn decode_record(bytes: &[u8]) -> Result<Record, codec::CodecError> {
    codec::decode::<Record, RECORD_DECODED_BYTES_MAX>(bytes)
}

impl View for StoreView {
    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        if height > self.height {
            return Ok(None);
        }
        let header = self.store.header(height)?;
        Ok(header.map(|header| header.hash()))
    }

    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        Ok(self.read(id)?)
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let range = IdRange {
            family: Family::Ids,
            before_id: &[],
            kind,
        };
        let first =
            |value: &[u8]| codec::decode::<(Height, Height), 16>(value).map(|(first, _)| first);
        Ok(self.ids(range, after, count_max, first)?)
    }

    /// A source named the target no earlier than it was written, and records are never deleted:
    /// one that had named the target by this height exists at this height.
    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let prefix = keys::record_prefix(target);
        let range = IdRange {
            family: Family::Referrers,
            before_id: &prefix,
            kind,
        };
        Ok(self.ids(range, after, count_max, codec::decode::<Height, 8>)?)
    }

    /// Also those of which one names the target only above this height.
    fn referring_kinds(
        &self,
        target: &RecordId,
    ) -> Result<Option<BTreeSet<RecordKind>>, ViewError> {
        self.check_begun()?;
        let database = self.store.database();
        let bytes = database.next_bytes(Family::Referrers, &keys::record_prefix(target))?;
        let kinds: Option<_> = bytes.into_iter().map(RecordKind::from_byte).collect();
        let malformed = || database.damaged("a malformed key of `referrers`");
        Ok(Some(kinds.ok_or_else(malformed)?))
    }
}

/// The records as of the tip, for those who execute blocks: what they read is kept in memory.
impl View for Store {
    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        self.view(Height(u64::MAX)).block_hash(height)
    }

    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        let tip = || self.view(Height(u64::MAX)).record(id);
        self.recent().record(id, tip)
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.view(Height(u64::MAX)).list(kind, after, count_max)
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let tip = self.view(Height(u64::MAX));
        tip.referrers(target, kind, after, count_max)
    }
}

/// The state tree of the tip.
impl Pages for Store {
    type Error = ViewError;

    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.recent().page(key, || {
            let page = self.database().get(Family::Tree, &key.to_bytes())?;
            Ok(page.map(|page| page.to_vec()))
        })
    }
}

/// The header log up to and with the tip.
impl LogNodes for Store {
    type Error = ViewError;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, ViewError> {
        let key = keys::log_key(level, index);
        let hash = codec::decode::<Hash, 32>;
        Ok(self.database().decode(Family::Log, &key, hash)?)
    }
}

//! RocksDB behind a few calls: reading by family, one kind of write, and errors that say what to do.
//!
//! Invariant: no knowledge of what keys and values mean.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use dirchain_ledger::codec::CodecError;
use rocksdb::checkpoint::Checkpoint;
use rocksdb::{
    ColumnFamily, ColumnFamilyDescriptor, DB, DBPinnableSlice, Direction, ErrorKind, IteratorMode,
    PrefixRange, ReadOptions, WriteBatch, WriteOptions,
};

use crate::error::StoreError;
use crate::families::{Family, block_cache, database_options};
use crate::snapshot::Frozen;
use crate::store::FORMAT_VERSION;

/// The unit in which the system tells what a file takes, whatever the disk's own blocks are.
const BLOCK_BYTES: u64 = 512;

/// A key and its value.
pub(crate) type KeyValue = (Box<[u8]>, Box<[u8]>);

/// The open database.
pub(crate) struct Database {
    db: DB,
    path: PathBuf,
    writer: Mutex<WriterState>,
}

/// What writers must know of those before them.
#[derive(Default)]
struct WriterState {
    failure: Option<StoreError>,
}

/// The right to write, one at a time. It is taken before a batch is put together, so that what the
/// batch was computed from still holds when it is written.
pub(crate) struct Writer<'a> {
    database: &'a Database,
    state: MutexGuard<'a, WriterState>,
    batch: WriteBatch,
}

impl Database {
    /// Opens the database, or creates an empty one.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let cache = block_cache();
        let families = Family::ALL
            .map(|family| ColumnFamilyDescriptor::new(family.name(), family.options(&cache)));
        let db = DB::open_cf_descriptors(&database_options(&cache), path, families)
            .map_err(|error| open_error(path, &error))?;
        Ok(Self {
            db,
            path: path.to_owned(),
            writer: Mutex::default(),
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The error that says what is damaged.
    pub(crate) fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            path: self.path.clone(),
            what: what.into(),
        }
    }

    /// A value's bytes, without a copy.
    pub(crate) fn get(
        &self,
        family: Family,
        key: &[u8],
    ) -> Result<Option<DBPinnableSlice<'_>>, StoreError> {
        let handle = self.handle(family)?;
        let value = self.db.get_pinned_cf(handle, key);
        value.map_err(|error| self.read_error(&error))
    }

    /// What the database holds now, to be read later.
    pub(crate) fn freeze(&self) -> Frozen<'_> {
        self.db.snapshot()
    }

    /// A value's bytes as they were.
    pub(crate) fn get_frozen(
        &self,
        frozen: &Frozen<'_>,
        family: Family,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let handle = self.handle(family)?;
        let value = frozen.get_cf(handle, key);
        value.map_err(|error| self.read_error(&error))
    }

    /// A value as `decode` reads it.
    pub(crate) fn decode<T>(
        &self,
        family: Family,
        key: &[u8],
        decode: impl FnOnce(&[u8]) -> Result<T, CodecError>,
    ) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.get(family, key)? else {
            return Ok(None);
        };
        self.decoded(family, decode(&bytes)).map(Some)
    }

    /// The value, or the error that a value of `family` is damaged.
    pub(crate) fn decoded<T>(
        &self,
        family: Family,
        value: Result<T, CodecError>,
    ) -> Result<T, StoreError> {
        value.map_err(|error| self.damaged(format!("a value of `{}`: {error}", family.name())))
    }

    /// The keys that begin with `prefix`, from `start` on in one direction.
    pub(crate) fn scan(
        &self,
        family: Family,
        prefix: &[u8],
        start: &[u8],
        direction: Direction,
    ) -> Result<impl Iterator<Item = Result<KeyValue, StoreError>>, StoreError> {
        let mut options = ReadOptions::default();
        options.set_iterate_range(PrefixRange(prefix));
        let mode = IteratorMode::From(start, direction);
        let handle = self.handle(family)?;
        let entries = self.db.iterator_cf_opt(handle, options, mode);
        Ok(entries.map(|entry| entry.map_err(|error| self.read_error(&error))))
    }

    /// The keys that begin with `prefix`, in order, without their values; at most `count_max`.
    pub(crate) fn keys(
        &self,
        family: Family,
        prefix: &[u8],
        count_max: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut options = ReadOptions::default();
        options.set_iterate_range(PrefixRange(prefix));
        let mut iterator = self.db.raw_iterator_cf_opt(self.handle(family)?, options);
        let mut keys = Vec::new();
        iterator.seek(prefix);
        while keys.len() < count_max
            && let Some(key) = iterator.key()
        {
            keys.push(key.to_vec());
            iterator.next();
        }
        iterator.status().map_err(|error| self.read_error(&error))?;
        Ok(keys)
    }

    /// The bytes that follow `prefix` in keys, each once, in order: found without reading the keys
    /// between.
    pub(crate) fn next_bytes(&self, family: Family, prefix: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut options = ReadOptions::default();
        options.set_iterate_range(PrefixRange(prefix));
        let mut iterator = self.db.raw_iterator_cf_opt(self.handle(family)?, options);
        let mut found = Vec::new();
        let mut start = Some(prefix.to_vec());
        while let Some(from) = start.take() {
            iterator.seek(from);
            let key = iterator.key();
            let Some(byte) = key.and_then(|key| key.strip_prefix(prefix)?.first()) else {
                break;
            };
            found.push(*byte);
            start = byte.checked_add(1).map(|next| [prefix, &[next]].concat());
        }
        iterator.status().map_err(|error| self.read_error(&error))?;
        Ok(found)
    }

    /// Takes the right to write. Fails at once when a write failed before: what is in memory and
    /// what is on disk may differ since, and only opening the database anew tells.
    pub(crate) fn writer(&self) -> Result<Writer<'_>, StoreError> {
        let Ok(state) = self.writer.lock() else {
            return Err(self.write_error("a thread panicked while it was writing"));
        };
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(Writer {
                database: self,
                state,
                batch: WriteBatch::default(),
            }),
        }
    }

    /// Copies the database, as it stands, to a directory that does not exist yet.
    pub(crate) fn checkpoint(&self, path: &Path) -> Result<(), StoreError> {
        let written = Checkpoint::new(&self.db).and_then(|made| made.create_checkpoint(path));
        written.map_err(|error| StoreError::Checkpoint {
            path: path.to_owned(),
            reason: error.into_string(),
        })
    }

    /// One of RocksDB's own counts of a family; 0 where it has none.
    pub(crate) fn property(&self, family: Family, name: &str) -> Result<u64, StoreError> {
        let value = self.db.property_int_value_cf(self.handle(family)?, name);
        let value = value.map_err(|error| self.read_error(&error))?;
        Ok(value.unwrap_or(0))
    }

    /// Bytes that every file of the database takes on the disk, with room that is set aside for more.
    pub(crate) fn size_bytes(&self) -> Result<u64, StoreError> {
        let read_error = |error: std::io::Error| StoreError::Read {
            path: self.path.clone(),
            reason: error.to_string(),
        };
        let mut size_bytes: u64 = 0;
        for file in std::fs::read_dir(&self.path).map_err(read_error)? {
            // Files that are no longer needed go while this counts.
            match file.and_then(|file| file.metadata()) {
                Ok(file) => {
                    let bytes = file.blocks().saturating_mul(BLOCK_BYTES);
                    size_bytes = size_bytes.saturating_add(bytes);
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(read_error(error)),
            }
        }
        Ok(size_bytes)
    }

    /// Bytes of the cache that all families share; the memtables are charged to it.
    pub(crate) fn memory_bytes(&self) -> Result<u64, StoreError> {
        self.property(Family::Meta, "rocksdb.block-cache-usage")
    }

    fn handle(&self, family: Family) -> Result<&ColumnFamily, StoreError> {
        let handle = self.db.cf_handle(family.name());
        handle.ok_or_else(|| self.damaged(format!("there is no family `{}`", family.name())))
    }

    fn read_error(&self, error: &rocksdb::Error) -> StoreError {
        match error.kind() {
            ErrorKind::Corruption => self.damaged(error.to_string()),
            _ => StoreError::Read {
                path: self.path.clone(),
                reason: error.to_string(),
            },
        }
    }

    fn write_error(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Write {
            path: self.path.clone(),
            reason: reason.into(),
        }
    }
}

impl Writer<'_> {
    /// Adds a value to the batch.
    pub(crate) fn put(
        &mut self,
        family: Family,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), StoreError> {
        let handle = self.database.handle(family)?;
        self.batch.put_cf(handle, key, value);
        Ok(())
    }

    /// Adds a deletion to the batch.
    pub(crate) fn delete(&mut self, family: Family, key: &[u8]) -> Result<(), StoreError> {
        let handle = self.database.handle(family)?;
        self.batch.delete_cf(handle, key);
        Ok(())
    }

    /// Writes the batch: on disk and synced when this returns. On success `written` runs before the
    /// next writer does. The first failure is the last write (tests:
    /// `no_write_follows_a_failed_one`, `a_failed_write_is_the_last`).
    pub(crate) fn write_then(self, written: impl FnOnce()) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.write_with(&options, written)
    }

    /// As [`Writer::write_then`], without waiting for the disk: after a crash this batch, and all
    /// after it, may be gone. For what can be had again.
    pub(crate) fn write_unsynced(self, written: impl FnOnce()) -> Result<(), StoreError> {
        self.write_with(&WriteOptions::default(), written)
    }

    fn write_with(
        mut self,
        options: &WriteOptions,
        written: impl FnOnce(),
    ) -> Result<(), StoreError> {
        let batch = std::mem::take(&mut self.batch);
        if let Err(error) = self.database.db.write_opt(batch, options) {
            let failure = self.database.write_error(error.into_string());
            self.state.failure = Some(failure.clone());
            return Err(failure);
        }
        written();
        Ok(())
    }
}

/// Tells apart why RocksDB did not open. It has no kinds for some of this, only words.
fn open_error(path: &Path, error: &rocksdb::Error) -> StoreError {
    let path = path.to_owned();
    let reason = error.to_string();
    let is_locked = reason.contains("lock hold by current process")
        || (reason.contains("While lock file") && reason.contains("Resource temporarily"));
    match error.kind() {
        ErrorKind::IOError if is_locked => StoreError::InUse { path },
        ErrorKind::InvalidArgument if reason.contains("Column families not opened") => {
            StoreError::OtherFormat {
                expected: FORMAT_VERSION,
                found: "of a later version, with other column families".to_owned(),
                path,
            }
        }
        ErrorKind::Corruption => StoreError::Damaged { path, what: reason },
        _ => StoreError::Open { path, reason },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// RocksDB refuses to sync what is in no log, and would take the next write: it is this crate
    /// that does not go on. `a_failed_write_is_the_last` shows it over a disk that takes no more,
    /// where RocksDB stops by itself.
    #[test]
    fn no_write_follows_a_failed_one() {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(directory.path()).unwrap();
        let put = || {
            let mut writer = database.writer()?;
            writer.put(Family::Meta, b"key", b"value")?;
            writer.write_then(|| ())
        };
        put().unwrap();
        let mut writer = database.writer().unwrap();
        writer.put(Family::Meta, b"key", b"value").unwrap();
        let mut options = WriteOptions::default();
        options.set_sync(true);
        options.disable_wal(true);
        let mut is_written = false;
        let written = writer.write_with(&options, || is_written = true);
        let failure = written.unwrap_err();
        assert!(matches!(failure, StoreError::Write { .. }), "{failure}");
        assert!(!is_written);
        assert_eq!(put(), Err(failure.clone()));
        assert_eq!(put(), Err(failure));
        // Reading goes on, and opening anew starts afresh.
        assert!(database.get(Family::Meta, b"key").unwrap().is_some());
        drop(database);
        let database = Database::open(directory.path()).unwrap();
        assert!(database.writer().is_ok());
    }
}

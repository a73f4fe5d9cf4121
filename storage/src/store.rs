//! The store: opening it, its tip, and reading blocks and indexes.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use dirchain_ledger::block::{Block, Header};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{Outcome, Tip, genesis_outcome};
use dirchain_ledger::codec;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, Height, TimeMs, TransactionId};
use dirchain_ledger::limits;
use rocksdb::Direction;

use crate::check;
use crate::commit;
use crate::database::Database;
use crate::error::StoreError;
use crate::families::Family;
use crate::filling::{self, Filling};
use crate::keys::{self, meta};
use crate::recent::Recent;
use crate::view::StoreView;

/// The version of the database's layout.
pub const FORMAT_VERSION: u32 = 2;

// What is stored was within the ledger's limits when it was written. These bounds only keep a
// damaged length from taking all memory, so they leave room.

/// A stored block, decoded.
const BLOCK_DECODED_BYTES_MAX: usize = 4 * limits::BLOCK_BYTES_MAX;
/// A stored certificate, decoded.
const CERTIFICATE_DECODED_BYTES_MAX: usize = 2 * limits::CERTIFICATE_BYTES_MAX;
/// A stored header, decoded: 308 bytes in version 1.
const HEADER_DECODED_BYTES_MAX: usize = 1024;
/// A stored tip, decoded: the validators and 64 hashes at most.
pub(crate) const TIP_DECODED_BYTES_MAX: usize = 256 * 1024;

/// The chain on disk. Cheap to clone: every clone is the same open database.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    chain: ChainId,
    tip: RwLock<Arc<Tip>>,
    filling: RwLock<Option<Filling>>,
    recent: Recent,
}

/// Where a transaction is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct TransactionPlace {
    /// The block's height.
    pub height: Height,
    /// The transaction's place in the block.
    pub index: u32,
}

/// How large the store is. The counts are RocksDB's estimates.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Bytes on disk, logs included.
    pub size_bytes: u64,
    /// Bytes in memory: memtables, and the blocks of table files that are cached.
    pub memory_bytes: u64,
    /// Records.
    pub record_count: u64,
    /// Versions of records.
    pub version_count: u64,
    /// Transactions.
    pub transaction_count: u64,
}

impl Store {
    /// Creates the database for this genesis, or opens it and checks that it belongs to this chain
    /// and that its tip is whole.
    ///
    /// A block half-written by a crash is dropped: its commit had not returned.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`], [`StoreError::OtherChain`], [`StoreError::OtherFormat`],
    /// [`StoreError::Damaged`], [`StoreError::Genesis`]; [`StoreError::Open`] for all else.
    pub fn open(path: &Path, genesis: &Genesis) -> Result<Store, StoreError> {
        let database = Database::open(path)?;
        let chain = genesis.chain();
        if check::is_empty(&database)? {
            commit::write_genesis(&database, genesis, &genesis_outcome(genesis)?)?;
        }
        Self::checked(database, chain)
    }

    /// Opens a database that is there already, such as one that [`Store::checkpoint`] made.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn open_copy(path: &Path, chain: ChainId) -> Result<Store, StoreError> {
        Self::checked(Database::open(path)?, chain)
    }

    fn checked(database: Database, chain: ChainId) -> Result<Store, StoreError> {
        check::belongs_to(&database, chain)?;
        let tip = read_tip(&database)?;
        let filling = filling::read(&database)?;
        let inner = Inner {
            database,
            chain,
            tip: RwLock::new(Arc::new(tip)),
            filling: RwLock::new(filling),
            recent: Recent::new(),
        };
        let store = Store {
            inner: Arc::new(inner),
        };
        check::tip_is_whole(&store)?;
        Ok(store)
    }

    /// The chain that is stored.
    pub fn chain(&self) -> ChainId {
        self.inner.chain
    }

    /// The end of the chain: the last block committed, or the genesis.
    pub fn tip(&self) -> Arc<Tip> {
        // Replacing the tip cannot panic halfway, so a poisoned lock holds a whole tip.
        let tip = self.inner.tip.read();
        Arc::clone(&tip.unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn filling_state(&self) -> Option<Filling> {
        let filling = self.inner.filling.read();
        filling.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace_filling(&self, filling: Option<Filling>) {
        let current = self.inner.filling.write();
        *current.unwrap_or_else(PoisonError::into_inner) = filling;
    }

    /// The first height whose records can be read: the genesis', or a snapshot's until the history
    /// before it is here. Blocks and the index of histories begin after it.
    pub fn history_begins(&self) -> Height {
        let filling = self.inner.filling.read();
        let filling = filling.unwrap_or_else(PoisonError::into_inner);
        filling
            .as_ref()
            .map_or(Height::GENESIS, |filling| filling.base)
    }

    /// Moves the tip to a block that is on disk.
    pub(crate) fn committed(&self, outcome: &Outcome) {
        let tip = Arc::new(outcome.tip.clone());
        let (records, pages) = (outcome.records.keys(), &outcome.pages);
        self.inner.recent.committed(records, pages, || {
            let current = self.inner.tip.write();
            *current.unwrap_or_else(PoisonError::into_inner) = tip;
        });
    }

    pub(crate) fn recent(&self) -> &Recent {
        &self.inner.recent
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    /// A block's header; none for the genesis and above the tip.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] and [`StoreError::Damaged`], here and in everything that reads.
    pub fn header(&self, height: Height) -> Result<Option<Header>, StoreError> {
        let decode = codec::decode::<Header, HEADER_DECODED_BYTES_MAX>;
        self.at_height(Family::Headers, height, decode, |header| header.height)
    }

    /// A block; none for the genesis and above the tip.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn block(&self, height: Height) -> Result<Option<Block>, StoreError> {
        let decode = codec::decode::<Block, BLOCK_DECODED_BYTES_MAX>;
        self.at_height(Family::Blocks, height, decode, |block| block.header.height)
    }

    /// As [`Store::block`], shared: blocks that were asked for lately are kept decoded.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn shared_block(&self, height: Height) -> Result<Option<Arc<Block>>, StoreError> {
        self.recent().block(height, || self.block(height))
    }

    /// A block's certificate; none for the genesis and above the tip.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn certificate(&self, height: Height) -> Result<Option<Certificate>, StoreError> {
        let decode = codec::decode::<Certificate, CERTIFICATE_DECODED_BYTES_MAX>;
        self.at_height(Family::Certificates, height, decode, |found| found.height)
    }

    /// A block's encoding, as it travels.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn block_bytes(&self, height: Height) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self
            .database()
            .get(Family::Blocks, &keys::height_key(height))?;
        Ok(bytes.map(|bytes| bytes.to_vec()))
    }

    /// Where a transaction is; none when it is in no block.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn transaction(&self, id: &TransactionId) -> Result<Option<TransactionPlace>, StoreError> {
        let decode = codec::decode::<(Height, u32), 12>;
        let place = self
            .database()
            .decode(Family::Transactions, id.0.as_bytes(), decode)?;
        Ok(place.map(|(height, index)| TransactionPlace { height, index }))
    }

    /// The transactions in blocks whose id begins with these bytes, in the order of ids; at most
    /// `count_max`.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn transactions_beginning(
        &self,
        prefix: &[u8],
        count_max: usize,
    ) -> Result<Vec<TransactionId>, StoreError> {
        let keys = self
            .database()
            .keys(Family::Transactions, prefix, count_max)?;
        let id = |key: Vec<u8>| match <[u8; 32]>::try_from(key.as_slice()) {
            Ok(hash) => Ok(TransactionId(Hash(hash))),
            Err(_) => Err(self.database().damaged("a transaction's key is no hash")),
        };
        keys.into_iter().map(id).collect()
    }

    /// The last block, or the genesis, whose time is not after `time`; none before the genesis.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn height_at(&self, time: TimeMs) -> Result<Option<Height>, StoreError> {
        let start = keys::time_key(time);
        let database = self.database();
        let mut entries = database.scan(Family::Times, &[], &start, Direction::Reverse)?;
        let Some(entry) = entries.next() else {
            return Ok(None);
        };
        let height = codec::decode::<Height, 8>(&entry?.1);
        database.decoded(Family::Times, height).map(Some)
    }

    /// The records as they stood after the block at `height`; above the tip, as they stand at the
    /// tip now.
    pub fn view(&self, height: Height) -> StoreView {
        StoreView::new(self.clone(), height.min(self.tip().height))
    }

    /// As [`Store::view`], also of heights whose history is only being fetched.
    pub(crate) fn view_while_filling(&self, height: Height) -> StoreView {
        StoreView::while_filling(self.clone(), height)
    }

    /// The encoded genesis that the chain began with.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn genesis_bytes(&self) -> Result<Vec<u8>, StoreError> {
        let bytes = self.database().get(Family::Meta, meta::GENESIS)?;
        let missing = || self.database().damaged("the genesis is missing");
        Ok(bytes.ok_or_else(missing)?.to_vec())
    }

    /// Bytes on disk, logs included.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] when the directory cannot be listed.
    pub fn size_bytes(&self) -> Result<u64, StoreError> {
        self.database().size_bytes()
    }

    /// How large the store is.
    ///
    /// # Errors
    ///
    /// As [`Store::header`].
    pub fn status(&self) -> Result<Status, StoreError> {
        let count = |family| {
            self.database()
                .property(family, "rocksdb.estimate-num-keys")
        };
        Ok(Status {
            size_bytes: self.size_bytes()?,
            memory_bytes: self.database().memory_bytes()?,
            record_count: count(Family::Ids)?,
            version_count: count(Family::Records)?,
            transaction_count: count(Family::Transactions)?,
        })
    }

    /// Copies the store, as it stands, to a directory that does not exist yet. The copy opens as a
    /// store. It holds no key and no double-sign guard: a node that starts from it must not vote
    /// until it is past what it signed before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Checkpoint`].
    pub fn checkpoint(&self, path: &Path) -> Result<(), StoreError> {
        self.database().checkpoint(path)
    }

    /// A value kept under a height, which must be the value's own.
    fn at_height<T>(
        &self,
        family: Family,
        height: Height,
        decode: impl FnOnce(&[u8]) -> Result<T, codec::CodecError>,
        height_of: impl FnOnce(&T) -> Height,
    ) -> Result<Option<T>, StoreError> {
        let database = self.database();
        let Some(value) = database.decode(family, &keys::height_key(height), decode)? else {
            return Ok(None);
        };
        let found = height_of(&value);
        if found != height {
            let name = family.name();
            return Err(database.damaged(format!("`{name}` has height {found} at {height}")));
        }
        Ok(Some(value))
    }
}

fn read_tip(database: &Database) -> Result<Tip, StoreError> {
    let decode = codec::decode::<Tip, TIP_DECODED_BYTES_MAX>;
    let tip = database.decode(Family::Meta, meta::TIP, decode)?;
    tip.ok_or_else(|| database.damaged("the tip is missing"))
}

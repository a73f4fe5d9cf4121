//! The column families, and the bounds on memory, files and logs of the whole database.

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, DBCompressionType, DBRecoveryMode, LogLevel,
    LruCacheOptions, Options, WriteBufferManager,
};

/// Blocks of table files, their indexes and filters, and the memtables: all of it together.
pub const BLOCK_CACHE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The cache is cut into 2 to this many parts, each with its lock. A block stays only where it fits
/// beside others in its part, so parts are few and hold megabytes.
const BLOCK_CACHE_SHARD_BITS: i32 = 3;
/// Indexes and filters are cut into blocks of about this size. Whole ones reach a megabyte for each
/// table file; reading one key then reads and decompresses all of it whenever the cache let it go.
const INDEX_BLOCK_BYTES: usize = 4 * 1024;
/// The memtables' part of [`BLOCK_CACHE_BYTES_MAX`].
pub const MEMTABLE_BYTES_MAX: usize = 24 * 1024 * 1024;
/// One family's memtable before it is flushed.
const FAMILY_MEMTABLE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Memtables grow in steps of this; as many small families must not take a megabyte each.
const ARENA_BLOCK_BYTES: usize = 128 * 1024;
/// Table files held open at once.
const OPEN_FILES_MAX: i32 = 256;
/// Write-ahead logs together. [`crate::check::CHECKED_HEADERS_MAX`] rests on it.
pub(crate) const WAL_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// RocksDB's own log: one file's size, and how many are kept.
const INFO_LOG_BYTES_MAX: usize = 1024 * 1024;
const INFO_LOG_COUNT_MAX: usize = 4;
/// The list of table files is rewritten when it grows over this.
const MANIFEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Flushes and compactions at a time.
const BACKGROUND_JOBS_MAX: i32 = 2;
/// About one false positive in a hundred.
const BLOOM_BITS_PER_KEY: f64 = 10.0;

/// One column family. Keys are laid out in [`crate::keys`]; values are the ledger's encoding.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Height → block.
    Blocks,
    /// Height → header, beside the block so that reading one does not read a megabyte.
    Headers,
    /// Height → certificate.
    Certificates,
    /// Record id, height → the version written there.
    Records,
    /// Record id → heights of its first and its latest version. Listing reads this alone, and the
    /// latest version is found without an iterator.
    Ids,
    /// Target, source → the first height at which the source named the target.
    Referrers,
    /// Page key → page of the tip's state tree.
    Tree,
    /// Level, index → hash of a complete node of the header log.
    Log,
    /// Transaction id → height and index.
    Transactions,
    /// Time → height.
    Times,
    /// Subject, height, transaction index, action index → nothing.
    History,
    /// Key in the state tree → whose leaf it is, or was.
    Leaves,
    /// Height, round, block hash → body.
    Undecided,
    /// Format version, chain, genesis, tip; how far a snapshot is here.
    Meta,
}

impl Family {
    pub(crate) const ALL: [Family; 14] = [
        Family::Blocks,
        Family::Headers,
        Family::Certificates,
        Family::Records,
        Family::Ids,
        Family::Referrers,
        Family::Tree,
        Family::Log,
        Family::Transactions,
        Family::Times,
        Family::History,
        Family::Leaves,
        Family::Undecided,
        Family::Meta,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Family::Blocks => "blocks",
            Family::Headers => "headers",
            Family::Certificates => "certificates",
            Family::Records => "records",
            Family::Ids => "ids",
            Family::Referrers => "referrers",
            Family::Tree => "tree",
            Family::Log => "log",
            Family::Transactions => "transactions",
            Family::Times => "times",
            Family::History => "history",
            Family::Leaves => "leaves",
            Family::Undecided => "undecided",
            Family::Meta => "meta",
        }
    }

    /// Hashes and signatures do not compress; names, texts and repeated ids do.
    fn compression(self) -> DBCompressionType {
        match self {
            Family::Blocks
            | Family::Records
            | Family::Ids
            | Family::Referrers
            | Family::History
            | Family::Leaves
            | Family::Meta => DBCompressionType::Lz4,
            Family::Headers
            | Family::Certificates
            | Family::Tree
            | Family::Log
            | Family::Transactions
            | Family::Times
            | Family::Undecided => DBCompressionType::None,
        }
    }

    /// Whether single keys are asked for that may not be there, or may be in any file.
    fn has_filter(self) -> bool {
        match self {
            Family::Records
            | Family::Ids
            | Family::Referrers
            | Family::Tree
            | Family::Transactions => true,
            // Keys that ascend with the chain: a file's key range tells as much.
            Family::Blocks
            | Family::Headers
            | Family::Certificates
            | Family::Log
            | Family::Times
            | Family::Undecided => false,
            Family::History | Family::Leaves | Family::Meta => false,
        }
    }

    /// The family's options, with the cache that all families share.
    pub(crate) fn options(self, cache: &Cache) -> Options {
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(cache);
        blocks.set_cache_index_and_filter_blocks(true);
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
        blocks.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
        blocks.set_metadata_block_size(INDEX_BLOCK_BYTES);
        blocks.set_pin_top_level_index_and_filter(true);
        if self.has_filter() {
            blocks.set_bloom_filter(BLOOM_BITS_PER_KEY, false);
            blocks.set_partition_filters(true);
        }
        let mut options = Options::default();
        options.set_block_based_table_factory(&blocks);
        options.set_compression_type(self.compression());
        options.set_write_buffer_size(FAMILY_MEMTABLE_BYTES_MAX);
        options.set_arena_block_size(ARENA_BLOCK_BYTES);
        options
    }
}

/// The cache that all families share.
pub(crate) fn block_cache() -> Cache {
    let mut options = LruCacheOptions::default();
    options.set_capacity(BLOCK_CACHE_BYTES_MAX);
    options.set_num_shard_bits(BLOCK_CACHE_SHARD_BITS);
    Cache::new_lru_cache_opts(&options)
}

/// The options of the whole database.
pub(crate) fn database_options(cache: &Cache) -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    // Every write is synced before it is answered, so all that a crash can leave half-written is
    // the last record of the log, whose write nobody was told of: it is dropped. A record that is
    // there in full and does not fit its checksum was told of, and opening fails. Point-in-time
    // recovery would instead go back, in silence, to the state before such a record; absolute
    // consistency would refuse every node that lost power while writing.
    // Tests: `a_torn_log_tail_is_dropped`, `a_log_damaged_before_its_tail_is_refused`.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    // A log that lost its end, or is gone, though a newer one follows it, is refused as well.
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_paranoid_checks(true);
    let memtables = WriteBufferManager::new_write_buffer_manager_with_cache(
        MEMTABLE_BYTES_MAX,
        false,
        cache.clone(),
    );
    options.set_write_buffer_manager(&memtables);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_max_background_jobs(BACKGROUND_JOBS_MAX);
    options.set_max_manifest_file_size(MANIFEST_BYTES_MAX);
    options.set_max_log_file_size(INFO_LOG_BYTES_MAX);
    options.set_keep_log_file_num(INFO_LOG_COUNT_MAX);
    options.set_log_level(LogLevel::Warn);
    options
}

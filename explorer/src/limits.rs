//! Every bound on what a request may ask for, in one place.

use std::time::Duration;

use dirchain_ledger::limits;

/// Items of a list when the request does not say.
pub const LIMIT_DEFAULT: usize = 100;
/// Items of a list at most.
pub const LIMIT_MAX: usize = 1_000;
/// Items of a list that reads a block for each: blocks, history.
pub const BLOCK_LIMIT_MAX: usize = 200;
/// Items of such a list when the request does not say.
pub const BLOCK_LIMIT_DEFAULT: usize = 50;
/// Records that one request examines for a list; a filtered scan stops here and hands out a cursor.
pub const SCAN_MAX: usize = 5_000;
/// Ids that a scan asks the store for at a time.
pub const SCAN_PAGE: usize = 256;
/// Characters of a text filter.
pub const TEXT_CHARS_MAX: usize = 200;
/// Bytes of a request's path and query.
pub const URI_BYTES_MAX: usize = 8 * 1024;
/// Characters of a cursor: its fixed part and the longest record key, in hexadecimal.
pub const CURSOR_CHARS_MAX: usize = 512;
/// Items of the lists within one answer (a department's keys, sub-units, responsibilities).
pub const CUT_MAX: usize = 200;
/// Fields times departments that one answer about readers may cover.
pub const READER_CHECKS_MAX: usize = 20_000;
/// Checks that one page about a resource makes; further fields are left to their own answer.
pub const PAGE_CHECKS_MAX: usize = 2_000;
/// Records that one answer keeps in memory to read them once.
pub const MEMO_RECORDS_MAX: usize = 50_000;
/// Records that every answer keeps in memory while it is put together.
pub const READING_RECORDS_MAX: usize = 128;
/// Names of actions shown for a transaction in a block's list.
pub const ACTION_NAMES_MAX: usize = 8;
/// Records counted for the overview.
pub const COUNT_MAX: usize = 10_000;
/// How long the overview's counts are used before they are counted again.
pub const COUNT_AGE_MAX: Duration = Duration::from_secs(1);

/// Bytes of a transaction posted as bincode.
pub const BINARY_BODY_BYTES_MAX: usize = limits::TRANSACTION_BYTES_MAX;
/// Bytes of a transaction posted as JSON, which is the longer spelling.
pub const JSON_BODY_BYTES_MAX: usize = 2 * limits::TRANSACTION_BYTES_MAX;
/// How long a body may take to arrive.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(15);
/// Bodies being received at a time.
pub const BODIES_MAX: usize = 128;

/// Requests that read the store off the event loop at a time.
pub const READS_MAX: usize = 32;
/// Requests that wait for their turn to read; further ones are told to come back.
pub const READS_WAITING_MAX: usize = 1_024;
/// How long a request may wait for its turn and its reading.
pub const READ_TIME_MAX: Duration = Duration::from_secs(15);
/// How long a question for a transaction's outcome may wait: less than the ten seconds after which many
/// clients and proxies give up.
pub const WAIT_MS_MAX: u64 = 8_000;
/// Such questions that wait at a time.
pub const WAITS_MAX: usize = 1_024;
/// Seconds after which whoever met a full queue may come back.
pub const RETRY_AFTER_S: &str = "2";

/// Listeners to `/api/v1/events` at a time; further ones are told to come back.
pub const LISTENERS_MAX: usize = 256;
/// How often a listener that has everything looks whether a block has come.
pub const LISTEN_INTERVAL: Duration = Duration::from_millis(100);
/// After how long without a message a listener is sent an empty one, so that a broken connection
/// shows.
pub const LISTEN_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Milliseconds after which a browser whose connection broke asks again.
pub const LISTEN_RETRY: Duration = Duration::from_secs(2);
/// Bytes of messages about the newest blocks that are kept for all listeners.
pub const MESSAGES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Seconds that an answer about a height may be kept by whoever received it.
pub const IMMUTABLE_AGE_S: u32 = 86_400;
/// Bytes from which on an answer is packed for whoever takes it so.
pub const PACKED_BYTES_MIN: u64 = 1024;
/// Answers up to this size are packed on the event loop.
pub const PACKED_INLINE_BYTES_MAX: usize = 16 * 1024;
/// Longer answers being packed at a time; further ones wait for their turn.
pub const PACKINGS_MAX: usize = 4;
/// Changes told with a stale decision.
pub const CHANGES_TOLD_MAX: usize = 20;
/// A walk over what is owed that takes less than this is made for every block that is asked about.
pub const OWED_TIME_FREE: Duration = Duration::from_millis(50);
/// After a longer one the node rests so many times as long as it took: a twentieth of one processor is
/// the most that questions about what is owed cost.
pub const OWED_REST_FACTOR: u32 = 20;

/// Questions for decisions in one request.
pub const QUESTIONS_MAX: usize = 1_000;
/// Bytes of a request with questions.
pub const QUESTIONS_BYTES_MAX: usize = 1024 * 1024;

/// Addresses whose rate is remembered; further busy ones share one.
pub const ADDRESSES_MAX: usize = 4_096;
/// Tokens in the tokens' file.
pub const TOKENS_MAX: usize = 1_000;
/// Idempotency keys that are remembered, newest first.
pub const IDEMPOTENCY_KEYS_MAX: usize = 10_000;
/// Bytes of an idempotency key.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// Bytes that the search index's writer keeps in memory.
pub const SEARCH_WRITER_BYTES: usize = 16 * 1024 * 1024;
/// How often the search index looks for new blocks.
pub const SEARCH_INTERVAL: Duration = Duration::from_millis(500);
/// How long a question about a block that the index does not know yet waits for it.
pub const SEARCH_WAIT_MAX: Duration = Duration::from_secs(2);
/// Blocks that it takes in at a time.
pub const SEARCH_BLOCKS_MAX: u64 = 256;
/// Records whose texts changed in what it takes in at a time; the block with the last of them is taken whole.
pub const SEARCH_TURNED_MAX: usize = 2_048;
/// How long the index rests at most after each part, while it is made and while blocks wait.
pub const SEARCH_PAUSE_MAX: Duration = Duration::from_millis(50);
/// How long it waits after it failed before it is made anew.
pub const SEARCH_RETRY: Duration = Duration::from_secs(30);
/// Values of a facet that are counted out.
pub const FACET_VALUES_MAX: usize = 200;
/// Entries of a page of what a search found, when the request does not say and at most.
pub const SEARCH_LIMIT_DEFAULT: usize = 25;
/// See [`SEARCH_LIMIT_DEFAULT`].
pub const SEARCH_LIMIT_MAX: usize = 100;

/// Bytes of an evidence file to be verified.
pub const PROOF_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a form around it.
pub const FORM_BYTES_MAX: usize = 16 * 1024;
/// Files being received or verified at a time; further ones are told to come back.
pub const VERIFICATIONS_MAX: usize = 2;

/// Authorizations that the picture of who shares with whom sums up.
pub const GRANTS_MAX: usize = 100_000;
/// How long that picture is used before it is drawn anew.
pub const GRANTS_AGE_MAX: Duration = Duration::from_secs(5);
/// A picture that is drawn faster is drawn anew for each block.
pub const GRANTS_SLOW: Duration = Duration::from_millis(50);
/// Departments on each side of a graph; the table beside it lists all.
pub const GRAPH_SIDE_MAX: usize = 24;
/// Departments of a graph that can be opened.
pub const GRAPH_OPEN_MAX: usize = 6;
/// Blocks that one request adds to the sums of what happened today.
pub const TODAY_BLOCKS_MAX: usize = 300;
/// Actions after which it adds no more.
pub const TODAY_ACTIONS_MAX: usize = 5_000;
/// Events of today that are listed one by one.
pub const TODAY_EVENTS_SHOWN: usize = 8;

/// Exports of the catalogue at a time.
pub const EXPORTS_MAX: usize = 4;
/// Rows of a table that are exported as CSV; the catalogue as a whole is exported as RDF.
pub const CSV_ROWS_MAX: usize = 200_000;
/// Blocks that are looked through for the catalogue's last change.
pub const CHANGE_BLOCKS_MAX: usize = 10_000;
/// Records that an export reads at a time.
pub const EXPORT_PAGE: usize = 64;

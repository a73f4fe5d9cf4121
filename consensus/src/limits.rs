//! Every bound of the replica and its pool, in one place.

/// Ready transactions waiting in the pool.
pub const POOL_TRANSACTIONS_MAX: usize = 20_000;
/// Bytes of the ready transactions.
pub const POOL_SIZE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Ready transactions of one department with its sub-units, whatever keys it registers.
pub const POOL_TRANSACTIONS_PER_DEPARTMENT_MAX: usize = 5_000;
/// Bytes of the ready transactions of one department.
pub const POOL_SIZE_BYTES_PER_DEPARTMENT_MAX: usize = 8 * 1024 * 1024;
/// Work of judging one department's transactions between two blocks, refused ones included.
pub const POOL_WORK_PER_DEPARTMENT_MAX: u64 = dirchain_ledger::limits::BLOCK_WORK_MAX;
/// Transactions that wait for the one before them.
pub const PARKED_TRANSACTIONS_MAX: usize = 4_096;
/// Bytes of the transactions that wait for the one before them.
pub const PARKED_SIZE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Transactions of one department that wait for the one before them.
pub const PARKED_TRANSACTIONS_PER_DEPARTMENT_MAX: usize = 1_024;
/// Bytes of one department's transactions that wait for the one before them.
pub const PARKED_SIZE_BYTES_PER_DEPARTMENT_MAX: usize = 1024 * 1024;
/// Transactions of one key waiting in the pool.
pub const POOL_TRANSACTIONS_PER_KEY_MAX: usize = 2_048;
/// How long a transaction given to this node waits before it is sent to the validators again.
pub const RESEND_AFTER_MS: i64 = 2_000;
/// Transactions sent again at one tick.
pub const RESEND_COUNT_MAX: usize = 256;
/// Undecided bodies of one publisher kept in memory; those before them are read back from disk.
pub const BODIES_IN_MEMORY_PER_PUBLISHER_MAX: usize = 4;
/// Undecided bodies of one height that are stored, all publishers together. The store takes twice
/// as many.
pub const BODIES_STORED_MAX: usize = 512;
/// Undecided bodies of one publisher that are stored, at the least: as many rotations of proposers.
pub const BODIES_STORED_PER_PUBLISHER_MIN: usize = 4;

/// Undecided bodies of one publisher that are stored, by the number of validators.
pub fn bodies_stored_per_publisher(validators: usize) -> usize {
    let share = BODIES_STORED_MAX.checked_div(validators).unwrap_or(0);
    share.max(BODIES_STORED_PER_PUBLISHER_MIN)
}

/// Parts of one publisher kept for heights beyond the next: an honest one has one for each.
pub const PARTS_AHEAD_PER_PUBLISHER_MAX: usize = 4;
/// How far ahead of the tip a proposed block's height may be to be kept for later.
pub const PARTS_AHEAD_MAX: u64 = 4;
/// How far beyond the next height the signature of a vote or proposal is verified when it comes.
/// The engine keeps those of ten heights, and verifies each once it is there.
pub const VERIFIED_AHEAD_MAX: u64 = 8;
/// A proposal part's encoding: a block and what is around it.
pub const PART_BYTES_MAX: usize = dirchain_ledger::limits::BLOCK_BYTES_MAX + 1_024;
/// Candidates offered to one block.
pub const CANDIDATES_MAX: usize = dirchain_ledger::limits::BLOCK_TRANSACTIONS_MAX;
/// How long a transaction waits for the one before it before it is given up.
pub const PARKED_MS_MAX: i64 = 10_000;
/// Blocks of one publisher kept for one round: an honest one has one.
pub const BODIES_PER_PUBLISHER_MAX: usize = 2;
/// How far beyond the current round a part's round may be.
pub const ROUNDS_AHEAD_MAX: u32 = 8;
/// The newest rounds of which a validator's prevotes and proposals are remembered, for whoever asks why no block comes.
pub const ROUNDS_HEARD_MAX: usize = 16;
/// How far apart two clocks may be before that is worth saying: more than a message's way, well below what is refused.
pub const CLOCK_DIFFERENCE_MS_MAX: i64 = 2_000;
/// Decided blocks asked for, and given to a peer, at once.
pub const SYNC_BATCH_MAX: usize = 8;

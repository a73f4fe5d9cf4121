//! Every bound of the adapter, in one place.

use std::time::Duration;

/// A vote, proposal or liveness certificate, encoded.
pub(crate) const CONSENSUS_BYTES_MAX: usize = 64 * 1024;
/// A sync response, encoded: `SYNC_BATCH_MAX` blocks with their certificates.
pub(crate) const SYNC_RESPONSE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Requests to the host that wait.
pub(crate) const REQUESTS_MAX: usize = 4_096;
/// How long a transaction of a peer that was verified is remembered, at the least; at most twice as long, and that is
/// less than until an honest node sends it again.
pub(crate) const REMEMBERED_FOR: Duration = Duration::from_millis(900);
/// Transactions remembered in that time.
pub(crate) const REMEMBERED_MAX: usize = 8_192;
/// Requests taken at once before the engine's messages are looked at again.
pub(crate) const REQUESTS_AT_ONCE_MAX: usize = 256;
/// Refusals remembered for those who ask later.
pub(crate) const REFUSALS_MAX: usize = 10_000;
/// Requests that wait for an outcome at once.
pub(crate) const WAITERS_MAX: usize = 20_000;
/// Answers to peers that join late under way at once.
pub(crate) const GIVERS: usize = 2;
/// Parts of a snapshot asked for at once, of all peers and of one.
pub(crate) const PARTS_AT_ONCE_MAX: usize = 8;
pub(crate) const PARTS_OF_PEER_MAX: u32 = 2;
/// How long a peer without an answer is not asked again.
pub(crate) const ASIDE_FOR: Duration = Duration::from_secs(3);
/// How long to wait where nobody can be asked.
pub(crate) const ASK_AGAIN_AFTER: Duration = Duration::from_millis(250);
/// The longest pause between two blocks of the history that are filled in.
pub(crate) const FILL_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Heights whose certificates are looked through at a start for signatures that the guard does not know.
pub(crate) const OWN_SIGNATURES_HEIGHTS_MAX: u32 = 65_536;
/// How often the replica is told that time passed.
pub(crate) const TICK: Duration = Duration::from_millis(250);
/// How long the engine has to end before it is abandoned.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(5);

//! The keys' layouts. Integers are big-endian, so that byte order is number order.
//!
//! Record keys have different lengths and hold any byte. Where something follows one, its length
//! (two bytes) comes first: no key of one record then begins with the key of another.

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_ledger::records::RecordId;

use crate::history::HistoryEvent;

/// Keys of the family `meta`.
pub(crate) mod meta {
    pub(crate) const FORMAT: &[u8] = b"format";
    pub(crate) const CHAIN: &[u8] = b"chain";
    pub(crate) const GENESIS: &[u8] = b"genesis";
    pub(crate) const TIP: &[u8] = b"tip";
}

/// Families `blocks`, `headers`, `certificates`; the beginning of a key in `undecided`.
pub(crate) fn height_key(height: Height) -> [u8; 8] {
    height.0.to_be_bytes()
}

/// Length and key of a record: what its keys in `records`, `referrers` and `history` begin with.
pub(crate) fn record_prefix(id: &RecordId) -> Vec<u8> {
    let key = id.key();
    // Ids are texts of at most 64 bytes or keys of 32, so the length always fits.
    let size = u16::try_from(key.len()).unwrap_or(u16::MAX);
    [&size.to_be_bytes()[..], &key].concat()
}

/// Family `records`.
pub(crate) fn record_key(id: &RecordId, height: Height) -> Vec<u8> {
    let mut key = record_prefix(id);
    key.extend_from_slice(&height_key(height));
    key
}

/// The height of a key in `records`, given the prefix it was found under.
pub(crate) fn record_key_height(prefix: &[u8], key: &[u8]) -> Option<Height> {
    let height = key.strip_prefix(prefix)?.try_into().ok()?;
    Some(Height(u64::from_be_bytes(height)))
}

/// Family `referrers`: the target, then the source's key, whose first byte is its kind.
pub(crate) fn referrer_key(target: &RecordId, source: &RecordId) -> Vec<u8> {
    let mut key = record_prefix(target);
    key.extend_from_slice(&source.key());
    key
}

/// Family `log`.
pub(crate) fn log_key(level: u8, index: u64) -> Vec<u8> {
    [&[level][..], &index.to_be_bytes()].concat()
}

/// Family `times`: the sign bit is turned, so that instants before 1970 sort before the others.
pub(crate) fn time_key(time: TimeMs) -> [u8; 8] {
    (time.0 ^ i64::MIN).to_be_bytes()
}

/// Family `history`.
pub(crate) fn history_key(subject: &RecordId, event: &HistoryEvent) -> Vec<u8> {
    let mut key = record_prefix(subject);
    key.extend_from_slice(&height_key(event.height));
    key.extend_from_slice(&event.transaction_index.to_be_bytes());
    key.extend_from_slice(&event.action_index.to_be_bytes());
    key
}

/// The event of a key in `history`, given the prefix it was found under.
pub(crate) fn history_key_event(prefix: &[u8], key: &[u8]) -> Option<HistoryEvent> {
    let (height, rest) = key.strip_prefix(prefix)?.split_first_chunk::<8>()?;
    let (transaction, action) = rest.split_first_chunk::<4>()?;
    Some(HistoryEvent {
        height: Height(u64::from_be_bytes(*height)),
        transaction_index: u32::from_be_bytes(*transaction),
        action_index: u32::from_be_bytes(action.try_into().ok()?),
    })
}

/// Family `undecided`.
pub(crate) fn undecided_key(height: Height, round: u32, block: &Hash) -> Vec<u8> {
    [
        &height_key(height)[..],
        &round.to_be_bytes(),
        block.as_bytes(),
    ]
    .concat()
}

/// Round and block hash of a key in `undecided`.
pub(crate) fn undecided_key_parts(key: &[u8]) -> Option<(u32, Hash)> {
    let (round, block) = key.get(8..)?.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*round), Hash(block.try_into().ok()?)))
}

/// The first key after `key` in byte order.
pub(crate) fn key_after(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}

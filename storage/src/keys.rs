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
    /// How far the history before a snapshot is here; absent once all of it is.
    pub(crate) const FILLING: &[u8] = b"filling";
    /// The headers checked so far, while a snapshot is fetched.
    pub(crate) const WALK: &[u8] = b"walk";
    /// The top of the state tree that is fetched.
    pub(crate) const OFFER: &[u8] = b"offer";
    /// Before a part's number: how much of it is here.
    pub(crate) const PART: &[u8] = b"part ";
}

/// Family `meta`: how much is here of a part of the state tree that is fetched.
pub(crate) fn part_key(index: u32) -> Vec<u8> {
    [meta::PART, &index.to_be_bytes()].concat()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn resource(code: &str) -> RecordId {
        RecordId::Resource(code.parse().unwrap())
    }

    /// The layouts are part of the format: whoever changes them raises `FORMAT_VERSION`.
    #[test]
    fn the_layouts_are_frozen() {
        let id = RecordId::Department("D001".parse().unwrap());
        assert_eq!(height_key(Height(258)), [0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(
            record_key(&id, Height(258)),
            *b"\x00\x05\x01D001\0\0\0\0\0\0\x01\x02"
        );
        let source = resource("103001/000001");
        assert_eq!(
            referrer_key(&id, &source),
            *b"\x00\x05\x01D001\x05103001/000001"
        );
        assert_eq!(log_key(3, 258), [3, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(time_key(TimeMs(0)), [0x80, 0, 0, 0, 0, 0, 0, 0]);
        let event = HistoryEvent {
            height: Height(258),
            transaction_index: 3,
            action_index: 4,
        };
        let key = history_key(&id, &event);
        assert_eq!(
            key,
            *b"\x00\x05\x01D001\0\0\0\0\0\0\x01\x02\0\0\0\x03\0\0\0\x04"
        );
        assert_eq!(history_key_event(&record_prefix(&id), &key), Some(event));
        let key = undecided_key(Height(258), 3, &Hash([7; 32]));
        assert_eq!(key.len(), 44);
        assert_eq!(undecided_key_parts(&key), Some((3, Hash([7; 32]))));
    }

    #[test]
    fn no_record_has_keys_among_another_ones() {
        // One code begins with the other, and a key's bytes look like a height.
        let ids = [
            resource("103001/000001"),
            resource("1030010/000001"),
            RecordId::Key(dirchain_ledger::crypto::PublicKey([0; 32])),
            RecordId::Offices,
        ];
        for id in &ids {
            for other in &ids {
                let key = record_key(other, Height(0x3030_3030_3030_3030));
                let found = record_key_height(&record_prefix(id), &key);
                assert_eq!(found.is_some(), id == other, "{id} {other}");
            }
        }
    }

    #[test]
    fn times_sort_as_they_pass() {
        let times = [i64::MIN, -1, 0, 1, 1_700_000_000_000, i64::MAX];
        assert!(times.map(|time| time_key(TimeMs(time))).is_sorted());
    }

    #[test]
    fn malformed_keys_have_no_meaning() {
        assert_eq!(history_key_event(b"ab", b"ab short"), None);
        assert_eq!(history_key_event(b"ab", &[b'x'; 20]), None);
        assert_eq!(undecided_key_parts(&[0; 43]), None);
        assert_eq!(undecided_key_parts(&[0; 45]), None);
        assert_eq!(record_key_height(b"ab", b"ab1234567"), None);
    }
}

//! What blocks read again and again: records and pages of the state tree as they stand at the tip.
//!
//! Invariant: nothing is here that is not committed. It is filled by reading the database, never from
//! a block that is only proposed, and a commit takes out or replaces all that it writes before anybody
//! sees the new tip. So what is read through it is what the database holds, whichever blocks were
//! executed and given up meanwhile (tests: `proposals_given_up_leave_nothing_behind`,
//! `what_a_commit_replaced_is_not_kept`).

use std::collections::HashMap;
use std::hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dirchain_ledger::codec::encoded_bytes;
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::state_tree::PageKey;

/// Records, measured by their encoding; decoded they take about twice as much.
const RECENT_RECORDS_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What a record takes beside its encoding, about: its id, and its place in a map.
const ENTRY_BYTES: usize = 128;
/// Of how many bits at most the keys below a kept page are decided: that is four levels of pages, 4,369
/// of at most about a kilobyte. Every block reads many of these; of those below, others each time.
const RECENT_PAGE_DEPTH_MAX: u8 = 12;

/// Records and pages of the tip, kept in memory.
#[derive(Debug)]
pub(crate) struct Recent {
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// How many blocks were committed since the store was opened.
    commits: u64,
    records: Generations<RecordId, Option<Record>>,
    pages: HashMap<PageKey, Option<Vec<u8>>>,
}

impl Recent {
    pub(crate) fn new() -> Self {
        Self::bounded(RECENT_RECORDS_BYTES_MAX)
    }

    fn bounded(records_bytes_max: usize) -> Self {
        let kept = Kept {
            commits: 0,
            records: Generations::new(records_bytes_max),
            pages: HashMap::new(),
        };
        Self {
            kept: Mutex::new(kept),
        }
    }

    /// The record as it stands at the tip, which `read` finds in the database.
    pub(crate) fn record<E>(
        &self,
        id: &RecordId,
        read: impl FnOnce() -> Result<Option<Record>, E>,
    ) -> Result<Option<Record>, E> {
        let commits = {
            let mut kept = self.lock();
            if let Some(record) = kept.records.get(id) {
                return Ok(record.clone());
            }
            kept.commits
        };
        let record = read()?;
        let size_bytes = record.as_ref().map_or(0, encoded_bytes);
        self.keep(commits, |kept| {
            kept.records.put(id.clone(), record.clone(), size_bytes);
        });
        Ok(record)
    }

    /// The page of the tip's state tree, which `read` finds in the database.
    pub(crate) fn page<E>(
        &self,
        key: &PageKey,
        read: impl FnOnce() -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Vec<u8>>, E> {
        if key.depth() > RECENT_PAGE_DEPTH_MAX {
            return read();
        }
        let commits = {
            let kept = self.lock();
            if let Some(page) = kept.pages.get(key) {
                return Ok(page.clone());
            }
            kept.commits
        };
        let page = read()?;
        self.keep(commits, |kept| {
            kept.pages.insert(*key, page.clone());
        });
        Ok(page)
    }

    /// Forgets or replaces what a block wrote, once it is on disk; `move_tip` runs before anybody
    /// reads here again.
    pub(crate) fn committed<'a>(
        &self,
        records: impl Iterator<Item = &'a RecordId>,
        pages: &[(PageKey, Option<Vec<u8>>)],
        move_tip: impl FnOnce(),
    ) {
        let mut kept = self.lock();
        kept.commits = kept.commits.wrapping_add(1);
        // Few of a block's records are read soon, and reading one costs little more than copying it
        // here. Its pages near the top the next block needs again.
        for id in records {
            kept.records.remove(id);
        }
        for (key, page) in pages {
            if key.depth() <= RECENT_PAGE_DEPTH_MAX {
                kept.pages.insert(*key, page.clone());
            }
        }
        move_tip();
    }

    /// Keeps what was read, unless a block was committed meanwhile: it may be what that block replaced.
    fn keep(&self, commits: u64, put: impl FnOnce(&mut Kept)) {
        let mut kept = self.lock();
        if kept.commits == commits {
            put(&mut kept);
        }
    }

    /// Nothing here panics halfway through a change, so a poisoned lock holds what is true.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A map of bounded size that lets go of what was not asked for lately. What is asked for is among
/// the young; once these fill half of the room they become the old ones, and the old ones go.
#[derive(Debug)]
struct Generations<K, V> {
    bytes_max: usize,
    young: HashMap<K, Sized<V>>,
    young_bytes: usize,
    old: HashMap<K, Sized<V>>,
}

#[derive(Debug)]
struct Sized<V> {
    value: V,
    size_bytes: usize,
}

impl<K: Eq + hash::Hash, V> Generations<K, V> {
    fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            young: HashMap::new(),
            young_bytes: 0,
            old: HashMap::new(),
        }
    }

    fn get(&mut self, key: &K) -> Option<&V> {
        if let Some((key, entry)) = self.old.remove_entry(key) {
            self.insert(key, entry);
        }
        let entry = self.young.get(key).or_else(|| self.old.get(key));
        entry.map(|entry| &entry.value)
    }

    fn put(&mut self, key: K, value: V, size_bytes: usize) {
        self.remove(&key);
        let size_bytes = size_bytes.saturating_add(ENTRY_BYTES);
        self.insert(key, Sized { value, size_bytes });
    }

    fn remove(&mut self, key: &K) {
        self.old.remove(key);
        if let Some(entry) = self.young.remove(key) {
            self.young_bytes = self.young_bytes.saturating_sub(entry.size_bytes);
        }
    }

    /// Adds what is in neither generation.
    fn insert(&mut self, key: K, entry: Sized<V>) {
        self.young_bytes = self.young_bytes.saturating_add(entry.size_bytes);
        self.young.insert(key, entry);
        if self.young_bytes > self.bytes_max / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::convert::Infallible;

    use dirchain_ledger::hash::Hash;
    use dirchain_ledger::state_tree::{Pages, Slot, update};
    use proptest::prelude::*;

    use super::*;

    fn id(number: u8) -> RecordId {
        RecordId::Department(format!("D{number:03}").parse().unwrap())
    }

    fn page(recent: &Recent, found: &[u8]) -> Option<Vec<u8>> {
        let read = || Ok::<_, Infallible>(Some(found.to_vec()));
        recent.page(&PageKey::ROOT, read).unwrap()
    }

    /// The database is read while a block is committed.
    #[test]
    fn what_a_commit_replaced_is_not_kept() {
        let recent = Recent::new();
        let read_late = || {
            recent.committed([id(1)].iter(), &[], || ());
            Ok::<_, Infallible>(Some(b"before".to_vec()))
        };
        let before = recent.page(&PageKey::ROOT, read_late).unwrap();
        assert_eq!(before.as_deref(), Some(&b"before"[..]));
        assert_eq!(page(&recent, b"now").as_deref(), Some(&b"now"[..]));
        // And it is kept from then on, until a commit writes it.
        assert_eq!(page(&recent, b"unread").as_deref(), Some(&b"now"[..]));
        let written = [(PageKey::ROOT, Some(b"written".to_vec()))];
        let mut is_moved = false;
        recent.committed([].iter(), &written, || is_moved = true);
        assert!(is_moved);
        assert_eq!(page(&recent, b"unread").as_deref(), Some(&b"written"[..]));
    }

    /// That a record is not there is kept too, until a commit writes it.
    #[test]
    fn a_record_that_is_written_is_read_anew() {
        let recent = Recent::new();
        let mut reads = 0;
        for written in [false, false, true, false] {
            if written {
                recent.committed([id(1)].iter(), &[], || ());
            }
            let read = || {
                reads += 1;
                Ok::<_, Infallible>(None)
            };
            assert_eq!(recent.record(&id(1), read).unwrap(), None);
        }
        assert_eq!(reads, 2);
    }

    /// A tree without pages yet.
    struct Bare;

    impl Pages for Bare {
        type Error = Infallible;
        fn page(&self, _: &PageKey) -> Result<Option<Vec<u8>>, Infallible> {
            Ok(None)
        }
    }

    #[test]
    fn only_pages_near_the_top_are_kept() {
        // Two keys that differ in their last bit have pages of every depth above them.
        let mut last = [0; 32];
        last[31] = 1;
        let leaves = [[0; 32], last].map(|key| (Hash(key), Some(Hash::ZERO)));
        let pages = update(&Bare, Slot::Empty, leaves.to_vec()).unwrap().pages;
        let recent = Recent::new();
        recent.committed([].iter(), &pages, || ());
        let mut depths: Vec<u8> = recent.lock().pages.keys().map(PageKey::depth).collect();
        depths.sort_unstable();
        assert_eq!(depths, [0, 4, 8, 12]);
        let deep = pages.iter().find(|(key, _)| key.depth() == 16).unwrap().0;
        for found in [b"one", b"two"] {
            let read = || Ok::<_, Infallible>(Some(found.to_vec()));
            assert_eq!(recent.page(&deep, read).unwrap().unwrap(), found);
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Put(u8, u32, usize),
        Remove(u8),
        Get(u8),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0u8..20, any::<u32>(), 0usize..2_000)
                .prop_map(|(key, value, size_bytes)| Step::Put(key, value, size_bytes)),
            (0u8..20).prop_map(Step::Remove),
            (0u8..20).prop_map(Step::Get),
        ];
        proptest::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn the_map_forgets_and_never_errs(steps in steps(), bytes_max in 0usize..8_000) {
            let mut map = Generations::new(bytes_max);
            let mut model: HashMap<u8, u32> = HashMap::new();
            for step in steps {
                match step {
                    Step::Put(key, value, size_bytes) => {
                        map.put(key, value, size_bytes);
                        model.insert(key, value);
                        prop_assert_eq!(map.get(&key), Some(&value));
                    }
                    Step::Remove(key) => {
                        map.remove(&key);
                        model.remove(&key);
                        prop_assert_eq!(map.get(&key), None);
                    }
                    Step::Get(key) => {
                        let found = map.get(&key).copied();
                        prop_assert!(found.is_none() || found == model.get(&key).copied());
                    }
                }
                let bytes = |map: &HashMap<u8, Sized<u32>>| map.values().map(|e| e.size_bytes).sum::<usize>();
                prop_assert_eq!(bytes(&map.young), map.young_bytes);
                prop_assert!(map.young_bytes <= bytes_max / 2);
                // The last that came in may have been the largest.
                prop_assert!(bytes(&map.old) <= bytes_max / 2 + 2_000 + ENTRY_BYTES);
            }
        }
    }
}

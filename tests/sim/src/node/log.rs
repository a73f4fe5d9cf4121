//! The engine's write-ahead log as the engine's own behaves: reset at each height, synced before a
//! message leaves, truncated at a bad entry.

use arc_malachitebft_core_consensus::Input;
use dirchain_consensus::context::DirectoryContext;
use dirchain_ledger::ids::Height;

use crate::random::Random;

#[derive(Clone, Debug)]
enum Entry {
    Good(Box<Input<DirectoryContext>>),
    /// Its checksum is wrong.
    Bad,
}

/// One node's log.
#[derive(Clone, Debug)]
pub struct Log {
    height: Height,
    entries: Vec<Entry>,
    /// How many of them are synced.
    synced: usize,
}

/// What a start finds in the log.
#[derive(Debug, Default)]
pub struct Found {
    /// The entries of the height that is started, up to the first bad one.
    pub entries: Vec<Input<DirectoryContext>>,
    /// Whether a bad one follows: the engine replays what is before it, and then hangs.
    pub is_broken: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            height: Height::GENESIS,
            entries: Vec::new(),
            synced: 0,
        }
    }
}

impl Log {
    /// Empties it for a height.
    pub fn reset(&mut self, height: Height) {
        *self = Self {
            height,
            ..Self::default()
        };
    }

    /// The entries of a height; a log of another height is emptied. A bad entry is cut off with
    /// all that follows it.
    pub fn open(&mut self, height: Height) -> Found {
        if self.height != height {
            self.reset(height);
            return Found::default();
        }
        let mut found = Found::default();
        for entry in &self.entries {
            match entry {
                Entry::Good(input) => found.entries.push((**input).clone()),
                Entry::Bad => {
                    found.is_broken = true;
                    break;
                }
            }
        }
        self.entries.truncate(found.entries.len());
        self.synced = self.entries.len();
        found
    }

    /// Appends an entry, not yet synced.
    pub fn append(&mut self, input: Input<DirectoryContext>) {
        self.entries.push(Entry::Good(Box::new(input)));
    }

    /// Syncs everything. False when there was nothing to sync.
    pub fn flush(&mut self) -> bool {
        let had_unsynced = self.synced < self.entries.len();
        self.synced = self.entries.len();
        had_unsynced
    }

    /// The process died: of what was not synced a part is kept, and the last may be torn. What is
    /// cut short is dropped at the next start; what has its length but not its content is bad.
    pub fn crash(&mut self, random: &mut Random) {
        let unsynced = self.entries.len().saturating_sub(self.synced);
        let kept = random.index(unsynced + 1);
        self.entries.truncate(self.synced + kept);
        if kept < unsynced && random.chance(300_000) {
            self.entries.push(Entry::Bad);
        }
        self.synced = self.entries.len();
    }

    /// A synced entry goes bad on the disk.
    pub fn rot(&mut self, random: &mut Random) {
        let index = random.index(self.entries.len());
        if let Some(entry) = self.entries.get_mut(index) {
            *entry = Entry::Bad;
        }
    }
}

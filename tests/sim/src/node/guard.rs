//! The double-sign guard: the ledger's verdict over a simulated file.

use dirchain_ledger::signing::{Position, SignedEntry, SigningRecord, SigningVerdict};

use crate::random::Random;

/// One node's guard: what its file holds, and the verdict on it.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    synced: Vec<SignedEntry>,
    /// Written and not yet synced.
    unsynced: Option<SignedEntry>,
    record: SigningRecord,
}

impl Guard {
    /// Reads the file back, as a start does.
    pub fn open(&mut self) {
        self.record = SigningRecord::restored(self.synced.iter().cloned());
    }

    /// What was signed, as far as it is on disk.
    pub fn record(&self) -> &SigningRecord {
        &self.record
    }

    /// Whether a message may be signed.
    pub fn verdict(&mut self, position: Position, message: &[u8]) -> SigningVerdict {
        self.record.verdict(position, message)
    }

    /// Writes an entry.
    pub fn write(&mut self, entry: SignedEntry) {
        self.unsynced = Some(entry);
    }

    /// Syncs what was written: the signature may leave.
    pub fn sync(&mut self) {
        if let Some(entry) = self.unsynced.take() {
            self.record.add(entry.clone());
            // The file is rewritten with what is remembered; here that is done at every height.
            let height = entry.position.height;
            self.synced.retain(|old| old.position.height >= height);
            self.synced.push(entry);
        }
    }

    /// The process died: what was not synced is there in full, or torn and dropped.
    pub fn crash(&mut self, random: &mut Random) {
        if random.chance(500_000) {
            self.sync();
        }
        self.unsynced = None;
    }
}

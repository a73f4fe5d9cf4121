//! The double-sign guard: what a validator signed last, on disk and synced before a signature
//! leaves, so that no crash makes it sign two different things in one place.
//!
//! It is a small file of its own, in no backup: a restored guard would forget what was signed
//! since. What may be signed is the verdict of `ledger/src/signing.rs`; the file keeps it.
//!
//! Invariant: nothing is signed that the file does not hold. What the file cannot tell is refused.

mod file;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::ids::Height;
use dirchain_ledger::signing::{SignedEntry, SigningRecord, SigningVerdict};

pub use dirchain_ledger::signing::{Position, REMEMBERED_COUNT_MAX, Step};
use file::GuardFile;

/// A message to be signed: votes and proposals have less than 200 bytes.
pub const MESSAGE_BYTES_MAX: usize = 512;

/// What the guard says to a request for a signature.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum GuardVerdict {
    /// It is new and above all that was signed before. The signature is on disk, and may leave.
    Sign(Signature),
    /// The same bytes were signed at the same position before: this is that signature.
    SignAgain(Signature),
    /// Other bytes were signed there or may have been, or a lock was forgotten: no signature.
    Refuse {
        /// The highest position signed. Whatever is at a greater height can be signed.
        guarded: Position,
    },
}

impl GuardVerdict {
    /// The signature that may leave; none when it is refused.
    pub fn signature(&self) -> Option<Signature> {
        match self {
            GuardVerdict::Sign(signature) | GuardVerdict::SignAgain(signature) => Some(*signature),
            GuardVerdict::Refuse { .. } => None,
        }
    }
}

/// Why the guard could not answer. Nothing may be signed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// Another process signs with this guard.
    #[error(
        "the double-sign guard {path} is in use by another process. Two nodes must never sign with one key: stop the other node first"
    )]
    InUse {
        /// The guard's file.
        path: PathBuf,
    },
    /// The file holds something else than what was written.
    #[error(
        "the double-sign guard {path} is damaged at byte {offset}: {what}. Move it away; without a guard the node does not vote until the chain is past whatever it may have signed"
    )]
    Damaged {
        /// The guard's file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What was found there.
        what: &'static str,
    },
    /// The file could not be read or written.
    #[error(
        "the double-sign guard {path} could not be {what}: {reason}. Free space on the disk or repair it, then start the node again; nothing was signed"
    )]
    Disk {
        /// The guard's file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// The system's words.
        reason: String,
    },
    /// No vote or proposal is this long.
    #[error(
        "a message of {size_bytes} bytes is not signed: votes and proposals have at most {MESSAGE_BYTES_MAX}"
    )]
    MessageTooLong {
        /// Its size.
        size_bytes: usize,
    },
    /// A thread panicked while it was signing.
    #[error("a thread panicked while it was signing with {path}. Start the node again")]
    Panicked {
        /// The guard's file.
        path: PathBuf,
    },
}

/// The double-sign guard of one consensus key.
#[derive(Debug)]
pub struct Guard {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: GuardFile,
    remembered: SigningRecord,
    failure: Option<GuardError>,
}

impl Guard {
    /// Makes an empty guard for a key that never signed, in place of any that is there, and keeps
    /// every other process from signing with it.
    ///
    /// # Errors
    ///
    /// [`GuardError::InUse`], [`GuardError::Disk`].
    pub fn make(path: &Path, key: &PublicKey) -> Result<Guard, GuardError> {
        let file = GuardFile::make(path, key, std::iter::empty())?;
        Ok(Self::new(path, file, SigningRecord::default()))
    }

    /// Makes a guard for a key that may have signed anything up to a height, and nothing above it.
    ///
    /// # Errors
    ///
    /// [`GuardError::InUse`], [`GuardError::Disk`].
    pub fn make_above(path: &Path, key: &PublicKey, height: Height) -> Result<Guard, GuardError> {
        let unknown = SignedEntry::whatever_up_to(height);
        let file = GuardFile::make(path, key, std::iter::once(&unknown))?;
        Ok(Self::new(path, file, SigningRecord::restored([unknown])))
    }

    /// Opens the guard of a key, and keeps every other process from signing with it. None when
    /// there is no guard, or another key's: what this key signed is then unknown.
    ///
    /// An incomplete last record is dropped. That is safe, since a signature leaves only when its
    /// record was synced in full: this one never left.
    ///
    /// # Errors
    ///
    /// [`GuardError::InUse`], [`GuardError::Damaged`], [`GuardError::Disk`].
    pub fn open(path: &Path, key: &PublicKey) -> Result<Option<Guard>, GuardError> {
        let found = GuardFile::open(path, key)?;
        Ok(found.map(|(file, entries)| Self::new(path, file, SigningRecord::restored(entries))))
    }

    fn new(path: &Path, file: GuardFile, remembered: SigningRecord) -> Guard {
        let state = State {
            file,
            remembered,
            failure: None,
        };
        Guard {
            path: path.to_owned(),
            state: Mutex::new(state),
        }
    }

    /// Gives up a guard that does not know all that its key signed: its file gets another name, which this gives, and
    /// the key has no guard from then on, also for whoever opens it later.
    ///
    /// # Errors
    ///
    /// [`GuardError::Disk`].
    pub fn set_aside(self) -> Result<PathBuf, GuardError> {
        file::set_aside(&self.path)
    }

    /// The highest position signed; none when nothing was.
    pub fn position(&self) -> Option<Position> {
        let state = self.state.lock();
        let state = state.unwrap_or_else(std::sync::PoisonError::into_inner);
        state.remembered.highest()
    }

    /// Signs `message` at `position`, or says why not. A new signature is on disk and synced when
    /// this returns; what `sign` gives must reach nobody in another way.
    ///
    /// # Errors
    ///
    /// [`GuardError::Disk`] when the record could not be written. Whether it is on disk is then
    /// unknown, so every later call fails with the same error until the guard is opened anew.
    /// [`GuardError::MessageTooLong`] refuses one message only.
    pub fn check_and_store(
        &self,
        position: Position,
        message: &[u8],
        sign: impl FnOnce(&[u8]) -> Signature,
    ) -> Result<GuardVerdict, GuardError> {
        let path = self.path.clone();
        let mut state = self
            .state
            .lock()
            .map_err(|_| GuardError::Panicked { path })?;
        if let Some(failure) = &state.failure {
            return Err(failure.clone());
        }
        let size_bytes = message.len();
        if size_bytes > MESSAGE_BYTES_MAX {
            return Err(GuardError::MessageTooLong { size_bytes });
        }
        match state.remembered.verdict(position, message) {
            SigningVerdict::New => {}
            SigningVerdict::Again(signature) => return Ok(GuardVerdict::SignAgain(signature)),
            SigningVerdict::Refuse { guarded } => return Ok(GuardVerdict::Refuse { guarded }),
        }
        let signature = sign(message);
        let entry = SignedEntry {
            position,
            message: message.to_vec(),
            signature,
        };
        let stored = state.store(entry);
        if let Err(failure) = stored {
            state.failure = Some(failure.clone());
            return Err(failure);
        }
        Ok(GuardVerdict::Sign(signature))
    }
}

impl State {
    fn store(&mut self, entry: SignedEntry) -> Result<(), GuardError> {
        self.file.append(&entry)?;
        self.remembered.add(entry);
        if self.file.is_full() {
            self.file.rewrite(self.remembered.entries())?;
        }
        Ok(())
    }
}

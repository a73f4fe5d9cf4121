//! The guard's file: records one after another, each synced before its signature leaves.
//!
//! Layout: the magic bytes, the public key that signs (32 bytes), then records. A record is the length of its content (4 bytes,
//! little-endian), a checksum of that length (8 bytes), the content, a checksum of the content (32
//! bytes). The length has a checksum of its own because everything rests on it: a length gone bad
//! would make a damaged record look like one cut short, and the signatures after it forgotten.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use dirchain_ledger::codec;
use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::ids::Height;
use dirchain_ledger::signing::{Position, SignedEntry, Step};

use super::{GuardError, MESSAGE_BYTES_MAX};

/// What the file begins with; the last byte is the version of the layout.
const MAGIC: &[u8; 16] = b"dirchain guard 2";
/// The file is rewritten with what is remembered when it grows over this: more than the most that
/// can be remembered.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// No file is longer: the record that passes the bound has it rewritten.
const READ_BYTES_MAX: u64 = FILE_BYTES_MAX + 4096;
/// The content of a record: height, round, step, the message and its length, the signature.
const CONTENT_BYTES_MAX: usize = 8 + 4 + 1 + 8 + MESSAGE_BYTES_MAX + 64;
const LENGTH_BYTES: usize = 4;
const LENGTH_SUM_BYTES: usize = 8;
const CONTENT_SUM_BYTES: usize = 32;

/// The open file, locked.
#[derive(Debug)]
pub(super) struct GuardFile {
    path: PathBuf,
    key: PublicKey,
    file: File,
    size_bytes: u64,
    /// Held for as long as the guard is open.
    _lock: Lock,
}

/// The locked file beside the guard's.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    /// Unlocks, and does not leave it to closing: a process that is just being started by another
    /// thread has a copy of the open file until it runs its program, and with it the lock
    /// (test: `a_closed_guard_opens_again_while_processes_start`).
    fn drop(&mut self) {
        // Where this fails, closing the file unlocks it all the same, only later.
        let _ = self.0.unlock();
    }
}

impl GuardFile {
    /// Locks, and writes a file with these entries in place of any that is there.
    pub(super) fn make<'a>(
        path: &Path,
        key: &PublicKey,
        entries: impl Iterator<Item = &'a SignedEntry>,
    ) -> Result<Self, GuardError> {
        let lock = lock(path)?;
        let size_bytes = write_anew(path, key, entries)?;
        Ok(Self {
            path: path.to_owned(),
            key: *key,
            file: appending(path)?,
            size_bytes,
            _lock: lock,
        })
    }

    /// Locks and opens a key's file, and reads its entries; a torn tail is cut off. None when there
    /// is no file, or another key's.
    pub(super) fn open(
        path: &Path,
        key: &PublicKey,
    ) -> Result<Option<(Self, Vec<SignedEntry>)>, GuardError> {
        let lock = lock(path)?;
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(disk(path, "opened", &error)),
        };
        let mut bytes = Vec::new();
        file.take(READ_BYTES_MAX.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| disk(path, "read", &error))?;
        if size_of(&bytes) > READ_BYTES_MAX {
            return Err(GuardError::Damaged {
                path: path.to_owned(),
                offset: READ_BYTES_MAX,
                what: "it is longer than any that is written",
            });
        }
        let (found, entries, size_bytes) = parse(path, &bytes)?;
        if found != *key {
            return Ok(None);
        }
        let file = appending(path)?;
        file.set_len(size_bytes)
            .and_then(|()| file.sync_all())
            .map_err(|error| disk(path, "written", &error))?;
        let guard = Self {
            path: path.to_owned(),
            key: *key,
            file,
            size_bytes,
            _lock: lock,
        };
        Ok(Some((guard, entries)))
    }

    /// Appends an entry; synced when this returns.
    pub(super) fn append(&mut self, entry: &SignedEntry) -> Result<(), GuardError> {
        let record = record(entry);
        self.file
            .write_all(&record)
            .and_then(|()| self.file.sync_data())
            .map_err(|error| disk(&self.path, "written", &error))?;
        self.size_bytes = self.size_bytes.saturating_add(size_of(&record));
        Ok(())
    }

    /// Whether the file should be rewritten.
    pub(super) fn is_full(&self) -> bool {
        self.size_bytes > FILE_BYTES_MAX
    }

    /// Replaces the file by one with these entries alone. A crash leaves the old one or the new.
    pub(super) fn rewrite<'a>(
        &mut self,
        entries: impl Iterator<Item = &'a SignedEntry>,
    ) -> Result<(), GuardError> {
        self.size_bytes = write_anew(&self.path, &self.key, entries)?;
        self.file = appending(&self.path)?;
        Ok(())
    }
}

/// Renames the file, so that it is the key's guard no more, and gives its new name.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, GuardError> {
    let aside = beside(path, ".forgot");
    let renamed = std::fs::rename(path, &aside).and_then(|()| sync_folder_of(path));
    renamed.map_err(|error| disk(path, "moved aside", &error))?;
    Ok(aside)
}

fn disk(path: &Path, what: &'static str, error: &std::io::Error) -> GuardError {
    GuardError::Disk {
        path: path.to_owned(),
        what,
        reason: error.to_string(),
    }
}

fn appending(path: &Path) -> Result<File, GuardError> {
    let file = OpenOptions::new().append(true).open(path);
    file.map_err(|error| disk(path, "opened", &error))
}

/// The path with a further extension.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    PathBuf::from(name)
}

/// Locks a file beside the guard's. The guard's own is replaced when it is rewritten, and a lock on
/// a file that was replaced keeps nobody out.
fn lock(path: &Path) -> Result<Lock, GuardError> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"))
        .map_err(|error| disk(path, "locked", &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(GuardError::InUse {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(disk(path, "locked", &error)),
    }
}

/// Writes a new file beside the old one, syncs it, puts it in the old one's place, and syncs the
/// directory. Gives its size.
fn write_anew<'a>(
    path: &Path,
    key: &PublicKey,
    entries: impl Iterator<Item = &'a SignedEntry>,
) -> Result<u64, GuardError> {
    let mut bytes = [&MAGIC[..], &key.0].concat();
    for entry in entries {
        bytes.extend(record(entry));
    }
    let new = beside(path, ".new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        sync_folder_of(path)
    });
    written.map_err(|error| disk(path, "written", &error))?;
    Ok(size_of(&bytes))
}

/// Syncs the folder that a file is in, so that its new name lasts.
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    // A bare file name has the empty path for its parent.
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn size_of(bytes: &[u8]) -> u64 {
    // A length in memory fits 64 bits on every machine this runs on.
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A checksum, keyed by its use like every hash of the ledger.
fn checksum(tag: &str, bytes: &[u8]) -> [u8; CONTENT_SUM_BYTES] {
    let key = blake3::hash(tag.as_bytes());
    *blake3::keyed_hash(key.as_bytes(), bytes).as_bytes()
}

fn content_sum(content: &[u8]) -> [u8; CONTENT_SUM_BYTES] {
    checksum("dirchain/v1/guard-content", content)
}

fn length_sum(length: [u8; LENGTH_BYTES]) -> [u8; LENGTH_SUM_BYTES] {
    let sum = checksum("dirchain/v1/guard-length", &length);
    let [a, b, c, d, e, f, g, h, ..] = sum;
    [a, b, c, d, e, f, g, h]
}

fn record(entry: &SignedEntry) -> Vec<u8> {
    let step: u8 = match entry.position.step {
        Step::Proposal => 0,
        Step::Prevote => 1,
        Step::Precommit => 2,
    };
    let Position { height, round, .. } = entry.position;
    let content = codec::encode(&(height, round, step, entry.message.clone(), entry.signature));
    // The message has at most `MESSAGE_BYTES_MAX` bytes, so the length always fits.
    let length = u32::try_from(content.len())
        .unwrap_or(u32::MAX)
        .to_le_bytes();
    [
        &length[..],
        &length_sum(length),
        &content,
        &content_sum(&content),
    ]
    .concat()
}

/// Whose guard it is, the entries, and where the last complete record ends.
fn parse(path: &Path, bytes: &[u8]) -> Result<(PublicKey, Vec<SignedEntry>, u64), GuardError> {
    let damaged = |rest: &[u8], what| GuardError::Damaged {
        path: path.to_owned(),
        offset: size_of(bytes).saturating_sub(size_of(rest)),
        what,
    };
    let (key, mut rest) = bytes
        .strip_prefix(MAGIC)
        .and_then(|rest| rest.split_first_chunk::<32>())
        .ok_or_else(|| damaged(bytes, "it does not begin as a guard does"))?;
    let mut entries: Vec<SignedEntry> = Vec::new();
    while let Some((content, sum, after)) =
        split_record(rest).map_err(|what| damaged(rest, what))?
    {
        if content_sum(content) != *sum {
            return Err(damaged(rest, "a record does not fit its checksum"));
        }
        let entry = entry(content).ok_or_else(|| damaged(rest, "a record does not parse"))?;
        let highest = entries.last().map(|entry| entry.position);
        if highest.is_some_and(|highest| highest >= entry.position) {
            return Err(damaged(rest, "the records are not in ascending order"));
        }
        entries.push(entry);
        rest = after;
    }
    let end = size_of(bytes).saturating_sub(size_of(rest));
    Ok((PublicKey(*key), entries, end))
}

/// A record's content, its checksum, and what follows the record.
type SplitRecord<'a> = (&'a [u8], &'a [u8; CONTENT_SUM_BYTES], &'a [u8]);

/// The record that `bytes` begin with; none when they end before it does.
fn split_record(bytes: &[u8]) -> Result<Option<SplitRecord<'_>>, &'static str> {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        return Ok(None);
    };
    let Some((sum, rest)) = rest.split_first_chunk::<LENGTH_SUM_BYTES>() else {
        return Ok(None);
    };
    if length_sum(*length) != *sum {
        return Err("the length of a record does not fit its checksum");
    }
    let size = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if size > CONTENT_BYTES_MAX {
        return Err("a record is longer than any that is written");
    }
    let Some((content, rest)) = rest.split_at_checked(size) else {
        return Ok(None);
    };
    let Some((sum, rest)) = rest.split_first_chunk::<CONTENT_SUM_BYTES>() else {
        return Ok(None);
    };
    Ok(Some((content, sum, rest)))
}

fn entry(content: &[u8]) -> Option<SignedEntry> {
    type Content = (Height, u32, u8, Vec<u8>, Signature);
    let decoded = codec::decode::<Content, CONTENT_BYTES_MAX>(content).ok()?;
    let (height, round, step, message, signature) = decoded;
    let step = match step {
        0 => Step::Proposal,
        1 => Step::Prevote,
        2 => Step::Precommit,
        _ => return None,
    };
    Some(SignedEntry {
        position: Position {
            height,
            round,
            step,
        },
        message,
        signature,
    })
}

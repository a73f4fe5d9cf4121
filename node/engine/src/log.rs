//! The engine's write-ahead log as a file: what is wrong with it, and how much of it is good.
//!
//! The engine itself ends at the first start with a damaged log, and at every start where the damage is in the header.
//! So the log is looked at before it is opened, and cut off where it goes bad. What this node signed is in the guard,
//! which forgets nothing that the log forgets.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// Its name in the engine's folder.
pub const LOG_FILE: &str = "engine.wal";
/// The header: the layout's version (4 bytes) and the height (8).
const HEADER_BYTES: u64 = 12;
/// Before each entry's bytes: whether it is compressed (1 byte), its length (8), its CRC-32 (4).
const ENTRY_HEADER_BYTES: u64 = 13;
/// The layout that the engine writes, and reads.
const VERSION: u32 = 1;
/// The bytes of an entry that are read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Something wrong with an engine's log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine's log {} is damaged: {what}", path.display())]
pub struct LogDamage {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: LogFault,
    /// How many of its bytes are good.
    good_bytes: u64,
}

/// What is wrong with an engine's log.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// A file that has no header of a log.
    #[error("its header is not a log's")]
    Header,
    /// A bad entry.
    #[error("entry {number} is not what was written")]
    Entry {
        /// Which, from 1.
        number: u64,
    },
}

/// Looks at a log. None is there, or all is well, or only its end was not written any more: none.
///
/// # Errors
///
/// The file cannot be read.
pub fn log_damage(path: &Path) -> io::Result<Option<LogDamage>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let damage = |what, good_bytes| {
        Ok(Some(LogDamage {
            path: path.to_owned(),
            what,
            good_bytes,
        }))
    };
    let size = file.metadata()?.len();
    if size == 0 {
        return Ok(None);
    }
    let mut reader = BufReader::new(file);
    let mut header = [0; 4];
    if size < HEADER_BYTES {
        return damage(LogFault::Header, 0);
    }
    reader.read_exact(&mut header)?;
    if u32::from_be_bytes(header) != VERSION {
        return damage(LogFault::Header, 0);
    }
    io::copy(&mut reader.by_ref().take(8), &mut io::sink())?;
    let mut good_bytes = HEADER_BYTES;
    for number in 1.. {
        let left = size.saturating_sub(good_bytes);
        match entry(&mut reader, left)? {
            Entry::End => break,
            Entry::Bad => return damage(LogFault::Entry { number }, good_bytes),
            Entry::Good { bytes } => good_bytes = good_bytes.saturating_add(bytes),
        }
    }
    Ok(None)
}

/// What stands at a place of the log.
enum Entry {
    /// Nothing, or less than an entry: the engine cuts that off.
    End,
    /// Not what was written.
    Bad,
    /// An entry of so many bytes.
    Good { bytes: u64 },
}

fn entry(reader: &mut impl Read, left: u64) -> io::Result<Entry> {
    let Some(room) = left.checked_sub(ENTRY_HEADER_BYTES) else {
        return Ok(Entry::End);
    };
    let (mut flag, mut length, mut crc) = ([0; 1], [0; 8], [0; 4]);
    reader.read_exact(&mut flag)?;
    reader.read_exact(&mut length)?;
    reader.read_exact(&mut crc)?;
    let length = u64::from_be_bytes(length);
    if length > room {
        return Ok(Entry::End);
    }
    let mut hasher = crc32fast::Hasher::new();
    let mut body = reader.take(length);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = body.read(&mut chunk)?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hasher.update(bytes);
    }
    // The engine is built without compression.
    let is_good = flag == [0] && hasher.finalize() == u32::from_be_bytes(crc);
    Ok(match is_good {
        true => Entry::Good {
            bytes: ENTRY_HEADER_BYTES.saturating_add(length),
        },
        false => Entry::Bad,
    })
}

/// Cuts a damaged log off where it goes bad, synced, and says so.
pub(crate) fn mend(path: &Path) -> io::Result<()> {
    let Some(damage) = log_damage(path)? else {
        return Ok(());
    };
    tracing::warn!(
        "{damage}. It is cut off there: what this node signed is in the guard. If no power cut came before this, check the disk"
    );
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(damage.good_bytes)?;
    file.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn header() -> usize {
        usize::try_from(HEADER_BYTES).unwrap()
    }

    /// A log of some entries.
    fn log(entries: &[&[u8]]) -> Vec<u8> {
        let mut log = VERSION.to_be_bytes().to_vec();
        log.extend(7u64.to_be_bytes());
        for entry in entries {
            log.push(0);
            log.extend(u64::try_from(entry.len()).unwrap().to_be_bytes());
            log.extend(crc32fast::hash(entry).to_be_bytes());
            log.extend(*entry);
        }
        log
    }

    fn looked(bytes: &[u8]) -> Option<LogFault> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.wal");
        std::fs::write(&path, bytes).unwrap();
        let damage = log_damage(&path).unwrap();
        assert_eq!(
            std::fs::read(&path).unwrap(),
            bytes,
            "looking changes nothing"
        );
        damage.map(|damage| damage.what)
    }

    fn mended(bytes: &[u8]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.wal");
        std::fs::write(&path, bytes).unwrap();
        mend(&path).unwrap();
        std::fs::read(&path).unwrap()
    }

    #[test]
    fn a_whole_log_and_one_that_lost_its_end_are_good() {
        let long = vec![5; 3 * CHUNK_BYTES + 1];
        for whole in [log(&[]), log(&[b"vote"]), log(&[b"", &long, b"timeout"])] {
            assert_eq!(looked(&whole), None);
            assert_eq!(mended(&whole), whole);
        }
        let whole = log(&[b"vote", b"timeout"]);
        for length in header()..whole.len() {
            assert_eq!(looked(&whole[..length]), None, "{length}");
        }
        assert_eq!(looked(b""), None);
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("engine.wal");
        assert_eq!(log_damage(&missing).unwrap(), None);
        mend(&missing).unwrap();
        assert!(!missing.exists());
    }

    #[test]
    fn what_is_bad_is_cut_off_and_what_stands_before_it_stays() {
        let whole = log(&[b"vote", b"timeout", b"vote"]);
        let second = log(&[b"vote"]).len();
        let third = log(&[b"vote", b"timeout"]).len();
        for (at, number, stays) in [
            (header(), 1, header()),
            (second - 1, 1, header()),
            (second + 10, 2, second),
            (third - 1, 2, second),
            (whole.len() - 1, 3, third),
        ] {
            let mut bad = whole.clone();
            bad[at] ^= 1;
            assert_eq!(looked(&bad), Some(LogFault::Entry { number }), "{at}");
            let left = mended(&bad);
            assert_eq!(left, &whole[..stays], "{at}");
            assert_eq!(looked(&left), None);
        }
        // A length that leads past the end is an entry that was not written to its end.
        let mut bad = whole.clone();
        bad[second + 1] ^= 0x80;
        assert_eq!(looked(&bad), None);
    }

    #[test]
    fn what_has_no_header_is_made_anew() {
        let whole = log(&[b"vote"]);
        let mut other = whole.clone();
        other[0] ^= 1;
        for bad in [&other[..], &whole[..3], &whole[..11]] {
            assert_eq!(looked(bad), Some(LogFault::Header));
            assert_eq!(mended(bad), b"");
        }
    }
}

//! The header log as a transparency log that tools elsewhere can read: tiles, and proofs of one
//! header.
//!
//! Sources: C2SP tlog-tiles, tlog-proof (<https://c2sp.org>); RFC 6962. Entry 0 is the chain's id,
//! entry h the encoded header at height h.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::{
    ConsistencyError, Frontier, LogError, LogNodes, consistency_proof, inclusion_proof,
    verify_consistency,
};

use crate::note::{LogHead, SignedNote};

/// Hashes, or entries, of a whole tile.
pub const TILE_WIDTH: u64 = 256;

/// A tile, or a bundle of entries, as its path names it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// Its level: each stands for eight levels of the tree. None for a bundle of entries.
    pub level: Option<u8>,
    /// Its place within the level.
    pub index: u64,
    /// How many of its hashes or entries there are; 256 for a whole one.
    pub width: u64,
}

impl Tile {
    /// The tile of a path below `tile/`, such as `0/x001/234` or `entries/000.p/17`.
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let level = match level {
            "entries" => None,
            digits => Some(plain(digits)?.try_into().ok().filter(|level| *level < 8)?),
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => {
                let width = plain(width).filter(|w| (1..TILE_WIDTH).contains(w))?;
                (index, width)
            }
            None => (rest, TILE_WIDTH),
        };
        let tile = Self {
            level,
            index: parse_index(index)?,
            width,
        };
        (tile.to_string() == path).then_some(tile)
    }

    /// The range of leaves, or of nodes of level eight times the tile's.
    fn start(self) -> Option<u64> {
        self.index.checked_mul(TILE_WIDTH)
    }

    /// The tile's bytes in a log of `size`; none when it does not have as many hashes. Of a bundle
    /// of entries there are none here: see [`Tile::entries`].
    ///
    /// # Errors
    ///
    /// The store's own.
    pub fn hashes<N: LogNodes>(
        self,
        nodes: &N,
        size: u64,
    ) -> Result<Option<Vec<u8>>, LogError<N::Error>> {
        let (Some(level), Some(start)) = (self.level, self.start()) else {
            return Ok(None);
        };
        let level = level.saturating_mul(8);
        let complete = size.checked_shr(u32::from(level)).unwrap_or(0);
        let end = start.checked_add(self.width);
        let Some(end) = end.filter(|end| *end <= complete) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        for index in start..end {
            let node = nodes.node(level, index).map_err(LogError::Nodes)?;
            let node = node.ok_or(LogError::MissingNode { level, index })?;
            bytes.extend_from_slice(&node.0);
        }
        Ok(Some(bytes))
    }

    /// The entries of a bundle in a log of `size`; none when it does not have as many.
    pub fn entries(self, size: u64) -> Option<std::ops::Range<u64>> {
        let start = self.start().filter(|_| self.level.is_none())?;
        let end = start.checked_add(self.width).filter(|end| *end <= size)?;
        Some(start..end)
    }
}

impl std::fmt::Display for Tile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.level {
            Some(level) => write!(f, "{level}/")?,
            None => f.write_str("entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        while let Some(group) = groups.pop() {
            match groups.is_empty() {
                true => write!(f, "{group:03}")?,
                false => write!(f, "x{group:03}/")?,
            }
        }
        match self.width {
            TILE_WIDTH => Ok(()),
            width => write!(f, ".p/{width}"),
        }
    }
}

/// Decimal digits without leading zeros.
fn plain(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn parse_index(text: &str) -> Option<u64> {
    let mut index: u64 = 0;
    for group in text.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let number: u64 = digits.parse().ok().filter(|_| digits.len() == 3)?;
        index = index.checked_mul(1000)?.checked_add(number)?;
    }
    Some(index)
}

/// An entry as a bundle holds it: two big-endian bytes of length, and the entry.
pub fn bundled(entry: &[u8]) -> Option<Vec<u8>> {
    let size_bytes = u16::try_from(entry.len()).ok()?;
    Some([&size_bytes.to_be_bytes()[..], entry].concat())
}

/// The proof that entry `index` is in the log of a checkpoint, in the format tlog-proof.
///
/// # Errors
///
/// [`LogError`] when the log has no such entry, or the store lacks a node.
pub fn proof<N: LogNodes>(
    nodes: &N,
    index: u64,
    note: &SignedNote,
) -> Result<String, LogError<N::Error>> {
    let mut text = format!("c2sp.org/tlog-proof@v1\nindex {index}\n");
    for hash in inclusion_proof(nodes, index, note.head.size)? {
        text.push_str(&STANDARD.encode(hash.0));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&note.to_string());
    Ok(text)
}

/// Why a witness does not go on from one checkpoint to another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrowthError<E: std::fmt::Debug + std::fmt::Display + 'static> {
    /// The two are of different logs.
    #[error("the log's name changed from {from} to {to}")]
    OtherLog {
        /// Before.
        from: String,
        /// Now.
        to: String,
    },
    /// What was seen before is not in what is shown now: two histories exist.
    #[error(
        "FORK: the log of {new_size} leaves does not continue the one of {old_size} seen before ({reason}). Keep both checkpoints and raise the alarm"
    )]
    Fork {
        /// Leaves before.
        old_size: u64,
        /// Leaves now.
        new_size: u64,
        /// What contradicts.
        reason: String,
    },
    /// The log's tiles could not be read.
    #[error("the log's tiles could not be read: {0}")]
    Tiles(LogError<E>),
}

/// Whether the log only grew between two of its ends. `nodes` are read at the later one.
///
/// # Errors
///
/// [`GrowthError`]; [`GrowthError::Fork`] is the alarm.
pub fn check_growth<N>(nodes: &N, old: &LogHead, new: &LogHead) -> Result<(), GrowthError<N::Error>>
where
    N: LogNodes,
    N::Error: std::fmt::Debug + std::fmt::Display + 'static,
{
    if old.origin != new.origin {
        return Err(GrowthError::OtherLog {
            from: old.origin.clone(),
            to: new.origin.clone(),
        });
    }
    // A node that is behind shows an earlier end; what it shows must be in what was seen before.
    let (from, to) = if old.size <= new.size {
        (old, new)
    } else {
        (new, old)
    };
    let proof = consistency_proof(nodes, from.size, to.size).map_err(GrowthError::Tiles)?;
    let verdict = verify_consistency(&from.root, from.size, &to.root, to.size, &proof);
    verdict.map_err(|error: ConsistencyError| GrowthError::Fork {
        old_size: old.size,
        new_size: new.size,
        reason: error.to_string(),
    })
}

/// The hash at a place of a tile's bytes.
pub fn hash_in(tile: &[u8], place: usize) -> Option<Hash> {
    let start = place.checked_mul(32)?;
    let bytes = tile.get(start..start.checked_add(32)?)?;
    Some(Hash(bytes.try_into().ok()?))
}

/// A log whose nodes are read from tiles, as anybody outside reads them.
pub struct TileLog<F> {
    size: u64,
    fetch: F,
}

impl<F> TileLog<F> {
    /// The log of `size` leaves whose tiles `fetch` gets.
    pub fn new(size: u64, fetch: F) -> Self {
        Self { size, fetch }
    }
}

impl<F, E> LogNodes for TileLog<F>
where
    F: Fn(Tile) -> Result<Vec<u8>, E>,
{
    type Error = E;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, E> {
        // A tile holds every eighth level; those between are computed from the one below.
        let (tile_level, above) = (level / 8, level % 8);
        let complete = self.size.checked_shr(u32::from(tile_level) * 8);
        let (complete, count) = (complete.unwrap_or(0), 1u64 << above);
        let Some(first) = index.checked_mul(count).filter(|first| *first < complete) else {
            return Ok(None);
        };
        let tile_index = first / TILE_WIDTH;
        let rest = complete.saturating_sub(tile_index.saturating_mul(TILE_WIDTH));
        let tile = (self.fetch)(Tile {
            level: Some(tile_level),
            index: tile_index,
            width: rest.min(TILE_WIDTH),
        })?;
        let place = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut below = Frontier::default();
        for place in place..place.saturating_add(count) {
            let Some(hash) = hash_in(&tile, place) else {
                return Ok(None);
            };
            if below.append(hash).is_err() {
                return Ok(None);
            }
        }
        Ok(Some(below.root()))
    }
}

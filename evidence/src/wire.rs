//! Reading and writing the file's frame: little-endian integers, and bytes behind their length.
//!
//! Invariant: reading copies nothing and never allocates by a claimed count.

use std::borrow::Cow;

use dirchain_ledger::hash::Hash;

use crate::reason::Reason;

/// What is left to read.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn malformed(&self, what: &'static str) -> Reason {
        Reason::Malformed {
            what,
            offset: self.at,
        }
    }

    pub(crate) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], Reason> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| self.malformed(what))?;
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Reason> {
        let taken = self.take(N, what)?;
        taken.try_into().map_err(|_| self.malformed(what))
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, Reason> {
        Ok(u8::from_le_bytes(self.array(what)?))
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Reason> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, Reason> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    pub(crate) fn i64(&mut self, what: &'static str) -> Result<i64, Reason> {
        Ok(i64::from_le_bytes(self.array(what)?))
    }

    /// One byte that is 0 or 1.
    pub(crate) fn flag(&mut self, what: &'static str) -> Result<bool, Reason> {
        match self.u8(what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.malformed(what)),
        }
    }

    pub(crate) fn hash(&mut self, what: &'static str) -> Result<Hash, Reason> {
        Ok(Hash(self.array(what)?))
    }

    /// A count of at most `count_max`.
    pub(crate) fn count(&mut self, count_max: usize, what: &'static str) -> Result<usize, Reason> {
        let count = usize::try_from(self.u32(what)?).unwrap_or(usize::MAX);
        if count > count_max {
            return Err(Reason::TooMany { what, count_max });
        }
        Ok(count)
    }

    /// At most `size_bytes_max` bytes behind their length.
    pub(crate) fn blob(
        &mut self,
        size_bytes_max: usize,
        what: &'static str,
    ) -> Result<Cow<'a, [u8]>, Reason> {
        let size_bytes = self.count(size_bytes_max, what)?;
        Ok(Cow::Borrowed(self.take(size_bytes, what)?))
    }

    /// A list of at most `count_max` elements.
    pub(crate) fn list<T>(
        &mut self,
        count_max: usize,
        what: &'static str,
        mut element: impl FnMut(&mut Self) -> Result<T, Reason>,
    ) -> Result<Vec<T>, Reason> {
        let count = self.count(count_max, what)?;
        let mut elements = Vec::new();
        for _ in 0..count {
            elements.push(element(self)?);
        }
        Ok(elements)
    }

    /// The hashes of a path.
    pub(crate) fn path(&mut self) -> Result<Path<'a>, Reason> {
        let count = usize::from(self.u8("a path's length")?);
        if count > crate::limits::PATH_MAX {
            return Err(self.malformed("a path's length"));
        }
        let hashes = self.take(count.saturating_mul(32), "a path")?;
        Ok(Path(Cow::Borrowed(hashes)))
    }

    pub(crate) fn end(&self) -> Result<(), Reason> {
        if self.at == self.bytes.len() {
            return Ok(());
        }
        Err(self.malformed("bytes after the end"))
    }
}

/// A path's hashes, as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path<'a>(Cow<'a, [u8]>);

impl From<&[Hash]> for Path<'_> {
    fn from(hashes: &[Hash]) -> Self {
        Path(Cow::Owned(hashes.iter().flat_map(|hash| hash.0).collect()))
    }
}

impl Path<'_> {
    /// The hashes from the leaf upwards.
    pub fn hashes(&self) -> Vec<Hash> {
        let hashes = self.0.chunks_exact(32);
        let hashes = hashes.filter_map(|hash| hash.try_into().ok().map(Hash));
        hashes.collect()
    }
}

/// What was written so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.bytes(&value.to_le_bytes());
    }

    /// A count; what does not fit four bytes is refused by every reader's bound.
    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(crate) fn blob(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes(bytes);
    }

    pub(crate) fn path(&mut self, path: &Path<'_>) {
        self.u8(u8::try_from(path.0.len() / 32).unwrap_or(u8::MAX));
        self.bytes(&path.0);
    }
}

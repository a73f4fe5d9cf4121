//! Remembers the latest relayed frames, so that copies from several relays are delivered once.
//!
//! Invariant: bounded in number and in age; no clock; a forgotten frame is only delivered again.

use std::collections::{HashSet, VecDeque};

/// A frame's digest: origin, payload and body.
pub(crate) type Digest = [u8; 32];

/// The digests seen lately.
#[derive(Debug)]
pub(crate) struct Seen {
    digests: HashSet<Digest>,
    order: VecDeque<(u64, Digest)>,
    count_max: usize,
    age_ms_max: u64,
}

impl Seen {
    pub(crate) fn new(count_max: usize, age_ms_max: u64) -> Self {
        Self {
            digests: HashSet::new(),
            order: VecDeque::new(),
            count_max,
            age_ms_max,
        }
    }

    /// Remembers the digest; true if it was not there.
    pub(crate) fn insert(&mut self, digest: Digest, now_ms: u64) -> bool {
        let oldest_ms = now_ms.saturating_sub(self.age_ms_max);
        while let Some((at_ms, old)) = self.order.front().copied()
            && (at_ms < oldest_ms || self.order.len() >= self.count_max)
        {
            self.order.pop_front();
            self.digests.remove(&old);
        }
        let new = self.digests.insert(digest);
        if new {
            self.order.push_back((now_ms, digest));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_digest_is_new_again_after_its_time() {
        let mut seen = Seen::new(10, 300);
        assert!(seen.insert([1; 32], 1000));
        assert!(!seen.insert([1; 32], 1300));
        assert!(seen.insert([1; 32], 1301));
    }

    #[test]
    fn the_oldest_makes_room() {
        let mut seen = Seen::new(2, 1000);
        assert!(seen.insert([1; 32], 0) && seen.insert([2; 32], 0) && seen.insert([3; 32], 0));
        assert!(!seen.insert([3; 32], 0));
        assert!(seen.insert([1; 32], 0));
        assert!(seen.order.len() <= 2 && seen.digests.len() == seen.order.len());
    }
}

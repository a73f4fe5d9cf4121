//! When a peer is dialled again: doubled at each failure, with a jitter that is the same in every run.
//!
//! Invariant: pure; time comes in as milliseconds.

use libp2p::PeerId;

/// One peer's schedule.
#[derive(Debug)]
pub(crate) struct Schedule {
    wait_ms: u64,
    next_at_ms: u64,
    jitter: u64,
}

/// The bounds of a wait, in milliseconds.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Waits {
    pub(crate) min_ms: u64,
    pub(crate) max_ms: u64,
}

impl Schedule {
    /// A peer to be dialled at once.
    pub(crate) fn new(local: &PeerId, peer: &PeerId, waits: Waits, now_ms: u64) -> Self {
        Self {
            wait_ms: waits.min_ms,
            next_at_ms: now_ms,
            jitter: jitter(local, peer),
        }
    }

    /// True when the peer is due; the next attempt is then already set.
    pub(crate) fn is_due(&mut self, waits: Waits, now_ms: u64) -> bool {
        if now_ms < self.next_at_ms {
            return false;
        }
        self.wait(now_ms);
        self.wait_ms = self.wait_ms.saturating_mul(2).min(waits.max_ms);
        true
    }

    /// The connection is lost. A peer that spoke our protocol is dialled again soon; another keeps its backoff.
    pub(crate) fn lost(&mut self, was_heard: bool, waits: Waits, now_ms: u64) {
        if was_heard {
            self.wait_ms = waits.min_ms;
        }
        self.wait(now_ms);
    }

    /// Up to a quarter longer than the backoff, different for each pair and each attempt.
    fn wait(&mut self, now_ms: u64) {
        let quarter = self.wait_ms.checked_div(4).unwrap_or(0).saturating_add(1);
        self.jitter = self
            .jitter
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let extra_ms = (self.jitter >> 33).checked_rem(quarter).unwrap_or(0);
        self.next_at_ms = now_ms.saturating_add(self.wait_ms).saturating_add(extra_ms);
    }
}

/// Differs between the two ends of a pair, so that they rarely dial each other at the same moment.
fn jitter(local: &PeerId, peer: &PeerId) -> u64 {
    [local, peer]
        .iter()
        .flat_map(|peer| peer.to_bytes())
        .fold(0, |hash: u64, byte| {
            hash.wrapping_mul(31).wrapping_add(u64::from(byte))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Waits = Waits {
        min_ms: 100,
        max_ms: 5000,
    };

    /// The waits until the next eight attempts, each dialled as soon as it is due.
    fn waits(schedule: &mut Schedule, mut now_ms: u64) -> Vec<u64> {
        let mut waited = Vec::new();
        for _ in 0..8 {
            assert!(schedule.is_due(WAITS, now_ms));
            assert!(!schedule.is_due(WAITS, now_ms));
            waited.push(schedule.next_at_ms - now_ms);
            now_ms = schedule.next_at_ms;
        }
        waited
    }

    #[test]
    fn the_wait_doubles_up_to_the_longest_with_a_quarter_of_jitter() {
        let (local, peer) = (PeerId::random(), PeerId::random());
        let waited = waits(&mut Schedule::new(&local, &peer, WAITS, 7), 7);
        let expected = [100, 200, 400, 800, 1600, 3200, 5000, 5000];
        for (waited, expected) in waited.iter().zip(expected) {
            assert!((expected..=expected + expected / 4).contains(waited));
        }
        let again = waits(&mut Schedule::new(&local, &peer, WAITS, 7), 7);
        assert_eq!(waited, again);
    }

    #[test]
    fn only_a_peer_that_was_heard_is_dialled_soon() {
        let (local, peer) = (PeerId::random(), PeerId::random());
        let mut schedule = Schedule::new(&local, &peer, WAITS, 0);
        let _ = waits(&mut schedule, 0);
        schedule.lost(false, WAITS, 0);
        assert!(!schedule.is_due(WAITS, 4999));
        schedule.lost(true, WAITS, 0);
        assert!(schedule.is_due(WAITS, 125));
    }
}

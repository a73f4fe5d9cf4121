//! A rate limit in integers: how long a reader waits before it takes the next frame.
//!
//! It belongs to a peer and outlives its connections, so that reconnecting earns nothing.
//!
//! Invariant: no clock; time comes in as nanoseconds.

/// Remembers when everything taken so far will have been earned.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate_bytes_per_second: u64,
    burst_ns: u64,
    earned_at_ns: u64,
}

impl Bucket {
    /// A full bucket: `burst_bytes` may be taken at once.
    pub(crate) fn new(rate_bytes_per_second: u64, burst_bytes: u64) -> Self {
        let rate_bytes_per_second = rate_bytes_per_second.max(1);
        Self {
            rate_bytes_per_second,
            burst_ns: duration_ns(burst_bytes, rate_bytes_per_second),
            earned_at_ns: 0,
        }
    }

    /// Takes `bytes` and returns the nanoseconds to wait for them.
    pub(crate) fn take(&mut self, bytes: u64, now_ns: u64) -> u64 {
        let cost_ns = duration_ns(bytes, self.rate_bytes_per_second);
        self.earned_at_ns = self.earned_at_ns.max(now_ns).saturating_add(cost_ns);
        self.earned_at_ns
            .saturating_sub(now_ns)
            .saturating_sub(self.burst_ns)
    }
}

/// Time in which `rate` earns `bytes`, in nanoseconds.
fn duration_ns(bytes: u64, rate: u64) -> u64 {
    let ns = u128::from(bytes).saturating_mul(1_000_000_000);
    u64::try_from(ns.checked_div(u128::from(rate)).unwrap_or(u128::MAX)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn the_burst_is_free_and_the_rest_is_waited_for() {
        let mut bucket = Bucket::new(1000, 500);
        assert_eq!(bucket.take(500, 7), 0);
        assert_eq!(bucket.take(1000, 7), SECOND);
        assert_eq!(bucket.take(1, 7), SECOND + SECOND / 1000);
    }

    #[test]
    fn a_quiet_peer_earns_its_burst_back_and_no_more() {
        let mut bucket = Bucket::new(1000, 500);
        bucket.take(500, 0);
        assert_eq!(bucket.take(500, 100 * SECOND), 0);
        assert_eq!(bucket.take(500, 100 * SECOND), SECOND / 2);
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        let mut bucket = Bucket::new(0, u64::MAX);
        assert_eq!(bucket.take(u64::MAX, u64::MAX), 0);
        assert_eq!(Bucket::new(u64::MAX, 0).take(u64::MAX, 0), SECOND);
    }
}

//! What a message is worth by the height that it names alone, before anything of it is verified. One of a height that
//! is decided here is of no use. One far ahead may be once this node is there: the engine keeps a bounded number of
//! them, and verifies each then. And whoever votes on a height has decided the one before.
//!
//! That last thing is how a node that came back learns at once that it lags. The tips that peers show come twice a
//! second; a chain under load makes dozens of blocks in that time, and while a node follows in such leaps it votes on
//! none of them.

use dirchain_ledger::ids::{Height, TimeMs};

use crate::limits::VERIFIED_AHEAD_MAX;

/// How long this node may stand at a height after others have left it before it asks them for the block. In that time
/// it usually decides by itself.
pub const OVERTAKEN_MS: i64 = 40;

/// When a message is of use.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// Never.
    Never,
    /// Now, or in a moment.
    Now,
    /// Once this node has caught up.
    Later,
}

/// What a message's height tells.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Timely {
    /// When it is of use.
    pub of_use: Use,
    /// A tip that its sender has, where this node is behind and should ask for the blocks up to it.
    pub shows: Option<Height>,
}

/// Looks at messages as they come.
#[derive(Clone, Debug)]
pub struct Watch {
    tip: Height,
    /// Since when the tip is this.
    since: TimeMs,
}

impl Watch {
    /// A watch that begins now.
    pub fn new(tip: Height, now: TimeMs) -> Self {
        Self { tip, since: now }
    }

    /// A message for a height, while the chain ends at `tip` here.
    pub fn look(&mut self, height: Height, tip: Height, now: TimeMs) -> Timely {
        if tip != self.tip {
            *self = Self::new(tip, now);
        }
        let furthest = tip.0.saturating_add(1).saturating_add(VERIFIED_AHEAD_MAX);
        let of_use = match height {
            // The engine is at the tip's own height until it is told to leave it, and records
            // contradictions there.
            _ if height < tip => Use::Never,
            _ if height.0 <= furthest => Use::Now,
            _ => Use::Later,
        };
        let decided = Height(height.0.saturating_sub(1));
        let is_overtaken = now.0.saturating_sub(self.since.0) >= OVERTAKEN_MS;
        let is_behind = decided > tip.next() || decided == tip.next() && is_overtaken;
        Timely {
            of_use,
            shows: is_behind.then_some(decided),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(height: u64, tip: u64, after_ms: i64) -> Timely {
        let mut watch = Watch::new(Height(tip), TimeMs(1_000));
        watch.look(Height(height), Height(tip), TimeMs(1_000 + after_ms))
    }

    #[test]
    fn of_no_use_is_what_is_decided() {
        let of_use = |height| looked(height, 20, 0).of_use;
        assert_eq!((of_use(0), of_use(19)), (Use::Never, Use::Never));
        assert_eq!((of_use(20), of_use(21)), (Use::Now, Use::Now));
        assert_eq!(of_use(21 + VERIFIED_AHEAD_MAX), Use::Now);
        assert_eq!(of_use(22 + VERIFIED_AHEAD_MAX), Use::Later);
        assert_eq!(of_use(u64::MAX), Use::Later);
        assert_eq!(looked(u64::MAX, u64::MAX, 0).of_use, Use::Now);
    }

    #[test]
    fn a_vote_shows_what_its_sender_has_decided() {
        // On the height that is worked on here, or the one before, nobody is ahead.
        assert_eq!(looked(21, 20, 10_000).shows, None);
        assert_eq!(looked(3, 20, 10_000).shows, None);
        // Others may be first by a moment.
        assert_eq!(looked(22, 20, OVERTAKEN_MS - 1).shows, None);
        assert_eq!(looked(22, 20, OVERTAKEN_MS).shows, Some(Height(21)));
        assert_eq!(looked(23, 20, 0).shows, Some(Height(22)));
        assert_eq!(looked(900, 20, 0).shows, Some(Height(899)));
    }

    #[test]
    fn the_moment_counts_from_the_last_block() {
        let mut watch = Watch::new(Height(20), TimeMs(0));
        let later = TimeMs(10_000);
        assert_eq!(watch.look(Height(23), Height(21), later).shows, None);
        let overtaken = TimeMs(later.0 + OVERTAKEN_MS);
        let shows = watch.look(Height(23), Height(21), overtaken).shows;
        assert_eq!(shows, Some(Height(22)));
    }
}

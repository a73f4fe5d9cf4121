//! The strict verdict: one that does not rest on retired keys alone.
//!
//! Whoever has two thirds of a retired set's keys can sign another past at leisure. Against that
//! stand a recent pin, which fixes the past up to it, and witnesses, who saw the history grow.

use dirchain_ledger::ids::{Height, TimeMs};

use crate::reason::Reason;
use crate::verify::Proven;

/// How old a pin may be by default: thirty days.
pub const PIN_AGE_MS_MAX: i64 = 30 * 24 * 60 * 60 * 1000;

/// What a strict verdict asks for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Strict {
    /// When the verdict is given.
    pub now: TimeMs,
    /// How long ago the pinned block may be.
    pub pin_age_ms_max: i64,
    /// How many witnesses stand for a pin.
    pub witness_count_min: usize,
}

impl Strict {
    /// Whether a proven history also stands without trusting retired keys.
    ///
    /// # Errors
    ///
    /// [`Reason::RetiredKeys`], [`Reason::PinNotLinked`], [`Reason::PinTooOld`].
    pub fn judge(&self, proven: &Proven) -> Result<(), Reason> {
        let trust = &proven.trust;
        if self.witness_count_min > 0 && trust.witnesses.len() >= self.witness_count_min {
            return Ok(());
        }
        let (pinned, time) = (trust.anchor.height, trust.anchor.time);
        if pinned == Height::GENESIS {
            return match trust.retired_sets {
                0 => Ok(()),
                epochs => Err(Reason::RetiredKeys { epochs }),
            };
        }
        if !trust.is_linked {
            return Err(Reason::PinNotLinked { pinned });
        }
        if self.now.0.saturating_sub(time.0) > self.pin_age_ms_max {
            return Err(Reason::PinTooOld { time });
        }
        Ok(())
    }
}

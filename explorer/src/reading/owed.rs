//! What is owed and awaited, and how departments score, worked out once for all who ask.
//!
//! It takes a walk over all entries and everything that is open, which nobody's question may cost a node
//! again and again: one walk is made at a time, and where it takes long, a later block's is not made
//! before the node has done other things for a while. Until then the answer is that of the earlier
//! block, and says so.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dirchain_ledger::clocks::{self, Score};
use dirchain_ledger::ids::{Height, Moment};
use dirchain_ledger::inbox::Board;

use super::{Reading, Slice};
use crate::api::Problem;
use crate::at::At;
use crate::directory::Directory;
use crate::limits;

/// The last walks, kept by a directory for those who read it.
#[derive(Debug, Default)]
pub struct Owed {
    board: Kept<Board>,
    ranking: Kept<Ranking>,
    walking: Mutex<()>,
}

/// The scores of all active departments, the best first.
#[derive(Debug, Default)]
pub(crate) struct Ranking(pub(crate) Vec<Score>);

/// What the last walks of a kind came to.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    newest: Mutex<Option<Walk<T>>>,
    /// That of the earlier moment that was asked about last.
    past: Mutex<Option<(Moment, Arc<T>)>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            newest: Mutex::default(),
            past: Mutex::default(),
        }
    }
}

#[derive(Debug)]
struct Walk<T> {
    height: Height,
    found: Arc<T>,
    ended: Instant,
    took: Duration,
}

impl<T> Walk<T> {
    /// Whether it may serve for the tip: it is the tip's, or another one now would leave the node no
    /// rest.
    fn serves(&self, tip: Height) -> bool {
        let rest = self.took.saturating_mul(limits::OWED_REST_FACTOR);
        let rests = self.took >= limits::OWED_TIME_FREE && self.ended.elapsed() < rest;
        self.height == tip || rests
    }
}

impl<T> Kept<T> {
    fn newest(&self, tip: Height) -> Option<(Height, Arc<T>)> {
        let kept = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let walk = kept.as_ref().filter(|walk| walk.serves(tip))?;
        Some((walk.height, Arc::clone(&walk.found)))
    }

    fn keep(&self, walk: Walk<T>) {
        let mut kept = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|kept| kept.height <= walk.height) {
            *kept = Some(walk);
        }
    }

    fn past(&self, moment: Moment) -> Option<Arc<T>> {
        let kept = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref().filter(|(of, _)| *of == moment)?;
        Some(Arc::clone(&kept.1))
    }

    fn keep_past(&self, moment: Moment, found: &Arc<T>) {
        let mut kept = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((moment, Arc::clone(found)));
    }
}

/// What takes a walk to work out.
pub(crate) trait WorkedOut: fmt::Debug + Sized {
    /// Where it is kept.
    fn kept(owed: &Owed) -> &Kept<Self>;

    /// The walk.
    fn walk(reading: &Reading<'_>) -> Result<Self, Problem>;
}

impl WorkedOut for Board {
    fn kept(owed: &Owed) -> &Kept<Self> {
        &owed.board
    }

    fn walk(reading: &Reading<'_>) -> Result<Self, Problem> {
        let at = reading.resolved.judged();
        Ok(Board::at(reading.view.as_ref(), at)?)
    }
}

impl WorkedOut for Ranking {
    fn kept(owed: &Owed) -> &Kept<Self> {
        &owed.ranking
    }

    fn walk(reading: &Reading<'_>) -> Result<Self, Problem> {
        let at = reading.resolved.judged();
        Ok(Self(clocks::scores(reading.view.as_ref(), at)?))
    }
}

impl<'d> Reading<'d> {
    /// What is owed and awaited, or how departments score, at a point of the chain or at its end, with the
    /// reading of the block that it holds for.
    pub(crate) fn worked_out<T: WorkedOut>(
        directory: &'d dyn Directory,
        at: Option<At>,
    ) -> Result<(Self, Arc<T>), Problem> {
        let reading = Self::at(directory, at)?;
        let (height, found) = match at {
            None => reading.newest_walk()?,
            Some(_) => (reading.height(), reading.walked()?),
        };
        match height == reading.height() {
            true => Ok((reading, found)),
            false => Ok((Self::at(directory, Some(At::Height(height)))?, found)),
        }
    }

    /// The same for a part of a list: its cursor says which block it holds for.
    pub(crate) fn worked_out_in<T: WorkedOut>(
        directory: &'d dyn Directory,
        at: Option<At>,
        slice: &Slice,
    ) -> Result<(Self, Arc<T>), Problem> {
        if slice.cursor.is_some() {
            let reading = Self::of_slice(directory, at, slice)?;
            let found = reading.walked()?;
            return Ok((reading, found));
        }
        let (reading, found) = Self::worked_out(directory, at)?;
        let scope = slice.scope;
        Ok((Self { scope, ..reading }, found))
    }

    /// The same here; at the end of the chain also that of a block shortly before.
    pub(crate) fn worked_out_here<T: WorkedOut>(&self) -> Result<Arc<T>, Problem> {
        match self.height() == self.directory().tip_moment().height {
            true => Ok(self.newest_walk()?.1),
            false => self.walked(),
        }
    }

    /// That of the chain's end, or of a block before it that may still serve.
    fn newest_walk<T: WorkedOut>(&self) -> Result<(Height, Arc<T>), Problem> {
        let owed = self.directory().owed();
        let kept = || T::kept(owed).newest(self.height());
        if let Some(walk) = kept() {
            return Ok(walk);
        }
        let _alone = owed.walking.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else's walk may have ended meanwhile.
        if let Some(walk) = kept() {
            return Ok(walk);
        }
        let begun = Instant::now();
        let found = Arc::new(T::walk(self)?);
        T::kept(owed).keep(Walk {
            height: self.height(),
            found: Arc::clone(&found),
            ended: Instant::now(),
            took: begun.elapsed(),
        });
        Ok((self.height(), found))
    }

    /// That of an earlier moment; the last one is kept for whoever goes through its pages.
    fn walked<T: WorkedOut>(&self) -> Result<Arc<T>, Problem> {
        let owed = self.directory().owed();
        let _alone = owed.walking.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = self.resolved.judged();
        if let Some(found) = T::kept(owed).past(moment) {
            return Ok(found);
        }
        let found = Arc::new(T::walk(self)?);
        T::kept(owed).keep_past(moment, &found);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(took_ms: u64, ago_ms: u64) -> Walk<Board> {
        Walk {
            height: Height(7),
            found: Arc::default(),
            ended: Instant::now()
                .checked_sub(Duration::from_millis(ago_ms))
                .unwrap_or_else(Instant::now),
            took: Duration::from_millis(took_ms),
        }
    }

    #[test]
    fn a_short_walk_is_made_for_every_block() {
        assert!(walk(1, 3_600_000).serves(Height(7)));
        assert!(!walk(1, 0).serves(Height(8)));
    }

    #[test]
    fn a_long_walk_serves_until_the_node_has_rested() {
        let hour_ms = 3_600_000;
        assert!(walk(hour_ms, 0).serves(Height(8)));
        assert!(!walk(100, 3_000).serves(Height(8)));
    }
}

//! What is owed and awaited, worked out once for all who ask.
//!
//! It takes a walk over all entries and everything that is open, which nobody's question may cost a node
//! again and again: one walk is made at a time, and where it takes long, a later block's is not made
//! before the node has done other things for a while. Until then the answer is that of the earlier
//! block, and says so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dirchain_ledger::ids::{Height, Moment};
use dirchain_ledger::inbox::Board;

use super::{Reading, Slice};
use crate::api::Problem;
use crate::at::At;
use crate::directory::Directory;
use crate::limits;

/// The last walk, kept by a directory for those who read it.
#[derive(Debug, Default)]
pub struct Owed {
    newest: Mutex<Option<Walk>>,
    /// That of the earlier moment that was asked about last.
    past: Mutex<Option<(Moment, Arc<Board>)>>,
    walking: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Walk {
    height: Height,
    board: Arc<Board>,
    ended: Instant,
    took: Duration,
}

impl Walk {
    /// Whether it may serve for the tip: it is the tip's, or another one now would leave the node no
    /// rest.
    fn serves(&self, tip: Height) -> bool {
        let rest = self.took.saturating_mul(limits::OWED_REST_FACTOR);
        let rests = self.took >= limits::OWED_TIME_FREE && self.ended.elapsed() < rest;
        self.height == tip || rests
    }
}

impl Owed {
    fn newest(&self) -> Option<Walk> {
        let kept = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }

    fn keep(&self, walk: Walk) {
        let mut kept = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|kept| kept.height <= walk.height) {
            *kept = Some(walk);
        }
    }
}

impl<'d> Reading<'d> {
    /// What is owed and awaited, at a point of the chain or at its end, with the reading of the block
    /// that it holds for.
    pub(crate) fn owed(
        directory: &'d dyn Directory,
        at: Option<At>,
    ) -> Result<(Self, Arc<Board>), Problem> {
        let reading = Self::at(directory, at)?;
        let (height, board) = match at {
            None => reading.newest_board()?,
            Some(_) => (reading.height(), reading.walked()?),
        };
        match height == reading.height() {
            true => Ok((reading, board)),
            false => Ok((Self::at(directory, Some(At::Height(height)))?, board)),
        }
    }

    /// The same for a part of a list: its cursor says which block it holds for.
    pub(crate) fn owed_in(
        directory: &'d dyn Directory,
        at: Option<At>,
        slice: &Slice,
    ) -> Result<(Self, Arc<Board>), Problem> {
        if slice.cursor.is_some() {
            let reading = Self::of_slice(directory, at, slice)?;
            let board = reading.walked()?;
            return Ok((reading, board));
        }
        let (reading, board) = Self::owed(directory, at)?;
        let scope = slice.scope;
        Ok((Self { scope, ..reading }, board))
    }

    /// What is owed and awaited here; at the end of the chain also that of a block shortly before.
    pub(crate) fn board(&self) -> Result<Arc<Board>, Problem> {
        match self.height() == self.directory().tip_moment().height {
            true => Ok(self.newest_board()?.1),
            false => self.walked(),
        }
    }

    /// That of the chain's end, or of a block before it that may still serve.
    fn newest_board(&self) -> Result<(Height, Arc<Board>), Problem> {
        let owed = self.directory().owed();
        let kept = || owed.newest().filter(|walk| walk.serves(self.height()));
        if let Some(walk) = kept() {
            return Ok((walk.height, walk.board));
        }
        let _alone = owed.walking.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else's walk may have ended meanwhile.
        if let Some(walk) = kept() {
            return Ok((walk.height, walk.board));
        }
        let begun = Instant::now();
        let board = self.walk()?;
        owed.keep(Walk {
            height: self.height(),
            board: board.clone(),
            ended: Instant::now(),
            took: begun.elapsed(),
        });
        Ok((self.height(), board))
    }

    /// That of an earlier moment; the last one is kept for whoever goes through its pages.
    fn walked(&self) -> Result<Arc<Board>, Problem> {
        let owed = self.directory().owed();
        let _alone = owed.walking.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = self.resolved.judged();
        let kept = owed.past.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, board)) = kept.as_ref().filter(|(of, _)| *of == moment) {
            return Ok(Arc::clone(board));
        }
        drop(kept);
        let board = self.walk()?;
        let mut kept = owed.past.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((moment, Arc::clone(&board)));
        Ok(board)
    }

    fn walk(&self) -> Result<Arc<Board>, Problem> {
        let at = self.resolved.judged();
        Ok(Arc::new(Board::at(self.view.as_ref(), at)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(took_ms: u64, ago_ms: u64) -> Walk {
        Walk {
            height: Height(7),
            board: Arc::default(),
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

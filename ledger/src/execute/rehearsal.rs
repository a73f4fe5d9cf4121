//! Executing without deciding: what a node answers to "what if somebody signed this?".
//!
//! Invariant: what is rehearsed runs through the very functions that execute a block, and its
//! writes stay here. Nothing of it is signed, and nothing of it can reach a block.

use super::{Acts, Context, Execution, Mandate, Touched, execute_acts, within};
use crate::action::Action;
use crate::crypto::PublicKey;
use crate::hash::Hash;
use crate::ids::{ChainId, Height, Moment, TimeMs, TransactionId};
use crate::measure::Measure;
use crate::rejection::Rejection;
use crate::transaction::{Actions, Envelope, TransactionError};
use crate::view::{Overlay, Records, View};

/// A state on which transactions of one author are tried, each on top of those that passed.
pub struct Rehearsal<'v> {
    state: Overlay<'v>,
    chain: ChainId,
    at: Moment,
    author: PublicKey,
}

impl<'v> Rehearsal<'v> {
    /// A rehearsal on the state after `tip`, for its next block, a millisecond later.
    pub fn new(view: &'v dyn View, chain: ChainId, tip: Moment, author: PublicKey) -> Self {
        Self {
            state: Overlay::new(view),
            chain,
            at: Moment {
                height: Height(tip.height.0.saturating_add(1)),
                time: TimeMs(tip.time.0.saturating_add(1)),
            },
            author,
        }
    }

    /// What these actions would come to as the author's next transaction, taking at most `work_max`.
    /// Where they pass, what they write counts for what is tried after them.
    ///
    /// # Errors
    /// They are no transaction: there is none of them, or too many, or they are too large.
    pub fn execute(
        &mut self,
        actions: Vec<Action>,
        work_max: u64,
    ) -> Result<Execution, TransactionError> {
        let actions = Actions::new(actions)?;
        // An author who is not registered is refused for that, whatever the number.
        let key = self.state.key(&self.author);
        let sequence = key.ok().flatten().map_or(0, |key| key.next_sequence);
        let (envelope, leaves) =
            Envelope::over(self.chain, self.author, sequence, self.at.time, &actions)?;
        let acts = Acts {
            id: envelope.id(),
            envelope: &envelope,
            actions: &actions,
            leaves: &leaves,
        };
        Ok(execute_acts(&mut self.state, self.at, &acts, work_max))
    }

    /// What a measure would come to once everybody whose approval it needs had agreed, proposed by
    /// the author; as [`Rehearsal::execute`].
    pub fn carry_out(&mut self, measure: &Measure, work_max: u64) -> Execution {
        let (chain, at, author) = (self.chain, self.at, self.author);
        within(&mut self.state, work_max, |scratch| {
            let unknown = || Rejection::UnknownKey { key: author };
            let author = scratch.key(&author)?.ok_or_else(unknown)?;
            let mut context = Context {
                state: scratch,
                chain,
                at,
                author,
                transaction: TransactionId(Hash::ZERO),
                action_index: 0,
                action_leaf: Hash::ZERO,
                touched: Touched::new(),
                mandate: Some(Mandate::default()),
            };
            context.enact(measure)?;
            Ok(context.touched)
        })
    }

    /// The state with all that passed.
    pub fn state(&self) -> &Overlay<'v> {
        &self.state
    }

    /// The block that is rehearsed.
    pub fn at(&self) -> Moment {
        self.at
    }
}

//! A chain in memory: signs, builds, checks and applies blocks.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::action::Action;
use dirchain_ledger::chain::{self, Building, Tip};
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::ids::{Moment, TimeMs};
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::transaction::SignedTransaction;

use crate::sample::SampleCity;

/// A transaction to be signed: the key, and what it does.
pub(crate) type Unsigned<'a> = (&'a SecretKey, Vec<Action>);

/// The records and the tip, with each key's next sequence number.
pub(crate) struct Ledger {
    pub(crate) state: MemoryState,
    pub(crate) tip: Tip,
    sequences: BTreeMap<PublicKey, u64>,
    /// The next block's time.
    next: TimeMs,
}

impl Ledger {
    pub(crate) fn new(city: &SampleCity) -> Self {
        let outcome = chain::genesis_outcome(&city.genesis).unwrap();
        let mut state = MemoryState::default();
        state.apply(&outcome);
        Self {
            state,
            next: TimeMs(outcome.tip.time.0 + 1_000),
            tip: outcome.tip,
            sequences: BTreeMap::new(),
        }
    }

    /// The next block comes at this instant.
    pub(crate) fn pass_until(&mut self, instant: TimeMs) {
        self.next = instant;
    }

    /// The tip's height and time.
    pub(crate) fn now(&self) -> Moment {
        Moment {
            height: self.tip.height,
            time: self.tip.time,
        }
    }

    /// Puts all transactions into one block, in this order; any refusal fails the test.
    pub(crate) fn commit(&mut self, unsigned: Vec<Unsigned<'_>>) {
        let now = self.next;
        let mut candidates = Vec::new();
        for (secret, actions) in unsigned {
            let sequence = self.sequences.entry(secret.public()).or_insert(0);
            *sequence += 1;
            let not_after = TimeMs(now.0 + 60_000);
            let signed =
                SignedTransaction::new(secret, self.tip.chain, *sequence, not_after, actions);
            candidates.push(signed.unwrap().verify(self.tip.chain).unwrap());
        }
        let proposer = self.tip.proposer(0);
        let building = Building {
            now,
            round: 0,
            builder: proposer.address,
        };
        let built = chain::build(&self.state, &self.tip, building, &candidates).unwrap();
        assert_eq!(built.refused, vec![]);
        assert_eq!(
            built.block.transactions.len(),
            candidates.len(),
            "the block is full"
        );
        let checked = chain::check(&self.state, &self.tip, &built.block, &BTreeSet::new());
        assert_eq!(checked.unwrap(), built.outcome);
        self.state.apply(&built.outcome);
        self.tip = built.outcome.tip;
        self.next = TimeMs(self.tip.time.0 + 1_000);
    }
}

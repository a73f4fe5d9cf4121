//! No honest node contradicts itself, across restarts and lost logs too, nor votes against its lock,
//! nor where it has no vote.
//!
//! Source of the second: Buchman, Kwon, Milosevic, "The latest gossip on BFT consensus" (2018),
//! algorithm 1, lines 22 to 30: who precommitted a block prevotes another one only after a quorum
//! of prevotes for that other in a round at or after the lock's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dirchain_ledger::certificate::voted_block;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height};
use dirchain_ledger::signing::{Position, Step};
use dirchain_ledger::validators::ValidatorSet;

use super::Verdict;
use crate::city::City;

/// What honest voters signed, and which blocks a quorum prevoted.
#[derive(Debug)]
pub struct Signatures {
    honest: BTreeSet<Address>,
    /// Who votes on each height, once the block before it is decided.
    sets: BTreeMap<Height, ValidatorSet>,
    signed: BTreeMap<(Address, Position), Vec<u8>>,
    prevotes: BTreeMap<(Height, u32, Hash), BTreeSet<Address>>,
    locks: BTreeMap<Address, (Height, u32, Hash)>,
}

impl Signatures {
    /// For these honest voters.
    pub fn new(city: &Arc<City>, honest: &[Address]) -> Self {
        Self {
            honest: honest.iter().copied().collect(),
            sets: BTreeMap::from([(Height(1), city.outcome.tip.validators.clone())]),
            signed: BTreeMap::new(),
            prevotes: BTreeMap::new(),
            locks: BTreeMap::new(),
        }
    }

    /// These vote on a height.
    pub fn votes_on(&mut self, height: Height, set: &ValidatorSet) {
        self.sets.insert(height, set.clone());
    }

    /// An honest node has proof that these contradicted themselves.
    pub fn accused(&self, node: usize, voters: &[Address]) -> Verdict {
        match voters.iter().find(|voter| self.honest.contains(voter)) {
            Some(voter) => Err(format!("signatures: node {node} has proof against {voter}")),
            None => Ok(()),
        }
    }

    /// A liar's signature: it counts for what a quorum prevoted.
    pub fn heard(&mut self, voter: Address, position: Position, message: &[u8]) {
        if position.step == Step::Prevote
            && let Some(block) = voted_block(message)
        {
            let place = (position.height, position.round, block);
            self.prevotes.entry(place).or_default().insert(voter);
        }
    }

    /// An honest voter's signature left its node.
    pub fn signed(&mut self, voter: Address, position: Position, message: &[u8]) -> Verdict {
        let Position {
            height,
            round,
            step,
        } = position;
        self.heard(voter, position, message);
        let set = self.sets.get(&height);
        if set.is_none_or(|set| set.by_address(&voter).is_none()) {
            return Err(format!(
                "signatures: {voter} signed at height {height}, on which it does not vote"
            ));
        }
        let block = voted_block(message);
        let before = self.signed.entry((voter, position));
        let before = before.or_insert_with(|| message.to_vec());
        if before.as_slice() != message {
            return Err(format!(
                "signatures: {voter} signed two messages at height {height}, round {round}, {step:?}"
            ));
        }
        match (step, block) {
            (Step::Prevote, Some(block)) => self.lock_holds(voter, height, round, block),
            (Step::Precommit, Some(block)) => {
                self.locks.insert(voter, (height, round, block));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn lock_holds(&self, voter: Address, height: Height, round: u32, block: Hash) -> Verdict {
        let Some((locked_height, locked_round, locked)) = self.locks.get(&voter) else {
            return Ok(());
        };
        if *locked_height != height || *locked_round >= round || *locked == block {
            return Ok(());
        }
        let Some(set) = self.sets.get(&height) else {
            return Ok(());
        };
        let is_freed = (*locked_round..round).any(|earlier| {
            let prevotes = self.prevotes.get(&(height, earlier, block));
            // The liars' prevotes may have been seen by some only; they are counted all.
            let members = |voters: &BTreeSet<Address>| {
                let members = voters.iter();
                let members = members.filter(|voter| set.by_address(voter).is_some());
                members.count()
            };
            prevotes.is_some_and(|voters| members(voters) >= set.quorum())
        });
        if is_freed {
            return Ok(());
        }
        Err(format!(
            "signatures: {voter} was locked at height {height} in round {locked_round} and prevoted another block in round {round}"
        ))
    }
}

//! Who was heard in the round on the next height, for an operator who asks why no block comes.
//!
//! Invariant: it decides nothing, and what one validator says takes no room of another's.

use std::collections::{BTreeMap, BTreeSet};

use arc_malachitebft_core_types::VoteType;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::ids::{Address, Height};

use crate::context::{Proposal, Vote, round_number};
use crate::limits::ROUNDS_HEARD_MAX;
use crate::replica::Outlook;

/// What one validator said of the next height.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Said {
    /// The last round of a vote of any kind.
    voted: Option<u32>,
    /// Its prevotes of the newest rounds: whether each was for a block.
    prevotes: BTreeMap<u32, bool>,
    /// The newest rounds that it proposed a block in.
    proposals: BTreeSet<u32>,
}

/// What validators said of the next height.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollCall {
    height: Height,
    said: BTreeMap<Address, Said>,
}

/// Whom the round lacks, as far as this node knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// No vote of theirs came in the last rounds.
    pub silent: Vec<Address>,
    /// They voted for nothing in the last round in which a block was proposed that is valid here.
    pub against: Vec<Address>,
    /// In their last turn no proposal of theirs came.
    pub without_proposal: Vec<Address>,
}

impl RollCall {
    /// A validator's vote, its signature verified. Only the height after the tip is of interest.
    pub fn vote(&mut self, vote: &Vote, tip: &Tip) {
        let (height, voter) = (vote.height.ledger(), vote.voter.0);
        let round = round_number(vote.round);
        if let Some(said) = self.said_by(voter, height, tip) {
            said.voted = said.voted.max(Some(round));
            if vote.step == VoteType::Prevote {
                said.prevotes.insert(round, vote.value.is_val());
                if said.prevotes.len() > ROUNDS_HEARD_MAX {
                    said.prevotes.pop_first();
                }
            }
        }
    }

    /// A validator's proposal, its signature verified.
    pub fn proposal(&mut self, proposal: &Proposal, tip: &Tip) {
        let (height, proposer) = (proposal.height.ledger(), proposal.proposer.0);
        if let Some(said) = self.said_by(proposer, height, tip) {
            said.proposals.insert(round_number(proposal.round));
            if said.proposals.len() > ROUNDS_HEARD_MAX {
                said.proposals.pop_first();
            }
        }
    }

    fn said_by(&mut self, who: Address, height: Height, tip: &Tip) -> Option<&mut Said> {
        let next = tip.height.next();
        if self.height != next {
            self.height = next;
            self.said.clear();
        }
        let is_asked = height == next && tip.validators.by_address(&who).is_some();
        is_asked.then(|| self.said.entry(who).or_default())
    }

    /// Whom the round lacks. `me`: this node's own address, of whose votes nothing is heard.
    pub fn missing(&self, outlook: &Outlook, tip: &Tip, me: Option<Address>) -> Missing {
        let nothing = Said::default();
        let is_here = self.height == outlook.height && tip.height.next() == outlook.height;
        let said = |who: &Address| match is_here {
            true => self.said.get(who).unwrap_or(&nothing),
            false => &nothing,
        };
        let members = tip.validators.members().iter().map(|member| member.address);
        let others: Vec<Address> = members.filter(|address| Some(*address) != me).collect();
        let lately = outlook.round.saturating_sub(1);
        let voted_nil = |who: &Address| {
            let offered = outlook.offered?;
            said(who).prevotes.get(&offered).copied()
        };
        let those = |is_one: &dyn Fn(&Address) -> bool| -> Vec<Address> {
            others.iter().copied().filter(is_one).collect()
        };
        Missing {
            silent: those(&|who| said(who).voted.is_none_or(|round| round < lately)),
            against: those(&|who| voted_nil(who) == Some(false)),
            without_proposal: those(&|who| {
                let turn = last_turn(who, outlook, tip);
                turn.is_some_and(|round| !said(who).proposals.contains(&round))
            }),
        }
    }
}

/// The last round before this one in which it was a validator's turn to propose; none where that was too many rounds
/// ago to say.
fn last_turn(who: &Address, outlook: &Outlook, tip: &Tip) -> Option<u32> {
    let rounds = (0..outlook.round).rev().take(ROUNDS_HEARD_MAX);
    let is_its = |round: &u32| tip.proposer(*round).address == *who;
    rounds.into_iter().find(is_its)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use arc_malachitebft_core_types::{NilOrVal, Round};
    use dirchain_ledger::chain::genesis_outcome;
    use dirchain_ledger::hash::Hash;
    use dirchain_ledger::testing::genesis;

    use super::*;
    use crate::context::{Address as Voter, BlockId, Height as EngineHeight};

    fn tip() -> Tip {
        genesis_outcome(&genesis()).unwrap().tip
    }

    fn outlook(round: u32, offered: Option<u32>) -> Outlook {
        Outlook {
            height: Height(1),
            round,
            offered,
            ..Outlook::default()
        }
    }

    fn vote(who: Address, height: u64, round: u32, step: VoteType, is_for: bool) -> Vote {
        let value = match is_for {
            true => NilOrVal::Val(BlockId(Hash([7; 32]))),
            false => NilOrVal::Nil,
        };
        Vote {
            step,
            height: EngineHeight::from(Height(height)),
            round: Round::new(round),
            value,
            voter: Voter(who),
        }
    }

    fn proposal(who: Address, round: u32) -> Proposal {
        Proposal {
            height: EngineHeight::from(Height(1)),
            round: Round::new(round),
            value: BlockId(Hash([7; 32])),
            valid_round: Round::Nil,
            proposer: Voter(who),
        }
    }

    #[test]
    fn whose_votes_and_proposals_are_missing_is_said_of_the_others() {
        let tip = tip();
        let [me, a, b, c] = [0, 1, 2, 3].map(|round| tip.proposer(round).address);
        let mut roll = RollCall::default();
        for round in 0..=8 {
            let turn = tip.proposer(round).address;
            roll.vote(&vote(a, 1, round, VoteType::Prevote, turn == a), &tip);
            if round < 3 {
                roll.vote(&vote(b, 1, round, VoteType::Precommit, false), &tip);
            }
            if turn == a || turn == c && round < 4 {
                roll.proposal(&proposal(turn, round), &tip);
            }
        }
        // In round 8 it is this node's turn: a voted for nothing. c proposed in round 3 and not in 7.
        let missing = roll.missing(&outlook(8, Some(8)), &tip, Some(me));
        assert_eq!(missing.against, [a]);
        let sorted = |mut list: Vec<Address>| {
            list.sort();
            list
        };
        assert_eq!(sorted(missing.silent), sorted(vec![b, c]));
        assert_eq!(sorted(missing.without_proposal), sorted(vec![b, c]));
        // An observer asks of all four.
        let missing = roll.missing(&outlook(8, Some(5)), &tip, None);
        assert_eq!(missing.against, []);
        assert_eq!(missing.silent.len(), 3);
        assert_eq!(missing.without_proposal.len(), 3);
        // Nobody had a turn before round 0.
        let missing = roll.missing(&outlook(0, None), &tip, Some(me));
        assert_eq!(missing.without_proposal, []);
    }

    #[test]
    fn what_is_said_of_other_heights_and_by_strangers_counts_for_nothing() {
        let mut tip = tip();
        let a = tip.proposer(1).address;
        let stranger = Address([9; 20]);
        let mut roll = RollCall::default();
        for who in [a, stranger] {
            roll.vote(&vote(who, 2, 0, VoteType::Prevote, true), &tip);
            assert_eq!(roll.said.get(&who), None);
        }
        roll.vote(&vote(stranger, 1, 0, VoteType::Prevote, true), &tip);
        assert!(roll.said.is_empty());
        roll.vote(&vote(a, 1, 0, VoteType::Prevote, true), &tip);
        assert_eq!(roll.missing(&outlook(0, None), &tip, None).silent.len(), 3);
        // The block is decided: what was said of it is over.
        tip.height = Height(1);
        let next = Outlook {
            height: Height(2),
            ..Outlook::default()
        };
        assert_eq!(roll.missing(&next, &tip, None).silent.len(), 4);
        roll.vote(&vote(a, 2, 0, VoteType::Prevote, true), &tip);
        assert_eq!(roll.missing(&next, &tip, None).silent.len(), 3);
    }

    #[test]
    fn whoever_votes_in_very_many_rounds_takes_its_own_room() {
        let tip = tip();
        let [a, b] = [1, 2].map(|round| tip.proposer(round).address);
        let mut roll = RollCall::default();
        roll.vote(&vote(b, 1, 3, VoteType::Prevote, false), &tip);
        for round in 0..1_000 {
            roll.vote(&vote(a, 1, round, VoteType::Prevote, true), &tip);
            roll.proposal(&proposal(a, round), &tip);
        }
        assert_eq!(roll.said[&a].prevotes.len(), ROUNDS_HEARD_MAX);
        assert_eq!(roll.said[&a].proposals.len(), ROUNDS_HEARD_MAX);
        let missing = roll.missing(&outlook(4, Some(3)), &tip, None);
        assert_eq!(missing.against, [b]);
    }
}

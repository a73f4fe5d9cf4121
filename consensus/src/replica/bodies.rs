//! Blocks that are proposed and not yet decided, and parts that arrived before their height.

use std::collections::{BTreeMap, VecDeque};

use dirchain_ledger::block::Block;
use dirchain_ledger::chain::Outcome;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height};

use super::Proposed;
use crate::limits;
use crate::proposal::Part;

/// A proposed block that is valid.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) block: Block,
    pub(super) bytes: Vec<u8>,
    /// What it changes.
    pub(super) outcome: Outcome,
}

/// The undecided blocks of the next height, and parts for heights beyond it.
///
/// Invariant: every bound is a publisher's own, so that no publisher takes another's room, and a
/// new block always gets its verdict. What leaves the memory is still on disk. What leaves the disk
/// is a block that its publisher replaced by newer ones several times over: an honest one builds
/// a new block only if it knows of none that a quorum may be locked on, and whoever is locked on a
/// block is asked for it again within a rotation of proposers, and holds it from then on.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    by_hash: BTreeMap<Hash, Body>,
    /// Who brought each body in memory, oldest first.
    brought: BTreeMap<Address, VecDeque<Hash>>,
    /// Blocks that the rules refuse, and why.
    refused: BTreeMap<Hash, String>,
    /// The bodies on disk, with the round under which each is stored.
    stored: BTreeMap<Hash, u32>,
    /// Who brought each body on disk, oldest first. Several may have brought the same one.
    kept: BTreeMap<Address, VecDeque<Hash>>,
    /// The block that the engine asked last to send again: it may be locked on it.
    held: Option<Hash>,
    /// What was proposed in each round.
    proposed: BTreeMap<(u32, Hash), Proposed>,
    /// The blocks that this node built, by round.
    own: BTreeMap<u32, Hash>,
    /// How many distinct blocks each publisher sent for each round.
    per_publisher: BTreeMap<(u32, Address), usize>,
    ahead: BTreeMap<(Address, Height, u32), Part>,
}

impl Bodies {
    pub(super) fn get(&self, block: &Hash) -> Option<&Body> {
        self.by_hash.get(block)
    }

    pub(super) fn take(&mut self, block: &Hash) -> Option<Body> {
        self.by_hash.remove(block)
    }

    /// Keeps a body in memory; the oldest of the same publisher makes room for it.
    pub(super) fn insert(&mut self, publisher: Address, block: Hash, body: Body) {
        if self.by_hash.insert(block, body).is_some() {
            return;
        }
        let brought = self.brought.entry(publisher).or_default();
        brought.push_back(block);
        if brought.len() > limits::BODIES_IN_MEMORY_PER_PUBLISHER_MAX
            && let Some(oldest) = brought.pop_front()
        {
            self.by_hash.remove(&oldest);
        }
    }

    pub(super) fn refuse(&mut self, block: Hash, reason: String) {
        self.refused.insert(block, reason);
    }

    /// Why a block was refused, if it was.
    pub(super) fn refusal(&self, block: &Hash) -> Option<&String> {
        self.refused.get(block)
    }

    /// Notes that a body is on disk. False if it was there already.
    pub(super) fn note_stored(&mut self, block: Hash, round: u32) -> bool {
        let is_new = !self.stored.contains_key(&block);
        if is_new {
            self.stored.insert(block, round);
        }
        is_new
    }

    /// Never gives this body up while the height lasts and no later one is named.
    pub(super) fn hold(&mut self, block: Hash) {
        self.held = Some(block);
    }

    /// Keeps a stored body for a publisher, in the place of the oldest of the `count_max` that it
    /// brought. Says which body, of which round, is to leave the disk: the oldest, unless somebody
    /// else brought it too or it is held.
    pub(super) fn keep(
        &mut self,
        publisher: Address,
        block: Hash,
        count_max: usize,
    ) -> Option<(u32, Hash)> {
        let kept = self.kept.entry(publisher).or_default();
        if kept.contains(&block) {
            return None;
        }
        kept.push_back(block);
        if kept.len() <= count_max {
            return None;
        }
        let oldest = kept.pop_front()?;
        let is_needed = |kept: &VecDeque<Hash>| kept.contains(&oldest);
        if self.held == Some(oldest) || self.kept.values().any(is_needed) {
            return None;
        }
        let round = self.stored.remove(&oldest)?;
        self.by_hash.remove(&oldest);
        // Were it sent again, it would have to be stored again before anything is said of it.
        self.proposed.retain(|(_, proposed), _| *proposed != oldest);
        Some((round, oldest))
    }

    pub(super) fn note_own(&mut self, round: u32, block: Hash) {
        self.own.insert(round, block);
    }

    /// What this node built for a round. What others say it proposed does not count: a part names
    /// its proposer, but only its publisher signs it.
    pub(super) fn own(&self, round: u32) -> Option<Proposed> {
        self.was_proposed(round, self.own.get(&round)?)
    }

    pub(super) fn note(&mut self, proposed: Proposed) {
        self.proposed
            .insert((proposed.place.round, proposed.block), proposed);
    }

    pub(super) fn was_proposed(&self, round: u32, block: &Hash) -> Option<Proposed> {
        self.proposed.get(&(round, *block)).copied()
    }

    /// Whether one more block of a publisher may be looked at in a round.
    pub(super) fn admit(&mut self, round: u32, publisher: Address) -> bool {
        let count = self.per_publisher.entry((round, publisher)).or_default();
        *count = count.saturating_add(1);
        *count <= limits::BODIES_PER_PUBLISHER_MAX
    }

    /// Keeps a part for a height beyond the next.
    pub(super) fn keep_ahead(&mut self, part: Part) {
        let first = (part.publisher, Height(0), 0);
        let last = (part.publisher, Height(u64::MAX), u32::MAX);
        let count = self.ahead.range(first..=last).count();
        if count < limits::PARTS_AHEAD_PER_PUBLISHER_MAX {
            self.ahead
                .insert((part.publisher, part.height, part.round), part);
        }
    }

    /// The kept parts of a height; those of lower heights are dropped.
    pub(super) fn take_ahead(&mut self, height: Height) -> Vec<Part> {
        let (due, later) = std::mem::take(&mut self.ahead)
            .into_iter()
            .partition(|((_, kept, _), _)| *kept <= height);
        self.ahead = later;
        let due: BTreeMap<_, Part> = due;
        due.into_values()
            .filter(|part| part.height == height)
            .collect()
    }

    /// Forgets everything of the height that was decided.
    pub(super) fn clear(&mut self) {
        self.by_hash.clear();
        self.brought.clear();
        self.refused.clear();
        self.stored.clear();
        self.kept.clear();
        self.held = None;
        self.own.clear();
        self.proposed.clear();
        self.per_publisher.clear();
    }
}

//! Whose turn it is to propose: the validators in turn, but those who missed their turn come last.
//!
//! A block's header names the round it was built in. Every earlier round of that height had a
//! proposer of which nothing came: whoever it was missed its turn, by the ledger alone. It is passed
//! over for a number of heights, several times as many with each further miss, and has its turns
//! back with the first block it builds. Without this a validator that is down costs the others a
//! timeout each time its turn comes.
//!
//! Invariant: a function of the headers. Every node that has the same chain knows the same order,
//! whether it voted on it, synced it, or read it back from disk. Within as many rounds as there are
//! validators everybody has a turn, whoever is passed over.

use bincode::{Decode, Encode};

use crate::block::Header;
use crate::bounded::List;
use crate::ids::{Address, Height};
use crate::limits;
use crate::validators::{Validator, ValidatorSet};

/// Heights for which the first miss passes a validator over, for each validator of the set.
pub const PASSED_HEIGHTS_PER_VALIDATOR: u64 = 4;
/// How many times as long each further miss counts.
pub const PASSED_GROWTH: u64 = 4;
/// Misses after which it grows no longer.
pub const MISSES_MAX: u8 = 2;

/// A validator that missed its turn and has built no block since.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Absence {
    address: Address,
    /// How often it missed, counted up to [`MISSES_MAX`].
    misses: u8,
    /// It is passed over up to and with this height.
    until: Height,
}

/// Who is passed over, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Turns {
    /// By ascending address.
    absences: List<Absence, { limits::VALIDATORS_MAX }>,
}

impl Turns {
    /// Whose turn it is in a round: those who are not passed over in turn over heights and rounds,
    /// then the others likewise.
    pub fn proposer<'s>(&self, set: &'s ValidatorSet, height: Height, round: u32) -> &'s Validator {
        let members = set.members().iter();
        let (passed, present): (Vec<&Validator>, Vec<&Validator>) =
            members.partition(|member| self.passes_over(&member.address, height));
        let count = passed.len().saturating_add(present.len()).max(1);
        let turn = usize::try_from(round).unwrap_or(usize::MAX) % count;
        let (group, turn) = match turn.checked_sub(present.len()) {
            None => (present, turn),
            Some(turn) => (passed, turn),
        };
        in_turn(&group, height, turn).unwrap_or_else(|| set.first())
    }

    /// Whether a validator is passed over at a height.
    pub fn passes_over(&self, address: &Address, height: Height) -> bool {
        let absence = self.absence(address);
        absence.is_some_and(|absence| height <= absence.until)
    }

    /// Who is passed over at a height, and up to and with which one.
    pub fn passed_over(&self, height: Height) -> impl Iterator<Item = (Address, Height)> {
        let absences = self.absences.iter();
        let passed = absences.filter(move |absence| height <= absence.until);
        passed.map(|absence| (absence.address, absence.until))
    }

    /// The turns after a block. `set` voted on it, `next` votes on the one after it.
    #[must_use]
    pub fn after(&self, header: &Header, set: &ValidatorSet, next: &ValidatorSet) -> Self {
        let is_known = |address: &Address| next.by_address(address).is_some();
        let mut absences: Vec<Absence> = self
            .absences
            .iter()
            .filter(|absence| absence.address != header.builder && is_known(&absence.address))
            .copied()
            .collect();
        let count = u32::try_from(set.count()).unwrap_or(u32::MAX);
        for round in 0..header.round.min(count) {
            let missed = self.proposer(set, header.height, round).address;
            if missed == header.builder || !is_known(&missed) {
                continue;
            }
            let before = self.absence(&missed).map_or(0, |absence| absence.misses);
            let misses = before.saturating_add(1).min(MISSES_MAX);
            let heights = passed_heights(count, misses);
            let absence = Absence {
                address: missed,
                misses,
                until: Height(header.height.0.saturating_add(heights)),
            };
            absences.retain(|other| other.address != missed);
            absences.push(absence);
        }
        absences.sort_by_key(|absence| absence.address);
        // One for each member of a set at most, which has the same bound.
        let absences = List::new(absences).unwrap_or_default();
        Self { absences }
    }

    fn absence(&self, address: &Address) -> Option<&Absence> {
        self.absences
            .iter()
            .find(|absence| absence.address == *address)
    }
}

/// How long so many misses in a row pass a validator over.
fn passed_heights(count: u32, misses: u8) -> u64 {
    let growth = PASSED_GROWTH.saturating_pow(u32::from(misses.saturating_sub(1)));
    u64::from(count)
        .saturating_mul(PASSED_HEIGHTS_PER_VALIDATOR)
        .saturating_mul(growth)
}

fn in_turn<'s>(group: &[&'s Validator], height: Height, turn: usize) -> Option<&'s Validator> {
    let count = u64::try_from(group.len()).ok()?;
    let turn = u64::try_from(turn).ok()?;
    let first = height.0.checked_rem(count)?;
    let index = first.checked_add(turn)?.checked_rem(count)?;
    group.get(usize::try_from(index).ok()?).copied()
}

//! Who votes changes with the last block of an epoch only, by so little that those who stay as they
//! are decide without the others; and what is agreed waits only while somebody is not there.

use dirchain_ledger::block::Header;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::ids::Address;
use dirchain_ledger::records::Membership;

use super::Verdict;

/// The set's smallest size at which it can lose a member.
const TOLERANT: usize = 4;

/// Judges every block by what was before and after it.
#[derive(Debug)]
pub struct Epochs {
    epoch_blocks: u64,
    count: u64,
}

impl Epochs {
    /// With epochs of this length.
    pub fn new(epoch_blocks: u32) -> Self {
        Self {
            epoch_blocks: epoch_blocks.into(),
            count: 0,
        }
    }

    /// How often the set changed.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// A block, the membership before and after it, and the chain's end with it.
    pub fn first(
        &mut self,
        header: &Header,
        before: &Membership,
        after: &Membership,
        tip: &Tip,
    ) -> Verdict {
        let height = header.height;
        let broken = |what: String| Err(format!("epochs: at height {height} {what}"));
        let ends = height.0.is_multiple_of(self.epoch_blocks);
        let (old, new) = (&before.current, &after.current);
        if header.next_validators_hash != new.hash() {
            return broken("the header names another next set than the state".into());
        }
        if old == new {
            let is_there = |address: &Address| {
                let is_proven = !after.unproven.contains(address);
                is_proven && !tip.turns.passes_over(address, height)
            };
            let mut members = old.members().iter().map(|member| member.address);
            if ends && !after.agreed.is_empty() && members.all(|member| is_there(&member)) {
                return broken("nobody is absent, and what is agreed waits".into());
            }
            return Ok(());
        }
        self.count += 1;
        if !ends {
            return broken("the set changes within an epoch".into());
        }
        let same = new.members().iter();
        let same = same.filter(|member| old.members().contains(member));
        let same = same.count();
        if old.count() >= TOLERANT && same < new.quorum() {
            let (of, quorum) = (new.count(), new.quorum());
            return broken(format!(
                "{same} of the next {of} voted before, and {quorum} decide"
            ));
        }
        Ok(())
    }
}

//! Who votes, and what is agreed about that.

use std::collections::BTreeMap;

use dirchain_ledger::epoch;
use dirchain_ledger::ids::{Address, Height};
use dirchain_ledger::view::Records;

use super::Reading;
use super::resources::count;
use crate::api::{Agreed, Member, MembersAnswer, Problem};

impl Reading<'_> {
    /// The members, the agreed changes, and when they come into force.
    pub(crate) fn members(&self) -> Result<MembersAnswer, Problem> {
        let membership = self.view.membership()?;
        let parameters = self.view.parameters()?;
        let passed: BTreeMap<Address, Height> = match self.resolved.tip == self.resolved.as_of {
            true => self.directory.passed_over().into_iter().collect(),
            false => BTreeMap::new(),
        };
        let mut members = Vec::new();
        for member in membership.current.members() {
            let node = self.view.node(&member.node)?;
            members.push(Member {
                node: member.node.clone(),
                department: member.department.clone(),
                department_name: self.department_name(&member.department)?,
                consensus_key: member.consensus_key,
                address: member.address,
                proven: !membership.unproven.contains(&member.address),
                passed_over_until: passed.get(&member.address).copied(),
                equivocations: node.map_or(0, |node| count(node.equivocations.len())),
            });
        }
        let agreed = membership.agreed.iter().map(|agreed| Agreed {
            change: agreed.change.clone(),
            since: agreed.since.into(),
        });
        let settings = &parameters.settings;
        let next = self.as_of().height.next();
        Ok(MembersAnswer {
            as_of: self.as_of(),
            epoch: membership.epoch,
            epoch_blocks: settings.epoch_blocks,
            epoch_ends: epoch::end_after(next, settings.epoch_blocks),
            quorum: count(membership.current.quorum()),
            members,
            agreed: agreed.collect(),
            rules_version: settings.rules_version,
            next_rules: parameters.next_rules,
        })
    }
}

//! Nodes and the members that vote (R9, R10).

use dirchain_ledger::action::{Action, RegisterNode};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof};
use dirchain_ledger::ids::{Address, DepartmentId, NodeId};
use dirchain_ledger::records::*;

use super::{Codes, Done, Hand, Machine, World, all, found, never, unless};

/// A node, its department, and the key it votes with.
type Member = (NodeId, DepartmentId, PublicKey);

impl World {
    /// Who votes once all that is agreed is in force, as far as it can be.
    pub(super) fn planned(&self) -> Vec<Member> {
        self.agreed
            .iter()
            .fold(self.members.clone(), |members, change| {
                self.changed(&members, change).unwrap_or(members)
            })
    }

    fn candidate(&self, node: &NodeId, key: &PublicKey, is_new: bool) -> Result<Member, Codes> {
        let machine = found(self.nodes.get(node))?;
        unless([
            (machine.is_removed, "node-removed"),
            (is_new && !machine.is_ready, "not-ready"),
            (machine.consensus.last() != Some(key), "other-consensus-key"),
        ])?;
        Ok((node.clone(), machine.department.clone(), *key))
    }

    fn changed(&self, members: &[Member], change: &MemberChange) -> Result<Vec<Member>, Codes> {
        let without = |node: &NodeId| -> Vec<Member> {
            let others = members.iter().filter(|(member, _, _)| member != node);
            others.cloned().collect()
        };
        let votes = |node: &NodeId| members.iter().find(|(member, _, _)| member == node);
        match change {
            MemberChange::Add {
                node,
                consensus_key,
            } => {
                let member = self.candidate(node, consensus_key, true)?;
                let is_there = members.iter().any(|(_, other, _)| *other == member.1);
                unless([(is_there, "already-votes")])?;
                Ok([members, &[member]].concat())
            }
            MemberChange::Remove { node } => {
                let is_small = members.len() == 4 || members.len() == 1;
                unless([
                    (votes(node).is_none(), "does-not-vote"),
                    (is_small && votes(node).is_some(), "too-few-validators"),
                ])?;
                Ok(without(node))
            }
            MemberChange::Replace {
                node,
                by,
                consensus_key,
            } => {
                let member = self.candidate(by, consensus_key, true)?;
                let Some((_, department, _)) = votes(node) else {
                    return never("does-not-vote");
                };
                let is_foreign = *department != member.1 || node == by;
                unless([(is_foreign, "foreign-replacement")])?;
                Ok([without(node), vec![member]].concat())
            }
            MemberChange::Rotate {
                node,
                consensus_key,
            } => {
                let member = self.candidate(node, consensus_key, false)?;
                let before = found(votes(node)).map_err(|_| Codes::from(["does-not-vote"]))?;
                unless([(*before == member, "other-consensus-key")])?;
                Ok([without(node), vec![member]].concat())
            }
        }
    }
}

impl Hand<'_> {
    pub(super) fn of_nodes(&mut self, action: &Action) -> Done {
        match action {
            Action::RegisterNode(new) => self.register_node(new),
            Action::RemoveNode { id } => {
                let machine = found(self.world.nodes.get(id))?;
                let votes = self.world.members.iter().any(|(node, _, _)| node == id);
                let enters = self.world.agreed.iter().any(|change| match change {
                    MemberChange::Add { node, .. } => node == id,
                    MemberChange::Replace { by, .. } => by == id,
                    MemberChange::Remove { .. } | MemberChange::Rotate { .. } => false,
                });
                unless([
                    self.must_act_for(&machine.department),
                    (machine.is_removed, "node-removed"),
                    (votes || enters, "validator-node"),
                ])?;
                self.world.nodes.get_mut(id).unwrap().is_removed = true;
                Ok(())
            }
            Action::AmendNode(amended) => {
                let machine = found(self.world.nodes.get(&amended.id))?;
                let offers = [&amended.network, &amended.consensus];
                let keys: Vec<PublicKey> = offers
                    .into_iter()
                    .flatten()
                    .map(|offer| offer.public_key)
                    .collect();
                unless([
                    self.must_act_for(&machine.department),
                    (machine.is_removed, "node-removed"),
                    (!self.are_new(&keys), "taken"),
                    (keys.is_empty() && amended.addresses.is_none(), "no-change"),
                ])?;
                self.world.used_keys.extend(keys);
                let machine = self.world.nodes.get_mut(&amended.id).unwrap();
                if let Some(offer) = &amended.network {
                    // A key on the network is the node's for as long as it has it.
                    self.world.used_keys.remove(&machine.network);
                    machine.network = offer.public_key;
                }
                machine
                    .consensus
                    .extend(amended.consensus.as_ref().map(|offer| offer.public_key));
                Ok(())
            }
            Action::MarkReady { id, height, block } => {
                let machine = found(self.world.nodes.get(id))?;
                let behind = self.at.height.0.saturating_sub(height.0);
                let place = height
                    .0
                    .checked_sub(1)
                    .and_then(|place| usize::try_from(place).ok());
                let named = place.and_then(|place| self.world.blocks.get(place));
                let is_near = named == Some(block)
                    && behind <= u64::from(self.world.settings().ready_blocks)
                    && !machine.consensus.is_empty();
                unless([
                    self.must_act_for(&machine.department),
                    (machine.is_removed, "node-removed"),
                    (!is_near, "not-near-end"),
                ])?;
                self.world.nodes.get_mut(id).unwrap().is_ready = true;
                Ok(())
            }
            Action::ReportEquivocation { node, proof } => self.report_equivocation(node, proof),
            _ => unreachable!("an action of another file"),
        }
    }

    /// Whether no node ever had any of the keys, and none is named twice.
    fn are_new(&self, keys: &[PublicKey]) -> bool {
        let is_new = |key: &PublicKey| !self.world.used_keys.contains(key);
        keys.iter().all(is_new) && (keys.len() < 2 || keys[0] != keys[1])
    }

    fn register_node(&mut self, new: &RegisterNode) -> Done {
        let rest = new.id.as_str().strip_prefix(new.department.as_str());
        let number = rest
            .and_then(|rest| rest.strip_prefix('-'))
            .unwrap_or_default();
        let is_number = (1..=6).contains(&number.len())
            && number.chars().all(|digit| digit.is_ascii_digit())
            && !number.starts_with('0');
        let offers = std::iter::once(&new.network).chain(&new.consensus);
        let keys: Vec<PublicKey> = offers.map(|offer| offer.public_key).collect();
        all([
            unless([
                self.must_act_for(&new.department),
                (!is_number, "bad-node-id"),
                (self.world.nodes.contains_key(&new.id), "taken"),
                (!self.are_new(&keys), "taken"),
            ]),
            self.world.require_active(&new.department),
        ])?;
        self.world.used_keys.extend(keys);
        let machine = Machine {
            department: new.department.clone(),
            is_removed: false,
            is_ready: false,
            network: new.network.public_key,
            consensus: new.consensus.iter().map(|offer| offer.public_key).collect(),
            equivocations: Default::default(),
        };
        self.world.nodes.insert(new.id.clone(), machine);
        Ok(())
    }

    /// Rule R10. Signatures of the histories are sound; what they cover may prove nothing.
    fn report_equivocation(&mut self, id: &NodeId, proof: &EquivocationProof) -> Done {
        let machine = found(self.world.nodes.get(id))?;
        let mut own = machine.consensus.iter().map(Address::of);
        let (step, is_same) = match &proof.contradiction {
            Contradiction::Votes {
                step,
                first,
                second,
            } => (*step as u8, first == second),
            Contradiction::Proposals { first, second } => (0, first == second),
        };
        let known = (proof.height, proof.round, step);
        let is_unproven = is_same || own.all(|address| address != proof.voter);
        unless([
            (self.acts_for(&machine.department), "own-equivocation"),
            (is_unproven, "equivocation-unproven"),
            (machine.equivocations.contains(&known), "equivocation-known"),
        ])?;
        self.world
            .nodes
            .get_mut(id)
            .unwrap()
            .equivocations
            .insert(known);
        Ok(())
    }

    /// Rule R9: what is agreed waits for an epoch; the histories end before one does.
    pub(super) fn change_membership(&mut self, changes: &[MemberChange]) -> Done {
        unless([(changes.is_empty(), "no-change")])?;
        for change in changes {
            let planned = self.world.planned();
            self.world.changed(&planned, change)?;
            let added = match change {
                MemberChange::Remove { node } => {
                    let votes = self
                        .world
                        .members
                        .iter()
                        .any(|(member, _, _)| member == node);
                    let mut agreed = self.world.agreed.iter();
                    agreed
                        .position(|agreed| {
                            matches!(agreed, MemberChange::Add { node: added, .. } if added == node)
                        })
                        .filter(|_| !votes)
                }
                _ => None,
            };
            match added {
                Some(place) => drop(self.world.agreed.remove(place)),
                None => self.world.agreed.push(change.clone()),
            }
        }
        Ok(())
    }
}

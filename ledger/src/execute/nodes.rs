//! Nodes of the network: they come and go by their department's word, and show what they are.

use super::{Context, Refusal, end, full, push};
use crate::action::{AmendNode, RegisterNode};
use crate::equivocation::{EquivocationProof, UnprovenEquivocation};
use crate::hash::Hash;
use crate::ids::{DepartmentId, Height, NodeId};
use crate::language::{Phrase, phrase};
use crate::limits;
use crate::records::{
    ConsensusKey, Equivocation, Node, NodeKeyOffer, NodeKeyUse, Ready, Record, RecordId,
    RecordKind, department_of, is_node_id,
};
use crate::rejection::Rejection;
use crate::view::{Records, View};

impl Context<'_, '_> {
    pub(super) fn register_node(&mut self, action: &RegisterNode) -> Result<(), Refusal> {
        let (id, department) = (&action.id, &action.department);
        self.require_acting_for(department)?;
        self.active_department(department)?;
        if !is_node_id(id, department) {
            let (node, department) = (id.clone(), department.clone());
            return Err(Rejection::BadNodeId { node, department }.into());
        }
        let record = RecordId::Node(id.clone());
        if self.state.record(&record)?.is_some() {
            return Err(Rejection::Taken { id: record }.into());
        }
        self.require_node_room(department)?;
        self.require_own_key(id, NodeKeyUse::Network, &action.network)?;
        let mut node = Node::begin(
            id.clone(),
            department.clone(),
            action.network.public_key,
            action.addresses.clone(),
            self.at,
        );
        if let Some(offer) = &action.consensus {
            self.announce(&mut node, offer)?;
        }
        self.put_node(node)
    }

    pub(super) fn amend_node(&mut self, action: &AmendNode) -> Result<(), Refusal> {
        let mut node = self.own_node(&action.id)?;
        if let Some(offer) = &action.network {
            self.require_own_key(&action.id, NodeKeyUse::Network, offer)?;
            node.network_key = offer.public_key;
        }
        if let Some(offer) = &action.consensus {
            self.announce(&mut node, offer)?;
        }
        if let Some(addresses) = &action.addresses {
            node.addresses = addresses.clone();
        }
        if action.network.is_none() && action.consensus.is_none() && action.addresses.is_none() {
            return Err(Rejection::NoChange {}.into());
        }
        self.put_node(node)
    }

    /// A key to vote with from the epoch on at which the membership says so.
    fn announce(&mut self, node: &mut Node, offer: &NodeKeyOffer) -> Result<(), Refusal> {
        self.require_own_key(&node.id, NodeKeyUse::Consensus, offer)?;
        if offer.public_key == node.network_key {
            let id = RecordId::Key(offer.public_key);
            return Err(Rejection::Taken { id }.into());
        }
        let announced = ConsensusKey {
            key: offer.public_key,
            announced: self.at,
        };
        let what = phrase!(
            "the number of consensus keys that one node announced",
            "一个节点公布的共识密钥数量"
        );
        push(&mut node.consensus_keys, announced, what)
    }

    /// The key is sound, whoever offers it holds it, and no node has it, nor ever voted with it.
    fn require_own_key(
        &self,
        node: &NodeId,
        key_use: NodeKeyUse,
        offer: &NodeKeyOffer,
    ) -> Result<(), Refusal> {
        let key = offer.public_key;
        key.admit().map_err(|reason| Rejection::BadKey { reason })?;
        self.state.work_on(limits::WORK_SIGNATURE)?;
        let message = NodeKeyOffer::proof_message(&self.chain, node, key_use, &key);
        key.verify(&message, &offer.proof)
            .map_err(|_| Rejection::ForeignNodeKey {
                key,
                node: node.clone(),
            })?;
        let id = RecordId::Key(key);
        // The index of references is append-only over all heights: what it tells of a node may lie ahead.
        let mut user = None;
        self.state
            .for_each_referrer(&id, RecordKind::Node, |node| -> Result<(), Refusal> {
                if let Some(record) = self.state.record(node)?
                    && record.references().contains(&id)
                {
                    user = Some(node.clone());
                }
                Ok(())
            })?;
        match user {
            Some(id) => Err(Rejection::Taken { id }.into()),
            None => Ok(()),
        }
    }

    /// No department can use up the chain's nodes alone, nor with its sub-units.
    fn require_node_room(&self, department: &DepartmentId) -> Result<(), Refusal> {
        let (line_max, all_max) = (limits::DEPARTMENT_NODES_MAX, limits::NODES_MAX);
        let all = self.state.list(RecordKind::Node, None, all_max)?;
        if all.len() >= all_max {
            return Err(full(phrase!("the number of nodes", "节点数量"), all_max));
        }
        let line = department.top();
        let is_own = |id: &&RecordId| matches!(id, RecordId::Node(id) if department_of(id).is_some_and(|own| own.top() == line));
        if all.iter().filter(is_own).count() >= line_max {
            let what = phrase!(
                "the number of nodes of one department and its sub-units",
                "一个部门及其下属单位的节点数量"
            );
            return Err(full(what, line_max));
        }
        Ok(())
    }

    /// A node that may connect, of a department that the author acts for.
    fn own_node(&self, id: &NodeId) -> Result<Node, Refusal> {
        let node = self.node(id)?;
        self.require_acting_for(&node.department)?;
        if node.admitted.to.is_some() {
            return Err(Rejection::NodeRemoved { node: id.clone() }.into());
        }
        Ok(node)
    }

    fn node(&self, id: &NodeId) -> Result<Node, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Node(id.clone()),
        };
        Ok(self.state.node(id)?.ok_or_else(unknown)?)
    }

    fn put_node(&mut self, node: Node) -> Result<(), Refusal> {
        let department = node.department.clone();
        self.put(Record::Node(node))?;
        self.touch_department(&department)
    }

    pub(super) fn remove_node(&mut self, id: &NodeId) -> Result<(), Refusal> {
        let mut node = self.own_node(id)?;
        if self.state.membership()?.concerns(id) {
            return Err(Rejection::ValidatorNode { node: id.clone() }.into());
        }
        end(&mut node.admitted, self.at);
        self.put_node(node)
    }

    /// A node is near the chain's end: it names a block there (rule R9).
    pub(super) fn mark_ready(
        &mut self,
        id: &NodeId,
        height: Height,
        block: Hash,
    ) -> Result<(), Refusal> {
        let mut node = self.own_node(id)?;
        let blocks_max = self.state.parameters()?.settings.ready_blocks;
        let behind = self.at.height.0.saturating_sub(height.0);
        let far = |what| Rejection::NotNearEnd {
            node: id.clone(),
            height,
            blocks_max,
            what,
        };
        if node.consensus_keys.is_empty() {
            return Err(far(phrase!("it announced no consensus key", "尚未公布共识密钥")).into());
        }
        if behind > u64::from(blocks_max) {
            return Err(far(phrase!("that block is too old", "所指区块过旧")).into());
        }
        if self.state.block_hash(height)? != Some(block) {
            return Err(far(phrase!(
                "the chain has no such block there",
                "链上该处没有这个区块"
            ))
            .into());
        }
        node.ready = Some(Ready {
            height,
            block,
            at: self.at,
        });
        self.put_node(node)
    }

    /// A node contradicted itself, and here is the proof (rule R10).
    pub(super) fn report_equivocation(
        &mut self,
        id: &NodeId,
        proof: &EquivocationProof,
    ) -> Result<(), Refusal> {
        let mut node = self.node(id)?;
        if self.author_acts_for(&node.department)? {
            return Err(Rejection::OwnEquivocation { node: id.clone() }.into());
        }
        let unproven = |what: Phrase| Rejection::EquivocationUnproven {
            node: id.clone(),
            what,
        };
        let key = node.key_of(&proof.voter);
        let key = key.ok_or_else(|| {
            unproven(phrase!(
                "the voter has no key of this node",
                "投票方没有该节点的密钥"
            ))
        })?;
        self.state
            .work_on(limits::WORK_SIGNATURE.saturating_mul(2))?;
        let verdict = proof.verify(&self.chain, key);
        verdict.map_err(|error| unproven(in_words(error)))?;
        let (height, round, step) = (proof.height, proof.round, proof.step());
        let mut known = node.equivocations.iter();
        if known.any(|known| (known.height, known.round, known.step) == (height, round, step)) {
            return Err(Rejection::EquivocationKnown {
                node: id.clone(),
                height,
                round,
                step,
            }
            .into());
        }
        let equivocation = Equivocation {
            height,
            round,
            step,
            reported: self.decision(None),
        };
        let what = phrase!(
            "the number of contradictions on record of one node",
            "一个节点已记录的矛盾签名数量"
        );
        push(&mut node.equivocations, equivocation, what)?;
        self.put_node(node)
    }
}

fn in_words(error: UnprovenEquivocation) -> Phrase {
    match error {
        UnprovenEquivocation::Same => {
            phrase!("both signatures are over the same", "两个签名所签内容相同")
        }
        UnprovenEquivocation::First => phrase!(
            "the first signature is not the node's over what is stated",
            "第一个签名不是该节点对所述内容的签名"
        ),
        UnprovenEquivocation::Second => phrase!(
            "the second signature is not the node's over what is stated",
            "第二个签名不是该节点对所述内容的签名"
        ),
    }
}

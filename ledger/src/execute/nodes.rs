//! Nodes of the network: observers come and go by their department's word.

use super::{Context, Refusal, end, full};
use crate::action::RegisterNode;
use crate::ids::NodeId;
use crate::limits;
use crate::records::{Node, NodeKind, Period, Record, RecordId, RecordKind, Trail};
use crate::rejection::Rejection;
use crate::view::{Records, View};

impl Context<'_, '_> {
    pub(super) fn register_node(&mut self, action: &RegisterNode) -> Result<(), Refusal> {
        self.require_acting_for(&action.department)?;
        self.active_department(&action.department)?;
        if action.kind == NodeKind::Validator {
            return Err(Rejection::ValidatorNode {
                node: action.id.clone(),
            }
            .into());
        }
        action
            .network_key
            .admit()
            .map_err(|reason| Rejection::BadKey { reason })?;
        let nodes = self.state.list(RecordKind::Node, None, limits::NODES_MAX)?;
        if nodes.len() >= limits::NODES_MAX {
            return Err(full("the number of nodes", limits::NODES_MAX));
        }
        for id in nodes {
            if let Some(Record::Node(other)) = self.state.record(&id)?
                && (other.id == action.id || other.network_key == action.network_key)
            {
                return Err(Rejection::Taken { id }.into());
            }
        }
        self.put(Record::Node(Node {
            id: action.id.clone(),
            department: action.department.clone(),
            kind: action.kind,
            network_key: action.network_key,
            addresses: action.addresses.clone(),
            admitted: Period::since(self.at),
            trail: self.on_trail(Trail::default()),
        }))?;
        self.touch_department(&action.department)
    }

    pub(super) fn remove_node(&mut self, id: &NodeId) -> Result<(), Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Node(id.clone()),
        };
        let mut node = self.state.node(id)?.ok_or_else(unknown)?;
        self.require_acting_for(&node.department)?;
        if node.admitted.to.is_some() {
            return Err(Rejection::NodeRemoved { node: id.clone() }.into());
        }
        let membership = self.state.membership()?;
        if membership
            .current
            .members()
            .iter()
            .any(|member| member.node == *id)
        {
            return Err(Rejection::ValidatorNode { node: id.clone() }.into());
        }
        end(&mut node.admitted, self.at);
        node.trail = self.on_trail(node.trail);
        let department = node.department.clone();
        self.put(Record::Node(node))?;
        self.touch_department(&department)
    }
}

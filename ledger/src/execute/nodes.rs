//! Nodes of the network: observers come and go by their department's word.

use super::{Context, Refusal, end, full};
use crate::action::RegisterNode;
use crate::ids::{DepartmentId, NodeId};
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
        self.require_unused(action)?;
        self.require_node_room(&action.department)?;
        self.put(Record::Node(Node {
            id: action.id.clone(),
            department: action.department.clone(),
            kind: action.kind,
            network_key: action.network_key,
            addresses: action.addresses.clone(),
            admitted: Period::since(self.at),
            trail: Trail::default(),
        }))?;
        self.touch_department(&action.department)
    }

    /// Neither the name nor the network key belongs or belonged to another node.
    fn require_unused(&self, action: &RegisterNode) -> Result<(), Refusal> {
        let id = RecordId::Node(action.id.clone());
        if self.state.record(&id)?.is_some() {
            return Err(Rejection::Taken { id }.into());
        }
        let network_key = RecordId::Key(action.network_key);
        let users = self
            .state
            .referrers(&network_key, RecordKind::Node, None, 1)?;
        match users.into_iter().next() {
            Some(id) => Err(Rejection::Taken { id }.into()),
            None => Ok(()),
        }
    }

    /// No department can use up the chain's nodes alone, nor with its sub-units.
    fn require_node_room(&self, department: &DepartmentId) -> Result<(), Refusal> {
        let (line_max, all_max) = (limits::DEPARTMENT_NODES_MAX, limits::NODES_MAX);
        let all = self.state.list(RecordKind::Node, None, all_max)?;
        if all.len() >= all_max {
            return Err(full("the number of nodes", all_max));
        }
        let line = department.top();
        let mut count = 0usize;
        for id in &all {
            if let Some(Record::Node(node)) = self.state.record(id)? {
                count = count.saturating_add(usize::from(node.department.top() == line));
            }
        }
        if count >= line_max {
            let what = "the number of nodes of one department and its sub-units";
            return Err(full(what, line_max));
        }
        Ok(())
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
        let department = node.department.clone();
        self.put(Record::Node(node))?;
        self.touch_department(&department)
    }
}

//! The network's nodes, the chain's parameters, and numbers for an overview.

use std::collections::BTreeMap;

use dirchain_ledger::ids::NodeId;
use dirchain_ledger::records::{NodeKind, Record, RecordKind};
use dirchain_ledger::view::Records;

use super::resources::count;
use super::scan::{Source, scan};
use super::{Reading, Slice};
use crate::api::{
    BoundedCount, NodeItem, OfficeItem, Page, ParametersAnswer, PeerStatus, Period, Problem,
};
use crate::limits;

impl Reading<'_> {
    /// The registered nodes by name, each with how this node sees it.
    pub(crate) fn nodes(&self, slice: &Slice) -> Result<Page<NodeItem>, Problem> {
        let peers = self.directory.node().peers.into_iter();
        let peers: BTreeMap<NodeId, PeerStatus> =
            peers.map(|peer| (peer.node.clone(), peer)).collect();
        let membership = self.view.membership()?;
        let source = Source::All(RecordKind::Node);
        let after = slice.after_record(&[RecordKind::Node])?;
        let found = scan(self.view.as_ref(), &source, after, slice.limit, |id| {
            let Some(Record::Node(node)) = self.view.record(id)? else {
                return Ok(None);
            };
            let votes = membership.votes(&node.id);
            Ok(Some(NodeItem {
                department_name: self.department_name(&node.department)?,
                kind: if votes {
                    NodeKind::Validator
                } else {
                    NodeKind::Observer
                },
                network_key: node.network_key,
                addresses: node.addresses.iter().map(ToString::to_string).collect(),
                admitted: Period::from(node.admitted),
                votes,
                consensus_key: node.consensus_key().copied(),
                ready: node.ready.as_ref().map(|ready| ready.at.into()),
                equivocations: count(node.equivocations.len()),
                peer: peers.get(&node.id).cloned(),
                department: node.department,
                id: node.id,
            }))
        })?;
        Ok(self.page(found.items, found.next))
    }

    /// The parameters, offices and validators.
    pub(crate) fn parameters(&self) -> Result<ParametersAnswer, Problem> {
        let membership = self.view.membership()?;
        Ok(ParametersAnswer {
            as_of: self.as_of(),
            parameters: self.view.parameters()?,
            offices: self
                .view
                .offices()?
                .current()
                .map(OfficeItem::from)
                .collect(),
            epoch: membership.epoch,
            validators: membership.current.members().to_vec(),
        })
    }

    /// How many records of a kind there are, counted up to [`limits::COUNT_MAX`].
    pub(crate) fn count(&self, kind: RecordKind) -> Result<BoundedCount, Problem> {
        let found = self
            .view
            .list(kind, None, limits::COUNT_MAX.saturating_add(1))?;
        Ok(BoundedCount {
            count: count(found.len().min(limits::COUNT_MAX)),
            more: found.len() > limits::COUNT_MAX,
        })
    }
}

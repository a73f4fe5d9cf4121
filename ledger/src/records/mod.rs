//! What the ledger records: one type for each kind, and one id space over all of them.
//!
//! Every record is kept by (id, height), so any height stays readable; a record whose past matters
//! to a verdict also carries that past as periods, so that one proven record tells its whole life.

mod binding;
mod cases;
mod department;
mod element;
mod membership;
mod node;
mod parameters;
mod proposal;
mod resource;
mod sharing;
mod submission;
mod system;
mod usage;

pub use binding::*;
pub use cases::*;
pub use department::*;
pub use element::*;
pub use membership::*;
pub use node::*;
pub use parameters::*;
pub use proposal::*;
pub use resource::*;
pub use sharing::*;
pub use submission::*;
pub use system::*;
pub use usage::*;

use std::fmt;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::encode;
use crate::crypto::PublicKey;
use crate::hash::{Domain, Hash, hash};
use crate::ids::{
    DemandId, DepartmentId, ElementCode, FindingId, Height, Moment, NodeId, ProposalId,
    ResourceCode, ResponsibilityCode, SharingId,
};

/// The kinds of record. The discriminant is the first byte of a record's key.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RecordKind {
    /// [`Department`].
    Department = 1,
    /// [`Key`].
    Key = 2,
    /// [`Node`].
    Node = 3,
    /// [`Responsibility`].
    Responsibility = 4,
    /// [`Resource`].
    Resource = 5,
    /// [`Application`].
    Application = 6,
    /// [`Authorization`].
    Authorization = 7,
    /// [`Offices`].
    Offices = 8,
    /// [`Parameters`].
    Parameters = 9,
    /// [`Membership`].
    Membership = 10,
    /// [`Proposal`].
    Proposal = 11,
    /// [`Binding`].
    Binding = 21,
    /// [`Usage`].
    Usage = 22,
    /// [`ReceiptBatch`].
    ReceiptBatch = 23,
    /// [`Rating`].
    Rating = 24,
    /// [`DataElement`].
    DataElement = 25,
    /// [`Objection`].
    Objection = 26,
    /// [`Finding`].
    Finding = 27,
    /// [`Demand`].
    Demand = 28,
    /// [`Obligation`].
    Obligation = 29,
    /// [`Docket`].
    Docket = 30,
}

impl RecordKind {
    /// Every kind, in the order of their discriminants.
    pub const ALL: [RecordKind; 21] = [
        RecordKind::Department,
        RecordKind::Key,
        RecordKind::Node,
        RecordKind::Responsibility,
        RecordKind::Resource,
        RecordKind::Application,
        RecordKind::Authorization,
        RecordKind::Offices,
        RecordKind::Parameters,
        RecordKind::Membership,
        RecordKind::Proposal,
        RecordKind::Binding,
        RecordKind::Usage,
        RecordKind::ReceiptBatch,
        RecordKind::Rating,
        RecordKind::DataElement,
        RecordKind::Objection,
        RecordKind::Finding,
        RecordKind::Demand,
        RecordKind::Obligation,
        RecordKind::Docket,
    ];

    /// The first byte of the keys of this kind's records.
    pub fn byte(self) -> u8 {
        match self {
            RecordKind::Department => 1,
            RecordKind::Key => 2,
            RecordKind::Node => 3,
            RecordKind::Responsibility => 4,
            RecordKind::Resource => 5,
            RecordKind::Application => 6,
            RecordKind::Authorization => 7,
            RecordKind::Offices => 8,
            RecordKind::Parameters => 9,
            RecordKind::Membership => 10,
            RecordKind::Proposal => 11,
            RecordKind::Binding => 21,
            RecordKind::Usage => 22,
            RecordKind::ReceiptBatch => 23,
            RecordKind::Rating => 24,
            RecordKind::DataElement => 25,
            RecordKind::Objection => 26,
            RecordKind::Finding => 27,
            RecordKind::Demand => 28,
            RecordKind::Obligation => 29,
            RecordKind::Docket => 30,
        }
    }

    /// The kind of a discriminant.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.byte() == byte)
    }
}

/// The id of a record of any kind. Its order is the order of [`RecordId::key`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordId {
    /// A department or sub-unit.
    Department(DepartmentId),
    /// A person's or gateway's key.
    Key(PublicKey),
    /// A node of the network.
    Node(NodeId),
    /// A responsibility.
    Responsibility(ResponsibilityCode),
    /// A catalogue entry.
    Resource(ResourceCode),
    /// An application.
    Application(SharingId),
    /// The authorization granted on the application of the same id.
    Authorization(SharingId),
    /// Who holds which office; one record.
    Offices,
    /// The chain's parameters; one record.
    Parameters,
    /// The validators; one record.
    Membership,
    /// A proposal.
    Proposal(ProposalId),
    /// A binding, numbered within its resource.
    Binding(SharingId),
    /// One reader's use of one binding on one basis.
    Usage(Box<UsageId>),
    /// One window of a use.
    ReceiptBatch(Box<BatchId>),
    /// The rating of the batch of the same id.
    Rating(Box<BatchId>),
    /// A data element.
    DataElement(ElementCode),
    /// An objection, numbered within its resource.
    Objection(SharingId),
    /// A finding of an inspection.
    Finding(FindingId),
    /// A demand.
    Demand(DemandId),
    /// An obligation to share, numbered within its resource.
    Obligation(SharingId),
    /// How much of what a department began still waits.
    Docket(DepartmentId),
}

impl RecordId {
    /// The kind.
    pub fn kind(&self) -> RecordKind {
        match self {
            RecordId::Department(_) => RecordKind::Department,
            RecordId::Key(_) => RecordKind::Key,
            RecordId::Node(_) => RecordKind::Node,
            RecordId::Responsibility(_) => RecordKind::Responsibility,
            RecordId::Resource(_) => RecordKind::Resource,
            RecordId::Application(_) => RecordKind::Application,
            RecordId::Authorization(_) => RecordKind::Authorization,
            RecordId::Offices => RecordKind::Offices,
            RecordId::Parameters => RecordKind::Parameters,
            RecordId::Membership => RecordKind::Membership,
            RecordId::Proposal(_) => RecordKind::Proposal,
            RecordId::Binding(_) => RecordKind::Binding,
            RecordId::Usage(_) => RecordKind::Usage,
            RecordId::ReceiptBatch(_) => RecordKind::ReceiptBatch,
            RecordId::Rating(_) => RecordKind::Rating,
            RecordId::DataElement(_) => RecordKind::DataElement,
            RecordId::Objection(_) => RecordKind::Objection,
            RecordId::Finding(_) => RecordKind::Finding,
            RecordId::Demand(_) => RecordKind::Demand,
            RecordId::Obligation(_) => RecordKind::Obligation,
            RecordId::Docket(_) => RecordKind::Docket,
        }
    }

    /// The id as a database key: the kind's byte, then the text or bytes of the id. What is
    /// numbered within a resource: code, a zero byte, the number in big-endian; proposals likewise. Uses and batches:
    /// see [`UsageId`]. Distinct ids have distinct keys, and the keys of one resource's
    /// applications share the prefix of its code.
    pub fn key(&self) -> Vec<u8> {
        let mut key = vec![self.kind().byte()];
        match self {
            RecordId::Department(id) => key.extend_from_slice(id.as_str().as_bytes()),
            RecordId::Key(public_key) => key.extend_from_slice(public_key.as_bytes()),
            RecordId::Node(id) => key.extend_from_slice(id.as_str().as_bytes()),
            RecordId::Responsibility(code) => key.extend_from_slice(code.as_str().as_bytes()),
            RecordId::Resource(code) => key.extend_from_slice(code.as_str().as_bytes()),
            RecordId::Application(id)
            | RecordId::Authorization(id)
            | RecordId::Binding(id)
            | RecordId::Objection(id)
            | RecordId::Obligation(id) => {
                key.extend_from_slice(id.resource.as_str().as_bytes());
                key.push(0);
                key.extend_from_slice(&id.number.to_be_bytes());
            }
            RecordId::Offices | RecordId::Parameters | RecordId::Membership => {}
            RecordId::Proposal(id) => {
                key.extend_from_slice(id.proposer.as_str().as_bytes());
                key.push(0);
                key.extend_from_slice(&id.number.to_be_bytes());
            }
            RecordId::Usage(id) => id.push_key(&mut key),
            RecordId::ReceiptBatch(id) | RecordId::Rating(id) => id.push_key(&mut key),
            RecordId::DataElement(code) => key.extend_from_slice(code.as_str().as_bytes()),
            RecordId::Finding(id) => key.extend_from_slice(id.as_str().as_bytes()),
            RecordId::Demand(id) => key.extend_from_slice(id.as_str().as_bytes()),
            RecordId::Docket(id) => key.extend_from_slice(id.as_str().as_bytes()),
        }
        key
    }

    /// The id that a database key stands for.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (kind, rest) = key.split_first()?;
        let text = || std::str::from_utf8(rest).ok();
        let numbered = || {
            let owner = rest.get(..rest.len().checked_sub(5)?)?;
            let (zero, number) = rest.get(owner.len()..)?.split_first()?;
            let number = u32::from_be_bytes(number.try_into().ok()?);
            let owner = std::str::from_utf8(owner).ok()?;
            (*zero == 0).then_some((owner, number))
        };
        let sharing = || {
            let (resource, number) = numbered()?;
            let resource = resource.parse().ok()?;
            Some(SharingId { resource, number })
        };
        Some(match RecordKind::from_byte(*kind)? {
            RecordKind::Department => RecordId::Department(text()?.parse().ok()?),
            RecordKind::Key => RecordId::Key(PublicKey(rest.try_into().ok()?)),
            RecordKind::Node => RecordId::Node(text()?.parse().ok()?),
            RecordKind::Responsibility => RecordId::Responsibility(text()?.parse().ok()?),
            RecordKind::Resource => RecordId::Resource(text()?.parse().ok()?),
            RecordKind::Application => RecordId::Application(sharing()?),
            RecordKind::Authorization => RecordId::Authorization(sharing()?),
            RecordKind::Offices => rest.is_empty().then_some(RecordId::Offices)?,
            RecordKind::Parameters => rest.is_empty().then_some(RecordId::Parameters)?,
            RecordKind::Membership => rest.is_empty().then_some(RecordId::Membership)?,
            RecordKind::Proposal => {
                let (proposer, number) = numbered()?;
                let proposer = proposer.parse().ok()?;
                RecordId::Proposal(ProposalId { proposer, number })
            }
            RecordKind::Binding => RecordId::Binding(sharing()?),
            RecordKind::Usage => {
                let (id, rest) = UsageId::read_key(rest)?;
                rest.is_empty().then_some(RecordId::Usage(id.into()))?
            }
            RecordKind::ReceiptBatch => RecordId::ReceiptBatch(BatchId::read_key(rest)?.into()),
            RecordKind::Rating => RecordId::Rating(BatchId::read_key(rest)?.into()),
            RecordKind::DataElement => RecordId::DataElement(text()?.parse().ok()?),
            RecordKind::Objection => RecordId::Objection(sharing()?),
            RecordKind::Finding => RecordId::Finding(text()?.parse().ok()?),
            RecordKind::Demand => RecordId::Demand(text()?.parse().ok()?),
            RecordKind::Obligation => RecordId::Obligation(sharing()?),
            RecordKind::Docket => RecordId::Docket(text()?.parse().ok()?),
        })
    }

    /// The record's place in the state tree.
    pub fn tree_key(&self) -> Hash {
        hash(Domain::RecordKey, &[&self.key()])
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordId::Department(id) => write!(f, "department {id}"),
            RecordId::Key(public_key) => write!(f, "key {public_key}"),
            RecordId::Node(id) => write!(f, "node {id}"),
            RecordId::Responsibility(code) => write!(f, "responsibility {code}"),
            RecordId::Resource(code) => write!(f, "resource {code}"),
            RecordId::Application(id) => write!(f, "application {id}"),
            RecordId::Authorization(id) => write!(f, "authorization {id}"),
            RecordId::Offices => f.write_str("the offices"),
            RecordId::Parameters => f.write_str("the parameters"),
            RecordId::Membership => f.write_str("the membership"),
            RecordId::Proposal(id) => write!(f, "proposal {id}"),
            RecordId::Binding(id) => write!(f, "binding {id}"),
            RecordId::Usage(id) => write!(f, "use {id}"),
            RecordId::ReceiptBatch(id) => write!(f, "receipt batch {id}"),
            RecordId::Rating(id) => write!(f, "rating of {id}"),
            RecordId::DataElement(code) => write!(f, "data element {code}"),
            RecordId::Objection(id) => write!(f, "objection {id}"),
            RecordId::Finding(id) => write!(f, "finding {id}"),
            RecordId::Demand(id) => write!(f, "demand {id}"),
            RecordId::Obligation(id) => write!(f, "obligation {id}"),
            RecordId::Docket(id) => write!(f, "docket of {id}"),
        }
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A record of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "record")]
pub enum Record {
    /// A department or sub-unit.
    Department(Department),
    /// A key.
    Key(Key),
    /// A node.
    Node(Node),
    /// A responsibility.
    Responsibility(Responsibility),
    /// A catalogue entry.
    Resource(Box<Resource>),
    /// An application.
    Application(Application),
    /// An authorization.
    Authorization(Authorization),
    /// The offices.
    Offices(Offices),
    /// The parameters.
    Parameters(Parameters),
    /// The membership.
    Membership(Membership),
    /// A proposal.
    Proposal(Box<Proposal>),
    /// A binding.
    Binding(Binding),
    /// A use and its totals.
    Usage(Usage),
    /// A batch of receipts.
    ReceiptBatch(ReceiptBatch),
    /// A rating.
    Rating(Rating),
    /// A data element.
    DataElement(DataElement),
    /// An objection.
    Objection(Objection),
    /// A finding.
    Finding(Finding),
    /// A demand.
    Demand(Demand),
    /// An obligation.
    Obligation(Obligation),
    /// A docket.
    Docket(Docket),
}

impl Record {
    /// The record's id.
    pub fn id(&self) -> RecordId {
        match self {
            Record::Department(record) => RecordId::Department(record.id.clone()),
            Record::Key(record) => RecordId::Key(record.public_key),
            Record::Node(record) => RecordId::Node(record.id.clone()),
            Record::Responsibility(record) => RecordId::Responsibility(record.code.clone()),
            Record::Resource(record) => RecordId::Resource(record.code.clone()),
            Record::Application(record) => RecordId::Application(record.id.clone()),
            Record::Authorization(record) => RecordId::Authorization(record.id.clone()),
            Record::Offices(_) => RecordId::Offices,
            Record::Parameters(_) => RecordId::Parameters,
            Record::Membership(_) => RecordId::Membership,
            Record::Proposal(record) => RecordId::Proposal(record.id.clone()),
            Record::Binding(record) => RecordId::Binding(record.id.clone()),
            Record::Usage(record) => RecordId::Usage(record.id.clone().into()),
            Record::ReceiptBatch(record) => RecordId::ReceiptBatch(record.id.clone().into()),
            Record::Rating(record) => RecordId::Rating(record.batch.clone().into()),
            Record::DataElement(record) => RecordId::DataElement(record.code.clone()),
            Record::Objection(record) => RecordId::Objection(record.id.clone()),
            Record::Finding(record) => RecordId::Finding(record.id.clone()),
            Record::Demand(record) => RecordId::Demand(record.id.clone()),
            Record::Obligation(record) => RecordId::Obligation(record.id.clone()),
            Record::Docket(record) => RecordId::Docket(record.department.clone()),
        }
    }

    /// The records that this one names. Storage keeps the reverse of it, append-only: who ever
    /// named a record. Answers such as "every authorization on this resource" start there. A node's
    /// network key is no [`Key`] record, but is named as one: that tells whether it is in use.
    pub fn references(&self) -> Vec<RecordId> {
        match self {
            Record::Department(record) => record
                .parent
                .iter()
                .cloned()
                .map(RecordId::Department)
                .collect(),
            Record::Key(record) => vec![RecordId::Department(record.department.clone())],
            Record::Node(record) => {
                let voting = record.consensus_keys.iter().map(|announced| announced.key);
                let keys = std::iter::once(record.network_key).chain(voting);
                let mut references: Vec<RecordId> = keys.map(RecordId::Key).collect();
                references.push(RecordId::Department(record.department.clone()));
                references
            }
            // Earlier holders named it when they held it.
            Record::Responsibility(record) => vec![RecordId::Department(record.holder.clone())],
            Record::Resource(record) => {
                let mut references = vec![RecordId::Department(record.provider.clone())];
                let entries = record.draft.iter().map(|d| &d.entry);
                let entries = entries.chain(record.published.iter().map(|p| &p.entry));
                let cited = entries.filter_map(|e| e.responsibility.clone());
                references.extend(cited.map(RecordId::Responsibility));
                references
            }
            Record::Application(record) => vec![
                RecordId::Resource(record.id.resource.clone()),
                RecordId::Department(record.applicant.clone()),
                RecordId::Responsibility(record.request.responsibility.clone()),
            ],
            Record::Authorization(record) => {
                let mut references = vec![
                    RecordId::Resource(record.id.resource.clone()),
                    RecordId::Department(record.grantee.clone()),
                    RecordId::Responsibility(record.responsibility.clone()),
                ];
                let keys = record.decisions().map(|decision| decision.key);
                references.extend(keys.map(RecordId::Key));
                references
            }
            Record::Offices(_) | Record::Parameters(_) | Record::Membership(_) => Vec::new(),
            Record::Proposal(record) => {
                let seats = record.seats.iter().map(|seat| seat.department.clone());
                let departments = std::iter::once(record.id.proposer.clone()).chain(seats);
                let mut references: Vec<RecordId> = departments.map(RecordId::Department).collect();
                references.extend(record.measure.subjects());
                references.sort();
                references.dedup();
                references
            }
            Record::Binding(record) => vec![
                RecordId::Resource(record.id.resource.clone()),
                RecordId::Key(record.terms.gateway),
            ],
            Record::Usage(record) => record.id.references(),
            Record::ReceiptBatch(record) => {
                let mut references = record.id.usage.references();
                let seals = record.provider.iter().chain(&record.consumer);
                references.extend(seals.map(|seal| RecordId::Key(seal.key)));
                references
            }
            Record::Rating(record) => record.batch.usage.references(),
            Record::DataElement(record) => {
                let sources = record.sources.iter();
                sources
                    .map(|source| RecordId::Resource(source.resource.clone()))
                    .collect()
            }
            Record::Objection(record) => {
                let mut references = vec![
                    RecordId::Resource(record.id.resource.clone()),
                    RecordId::Department(record.raiser.clone()),
                ];
                if let ObjectionKind::SourceConflict {
                    element, resource, ..
                } = &record.kind
                {
                    references.push(RecordId::DataElement(element.clone()));
                    references.push(RecordId::Resource(resource.clone()));
                }
                references
            }
            Record::Finding(record) => {
                let mut references = vec![RecordId::Department(record.department.clone())];
                if let FindingSubject::Resource(code) = &record.subject {
                    references.push(RecordId::Resource(code.clone()));
                }
                references
            }
            Record::Demand(record) => record.references(),
            Record::Obligation(record) => vec![
                RecordId::Resource(record.id.resource.clone()),
                RecordId::Department(record.department.clone()),
            ],
            Record::Docket(_) => Vec::new(),
        }
    }

    /// The record's trail, where its kind has one.
    pub fn trail_mut(&mut self) -> Option<&mut Trail> {
        match self {
            Record::Department(record) => Some(&mut record.trail),
            Record::Node(record) => Some(&mut record.trail),
            Record::Responsibility(record) => Some(&mut record.trail),
            Record::Resource(record) => Some(&mut record.trail),
            Record::Proposal(record) => Some(&mut record.trail),
            Record::DataElement(record) => Some(&mut record.trail),
            Record::Key(_)
            | Record::Application(_)
            | Record::Authorization(_)
            | Record::Offices(_)
            | Record::Parameters(_)
            | Record::Membership(_)
            | Record::Binding(_)
            | Record::Usage(_)
            | Record::ReceiptBatch(_)
            | Record::Rating(_)
            | Record::Objection(_)
            | Record::Finding(_)
            | Record::Demand(_)
            | Record::Obligation(_)
            | Record::Docket(_) => None,
        }
    }

    /// The record's value in the state tree.
    pub fn tree_value(&self) -> Hash {
        hash(Domain::RecordValue, &[&encode(self)])
    }
}

/// The chain of everything that ever touched a record: how many links, and the last one's hash.
///
/// A link is `H_trail(previous ‖ height ‖ block time ‖ transaction id ‖ action index ‖ action hash)`,
/// integers little-endian. The state root commits to the record and so to its complete history.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Trail {
    /// Links so far.
    pub count: u64,
    /// Hash of the last link; zero when there is none.
    pub head: Hash,
}

/// One event on a trail: which action of which transaction, in which block.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct TrailEvent {
    /// The block.
    pub at: Moment,
    /// The transaction.
    pub transaction: crate::ids::TransactionId,
    /// The action's place in its transaction.
    pub action_index: u32,
    /// The action's leaf hash.
    pub action: Hash,
}

impl Trail {
    /// The trail with one more link.
    pub fn extended(self, event: &TrailEvent) -> Self {
        let head = hash(
            Domain::Trail,
            &[
                self.head.as_bytes(),
                &event.at.height.0.to_le_bytes(),
                &event.at.time.0.to_le_bytes(),
                event.transaction.0.as_bytes(),
                &event.action_index.to_le_bytes(),
                event.action.as_bytes(),
            ],
        );
        Self {
            count: self.count.saturating_add(1),
            head,
        }
    }
}

/// A span of the chain during which something held: from a block on, up to (and without) another.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Period {
    /// The first block in which it held.
    pub from: Moment,
    /// The block that ended it; none while it lasts.
    pub to: Option<Moment>,
}

impl Period {
    /// A period that begins now and lasts.
    pub fn since(from: Moment) -> Self {
        Self { from, to: None }
    }

    /// Whether it held after the block at `height` was executed.
    pub fn holds_at(&self, height: Height) -> bool {
        self.from.height <= height && self.to.is_none_or(|to| height < to.height)
    }
}

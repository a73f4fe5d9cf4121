//! The genesis: the records that a chain begins with, agreed outside it. Its hash is the chain's id.

use std::collections::{BTreeMap, BTreeSet};

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::bounded::{BoundError, List};
use crate::codec::encode;
use crate::execute::is_sub_unit_id;
use crate::hash::{Domain, Hash, hash};
use crate::ids::{ChainId, CreditCode, DepartmentId, Height, Moment, Name, NodeId, TimeMs};
use crate::limits;
use crate::records::{DepartmentStatus, Record, RecordId, is_node_id};

/// A chain's beginning. Every department keeps the same file.
///
/// Encoded it is name, time and records; the chain's id is over that and the origin, if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// The chain's name, for people.
    pub name: Name,
    /// The chain's first instant; the first block is later.
    pub time: TimeMs,
    /// The chain that this one goes on from; none for one that begins by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The first records, by strictly ascending id.
    pub records: List<Record, { limits::GENESIS_RECORDS_MAX }>,
}

impl Encode for Genesis {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.name.encode(encoder)?;
        self.time.encode(encoder)?;
        self.records.encode(encoder)
    }
}

impl<Context> Decode<Context> for Genesis {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Ok(Self {
            name: Decode::decode(decoder)?,
            time: Decode::decode(decoder)?,
            origin: None,
            records: Decode::decode(decoder)?,
        })
    }
}

bincode::impl_borrow_decode!(Genesis);

/// Where a chain comes from that goes on from another after an emergency. What the other chain proved, it
/// still proves: its evidence is verified against its own genesis.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Origin {
    /// The other chain.
    pub chain: ChainId,
    /// Its last height that counts.
    pub height: Height,
    /// The block there.
    pub block: Hash,
    /// The root of its header log with that block in it.
    pub header_log_root: Hash,
    /// Its state root after that block.
    pub state_root: Hash,
}

/// Why records make no genesis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// Ids repeat or are out of order.
    #[error("the genesis records are not in strictly ascending order at {id}")]
    Order {
        /// Where.
        id: RecordId,
    },
    /// A record names one that is not there.
    #[error("{id} names {missing}, which the genesis does not have")]
    Dangling {
        /// The naming record.
        id: RecordId,
        /// The missing one.
        missing: RecordId,
    },
    /// Parameters, offices or membership are missing.
    #[error("the genesis has no record for {id}")]
    Missing {
        /// What is missing.
        id: RecordId,
    },
    /// A validator's node is not one of its department, with its consensus key.
    #[error("validator node {node} has no matching node record, or another consensus key there")]
    ValidatorNode {
        /// The node.
        node: String,
    },
    /// A node's name is not its department's id, a hyphen and a number.
    #[error("{node} is no name for a node of {department}: write {department}-1")]
    BadNodeId {
        /// The name.
        node: NodeId,
        /// Whose the node is.
        department: DepartmentId,
    },
    /// More records than a genesis may have.
    #[error("{0}. Register the rest by transactions")]
    TooMany(#[from] BoundError),
    /// A record has more bytes than a transaction, or the chain before, could have brought.
    #[error("{id} has {size_bytes} bytes, at most {size_bytes_max} are allowed")]
    TooLarge {
        /// The record.
        id: RecordId,
        /// Its encoded size.
        size_bytes: usize,
        /// What is allowed.
        size_bytes_max: usize,
    },
    /// A list of a record is not strictly ascending, so it names something twice.
    #[error("{what} of {id} are not in strictly ascending order")]
    ListOrder {
        /// The record.
        id: RecordId,
        /// The list.
        what: &'static str,
    },
    /// A setting lies outside its bounds.
    #[error("the settings of the parameters do not hold: {what}")]
    Settings {
        /// Which bound, in words.
        what: crate::language::Phrase,
    },
    /// A sub-unit's id does not extend its parent's, or lies too deep.
    #[error("{id} is no id for a sub-unit of {parent}")]
    BadSubUnit {
        /// The sub-unit.
        id: DepartmentId,
        /// Its parent.
        parent: DepartmentId,
    },
    /// Two departments have one unified social credit code.
    #[error("{one} and {other} have one credit code, {credit_code}. Each department has its own")]
    CreditCode {
        /// The code.
        credit_code: CreditCode,
        /// One of them.
        one: DepartmentId,
        /// The other.
        other: DepartmentId,
    },
    /// A key is not admitted.
    #[error("a key of {id} is not admitted: {reason}")]
    BadKey {
        /// The record.
        id: RecordId,
        /// Why.
        reason: crate::crypto::CryptoError,
    },
}

impl Genesis {
    /// The moment of the genesis records: height 0.
    pub fn moment(&self) -> Moment {
        Moment {
            height: Height::GENESIS,
            time: self.time,
        }
    }

    /// The chain's id.
    pub fn chain(&self) -> ChainId {
        let origin = self.origin.as_ref().map(encode).unwrap_or_default();
        ChainId(hash(Domain::Genesis, &[&encode(self), &origin]))
    }

    /// Sorts records into a genesis and checks it.
    pub fn new(name: Name, time: TimeMs, records: Vec<Record>) -> Result<Self, GenesisError> {
        Self::made(name, time, None, records)
    }

    /// As [`Genesis::new`], of a chain that goes on from another.
    pub fn going_on(
        name: Name,
        time: TimeMs,
        records: Vec<Record>,
        origin: Origin,
    ) -> Result<Self, GenesisError> {
        Self::made(name, time, Some(origin), records)
    }

    fn made(
        name: Name,
        time: TimeMs,
        origin: Option<Origin>,
        mut records: Vec<Record>,
    ) -> Result<Self, GenesisError> {
        records.sort_by_key(Record::id);
        let genesis = Self {
            name,
            time,
            origin,
            records: List::new(records)?,
        };
        genesis.check()?;
        Ok(genesis)
    }

    /// A record came in a transaction, or grew on the chain that this one goes on from.
    fn record_bytes_max(&self) -> usize {
        match self.origin {
            None => limits::TRANSACTION_BYTES_MAX,
            Some(_) => limits::RECORD_BYTES_MAX,
        }
    }

    /// Checks order, references, the system records, and keys.
    pub fn check(&self) -> Result<(), GenesisError> {
        let mut ids: BTreeSet<RecordId> = BTreeSet::new();
        for record in &self.records {
            let id = record.id();
            if ids.last().is_some_and(|last| *last >= id) {
                return Err(GenesisError::Order { id });
            }
            ids.insert(id);
        }
        for id in [
            RecordId::Offices,
            RecordId::Parameters,
            RecordId::Membership,
        ] {
            if !ids.contains(&id) {
                return Err(GenesisError::Missing { id });
            }
        }
        self.check_credit_codes()?;
        let by_id: BTreeMap<RecordId, &Record> = self
            .records
            .iter()
            .map(|record| (record.id(), record))
            .collect();
        for (id, record) in &by_id {
            // Nodes' keys are no records of their own.
            let is_node_key =
                |target: &RecordId| matches!((record, target), (Record::Node(_), RecordId::Key(_)));
            let dangling = record
                .references()
                .into_iter()
                .find(|target| !ids.contains(target) && !is_node_key(target));
            if let Some(missing) = dangling {
                return Err(GenesisError::Dangling {
                    id: id.clone(),
                    missing,
                });
            }
            check_record(&by_id, id, record, self.record_bytes_max())?;
        }
        Ok(())
    }

    /// A unified social credit code is that of one department, with its sub-units.
    fn check_credit_codes(&self) -> Result<(), GenesisError> {
        let mut held: BTreeMap<&CreditCode, &DepartmentId> = BTreeMap::new();
        for record in &self.records {
            let Record::Department(department) = record else {
                continue;
            };
            let now = department.status_at(Height::GENESIS);
            let lasts = now != Some(DepartmentStatus::Dissolved);
            let credit_code = department.credit_code.as_ref().filter(|_| lasts);
            if let Some(credit_code) = credit_code
                && let Some(one) = held.insert(credit_code, &department.id)
                && one.top() != department.id.top()
            {
                return Err(GenesisError::CreditCode {
                    credit_code: credit_code.clone(),
                    one: one.clone(),
                    other: department.id.clone(),
                });
            }
        }
        Ok(())
    }
}

fn check_record(
    by_id: &BTreeMap<RecordId, &Record>,
    id: &RecordId,
    record: &Record,
    size_bytes_max: usize,
) -> Result<(), GenesisError> {
    let bad_key = |reason| GenesisError::BadKey {
        id: id.clone(),
        reason,
    };
    let size_bytes = encode(record).len();
    if size_bytes > size_bytes_max {
        return Err(GenesisError::TooLarge {
            id: id.clone(),
            size_bytes,
            size_bytes_max,
        });
    }
    let require_ascending = |is_ascending: bool, what| {
        let error = GenesisError::ListOrder {
            id: id.clone(),
            what,
        };
        is_ascending.then_some(()).ok_or(error)
    };
    match record {
        Record::Department(department) => match &department.parent {
            Some(parent) if !is_sub_unit_id(&department.id, parent) => {
                Err(GenesisError::BadSubUnit {
                    id: department.id.clone(),
                    parent: parent.clone(),
                })
            }
            Some(_) | None => Ok(()),
        },
        Record::Parameters(parameters) => {
            if let Some(what) = parameters.settings.fault() {
                return Err(GenesisError::Settings { what });
            }
            let purposes = &parameters.purposes;
            require_ascending(
                purposes.is_sorted_by(|a, b| a.purpose.code < b.purpose.code),
                "the purposes",
            )?;
            let calendar = &parameters.calendar;
            require_ascending(
                calendar.is_sorted_by(|a, b| a.day < b.day),
                "the calendar's days",
            )
        }
        Record::Key(key) => key.public_key.admit().map_err(bad_key),
        Record::Node(node) => {
            node.network_key.admit().map_err(bad_key)?;
            for announced in &node.consensus_keys {
                announced.key.admit().map_err(bad_key)?;
            }
            if is_node_id(&node.id, &node.department) {
                return Ok(());
            }
            Err(GenesisError::BadNodeId {
                node: node.id.clone(),
                department: node.department.clone(),
            })
        }
        Record::Offices(offices) => {
            for holder in &offices.holders {
                let missing = RecordId::Department(holder.department.clone());
                if !by_id.contains_key(&missing) {
                    return Err(GenesisError::Dangling {
                        id: id.clone(),
                        missing,
                    });
                }
            }
            require_ascending(
                offices.holders.is_sorted_by(|a, b| a.office < b.office),
                "the holders",
            )
        }
        Record::Membership(membership) => {
            for member in membership.current.members() {
                let fits = match by_id.get(&RecordId::Node(member.node.clone())) {
                    Some(Record::Node(node)) => {
                        node.consensus_key() == Some(&member.consensus_key)
                            && node.department == member.department
                    }
                    Some(_) | None => false,
                };
                if !fits {
                    return Err(GenesisError::ValidatorNode {
                        node: member.node.to_string(),
                    });
                }
            }
            Ok(())
        }
        Record::Responsibility(_)
        | Record::Resource(_)
        | Record::Application(_)
        | Record::Authorization(_)
        | Record::Proposal(_)
        | Record::Binding(_)
        | Record::Usage(_)
        | Record::ReceiptBatch(_)
        | Record::Rating(_)
        | Record::DataElement(_)
        | Record::Objection(_)
        | Record::Finding(_)
        | Record::Demand(_)
        | Record::Obligation(_)
        | Record::Docket(_) => Ok(()),
    }
}

//! The sample city: 53 departments, their keys and offices, and a day of their work.
//!
//! Everything follows from the arguments: the same seed, nodes and time give the same genesis, and
//! the same genesis and time the same day. Offices, responsibilities and applications are invented
//! and marked 示例; the departments and entries come from `samples/`.
//!
//! Invariant: no clock, no randomness, no I/O. Whoever loads the day signs and submits it.

mod day;
mod departments;
mod entries;
mod error;
mod fields;
mod keys;
mod purposes;
mod requests;
mod responsibilities;

#[cfg(test)]
pub(crate) mod tests;

pub use day::{SHORT_WINDOW_MS, Step, day};
pub use error::SampleError;
pub use keys::{SampleKey, SampleKeys};

use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::{Algorithm, PublicKey};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{DepartmentId, Height, Moment, NodeId, TimeMs};
use dirchain_ledger::records::{
    AdministrativeLevel, Department, DepartmentStatus, Key, Membership, Node, NodeAddress, Office,
    Offices, Parameters, Period, Record, Role, Settings, StatusSince, Trail,
};
use dirchain_ledger::validators::{Validator, ValidatorSet};

use error::{id, list, text};

/// The region of every department: Beijing. Source: GB/T 2260.
const REGION: &str = "110000";

/// An empty block is valid this long after its parent.
const HEARTBEAT_MS: i64 = 60_000;

/// Who holds which office. The body that declares duties (编办) serves the Party committee and is
/// not on the list of municipal departments, so the general office of the government stands in for
/// it. Audit inspects, statistics keeps the standards, and the office that runs the government's
/// premises runs nodes for others.
const OFFICES: [(Office, &str); 6] = [
    (Office::Registrar, "D001"),
    (Office::Steward, "D035"),
    (Office::StewardDeputy, "D005"),
    (Office::Inspectorate, "D025"),
    (Office::Standards, "D029"),
    (Office::Operations, "D036"),
];

/// A validator node of the city: whose it is, its keys, and where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// One department has one node and one vote.
    pub department: DepartmentId,
    /// Its Ed25519 key on the network.
    pub network_key: PublicKey,
    /// The key its votes are signed with.
    pub consensus_key: PublicKey,
    /// Where it listens.
    pub addresses: Vec<NodeAddress>,
}

impl NodeSpec {
    /// The node's name within the chain: its department's id and `-1`.
    pub fn id(&self) -> Result<NodeId, SampleError> {
        id(&format!("{}-1", self.department))
    }
}

/// The sample city at its beginning.
#[derive(Clone, Debug)]
pub struct SampleCity {
    /// What every node starts from.
    pub genesis: Genesis,
    /// The keys of its departments' people, to be stored by whoever loads the day.
    pub keys: SampleKeys,
}

/// Builds the city: departments, offices, parameters, the given nodes as validators, and a head and
/// an administrator for every department, an operator where it has a node, an inspector for the
/// inspectorate. Responsibilities are not in the genesis: the registrar declares them on the day.
pub fn city(seed: &[u8; 32], nodes: &[NodeSpec], time: TimeMs) -> Result<SampleCity, SampleError> {
    let since = Moment {
        height: Height::GENESIS,
        time,
    };
    let departments = departments::read()?;
    let keys = keys(seed, &departments, nodes)?;
    let mut records = Vec::new();
    for row in departments {
        records.push(Record::Department(department(row, since)?));
    }
    for key in keys.iter() {
        records.push(Record::Key(Key {
            public_key: key.secret.public(),
            algorithm: Algorithm::Ed25519,
            department: key.department.clone(),
            role: key.role,
            next_sequence: 1,
            valid: Period::since(since),
            suspicions: Default::default(),
        }));
    }
    let mut validators = Vec::new();
    for spec in nodes {
        let node = node(spec, since)?;
        let member = (spec.consensus_key, node.id.clone(), spec.department.clone());
        validators.push(Validator::new(member.0, member.1, member.2));
        records.push(Record::Node(node));
    }
    let members = ValidatorSet::new(validators)?;
    records.push(Record::Membership(Membership::begin(members)));
    records.push(Record::Offices(offices(since)?));
    let settings = Settings {
        heartbeat_ms: HEARTBEAT_MS,
        ..Settings::default()
    };
    let purposes = purposes::code_list()?.into_vec();
    let parameters = Parameters::begin(since, settings, purposes)?;
    records.push(Record::Parameters(parameters));
    let genesis = Genesis::new(text("目录链示例城市 (sample city)")?, time, records)?;
    Ok(SampleCity { genesis, keys })
}

fn keys(
    seed: &[u8; 32],
    departments: &[departments::Row],
    nodes: &[NodeSpec],
) -> Result<SampleKeys, SampleError> {
    let inspectorate = office_holder(Office::Inspectorate)?;
    let mut keys = SampleKeys::default();
    for row in departments {
        let mut roles = vec![Role::Head, Role::Administrator];
        if nodes.iter().any(|node| node.department == row.id) {
            roles.push(Role::Operator);
        }
        if row.id == inspectorate {
            roles.push(Role::Inspector);
        }
        for role in roles {
            keys.derive(seed, &row.id, role);
        }
    }
    Ok(keys)
}

fn department(row: departments::Row, since: Moment) -> Result<Department, SampleError> {
    let active = StatusSince {
        status: DepartmentStatus::Active,
        since,
    };
    Ok(Department {
        id: row.id,
        parent: None,
        credit_code: Some(row.credit_code),
        name: row.name,
        level: AdministrativeLevel::City,
        region: text(REGION)?,
        status: list(vec![active])?,
        sub_units: 0,
        proposals: 0,
        successor: None,
        open_proposals: List::default(),
        trail: Trail::default(),
    })
}

fn node(spec: &NodeSpec, since: Moment) -> Result<Node, SampleError> {
    let addresses = list(spec.addresses.clone())?;
    let department = spec.department.clone();
    let node = Node::begin(spec.id()?, department, spec.network_key, addresses, since);
    Ok(node.with_consensus_key(spec.consensus_key, since)?)
}

fn offices(since: Moment) -> Result<Offices, SampleError> {
    let mut holders = Vec::new();
    for (office, department) in OFFICES {
        holders.push((office, id(department)?));
    }
    Ok(Offices::begin(since, holders)?)
}

/// The department that holds an office in this city.
fn office_holder(office: Office) -> Result<DepartmentId, SampleError> {
    let holder = OFFICES.iter().find(|(held, _)| *held == office);
    id(holder.map_or("", |(_, department)| department))
}

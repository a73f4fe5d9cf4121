//! The chain that every simulated world begins with, and what its people sign.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dirchain_ledger::action::{Action, DeclareResponsibility, RegisterNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::chain::{Outcome, genesis_outcome};
use dirchain_ledger::crypto::{Algorithm, SecretKey};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::{Domain, hash};
use dirchain_ledger::ids::{ChainId, DepartmentId, Height, Moment, NodeId, TimeMs};
use dirchain_ledger::records::{
    AdministrativeLevel, Department, DepartmentStatus, Key, Membership, Node, NodeKeyOffer,
    NodeKeyUse, Office, Offices, Parameters, Period, Record, RecordId, Role, Settings, StatusSince,
    Trail,
};
use dirchain_ledger::validators::{Validator, ValidatorSet};

use crate::random::Random;

/// When every chain begins.
pub const GENESIS_TIME: TimeMs = TimeMs(1_767_225_600_000);
/// Its heartbeat: short, so that empty blocks belong to every run.
pub const HEARTBEAT_MS: i64 = 3_000;

/// A genesis with its keys.
#[derive(Debug)]
pub struct City {
    /// The chain.
    pub chain: ChainId,
    /// Its beginning.
    pub genesis: Genesis,
    /// What the genesis leaves.
    pub outcome: Outcome,
    /// The validators' consensus keys, by node.
    pub consensus_keys: Vec<SecretKey>,
    /// Those who sign transactions.
    pub authors: Vec<Author>,
}

/// Somebody who signs transactions.
#[derive(Clone, Debug)]
pub struct Author {
    /// The key.
    pub secret: SecretKey,
    /// Whose.
    pub department: DepartmentId,
    role: Role,
}

fn secret(label: &str) -> SecretKey {
    SecretKey::from_seed(&hash(Domain::Text, &[b"simulated ", label.as_bytes()]).0)
}

fn department(number: usize) -> DepartmentId {
    format!("D{:03}", number + 1)
        .parse()
        .expect("a department's id")
}

fn node(number: usize) -> NodeId {
    format!("{}-1", department(number))
        .parse()
        .expect("a node's id")
}

impl City {
    /// Departments whose histories are exported.
    pub fn subjects(&self) -> Vec<RecordId> {
        [0, 1].map(department).map(RecordId::Department).into()
    }

    /// The city with so many validators; made once for each number.
    pub fn of(validators: usize) -> Arc<Self> {
        static CITIES: Mutex<BTreeMap<usize, Arc<City>>> = Mutex::new(BTreeMap::new());
        let mut cities = CITIES.lock().unwrap_or_else(PoisonError::into_inner);
        let made = cities.entry(validators);
        Arc::clone(made.or_insert_with(|| Arc::new(Self::make(validators))))
    }

    fn make(validators: usize) -> Self {
        let at = Moment {
            height: Height::GENESIS,
            time: GENESIS_TIME,
        };
        let consensus_keys: Vec<SecretKey> = (0..validators)
            .map(|number| secret(&format!("consensus {number}")))
            .collect();
        let mut authors = Vec::new();
        let mut records = Vec::new();
        for number in 0..validators {
            records.push(Record::Department(department_record(number, at)));
            for role in [Role::Head, Role::Operator] {
                let author = Author {
                    secret: secret(&format!("{number} {role:?}")),
                    department: department(number),
                    role,
                };
                records.push(Record::Key(key_record(&author, at)));
                if role == Role::Operator || number == 0 {
                    authors.push(author);
                }
            }
            records.push(Record::Node(node_record(number, at)));
        }
        records.extend(system_records(&consensus_keys, at));
        let name = "simulated city".parse().expect("a name");
        let genesis = Genesis::new(name, GENESIS_TIME, records).expect("a genesis");
        Self {
            chain: genesis.chain(),
            outcome: genesis_outcome(&genesis).expect("an outcome of the genesis"),
            genesis,
            consensus_keys,
            authors,
        }
    }
}

fn department_record(number: usize, at: Moment) -> Department {
    let active = StatusSince {
        status: DepartmentStatus::Active,
        since: at,
    };
    Department {
        id: department(number),
        parent: None,
        credit_code: None,
        name: format!("department {number}").parse().expect("a name"),
        level: AdministrativeLevel::City,
        region: "110000".parse().expect("a region"),
        status: List::new(vec![active]).expect("one status"),
        sub_units: 0,
        proposals: 0,
        open_proposals: List::default(),
        trail: Trail::default(),
    }
}

fn key_record(author: &Author, at: Moment) -> Key {
    Key {
        public_key: author.secret.public(),
        algorithm: Algorithm::Ed25519,
        department: author.department.clone(),
        role: author.role,
        next_sequence: 1,
        valid: Period::since(at),
        suspicions: List::default(),
    }
}

fn node_record(number: usize, at: Moment) -> Node {
    let network_key = secret(&format!("network {number}")).public();
    let node = Node::begin(
        node(number),
        department(number),
        network_key,
        List::default(),
        at,
    );
    let consensus_key = secret(&format!("consensus {number}")).public();
    node.with_consensus_key(consensus_key, at).expect("one key")
}

fn system_records(consensus_keys: &[SecretKey], at: Moment) -> Vec<Record> {
    let registrar = (Office::Registrar, department(0));
    let settings = Settings {
        heartbeat_ms: HEARTBEAT_MS,
        ..Settings::default()
    };
    let members = consensus_keys.iter().enumerate();
    let members = members.map(|(n, key)| Validator::new(key.public(), node(n), department(n)));
    let current = ValidatorSet::new(members.collect()).expect("a validator set");
    vec![
        Record::Offices(Offices::begin(at, [registrar]).expect("one office")),
        Record::Parameters(Parameters::begin(at, settings, Vec::new()).expect("no purpose")),
        Record::Membership(Membership::begin(current)),
    ]
}

impl Author {
    /// Something to sign; some of it the rules refuse, for a name may be taken.
    pub fn action(&self, chain: &ChainId, random: &mut Random) -> Action {
        let number = random.below(400);
        if self.role == Role::Head {
            let code = format!("Z-D001-{:03}", number).parse();
            Action::DeclareResponsibility(DeclareResponsibility {
                code: code.expect("a responsibility's code"),
                holder: department(random.index(4)),
                title: "simulated duty".parse().expect("a statement"),
                text: None,
                legal_bases: List::default(),
            })
        } else {
            let id = format!("{}-{}", self.department, number + 2);
            let secret = secret(&format!("observer {id}"));
            let id: NodeId = id.parse().expect("a node's id");
            Action::RegisterNode(RegisterNode {
                department: self.department.clone(),
                network: NodeKeyOffer::new(&secret, chain, &id, NodeKeyUse::Network),
                consensus: None,
                addresses: List::default(),
                id,
            })
        }
    }
}

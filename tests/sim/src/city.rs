//! The chain that every simulated world begins with, and what its people sign.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dirchain_ledger::action::{Action, AmendNode, DeclareResponsibility, RegisterNode};
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

/// What a city is made of.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// Departments whose nodes vote from the beginning.
    pub validators: usize,
    /// Further departments, whose nodes may join. With them comes an observer of the first
    /// department.
    pub joiners: usize,
    /// The length of an epoch in blocks.
    pub epoch_blocks: u32,
}

impl Setting {
    /// A city in which nobody joins.
    pub fn closed(validators: usize) -> Self {
        Self {
            validators,
            joiners: 0,
            epoch_blocks: Settings::default().epoch_blocks,
        }
    }
}

/// A node's home as it is made.
#[derive(Clone, Debug)]
pub struct Home {
    /// The node's name.
    pub id: NodeId,
    /// Whose it is.
    pub department: DepartmentId,
    /// Its identity on the network.
    pub network: SecretKey,
    /// The key that it votes with.
    pub consensus: SecretKey,
    /// The key that it would vote with after that.
    pub next: SecretKey,
}

/// A genesis with its keys.
#[derive(Debug)]
pub struct City {
    /// What it is made of.
    pub setting: Setting,
    /// The chain.
    pub chain: ChainId,
    /// Its beginning.
    pub genesis: Genesis,
    /// What the genesis leaves.
    pub outcome: Outcome,
    /// Its nodes: those that vote from the beginning, those that may join, the observer.
    pub homes: Vec<Home>,
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
    /// What for.
    pub role: Role,
}

fn secret(label: &str) -> SecretKey {
    SecretKey::from_seed(&hash(Domain::Text, &[b"simulated ", label.as_bytes()]).0)
}

fn department(number: usize) -> DepartmentId {
    format!("D{:03}", number + 1)
        .parse()
        .expect("a department's id")
}

fn home(department_number: usize, number: usize) -> Home {
    let department = department(department_number);
    let id: NodeId = format!("{department}-{number}")
        .parse()
        .expect("a node's id");
    let key = |what: &str| secret(&format!("{what} {id}"));
    let (network, consensus, next) = (key("network"), key("consensus"), key("next"));
    Home {
        id,
        department,
        network,
        consensus,
        next,
    }
}

impl City {
    /// Departments whose histories are exported.
    pub fn subjects(&self) -> Vec<RecordId> {
        [0, 1].map(department).map(RecordId::Department).into()
    }

    /// The city of a setting; made once for each.
    pub fn of(setting: Setting) -> Arc<Self> {
        static CITIES: Mutex<BTreeMap<Setting, Arc<City>>> = Mutex::new(BTreeMap::new());
        let mut cities = CITIES.lock().unwrap_or_else(PoisonError::into_inner);
        let made = cities.entry(setting);
        Arc::clone(made.or_insert_with(|| Arc::new(Self::make(setting))))
    }

    /// The place of a node on the network.
    pub fn place(&self, id: &NodeId) -> Option<usize> {
        self.homes.iter().position(|home| home.id == *id)
    }

    /// Whether a node is one whose department decides to have it vote only later.
    pub fn joins(&self, place: usize) -> bool {
        let first = self.setting.validators;
        (first..first + self.setting.joiners).contains(&place)
    }

    fn make(setting: Setting) -> Self {
        let at = Moment {
            height: Height::GENESIS,
            time: GENESIS_TIME,
        };
        let departments = setting.validators + setting.joiners;
        let mut homes: Vec<Home> = (0..departments).map(|number| home(number, 1)).collect();
        let mut authors = Vec::new();
        let mut records = Vec::new();
        for number in 0..departments {
            records.push(Record::Department(department_record(number, at)));
            for role in [Role::Head, Role::Operator] {
                let author = Author {
                    secret: secret(&format!("{number} {role:?}")),
                    department: department(number),
                    role,
                };
                records.push(Record::Key(key_record(&author, at)));
                if role == Role::Operator || number == 0 || setting.joiners > 0 {
                    authors.push(author);
                }
            }
        }
        let founders = homes.iter().take(setting.validators);
        records.extend(founders.map(|home| Record::Node(node_record(home, at))));
        records.extend(system_records(&homes, setting, at));
        if setting.joiners > 0 {
            let observer = home(0, 2);
            records.push(Record::Node(node_record(&observer, at)));
            homes.push(observer);
        }
        let name = "simulated city".parse().expect("a name");
        let genesis = Genesis::new(name, GENESIS_TIME, records).expect("a genesis");
        Self {
            setting,
            chain: genesis.chain(),
            outcome: genesis_outcome(&genesis).expect("an outcome of the genesis"),
            genesis,
            homes,
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
        successor: None,
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

fn node_record(home: &Home, at: Moment) -> Node {
    let (id, department) = (home.id.clone(), home.department.clone());
    let node = Node::begin(id, department, home.network.public(), List::default(), at);
    node.with_consensus_key(home.consensus.public(), at)
        .expect("one key")
}

fn system_records(homes: &[Home], setting: Setting, at: Moment) -> Vec<Record> {
    let offices = [Office::Registrar, Office::Steward, Office::StewardDeputy];
    let offices = offices.into_iter().zip((0..).map(department));
    let settings = Settings {
        heartbeat_ms: HEARTBEAT_MS,
        epoch_blocks: setting.epoch_blocks,
        ..Settings::default()
    };
    let founders = homes.iter().take(setting.validators);
    let members = founders.map(|home| {
        let (id, department) = (home.id.clone(), home.department.clone());
        Validator::new(home.consensus.public(), id, department)
    });
    let current = ValidatorSet::new(members.collect()).expect("a validator set");
    vec![
        Record::Offices(Offices::begin(at, offices).expect("three offices")),
        Record::Parameters(Parameters::begin(at, settings, Vec::new()).expect("no purpose")),
        Record::Membership(Membership::begin(current)),
    ]
}

impl Home {
    /// A key of the home with proof that it is there.
    pub fn offer(&self, secret: &SecretKey, key_use: NodeKeyUse, chain: &ChainId) -> NodeKeyOffer {
        NodeKeyOffer::new(secret, chain, &self.id, key_use)
    }
}

impl Author {
    /// Something to sign of the author's own; some of it the rules refuse, for a name may be taken.
    /// Of the heads the registrar's alone always has something.
    pub fn action(&self, chain: &ChainId, random: &mut Random) -> Option<Action> {
        let number = random.below(400);
        match self.role {
            Role::Head if self.department == department(0) => {
                let code = format!("Z-D001-{number:03}").parse();
                Some(Action::DeclareResponsibility(DeclareResponsibility {
                    code: code.expect("a responsibility's code"),
                    holder: department(random.index(4)),
                    title: "simulated duty".parse().expect("a statement"),
                    text: None,
                    legal_bases: List::default(),
                }))
            }
            Role::Operator if random.chance(100_000) => Some(self.register(chain, number)),
            Role::Operator => Some(self.amend(number)),
            _ => None,
        }
    }

    fn register(&self, chain: &ChainId, number: u64) -> Action {
        let id = format!("{}-{}", self.department, number + 3);
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

    fn amend(&self, number: u64) -> Action {
        let id = format!("{}-1", self.department).parse();
        let address = format!("/ip4/10.0.0.1/tcp/{}", number + 7_000).parse();
        let addresses = vec![address.expect("an address")];
        Action::AmendNode(AmendNode {
            id: id.expect("a node's id"),
            network: None,
            consensus: None,
            addresses: Some(List::new(addresses).expect("one address")),
        })
    }
}
